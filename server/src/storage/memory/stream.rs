//! Bytes on their way in and out of memory.

use std::sync::Arc;

use async_trait::async_trait;

use super::Shared;
use super::pieces::Pieces;
use crate::lifecycle::{Answer, Event, Stage};
use crate::storage::place::Place;
use crate::storage::view::{self, refusal};
use crate::storage::{Content, Progress, StoreError, Upload};

/// Most bytes that are handed out at once end at a multiple of this, and are four of it.
const BLOCK_BYTES: u64 = 64 * 1024;
const BLOCKS: u64 = 4;

/// One request's bytes, until they are committed.
pub(super) struct Incoming {
    shared: Arc<Shared>,
    item: u64,
    base: Progress,
    received: Pieces,
    turn: u64,
}

impl Incoming {
    /// Takes over from earlier requests, and continues at what is there.
    pub(super) fn begin(shared: &Arc<Shared>, item: u64, expected: Option<u64>) -> Result<Self, StoreError> {
        let (base, turn) = shared.act(|desk| {
            let latest = desk.turns.entry(item).or_default();
            *latest += 1;
            let found = desk.kept.item(item).ok_or(StoreError::NotFound)?;
            let Some(base) = view::progress(&found.paste) else {
                let gone = found.paste.gone(desk.now);
                return Err(gone.map_or(StoreError::NotFound, StoreError::Burned));
            };
            if expected.is_some_and(|expected| expected != base.offset) {
                return Err(StoreError::OffsetMismatch { offset: base.offset });
            }
            Ok((base, *latest))
        })?;
        Ok(Self {
            shared: Arc::clone(shared),
            item,
            base,
            received: Pieces::default(),
            turn,
        })
    }
}

#[async_trait]
impl Upload for Incoming {
    fn offset(&self) -> u64 {
        self.base.offset + self.received.len()
    }

    fn size(&self) -> u64 {
        self.base.size
    }

    fn make_room(&mut self) {}

    async fn write(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        let len = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        if len > self.base.size - self.offset() {
            return Err(StoreError::TooLong { limit: self.base.size });
        }
        self.received.extend_from(bytes);
        Ok(())
    }

    async fn commit(self: Box<Self>) -> Result<Progress, StoreError> {
        if self.received.len() == 0 {
            return Ok(self.base);
        }
        let to = self.offset();
        let Self {
            shared,
            item,
            base,
            received,
            turn,
        } = *self;
        shared.act(|desk| {
            let found = desk.kept.item(item).ok_or(StoreError::NotFound)?;
            if let Stage::Burned(tombstone) = found.paste.stage {
                return Err(StoreError::Burned(tombstone));
            }
            let Progress { offset, .. } = view::progress(&found.paste).ok_or(StoreError::Unavailable)?;
            if offset != base.offset || desk.turns.get(&item).is_some_and(|latest| *latest != turn) {
                return Err(StoreError::OffsetMismatch { offset });
            }
            match desk.happen(item, Event::Arrived { held: to }, None)? {
                Answer::Done => {}
                answer => return Err(refusal(answer)),
            }
            let found = desk.kept.item_mut(item).ok_or(StoreError::NotFound)?;
            if let Some(secret) = &mut found.secret {
                secret.bytes.append(received);
            }
            view::progress(&found.paste).ok_or(StoreError::Unavailable)
        })
    }
}

/// What a lease opens, on its way out.
pub(super) struct Outgoing {
    shared: Arc<Shared>,
    item: u64,
    lease: u64,
    ends_at: u64,
    size: u64,
    from: u64,
    to: u64,
    at: u64,
}

/// A lease that was found to run, and what it opens.
pub(super) struct Leased {
    pub(super) item: u64,
    pub(super) lease: u64,
    pub(super) ends_at: u64,
    pub(super) size: u64,
}

impl Outgoing {
    /// Bytes `from..to` of what the lease opens.
    pub(super) fn new(shared: &Arc<Shared>, leased: Leased, range: (u64, Option<u64>)) -> Result<Self, StoreError> {
        let Leased {
            item,
            lease,
            ends_at,
            size,
        } = leased;
        let (from, to) = view::range(size, range)?;
        shared.act(|desk| desk.serve(item, lease, 0))?;
        Ok(Self {
            shared: Arc::clone(shared),
            item,
            lease,
            ends_at,
            size,
            from,
            to,
            at: from,
        })
    }

    /// The next bytes, counted before they are copied: both under the lock.
    fn read(&self, to: u64) -> Result<Vec<u8>, StoreError> {
        let (from, len) = (self.at, to - self.at);
        self.shared.act(|desk| {
            desk.serve(self.item, self.lease, len)?;
            let found = desk.kept.item(self.item).ok_or(StoreError::Unavailable)?;
            let own = found.secret.as_ref().ok_or(StoreError::Unavailable)?;
            let mut out = Vec::with_capacity(usize::try_from(len).unwrap_or(0));
            own.bytes.read((from, to), &mut out);
            if let Place::Link { document, .. } = found.place {
                let end = own.bytes.len();
                let payload = desk.kept.item(document).and_then(|document| document.secret.as_ref());
                let payload = payload.ok_or(StoreError::Unavailable)?;
                payload.bytes.read((from.max(end) - end, to.max(end) - end), &mut out);
            }
            Ok(out)
        })
    }
}

#[async_trait]
impl Content for Outgoing {
    fn size(&self) -> u64 {
        self.size
    }

    fn range(&self) -> (u64, u64) {
        (self.from, self.to)
    }

    fn lease_ends_at(&self) -> u64 {
        self.ends_at
    }

    async fn next(&mut self) -> Option<Result<Vec<u8>, StoreError>> {
        if self.at >= self.to {
            return None;
        }
        let blocks = if self.shared.leases.are_many() { 1 } else { BLOCKS };
        let end = self.to.min((self.at / BLOCK_BYTES + blocks) * BLOCK_BYTES);
        let read = self.read(end);
        self.at = if read.is_ok() { end } else { self.to };
        Some(read)
    }
}
