//! The database: its schema and its pragmas, set and read back at each open.

use std::path::Path;

use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use super::error::OpenError;
use super::moving;

/// How long a lock of the database is waited for.
pub(super) const BUSY: std::time::Duration = std::time::Duration::from_secs(5);

/// Written to `user_version`.
pub(super) const VERSION: i64 = 3;

/// Version 1. Rows in order of item number; the id is found through an index of its own (a random primary key took three times as long).
/// A block's key is 8 times the item number, and its index in a small content, or 7 for the part block of a large one.
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

/// What leads to version 2 from 1. `document` is the item whose payload stands behind this one's head, or for a document with several links
/// itself; `number` counts the links of one document from 1; `shared` is how much of `size` is the document's. An invite's number is never given
/// twice: a list that somebody looked at stays right.
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

/// What leads to version 3 from 2. `panic` is what a panic request finds a paste by, in an index that has all that it looks at and only the rows that
/// have one. `label` is what a link's owner is told of it, under the document's shred key.
const THIRD: &str = "
ALTER TABLE paste ADD COLUMN panic BLOB;
ALTER TABLE paste ADD COLUMN label BLOB;
CREATE INDEX paste_panic ON paste (item, panic, id) WHERE panic IS NOT NULL;
";

/// What each version adds to the one before. A new store takes all of them, so that no two ways lead to one schema.
const STEPS: [&str; 3] = [FIRST, SECOND, THIRD];

/// Opens for writing, makes the schema when the database is new, and brings an older one up to date: in one transaction, so that a crash
/// leaves the old version whole.
pub(super) fn open_writer(path: &Path, store_id: &[u8; 32]) -> Result<Connection, OpenError> {
    let mut conn = Connection::open_with_flags(path, flags() | OpenFlags::SQLITE_OPEN_CREATE)?;
    set_pragmas(&conn)?;
    let found = version(&conn)?;
    if found == VERSION {
        return Ok(conn);
    }
    let step = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let done = usize::try_from(found).unwrap_or(STEPS.len());
    for statements in STEPS.get(done..).unwrap_or_default() {
        step.execute_batch(statements)?;
    }
    if found == 0 {
        let first = "INSERT INTO store VALUES ('id', ?1), ('slots', 0), ('mark', 0)";
        step.execute(first, [&store_id[..]])?;
    }
    step.pragma_update(None, "user_version", VERSION)?;
    step.commit()?;
    Ok(conn)
}

/// Opens one that exists, for reading.
pub(super) fn open_reader(path: &Path) -> Result<Connection, OpenError> {
    let conn = Connection::open_with_flags(path, flags())?;
    set_pragmas(&conn)?;
    conn.execute_batch("PRAGMA query_only = ON; PRAGMA cache_size = -400")?;
    Ok(conn)
}

/// Opens one for a command, beside a server that may be running: what it writes has to be one short transaction, begun as a writer's.
pub(super) fn open_beside(path: &Path) -> Result<Connection, OpenError> {
    path.parent().map_or(Ok(()), moving::gate)?;
    open_past_fence(path)
}

/// As [`open_beside`], for whoever put up the fence.
pub(super) fn open_past_fence(path: &Path) -> Result<Connection, OpenError> {
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
    Ok(conn)
}

/// Opens one without the right to change it, of this version or an older one that can be brought up to it; for the checks before anything
/// is changed.
pub(super) fn open_untouched(path: &Path) -> Result<Connection, OpenError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags)?;
    match version(&conn)? {
        1..=VERSION => Ok(conn),
        found => Err(OpenError::Version { found, known: VERSION }),
    }
}

/// Whether a database has a journal of before its log was, which only whoever may write can roll back: its first start was cut off.
pub(super) fn is_half_made(error: &rusqlite::Error) -> bool {
    error
        .sqlite_error()
        .is_some_and(|error| error.extended_code == rusqlite::ffi::SQLITE_READONLY_ROLLBACK)
}

/// Takes a half-made database back to what it was.
pub(super) fn roll_back(path: &Path) -> Result<(), OpenError> {
    let conn = Connection::open_with_flags(path, flags())?;
    Ok(version(&conn).map(drop)?)
}

/// Opens one from outside, whether a server runs or not: nothing in the folder is made or changed, not even SQLite's shared memory.
pub(super) fn open_outside(path: &Path) -> Result<Connection, OpenError> {
    path.parent().map_or(Ok(()), moving::gate_to_read)?;
    let beside = |suffix: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        Path::new(&name).exists()
    };
    // Without a log nobody writes, and what is in the file is all there is.
    let how = match (beside("-wal"), beside("-shm")) {
        (false, _) => "immutable=1",
        (true, true) => "mode=ro&readonly_shm=1",
        (true, false) => return Err(OpenError::Unclosed),
    };
    let whole = std::path::absolute(path).map_err(|source| OpenError::Io {
        path: path.to_path_buf(),
        source,
    })?;
    let uri = format!("file:{}?{how}", percent_encoded(&whole));
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
    let conn = Connection::open_with_flags(uri, flags)?;
    conn.busy_timeout(BUSY)?;
    conn.execute_batch(
        "PRAGMA query_only = ON; PRAGMA temp_store = MEMORY; PRAGMA mmap_size = 0; PRAGMA trusted_schema = OFF;",
    )?;
    match version(&conn)? {
        VERSION => Ok(conn),
        found => Err(OpenError::Version { found, known: VERSION }),
    }
}

fn percent_encoded(path: &Path) -> String {
    use std::fmt::Write as _;
    use std::os::unix::ffi::OsStrExt as _;

    let mut text = String::new();
    for byte in path.as_os_str().as_bytes() {
        if byte.is_ascii_alphanumeric() || b"/-_.~".contains(byte) {
            text.push(char::from(*byte));
        } else {
            let _ = write!(text, "%{byte:02X}");
        }
    }
    text
}

fn flags() -> OpenFlags {
    OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX
}

fn version(conn: &Connection) -> Result<i64, rusqlite::Error> {
    conn.query_row("PRAGMA user_version", [], |row| row.get(0))
}

/// The caches are small: the system keeps the same pages, and what is kept twice is what the server weighs.
///
/// With synchronous=NORMAL a power cut brought burned items back; SQLite here comes with secure_delete off.
fn set_pragmas(conn: &Connection) -> Result<(), OpenError> {
    conn.set_prepared_statement_cache_capacity(64);
    conn.busy_timeout(BUSY)?;
    let mode: String = conn.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
    if mode != "wal" {
        return Err(OpenError::Pragma {
            pragma: "journal_mode=WAL",
        });
    }
    conn.execute_batch(
        "PRAGMA synchronous = FULL; PRAGMA secure_delete = ON; PRAGMA temp_store = MEMORY; PRAGMA mmap_size = 0;
         PRAGMA trusted_schema = OFF; PRAGMA wal_autocheckpoint = 1000; PRAGMA cache_size = -2000;",
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_of_version_1_is_brought_up_to_date_with_its_rows() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("satchel.db");
        let old = Connection::open(&path).unwrap();
        old.execute_batch(FIRST).unwrap();
        old.execute_batch("INSERT INTO store VALUES ('id', x'07'), ('slots', 9), ('mark', 0)")
            .unwrap();
        let row = "INSERT INTO paste VALUES (3, x'01', x'02', x'03', x'04', 1, 8, 2, 100, 100, 1, 0, 0, 0, 0, 0, 0, 3600, 7200, NULL, NULL)";
        old.execute_batch(row).unwrap();
        old.pragma_update(None, "user_version", 1).unwrap();
        drop(old);

        assert!(open_untouched(&path).is_ok());
        let conn = open_writer(&path, &[9; 32]).unwrap();
        assert_eq!(version(&conn).unwrap(), VERSION);
        let found: (u64, Option<u64>, u64) = conn
            .query_row("SELECT slot, document, shared FROM paste WHERE item = 3", [], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?))
            })
            .unwrap();
        assert_eq!(found, (8, None, 0));
        let id: Vec<u8> = conn
            .query_row("SELECT value FROM store WHERE name = 'id'", [], |row| row.get(0))
            .unwrap();
        assert_eq!(id, [7]);
        drop(conn);
        assert!(open_writer(&path, &[9; 32]).is_ok(), "once is enough");
    }

    #[test]
    fn a_store_of_version_2_is_brought_up_to_date_with_its_documents_and_links() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("satchel.db");
        let old = Connection::open(&path).unwrap();
        old.execute_batch(&[FIRST, SECOND].concat()).unwrap();
        old.execute_batch("INSERT INTO store VALUES ('id', x'07'), ('slots', 9), ('mark', 0)")
            .unwrap();
        for (item, number) in [(3, "NULL"), (4, "1")] {
            let row = format!(
                "INSERT INTO paste VALUES ({item}, x'0{item}', x'02', x'03', x'04', 1, 8, 2, 100, 100, 1, 0, 0, 0, 0, 0, 0, 3600, 7200, NULL, NULL, 3, {number}, 90)"
            );
            old.execute_batch(&row).unwrap();
        }
        old.pragma_update(None, "user_version", 2).unwrap();
        drop(old);

        assert!(open_untouched(&path).is_ok());
        let conn = open_writer(&path, &[9; 32]).unwrap();
        assert_eq!(version(&conn).unwrap(), VERSION);
        let mut query = conn
            .prepare("SELECT document, number, panic, label FROM paste ORDER BY item")
            .unwrap();
        type Found = (u64, Option<u64>, Option<Vec<u8>>, Option<Vec<u8>>);
        let found: Vec<Found> = query
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap();
        assert_eq!(found, [(3, None, None, None), (3, Some(1), None, None)]);
    }

    #[test]
    fn a_store_of_a_newer_version_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("satchel.db");
        let newer = Connection::open(&path).unwrap();
        newer.pragma_update(None, "user_version", VERSION + 1).unwrap();
        drop(newer);
        assert!(matches!(open_untouched(&path), Err(OpenError::Version { found, .. }) if found == VERSION + 1));
    }
}
