//! Create and append.

use std::sync::Arc;

use rusqlite::Connection;
use tokio::sync::OwnedMutexGuard;

use super::blocks;
use super::desk::Desk;
use super::error::StoreError;
use super::fault::Fault;
use super::invites;
use super::kinds::{NewPaste, PanicMark, TokenHash};
use super::rows::{self, PasteRow, Place};
use super::shared::Shared;
use super::slots::SlotRef;
use super::view::{self, refusal};
use super::writer::{Order, Turn};
use super::{Progress, rest, upload};
use crate::lifecycle::{Answer, Event, Stage};

/// Where the part block at the end of a large content rests.
pub(super) const TAIL: u64 = 7;

/// Where the owner's head of a document rests.
pub(super) const HEAD: u64 = 6;

/// A sealed block and its place among the item's rows.
pub(super) type Sealed = (u64, Vec<u8>);

/// A creation, sealed under the key of a slot that it brings along.
pub(super) struct Create {
    pub(super) shared: Arc<Shared>,
    pub(super) new: NewPaste,
    pub(super) slot: SlotRef,
    /// The claim hash under the slot's key.
    pub(super) claim: [u8; 32],
    pub(super) blocks: Vec<Sealed>,
    /// The owner's head, of a document: it rests in a block of its own.
    pub(super) head: Option<Vec<u8>>,
    /// What pays for it, where that takes an invite.
    pub(super) invite: Option<TokenHash>,
    /// Bytes that the blocks hold of the container.
    pub(super) held: u64,
    /// Whether this run made the paste: else the slot goes back.
    pub(super) fresh: bool,
    /// Whether it got to the writer, or was settled without: from then on it does not give its slot back by itself.
    pub(super) known: bool,
}

impl Drop for Create {
    /// The request went away before the writer saw it.
    fn drop(&mut self) {
        if !self.known {
            self.shared.slots.free(self.slot);
        }
    }
}

/// Where a creation stands.
#[derive(Clone, Copy)]
pub(super) struct Stands {
    pub(super) slot: SlotRef,
    pub(super) progress: Progress,
    pub(super) stored: bool,
}

impl Order for Create {
    type Answer = Stands;
    const UPLOADS: bool = true;

    fn run(&mut self, _: u8, desk: &mut Desk<'_>) -> Result<Turn<Stands>, Fault> {
        self.fresh = false;
        self.known = true;
        if let Some(row) = rows::if_known(desk.conn, self.new.id)? {
            return self.again(desk, &row);
        }
        if blocks::is_blocked(desk.conn, self.new.id)? {
            return Ok(Turn::Refused(StoreError::IdTaken));
        }
        let mut row = self.row(desk);
        if self.held > 0 {
            row.paste = crate::lifecycle::step(&row.paste, Event::Arrived { held: self.held }, desk.now).paste;
        }
        self.insert(desk, &row)?;
        Ok(stands(&row).map_or(Turn::Refused(StoreError::Unavailable), Turn::Done))
    }

    fn settled(&mut self, done: bool) {
        self.known = true;
        if !(done && self.fresh) {
            self.shared.slots.free(self.slot);
        }
    }
}

impl Create {
    /// Within the quotas: the row and its blocks.
    pub(super) fn insert(&mut self, desk: &mut Desk<'_>, row: &PasteRow) -> Result<(), Fault> {
        desk.shared.limits.admit(self.new.size, desk.totals)?;
        // Last of all that can be refused, so that a refusal costs nothing.
        if let Some(invite) = &self.invite {
            invites::spend(desk.conn, invite, self.new.size, desk.now.latest)??;
        }
        rows::insert(desk.conn, self.new.id, row)?;
        for (at, sealed) in &self.blocks {
            rows::put_block(desk.conn, row.item, *at, sealed)?;
        }
        desk.totals.items += 1;
        desk.totals.bytes += self.new.size;
        self.fresh = true;
        Ok(())
    }

    pub(super) fn row(&self, desk: &Desk<'_>) -> PasteRow {
        let new = &self.new;
        PasteRow {
            item: self.slot.item,
            probe: new.probe,
            receipt: new.receipt,
            claim: Some(self.claim),
            slot: Some(self.slot),
            keep: new.keep,
            place: match self.head {
                None => Place::Alone,
                Some(_) => Place::Document,
            },
            panic: new.panic,
            paste: new.begun(desk.now),
        }
    }

    /// The id is known: the same creation again, or somebody else's.
    fn again(&self, desk: &Desk<'_>, row: &PasteRow) -> Result<Turn<Stands>, Fault> {
        let new = &self.new;
        let hashes = row.probe.same_as(&new.probe) & row.receipt.same_as(&new.receipt);
        if let Stage::Burned(tombstone) = row.paste.stage {
            // The claim hash and the policy went with the burn.
            let error = if bool::from(hashes) {
                StoreError::Burned(tombstone)
            } else {
                StoreError::IdTaken
            };
            return Ok(Turn::Refused(error));
        }
        let (Some(slot), Some(bound)) = (row.slot, row.claim) else {
            return Err(StoreError::Unavailable.into());
        };
        let hashes = hashes & desk.shared.key(slot)?.is_claim(&bound, &new.claim);
        let head = match row.place {
            Place::Document => Some(owners_head(desk.conn, desk.shared, slot)?),
            Place::Alone | Place::Link { .. } => None,
        };
        let same = bool::from(hashes)
            && row.paste.policy == new.policy()
            && row.paste.size == new.size
            && row.keep == new.keep
            && PanicMark::same(row.panic.as_ref(), new.panic.as_ref())
            && head == self.head;
        Ok(match stands(row) {
            Some(stands) if same => match row.paste.gone(desk.now) {
                Some(tombstone) => Turn::Refused(StoreError::Burned(tombstone)),
                None => Turn::Done(stands),
            },
            _ => Turn::Refused(StoreError::IdTaken),
        })
    }
}

/// The owner's head of a document.
pub(super) fn owners_head(conn: &Connection, shared: &Shared, slot: SlotRef) -> Result<Vec<u8>, Fault> {
    let mut sealed = rows::block(conn, slot.item, HEAD)?.ok_or(StoreError::Damaged)?;
    let cipher = shared.key(slot)?.cipher();
    let head = cipher.open(head_of(slot.item), &mut sealed);
    Ok(head.map_err(|_| StoreError::Damaged)?.to_vec())
}

/// No block of the payload has this place.
pub(super) const fn head_of(item: u64) -> rest::Place {
    rest::Place {
        item,
        index: u64::MAX,
        last: true,
    }
}

/// Takes a shred slot and seals body and head under its key: before the writer, so that it has less to do.
pub(super) async fn sealed(
    shared: &Arc<Shared>,
    new: NewPaste,
    head: Option<Vec<u8>>,
    body: Vec<u8>,
) -> Result<Create, StoreError> {
    let here = Arc::clone(shared);
    let seal = move |slot: SlotRef| {
        let blocks = (|| {
            let key = here.key(slot)?;
            let cipher = key.cipher();
            let mut blocks = upload::seal_rows(&cipher, &here, (slot.item, new.size), 0, &body)?;
            if let Some(head) = &head {
                blocks.push((HEAD, upload::seal_one(&cipher, &here, head_of(slot.item), head)?));
            }
            Ok((key.bind_claim(&new.claim), blocks))
        })();
        match blocks {
            Ok((claim, blocks)) => Ok(Create {
                shared: here,
                new,
                slot,
                claim,
                blocks,
                head,
                invite: None,
                held: u64::try_from(body.len()).unwrap_or(u64::MAX),
                fresh: false,
                known: false,
            }),
            Err(fault) => {
                let fault: Fault = fault;
                here.slots.free(slot);
                Err(fault.answer())
            }
        }
    };
    match shared.slots.take() {
        // A block or less is sealed in less time than a thread takes to wake up.
        Some(slot) if new.size <= rest::BLOCK_BYTES => seal(slot),
        taken => {
            let shared = Arc::clone(shared);
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

/// Where a paste that lives stands.
pub(super) fn stands(row: &PasteRow) -> Option<Stands> {
    let progress = view::progress(&row.paste)?;
    Some(Stands {
        slot: row.slot?,
        progress,
        stored: matches!(row.paste.stage, Stage::Stored { .. }),
    })
}

/// Bytes that are on disk (full blocks of a large content) or come along (all else) begin to count.
pub(super) struct Append {
    pub(super) slot: SlotRef,
    pub(super) from: u64,
    pub(super) to: u64,
    pub(super) blocks: Vec<Sealed>,
    /// The part block of before is in a full one now.
    pub(super) drop_tail: bool,
    /// Nobody else works on this upload until this is done, even when the request that waits for it is gone.
    pub(super) _turn: OwnedMutexGuard<()>,
}

impl Order for Append {
    type Answer = Progress;
    const UPLOADS: bool = true;

    fn run(&mut self, _: u8, desk: &mut Desk<'_>) -> Result<Turn<Progress>, Fault> {
        let Some(mut row) = rows::by_item(desk.conn, self.slot.item)? else {
            return Ok(Turn::Refused(StoreError::NotFound));
        };
        match row.paste.stage {
            Stage::Burned(tombstone) => return Ok(Turn::Refused(StoreError::Burned(tombstone))),
            Stage::Uploading { held, .. } if held == self.from => {}
            Stage::Uploading { held: offset, .. } => return Ok(Turn::Refused(StoreError::OffsetMismatch { offset })),
            Stage::Stored { .. } => {
                return Ok(Turn::Refused(StoreError::OffsetMismatch { offset: row.paste.size }));
            }
        }
        match desk.happen(&mut row, Event::Arrived { held: self.to }, None)? {
            Answer::Done => {}
            answer => return Ok(Turn::Refused(refusal(answer))),
        }
        if self.drop_tail {
            rows::drop_block(desk.conn, row.item, TAIL)?;
        }
        for (at, sealed) in &self.blocks {
            rows::put_block(desk.conn, row.item, *at, sealed)?;
        }
        Ok(stands(&row).map_or(Turn::Refused(StoreError::Unavailable), |stands| {
            Turn::Done(stands.progress)
        }))
    }
}
