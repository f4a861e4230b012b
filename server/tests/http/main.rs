//! The server from outside: the built binary, a real socket, real bytes. Each test names the promise of docs/api.md that it holds.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot go on fails; helpers outside of #[test] are tests too"
)]

mod configuration;
mod connection;
mod creating;
mod dice;
mod documentation;
mod harness;
mod hostile;
mod large;
mod page;
mod process;
mod reading;
mod refusals;
mod roles;
mod safe;
mod shapes;
mod slow;
