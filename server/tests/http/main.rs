//! The server from outside: the built binary, a real socket, real bytes. Each test names the promise of docs/api.md that it holds.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot go on fails; helpers outside of #[test] are tests too"
)]

mod abuse;
mod backing_up;
mod certificates;
mod changing;
mod checking;
mod configuration;
mod confined;
mod connection;
mod creating;
mod dice;
mod doctor;
mod documentation;
mod documents;
mod drills;
mod harness;
mod hostile;
mod inviting;
mod labels;
mod large;
mod linking;
mod logs;
mod metrics;
mod moves_rehearsed;
mod moving;
mod operator;
mod page;
mod panic;
mod places;
mod process;
mod reading;
mod refusals;
mod reload;
mod roles;
mod safe;
mod secure;
mod shapes;
mod slow;
mod small_disk;
mod spelling;
mod supervised;
mod tls;
mod working;

/// A process of its own.
fn start_with(options: &[&str]) -> harness::Server {
    harness::Server::start_in(tempfile::TempDir::new().unwrap(), options)
}
