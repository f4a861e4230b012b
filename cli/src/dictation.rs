//! Shares from paper or from a clipboard, typed or pasted at a prompt: in one line, in several, or as the whole page.

use satchel_client::crypto::Share;
use satchel_client::share_text::{NoShare, share_in};
use zeroize::Zeroizing;

use crate::ask::prompt;
use crate::failure::Failure;
use crate::interrupt::Echo;

/// In bytes: more than a page has, with its QR code.
const LINES_LEN_MAX: usize = 64 * 1024;

/// So many in a row say that nothing comes any more, once something came.
const EMPTY_LINES: u8 = 5;

/// A dialog in which nothing is shown that is typed, nor what is left of a pasted page afterwards: neither here nor by the shell that comes next.
pub(crate) struct Dictation {
    quiet: Quiet,
}

impl Dictation {
    /// Switches the echo off.
    pub(crate) fn begin() -> Self {
        Self { quiet: Quiet::begin() }
    }

    /// The next share; none when there are no more. Whoever gives one that is not whole is told, and asked again.
    pub(crate) fn share(&self, number: usize) -> Result<Option<Share>, Failure> {
        // What is left of the page that the last one was on.
        self.quiet.drain();
        let question = format!("Share {number}, its 40 words or its code (nothing: no more): ");
        let mut lines = Zeroizing::new(String::with_capacity(LINES_LEN_MAX));
        let again = format!("Share {number} again: ");
        // Empty lines until there are no more: a page has some between, and twice as many where each line break is one too many.
        let (mut label, mut left) = (&*question, 1);
        loop {
            let line = prompt("the shares", label)?;
            label = "... ";
            match line.trim() {
                "" if left == 1 => return Ok(None),
                "" => {
                    left -= 1;
                    continue;
                }
                line if lines.len() + line.len() < LINES_LEN_MAX => {
                    lines.push_str(line);
                    lines.push('\n');
                }
                _ => lines.clear(),
            }
            left = EMPTY_LINES;
            match share_in(&lines) {
                Ok(share) => return Ok(Some(share)),
                // Most often the next line has the rest.
                Err(NoShare::Nothing) => {}
                Err(NoShare::WordCount(count)) if count < 40 => {}
                Err(why) => {
                    eprintln!("That is no share that is whole: {why}. Try it again.");
                    lines.clear();
                    label = &again;
                }
            }
        }
    }
}

/// While this lives, the terminal shows nothing of what comes in; what nobody read by then is dropped.
struct Quiet {
    #[cfg(unix)]
    terminal: Option<(std::fs::File, rustix::termios::Termios)>,
    _echo: Echo,
}

#[cfg(unix)]
impl Quiet {
    fn begin() -> Self {
        use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
        let echo = Echo::kept();
        let terminal = std::fs::File::open("/dev/tty").and_then(|terminal| {
            let shown = tcgetattr(&terminal)?;
            let mut hidden = shown.clone();
            hidden.local_modes.remove(LocalModes::ECHO);
            tcsetattr(&terminal, OptionalActions::Now, &hidden)?;
            Ok((terminal, shown))
        });
        Self {
            terminal: terminal.ok(),
            _echo: echo,
        }
    }

    /// Until nothing has come for a moment: a terminal passes on what is pasted in pieces.
    fn drain(&self) {
        use rustix::event::{PollFd, PollFlags, Timespec, poll};
        use rustix::termios::{QueueSelector, tcflush};
        let Some((terminal, _)) = &self.terminal else { return };
        let moment = Timespec {
            tv_sec: 0,
            tv_nsec: 100_000_000,
        };
        while poll(&mut [PollFd::new(terminal, PollFlags::IN)], Some(&moment)).is_ok_and(|ready| ready > 0) {
            if tcflush(terminal, QueueSelector::IFlush).is_err() {
                return;
            }
        }
        // A line that was not ended is not ready to be read.
        let _ = tcflush(terminal, QueueSelector::IFlush);
    }
}

#[cfg(unix)]
impl Drop for Quiet {
    fn drop(&mut self) {
        self.drain();
        if let Some((terminal, shown)) = &self.terminal {
            let _ = rustix::termios::tcsetattr(terminal, rustix::termios::OptionalActions::Now, shown);
        }
    }
}

#[cfg(not(unix))]
impl Quiet {
    fn begin() -> Self {
        Self { _echo: Echo::kept() }
    }

    fn drain(&self) {}
}
