//! How far it is, a line a second, where somebody looks.

use std::fmt::Write as _;
use std::io::{self, IsTerminal as _, Write as _};
use std::time::{Duration, Instant};

use crate::store::moving::Position;

const EVERY: Duration = Duration::from_secs(1);

/// Whether somebody reads what is said meanwhile.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Voice {
    Aloud,
    /// In a drill nobody is to take it for the real thing.
    Silent,
}

impl Voice {
    /// A line for whoever looks.
    pub(super) fn note(self, line: &str) {
        if self == Self::Aloud {
            note(line);
        }
    }
}

pub(super) struct Progress {
    items: u64,
    bytes: u64,
    last: Option<Instant>,
}

impl Progress {
    pub(super) fn new(items: u64, bytes: u64, voice: Voice) -> Self {
        let is_read = voice == Voice::Aloud && io::stderr().is_terminal();
        Self {
            items,
            bytes,
            last: is_read.then(Instant::now),
        }
    }

    pub(super) fn at(&mut self, position: &Position) {
        let Some(last) = self.last else { return };
        if last.elapsed() < EVERY {
            return;
        }
        self.last = Some(Instant::now());
        note(&format!(
            "{} of {} items, {} of {}",
            position.items,
            self.items,
            size(position.bytes),
            size(self.bytes.max(position.bytes))
        ));
    }
}

/// A line on standard error.
pub(super) fn note(line: &str) {
    let _ = writeln!(io::stderr().lock(), "satchel-server: {line}");
}

/// In MiB from one on.
pub(super) fn size(bytes: u64) -> String {
    let mut text = String::new();
    let _ = if bytes < 1 << 20 {
        write!(text, "{bytes} bytes")
    } else {
        write!(text, "{} MiB", bytes >> 20)
    };
    text
}
