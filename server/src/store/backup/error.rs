//! Why there is no backup, or nothing was restored.

use std::io;
use std::path::PathBuf;

use crate::store::error::OpenError;
use crate::store::item::ContentFault;
use crate::store::random::NoRandomness;

/// Each is a sentence. What was there before is still there.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BackupError {
    /// The store cannot be read.
    #[error("the data folder cannot be read: {0}")]
    Open(#[from] OpenError),
    /// The store's keys are to reach no disk.
    #[error(
        "the shred keys are in memory alone, so that they reach no disk: with --shred-keys memory there are no backups"
    )]
    KeysInMemory,
    /// The slot file cannot be used.
    #[error("the shred keys cannot be read ({path}): {source}")]
    Slots {
        /// Where.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Whoever takes the data folder would take the backup along.
    #[error("the folder for the backup, {path}, lies in the data folder: choose one elsewhere, on another disk best")]
    Inside {
        /// Which.
        path: PathBuf,
    },
    /// There is something else in it.
    #[error("{path} is no backup, and not empty: choose a folder that is empty or holds a backup of this store")]
    NotABackup {
        /// Which.
        path: PathBuf,
    },
    /// A folder holds the backup of one store.
    #[error("{path} holds the backup of another store (a restored one is another): choose an empty folder")]
    OtherStore {
        /// Which.
        path: PathBuf,
    },
    /// One at a time.
    #[error("{path} is in use: another backup is writing to it, or it is being restored")]
    InUse {
        /// Which.
        path: PathBuf,
    },
    /// Nothing to restore.
    #[error("there is no backup in {path}")]
    Nothing {
        /// Where.
        path: PathBuf,
    },
    /// It was made by a newer version.
    #[error(
        "the backup has format {found}, and this server knows {known}: restore it with the version that made it, or a newer one"
    )]
    Newer {
        /// Its format.
        found: u32,
        /// The newest that is known.
        known: u32,
    },
    /// It is not what was written.
    #[error("the backup is damaged or cut short ({place}): nothing was restored")]
    Damaged {
        /// The file, or the stream.
        place: String,
    },
    /// It changed under the reader's eyes, again and again.
    #[error("what is kept burned faster than it could be copied: try again")]
    Busy,
    /// Nothing is overwritten.
    #[error("{path} is there already: nothing was restored; choose a data folder without a store")]
    Taken {
        /// What is there.
        path: PathBuf,
    },
    /// It would not fit.
    #[error("{path} has {free} bytes free, and {needed} are needed: nothing was restored")]
    Room {
        /// Where.
        path: PathBuf,
        /// What is free.
        free: u64,
        /// What it takes.
        needed: u64,
    },
    /// Somebody else's, or holds something else.
    #[error(
        "{path} is there, and is no scratch folder of this user's: remove it, or name another place with --scratch"
    )]
    NotScratch {
        /// Which.
        path: PathBuf,
    },
    /// A scratch folder among what is rehearsed.
    #[error(
        "the scratch folder {path} lies in the data folder or the backup, or holds one of them: name another place with --scratch"
    )]
    ScratchWithin {
        /// Which.
        path: PathBuf,
    },
    /// One at a time.
    #[error("another drill is using {path}: wait for it, or name another place with --scratch")]
    ScratchInUse {
        /// Which.
        path: PathBuf,
    },
    /// Nothing that expired would be destroyed.
    #[error("the clock says that it is before the backup was made: set it right, then restore")]
    Clock,
    /// A file could not be used.
    #[error("{path}: {source}")]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The stream broke off.
    #[error("the backup could not be written: {0}")]
    Output(io::Error),
    /// The database failed.
    #[error("the database cannot be used: {0}")]
    Database(#[from] rusqlite::Error),
    /// No random bytes.
    #[error(transparent)]
    Random(#[from] NoRandomness),
}

impl BackupError {
    pub(super) fn at(path: &std::path::Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self::Io { path, source }
    }

    pub(super) fn damaged(place: &str) -> Self {
        Self::Damaged {
            place: place.to_owned(),
        }
    }
}

/// What broke when contents were read from a backup.
pub(super) fn while_reading(place: &str) -> impl FnOnce(ContentFault) -> BackupError {
    let place = place.to_owned();
    move |fault| match fault {
        ContentFault::Database(error) => BackupError::Database(error),
        ContentFault::Io(source) if source.kind() != io::ErrorKind::UnexpectedEof => BackupError::Io {
            path: PathBuf::from(place),
            source,
        },
        ContentFault::Gone | ContentFault::Wrong | ContentFault::Io(_) => BackupError::Damaged { place },
    }
}
