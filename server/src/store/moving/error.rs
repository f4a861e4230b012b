//! Why a move stops on one of its two sides.

use std::io;
use std::path::{Path, PathBuf};

use crate::store::error::OpenError;
use crate::store::item::ContentFault;
use crate::store::random::NoRandomness;

/// Why a move stops. Each is a sentence; nothing is lost by any.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MoveError {
    /// The store cannot be used.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// What is only in memory goes when its server stops.
    #[error(
        "the shred keys are in memory alone (--shred-keys memory): they end with their server, and nothing of it can be moved"
    )]
    KeysInMemory,
    /// Its rows are not as they go.
    #[error(
        "the store has version {found}, and this satchel-server {known}: start the server here once, which brings it up to date, then move"
    )]
    Older {
        /// What it says.
        found: i64,
        /// What goes.
        known: i64,
    },
    /// Nobody could read these there.
    #[error(
        "the shred keys of {items} items are damaged: `satchel-server move --take-back`, then start once with --accept-lost-keys, which burns them, then move"
    )]
    Damaged {
        /// How many.
        items: u64,
    },
    /// Nothing is overwritten.
    #[error("{path} is there already: nothing was received; choose a data folder without a store")]
    Taken {
        /// What is there.
        path: PathBuf,
    },
    /// A restore was cut off there.
    #[error("a restore into this data folder was cut off ({path}): run it again, or remove that folder")]
    HalfRestored {
        /// What it left.
        path: PathBuf,
    },
    /// It is not what the protocol says: another version, or memory that fails.
    #[error("what came is no batch of this move: nothing of it was taken")]
    Wrong,
    /// What rests there is not what rests here.
    #[error("what arrived is not what was sent: the old server keeps all of it; receive into another folder")]
    NotTheSame,
    /// Not all is there yet.
    #[error("not everything has arrived: only the old server can finish this move, or take it back")]
    NotComplete,
    /// There is nothing to finish.
    #[error("nothing was received in this data folder")]
    Nothing,
    /// A file could not be used.
    #[error("{path}: {source}")]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The database failed.
    #[error("the database cannot be used: {0}")]
    Database(#[from] rusqlite::Error),
    /// No random bytes.
    #[error(transparent)]
    Random(#[from] NoRandomness),
}

impl MoveError {
    pub(super) fn at(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self::Io { path, source }
    }

    /// Whether there was no room.
    pub(crate) fn is_full(&self) -> bool {
        match self {
            Self::Io { source, .. } => matches!(
                source.kind(),
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge
            ),
            Self::Database(error) => error.sqlite_error_code() == Some(rusqlite::ErrorCode::DiskFull),
            _ => false,
        }
    }
}

/// Why a store cannot be looked at before it moves.
pub(in crate::store) fn of_store(error: OpenError) -> MoveError {
    match error {
        OpenError::Version { found, known } if (1..known).contains(&found) => MoveError::Older { found, known },
        error => error.into(),
    }
}

/// What broke when contents were carried.
pub(super) fn of_contents(path: &Path) -> impl FnOnce(ContentFault) -> MoveError {
    let path = path.to_path_buf();
    move |fault| match fault {
        ContentFault::Database(error) => MoveError::Database(error),
        ContentFault::Io(source) => MoveError::Io { path, source },
        ContentFault::Gone | ContentFault::Wrong => MoveError::Wrong,
    }
}
