//! The Satchel server: keeps opaque bytes, counts reads, and destroys. It cannot decrypt: satchel-crypto is not in its graph.

pub mod config;
mod disk;
pub mod health;
pub mod http;
pub mod lifecycle;
mod page;
mod report;
pub mod serve;
pub mod store;

/// A crash must not write memory to a disk, nor may another process of this user read it. Best effort: where it is refused, it is refused.
pub fn no_core_dumps() {
    use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};
    let _ = setrlimit(
        Resource::Core,
        Rlimit {
            current: Some(0),
            maximum: Some(0),
        },
    );
    let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
}

/// A request that goes wrong inside is one sentence on standard error, whatever the library that failed had to say: it may have quoted the request.
pub fn quiet_panics() {
    std::panic::set_hook(Box::new(|_| report::say(report::Event::Failed)));
}

/// Each connection is a file. The usual soft limit of 1,024 is there for programs that use `select`; the hard one is the operator's word.
pub fn raise_open_files() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    // Where it is refused, connections beyond the limit wait to be accepted.
    let _ = setrlimit(
        Resource::Nofile,
        Rlimit {
            current: maximum,
            maximum,
        },
    );
}
