//! Stores of older versions: what a server of now keeps, brought back into the schemas that were, which are history and never change.

use std::fs;
use std::path::Path;

use rusqlite::Connection;

const FIRST: &str = "
CREATE TABLE store (name TEXT PRIMARY KEY, value);
CREATE TABLE paste (
  item INTEGER PRIMARY KEY, id BLOB NOT NULL, probe BLOB NOT NULL, receipt BLOB NOT NULL, claim BLOB,
  state INTEGER NOT NULL, slot INTEGER, generation INTEGER,
  size INTEGER NOT NULL, held INTEGER NOT NULL,
  reads INTEGER NOT NULL, reads_used INTEGER NOT NULL, running INTEGER NOT NULL,
  on_guessing INTEGER NOT NULL, keep INTEGER NOT NULL,
  tries INTEGER NOT NULL, wait_until INTEGER NOT NULL,
  expires_in INTEGER NOT NULL, due_at INTEGER NOT NULL,
  burned INTEGER, burned_at INTEGER
);
CREATE UNIQUE INDEX paste_id ON paste (id);
CREATE INDEX paste_due ON paste (due_at);
CREATE TABLE lease (
  lease INTEGER PRIMARY KEY, item INTEGER NOT NULL, token BLOB NOT NULL, phase INTEGER NOT NULL, ends_at INTEGER NOT NULL
);
CREATE UNIQUE INDEX lease_token ON lease (item, token);
CREATE INDEX lease_running ON lease (ends_at) WHERE phase = 0;
CREATE TABLE block (place INTEGER PRIMARY KEY, sealed BLOB NOT NULL);
";

const SECOND: &str = "
ALTER TABLE paste ADD COLUMN document INTEGER;
ALTER TABLE paste ADD COLUMN number INTEGER;
ALTER TABLE paste ADD COLUMN shared INTEGER NOT NULL DEFAULT 0;
CREATE INDEX paste_document ON paste (document, number) WHERE document IS NOT NULL;
CREATE TABLE invite (
  number INTEGER PRIMARY KEY AUTOINCREMENT, token BLOB NOT NULL UNIQUE,
  uses INTEGER NOT NULL, uses_left INTEGER NOT NULL, bytes INTEGER, bytes_left INTEGER, expires_at INTEGER NOT NULL
);
CREATE TABLE blocked (id BLOB PRIMARY KEY) WITHOUT ROWID;
";

/// Version 1 knows no documents with several links.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// Pastes alone.
    First = 1,
    /// Documents with several links, invites and blocks; no panic marks and no labels.
    Second = 2,
}

/// Makes the store in `data`, on which no server runs, one of an older version.
///
/// # Panics
/// When it holds what that version cannot.
pub fn make_older(data: &Path, version: Version) {
    let (database, older) = (data.join("satchel.db"), data.join("older.db"));
    let schema = match version {
        Version::First => FIRST.to_owned(),
        Version::Second => [FIRST, SECOND].concat(),
    };
    let made = Connection::open(&older).unwrap();
    made.execute_batch(&schema).unwrap();
    made.execute("ATTACH ?1 AS now", [database.to_str().unwrap()]).unwrap();
    if version == Version::First {
        let query = "SELECT count(*) FROM now.paste WHERE document IS NOT NULL";
        let documents: u64 = made.query_row(query, [], |row| row.get(0)).unwrap();
        assert_eq!(documents, 0, "it knows no documents");
    }
    for table in ["store", "paste", "lease", "block"] {
        let query = format!("SELECT group_concat(name) FROM pragma_table_info('{table}', 'main')");
        let columns: String = made.query_row(&query, [], |row| row.get(0)).unwrap();
        let copy = format!("INSERT INTO main.{table} ({columns}) SELECT {columns} FROM now.{table}");
        made.execute(&copy, []).unwrap();
    }
    made.pragma_update(None, "user_version", version as i64).unwrap();
    made.execute_batch("DETACH now").unwrap();
    let mode: String = made
        .query_row("PRAGMA main.journal_mode = WAL", [], |row| row.get(0))
        .unwrap();
    assert_eq!(mode, "wal");
    drop(made);
    for log in ["satchel.db-wal", "satchel.db-shm"] {
        let _ = fs::remove_file(data.join(log));
    }
    fs::rename(older, database).unwrap();
}
