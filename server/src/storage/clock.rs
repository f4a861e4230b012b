//! Time, handed in: wall time and the time since boot that nobody can set.

use std::time::SystemTime;

use rustix::time::{ClockId, clock_gettime};

/// Where time comes from.
pub trait Clock: Send + Sync + 'static {
    /// Wall time, Unix seconds.
    fn now(&self) -> u64;
    /// Seconds since boot, sleep included; never set by anybody.
    fn boot(&self) -> u64;
}

/// The system's wall clock and `CLOCK_BOOTTIME`.
#[derive(Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> u64 {
        // Through the C library, so that a test can set this server's clock and no other's.
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        since.map_or(0, |since| since.as_secs())
    }

    fn boot(&self) -> u64 {
        u64::try_from(clock_gettime(ClockId::Boottime).tv_sec).unwrap_or(0)
    }
}
