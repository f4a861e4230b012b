//! Keys stay out of core dumps, of other processes' sight and, where the system allows it, of swap.

/// Before any secret is in memory. What the system refuses is left as it is: it is no reason not to open a document.
#[cfg(target_os = "linux")]
pub(crate) fn begin() {
    use rustix::mm::{MlockAllFlags, mlockall};
    use rustix::process::{DumpableBehavior, Resource, Rlimit, getrlimit, set_dumpable_behavior, setrlimit};
    use rustix::thread::{CapabilitySet, capabilities};

    let none = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    let _ = setrlimit(Resource::Core, none);
    let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    // Under a limit, whatever is allocated later would fail to be: Argon2id takes up to 1 GiB.
    let limit = getrlimit(Resource::Memlock);
    let privileged = capabilities(None).is_ok_and(|sets| sets.effective.contains(CapabilitySet::IPC_LOCK));
    if privileged || limit.current.is_none() {
        let _ = mlockall(MlockAllFlags::CURRENT | MlockAllFlags::FUTURE | MlockAllFlags::ONFAULT);
    }
}

/// Elsewhere the system's defaults hold.
#[cfg(not(target_os = "linux"))]
pub(crate) fn begin() {}
