//! What may become of a paste: (state, event, now) -> (state, effects). No I/O, no clock, no randomness.
//!
//! The store loads a [`Paste`], calls [`step`], and carries out the effects in one transaction. There is no
//! way back: nothing leaves [`Stage::Burned`], and a read that was used stays used.

mod guessing;
mod step;
mod time;

#[cfg(test)]
mod model;

pub use guessing::{tries_left, wait_secs};
pub use step::step;
pub use time::{Now, drop_at, expires_at, hour_of, lease_ends_at, tombstone_until};

use satchel_api::Tombstone;

/// What many wrong passphrases do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnGuessing {
    /// Make readers wait.
    Lock,
    /// Burn.
    Burn,
}

/// What its creator asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// How many claims may succeed; 0 for any number.
    pub reads: u32,
    /// Seconds from completion to expiry, as asked.
    pub expires_in: u64,
    /// What many wrong passphrases do.
    pub on_guessing: OnGuessing,
}

/// Where a paste stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Its bytes are not all there; readers cannot see it.
    Uploading {
        /// Bytes that are there.
        held: u64,
        /// When it is dropped unless more arrives.
        drop_at: u64,
    },
    /// Whole.
    Stored {
        /// When it expires.
        expires_at: u64,
    },
    /// Gone.
    Burned(Tombstone),
}

/// The state of one paste, its leases only counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paste {
    /// The container's length.
    pub size: u64,
    /// What its creator asked for.
    pub policy: Policy,
    /// Where it stands.
    pub stage: Stage,
    /// Claims that succeeded; of a document with several links, links that were made.
    pub reads_used: u32,
    /// Leases that run; of a document with several links, links that live.
    pub running: u32,
    /// Wrong claim tokens, the one that is being compared included.
    pub tries: u32,
    /// Until when no claim token is compared.
    pub wait_until: u64,
}

impl Paste {
    /// Claims that can still succeed; `None` for any number.
    #[must_use]
    pub fn reads_left(&self) -> Option<u32> {
        (self.policy.reads > 0).then(|| self.policy.reads.saturating_sub(self.reads_used))
    }

    /// Seconds until the next claim token is compared.
    #[must_use]
    pub fn retry_after(&self, now: Now) -> u64 {
        self.wait_until.saturating_sub(now.at)
    }

    /// What a new reader is told: that it is gone, even where its key still lives for a lease that runs; `None` while it can be claimed.
    #[must_use]
    pub fn gone(&self, now: Now) -> Option<Tombstone> {
        match self.stage {
            Stage::Burned(tombstone) => Some(tombstone),
            Stage::Uploading { .. } => None,
            Stage::Stored { .. } if self.reads_left() == Some(0) => Some(Tombstone {
                burned: satchel_api::Burned::Reads,
                burned_at: hour_of(now.at),
            }),
            Stage::Stored { expires_at } if expires_at <= now.latest => Some(Tombstone {
                burned: satchel_api::Burned::Expiry,
                burned_at: hour_of(expires_at),
            }),
            Stage::Stored { .. } => None,
        }
    }
}

/// Where one lease stands. There is no way back to running.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeasePhase {
    /// Its holder may download.
    Running,
    /// Its holder has everything.
    Confirmed,
    /// It ran out, or the paste was burned on demand.
    Ended,
}

/// What happens to a paste. A token is proven before its event: probe for claims, receipt for the creator's, lease for its holder's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// Bytes became durable, up to `held` in all.
    Arrived {
        /// Bytes that are there now.
        held: u64,
    },
    /// A claim came in, with a lease token that is known or new. Its claim token was not looked at yet.
    Try {
        /// Where the lease of that token stands, if there is one.
        lease: Option<LeasePhase>,
    },
    /// The claim token of a counted try, with a new lease token, was compared.
    Compared {
        /// Whether it was right.
        right: bool,
    },
    /// "I have it", by the holder of this lease.
    Confirm {
        /// Where the lease stands.
        lease: LeasePhase,
    },
    /// A lease ran out: idle, past its hard end, or served its fill.
    RanOut {
        /// Where the lease stands.
        lease: LeasePhase,
    },
    /// Burn on demand.
    Burn,
    /// The creator clears tries and wait.
    ResetWait,
    /// Time has passed.
    Tick,
    /// Its creator changes how it ends: what is not said stays.
    Change {
        /// Seconds from now to the new expiry.
        expires_in: Option<u64>,
        /// Reads that are left from now on: at least 1, and fewer than there are.
        reads_left: Option<u32>,
    },
    /// A link to this document lives longer now.
    LinkKept {
        /// When that link expires.
        expires_at: u64,
    },
    /// A link to this document was made; `running` counts the links of a document that live.
    LinkMade {
        /// When that link expires.
        expires_at: u64,
    },
    /// A link to this document burned. The document goes with the last one.
    LinkGone {
        /// How it ended.
        burned: satchel_api::Burned,
    },
    /// The document that this link leads to burned.
    DocumentGone {
        /// How it ended.
        burned: satchel_api::Burned,
    },
    /// Its shred key is found overwritten: a burn was cut off, and is finished.
    KeyGone,
}

/// What the store has to do, in the transaction that saves the state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Keep the event's lease as running until then.
    StartLease {
        /// The hard end.
        ends_at: u64,
    },
    /// Set the event's lease.
    SetLease(LeasePhase),
    /// Leases that run do so no longer: this is where they stand.
    EndLeases(LeasePhase),
    /// Overwrite the shred key before the commit; drop content, claim hash and policy.
    Shred,
}

/// What the caller is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Done, or nothing to do.
    Done,
    /// The try is counted: make that durable, then compare.
    Counted,
    /// The claim succeeded; a read is used up.
    Claimed,
    /// The lease runs already: nothing is used up.
    Resumed,
    /// The claim token was wrong.
    Wrong {
        /// Wrong ones that are left before a wait or the burn.
        tries_left: u32,
        /// Seconds until the next is compared.
        retry_after: u64,
    },
    /// Refused uncompared: a wait runs.
    Wait {
        /// Seconds until the next is compared.
        retry_after: u64,
    },
    /// Refused: as many leases run as may.
    TooManyLeases,
    /// Refused: the lease has ended.
    LeaseEnded,
    /// Refused: it is gone.
    Gone(Tombstone),
    /// Refused: readers cannot see it yet.
    NotThere,
    /// Refused: reads can only become fewer.
    NotFewer {
        /// Most that may be left.
        most: u32,
    },
}

/// The outcome of one event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The new state.
    pub paste: Paste,
    /// What to do.
    pub effects: Vec<Effect>,
    /// What to say.
    pub answer: Answer,
}
