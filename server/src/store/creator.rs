//! What the receipt's holder may do: burn, clear the wait, and change how it ends.

use satchel_api::Receipt;

use super::claiming::proven;
use super::desk::Desk;
use super::documents::link_of;
use super::error::StoreError;
use super::fault::Fault;
use super::kinds::{Id, TokenHash};
use super::rows::{self, Place};
use super::view::{self, refusal};
use super::writer::{Order, Turn};
use super::{BurnAnswer, Change};
use crate::lifecycle::{Answer, Event, Stage};

pub(super) struct Burn {
    pub(super) id: Id,
    pub(super) receipt: TokenHash,
}

impl Order for Burn {
    type Answer = BurnAnswer;

    fn run(&mut self, _: u8, desk: &mut Desk<'_>) -> Result<Turn<BurnAnswer>, Fault> {
        let Some(mut row) = proven(desk, self.id, &self.receipt, |row| &row.receipt)? else {
            return Ok(Turn::Refused(StoreError::NotFound));
        };
        Ok(match desk.happen(&mut row, Event::Burn, None)? {
            Answer::Done => Turn::Done(BurnAnswer::Now),
            Answer::Gone(tombstone) => Turn::Done(BurnAnswer::Before(tombstone)),
            answer => Turn::Refused(refusal(answer)),
        })
    }
}

pub(super) struct ResetWait {
    pub(super) id: Id,
    pub(super) receipt: TokenHash,
}

impl Order for ResetWait {
    type Answer = ();

    fn run(&mut self, _: u8, desk: &mut Desk<'_>) -> Result<Turn<()>, Fault> {
        let Some(mut row) = proven(desk, self.id, &self.receipt, |row| &row.receipt)? else {
            return Ok(Turn::Refused(StoreError::NotFound));
        };
        if desk.busy.contains(&row.item) {
            // A try is being compared: its outcome comes first.
            return Ok(Turn::Again(0));
        }
        Ok(match desk.happen(&mut row, Event::ResetWait, None)? {
            Answer::Done => Turn::Done(()),
            answer => Turn::Refused(refusal(answer)),
        })
    }
}

/// Whose policy is changed, and who proves it.
pub(super) enum Whose {
    Paste(Id, TokenHash),
    Link(Id, TokenHash, u32),
}

pub(super) struct ChangePolicy {
    pub(super) whose: Whose,
    pub(super) change: Change,
}

impl Order for ChangePolicy {
    type Answer = Receipt;

    fn run(&mut self, _: u8, desk: &mut Desk<'_>) -> Result<Turn<Receipt>, Fault> {
        let found = match &self.whose {
            Whose::Paste(id, receipt) => proven(desk, *id, receipt, |row| &row.receipt)?,
            Whose::Link(id, owner, number) => link_of(desk, *id, owner, *number)?,
        };
        let Some(mut row) = found else {
            return Ok(Turn::Refused(StoreError::NotFound));
        };
        let Change { expires_in, reads_left } = self.change;
        match desk.happen(&mut row, Event::Change { expires_in, reads_left }, None)? {
            Answer::Done => {}
            answer => return Ok(Turn::Refused(refusal(answer))),
        }
        if let (Place::Link { document, .. }, Stage::Stored { expires_at }) = (row.place, row.paste.stage)
            && let Some(mut document) = rows::by_item(desk.conn, document)?
        {
            desk.happen(&mut document, Event::LinkKept { expires_at }, None)?;
        }
        Ok(Turn::Done(view::receipt(&row.paste, desk.now)))
    }
}
