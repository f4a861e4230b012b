//! The least that has to come or go in a time: who drips is cut off, who is slow is not. Pure.

use std::time::{Duration, Instant};

/// What has passed since a moment.
#[derive(Clone, Copy)]
pub(super) struct Pace {
    window: Duration,
    least: usize,
    since: Instant,
    passed: usize,
}

impl Pace {
    /// At least `least` bytes in each `window`.
    pub(super) const fn new(window: Duration, least: usize, now: Instant) -> Self {
        Self {
            window,
            least,
            since: now,
            passed: 0,
        }
    }

    /// Bytes passed. False when they were too few since the window began.
    pub(super) fn note(&mut self, bytes: usize, now: Instant) -> bool {
        self.passed = self.passed.saturating_add(bytes);
        if now.duration_since(self.since) < self.window {
            return true;
        }
        let enough = self.passed >= self.least;
        *self = Self::new(self.window, self.least, now);
        enough
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_now_and_then_is_too_little_and_34_in_a_second_are_enough() {
        let (start, second) = (Instant::now(), Duration::from_secs(1));
        let lasts = |bytes: usize, every: u32| {
            let mut pace = Pace::new(second * 30, 1024, start);
            (1..=10_000)
                .take_while(|n| pace.note(bytes, start + second * every * *n))
                .count()
        };
        assert_eq!(lasts(1, 29), 1);
        assert_eq!(lasts(1, 1), 29);
        assert_eq!(lasts(33, 1), 29);
        assert_eq!(lasts(35, 1), 10_000);
        assert_eq!(lasts(1024, 30), 10_000);
    }
}
