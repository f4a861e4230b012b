//! Damage at rest: noticed, said once by the item's internal number, and never served.

use std::collections::HashSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::report::{self, Event};

/// Beyond so many they are only counted: a disk that is broken has been named often enough.
const SAID_MAX: usize = 1000;

#[derive(Default)]
pub(super) struct Damage {
    /// Items whose content was not there when the store was opened.
    missing: HashSet<u64>,
    said: Mutex<HashSet<u64>>,
    count: AtomicU64,
}

impl Damage {
    /// What the start found, each said.
    pub(super) fn new(missing: HashSet<u64>) -> Self {
        let damage = Self {
            missing,
            ..Self::default()
        };
        let mut items: Vec<u64> = damage.missing.iter().copied().collect();
        items.sort_unstable();
        for item in items {
            damage.found(item);
        }
        damage
    }

    /// The item was found damaged.
    pub(super) fn found(&self, item: u64) {
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        if said.len() < SAID_MAX && said.insert(item) {
            self.count.fetch_add(1, Ordering::Relaxed);
            report::say(Event::Damaged { item });
        }
    }

    /// Its content was not there when the store was opened: nobody uses up a read for it.
    pub(super) fn is_missing(&self, item: u64) -> bool {
        self.missing.contains(&item)
    }

    /// How many items were found damaged since the start, up to a bound.
    pub(super) fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }
}
