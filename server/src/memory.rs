//! Keys stay out of core dumps, of other processes' sight and, where the system allows it, of swap.

use rustix::mm::{MlockAllFlags, mlockall};
use rustix::process::{DumpableBehavior, Resource, Rlimit, getrlimit, set_dumpable_behavior, setrlimit};
use rustix::thread::{CapabilitySet, capabilities};

/// A crash must not write memory to a disk, nor may another process of this user read it. Best effort: where it is refused, it is refused.
pub fn keep_in() {
    let none = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    let _ = setrlimit(Resource::Core, none);
    let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    if may_be_locked() {
        // What is touched stays in memory; what is only reserved costs none.
        let _ = mlockall(MlockAllFlags::CURRENT | MlockAllFlags::FUTURE | MlockAllFlags::ONFAULT);
    }
}

/// Under a limit, whatever is allocated later would fail to be: then only the pages of the shred keys are locked.
pub(crate) fn may_be_locked() -> bool {
    let privileged = capabilities(None).is_ok_and(|sets| sets.effective.contains(CapabilitySet::IPC_LOCK));
    privileged || getrlimit(Resource::Memlock).current.is_none()
}
