//! Time, handed in: wall time and the time since boot that nobody can set.

use rustix::time::{ClockId, clock_gettime};

/// Where time comes from.
pub trait Clock: Send + Sync + 'static {
    /// Wall time, Unix seconds.
    fn now(&self) -> u64;
    /// Seconds since boot, sleep included; never set by anybody.
    fn boot(&self) -> u64;
}

/// `CLOCK_REALTIME` and `CLOCK_BOOTTIME`.
#[derive(Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> u64 {
        seconds(ClockId::Realtime)
    }

    fn boot(&self) -> u64 {
        seconds(ClockId::Boottime)
    }
}

fn seconds(clock: ClockId) -> u64 {
    u64::try_from(clock_gettime(clock).tv_sec).unwrap_or(0)
}
