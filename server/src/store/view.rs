//! What a reader and a creator may know of a row.

use satchel_api::{Burned, PasteState, Probed, Receipt, Tombstone};

use super::error::StoreError;
use super::rows::PasteRow;
use crate::lifecycle::{Now, OnGuessing, Stage, tries_left};

/// The answer to a probe whose token was right.
pub(super) fn probed(row: &PasteRow, now: Now) -> Result<Probed, StoreError> {
    let paste = &row.paste;
    // While the last reader downloads it is not gone: nothing is left for others, and whoever holds the lease may go on.
    let going_on = |tombstone: &Tombstone| tombstone.burned == Burned::Reads && paste.running > 0;
    if let Some(tombstone) = paste.gone(now).filter(|tombstone| !going_on(tombstone)) {
        return Err(StoreError::Burned(tombstone));
    }
    // What is not whole is not there for readers.
    let Stage::Stored { expires_at } = paste.stage else {
        return Err(StoreError::NotFound);
    };
    Ok(Probed {
        size: paste.size,
        reads: paste.policy.reads,
        reads_left: paste.reads_left(),
        expires_at,
        tries_left: tries_left(paste.tries),
        burns_on_guessing: paste.policy.on_guessing == OnGuessing::Burn,
        retry_after: paste.retry_after(now),
    })
}

/// The answer to the receipt's holder. An expired paste without a lease is called burned before the sweep comes by.
pub(super) fn receipt(row: &PasteRow, now: Now) -> Receipt {
    let paste = &row.paste;
    let gone = paste.gone(now).filter(|_| paste.running == 0);
    if let Some(tombstone) = gone {
        return Receipt {
            state: PasteState::Burned,
            burned: Some(tombstone.burned),
            burned_at: Some(tombstone.burned_at),
            size: None,
            reads: 0,
            reads_left: Some(0),
            reads_used: 0,
            leases_running: 0,
            wrong_tries: 0,
            retry_after: 0,
            expires_at: None,
        };
    }
    let (state, expires_at) = match paste.stage {
        Stage::Stored { expires_at } => (PasteState::Stored, Some(expires_at)),
        Stage::Uploading { .. } | Stage::Burned(_) => (PasteState::Uploading, None),
    };
    Receipt {
        state,
        burned: None,
        burned_at: None,
        size: Some(paste.size),
        reads: paste.policy.reads,
        reads_left: paste.reads_left(),
        reads_used: paste.reads_used,
        leases_running: paste.running,
        wrong_tries: paste.tries,
        retry_after: paste.retry_after(now),
        expires_at,
    }
}
