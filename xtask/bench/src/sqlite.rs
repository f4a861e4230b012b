//! What SQLite does at most on this disk: durable commits of 64 rows, or of one, by one writer with nothing else around it.

use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::{Connection, Transaction, params};

use crate::Trouble;

/// What is done to every row.
#[derive(Clone, Copy)]
pub(crate) enum Work {
    /// One commit: it is there.
    Create,
    /// Three commits: it is there, it is claimed, it is gone.
    BurnCycle,
}

/// Rows a second, `rows_each` in a commit and every commit durable, with the pragmas that the server sets.
pub(crate) fn rows_per_second(
    folder: &Path,
    row_len: usize,
    work: Work,
    rows_each: u32,
    time: Duration,
) -> Result<f64, Trouble> {
    let folder = tempfile::tempdir_in(folder)?;
    let mut connection = Connection::open(folder.path().join("groups.sqlite"))?;
    connection.execute_batch(
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON; PRAGMA temp_store=MEMORY;
         CREATE TABLE item (number INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, claims INTEGER NOT NULL, content BLOB NOT NULL);",
    )?;
    let mut content = vec![0; row_len];
    getrandom::fill(&mut content)?;
    let begun = Instant::now();
    let mut rows = 0;
    while begun.elapsed() < time {
        group(&mut connection, |transaction| {
            let mut insert = transaction.prepare_cached("INSERT INTO item (id, claims, content) VALUES (?1, 0, ?2)")?;
            for _ in 0..rows_each {
                let mut id = [0; 32];
                getrandom::fill(&mut id)?;
                insert.execute(params![id, content])?;
            }
            Ok(())
        })?;
        if matches!(work, Work::BurnCycle) {
            group(&mut connection, |one| {
                Ok(one.execute_batch("UPDATE item SET claims = claims + 1")?)
            })?;
            group(&mut connection, |one| Ok(one.execute_batch("DELETE FROM item")?))?;
        }
        rows += rows_each;
    }
    Ok(f64::from(rows) / begun.elapsed().as_secs_f64())
}

fn group(
    connection: &mut Connection,
    work: impl FnOnce(&Transaction<'_>) -> Result<(), Trouble>,
) -> Result<(), Trouble> {
    let transaction = connection.transaction()?;
    work(&transaction)?;
    Ok(transaction.commit()?)
}
