//! Why a move does not come to its end. Each is a sentence, and says what to do.

use std::io;
use std::path::PathBuf;

use super::channel::Broken;
use super::said::Refusal;
use crate::serve::ServeError;
use crate::store::{MoveError, StoreError};

/// Why `move` or `receive` stopped.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MoveCommandError {
    /// The store, or what was to become one.
    #[error(transparent)]
    Move(#[from] MoveError),
    /// It cannot be opened, or listened there.
    #[error(transparent)]
    Serve(#[from] ServeError),
    /// What was due could not be destroyed first.
    #[error("the store failed: {0}")]
    Store(#[from] StoreError),
    /// Nobody knows where to.
    #[error("--to is missing: the address and port that `satchel-server receive` names")]
    NoAddress,
    /// It is no address.
    #[error("{0} is no address with a port, such as new.example:8787")]
    Address(String),
    /// Without it there is no connection.
    #[error(
        "--key-file is missing: the file with the line that `satchel-server receive` printed; `-` reads it from standard input"
    )]
    NoKeyFile,
    /// It cannot be read, or written.
    #[error("the key file {path} cannot be used: {source}")]
    KeyFile {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is something else.
    #[error("that is no move key: it is the line that `satchel-server receive` printed, satchel-move-..., whole")]
    NoKey,
    /// Nobody listens.
    #[error("{to} cannot be reached: {source}")]
    Unreachable {
        /// Where.
        to: String,
        /// Why.
        source: io::Error,
    },
    /// The connection is of no use, and nothing has begun.
    #[error("{0}")]
    Broken(#[from] Broken),
    /// It broke off in the middle.
    #[error("{broken}: {items} items are there; run it again, and it goes on where it was")]
    Cut {
        /// Items that are on the other side's disk.
        items: u64,
        /// Why.
        broken: Broken,
    },
    /// The other side takes nothing.
    #[error("the new server says: {0}")]
    Refused(#[from] RefusedBy),
    /// The running server did not end.
    #[error("the running server does not stop: stop it, then run this again")]
    DoesNotStop,
    /// The running server cannot be asked.
    #[error("the running server cannot be told to stop: {0}")]
    Control(io::Error),
    /// There is no way back.
    #[error(
        "the new server has everything, and the keys here are destroyed: there is no way back; run `satchel-server move` again to finish"
    )]
    Given,
    /// Nothing is on its way.
    #[error("nothing is being moved from this data folder")]
    NotMoving,
    /// The last word is missing.
    #[error(
        "everything was handed over, and the keys here are destroyed; the new server has not said that it moved in ({reason}): if it serves, there is nothing left to do; else start `satchel-server receive` there again, and then this"
    )]
    Unanswered {
        /// Why.
        reason: String,
    },
    /// The old side took it back.
    #[error("the old server took it back, and serves again: all that had come is destroyed here")]
    TakenBack,
    /// Somebody here closed the door.
    #[error("nobody is waited for any more")]
    Closed,
    /// What was to be said could not be.
    #[error("standard output cannot be written: {0}")]
    Output(#[from] io::Error),
}

impl MoveCommandError {
    /// Whether another connection may do better.
    pub(super) const fn is_cut(&self) -> bool {
        matches!(
            self,
            Self::Unreachable { .. } | Self::Broken(Broken::Cut(_) | Broken::Stranger)
        )
    }

    /// Whether it is about the way to the other side, and no more.
    pub(super) const fn is_of_connection(&self) -> bool {
        matches!(self, Self::Unreachable { .. } | Self::Broken(_))
    }
}

/// What the other side said.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct RefusedBy(pub(super) Refusal);
