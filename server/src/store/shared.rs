//! What the writer, the readers and the handles share.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::Connection;
use tokio::sync::Semaphore;

use super::damage::Damage;
use super::error::StoreError;
use super::fault::Fault;
use super::files::Files;
use super::leases::Leases;
use super::limits::Limits;
use super::panic::Panics;
use super::rest::ShredKey;
use super::slots::{SlotFault, SlotRef, Slots};
use super::timepiece::Timepiece;
use super::{Options, Totals, db};
use crate::lifecycle::Now;

/// Reads that run at once.
const READERS: usize = 4;

/// Work that no request waits for.
pub(super) enum Chore {
    /// Fill shred slots ahead of need.
    Fill,
    /// Remove a burned item's file.
    Remove(u64),
}

pub(super) struct Shared {
    pub(super) options: Options,
    pub(super) database: PathBuf,
    pub(super) slots: Slots,
    pub(super) files: Files,
    pub(super) leases: Leases,
    pub(super) uploads: Uploads,
    pub(super) totals: Mutex<Totals>,
    pub(super) write_ok: AtomicBool,
    pub(super) read_ok: AtomicBool,
    pub(super) chores: Sender<Chore>,
    pub(super) time: Timepiece,
    pub(super) readers: Readers,
    pub(super) damage: Damage,
    pub(super) limits: Limits,
    pub(super) panics: Panics,
}

/// Requests that feed one upload take turns; the latest one wins.
#[derive(Default)]
pub(super) struct Uploads {
    turns: Mutex<HashMap<u64, Arc<UploadTurn>>>,
    /// Requests that gather bytes now.
    pub(super) open: AtomicUsize,
}

#[derive(Default)]
pub(super) struct UploadTurn {
    /// Held while bytes are written or committed.
    pub(super) working: Arc<tokio::sync::Mutex<()>>,
    /// Which request's turn it is.
    pub(super) latest: AtomicU64,
}

impl Uploads {
    /// Takes over: earlier requests write nothing from now on.
    pub(super) fn take_over(&self, item: u64) -> (Arc<UploadTurn>, u64) {
        let mut map = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        let turn = Arc::clone(map.entry(item).or_default());
        let number = turn.latest.fetch_add(1, Ordering::AcqRel) + 1;
        (turn, number)
    }

    /// A request is over; the last one takes the entry with it, unless work that it began still runs: the next one has to wait for that.
    pub(super) fn leave(&self, item: u64, turn: &Arc<UploadTurn>, number: u64) {
        let mut map = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        if turn.latest.load(Ordering::Acquire) == number
            && Arc::strong_count(&turn.working) == 1
            && map.get(&item).is_some_and(|entry| Arc::ptr_eq(entry, turn))
        {
            map.remove(&item);
        }
    }

    /// Forgets entries that requests left behind which were cut off while they waited or worked.
    pub(super) fn tidy(&self) {
        let mut map = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        map.retain(|_, turn| Arc::strong_count(turn) > 1 || Arc::strong_count(&turn.working) > 1);
    }
}

/// Reader connections, opened as needed.
pub(super) struct Readers {
    idle: Mutex<Vec<Connection>>,
    permits: Arc<Semaphore>,
}

impl Default for Readers {
    fn default() -> Self {
        Self {
            idle: Mutex::default(),
            permits: Arc::new(Semaphore::new(READERS)),
        }
    }
}

impl Shared {
    pub(super) fn now(&self) -> Now {
        self.time.now()
    }

    /// The item's key. A slot that does not fit is damage.
    pub(super) fn key(&self, slot: SlotRef) -> Result<ShredKey, SlotFault> {
        let key = self.slots.key(slot);
        if matches!(key, Err(SlotFault::Unfit)) {
            self.damage.found(slot.item);
        }
        key
    }

    pub(super) fn boot(&self) -> u64 {
        self.time.boot()
    }

    pub(super) fn totals(&self) -> MutexGuard<'_, Totals> {
        self.totals.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs on a blocking thread, with a reader connection of its own.
    pub(super) async fn read<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Connection, &Self) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, StoreError> {
        let permit = Arc::clone(&self.readers.permits)
            .acquire_owned()
            .await
            .map_err(|_| StoreError::Unavailable)?;
        let shared = Arc::clone(self);
        let run = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            let idle = || shared.readers.idle.lock().unwrap_or_else(PoisonError::into_inner);
            let taken = idle().pop();
            let conn = match taken {
                Some(conn) => conn,
                None => db::open_reader(&shared.database).map_err(|_| StoreError::Unavailable)?,
            };
            let result = work(&conn, &shared);
            idle().push(conn);
            let own = result.as_ref().is_err_and(Fault::is_own);
            shared.read_ok.store(!own, Ordering::Relaxed);
            result.map_err(|fault| fault.answer())
        });
        run.await.unwrap_or(Err(StoreError::Unavailable))
    }

    /// Closes the reader connections.
    pub(super) fn close_readers(&self) {
        self.readers.permits.close();
        self.readers.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}
