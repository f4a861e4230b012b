//! What a look at every invariant finds.

use serde::{Deserialize, Serialize};

/// Beyond so many nothing new is learned.
const VIOLATIONS_MAX: usize = 1000;

/// What is wrong. A backend names what can be wrong with it: slots, blocks and files are those of the store on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Violation {
    /// The database finds itself damaged.
    Database,
    /// The slot file is missing or of another store.
    SlotFile,
    /// The slot file has fewer slots than recorded.
    SlotsShort,
    /// Two rows name one slot.
    SlotShared,
    /// A row's numbers contradict each other.
    Row,
    /// A tombstone holds more than it may.
    Tombstone,
    /// The slot of what lives holds no key: a burn that was cut off, if no server runs.
    SlotEmpty,
    /// The slot of what lives holds another item's key, or an older generation's.
    SlotUnfit,
    /// The slot of what lives is damaged.
    SlotDamaged,
    /// Leases that are counted and leases that run are not as many.
    Leases,
    /// Links that a document counts and links that live are not as many, or a link leads to no document that lives.
    Links,
    /// A lease of no paste.
    LeaseStray,
    /// A block is missing, too many, or of no paste.
    Blocks,
    /// A block does not verify under its key.
    BlockDamaged,
    /// The file of a large content is missing or short.
    FileMissing,
    /// A file of no paste.
    FileStray,
    /// What the server counts in memory is not what rests.
    Totals,
}

/// Something that is wrong, with the internal number of its item where it has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Found {
    /// What.
    pub code: Violation,
    /// Whose.
    pub item: Option<u64>,
}

/// What was looked at, and what was found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inspection {
    /// Nothing is wrong.
    pub well: bool,
    /// A server ran meanwhile.
    pub server_runs: bool,
    /// Pastes that live.
    pub items: u64,
    /// Tombstones.
    pub tombstones: u64,
    /// Leases that run.
    pub leases: u64,
    /// Blocks that verified under their keys.
    pub blocks_verified: u64,
    /// What is wrong, up to a thousand.
    pub violations: Vec<Found>,
}

impl Inspection {
    /// Notes one.
    pub(crate) fn note(&mut self, code: Violation, item: Option<u64>) {
        if self.violations.len() < VIOLATIONS_MAX {
            self.violations.push(Found { code, item });
        }
    }
}
