//! The database: its schema and its pragmas, set and read back at each open.

use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use super::error::OpenError;

/// Written to `user_version`.
pub(super) const VERSION: i64 = 1;

/// Rows in order of item number; the id is found through an index of its own (a random primary key took three times as long).
/// A block's key is 8 times the item number, and its index in a small content, or 7 for the part block of a large one.
const SCHEMA: &str = "
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

/// Opens for writing and makes the schema when the database is new. True when it was.
pub(super) fn open_writer(path: &Path, store_id: &[u8; 32]) -> Result<(Connection, bool), OpenError> {
    let conn = Connection::open_with_flags(path, flags() | OpenFlags::SQLITE_OPEN_CREATE)?;
    set_pragmas(&conn)?;
    let new = version(&conn)? == 0;
    if new {
        conn.execute_batch(&format!("BEGIN IMMEDIATE; {SCHEMA} PRAGMA user_version = {VERSION};"))?;
        conn.execute(
            "INSERT INTO store VALUES ('id', ?1), ('slots', 0), ('mark', 0)",
            [&store_id[..]],
        )?;
        conn.execute_batch("COMMIT")?;
    }
    make_gate(&conn)?;
    Ok((conn, new))
}

/// What commands change beside a running server lies in tables of its own.
fn make_gate(conn: &Connection) -> Result<(), rusqlite::Error> {
    conn.execute_batch(super::invites::TABLE)?;
    conn.execute_batch(super::blocks::TABLE)
}

/// Opens one that exists, for reading.
pub(super) fn open_reader(path: &Path) -> Result<Connection, OpenError> {
    let conn = Connection::open_with_flags(path, flags())?;
    set_pragmas(&conn)?;
    conn.execute_batch("PRAGMA query_only = ON")?;
    Ok(conn)
}

/// Opens one for a command, beside a server that may be running: what it writes has to be one short transaction, begun as a writer's.
pub(super) fn open_beside(path: &Path) -> Result<Connection, OpenError> {
    if !path.exists() {
        return Err(OpenError::NoStore);
    }
    let conn = Connection::open_with_flags(path, flags())?;
    match version(&conn)? {
        VERSION => {}
        0 => return Err(OpenError::NoStore),
        found => return Err(OpenError::Version { found, known: VERSION }),
    }
    set_pragmas(&conn)?;
    make_gate(&conn)?;
    Ok(conn)
}

/// Opens one without the right to change it; for the checks before anything is changed.
pub(super) fn open_untouched(path: &Path) -> Result<Connection, OpenError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags)?;
    match version(&conn)? {
        VERSION => Ok(conn),
        found => Err(OpenError::Version { found, known: VERSION }),
    }
}

fn flags() -> OpenFlags {
    OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX
}

fn version(conn: &Connection) -> Result<i64, rusqlite::Error> {
    conn.query_row("PRAGMA user_version", [], |row| row.get(0))
}

/// With synchronous=NORMAL a power cut brought burned items back; SQLite here comes with secure_delete off.
fn set_pragmas(conn: &Connection) -> Result<(), OpenError> {
    conn.set_prepared_statement_cache_capacity(64);
    conn.busy_timeout(std::time::Duration::from_secs(5))?;
    let mode: String = conn.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
    if mode != "wal" {
        return Err(OpenError::Pragma {
            pragma: "journal_mode=WAL",
        });
    }
    conn.execute_batch(
        "PRAGMA synchronous = FULL; PRAGMA secure_delete = ON; PRAGMA temp_store = MEMORY; PRAGMA mmap_size = 0;
         PRAGMA trusted_schema = OFF; PRAGMA wal_autocheckpoint = 1000; PRAGMA cache_size = -16000;",
    )?;
    for (pragma, wanted) in [
        ("synchronous", 2),
        ("secure_delete", 1),
        ("temp_store", 2),
        ("mmap_size", 0),
        ("trusted_schema", 0),
    ] {
        let found = conn.query_row(&format!("PRAGMA {pragma}"), [], |row| row.get::<_, i64>(0));
        // A build without memory maps has no row to answer with.
        let found = if pragma == "mmap_size" {
            found.or(Ok::<_, rusqlite::Error>(0))
        } else {
            found
        };
        if found? != wanted {
            return Err(OpenError::Pragma { pragma });
        }
    }
    Ok(())
}
