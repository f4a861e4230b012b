//! Claim, confirm, and leases that run out.

use rusqlite::Connection;

use super::desk::{Desk, LeaseOf};
use super::error::StoreError;
use super::fault::Fault;
use super::kinds::{Id, TokenHash};
use super::rows::{self, LeaseRow, PasteRow, Place};
use super::slots::SlotRef;
use super::view::refusal;
use super::writer::{Order, Turn};
use crate::lifecycle::{Answer, Event, LeasePhase};

/// Contents up to this many bytes come with the claim.
const SMALL_BYTES: u64 = 16 * 1024;

/// A claim, in two transactions: the first counts the try, the second compares the claim token and uses up the read. Claims of one
/// paste go one by one.
pub(super) struct Claim {
    pub(super) id: Id,
    pub(super) probe: TokenHash,
    pub(super) claim: TokenHash,
    pub(super) lease: TokenHash,
    /// The paste on whose other claim this one was found to wait.
    pub(super) waits_for: Option<u64>,
    /// The paste whose try was counted for this one.
    pub(super) counted: Option<u64>,
}

/// What a lease opens.
#[derive(Clone, Copy)]
pub(super) struct Leased {
    pub(super) slot: SlotRef,
    pub(super) size: u64,
    /// The payload that stands behind the head of a link, and its length.
    pub(super) payload: Option<(SlotRef, u64)>,
    pub(super) lease: u64,
    pub(super) ends_at: u64,
    pub(super) reads_left: Option<u32>,
}

/// A claim that was let in. The sealed content comes along where it is small: the writer has it at hand, and another thread would have to be woken
/// for it.
pub(super) struct LetIn {
    pub(super) leased: Leased,
    pub(super) sealed: Option<Vec<u8>>,
}

impl Order for Claim {
    type Answer = LetIn;

    fn run(&mut self, step: u8, desk: &mut Desk<'_>) -> Result<Turn<LetIn>, Fault> {
        if self.waits_for.is_some_and(|item| desk.busy.contains(&item)) {
            return Ok(Turn::Again(0));
        }
        self.waits_for = None;
        if let Some(item) = self.counted.filter(|_| step == 1) {
            // Even where it was blocked since, so that nobody waits for this one.
            desk.busy.remove(&item);
        }
        let Some(mut row) = proven(desk, self.id, &self.probe, |row| &row.probe)? else {
            return Ok(Turn::Refused(StoreError::NotFound));
        };
        if step == 0 {
            if is_missing(desk, &row) && row.paste.gone(desk.now).is_none() {
                // Its content may come back: it costs nobody a read.
                return Ok(Turn::Refused(StoreError::Damaged));
            }
            if desk.busy.contains(&row.item) {
                self.waits_for = Some(row.item);
                return Ok(Turn::Again(0));
            }
            self.count(desk, &mut row)
        } else {
            self.compare(desk, &mut row)
        }
    }
}

impl Claim {
    fn count(&mut self, desk: &mut Desk<'_>, row: &mut PasteRow) -> Result<Turn<LetIn>, Fault> {
        let lease = current_lease(desk, row, &self.lease)?;
        match desk.happen(
            row,
            Event::Try {
                lease: lease.map(|lease| lease.phase),
            },
            None,
        )? {
            Answer::Resumed => let_in(desk.conn, row, lease).map(Turn::Done),
            Answer::Counted => {
                desk.busy.insert(row.item);
                self.counted = Some(row.item);
                Ok(Turn::Again(1))
            }
            answer => Ok(Turn::Refused(refusal(answer))),
        }
    }

    fn compare(&self, desk: &mut Desk<'_>, row: &mut PasteRow) -> Result<Turn<LetIn>, Fault> {
        let (Some(slot), Some(bound)) = (row.slot, row.claim) else {
            // Burned since the try was counted.
            let gone = row.paste.gone(desk.now);
            return Ok(Turn::Refused(gone.map_or(StoreError::Unavailable, StoreError::Burned)));
        };
        let right = bool::from(desk.shared.key(slot)?.is_claim(&bound, &self.claim));
        match desk.happen(row, Event::Compared { right }, Some(LeaseOf::New(&self.lease)))? {
            Answer::Claimed => {
                let lease = rows::lease(desk.conn, row.item, &self.lease)?;
                let_in(desk.conn, row, lease).map(Turn::Done)
            }
            answer => Ok(Turn::Refused(refusal(answer))),
        }
    }
}

/// "I have it."
pub(super) struct Confirm {
    pub(super) id: Id,
    pub(super) lease: TokenHash,
}

impl Order for Confirm {
    type Answer = ();

    fn run(&mut self, _: u8, desk: &mut Desk<'_>) -> Result<Turn<()>, Fault> {
        let Some((mut row, lease)) = rows::with_lease(desk.conn, self.id, &self.lease)? else {
            return Ok(Turn::Refused(StoreError::NotFound));
        };
        match desk.happen(
            &mut row,
            Event::Confirm { lease: lease.phase },
            Some(LeaseOf::Known(lease.lease)),
        )? {
            Answer::Done => Ok(Turn::Done(())),
            answer => Ok(Turn::Refused(refusal(answer))),
        }
    }
}

/// A lease that a reader found to have run out: nobody waits for this.
pub(super) struct RanOut {
    pub(super) item: u64,
    pub(super) lease: u64,
}

impl Order for RanOut {
    type Answer = ();

    fn run(&mut self, _: u8, desk: &mut Desk<'_>) -> Result<Turn<()>, Fault> {
        if desk.is_over(self.lease)
            && let Some(mut row) = rows::by_item(desk.conn, self.item)?
        {
            desk.run_out(&mut row, self.lease)?;
        }
        Ok(Turn::Done(()))
    }
}

/// Whether the file of its content, or of the payload that it leads to, was not there at start.
fn is_missing(desk: &Desk<'_>, row: &PasteRow) -> bool {
    let payload = match row.place {
        Place::Link { document, .. } => document,
        Place::Alone | Place::Document => row.item,
    };
    desk.shared.damage.is_missing(payload)
}

/// The row whose hash the token proves, in the same time whether it is there or not.
pub(super) fn proven(
    desk: &Desk<'_>,
    id: Id,
    token: &TokenHash,
    of: impl Fn(&PasteRow) -> &TokenHash,
) -> Result<Option<PasteRow>, Fault> {
    Ok(token.proves(rows::by_id(desk.conn, id)?, of))
}

/// The lease of this token; one that ran out unnoticed is ended first.
fn current_lease(desk: &mut Desk<'_>, row: &mut PasteRow, token: &TokenHash) -> Result<Option<LeaseRow>, Fault> {
    let Some(lease) = rows::lease(desk.conn, row.item, token)? else {
        return Ok(None);
    };
    if lease.phase == LeasePhase::Running && desk.is_over(lease.lease) {
        desk.run_out(row, lease.lease)?;
        return Ok(Some(LeaseRow {
            phase: LeasePhase::Ended,
            ..lease
        }));
    }
    Ok(Some(lease))
}

pub(super) fn leased(conn: &Connection, row: &PasteRow, lease: Option<LeaseRow>) -> Result<Leased, Fault> {
    let (Some(slot), Some(lease)) = (row.slot, lease) else {
        return Err(StoreError::Unavailable.into());
    };
    let paste = &row.paste;
    let payload = match row.place {
        Place::Link { document, shared, .. } => {
            let document = rows::by_item(conn, document)?.ok_or(StoreError::Damaged)?;
            // Without a key it burned since the link's row was read, which burned with it.
            Some((document.slot.ok_or(StoreError::Unavailable)?, shared))
        }
        Place::Alone | Place::Document => None,
    };
    Ok(Leased {
        slot,
        size: paste.size,
        payload,
        lease: lease.lease,
        ends_at: lease.ends_at,
        reads_left: paste.reads_left(),
    })
}

fn let_in(conn: &Connection, row: &PasteRow, lease: Option<LeaseRow>) -> Result<LetIn, Fault> {
    let leased = leased(conn, row, lease)?;
    let sealed = if leased.size <= SMALL_BYTES && leased.payload.is_none() {
        // Where it is missing, reading it finds out.
        rows::block(conn, row.item, 0)?
    } else {
        None
    };
    Ok(LetIn { leased, sealed })
}
