//! What is known of running leases in memory only: when each was last used and how much it has served. A GET writes nothing.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use satchel_api::limit::{LEASE_IDLE_SECS, LEASE_SERVED_TIMES_MAX};

/// Leases that may read several blocks at once.
const READING_MAX: usize = 64;

/// A running lease.
struct Running {
    item: u64,
    size: u64,
    ends_at: u64,
    /// By the boot clock.
    used: u64,
    served: u64,
}

impl Running {
    fn is_over(&self, at: u64, boot: u64) -> bool {
        self.ends_at <= at
            || boot.saturating_sub(self.used) >= LEASE_IDLE_SECS
            || self.served > self.size.saturating_mul(LEASE_SERVED_TIMES_MAX)
    }
}

#[derive(Default)]
pub(super) struct Leases(Mutex<HashMap<u64, Running>>);

impl Leases {
    /// A claim succeeded, or the server starts: its idle time counts from now.
    pub(super) fn start(&self, lease: u64, item: u64, size: u64, ends_at: u64, boot: u64) {
        self.map().insert(
            lease,
            Running {
                item,
                size,
                ends_at,
                used: boot,
                served: 0,
            },
        );
    }

    /// Counts `bytes` about to be served. False when the lease does not run any more.
    pub(super) fn serve(&self, lease: u64, bytes: u64, at: u64, boot: u64) -> bool {
        let mut map = self.map();
        let Some(running) = map.get_mut(&lease) else {
            return false;
        };
        if running.is_over(at, boot) {
            return false;
        }
        running.used = boot;
        running.served = running.served.saturating_add(bytes);
        !running.is_over(at, boot)
    }

    /// Whether it ran out, or is not known to run.
    pub(super) fn is_over(&self, lease: u64, at: u64, boot: u64) -> bool {
        self.map().get(&lease).is_none_or(|running| running.is_over(at, boot))
    }

    /// Leases that ran out and are still kept as running: lease, item.
    pub(super) fn over(&self, at: u64, boot: u64) -> Vec<(u64, u64)> {
        let map = self.map();
        map.iter()
            .filter(|(_, running)| running.is_over(at, boot))
            .map(|(lease, running)| (*lease, running.item))
            .collect()
    }

    /// How many run, or ran out and were not noticed yet.
    pub(super) fn count(&self) -> u64 {
        u64::try_from(self.map().len()).unwrap_or(u64::MAX)
    }

    /// While so many run, each reads one block at a time: memory stays bounded, however slowly what was read is taken.
    pub(super) fn are_many(&self) -> bool {
        self.map().len() > READING_MAX
    }

    pub(super) fn end(&self, lease: u64) {
        self.map().remove(&lease);
    }

    pub(super) fn end_all(&self, item: u64) {
        self.map().retain(|_, running| running.item != item);
    }

    fn map(&self) -> MutexGuard<'_, HashMap<u64, Running>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
