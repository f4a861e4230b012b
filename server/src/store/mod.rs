//! The store: pastes, leases and tombstones on disk, durable before they are acknowledged and gone once they are burned.
//!
//! Async on the outside; one writer thread, blocking readers on the runtime's blocking threads.
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

mod answers;
mod backup;
mod blocks;
mod checkpoint;
mod claiming;
mod clock;
mod content;
mod count;
mod creating;
mod creator;
mod damage;
mod db;
mod desk;
mod disclose;
mod documents;
mod error;
mod fault;
mod files;
mod glance;
mod inspect;
mod inventory;
mod invites;
mod item;
mod keys;
mod kinds;
mod leases;
mod medium;
pub(crate) mod moving;
mod opening;
mod operating;
mod options;
mod panic;
mod purge;
mod random;
mod reserve;
mod rest;
mod rows;
pub(crate) mod shape;
mod shared;
mod slots;
mod sweep;
mod trace;
mod upload;
mod view;
mod watch;
mod writer;

pub use crate::lifecycle::OnGuessing;
pub use answers::{BurnAnswer, Claimed, Created, Health, Progress, Totals};
pub use backup::{
    BackedUp, Backup, BackupError, From as RestoreFrom, Holdings, Rehearsal, Rehearsed, Restore, Restored, burned,
    holdings,
};
pub(crate) use backup::{HOUSES, MOVE_KEY, Scratch, scratch_within};
pub use blocks::Blocks;
pub use clock::{Clock, SystemClock};
pub use content::Content;
pub use count::{Counts, count};
pub use creator::Change;
pub use disclose::disclose;
pub use documents::{LinkState, Made};
pub use error::{OpenError, StoreError};
pub use glance::{Glance, glance};
pub use inspect::{Found, Inspection, Violation, inspect};
pub use inventory::{Inventory, Lot, Stones, inventory};
pub use invites::{InviteLeft, Invites, NewInvite, USES_MAX};
pub use kinds::{Id, NewDocument, NewLink, NewPaste, PanicMark, PanicSecret, Token, TokenHash};
pub use moving::MoveError;
pub(crate) use opening::make_data_folder;
pub use options::Options;
pub use purge::{Purge, Purged};
pub use random::{NoRandomness, Random, SystemRandom};
pub(crate) use trace::without_trace;
pub use upload::Upload;

use std::sync::atomic::Ordering;
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use satchel_api::{Probed, Receipt};

use crate::lifecycle::LeasePhase;
use claiming::{Claim, Confirm, Leased, LetIn, prove};
use creating::stands;
use creator::{Burn, ResetWait};
use shared::Shared;
use sweep::Sweep;
use writer::{Message, submit};

/// Containers up to this many bytes rest in the database, larger ones in files.
pub const ROW_BYTES_MAX: u64 = 256 * 1024;

/// The store. Cheap to clone. The writer ends with [`close`](Self::close), or with the last clone and the last upload and content.
#[derive(Clone)]
pub struct Store {
    shared: Arc<Shared>,
    writer: Sender<Message>,
    thread: Arc<Mutex<Option<JoinHandle<()>>>>,
}

impl Store {
    /// Opens or makes the store. Blocking: call it before the runtime serves, or on a blocking thread.
    ///
    /// # Errors
    /// [`OpenError`] says why in a sentence; nothing was changed then.
    pub fn open(options: Options) -> Result<Self, OpenError> {
        Self::opened(options, opening::Fenced::Refused)
    }

    /// As [`open`](Self::open), for whoever put up the fence: what a crash and the clock left to finish is finished before anything goes.
    pub(crate) fn open_past_fence(options: Options) -> Result<Self, OpenError> {
        Self::opened(options, opening::Fenced::Opened)
    }

    fn opened(options: Options, fenced: opening::Fenced) -> Result<Self, OpenError> {
        let opening::Opened { shared, writer, thread } = opening::open(options, fenced)?;
        Ok(Self {
            shared,
            writer,
            thread: Arc::new(Mutex::new(Some(thread))),
        })
    }

    /// Creates a paste, or answers a repeated creation of the same one with its true offset. `body` is all of the container or its
    /// beginning, at most [`ROW_BYTES_MAX`] bytes and only where the size is at most that; else empty.
    ///
    /// # Errors
    /// [`StoreError::IdTaken`], [`StoreError::Burned`] for a repeated one that burned, [`StoreError::StorageFull`],
    /// [`StoreError::TooLong`] when the body is longer than the size.
    pub async fn create(&self, new: NewPaste, body: Vec<u8>) -> Result<Created, StoreError> {
        self.create_by(None, new, body).await
    }

    /// As [`create`](Self::create), paid for by an invite: one use and the size of its quota, in the transaction that creates. A repeated
    /// creation costs nothing, nor does one that is refused.
    ///
    /// # Errors
    /// As [`create`](Self::create), and [`StoreError::InviteRequired`].
    pub async fn create_by(
        &self,
        invite: Option<TokenHash>,
        new: NewPaste,
        body: Vec<u8>,
    ) -> Result<Created, StoreError> {
        self.begin(new, None, invite, body).await
    }

    /// As [`create`](Self::create), for a document's payload.
    ///
    /// # Errors
    /// As [`create`](Self::create).
    pub async fn create_document(&self, new: NewDocument, body: Vec<u8>) -> Result<Created, StoreError> {
        self.create_document_by(None, new, body).await
    }

    /// As [`create_by`](Self::create_by), for a document's payload. Links to it are paid for like uploads of their own.
    ///
    /// # Errors
    /// As [`create_by`](Self::create_by).
    pub async fn create_document_by(
        &self,
        invite: Option<TokenHash>,
        new: NewDocument,
        body: Vec<u8>,
    ) -> Result<Created, StoreError> {
        let NewDocument {
            id,
            owner,
            size,
            panic,
            head,
        } = new;
        self.begin(NewPaste::of_document(id, owner, size, panic), Some(head), invite, body)
            .await
    }

    /// Whether there is something with each of these ids.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn knows(&self, ids: Vec<Id>) -> Result<bool, StoreError> {
        let read = move |conn: &rusqlite::Connection, _: &Shared| Ok(all_known(conn, &ids)?);
        self.shared.read(read).await
    }

    /// Whether creations of `size` bytes in all have a chance with this invite, before it is spent: the invite holds, or the ids are known.
    ///
    /// # Errors
    /// [`StoreError::InviteRequired`].
    pub async fn admits(&self, invite: TokenHash, ids: Vec<Id>, size: u64) -> Result<(), StoreError> {
        let uses = u64::try_from(ids.len()).unwrap_or(u64::MAX);
        let read = move |conn: &rusqlite::Connection, shared: &Shared| match invites::look(
            conn,
            &invite,
            (uses, size),
            shared.now().latest,
        )? {
            Err(refusal) if !all_known(conn, &ids)? => Err(refusal.into()),
            _ => Ok(()),
        };
        self.shared.read(read).await
    }

    /// Where an upload stands (tus `HEAD`); a stored paste stands at its size.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] also for a wrong token, [`StoreError::Burned`].
    pub async fn offset(&self, id: Id, receipt: &Token) -> Result<Progress, StoreError> {
        let token = receipt.hash();
        let read = move |conn: &rusqlite::Connection, shared: &Shared| {
            let row = prove(rows::by_id(conn, id)?, &token, |row| &row.receipt).ok_or(StoreError::NotFound)?;
            match (
                row.paste.gone(shared.now()).filter(|_| row.paste.running == 0),
                stands(&row),
            ) {
                (None, Some(stands)) => Ok(stands.progress),
                (Some(tombstone), _) => Err(StoreError::Burned(tombstone).into()),
                (None, None) => Err(StoreError::NotFound.into()),
            }
        };
        self.shared.read(read).await
    }

    /// Continues an upload at `offset` (tus `PATCH`). Takes over from an earlier request that still hangs.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::Burned`], [`StoreError::OffsetMismatch`] with the true one.
    pub async fn upload(&self, id: Id, receipt: &Token, offset: u64) -> Result<Upload, StoreError> {
        let token = receipt.hash();
        let read = move |conn: &rusqlite::Connection, _: &Shared| {
            let row = prove(rows::by_id(conn, id)?, &token, |row| &row.receipt).ok_or(StoreError::NotFound)?;
            Ok(row.item)
        };
        let item = self.shared.read(read).await?;
        Upload::begin(Arc::clone(&self.shared), self.writer.clone(), item, Some(offset)).await
    }

    /// What a reader may know before the claim. Changes nothing.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] also for a wrong token, [`StoreError::Burned`]; not yet while the last reader still downloads: then no read is left.
    pub async fn probe(&self, id: Id, probe: &Token) -> Result<Probed, StoreError> {
        let token = probe.hash();
        let read = move |conn: &rusqlite::Connection, shared: &Shared| {
            let row = prove(rows::by_id(conn, id)?, &token, |row| &row.probe).ok_or(StoreError::NotFound)?;
            Ok(view::probed(&row, shared.now())?)
        };
        self.shared.read(read).await
    }

    /// Uses up one read for this lease token; costs nothing when the lease already runs. Durable before it answers.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] (also for a wrong probe token), [`StoreError::WrongPassphrase`], [`StoreError::Wait`],
    /// [`StoreError::Burned`], [`StoreError::LeaseEnded`], [`StoreError::TooManyLeases`].
    pub async fn claim(&self, id: Id, probe: &Token, claim: &Token, lease: &Token) -> Result<Claimed, StoreError> {
        let order = Claim {
            id,
            probe: probe.hash(),
            claim: claim.hash(),
            lease: lease.hash(),
            waits_for: None,
            counted: None,
        };
        let LetIn { leased, sealed } = submit(&self.writer, order).await?;
        let (shared, writer, all) = (Arc::clone(&self.shared), self.writer.clone(), (0, None));
        let content = match sealed {
            Some(sealed) => {
                let first = content::opened(&shared, &leased, sealed);
                Content::ahead(shared, writer, (leased, first), all)?
            }
            None => Content::new(shared, writer, leased, all)?,
        };
        Ok(Claimed {
            reads_left: leased.reads_left,
            content,
        })
    }

    /// The content again, under a running lease: bytes `from..to` (`to` `None`: to the end, or past the end: cut).
    /// Writes nothing.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] for an unknown lease, [`StoreError::LeaseEnded`], [`StoreError::Range`].
    pub async fn content(&self, id: Id, lease: &Token, from: u64, to: Option<u64>) -> Result<Content, StoreError> {
        let (token, range) = (lease.hash(), (from, to));
        let read = move |conn: &rusqlite::Connection, shared: &Shared| {
            let leased = leased(conn, id, &token)?;
            match content::first(conn, shared, &leased, range) {
                Ok(first) => Ok((leased, Ok(first))),
                // What is wrong with this item waits until the lease is known to run.
                Err(fault::Fault::Refused(error)) => Ok((leased, Err(error))),
                Err(fault) => Err(fault),
            }
        };
        let found = self.shared.read(read).await?;
        Content::ahead(Arc::clone(&self.shared), self.writer.clone(), found, range)
    }

    /// The container's length under a running lease, to make sense of a suffix range (`bytes=-n`) or answer 416.
    ///
    /// # Errors
    /// As [`content`](Self::content).
    pub async fn content_size(&self, id: Id, lease: &Token) -> Result<u64, StoreError> {
        let token = lease.hash();
        let read = move |conn: &rusqlite::Connection, _: &Shared| Ok(leased(conn, id, &token)?.size);
        self.shared.read(read).await
    }

    /// "I have it": ends the lease; with no read left and no lease running the paste is burned before this answers. Repeating is fine.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::LeaseEnded`] when it had ended without a confirmation.
    pub async fn confirm(&self, id: Id, lease: &Token) -> Result<(), StoreError> {
        submit(
            &self.writer,
            Confirm {
                id,
                lease: lease.hash(),
            },
        )
        .await
    }

    /// What the creator may know. Burned pastes answer too (`state` burned; `reads` 0, nothing else is known any more).
    ///
    /// # Errors
    /// [`StoreError::NotFound`] also for a wrong token.
    pub async fn receipt(&self, id: Id, receipt: &Token) -> Result<Receipt, StoreError> {
        let token = receipt.hash();
        let read = move |conn: &rusqlite::Connection, shared: &Shared| {
            let row = prove(rows::by_id(conn, id)?, &token, |row| &row.receipt).ok_or(StoreError::NotFound)?;
            Ok(view::receipt(&row, shared.now()))
        };
        self.shared.read(read).await
    }

    /// Burns on demand, an unfinished upload too, and ends all leases.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] also for a wrong token.
    pub async fn burn(&self, id: Id, receipt: &Token) -> Result<BurnAnswer, StoreError> {
        submit(
            &self.writer,
            Burn {
                id,
                receipt: receipt.hash(),
            },
        )
        .await
    }

    /// Forgets the wrong tries and their wait.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] also for a wrong token, [`StoreError::Burned`].
    pub async fn reset_wait(&self, id: Id, receipt: &Token) -> Result<(), StoreError> {
        submit(
            &self.writer,
            ResetWait {
                id,
                receipt: receipt.hash(),
            },
        )
        .await
    }

    /// Burns what is due (expired, idle uploads, ended leases) and removes old tombstones. Call it every 20 s or so.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when it could not be written; the next call tries again.
    pub async fn sweep(&self) -> Result<(), StoreError> {
        let clock_set = self.shared.clock_set.swap(false, Ordering::Relaxed);
        let swept = submit(&self.writer, Sweep::new(clock_set)).await;
        if swept.is_err() && clock_set {
            self.shared.clock_set.store(true, Ordering::Relaxed);
        }
        swept
    }

    /// How it is doing. Touches no disk.
    #[must_use]
    pub fn health(&self) -> Health {
        let ok = self.shared.write_ok.load(Ordering::Relaxed) && self.shared.read_ok.load(Ordering::Relaxed);
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner);
        let ok = ok && thread.as_ref().is_some_and(|thread| !thread.is_finished());
        self.shared.now();
        Health {
            ok,
            clock_held: self
                .shared
                .watch
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .is_held(),
        }
    }

    /// How much is kept. Touches no disk.
    #[must_use]
    pub fn totals(&self) -> Totals {
        *self.shared.totals()
    }

    /// Ends the writer after what it was given and closes the files. Blocking; for a clean stop.
    pub fn close(self) {
        // When it has stopped by itself there is nobody to tell.
        let _ = self.writer.send(Message::Stop);
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            let _ = thread.join();
        }
    }
}

/// What a running lease opens.
fn leased(conn: &rusqlite::Connection, id: Id, lease: &TokenHash) -> Result<Leased, fault::Fault> {
    let (row, lease) = rows::with_lease(conn, id, lease)?.ok_or(StoreError::NotFound)?;
    if lease.phase != LeasePhase::Running || row.slot.is_none() {
        return Err(StoreError::LeaseEnded.into());
    }
    claiming::leased(conn, &row, Some(lease))
}

fn all_known(conn: &rusqlite::Connection, ids: &[Id]) -> rusqlite::Result<bool> {
    for id in ids {
        if rows::by_id(conn, *id)?.is_none() {
            return Ok(false);
        }
    }
    Ok(true)
}
