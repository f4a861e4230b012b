//! What a store is opened with.

use std::path::PathBuf;
use std::sync::Arc;

use super::clock::{Clock, SystemClock};
use super::random::{Random, SystemRandom};

/// What to open, and within which limits.
#[derive(Clone)]
pub struct Options {
    /// The data folder; made (0700) when missing.
    pub folder: PathBuf,
    /// Where the shred keys lie: `None` is in the data folder.
    pub slots: Option<PathBuf>,
    /// The shred keys live in memory alone: with the process goes all that is stored. `slots` is not looked at then.
    pub keys_in_memory: bool,
    /// Burn what has lost its key, where else the store would refuse to open.
    pub accept_lost_keys: bool,
    /// The most bytes of containers that are kept, by their declared sizes.
    pub bytes_max: u64,
    /// The most pastes that live at once, tombstones not counted.
    pub items_max: u64,
    /// How long the server may have been off before its clock is doubted, in seconds (24 h by default).
    pub downtime_secs_max: u64,
    /// Take the wall clock as right whatever the last mark says (`clock accept`).
    pub accept_clock: bool,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub random: Arc<dyn Random>,
}

impl Options {
    /// The defaults for a data folder: 10 GiB, a million pastes, the system's clock and randomness.
    #[must_use]
    pub fn new(folder: PathBuf) -> Self {
        Self {
            folder,
            slots: None,
            keys_in_memory: false,
            accept_lost_keys: false,
            bytes_max: 10 << 30,
            items_max: 1_000_000,
            downtime_secs_max: 24 * 3600,
            accept_clock: false,
            clock: Arc::new(SystemClock),
            random: Arc::new(SystemRandom),
        }
    }
}
