//! What the receipt's holder may do: burn, and clear the wait.

use super::BurnAnswer;
use super::claiming::{proven, refusal};
use super::desk::Desk;
use super::error::StoreError;
use super::fault::Fault;
use super::kinds::{Id, TokenHash};
use super::writer::{Order, Turn};
use crate::lifecycle::{Answer, Event};

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
