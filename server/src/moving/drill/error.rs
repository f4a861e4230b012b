//! Why a move is not rehearsed, and what is wrong with one that was. Each is a sentence.

use std::io;
use std::path::PathBuf;

use crate::moving::MoveCommandError;
use crate::serve::ServeError;
use crate::store::{BackupError, MoveError, NoRandomness, OpenError, StoreError};

/// Why `drill move` did not begin, or stopped before a leg. Nothing of it stays.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MoveDrillError {
    /// The data folder cannot be read.
    #[error("the data folder {folder} cannot be read: {source}")]
    Folder {
        /// Which.
        folder: PathBuf,
        /// Why.
        source: OpenError,
    },
    /// What is there can never be moved.
    #[error(transparent)]
    Move(#[from] MoveError),
    /// The scratch folder cannot be used.
    #[error(transparent)]
    Scratch(#[from] BackupError),
    /// It would not fit.
    #[error(
        "{path} has {free} bytes free, and {needed} are needed, for a drill leaves half of the room to others: nothing was begun; make room, or name another place with --scratch"
    )]
    Room {
        /// Where.
        path: PathBuf,
        /// What is free.
        free: u64,
        /// What it takes.
        needed: u64,
    },
    /// The made-up store cannot be opened.
    #[error(transparent)]
    Serve(#[from] ServeError),
    /// The made-up store, past its server.
    #[error("what is made up cannot be written: {0}")]
    Open(#[from] OpenError),
    /// It cannot be filled.
    #[error("what is made up cannot be written: {0}")]
    Fill(#[from] StoreError),
    /// No random bytes.
    #[error(transparent)]
    Random(#[from] NoRandomness),
    /// Signals cannot be waited for.
    #[error("the drill cannot run: {0}")]
    Io(#[from] io::Error),
    /// Ctrl-C, or the terminal is gone.
    #[error("stopped: nothing of the drill is left")]
    Stopped,
}

/// What is wrong with a leg.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LegFault {
    /// Nothing was to be done with what came.
    #[error("the side that hands over: {0}")]
    Sender(MoveCommandError),
    /// It came to nothing.
    #[error("the side that receives: {0}")]
    Receiver(MoveCommandError),
    /// One failed, and so the other.
    #[error("the side that hands over: {sender}; the side that receives: {receiver}")]
    Both {
        /// As it was said there.
        sender: Box<MoveCommandError>,
        /// As it was said there.
        receiver: Box<MoveCommandError>,
    },
    /// A side cannot be looked at.
    #[error("a side cannot be looked at: {0}")]
    Look(#[from] MoveError),
    /// Keys are left.
    #[error("the side that handed over still has {left}")]
    Left {
        /// Which file.
        left: &'static str,
    },
    /// It would be served on both.
    #[error("the side that handed over can be started again")]
    Starts,
    /// Numbers or digest differ.
    #[error("what arrived is not what was sent: {what}")]
    Differs {
        /// Which number.
        what: &'static str,
    },
    /// `check` finds something.
    #[error("{count} things are wrong with what arrived, by `check`")]
    Wrong {
        /// How many.
        count: usize,
    },
    /// What arrived cannot be opened as a store.
    #[error(transparent)]
    Serve(#[from] ServeError),
    /// An item is not there, or is another.
    #[error("an item that arrived does not open: {0}")]
    Closed(StoreError),
    /// It opens, and is something else.
    #[error("an item that arrived holds something else")]
    Other,
    /// What burned before is there again.
    #[error("an item that had burned opens again")]
    Back,
    /// An upload does not go on where it was.
    #[error("an unfinished upload does not stand where it stood")]
    Upload,
    /// Ctrl-C, or the terminal is gone.
    #[error("stopped")]
    Stopped,
}
