//! The Satchel server: keeps opaque bytes, counts reads, and destroys. It cannot decrypt: satchel-crypto is not in its graph.

mod accept;
pub mod backup;
pub mod block;
pub mod config;
mod confine;
mod control;
mod disk;
pub mod doctor;
mod duties;
pub mod health;
pub mod http;
pub mod invite;
pub mod lifecycle;
pub mod memory;
mod metrics;
pub mod moving;
pub mod operator;
mod page;
mod printed;
pub mod rehearsal;
mod report;
pub mod seizure;
pub mod serve;
pub mod storage;
pub mod store;
mod supervisor;
pub mod tls;

pub use report::fail;
/// Takes as many open files as the system lets this process have, and says how many.
#[must_use]
pub fn open_files_max() -> u64 {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: maximum,
        maximum,
    };
    if setrlimit(Resource::Nofile, raised).is_ok() {
        maximum.unwrap_or(u64::MAX)
    } else {
        current.unwrap_or(u64::MAX)
    }
}

/// A request that goes wrong inside is one sentence on standard error, whatever the library that failed had to say: it may have quoted the request.
pub fn quiet_panics() {
    std::panic::set_hook(Box::new(|_| report::say(report::Event::Failed)));
}
