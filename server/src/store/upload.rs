//! One request's bytes on their way in.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::Sender;

use async_trait::async_trait;
use tokio::sync::OwnedMutexGuard;

use super::creating::{Append, Sealed, Stands, TAIL};
use super::error::StoreError;
use super::fault::Fault;
use super::rest::{BLOCK_BYTES, BLOCK_LEN, Cipher, Place, SEALED_BYTES};
use super::rows;
use super::shared::{Shared, UploadTurn};
use super::slots::{Held, SlotRef};
use super::writer::{Message, submit};
use super::{Progress, ROW_BYTES_MAX};
use crate::lifecycle::hour_of;
use crate::storage::Upload;

/// Bytes that are gathered before they are sealed and written.
const GATHERED_LEN: usize = 16 * BLOCK_LEN;
/// While more requests than this bring bytes, each gathers one block only: memory stays bounded.
const GATHERING_MAX: usize = 64;

/// One request's bytes on their way in, sealed into rows or a file.
pub(super) struct Incoming {
    shared: Arc<Shared>,
    writer: Sender<Message>,
    slot: SlotRef,
    /// What is durable.
    base: Progress,
    /// What was received, from the start of block `block` on.
    pending: Vec<u8>,
    block: u64,
    received: u64,
    /// The durable bytes end within a block.
    had_part: bool,
    /// Full blocks went into the file.
    file: Option<Arc<File>>,
    /// Some of what was received could not be written: there is nothing to commit.
    failed: bool,
    turn: Arc<UploadTurn>,
    number: u64,
}

/// Blocks to seal, on a blocking thread.
struct Batch {
    slot: SlotRef,
    size: u64,
    first: u64,
    bytes: Vec<u8>,
    file: Option<Arc<File>>,
}

impl Incoming {
    /// Takes the turn over from earlier requests, and continues at what is durable then.
    pub(super) async fn begin(
        shared: Arc<Shared>,
        writer: Sender<Message>,
        item: u64,
        expected: Option<u64>,
    ) -> Result<Self, StoreError> {
        let (turn, number) = shared.uploads.take_over(item);
        let guard = Arc::clone(&turn.working).lock_owned().await;
        let read = shared.read(move |conn, shared| {
            let row = rows::by_item(conn, item)?.ok_or(StoreError::NotFound)?;
            let stands = match super::creating::stands(&row) {
                Some(stands) => stands,
                None => {
                    return Err(row
                        .paste
                        .gone(shared.now())
                        .map_or(StoreError::NotFound, StoreError::Burned)
                        .into());
                }
            };
            let offset = stands.progress.offset;
            if shared.damage.is_missing(item) {
                return Err(StoreError::Damaged.into());
            }
            if expected.is_some_and(|expected| expected != offset) {
                return Err(StoreError::OffsetMismatch { offset }.into());
            }
            Ok((stands, part_of(conn, shared, &stands)?))
        });
        let result = read.await;
        drop(guard);
        let (
            Stands {
                slot, progress: base, ..
            },
            pending,
        ) = match result {
            Ok(found) => found,
            Err(error) => {
                shared.uploads.leave(item, &turn, number);
                return Err(error);
            }
        };
        shared.uploads.open.fetch_add(1, Ordering::Relaxed);
        let (block, had_part) = (base.offset / BLOCK_BYTES, !pending.is_empty());
        let received = base.offset;
        Ok(Self {
            shared,
            writer,
            slot,
            base,
            pending,
            block,
            received,
            had_part,
            file: None,
            failed: false,
            turn,
            number,
        })
    }

    /// Waits for whoever works on this upload; refuses when a later request has come.
    async fn my_turn(&self) -> Result<OwnedMutexGuard<()>, StoreError> {
        let guard = Arc::clone(&self.turn.working).lock_owned().await;
        if self.turn.latest.load(Ordering::Acquire) != self.number {
            return Err(StoreError::OffsetMismatch {
                offset: self.base.offset,
            });
        }
        Ok(guard)
    }

    /// Seals the full blocks into the file, or with `all` everything: files synced, and what rests in rows returned.
    async fn flush(
        &mut self,
        guard: OwnedMutexGuard<()>,
        all: bool,
    ) -> Result<(OwnedMutexGuard<()>, Vec<Sealed>), StoreError> {
        let in_file = self.base.size > ROW_BYTES_MAX;
        let full = self.pending.len() / BLOCK_LEN * BLOCK_LEN;
        let rest = if all { Vec::new() } else { self.pending.split_off(full) };
        let bytes = std::mem::replace(&mut self.pending, rest);
        let first = self.block;
        self.block += u64::try_from(full / BLOCK_LEN).unwrap_or(0);
        let batch = Batch {
            slot: self.slot,
            size: self.base.size,
            first,
            bytes,
            file: self.file.take(),
        };
        let shared = Arc::clone(&self.shared);
        let work = tokio::task::spawn_blocking(move || {
            let done = if in_file {
                batch.into_file(&shared, all)
            } else {
                batch.into_rows(&shared).map(|rows| (None, rows))
            };
            // The turn is kept while this runs, even when nobody waits any more.
            done.map(|(file, blocks)| (guard, file, blocks))
                .map_err(|fault| fault.answer())
        });
        self.failed = true;
        let (guard, file, blocks) = work.await.unwrap_or(Err(StoreError::Unavailable))?;
        self.failed = false;
        self.file = file;
        Ok((guard, blocks))
    }
}

#[async_trait]
impl Upload for Incoming {
    fn offset(&self) -> u64 {
        self.received
    }

    fn size(&self) -> u64 {
        self.base.size
    }

    fn make_room(&mut self) {
        let missing = usize::try_from(self.base.size - self.received).unwrap_or(0);
        self.pending.reserve_exact(missing);
    }

    async fn write(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        let len = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        if len > self.base.size - self.received {
            return Err(StoreError::TooLong { limit: self.base.size });
        }
        self.pending.extend_from_slice(bytes);
        self.received += len;
        let many = self.shared.uploads.open.load(Ordering::Relaxed) > GATHERING_MAX;
        let enough = if many { BLOCK_LEN } else { GATHERED_LEN };
        if self.base.size > ROW_BYTES_MAX && self.pending.len() >= enough {
            let guard = self.my_turn().await?;
            self.flush(guard, false).await?;
        }
        Ok(())
    }

    async fn commit(mut self: Box<Self>) -> Result<Progress, StoreError> {
        if self.failed {
            return Err(StoreError::Unavailable);
        }
        if self.received == self.base.offset {
            return Ok(self.base);
        }
        let guard = self.my_turn().await?;
        let (guard, blocks) = self.flush(guard, true).await?;
        let drop_tail = self.had_part && self.base.size > ROW_BYTES_MAX && blocks.is_empty();
        let order = Append {
            slot: self.slot,
            from: self.base.offset,
            to: self.received,
            blocks,
            drop_tail,
            _turn: guard,
        };
        let result = submit(&self.writer, order).await;
        if matches!(result, Err(StoreError::Burned(_))) {
            self.shared.files.remove(self.slot.item);
        }
        result
    }
}

impl Drop for Incoming {
    fn drop(&mut self) {
        self.shared.uploads.open.fetch_sub(1, Ordering::Relaxed);
        self.shared.uploads.leave(self.slot.item, &self.turn, self.number);
    }
}

impl Batch {
    /// Full blocks into the file; a part block, and only at the end of a request, into a row.
    fn into_file(self, shared: &Shared, sync: bool) -> Result<(Option<Arc<File>>, Vec<Sealed>), Fault> {
        let cipher = shared.key(self.slot)?.cipher();
        let (full, part) = self.bytes.as_chunks::<BLOCK_LEN>();
        let mut file = self.file;
        if !full.is_empty() {
            let mut sealed = Vec::with_capacity(full.len() * (BLOCK_LEN + 28));
            for (index, bytes) in (self.first..).zip(full) {
                let place = Place::of(self.slot.item, index, self.size);
                cipher.seal(place, bytes, &*shared.options.random, &mut sealed)?;
            }
            let open = match file.take() {
                Some(file) => file,
                None => Arc::new(shared.files.write(self.slot.item)?),
            };
            open.write_all_at(&sealed, self.first * SEALED_BYTES)?;
            // Burned meanwhile: its file may have been taken away before it was made here.
            if matches!(shared.slots.look(self.slot)?, Held::Nothing | Held::Other) {
                shared.files.remove(self.slot.item);
                return Err(StoreError::Unavailable.into());
            }
            file = Some(open);
        }
        if let (Some(file), true) = (&file, sync) {
            shared.files.sync(file, hour_of(shared.now().latest))?;
        }
        let mut rows = Vec::new();
        if !part.is_empty() {
            let index = self.first + u64::try_from(full.len()).unwrap_or(0);
            rows.push((
                TAIL,
                seal_one(&cipher, shared, Place::of(self.slot.item, index, self.size), part)?,
            ));
        }
        Ok((file, rows))
    }

    fn into_rows(self, shared: &Shared) -> Result<Vec<Sealed>, Fault> {
        let cipher = shared.key(self.slot)?.cipher();
        seal_rows(&cipher, shared, (self.slot.item, self.size), self.first, &self.bytes)
    }
}

/// Seals bytes from block `first` on, each block for its own row.
pub(super) fn seal_rows(
    cipher: &Cipher,
    shared: &Shared,
    (item, size): (u64, u64),
    first: u64,
    bytes: &[u8],
) -> Result<Vec<Sealed>, Fault> {
    let blocks = (first..).zip(bytes.chunks(BLOCK_LEN));
    blocks
        .map(|(index, bytes)| Ok((index, seal_one(cipher, shared, Place::of(item, index, size), bytes)?)))
        .collect()
}

pub(super) fn seal_one(cipher: &Cipher, shared: &Shared, place: Place, bytes: &[u8]) -> Result<Vec<u8>, Fault> {
    let mut sealed = Vec::new();
    cipher.seal(place, bytes, &*shared.options.random, &mut sealed)?;
    Ok(sealed)
}

/// The durable bytes of the block in which an upload stands.
fn part_of(conn: &rusqlite::Connection, shared: &Shared, stands: &Stands) -> Result<Vec<u8>, Fault> {
    let Progress { offset, size, .. } = stands.progress;
    if stands.stored || offset % BLOCK_BYTES == 0 {
        return Ok(Vec::new());
    }
    let index = offset / BLOCK_BYTES;
    let at = if size > ROW_BYTES_MAX { TAIL } else { index };
    let Some(mut sealed) = rows::block(conn, stands.slot.item, at)? else {
        shared.damage.found(stands.slot.item);
        return Err(StoreError::Damaged.into());
    };
    let cipher = shared.key(stands.slot)?.cipher();
    match cipher.open(Place::of(stands.slot.item, index, size), &mut sealed) {
        Ok(bytes) => Ok(bytes.to_vec()),
        Err(_) => {
            shared.damage.found(stands.slot.item);
            Err(StoreError::Damaged.into())
        }
    }
}
