//! `satchel-server drill seizure`: what lies on the disk, kind by kind, from outside. Sums alone, and no key is used.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension as _};
use serde::Serialize;

use super::db;
use super::error::OpenError;
use super::files;
use super::medium::Medium;
use super::opening::io_at;
use super::slots::{self, Held, Run, SlotRef};

/// Files of the data folder that are told apart by what they are: docs/operations.md, "The data folder".
const OWN: [&str; 8] = [
    "satchel.db",
    "satchel.db-wal",
    "satchel.db-shm",
    "shred-keys",
    "content",
    "control",
    "lock",
    "reserve",
];

/// How many, and the bytes of their ciphertext by declared size.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Lot {
    /// How many.
    pub count: u64,
    /// Bytes.
    pub bytes: u64,
}

/// Tombstones, by what they say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Stones {
    /// All of them.
    pub count: u64,
    /// Every read was used.
    pub by_reads: u64,
    /// Time was over.
    pub by_expiry: u64,
    /// Somebody asked for it.
    pub on_demand: u64,
    /// Too many wrong passphrases.
    pub by_guessing: u64,
}

/// What lies on the disk.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Inventory {
    /// For one read.
    pub single_read: Lot,
    /// For a number of reads.
    pub several_reads: Lot,
    /// For any number of reads until they expire, and in no backup.
    pub any_reads: Lot,
    /// The same, and in the operator's backups.
    pub kept: Lot,
    /// Documents that several links lead to.
    pub documents: Lot,
    /// These links.
    pub links: Lot,
    /// Unfinished uploads.
    pub uploads: Lot,
    /// What burned.
    pub tombstones: Stones,
    /// Hashes of tokens of claims, of those that are over too.
    pub claims: u64,
    /// Of these, claims whose download runs.
    pub running: u64,
    /// Invites.
    pub invites: u64,
    /// Blocked ids.
    pub blocked: u64,
    /// Of what lives: names of links, sealed by who gave them.
    pub labels: u64,
    /// Of what lives: what a panic request finds it by.
    pub marks: u64,
    /// Of what lives: its own time is over, and its key not yet destroyed.
    pub overdue: u64,
    /// Of what lives: its shred key lies on this disk.
    pub keyed: u64,
    /// Keys that were made ahead and never sealed anything.
    pub spare_keys: u64,
    /// The shred keys are in the memory of the server alone.
    pub keys_in_memory: bool,
    /// The hour in which the first of what lives expires, and the last; Unix seconds.
    pub expire_from: u64,
    /// See before.
    pub expire_until: u64,
    /// The database.
    pub database_bytes: u64,
    /// Of it, pages that hold nothing, and zeros where something was.
    pub database_free_bytes: u64,
    /// Its log: pages as they were, until they are written over.
    pub log_bytes: u64,
    /// Files of large contents.
    pub content: Lot,
    /// Of these, such that no item has: their keys are gone.
    pub content_strays: u64,
    /// What else lies in the data folder.
    pub others: Vec<String>,
}

impl Inventory {
    /// What is sealed under a shred key of its own.
    #[must_use]
    pub const fn living(&self) -> u64 {
        self.single_read.count
            + self.several_reads.count
            + self.any_reads.count
            + self.kept.count
            + self.documents.count
            + self.links.count
            + self.uploads.count
    }
}

/// Takes stock.
///
/// # Errors
/// [`OpenError`] where there is no store, or no file of shred keys, that can be read.
pub fn inventory(folder: &Path, slots: &Path, now: u64) -> Result<Inventory, OpenError> {
    let database = folder.join("satchel.db");
    if !database.exists() {
        return Err(OpenError::NoStore);
    }
    let conn = db::open_outside(&database)?;
    conn.execute_batch("BEGIN")?;
    let mut found = rows(&conn, now)?;
    let keys: Option<String> = conn
        .query_row("SELECT value FROM store WHERE name = 'keys'", [], |row| row.get(0))
        .optional()?;
    found.keys_in_memory = keys.as_deref() == Some("memory");
    if !found.keys_in_memory {
        let medium = File::open(slots).map_err(io_at(slots.to_path_buf()))?;
        let medium = Medium::File(medium);
        let at = || io_at(slots.to_path_buf());
        found.keyed = keyed(&conn, &medium).map_err(|fault| match fault {
            KeyedFault::Database(error) => OpenError::Database(error),
            KeyedFault::Io(error) => at()(error),
        })?;
        found.spare_keys = slots::filled(&medium).map_err(at())?.saturating_sub(found.keyed);
    }
    disk(&conn, folder, slots, &mut found)?;
    Ok(found)
}

fn rows(conn: &Connection, now: u64) -> Result<Inventory, rusqlite::Error> {
    let lot = |condition: &str| {
        let query =
            format!("SELECT count(*), coalesce(sum(size - shared), 0) FROM paste WHERE state < 2 AND ({condition})");
        conn.query_row(&query, [], |row| {
            Ok(Lot {
                count: row.get(0)?,
                bytes: row.get(1)?,
            })
        })
    };
    let number = |query: &str| conn.query_row(query, [], |row| row.get(0));
    let stones = "SELECT count(*), count(*) FILTER (WHERE burned = 0), count(*) FILTER (WHERE burned = 1),
         count(*) FILTER (WHERE burned = 2), count(*) FILTER (WHERE burned = 3) FROM paste WHERE state = 2";
    Ok(Inventory {
        single_read: lot("state = 1 AND document IS NULL AND reads = 1")?,
        several_reads: lot("state = 1 AND document IS NULL AND reads > 1")?,
        any_reads: lot("state = 1 AND document IS NULL AND reads = 0 AND (NOT keep OR on_guessing)")?,
        kept: lot("state = 1 AND document IS NULL AND reads = 0 AND keep AND NOT on_guessing")?,
        documents: lot("state = 1 AND document IS NOT NULL AND number IS NULL")?,
        links: lot("state = 1 AND document IS NOT NULL AND number IS NOT NULL")?,
        uploads: lot("state = 0")?,
        tombstones: conn.query_row(stones, [], |row| {
            Ok(Stones {
                count: row.get(0)?,
                by_reads: row.get(1)?,
                by_expiry: row.get(2)?,
                on_demand: row.get(3)?,
                by_guessing: row.get(4)?,
            })
        })?,
        claims: number("SELECT count(*) FROM lease")?,
        running: number("SELECT count(*) FROM lease WHERE phase = 0")?,
        invites: number("SELECT count(*) FROM invite")?,
        blocked: number("SELECT count(*) FROM blocked")?,
        labels: number("SELECT count(*) FROM paste WHERE label IS NOT NULL")?,
        marks: number("SELECT count(*) FROM paste WHERE panic IS NOT NULL")?,
        overdue: conn.query_row(
            "SELECT count(*) FROM paste WHERE state < 2 AND due_at <= ?1",
            [now],
            |row| row.get(0),
        )?,
        expire_from: number("SELECT coalesce(min(due_at), 0) FROM paste WHERE state < 2")?,
        expire_until: number("SELECT coalesce(max(due_at), 0) FROM paste WHERE state < 2")?,
        ..Inventory::default()
    })
}

/// Why keys could not be counted.
enum KeyedFault {
    Database(rusqlite::Error),
    Io(std::io::Error),
}

impl From<rusqlite::Error> for KeyedFault {
    fn from(error: rusqlite::Error) -> Self {
        Self::Database(error)
    }
}

/// How many rows find their key in its slot.
fn keyed(conn: &Connection, medium: &Medium) -> Result<u64, KeyedFault> {
    let mut query = conn.prepare("SELECT slot, item, generation FROM paste WHERE slot IS NOT NULL ORDER BY slot")?;
    let mut rows = query.query([])?;
    let mut run = Run::new(medium);
    let mut count = 0;
    while let Some(row) = rows.next()? {
        let slot = SlotRef {
            slot: row.get(0)?,
            item: row.get(1)?,
            generation: row.get(2)?,
        };
        count += u64::from(matches!(run.look(slot).map_err(KeyedFault::Io)?, Held::Key(_)));
    }
    Ok(count)
}

fn disk(conn: &Connection, folder: &Path, slots: &Path, found: &mut Inventory) -> Result<(), OpenError> {
    let pragma = |name: &str| conn.query_row(&format!("PRAGMA {name}"), [], |row| row.get::<_, u64>(0));
    found.database_free_bytes = pragma("freelist_count")? * pragma("page_size")?;
    let len = |name: &str| fs::metadata(folder.join(name)).map_or(0, |found| found.len());
    found.database_bytes = len("satchel.db");
    found.log_bytes = len("satchel.db-wal");
    let content = folder.join("content");
    for entry in fs::read_dir(&content).map_err(io_at(content.clone()))?.flatten() {
        let Some(item) = entry.file_name().to_str().and_then(files::item_of) else {
            found.others.push(format!("content/{}", entry.file_name().display()));
            continue;
        };
        found.content.count += 1;
        found.content.bytes += entry.metadata().map_or(0, |found| found.len());
        let lives: bool = conn
            .prepare_cached("SELECT EXISTS (SELECT 1 FROM paste WHERE item = ?1 AND state < 2)")?
            .query_row([item], |row| row.get(0))?;
        found.content_strays += u64::from(!lives);
    }
    let own: Vec<PathBuf> = OWN.iter().map(|name| folder.join(name)).collect();
    for entry in fs::read_dir(folder).map_err(io_at(folder.to_path_buf()))?.flatten() {
        if !own.contains(&entry.path()) && entry.path() != *slots {
            found.others.push(entry.file_name().display().to_string());
        }
    }
    found.others.sort();
    Ok(())
}
