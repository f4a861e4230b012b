//! Commands that run beside each other.

use std::collections::VecDeque;
use std::process::Command;
use std::sync::{Mutex, PoisonError, mpsc};
use std::thread;

use crate::failure::Failure;
use crate::shell;

/// As many at a time as the smallest machine that this is for has cores.
const AT_A_TIME: usize = 2;

/// Runs all, in their order, two at a time; each line that one prints is shown, and told with the command's number. How each ended, in their order.
pub(super) fn run(commands: Vec<Command>, mut seen: impl FnMut(usize, &str)) -> Vec<Result<(), Failure>> {
    let mut ended: Vec<Result<(), Failure>> = commands.iter().map(|_| Ok(())).collect();
    let waiting: Mutex<VecDeque<_>> = Mutex::new(commands.into_iter().enumerate().collect());
    let next = || waiting.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
    let (teller, told) = mpsc::channel();
    thread::scope(|scope| {
        for _ in 0..AT_A_TIME {
            let teller = teller.clone();
            scope.spawn(move || {
                while let Some((number, mut command)) = next() {
                    // Nobody listens any more only where the listener panicked, which is shown by itself.
                    let ended = shell::run_watched(&mut command, |line| {
                        let _ = teller.send((number, Told::Line(line.to_owned())));
                    });
                    let _ = teller.send((number, Told::Ended(ended)));
                }
            });
        }
        drop(teller);
        for (number, what) in told {
            match what {
                Told::Line(line) => seen(number, &line),
                Told::Ended(how) => ended[number] = how,
            }
        }
    });
    ended
}

enum Told {
    Line(String),
    Ended(Result<(), Failure>),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_is_told_with_its_command_and_each_end_in_order() {
        let commands = ["echo one; exit 1", "echo two", "echo three; exit 3"].map(|script| {
            let mut shell = Command::new("sh");
            shell.args(["-c", script]);
            shell
        });
        let mut lines = Vec::new();
        let ended = run(commands.into(), |number, line| lines.push((number, line.to_owned())));
        lines.sort();
        let told = [(0, "one"), (1, "two"), (2, "three")].map(|(number, line)| (number, line.to_owned()));
        assert_eq!(lines, told);
        assert_eq!(
            ended.iter().map(Result::is_ok).collect::<Vec<_>>(),
            [false, true, false]
        );
    }
}
