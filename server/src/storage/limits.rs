//! How much may be kept.

use std::sync::atomic::{AtomicU64, Ordering};

use super::answers::Totals;
use super::error::StoreError;

/// How much may be kept. May change while the store is open.
pub(crate) struct Limits {
    bytes_max: AtomicU64,
    items_max: AtomicU64,
}

impl Limits {
    pub(crate) const fn new(bytes_max: u64, items_max: u64) -> Self {
        Self {
            bytes_max: AtomicU64::new(bytes_max),
            items_max: AtomicU64::new(items_max),
        }
    }

    pub(crate) fn set(&self, bytes_max: u64, items_max: u64) {
        self.bytes_max.store(bytes_max, Ordering::Relaxed);
        self.items_max.store(items_max, Ordering::Relaxed);
    }

    fn bytes_max(&self) -> u64 {
        self.bytes_max.load(Ordering::Relaxed)
    }

    fn items_max(&self) -> u64 {
        self.items_max.load(Ordering::Relaxed)
    }

    /// Whether one more of `size` bytes may be kept beside these.
    pub(crate) fn admit(&self, size: u64, kept: Totals) -> Result<(), StoreError> {
        let no_room = |limit| Err(StoreError::StorageFull { limit: Some(limit) });
        if kept.items >= self.items_max() {
            return no_room(self.items_max());
        }
        if size > self.bytes_max().saturating_sub(kept.bytes) {
            return no_room(self.bytes_max());
        }
        Ok(())
    }
}
