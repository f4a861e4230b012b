//! What the server says for itself: start, stop, and errors by kind. Never an id, a token, an address or a size.
//!
//! There is no logging framework on purpose: what cannot be called cannot leak.

use std::io::Write as _;

use crate::doctor::Finding;

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
    /// What is stored of a paste is damaged, or not there.
    Damaged {
        /// The internal number: nothing outside of the data folder has it.
        item: u64,
    },
    /// The keys of so many pastes were lost, and that was accepted.
    KeysLost {
        /// How many.
        pastes: u64,
    },
    /// The keys were in memory, and went with it.
    KeysForgotten {
        /// How many.
        pastes: u64,
    },
    /// The sweep could not write.
    SweepFailed,
    /// A clock jump is held.
    ClockHeld,
    /// What was burned may be read again.
    Doubt(Finding),
}

impl Event {
    fn sentence(self) -> String {
        match self {
            Self::Stopping => "stopping".to_owned(),
            Self::Stopped => "stopped".to_owned(),
            Self::Failed => "error: a request failed inside the server".to_owned(),
            Self::Damaged { item } => format!("error: stored item {item} is damaged; it is not served"),
            Self::KeysLost { pastes } => {
                format!("warning: the shred keys of {pastes} pastes are lost, as was accepted; they are burned now")
            }
            Self::KeysForgotten { pastes } => {
                format!("warning: the shred keys were in memory; the {pastes} pastes of before are burned now")
            }
            Self::SweepFailed => "error: the sweep could not write; it is tried again".to_owned(),
            Self::ClockHeld => {
                "warning: the clock jumped; what it would expire is kept until `satchel-server clock accept` is run"
                    .to_owned()
            }
            Self::Doubt(finding) => format!("warning: {}", finding.meaning()),
        }
    }
}
