//! The Satchel server: keeps opaque bytes, counts reads, and destroys. It cannot decrypt: satchel-crypto is not in its graph.

pub mod block;
pub mod config;
mod disk;
pub mod health;
pub mod http;
pub mod invite;
pub mod lifecycle;
mod page;
mod report;
pub mod serve;
pub mod store;

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
