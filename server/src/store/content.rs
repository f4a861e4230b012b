//! Ciphertext on its way out: read, verified and counted by blocks.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;
use std::sync::mpsc::Sender;

use async_trait::async_trait;
use rusqlite::Connection;
use tokio::sync::oneshot;
use zeroize::Zeroize as _;

use super::claiming::{Leased, RanOut};
use super::creating::TAIL;
use super::error::StoreError;
use super::fault::Fault;
use super::rest::{BLOCK_BYTES, Cipher, Place, SEALED_BYTES};
use super::shared::Shared;
use super::slots::{Held, SlotRef};
use super::writer::{Message, post};
use super::{ROW_BYTES_MAX, rows, view};
use crate::storage::Content;

/// Blocks that are read at once.
const BLOCKS: u64 = 4;

/// Ciphertext on its way out, under a lease, verified block by block.
pub(super) struct Outgoing {
    shared: Arc<Shared>,
    writer: Sender<Message>,
    leased: Leased,
    at: u64,
    from: u64,
    to: u64,
    open: Option<Open>,
    /// What was read ahead, from `at` on.
    ahead: Option<Result<Read, StoreError>>,
}

/// What is open by now, and bytes from it.
pub(super) type Read = (Open, Vec<u8>);

/// What reading needs: the item's own part, and behind the head of a link its document's payload.
pub(super) struct Open {
    own: Part,
    payload: Option<Part>,
}

/// What rests under one shred key.
struct Part {
    cipher: Cipher,
    file: Option<File>,
    item: u64,
    size: u64,
}

impl Outgoing {
    /// Bytes `from..to` of what the lease opens.
    pub(super) fn new(
        shared: Arc<Shared>,
        writer: Sender<Message>,
        leased: Leased,
        range: (u64, Option<u64>),
    ) -> Result<Self, StoreError> {
        let (from, to) = view::range(leased.size, range)?;
        let content = Self {
            shared,
            writer,
            leased,
            at: from,
            from,
            to,
            open: None,
            ahead: None,
        };
        content.count(0)?;
        Ok(content)
    }

    /// As [`new`](Self::new), with the first bytes read: whoever finds the lease has a connection at hand. They are handed out, and counted, by
    /// [`next`](Content::next) like any other.
    pub(super) fn ahead(
        shared: Arc<Shared>,
        writer: Sender<Message>,
        (leased, first): (Leased, Result<Read, StoreError>),
        range: (u64, Option<u64>),
    ) -> Result<Self, StoreError> {
        let mut content = Self::new(shared, writer, leased, range)?;
        content.ahead = Some(first);
        Ok(content)
    }

    /// A burn's rows go after its key: what has no key any more is not damaged.
    fn judged(&self, error: StoreError) -> StoreError {
        let Leased { slot, payload, .. } = self.leased;
        let burns = |slot| matches!(self.shared.slots.look(slot), Ok(Held::Nothing));
        if error != StoreError::Damaged {
            return error;
        }
        if burns(slot) || payload.is_some_and(|(slot, _)| burns(slot)) {
            return StoreError::Unavailable;
        }
        self.shared.damage.found(slot.item);
        error
    }

    fn count(&self, bytes: u64) -> Result<(), StoreError> {
        let Leased { slot, lease, .. } = self.leased;
        if self
            .shared
            .leases
            .serve(lease, bytes, self.shared.now().at, self.shared.boot())
        {
            return Ok(());
        }
        post(&self.writer, RanOut { item: slot.item, lease }, oneshot::channel().0);
        Err(StoreError::LeaseEnded)
    }
}

#[async_trait]
impl Content for Outgoing {
    fn size(&self) -> u64 {
        self.leased.size
    }

    fn range(&self) -> (u64, u64) {
        (self.from, self.to)
    }

    fn lease_ends_at(&self) -> u64 {
        self.leased.ends_at
    }

    async fn next(&mut self) -> Option<Result<Vec<u8>, StoreError>> {
        if self.at >= self.to {
            return None;
        }
        let (leased, at) = (self.leased, self.at);
        let read = match self.ahead.take() {
            Some(read) => read,
            None => {
                let end = end_of_read(&self.shared, at, self.to);
                let open = self.open.take();
                let read = self.shared.read(move |conn, shared| {
                    let open = open.map_or_else(|| Open::of(shared, &leased), Ok)?;
                    let bytes = open.read(conn, at, end)?;
                    Ok((open, bytes))
                });
                read.await
            }
        };
        let mut end = self.to;
        let result = match read {
            Ok((open, bytes)) => {
                self.open = Some(open);
                let len = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
                end = at + len;
                // Counted, and the lease looked at, after reading: what was burned meanwhile is not handed out.
                self.count(len).map(|()| bytes)
            }
            // A burn on demand takes file and key away under the reader.
            Err(error) => self.count(0).and_then(|()| Err(self.judged(error))),
        };
        self.at = if result.is_ok() { end } else { self.to };
        Some(result)
    }
}

/// Where a read from `at` ends, of what goes up to `to`.
fn end_of_read(shared: &Shared, at: u64, to: u64) -> u64 {
    let blocks = if shared.leases.are_many() { 1 } else { BLOCKS };
    to.min((at / BLOCK_BYTES + blocks) * BLOCK_BYTES)
}

/// The first bytes of `from..to` (`None`: to the end) of what a lease opens. An empty or impossible range has none.
pub(super) fn first(
    conn: &Connection,
    shared: &Shared,
    leased: &Leased,
    (from, to): (u64, Option<u64>),
) -> Result<Read, Fault> {
    let to = to.unwrap_or(leased.size).min(leased.size);
    let open = Open::of(shared, leased)?;
    let bytes = open.read(conn, from.min(to), end_of_read(shared, from, to))?;
    Ok((open, bytes))
}

/// A content of one block that was read with its row.
pub(super) fn opened(shared: &Shared, leased: &Leased, mut sealed: Vec<u8>) -> Result<Read, StoreError> {
    let own = Part::of(shared, leased.slot, leased.size).map_err(|fault| fault.answer())?;
    let place = Place::of(own.item, 0, own.size);
    let bytes = own.cipher.open(place, &mut sealed).map_err(|_| StoreError::Damaged)?;
    let bytes = bytes.to_vec();
    sealed.zeroize();
    Ok((Open { own, payload: None }, bytes))
}

impl Open {
    fn of(shared: &Shared, leased: &Leased) -> Result<Self, Fault> {
        let behind = leased.payload.map_or(0, |(_, size)| size);
        Ok(Self {
            own: Part::of(shared, leased.slot, leased.size.saturating_sub(behind))?,
            payload: leased
                .payload
                .map(|(slot, size)| Part::of(shared, slot, size))
                .transpose()?,
        })
    }

    fn read(&self, conn: &Connection, from: u64, to: u64) -> Result<Vec<u8>, Fault> {
        let mut out = Vec::with_capacity(usize::try_from(to.saturating_sub(from)).unwrap_or(0));
        let end = self.own.size;
        self.own.read(conn, (from.min(end), to.min(end)), &mut out)?;
        if let Some(payload) = &self.payload {
            payload.read(conn, (from.max(end) - end, to.max(end) - end), &mut out)?;
        }
        Ok(out)
    }
}

impl Part {
    fn of(shared: &Shared, slot: SlotRef, size: u64) -> Result<Self, Fault> {
        // The key first: what was burned meanwhile is not damaged.
        let cipher = shared.key(slot)?.cipher();
        let in_file = size > ROW_BYTES_MAX;
        let file = in_file.then(|| shared.files.read(slot.item)).transpose();
        Ok(Self {
            cipher,
            file: file.map_err(|_| StoreError::Damaged)?,
            item: slot.item,
            size,
        })
    }

    fn read(&self, conn: &Connection, (from, to): (u64, u64), out: &mut Vec<u8>) -> Result<(), Fault> {
        if from >= to {
            return Ok(());
        }
        for index in from / BLOCK_BYTES..to.div_ceil(BLOCK_BYTES) {
            let start = index * BLOCK_BYTES;
            let mut sealed = self.sealed(conn, index)?;
            let place = Place::of(self.item, index, self.size);
            let bytes = self.cipher.open(place, &mut sealed).map_err(|_| StoreError::Damaged)?;
            let within = |at: u64| usize::try_from(at.clamp(start, start + BLOCK_BYTES) - start).unwrap_or(usize::MAX);
            out.extend_from_slice(bytes.get(within(from)..within(to)).ok_or(StoreError::Damaged)?);
            sealed.zeroize();
        }
        Ok(())
    }

    fn sealed(&self, conn: &Connection, index: u64) -> Result<Vec<u8>, Fault> {
        match &self.file {
            Some(file) if (index + 1) * BLOCK_BYTES <= self.size => {
                let mut sealed = vec![0; usize::try_from(SEALED_BYTES).unwrap_or(0)];
                file.read_exact_at(&mut sealed, index * SEALED_BYTES)
                    .map_err(|_| StoreError::Damaged)?;
                Ok(sealed)
            }
            Some(_) => Ok(rows::block(conn, self.item, TAIL)?.ok_or(StoreError::Damaged)?),
            None => Ok(rows::block(conn, self.item, index)?.ok_or(StoreError::Damaged)?),
        }
    }
}
