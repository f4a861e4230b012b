//! The store: pastes, leases and tombstones on disk, durable before they are acknowledged and gone once they are burned.
//!
//! design.md sections 5 and 6. Async on the outside; one writer thread, blocking readers on the runtime's blocking threads.
//! Call it from within a tokio runtime.
//!
//! How HTTP uses it:
//!
//! - `POST`: when `NewPaste::size` is at most [`ROW_BYTES_MAX`], read the body first and hand it to [`Store::create`]: one commit for
//!   all of it. Else create with an empty body and feed [`Created::upload`].
//! - `PATCH`: [`Store::upload`] (checks receipt token and offset), [`Upload::write`] as bytes arrive, then [`Upload::commit`]: also when the
//!   body was cut off, so that what arrived counts. With `Upload-Checksum` that does not match: drop it, which discards.
//! - claim and content: [`Content::next`] until `None`.
//! - a timer calls [`Store::sweep`] every 20 s or so.

mod clock;
mod error;
mod kinds;
mod random;

pub use crate::lifecycle::OnGuessing;
pub use clock::{Clock, SystemClock};
pub use error::{OpenError, StoreError};
pub use kinds::{Id, NewPaste, Token, TokenHash};
pub use random::{Random, SystemRandom};

use std::path::PathBuf;
use std::sync::Arc;

use satchel_api::{Probed, Receipt, Tombstone};

/// Containers up to this many bytes rest in the database, larger ones in files.
pub const ROW_BYTES_MAX: u64 = 256 * 1024;

/// What to open, and within which limits.
#[derive(Clone)]
pub struct Options {
    /// The data folder; made (0700) when missing.
    pub folder: PathBuf,
    /// Where the shred keys lie: `None` is in the data folder.
    pub slots: Option<PathBuf>,
    /// The most bytes of containers that are kept, by their declared sizes.
    pub bytes_max: u64,
    /// The most pastes that live at once, tombstones not counted.
    pub items_max: u64,
    /// How long the server may have been off before its clock is doubted, in seconds (24 h by default).
    pub downtime_secs_max: u64,
    /// Take the wall clock as right whatever the last mark says (`clock accept`).
    pub accept_clock: bool,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub random: Arc<dyn Random>,
}

impl Options {
    /// The defaults for a data folder: 10 GiB, a million pastes, the system's clock and randomness.
    #[must_use]
    pub fn new(folder: PathBuf) -> Self {
        Self {
            folder,
            slots: None,
            bytes_max: 10 << 30,
            items_max: 1_000_000,
            downtime_secs_max: 24 * 3600,
            accept_clock: false,
            clock: Arc::new(SystemClock),
            random: Arc::new(SystemRandom),
        }
    }
}

/// The answer to a creation, new or repeated.
pub struct Created {
    /// Bytes that are held durably.
    pub offset: u64,
    /// The container's length.
    pub size: u64,
    /// Uploading: when the unfinished upload is dropped. Stored: when it expires. Unix seconds.
    pub expires_at: u64,
    /// Takes the rest of the bytes: there for a new creation (or a repeated one that holds nothing yet) that is not whole.
    pub upload: Option<Upload>,
}

/// Where an upload stands after its bytes became durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Bytes that are held durably.
    pub offset: u64,
    /// The container's length.
    pub size: u64,
    /// As in [`Created`].
    pub expires_at: u64,
}

/// One request's bytes on their way in. Dropped without [`commit`](Self::commit), they are discarded.
pub struct Upload {}

impl Upload {
    /// Bytes received so far, durable or not.
    #[must_use]
    pub fn offset(&self) -> u64 {
        0
    }

    /// The container's length.
    #[must_use]
    pub fn size(&self) -> u64 {
        0
    }

    /// Takes the next bytes.
    ///
    /// # Errors
    /// [`StoreError::TooLong`] past the container's length, [`StoreError::OffsetMismatch`] when a later request took over,
    /// [`StoreError::StorageFull`].
    pub async fn write(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        let _ = bytes;
        Err(StoreError::Unavailable)
    }

    /// Makes what was written durable; when it is the whole container, readers can see it from now on.
    ///
    /// # Errors
    /// As [`write`](Self::write); [`StoreError::Burned`] when it was burned meanwhile.
    pub async fn commit(self) -> Result<Progress, StoreError> {
        Err(StoreError::Unavailable)
    }
}

/// A claim that succeeded, or was repeated with the lease token of one that had.
pub struct Claimed {
    /// Claims that can still succeed; `None` for any number.
    pub reads_left: Option<u32>,
    /// The whole container.
    pub content: Content,
}

/// Ciphertext on its way out, under a lease. Verified block by block; what is damaged is an error and never served.
pub struct Content {}

impl Content {
    /// The container's length.
    #[must_use]
    pub fn size(&self) -> u64 {
        0
    }

    /// Which bytes this reads: from, to (exclusive).
    #[must_use]
    pub fn range(&self) -> (u64, u64) {
        (0, 0)
    }

    /// The lease's hard end, Unix seconds.
    #[must_use]
    pub fn lease_ends_at(&self) -> u64 {
        0
    }

    /// The next bytes, at most 256 KiB; `None` at the end.
    ///
    /// # Errors
    /// [`StoreError::LeaseEnded`] when the lease ended meanwhile, [`StoreError::Damaged`].
    pub async fn next(&mut self) -> Option<Result<Vec<u8>, StoreError>> {
        None
    }
}

/// What a burn on demand found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BurnAnswer {
    /// It is gone now, by this request.
    Now,
    /// It was gone before.
    Before(Tombstone),
}

/// How much is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Pastes that live (uploading or stored).
    pub items: u64,
    /// Their declared sizes together.
    pub bytes: u64,
}

/// How the store is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Health {
    /// The last write and the last read went well.
    pub ok: bool,
    /// A clock jump is held: what it would expire is unreadable but keeps its key.
    pub clock_held: bool,
}

/// The store. Cheap to clone; the last clone that is dropped ends the writer after what it was given.
#[derive(Clone)]
pub struct Store {}

impl Store {
    /// Opens or makes the store. Blocking: call it before the runtime serves, or on a blocking thread.
    ///
    /// # Errors
    /// [`OpenError`] says why in a sentence; nothing was changed then.
    pub fn open(options: Options) -> Result<Self, OpenError> {
        let _ = options;
        Err(OpenError::InUse)
    }

    /// Creates a paste, or answers a repeated creation of the same one with its true offset. `body` is all of the container or its
    /// beginning, at most [`ROW_BYTES_MAX`] bytes and only where the size is at most that; else empty.
    ///
    /// # Errors
    /// [`StoreError::IdTaken`], [`StoreError::Burned`] for a repeated one that burned, [`StoreError::StorageFull`],
    /// [`StoreError::TooLong`] when the body is longer than the size.
    pub async fn create(&self, new: NewPaste, body: Vec<u8>) -> Result<Created, StoreError> {
        let _ = (new, body);
        Err(StoreError::Unavailable)
    }

    /// Where an upload stands (tus `HEAD`); a stored paste stands at its size.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] also for a wrong token, [`StoreError::Burned`].
    pub async fn offset(&self, id: Id, receipt: &Token) -> Result<Progress, StoreError> {
        let _ = (id, receipt);
        Err(StoreError::Unavailable)
    }

    /// Continues an upload at `offset` (tus `PATCH`). Takes over from an earlier request that still hangs.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::Burned`], [`StoreError::OffsetMismatch`] with the true one.
    pub async fn upload(&self, id: Id, receipt: &Token, offset: u64) -> Result<Upload, StoreError> {
        let _ = (id, receipt, offset);
        Err(StoreError::Unavailable)
    }

    /// What a reader may know before the claim. Changes nothing.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] also for a wrong token, [`StoreError::Burned`] also when no read is left while the last lease runs.
    pub async fn probe(&self, id: Id, probe: &Token) -> Result<Probed, StoreError> {
        let _ = (id, probe);
        Err(StoreError::Unavailable)
    }

    /// Uses up one read for this lease token; costs nothing when the lease already runs. Durable before it answers.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] (also for a wrong probe token), [`StoreError::WrongPassphrase`], [`StoreError::Wait`],
    /// [`StoreError::Burned`], [`StoreError::LeaseEnded`], [`StoreError::TooManyLeases`].
    pub async fn claim(&self, id: Id, probe: &Token, claim: &Token, lease: &Token) -> Result<Claimed, StoreError> {
        let _ = (id, probe, claim, lease);
        Err(StoreError::Unavailable)
    }

    /// The content again, under a running lease: bytes `from..to` (`to` `None`: to the end, or past the end: cut).
    /// Writes nothing.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] for an unknown lease, [`StoreError::LeaseEnded`], [`StoreError::Range`].
    pub async fn content(&self, id: Id, lease: &Token, from: u64, to: Option<u64>) -> Result<Content, StoreError> {
        let _ = (id, lease, from, to);
        Err(StoreError::Unavailable)
    }

    /// The container's length under a running lease, to make sense of a suffix range (`bytes=-n`) or answer 416.
    ///
    /// # Errors
    /// As [`content`](Self::content).
    pub async fn content_size(&self, id: Id, lease: &Token) -> Result<u64, StoreError> {
        let _ = (id, lease);
        Err(StoreError::Unavailable)
    }

    /// "I have it": ends the lease; with no read left and no lease running the paste is burned before this answers. Repeating is fine.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::LeaseEnded`] when it had ended without a confirmation.
    pub async fn confirm(&self, id: Id, lease: &Token) -> Result<(), StoreError> {
        let _ = (id, lease);
        Err(StoreError::Unavailable)
    }

    /// What the creator may know. Burned pastes answer too (`state` burned; `reads` 0, nothing else is known any more).
    ///
    /// # Errors
    /// [`StoreError::NotFound`] also for a wrong token.
    pub async fn receipt(&self, id: Id, receipt: &Token) -> Result<Receipt, StoreError> {
        let _ = (id, receipt);
        Err(StoreError::Unavailable)
    }

    /// Burns on demand, an unfinished upload too, and ends all leases.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] also for a wrong token.
    pub async fn burn(&self, id: Id, receipt: &Token) -> Result<BurnAnswer, StoreError> {
        let _ = (id, receipt);
        Err(StoreError::Unavailable)
    }

    /// Forgets the wrong tries and their wait.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] also for a wrong token, [`StoreError::Burned`].
    pub async fn reset_wait(&self, id: Id, receipt: &Token) -> Result<(), StoreError> {
        let _ = (id, receipt);
        Err(StoreError::Unavailable)
    }

    /// Burns what is due (expired, idle uploads, ended leases) and removes old tombstones. Call it every 20 s or so.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when it could not be written; the next call tries again.
    pub async fn sweep(&self) -> Result<(), StoreError> {
        Err(StoreError::Unavailable)
    }

    /// How it is doing. Touches no disk.
    #[must_use]
    pub fn health(&self) -> Health {
        Health {
            ok: false,
            clock_held: false,
        }
    }

    /// How much is kept. Touches no disk.
    #[must_use]
    pub fn totals(&self) -> Totals {
        Totals::default()
    }

    /// Ends the writer after what it was given and closes the files. Blocking; for a clean stop.
    pub fn close(self) {}
}
