//! What the receipt's holder may do: burn, and clear the wait.

use satchel_api::Receipt;

use super::claiming::{proven, refusal};
use super::desk::Desk;
use super::documents::link_of;
use super::error::StoreError;
use super::fault::Fault;
use super::kinds::{Id, TokenHash};
use super::rows::{self, Place};
use super::writer::{Order, Turn, submit};
use super::{BurnAnswer, Store, Token, view};
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

/// How a paste is to end from now on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// Seconds from now to the new expiry.
    pub expires_in: Option<u64>,
    /// Reads that are left from now on: fewer than there are.
    pub reads_left: Option<u32>,
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
        Ok(Turn::Done(view::receipt(&row, desk.now)))
    }
}

impl Store {
    /// Changes how a paste ends: its expiry both ways, its reads to fewer. Durable before it answers.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] also for a wrong token and while it is not whole, [`StoreError::Burned`], [`StoreError::NotFewer`].
    pub async fn change(&self, id: Id, receipt: &Token, change: Change) -> Result<Receipt, StoreError> {
        let whose = Whose::Paste(id, receipt.hash());
        submit(&self.writer, ChangePolicy { whose, change }).await
    }

    /// As [`change`](Self::change), for one link of a document.
    ///
    /// # Errors
    /// As [`change`](Self::change).
    pub async fn change_link(&self, id: Id, owner: &Token, number: u32, change: Change) -> Result<Receipt, StoreError> {
        let whose = Whose::Link(id, owner.hash(), number);
        submit(&self.writer, ChangePolicy { whose, change }).await
    }
}
