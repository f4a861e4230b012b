//! What is aside goes away, also when the process is told to end.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Each with whether it goes with all that is in it. What is in another comes after that.
static ASIDE: Mutex<Vec<(PathBuf, bool)>> = Mutex::new(Vec::new());

fn aside() -> MutexGuard<'static, Vec<(PathBuf, bool)>> {
    ASIDE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A folder that is removed on SIGINT, SIGTERM, SIGHUP and SIGQUIT while this lives. Without a signal its owner removes it.
pub(crate) struct Temporary(PathBuf);

impl Temporary {
    /// It goes with all that is in it. No signal comes between `make` and this.
    pub(crate) fn made(path: PathBuf, make: impl FnOnce() -> io::Result<()>) -> io::Result<Self> {
        let mut aside = aside();
        make()?;
        aside.push((path.clone(), true));
        Ok(Self(path))
    }

    /// It goes if nothing is in it.
    pub(crate) fn if_empty(path: &Path) -> Self {
        aside().push((path.to_owned(), false));
        Self(path.to_owned())
    }

    /// Removes it now, unless something is in it.
    pub(crate) fn remove_if_empty(self) {
        let _ = std::fs::remove_dir(&self.0);
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        aside().retain(|(path, _)| *path != self.0);
    }
}

/// Whether the last [`Undisturbed`] did its work, and nothing was begun since that a signal should end: what is left is to put the rest in
/// place, if there is any, and to end.
static PLACED: AtomicBool = AtomicBool::new(false);

/// While this lives, no signal ends the process: one that comes meanwhile does so afterwards, or never when the work was done. Nothing may be
/// made or forgotten above meanwhile.
pub(crate) struct Undisturbed(
    #[allow(dead_code, reason = "it is held, not looked at")] MutexGuard<'static, Vec<(PathBuf, bool)>>,
);

impl Undisturbed {
    /// From now on.
    pub(crate) fn begin() -> Self {
        Self(aside())
    }

    /// All is in place: a signal has nothing to interrupt any more.
    pub(crate) fn done(self) {
        PLACED.store(true, Ordering::SeqCst);
    }
}

/// There is more to do than to put things in place: signals end the process again.
pub(crate) fn goes_on() {
    PLACED.store(false, Ordering::SeqCst);
}

/// The terminal as it was before a secret was asked for without echo.
#[cfg(unix)]
static TERMINAL: Mutex<Option<(std::fs::File, rustix::termios::Termios)>> = Mutex::new(None);

/// While this lives, a signal gives the terminal its echo back.
pub(crate) struct Echo {
    /// Not where another one lives already, which knows how the terminal was before that.
    #[cfg(unix)]
    is_first: bool,
}

impl Echo {
    /// Remembers how the terminal is now.
    pub(crate) fn kept() -> Self {
        #[cfg(unix)]
        {
            let mut kept = TERMINAL.lock().unwrap_or_else(PoisonError::into_inner);
            let is_first = kept.is_none();
            if is_first {
                let terminal = std::fs::File::open("/dev/tty").and_then(|terminal| {
                    let settings = rustix::termios::tcgetattr(&terminal)?;
                    Ok((terminal, settings))
                });
                *kept = terminal.ok();
            }
            Self { is_first }
        }
        #[cfg(not(unix))]
        Self {}
    }

    fn restore() {
        #[cfg(unix)]
        if let Some((terminal, settings)) = &*TERMINAL.lock().unwrap_or_else(PoisonError::into_inner) {
            let _ = rustix::termios::tcsetattr(terminal, rustix::termios::OptionalActions::Now, settings);
            // The rest of a secret that was pasted is not for the shell.
            let _ = rustix::termios::tcflush(terminal, rustix::termios::QueueSelector::IFlush);
            // The prompt's line was not ended.
            eprintln!();
        }
    }
}

impl Drop for Echo {
    fn drop(&mut self) {
        #[cfg(unix)]
        if self.is_first {
            TERMINAL.lock().unwrap_or_else(PoisonError::into_inner).take();
        }
    }
}

/// Starts to listen for signals. Before there is any other thread: those that come later leave SIGQUIT to this one as well.
pub(crate) fn listen() {
    #[cfg(unix)]
    listen_for_quit();
    // Where no handler can be set, a signal ends the process as ever.
    let _ = ctrlc::set_handler(heard);
}

/// SIGQUIT (Ctrl-\) is none of the signals that `ctrlc` knows: it is kept from all threads, and one waits for it.
#[cfg(unix)]
fn listen_for_quit() {
    use nix::sys::signal::{SigSet, Signal};
    let quit = SigSet::from(Signal::SIGQUIT);
    if quit.thread_block().is_err() {
        return;
    }
    let wait = move || {
        while quit.wait().is_ok() {
            heard();
        }
    };
    if std::thread::Builder::new().spawn(wait).is_err() {
        let _ = quit.thread_unblock();
    }
}

fn heard() {
    let aside = aside();
    if !PLACED.load(Ordering::SeqCst) {
        end_with(&aside);
    }
}

/// What a signal comes to.
pub(crate) fn end() -> ! {
    end_with(&aside())
}

/// `aside` is held to the end: nothing new is begun meanwhile.
fn end_with(aside: &[(PathBuf, bool)]) -> ! {
    for (path, with_all) in aside.iter().rev() {
        if *with_all {
            remove_all(path);
        } else {
            let _ = std::fs::remove_dir(path);
        }
    }
    Echo::restore();
    std::process::exit(130);
}

/// Others go on writing while it is removed: a file that they make again keeps the folder for one more round.
fn remove_all(path: &Path) {
    for _ in 0..1000 {
        match std::fs::remove_dir_all(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => std::thread::yield_now(),
            _ if !path.exists() => return,
            _ => {}
        }
    }
}
