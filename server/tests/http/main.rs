//! The server from outside: the built binary, a real socket, real bytes. Each test names the promise of docs/api.md that it holds.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot go on fails; helpers outside of #[test] are tests too"
)]

mod abuse;
mod configuration;
mod creating;
mod documentation;
mod harness;
mod hostile;
mod inviting;
mod page;
mod process;
mod reading;
