//! What the two sides say to each other. Batches are bytes, all else is JSON: it is small, and a person can read what the record holds.

use serde::{Deserialize, Serialize};

use crate::store::moving::{MoveId, Origin, Position, Whole};

/// What the old side says.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) enum Said {
    /// First of all.
    Hello(Hello),
    /// That was all.
    End(Whole),
    /// The keys here are destroyed: serve.
    Release,
    /// It is known here that it serves: the last of all.
    Goodbye,
    /// First of all, too: destroy what came of this move, it is served where it was.
    TakeBack(MoveId),
}

/// Who comes.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Hello {
    pub(super) origin: Origin,
    /// Its clock, Unix seconds.
    pub(super) now: u64,
    /// Items and tombstones that will come.
    pub(super) items: u64,
    /// Bytes of them.
    pub(super) bytes: u64,
}

/// What the new side says.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) enum Answer {
    /// How far it is.
    Welcome(Welcome),
    /// What is on its disk.
    Reached(Position),
    /// All of it is, and is the same.
    Have,
    /// It is a store.
    Done,
    /// Nothing is left of it.
    Dropped,
    Refused(Refusal),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Welcome {
    At(Position),
    Complete,
    Arrived,
}

/// Why it takes nothing. Each is a sentence for the operator of the old side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Refusal {
    #[error("it is receiving from another server already")]
    OtherMove,
    #[error(
        "its clock stands {secs} seconds before the one here: nothing that expired would be destroyed there in time; set it right"
    )]
    Clock { secs: u64 },
    #[error(
        "its clock stands {secs} seconds ahead of the one here: what is not due would be destroyed or held back there; set it right, or the one here"
    )]
    ClockAhead { secs: u64 },
    #[error("it is another version: use the same version of satchel-server on both machines")]
    Version,
    #[error("its disk has {free} bytes left, and {needed} are to come")]
    Room { free: u64, needed: u64 },
    #[error("its disk is full: make room there, start `satchel-server receive` again, then this")]
    Full,
    #[error("what arrived is not what was sent; nothing here was destroyed")]
    NotTheSame,
    #[error("it has nothing of this move")]
    Unknown,
    #[error("it failed, and says why itself")]
    Failed,
}

impl Hello {
    pub(super) const fn id(&self) -> MoveId {
        self.origin.id
    }
}
