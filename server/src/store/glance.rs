//! A glance at a data folder from outside: reads, makes nothing, changes nothing.

use std::path::Path;

use super::db;

/// What the doctor wants to know of a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Glance {
    /// The hour in which it was last known to run.
    pub mark: u64,
    /// Declared sizes of what lives, together.
    pub bytes: u64,
}

/// `None` where there is no store, or none that can be read.
#[must_use]
pub fn glance(folder: &Path) -> Option<Glance> {
    let conn = db::open_outside(&folder.join("satchel.db")).ok()?;
    let mark = "SELECT value FROM store WHERE name = 'mark'";
    let bytes = "SELECT coalesce(sum(size - shared), 0) FROM paste WHERE state < 2";
    Some(Glance {
        mark: conn.query_row(mark, [], |row| row.get(0)).ok()?,
        bytes: conn.query_row(bytes, [], |row| row.get(0)).ok()?,
    })
}
