//! A store that moves house, docs/decisions/0034-moving-house.md: everything that is kept goes to another machine, shred keys included, and is then
//! destroyed here. No connection is known here, and nobody's patience: batches of bytes come out of the old store and go into the new one.

mod batch;
mod error;
mod fence;
mod landing;
mod leaving;
mod site;
#[cfg(test)]
mod tests;
mod whole;

pub(crate) use batch::BATCH_BYTES_MAX;
pub use error::MoveError;
pub(super) use error::of_store;
pub(crate) use fence::{Fence, Stage};
pub(super) use fence::{gate, gate_to_read};
pub(crate) use landing::Landing;
pub(crate) use leaving::{Leaving, Sums, alone, destroy};
pub(crate) use site::{Site, Standing};
pub(super) use site::{gate as gate_to_serve, scratch_slots};
pub(crate) use whole::Whole;

use std::fmt;

use serde::{Deserialize, Serialize};

use super::db;
use super::random::{NoRandomness, Random};

/// One move. What is carried by one never goes on with another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct MoveId([u8; 16]);

impl MoveId {
    pub(crate) fn generate(random: &dyn Random) -> Result<Self, NoRandomness> {
        let mut id = [0; 16];
        random.fill(&mut id)?;
        Ok(Self(id))
    }
}

/// What a new store begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Origin {
    pub(crate) id: MoveId,
    /// It stays the same store: its backups go on.
    pub(crate) store: [u8; 32],
    /// What its rows look like.
    pub(crate) schema: i64,
}

impl Origin {
    /// Whether this version reads its rows.
    pub(crate) const fn is_known(&self) -> bool {
        self.schema == db::VERSION
    }
}

/// How far a move is: every item up to `after`, and of `part`, which comes later, so many blocks of its file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Position {
    pub(crate) after: u64,
    pub(crate) part: u64,
    pub(crate) blocks: u64,
    /// Items and tombstones that are there.
    pub(crate) items: u64,
    /// Bytes that were carried for that.
    pub(crate) bytes: u64,
}

impl fmt::Display for MoveId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(out, "{byte:02x}"))
    }
}
