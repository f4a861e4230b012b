//! What the server says for itself: start, stop, and errors by kind. Never an id, a token, an address or a size.
//!
//! There is no logging framework on purpose: what cannot be called cannot leak.

use std::io::Write as _;

use crate::disk::Doubt;

/// The one line on standard output that says that the server is ready.
pub(crate) fn ready(url: &str) {
    let mut out = std::io::stdout().lock();
    // Nobody may be reading any more; the server runs all the same.
    let _ = writeln!(out, "satchel-server: ready at {url}").and_then(|()| out.flush());
}

/// A line on standard error.
pub(crate) fn say(what: Event) {
    let _ = writeln!(std::io::stderr().lock(), "satchel-server: {}", what.sentence());
}

/// What may be said while it runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// A signal came; running requests may finish.
    Stopping,
    /// Everything is closed.
    Stopped,
    /// An answer was an internal error.
    Failed,
    /// What is stored of a paste was damaged.
    Damaged,
    /// The sweep could not write.
    SweepFailed,
    /// A clock jump is held.
    ClockHeld,
    /// Overwritten shred keys may stay readable on this file system.
    Disk(Doubt),
}

impl Event {
    const fn sentence(self) -> &'static str {
        match self {
            Self::Stopping => "stopping",
            Self::Stopped => "stopped",
            Self::Failed => "error: a request failed inside the server",
            Self::Damaged => "error: a stored item is damaged",
            Self::SweepFailed => "error: the sweep could not write; it is tried again",
            Self::ClockHeld => {
                "warning: the clock jumped; what it would expire is kept until `satchel-server clock accept` is run"
            }
            Self::Disk(Doubt::CopyOnWrite) => {
                "warning: the shred keys are on a copy-on-write file system: what was burned may still be read from the disk"
            }
            Self::Disk(Doubt::DataJournal) => {
                "warning: the shred keys are on ext4 with data=journal: what was burned may still be read from the journal"
            }
            Self::Disk(Doubt::Network) => {
                "warning: the shred keys are on a network file system: whether what was burned is gone depends on the other machine"
            }
            Self::Disk(Doubt::Overlay) => {
                "warning: the shred keys are in a container's own layer: give the data folder a volume"
            }
        }
    }
}
