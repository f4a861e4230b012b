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
