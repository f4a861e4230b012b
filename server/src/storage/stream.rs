//! Bytes on their way in and out: what a request holds while it moves them.

use async_trait::async_trait;

use super::{Progress, StoreError};

/// One request's bytes on their way in. Dropped without [`commit`](Self::commit), they are discarded [ST-14].
#[async_trait]
pub trait Upload: Send {
    /// Bytes received so far, durable or not.
    fn offset(&self) -> u64;

    /// The container's length.
    fn size(&self) -> u64;

    /// Room in memory for all that is missing, at once: for one that is small enough to wait there. A hint.
    fn make_room(&mut self);

    /// Takes the next bytes. Nothing need be durable yet; what is already written elsewhere counts for nobody before the commit.
    ///
    /// # Errors
    /// [`StoreError::TooLong`] past the container's length, of which nothing was taken; [`StoreError::OffsetMismatch`] when a later request took over;
    /// [`StoreError::StorageFull`].
    async fn write(&mut self, bytes: &[u8]) -> Result<(), StoreError>;

    /// Makes what was written durable; when it is the whole container, readers can see it from now on, in the same step [ST-13].
    ///
    /// # Errors
    /// As [`write`](Self::write); [`StoreError::Burned`] when it was burned meanwhile. After an error nothing of this request counts, unless it was
    /// [`StoreError::Unavailable`]: then nobody knows, and the next request asks where the upload stands.
    async fn commit(self: Box<Self>) -> Result<Progress, StoreError>;
}

/// Ciphertext on its way out, under a lease. What is damaged is an error and never served [ST-15].
#[async_trait]
pub trait Content: Send {
    /// The container's length.
    fn size(&self) -> u64;

    /// Which bytes this reads: from, to (exclusive).
    fn range(&self) -> (u64, u64);

    /// The lease's hard end, Unix seconds.
    fn lease_ends_at(&self) -> u64;

    /// The next bytes, at most 256 KiB; `None` at the end, and after an error. The lease is looked at after they were read and before they are
    /// handed out: what was burned meanwhile is not.
    ///
    /// # Errors
    /// [`StoreError::LeaseEnded`] when the lease ended meanwhile, [`StoreError::Damaged`].
    async fn next(&mut self) -> Option<Result<Vec<u8>, StoreError>>;
}
