//! The wait after wrong claim tokens: ten are free, then it doubles from 1 s to 1 h.

use satchel_api::limit::{FREE_TRIES, WAIT_SECS_MAX, WAIT_SECS_MIN};

/// `tries <= 10: 0, else min(1 h, 1 s * 2^(tries - 11))`.
#[must_use]
pub fn wait_secs(tries: u32) -> u64 {
    let Some(doublings) = tries.checked_sub(FREE_TRIES + 1) else {
        return 0;
    };
    WAIT_SECS_MIN
        .checked_shl(doublings)
        .filter(|_| doublings < 32)
        .map_or(WAIT_SECS_MAX, |wait| wait.min(WAIT_SECS_MAX))
}

/// Wrong ones that are left before the next costs a wait or the burn.
#[must_use]
pub fn tries_left(tries: u32) -> u32 {
    FREE_TRIES.saturating_sub(tries)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_tries_are_free_and_then_the_wait_doubles_to_an_hour() {
        assert!((0..=10).all(|tries| wait_secs(tries) == 0));
        let waits: Vec<u64> = (11..25).map(wait_secs).collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 3600, 3600]);
        assert_eq!(wait_secs(u32::MAX), 3600);
    }

    #[test]
    fn tries_left_count_down_to_none() {
        assert_eq!(
            (tries_left(0), tries_left(9), tries_left(10), tries_left(11)),
            (10, 1, 0, 0)
        );
    }
}
