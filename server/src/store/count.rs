//! `satchel-server stats`: how much there is, from outside. Sums alone: nothing of one paste.

use std::fs;
use std::path::Path;

use serde::Serialize;

use super::db;
use super::error::OpenError;

/// How much there is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Pastes that are whole, each link to a document among them.
    pub stored: u64,
    /// Documents with several links.
    pub documents: u64,
    /// Unfinished uploads.
    pub uploading: u64,
    /// Tombstones.
    pub tombstones: u64,
    /// Leases that run.
    pub leases: u64,
    /// Declared sizes of what lives, together.
    pub bytes: u64,
    /// Shred slots that were made.
    pub slots: u64,
    /// The database and its log, on disk.
    pub database_bytes: u64,
    /// Large contents, on disk.
    pub content_bytes: u64,
    /// The hour in which the store was last known to run, Unix seconds.
    pub mark: u64,
}

/// Counts what rests.
///
/// # Errors
/// [`OpenError`] where there is no store that can be read.
pub fn count(folder: &Path) -> Result<Counts, OpenError> {
    let conn = db::open_outside(&folder.join("satchel.db"))?;
    conn.execute_batch("BEGIN")?;
    let number = |query: &str| conn.query_row(query, [], |row| row.get(0));
    Ok(Counts {
        stored: number("SELECT count(*) FROM paste WHERE state = 1 AND (document IS NULL OR number IS NOT NULL)")?,
        documents: number("SELECT count(*) FROM paste WHERE state = 1 AND document IS NOT NULL AND number IS NULL")?,
        uploading: number("SELECT count(*) FROM paste WHERE state = 0")?,
        tombstones: number("SELECT count(*) FROM paste WHERE state = 2")?,
        leases: number("SELECT count(*) FROM lease WHERE phase = 0")?,
        bytes: number("SELECT coalesce(sum(size - shared), 0) FROM paste WHERE state < 2")?,
        slots: number("SELECT value FROM store WHERE name = 'slots'")?,
        database_bytes: len(&folder.join("satchel.db")) + len(&folder.join("satchel.db-wal")),
        content_bytes: fs::read_dir(folder.join("content"))
            .map(|listed| listed.flatten().map(|entry| len(&entry.path())).sum())
            .unwrap_or(0),
        mark: number("SELECT value FROM store WHERE name = 'mark'")?,
    })
}

fn len(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |found| found.len())
}
