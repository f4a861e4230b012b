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
pub(crate) struct Harmless<W>(pub(crate) W);

impl<W: Write> Write for Harmless<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let is_order = |byte: u8| byte.is_ascii_control() && !matches!(byte, b'\n' | b'\t');
        let shown: Vec<u8> = bytes
            .iter()
            .map(|byte| if is_order(*byte) { b'?' } else { *byte })
            .collect();
        self.0.write_all(&shown)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_gets_text_and_no_orders() {
        let mut out = Vec::new();
        Harmless(&mut out)
            .write_all("ночь\t夜\n\x1b[2J\r\x07".as_bytes())
            .unwrap();
        assert_eq!(out, "ночь\t夜\n?[2J??".as_bytes());
    }
}
