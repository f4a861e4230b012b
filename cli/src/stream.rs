//! Output that has to be written in order, by workers that finish in any: each waits for its turn.

use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::failure::Failure;

/// Standard output or a device.
pub(crate) struct Stream {
    state: Mutex<State>,
    changed: Condvar,
    path: PathBuf,
}

struct State {
    out: Box<dyn Write + Send>,
    /// Whose turn it is.
    turn: u64,
    /// A worker gave up: nobody's turn will come.
    stopped: bool,
}

/// Another worker gave up, and says why.
pub(crate) struct Stopped;

impl Stream {
    pub(crate) fn new(out: Box<dyn Write + Send>, path: PathBuf) -> Self {
        Self {
            state: Mutex::new(State {
                out,
                turn: 0,
                stopped: false,
            }),
            changed: Condvar::new(),
            path,
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for turn number `turn`, writes, and passes the turn on.
    pub(crate) fn write_in_turn(&self, turn: u64, bytes: &[u8]) -> Result<Result<(), Failure>, Stopped> {
        let mut state = self.lock();
        while state.turn != turn && !state.stopped {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        if state.stopped {
            return Err(Stopped);
        }
        let written = state.out.write_all(bytes);
        // Nothing is to come after a gap.
        state.stopped = written.is_err();
        state.turn += 1;
        self.changed.notify_all();
        Ok(written.map_err(|source| self.failed(source)))
    }

    /// Writes what comes next.
    pub(crate) fn write(&self, bytes: &[u8]) -> Result<(), Failure> {
        self.lock().out.write_all(bytes).map_err(|source| self.failed(source))
    }

    /// Lets nobody wait any more.
    pub(crate) fn stop(&self) {
        self.lock().stopped = true;
        self.changed.notify_all();
    }

    pub(crate) fn finish(self) -> Result<(), Failure> {
        let flushed = self.lock().out.flush();
        flushed.map_err(|source| self.failed(source))
    }

    fn failed(&self, source: io::Error) -> Failure {
        Failure::Write {
            path: self.path.clone(),
            source,
        }
    }
}

/// Text on its way to a terminal: what would be an order to the terminal becomes a question mark.
pub(crate) struct Harmless<W> {
    out: W,
    last: u8,
    /// Bytes of a character that are still to come.
    left: u8,
}

impl<W> Harmless<W> {
    pub(crate) const fn new(out: W) -> Self {
        Self { out, last: 0, left: 0 }
    }
}

impl<W: Write> Write for Harmless<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut shown = bytes.to_vec();
        for byte in &mut shown {
            // C2 80 to C2 9F are U+0080 to U+009F, among them what stands for ESC [.
            let is_c1 = self.last == 0xc2 && matches!(byte, 0x80..=0x9f);
            // Outside a character the same byte alone may be one, to a terminal of 8 bits.
            let is_stray = self.left == 0 && matches!(byte, 0x80..=0xbf);
            self.left = match *byte {
                0x80..=0xbf => self.left.saturating_sub(1),
                0xc2..=0xdf => 1,
                0xe0..=0xef => 2,
                0xf0..=0xf4 => 3,
                _ => 0,
            };
            self.last = *byte;
            if is_c1 || is_stray || byte.is_ascii_control() && !matches!(byte, b'\n' | b'\t') {
                *byte = b'?';
            }
        }
        self.out.write_all(&shown)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_gets_text_and_no_orders() {
        for piece in [1, 100] {
            let mut out = Vec::new();
            let mut harmless = Harmless::new(&mut out);
            for bytes in "ночь\t夜\n\x1b[2J\r\x07é\u{9b}2J".as_bytes().chunks(piece) {
                harmless.write_all(bytes).unwrap();
            }
            assert_eq!(String::from_utf8_lossy(&out), "ночь\t夜\n?[2J??é\u{fffd}?2J");

            let mut out = Vec::new();
            let mut harmless = Harmless::new(&mut out);
            for bytes in b"a\x9b2J\xe5\xa4\x9c\x9b\xd0\x9b\x9d".chunks(piece) {
                harmless.write_all(bytes).unwrap();
            }
            assert_eq!(out, b"a?2J\xe5\xa4\x9c?\xd0\x9b?");
        }
    }
}
