//! How far it is: on a terminal only, and only for what takes a moment.

use std::io::{self, IsTerminal as _};
use std::sync::{Mutex, OnceLock, PoisonError};

use indicatif::{ProgressBar, ProgressStyle};

/// Smaller things are done before anybody looks.
const SHOWN_FROM: u64 = 1 << 20;

/// A bar on standard error, or nothing.
#[derive(Default)]
pub(crate) struct Progress {
    bar: OnceLock<Option<ProgressBar>>,
    furthest: Mutex<(&'static str, u64)>,
}

impl Progress {
    /// Bytes done, of how many; no total where none is known.
    pub(crate) fn at(&self, what: &'static str, done: u64, total: Option<u64>) {
        if total.unwrap_or(done) < SHOWN_FROM {
            return;
        }
        let Some(bar) = self
            .bar
            .get_or_init(|| io::stderr().is_terminal().then(|| new_bar(total)))
        else {
            return;
        };
        // Workers tell of their parts in any order.
        let mut furthest = self.furthest.lock().unwrap_or_else(PoisonError::into_inner);
        if furthest.0 != what {
            *furthest = (what, 0);
            bar.set_message(what);
        }
        furthest.1 = furthest.1.max(done);
        bar.set_position(furthest.1);
    }

    /// Something without bytes goes on.
    pub(crate) fn note(&self, what: &'static str) {
        if let Some(Some(bar)) = self.bar.get() {
            bar.set_message(what);
            bar.tick();
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(Some(bar)) = self.bar.get() {
            bar.finish_and_clear();
        }
    }
}

fn new_bar(total: Option<u64>) -> ProgressBar {
    let (bar, template) = match total {
        Some(total) => (
            ProgressBar::new(total),
            "{msg:12} {wide_bar} {binary_bytes}/{binary_total_bytes} {binary_bytes_per_sec} {eta}",
        ),
        None => (
            ProgressBar::new_spinner(),
            "{msg:12} {binary_bytes} {binary_bytes_per_sec}",
        ),
    };
    bar.with_style(ProgressStyle::with_template(template).expect("the template is a literal that a test parses"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_templates_are_well_formed() {
        new_bar(Some(SHOWN_FROM)).finish_and_clear();
        new_bar(None).finish_and_clear();
    }
}
