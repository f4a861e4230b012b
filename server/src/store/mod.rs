//! The store: [`Storage`](crate::storage::Storage) on SQLite and files, durable before it acknowledges and without what it burned.
//!
//! Async on the outside; one writer thread, blocking readers on the runtime's blocking threads.
//! Call it from within a tokio runtime.
//!
//! What is here and not in [`Storage`](crate::storage::Storage) belongs to one data folder: opening and closing it, backups and restores, the move to
//! another machine, and the operator's commands that read past the server or change beside it (counts, checks, invites, blocks). Another backend has
//! its own ways of these.

mod backup;
mod blocks;
mod checkpoint;
mod claiming;
mod content;
mod count;
mod creating;
mod creator;
mod damage;
mod db;
mod desk;
mod disclose;
mod documents;
mod error;
mod fault;
mod files;
mod glance;
mod inspect;
mod inventory;
mod invites;
mod item;
mod keys;
mod medium;
pub(crate) mod moving;
mod opening;
mod options;
mod panic;
mod purge;
mod reserve;
mod rest;
mod rows;
mod serving;
pub(crate) mod shape;
mod shared;
mod slots;
mod sweep;
mod upload;
mod writer;

pub use crate::storage::{
    BurnAnswer, Change, Claimed, Clock, Created, Found, Health, Id, Inspection, LinkState, Made, NewDocument, NewLink,
    NewPaste, NoRandomness, OnGuessing, PanicMark, PanicSecret, Progress, Purge, Purged, Random, StoreError,
    SystemClock, SystemRandom, Token, TokenHash, Totals, Violation,
};
pub use backup::{
    BackedUp, Backup, BackupError, From as RestoreFrom, Holdings, Rehearsal, Rehearsed, Restore, Restored, burned,
    holdings,
};
pub(crate) use backup::{HOUSES, MOVE_KEY, Scratch, scratch_within};
pub use blocks::Blocks;
pub use count::{Counts, count};
pub use disclose::disclose;
pub use error::OpenError;
pub use glance::{Glance, glance};
pub use inspect::inspect;
pub use inventory::{Inventory, Lot, Stones, inventory};
pub use invites::{InviteLeft, Invites, NewInvite, USES_MAX};
pub use moving::MoveError;
pub(crate) use opening::make_data_folder;
pub use options::Options;

use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use crate::storage::{BODY_BYTES_MAX, clock, kinds, leases, limits, place, random, timepiece, trace, view, watch};
use shared::Shared;
use writer::Message;

/// Containers up to this many bytes rest in the database, larger ones in files: what comes in one step is one commit.
pub const ROW_BYTES_MAX: u64 = BODY_BYTES_MAX;

/// The store. Cheap to clone. The writer ends with [`close`](Self::close), or with the last clone and the last upload and content.
#[derive(Clone)]
pub struct Store {
    shared: Arc<Shared>,
    writer: Sender<Message>,
    thread: Arc<Mutex<Option<JoinHandle<()>>>>,
}

impl Store {
    /// Opens or makes the store. Blocking: call it before the runtime serves, or on a blocking thread.
    ///
    /// # Errors
    /// [`OpenError`] says why in a sentence; nothing was changed then.
    pub fn open(options: Options) -> Result<Self, OpenError> {
        Self::opened(options, opening::Fenced::Refused)
    }

    /// As [`open`](Self::open), for whoever put up the fence: what a crash and the clock left to finish is finished before anything goes.
    pub(crate) fn open_past_fence(options: Options) -> Result<Self, OpenError> {
        Self::opened(options, opening::Fenced::Opened)
    }

    fn opened(options: Options, fenced: opening::Fenced) -> Result<Self, OpenError> {
        let opening::Opened { shared, writer, thread } = opening::open(options, fenced)?;
        Ok(Self {
            shared,
            writer,
            thread: Arc::new(Mutex::new(Some(thread))),
        })
    }

    /// Ends the writer after what it was given and closes the files. Blocking; for a clean stop.
    pub fn close(self) {
        // When it has stopped by itself there is nobody to tell.
        let _ = self.writer.send(Message::Stop);
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            let _ = thread.join();
        }
    }
}
