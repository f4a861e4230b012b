//! Times as they are kept: rounded, so that a row says little about when a person was there. All in Unix seconds.

use satchel_api::limit::{LEASE_BYTES_PER_SEC, LEASE_SECS_BASE, TOMBSTONE_SECS, UPLOAD_IDLE_SECS};

const HOUR: u64 = 3600;
const FIVE_MINUTES: u64 = 300;
const COARSE_FROM: u64 = 6 * HOUR;

/// What time it is. The two differ only while a clock jump is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    /// The time that has surely come: what is past by it may be destroyed. Never goes back.
    pub at: u64,
    /// The wall clock, never before `at`: what is past by it cannot be claimed.
    pub latest: u64,
}

impl Now {
    /// No jump is held.
    #[must_use]
    pub const fn sure(at: u64) -> Self {
        Self { at, latest: at }
    }
}

/// The start of the hour.
#[must_use]
pub const fn hour_of(at: u64) -> u64 {
    at - at % HOUR
}

/// `now + expires_in`, rounded up to the hour, or to five minutes when under 6 h.
#[must_use]
pub const fn expires_at(now: u64, expires_in: u64) -> u64 {
    let grain = if expires_in < COARSE_FROM { FIVE_MINUTES } else { HOUR };
    now.saturating_add(expires_in).div_ceil(grain).saturating_mul(grain)
}

/// When an upload is dropped whose last byte came now.
#[must_use]
pub const fn drop_at(now: u64) -> u64 {
    expires_at(now, UPLOAD_IDLE_SECS)
}

/// A lease's hard end: after 2 h and the size at 128 KiB/s, rounded down to five minutes. Down, because it is a promise that none lasts longer.
#[must_use]
pub const fn lease_ends_at(now: u64, size: u64) -> u64 {
    let end = now + LEASE_SECS_BASE + size.div_ceil(LEASE_BYTES_PER_SEC);
    end - end % FIVE_MINUTES
}

/// When a tombstone goes: 7 days after the original expiry.
#[must_use]
pub const fn tombstone_until(expiry: u64) -> u64 {
    expiry.saturating_add(TOMBSTONE_SECS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expiry_is_rounded_up_to_the_hour_and_to_five_minutes_when_short() {
        assert_eq!(expires_at(7201, 6 * HOUR), 9 * HOUR);
        assert_eq!(expires_at(600, 300), 900);
        assert_eq!(expires_at(601, 300), 1200);
        assert_eq!(expires_at(7200, 6 * HOUR), 8 * HOUR);
    }

    #[test]
    fn the_end_of_a_lease_is_rounded_down_and_takes_less_than_five_minutes_away() {
        for now in [1_800_000_000, 1_800_000_001, 1_800_000_299, 1_800_000_300] {
            for size in [1, LEASE_BYTES_PER_SEC, 100 * 1024 * 1024 + 1] {
                let most = now + LEASE_SECS_BASE + size.div_ceil(LEASE_BYTES_PER_SEC);
                let end = lease_ends_at(now, size);
                assert_eq!(end % FIVE_MINUTES, 0);
                assert!(end <= most && end > most - FIVE_MINUTES, "{now} {size}");
            }
        }
    }

    #[test]
    fn no_rounding_shortens_an_expiry_and_none_adds_an_hour() {
        for now in [0, 1, 3599, 3600, 86_399, 1_800_000_123] {
            for asked in [1, 299, 21_599, 21_600, 604_800] {
                let rounded = expires_at(now, asked);
                assert!(rounded >= now + asked && rounded < now + asked + HOUR);
            }
        }
    }
}
