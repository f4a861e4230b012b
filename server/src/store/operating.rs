//! What an operator asks of a store that is open.

use super::Store;
use super::error::StoreError;
use super::inspect::{self, Inspection};
use super::purge::{self, Purge, Purged};
use super::writer::submit;

impl Store {
    /// Burns and forgets what an operator wants gone.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when it could not be written: some of it may be gone.
    pub async fn purge(&self, purge: Purge) -> Result<Purged, StoreError> {
        submit(&self.writer, purge::Purging::new(purge)).await
    }

    /// Takes the wall clock as right; the next sweep destroys what it expires.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when it could not be written.
    pub async fn accept_clock(&self) -> Result<(), StoreError> {
        submit(&self.writer, purge::AcceptClock).await
    }

    /// Looks at every invariant with the keys that the store holds. Reads only.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when it could not be read.
    pub async fn inspect(&self) -> Result<Inspection, StoreError> {
        self.shared
            .read(|conn, shared| Ok(inspect::within(conn, shared)?))
            .await
    }

    /// How much may be kept from now on; what is there stays.
    pub fn set_limits(&self, bytes_max: u64, items_max: u64) {
        self.shared.limits.set(bytes_max, items_max);
    }

    /// Items that were found damaged since the start. Touches no disk.
    #[must_use]
    pub fn damaged(&self) -> u64 {
        self.shared.damage.count()
    }

    /// Whether the shred keys are in memory alone.
    #[must_use]
    pub fn keys_are_in_memory(&self) -> bool {
        self.shared.options.keys_in_memory
    }

    /// Leases that run, as they are counted in memory.
    #[must_use]
    pub fn leases(&self) -> u64 {
        self.shared.leases.count()
    }
}
