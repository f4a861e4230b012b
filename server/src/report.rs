//! What the server says for itself: start, stop, and errors by kind. Never an id, a token, an address or a size.
//!
//! There is no logging framework on purpose: what cannot be called cannot leak.

use std::io::Write as _;

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
        }
    }
}
