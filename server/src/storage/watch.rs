//! Which time is sure: the wall clock, as long as the clock that nobody can set agrees.
//!
//! A jump ahead is held: what it would expire is unreadable and keeps its key. Going back extends nothing.

use crate::lifecycle::Now;

/// A step of the wall clock against the boot clock that is taken without doubt.
const STEP_SECS_MAX: u64 = 600;

pub(crate) struct Watch {
    wall: u64,
    boot: u64,
    held: bool,
}

impl Watch {
    /// At start. `mark` is the hour in which the store was last known to run; 0 for a new store.
    pub(crate) fn new(wall: u64, boot: u64, mark: u64, downtime_secs_max: u64, accepted: bool) -> Self {
        let held = !accepted && mark > 0 && wall > mark.saturating_add(downtime_secs_max);
        let sure = if held || (wall < mark && !accepted) { mark } else { wall };
        Self { wall: sure, boot, held }
    }

    pub(crate) fn now(&mut self, wall: u64, boot: u64) -> Now {
        let sure = self.wall.saturating_add(boot.saturating_sub(self.boot));
        let ahead = wall.saturating_sub(sure);
        if self.held && ahead == 0 {
            // Somebody set it right again.
            self.held = false;
        }
        if ahead > STEP_SECS_MAX {
            self.held = true;
        }
        if ahead > 0 && !self.held {
            (self.wall, self.boot) = (wall, boot);
            return Now::sure(wall);
        }
        Now {
            at: sure,
            latest: wall.max(sure),
        }
    }

    /// An operator says that the wall clock is right. Going back still extends nothing.
    pub(crate) fn accept(&mut self, wall: u64, boot: u64) {
        let sure = self.wall.saturating_add(boot.saturating_sub(self.boot));
        *self = Self {
            wall: wall.max(sure),
            boot,
            held: false,
        };
    }

    pub(crate) const fn is_held(&self) -> bool {
        self.held
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wall_clock_counts_while_both_clocks_agree() {
        let mut watch = Watch::new(1_000_000, 50, 999_000, 86_400, false);
        assert_eq!(watch.now(1_000_010, 60), Now::sure(1_000_010));
        assert_eq!(watch.now(1_000_300, 70), Now::sure(1_000_300));
        assert!(!watch.is_held());
    }

    #[test]
    fn a_jump_ahead_is_held_until_it_is_set_right() {
        let mut watch = Watch::new(1_000_000, 0, 999_000, 86_400, false);
        assert_eq!(
            watch.now(2_000_000, 10),
            Now {
                at: 1_000_010,
                latest: 2_000_000
            }
        );
        assert!(watch.is_held());
        assert_eq!(watch.now(1_000_020, 20), Now::sure(1_000_020));
        assert!(!watch.is_held());
    }

    #[test]
    fn a_jump_that_is_accepted_counts_from_then_on() {
        let mut watch = Watch::new(1_000_000, 0, 999_000, 86_400, false);
        watch.now(2_000_000, 10);
        watch.accept(2_000_000, 10);
        assert!(!watch.is_held());
        assert_eq!(watch.now(2_000_005, 15), Now::sure(2_000_005));
        watch.accept(5, 20);
        assert_eq!(watch.now(5, 20), Now::sure(2_000_010), "going back extends nothing");
    }

    #[test]
    fn going_back_extends_nothing() {
        let mut watch = Watch::new(1_000_000, 0, 999_000, 86_400, false);
        assert_eq!(watch.now(5, 100), Now::sure(1_000_100));
        assert_eq!(Watch::new(5, 0, 999_000, 86_400, false).now(6, 1), Now::sure(999_001));
    }

    #[test]
    fn a_long_time_off_is_held_unless_it_is_accepted() {
        assert!(Watch::new(1_100_000, 0, 1_000_000, 86_400, false).is_held());
        assert!(!Watch::new(1_100_000, 0, 1_000_000, 86_400, true).is_held());
        assert!(!Watch::new(1_086_400, 0, 1_000_000, 86_400, false).is_held());
    }
}
