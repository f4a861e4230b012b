//! Ids that an operator blocked, by hash: a paste with one answers like one that never was, and none is created with it.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension as _};

use super::db;
use super::error::OpenError;
use super::kinds::Id;

/// The blocked ids of a store, for an operator's commands. Each is one short transaction, whether a server runs or not.
pub struct Blocks {
    conn: Connection,
}

impl Blocks {
    /// Opens those of the store in `folder`, which a server may be using.
    ///
    /// # Errors
    /// [`OpenError`]; there has to be a store.
    pub fn open(folder: &Path) -> Result<Self, OpenError> {
        let conn = db::open_beside(&folder.join("satchel.db"))?;
        Ok(Self { conn })
    }

    /// Blocks an id. False when it was blocked before.
    ///
    /// # Errors
    /// [`OpenError::Database`].
    pub fn block(&self, id: Id) -> Result<bool, OpenError> {
        Ok(self
            .conn
            .execute("INSERT OR IGNORE INTO blocked VALUES (?1)", [&id.hash()[..]])?
            == 1)
    }

    /// Takes the block from the id with this SHA-256. False when there was none.
    ///
    /// # Errors
    /// [`OpenError::Database`].
    pub fn unblock(&self, hash: &[u8; 32]) -> Result<bool, OpenError> {
        Ok(self.conn.execute("DELETE FROM blocked WHERE id = ?1", [&hash[..]])? == 1)
    }

    /// The hashes of all of them.
    ///
    /// # Errors
    /// [`OpenError::Database`].
    pub fn list(&self) -> Result<Vec<[u8; 32]>, OpenError> {
        let mut query = self.conn.prepare("SELECT id FROM blocked ORDER BY id")?;
        let hashes = query.query_map([], |row| row.get(0))?;
        Ok(hashes.collect::<Result<_, _>>()?)
    }
}

/// Whether an id is blocked.
pub(super) fn is_blocked(conn: &Connection, id: Id) -> rusqlite::Result<bool> {
    let mut query = conn.prepare_cached("SELECT 1 FROM blocked WHERE id = ?1")?;
    let found = query.query_row([&id.hash()[..]], |_| Ok(())).optional()?;
    Ok(found.is_some())
}
