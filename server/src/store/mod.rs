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
mod blocks;
mod claiming;
mod clock;
mod content;
mod creating;
mod creator;
mod db;
mod desk;
mod error;
mod fault;
mod files;
mod invites;
mod kinds;
mod leases;
mod opening;
mod options;
mod random;
mod reserve;
mod rest;
mod rows;
mod shared;
mod slots;
mod sweep;
mod upload;
mod view;
mod watch;
mod writer;

pub use crate::lifecycle::OnGuessing;
pub use answers::{BurnAnswer, Claimed, Created, Health, Progress, Totals};
pub use blocks::Blocks;
pub use clock::{Clock, SystemClock};
pub use content::Content;
pub use error::{OpenError, StoreError};
pub use invites::{InviteLeft, Invites, NewInvite, USES_MAX};
pub use kinds::{Id, NewPaste, Token, TokenHash};
pub use options::Options;
pub use random::{NoRandomness, Random, SystemRandom};
pub use upload::Upload;

use std::sync::atomic::Ordering;
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use satchel_api::{Probed, Receipt};

use crate::lifecycle::LeasePhase;
use claiming::{Claim, Confirm, Leased, prove};
use creating::{Create, Stands, stands};
use creator::{Burn, ResetWait};
use fault::Fault;
use shared::Shared;
use slots::SlotRef;
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
        let opening::Opened { shared, writer, thread } = opening::open(options)?;
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
        let len = u64::try_from(body.len()).unwrap_or(u64::MAX);
        if len > new.size {
            return Err(StoreError::TooLong { limit: new.size });
        }
        let (first, rest) = if new.size > ROW_BYTES_MAX {
            (Vec::new(), body)
        } else {
            (body, Vec::new())
        };
        let held = u64::try_from(first.len()).unwrap_or(u64::MAX);
        let mut order = self.sealed_creation(new, first).await?;
        order.invite = invite;
        let Stands { slot, progress, stored } = submit(&self.writer, order).await?;
        let Progress {
            offset,
            size,
            expires_at,
        } = progress;
        let mut created = Created {
            offset,
            size,
            expires_at,
            upload: None,
        };
        if stored || offset != held {
            return Ok(created);
        }
        let mut upload = Upload::begin(Arc::clone(&self.shared), self.writer.clone(), slot.item, None).await?;
        if rest.is_empty() {
            created.upload = Some(upload);
        } else {
            upload.write(&rest).await?;
            Progress {
                offset: created.offset,
                expires_at: created.expires_at,
                ..
            } = upload.commit().await?;
        }
        Ok(created)
    }

    /// Whether a creation with this invite has a chance, before its body is read: the invite holds, or the id is known.
    ///
    /// # Errors
    /// [`StoreError::InviteRequired`].
    pub async fn admits(&self, invite: TokenHash, new: NewPaste) -> Result<(), StoreError> {
        let read = move |conn: &rusqlite::Connection, shared: &Shared| match invites::look(
            conn,
            &invite,
            new.size,
            shared.now().latest,
        )? {
            Err(refusal) if rows::by_id(conn, new.id)?.is_none() => Err(refusal.into()),
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
        let leased = submit(&self.writer, order).await?;
        let content = Content::new(Arc::clone(&self.shared), self.writer.clone(), leased, (0, None))?;
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
        let leased = self.leased(id, lease).await?;
        Content::new(Arc::clone(&self.shared), self.writer.clone(), leased, (from, to))
    }

    /// The container's length under a running lease, to make sense of a suffix range (`bytes=-n`) or answer 416.
    ///
    /// # Errors
    /// As [`content`](Self::content).
    pub async fn content_size(&self, id: Id, lease: &Token) -> Result<u64, StoreError> {
        Ok(self.leased(id, lease).await?.size)
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
        submit(&self.writer, Sweep).await
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

    /// Takes a shred slot and seals the body under its key: before the writer, so that it has less to do.
    async fn sealed_creation(&self, new: NewPaste, body: Vec<u8>) -> Result<Create, StoreError> {
        let shared = Arc::clone(&self.shared);
        let seal = move |slot: SlotRef| {
            let seal = || {
                let key = shared.slots.key(slot)?;
                let (item, claim) = ((slot.item, new.size), key.bind_claim(&new.claim));
                Ok((claim, upload::seal_rows(&key.cipher(), &shared, item, 0, &body)?))
            };
            let held = u64::try_from(body.len()).unwrap_or(u64::MAX);
            match seal() {
                Ok((claim, blocks)) => Ok(Create {
                    shared: Arc::clone(&shared),
                    new,
                    slot,
                    claim,
                    invite: None,
                    blocks,
                    held,
                    fresh: false,
                    known: false,
                }),
                Err(fault) => {
                    let fault: Fault = fault;
                    shared.slots.free(slot);
                    Err(fault.answer())
                }
            }
        };
        match self.shared.slots.take() {
            // A block or less is sealed in less time than a thread takes to wake up.
            Some(slot) if new.size <= rest::BLOCK_BYTES => seal(slot),
            taken => {
                let shared = Arc::clone(&self.shared);
                let work = tokio::task::spawn_blocking(move || {
                    let slot = match taken {
                        Some(slot) => slot,
                        None => slot_after_filling(&shared)?,
                    };
                    seal(slot)
                });
                work.await.unwrap_or(Err(StoreError::Unavailable))
            }
        }
    }

    /// What a running lease opens.
    async fn leased(&self, id: Id, lease: &Token) -> Result<Leased, StoreError> {
        let token = lease.hash();
        let read = move |conn: &rusqlite::Connection, _: &Shared| {
            let (row, lease) = rows::with_lease(conn, id, &token)?.ok_or(StoreError::NotFound)?;
            let (LeasePhase::Running, Some(slot)) = (lease.phase, row.slot) else {
                return Err(StoreError::LeaseEnded.into());
            };
            let (size, reads_left) = (row.paste.size, row.paste.reads_left());
            Ok(Leased {
                slot,
                size,
                lease: lease.lease,
                ends_at: lease.ends_at,
                reads_left,
            })
        };
        self.shared.read(read).await
    }
}

fn slot_after_filling(shared: &Shared) -> Result<SlotRef, StoreError> {
    // Others may take what was filled: a few rounds, then say that it is too much.
    for _ in 0..16 {
        if let Some(slot) = shared.slots.take() {
            return Ok(slot);
        }
        shared
            .slots
            .fill(&*shared.options.random)
            .map_err(|error| Fault::from(error).answer())?;
    }
    Err(StoreError::Unavailable)
}
