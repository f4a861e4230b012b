//! What is known of running leases in memory only: when each was last used and how much it has served. A GET writes nothing.

use std::collections::{BTreeSet, HashMap};
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
pub(crate) struct Leases(Mutex<Map>);

#[derive(Default)]
struct Map {
    running: HashMap<u64, Running>,
    /// Item and lease: a burn ends an item's leases, however many others run.
    of_items: BTreeSet<(u64, u64)>,
}

impl Map {
    fn end(&mut self, lease: u64) {
        if let Some(running) = self.running.remove(&lease) {
            self.of_items.remove(&(running.item, lease));
        }
    }
}

impl Leases {
    /// A claim succeeded, or the server starts: its idle time counts from now.
    pub(crate) fn start(&self, lease: u64, item: u64, size: u64, ends_at: u64, boot: u64) {
        let running = Running {
            item,
            size,
            ends_at,
            used: boot,
            served: 0,
        };
        let mut map = self.map();
        map.running.insert(lease, running);
        map.of_items.insert((item, lease));
    }

    /// Counts `bytes` about to be served. False when the lease does not run any more.
    pub(crate) fn serve(&self, lease: u64, bytes: u64, at: u64, boot: u64) -> bool {
        let mut map = self.map();
        let Some(running) = map.running.get_mut(&lease) else {
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
    pub(crate) fn is_over(&self, lease: u64, at: u64, boot: u64) -> bool {
        self.map()
            .running
            .get(&lease)
            .is_none_or(|running| running.is_over(at, boot))
    }

    /// Leases that ran out and are still kept as running: lease, item.
    pub(crate) fn over(&self, at: u64, boot: u64) -> Vec<(u64, u64)> {
        let map = self.map();
        map.running
            .iter()
            .filter(|(_, running)| running.is_over(at, boot))
            .map(|(lease, running)| (*lease, running.item))
            .collect()
    }

    /// How many run, or ran out and were not noticed yet.
    pub(crate) fn count(&self) -> u64 {
        u64::try_from(self.map().running.len()).unwrap_or(u64::MAX)
    }

    /// While so many run, each reads one block at a time: memory stays bounded, however slowly what was read is taken.
    pub(crate) fn are_many(&self) -> bool {
        self.map().running.len() > READING_MAX
    }

    pub(crate) fn end(&self, lease: u64) {
        self.map().end(lease);
    }

    pub(crate) fn end_all(&self, item: u64) {
        let mut map = self.map();
        while let Some(&(of, lease)) = map.of_items.range((item, 0)..).next()
            && of == item
        {
            map.end(lease);
        }
    }

    fn map(&self) -> MutexGuard<'_, Map> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_leases_of_one_item_end_together_and_no_others() {
        let leases = Leases::default();
        for (lease, item) in [(1, 7), (2, 8), (3, 7), (4, 6), (5, u64::MAX), (u64::MAX, 7)] {
            leases.start(lease, item, 10, 1000, 0);
        }
        leases.end(3);
        leases.end_all(7);
        let running = |lease| !leases.is_over(lease, 0, 0);
        assert_eq!(
            [1, 2, 3, 4, 5, u64::MAX].map(running),
            [false, true, false, true, true, false]
        );
        leases.end_all(u64::MAX);
        leases.end_all(9);
        assert_eq!(leases.count(), 2);
        let map = leases.map();
        assert_eq!(map.running.len(), map.of_items.len());
    }
}
