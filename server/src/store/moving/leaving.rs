//! The old side: the store as it rests, batch by batch, and its end.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension as _};

use super::batch::Batch;
use super::error::{MoveError, of_contents, of_store};
use super::whole::{Parts, Whole, blocks_there, each_blocked, each_invite, whole, with_key};
use super::{MoveId, Origin, Position};
use crate::store::backup::destroy_file;
use crate::store::db;
use crate::store::error::OpenError;
use crate::store::files;
use crate::store::item::{Tomb, write_rows};
use crate::store::medium::Medium;
use crate::store::opening::{self, sync_folder};
use crate::store::rest::SEALED_BYTES;
use crate::store::rows::{self, PasteRow};

/// How much there is to carry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sums {
    /// Items and tombstones.
    pub(crate) items: u64,
    /// Bytes that arrived of all containers.
    pub(crate) bytes: u64,
}

impl Sums {
    /// Of a store, and what another begins with; a server may be running on it.
    pub(crate) fn of(folder: &Path, id: MoveId) -> Result<(Self, Origin), MoveError> {
        let database = folder.join("satchel.db");
        if !database.exists() {
            return Err(OpenError::NoStore.into());
        }
        let conn = db::open_outside(&database).map_err(of_store)?;
        let sums = conn.query_row(
            "SELECT count(*), coalesce(sum(held - shared), 0) FROM paste",
            [],
            |row| {
                Ok(Self {
                    items: row.get(0)?,
                    bytes: row.get::<_, i64>(1)?.try_into().unwrap_or(0),
                })
            },
        )?;
        let keys: Option<String> = conn
            .query_row("SELECT value FROM store WHERE name = 'keys'", [], |row| row.get(0))
            .optional()?;
        if keys.as_deref() == Some("memory") {
            return Err(MoveError::KeysInMemory);
        }
        let store = conn.query_row("SELECT value FROM store WHERE name = 'id'", [], |row| row.get(0))?;
        let schema = db::VERSION;
        Ok((sums, Origin { id, store, schema }))
    }
}

/// What is behind all items.
enum Around {
    Invites(u64),
    Blocked(Vec<u8>),
    Nothing,
}

/// A store that nobody serves, with its lock.
pub(crate) struct Leaving {
    conn: Connection,
    medium: Medium,
    content: PathBuf,
    around: Around,
    _lock: File,
}

impl Leaving {
    pub(crate) fn open(folder: &Path, slots: &Path) -> Result<Self, MoveError> {
        let lock = alone(folder)?;
        let conn = db::open_past_fence(&folder.join("satchel.db"))?;
        // A command that came past the fence before it stood writes before this, or not at all.
        conn.execute_batch("BEGIN IMMEDIATE")?;
        Ok(Self {
            conn,
            medium: Medium::File(File::open(slots).map_err(MoveError::at(slots))?),
            content: folder.join("content"),
            around: Around::Invites(0),
            _lock: lock,
        })
    }

    /// Another connection: what is behind all items goes once more.
    pub(crate) fn rewind(&mut self) {
        self.around = Around::Invites(0);
    }

    /// All of it in a few numbers.
    pub(crate) fn whole(&self) -> Result<Whole, MoveError> {
        whole(&self.parts())
    }

    fn parts(&self) -> Parts<'_> {
        Parts {
            conn: &self.conn,
            medium: &self.medium,
            content: &self.content,
        }
    }

    /// The next batch from there on, and how far the other side is with it. An empty one is the end.
    pub(crate) fn batch(&mut self, mut from: Position) -> Result<(Batch, Position), MoveError> {
        let mut batch = Batch::new();
        let is_end = self.items(&mut batch, &mut from)?;
        if is_end {
            self.around(&mut batch)?;
        }
        from.bytes += u64::try_from(batch.bytes().len()).unwrap_or(0);
        Ok((batch, from))
    }

    /// True when there are no more.
    fn items(&self, batch: &mut Batch, from: &mut Position) -> Result<bool, MoveError> {
        let mut query = self
            .conn
            .prepare_cached("SELECT item, state FROM paste WHERE item > ?1 ORDER BY item")?;
        let mut found = query.query([from.after])?;
        while let Some(row) = found.next()? {
            let (item, state): (u64, u8) = (row.get(0)?, row.get(1)?);
            if state == 2 {
                batch.tomb(&Tomb::read(&self.conn, item)?.ok_or(MoveError::Wrong)?);
            } else {
                let row = rows::by_item(&self.conn, item)?.ok_or(MoveError::Wrong)?;
                if !self.blocks(batch, from, &row)? {
                    return Ok(false);
                }
                let kept = with_key(&self.parts(), &row)?.ok_or(MoveError::Damaged { items: 1 })?;
                let mut rows = Vec::new();
                write_rows(&self.conn, &row, &mut rows).map_err(of_contents(&self.content))?;
                rows.push(2);
                batch.item(&kept, &rows);
            }
            (from.after, from.part, from.blocks) = (item, 0, 0);
            from.items += 1;
            if batch.is_full() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// What is in the item's file, as far as there is room. False when there is more.
    fn blocks(&self, batch: &mut Batch, from: &mut Position, row: &PasteRow) -> Result<bool, MoveError> {
        let there = blocks_there(&self.content, row);
        let done = if from.part == row.item { from.blocks } else { 0 };
        if done >= there {
            return Ok(true);
        }
        let count = (there - done).min(batch.room());
        if count > 0 {
            let path = self.content.join(files::name(row.item));
            let file = File::open(&path).map_err(MoveError::at(&path))?;
            let read = |bytes: &mut [u8]| file.read_exact_at(bytes, done * SEALED_BYTES);
            batch
                .blocks((row.item, done), count, read)
                .map_err(MoveError::at(&path))?;
            (from.part, from.blocks) = (row.item, done + count);
        }
        Ok(done + count == there && !batch.is_full())
    }

    /// Invites and blocked ids.
    fn around(&mut self, batch: &mut Batch) -> Result<(), MoveError> {
        if let Around::Invites(mut after) = self.around {
            each_invite(&self.conn, after, |invite| {
                batch.invite(invite);
                after = invite.number;
                !batch.is_full()
            })?;
            self.around = Around::Invites(after);
            if batch.is_full() {
                return Ok(());
            }
            self.around = Around::Blocked(Vec::new());
        }
        if let Around::Blocked(after) = &mut self.around {
            each_blocked(&self.conn, &after.clone(), |id| {
                batch.blocked(id);
                *after = id.to_vec();
                !batch.is_full()
            })?;
            if !batch.is_full() {
                self.around = Around::Nothing;
            }
        }
        Ok(())
    }

    /// Items whose keys nobody can read any more.
    pub(crate) fn damaged(&self) -> Result<u64, MoveError> {
        let mut query = self.conn.prepare("SELECT item FROM paste WHERE state < 2")?;
        let mut found = query.query([])?;
        let mut damaged = 0;
        while let Some(row) = found.next()? {
            let row = rows::by_item(&self.conn, row.get(0)?)?.ok_or(MoveError::Wrong)?;
            damaged += u64::from(with_key(&self.parts(), &row)?.is_none());
        }
        Ok(damaged)
    }

    /// Destroys the keys, then all the rest. What was cut off in the middle is done by doing it again, by [`destroy`].
    pub(crate) fn destroy(self, folder: &Path, slots: &Path) -> Result<(), MoveError> {
        let Self {
            conn, medium, _lock, ..
        } = self;
        drop((conn, medium));
        destroy_within(folder, slots)
    }
}

/// As [`Leaving::destroy`], where nobody knows how much is left.
pub(crate) fn destroy(folder: &Path, slots: &Path) -> Result<(), MoveError> {
    let _lock = alone(folder)?;
    destroy_within(folder, slots)
}

/// The data folder's lock.
pub(crate) fn alone(folder: &Path) -> Result<File, MoveError> {
    Ok(opening::lock(&folder.join("lock"))?)
}

fn destroy_within(folder: &Path, slots: &Path) -> Result<(), MoveError> {
    destroy_file(slots).map_err(|error| MoveError::at(slots)(io::Error::other(error)))?;
    let beside = slots.parent().map_or(Ok(()), sync_folder);
    beside.map_err(MoveError::at(slots))?;
    let database = folder.join("satchel.db");
    // What is in a half removed database was overwritten before that.
    let _ = db::open_past_fence(&database).map(|conn| {
        conn.execute_batch(
            "DELETE FROM lease; DELETE FROM paste; DELETE FROM invite; DELETE FROM blocked; DELETE FROM store;
             PRAGMA wal_checkpoint(TRUNCATE)",
        )
    });
    for name in ["satchel.db", "satchel.db-wal", "satchel.db-shm", "reserve"] {
        gone(&folder.join(name), fs::remove_file)?;
    }
    gone(&folder.join("content"), fs::remove_dir_all)?;
    sync_folder(folder).map_err(MoveError::at(folder))
}

fn gone(path: &Path, remove: impl FnOnce(PathBuf) -> io::Result<()>) -> Result<(), MoveError> {
    match remove(path.to_path_buf()) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(MoveError::at(path)(error)),
        _ => Ok(()),
    }
}
