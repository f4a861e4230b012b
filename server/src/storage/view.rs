//! What a reader and a creator may know of a paste.

use satchel_api::{Burned, PasteState, Probed, Receipt, Tombstone};

use super::answers::Progress;
use super::error::StoreError;
use crate::lifecycle::{Answer, Now, OnGuessing, Paste, Stage, tries_left};

/// When to try again where 64 leases run: one of them may have ended.
const LEASES_RETRY_SECS: u64 = 30;

/// The answer to a probe whose token was right.
pub(crate) fn probed(paste: &Paste, now: Now) -> Result<Probed, StoreError> {
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
pub(crate) fn receipt(paste: &Paste, now: Now) -> Receipt {
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

/// The answer to a document's owner: where it stands, and its payload's length while it lives.
pub(crate) fn document(paste: &Paste, now: Now) -> (PasteState, Option<u64>) {
    match (paste.gone(now).filter(|_| paste.running == 0), paste.stage) {
        (Some(_), _) | (_, Stage::Burned(_)) => (PasteState::Burned, None),
        (None, Stage::Stored { .. }) => (PasteState::Stored, Some(paste.size)),
        (None, Stage::Uploading { .. }) => (PasteState::Uploading, Some(paste.size)),
    }
}

/// Where an upload stands, to who proved it.
pub(crate) fn offset(paste: &Paste, now: Now) -> Result<Progress, StoreError> {
    match (paste.gone(now).filter(|_| paste.running == 0), progress(paste)) {
        (None, Some(progress)) => Ok(progress),
        (Some(tombstone), _) => Err(StoreError::Burned(tombstone)),
        (None, None) => Err(StoreError::NotFound),
    }
}

/// Where what lives stands.
pub(crate) fn progress(paste: &Paste) -> Option<Progress> {
    let size = paste.size;
    let (offset, expires_at) = match paste.stage {
        Stage::Uploading { held, drop_at } => (held, drop_at),
        Stage::Stored { expires_at } => (size, expires_at),
        Stage::Burned(_) => return None,
    };
    Some(Progress {
        offset,
        size,
        expires_at,
    })
}

/// Bytes `from..to` of `size` (`to` `None`: to the end; past it: cut).
pub(crate) fn range(size: u64, (from, to): (u64, Option<u64>)) -> Result<(u64, u64), StoreError> {
    let to = to.unwrap_or(size).min(size);
    if from > to || (from >= size && size > 0) {
        return Err(StoreError::Range { size });
    }
    Ok((from, to))
}

/// What a refusal of the lifecycle is called outside.
pub(crate) fn refusal(answer: Answer) -> StoreError {
    match answer {
        Answer::Wrong {
            tries_left,
            retry_after,
        } => StoreError::WrongPassphrase {
            tries_left,
            retry_after,
        },
        Answer::Wait { retry_after } => StoreError::Wait { retry_after },
        Answer::TooManyLeases => StoreError::TooManyLeases {
            retry_after: LEASES_RETRY_SECS,
        },
        Answer::LeaseEnded => StoreError::LeaseEnded,
        Answer::Gone(tombstone) => StoreError::Burned(tombstone),
        Answer::NotThere => StoreError::NotFound,
        Answer::NotFewer { most } => StoreError::NotFewer { most },
        Answer::Done | Answer::Counted | Answer::Claimed | Answer::Resumed => StoreError::Unavailable,
    }
}
