//! What is aside goes away, also when the process is told to end.

use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

static ASIDE: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

fn aside() -> MutexGuard<'static, Vec<PathBuf>> {
    ASIDE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A folder that is removed on SIGINT, SIGTERM and SIGHUP while this lives. Without a signal its owner removes it.
pub(crate) struct Temporary(PathBuf);

impl Temporary {
    pub(crate) fn new(path: PathBuf) -> Self {
        aside().push(path.clone());
        Self(path)
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        aside().retain(|path| *path != self.0);
    }
}

/// Starts to listen for signals.
pub(crate) fn listen() {
    // Where no handler can be set, a signal ends the process as ever.
    let _ = ctrlc::set_handler(|| {
        for path in aside().iter() {
            let _ = std::fs::remove_dir_all(path);
        }
        std::process::exit(130);
    });
}
