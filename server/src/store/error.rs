//! Why a store does not open.

use std::io;
use std::path::PathBuf;

pub(crate) use crate::storage::StoreError;

/// Why a store could not be opened. Nothing was changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// Somebody holds the lock.
    #[error("another server is using this data folder")]
    InUse,
    /// There is none, and a command that looks after one makes none.
    #[error("there is no store in it: start the server once")]
    NoStore,
    /// Something is being restored into it, or was when that was cut off.
    #[error(
        "a restore into this data folder was cut off ({path}): run it again, or remove that folder to begin with an empty store"
    )]
    HalfRestored {
        /// What it left.
        path: PathBuf,
    },
    /// What was here is on its way to another machine.
    #[error(
        "what is kept here is being moved to {to}, and is not served here any more: `satchel-server move` goes on with that, `satchel-server move --take-back` ends it"
    )]
    Moving {
        /// Where to.
        to: String,
    },
    /// What was here is on another machine.
    #[error(
        "what was kept here has moved to {to}, and its keys here are destroyed: to begin with an empty store here, remove the file {path}"
    )]
    Moved {
        /// Where to.
        to: String,
        /// What says so.
        path: PathBuf,
    },
    /// Something is being received into it.
    #[error(
        "something is being received into this data folder ({path}): `satchel-server receive` goes on with it; the server can start when all of it is there"
    )]
    Receiving {
        /// Where it is built.
        path: PathBuf,
    },
    /// The slot file is not there although the database has pastes.
    #[error(
        "the shred keys are missing ({path}): without them no paste can be read; put the file back, or start with --accept-lost-keys, which burns what has lost its key"
    )]
    SlotsMissing {
        /// Where it should be.
        path: PathBuf,
    },
    /// The slot file is shorter than the database recorded.
    #[error("the shred keys are cut short ({path}): {found} slots instead of {expected}")]
    SlotsShort {
        /// Where it lies.
        path: PathBuf,
        /// Slots that are there.
        found: u64,
        /// Slots that were recorded.
        expected: u64,
    },
    /// The slot file is of another store, or not a slot file.
    #[error("the shred keys do not belong to this store ({path})")]
    SlotsForeign {
        /// Where it lies.
        path: PathBuf,
    },
    /// A slot holds another item's key, or was damaged.
    #[error("the shred keys do not fit the database ({path}, {slots} slots)")]
    SlotsUnfit {
        /// Where it lies.
        path: PathBuf,
        /// How many do not fit.
        slots: u64,
    },
    /// The slots are in a file, and memory was asked for.
    #[error(
        "the shred keys of {pastes} pastes lie in a file, and --shred-keys memory would lose them; burn them first with `satchel-server purge --all`"
    )]
    KeysInFile {
        /// How many have their keys there.
        pastes: u64,
    },
    /// The database is of another version, or not one of ours.
    #[error("the database has version {found}; this server knows {known}")]
    Version {
        /// What it says.
        found: i64,
        /// What this server writes.
        known: i64,
    },
    /// The server was not stopped cleanly, and part of its log's index is gone.
    #[error("the server was cut off and does not run: start it once, and it puts its database in order")]
    Unclosed,
    /// A pragma did not hold.
    #[error("SQLite does not keep {pragma}")]
    Pragma {
        /// Its name.
        pragma: &'static str,
    },
    /// A file could not be used.
    #[error("{path}: {source}")]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The database could not be used.
    #[error("the database cannot be used: {0}")]
    Database(#[from] rusqlite::Error),
    /// No random bytes.
    #[error(transparent)]
    Random(#[from] super::random::NoRandomness),
}
