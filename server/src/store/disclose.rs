//! `satchel-server disclose`: everything that is kept under one id, column by column as it stands. Reads only.
//!
//! The columns are not chosen here: whatever the tables hold is printed, so that the answer is complete when they change. A test pins
//! the list, so that nobody changes it unawares.

use std::path::Path;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, Params, Row};
use serde_json::{Map, Value, json};

use super::blocks;
use super::db;
use super::error::OpenError;
use super::files;
use super::kinds::Id;

/// What is kept under `id`, a paste's or a document's, as JSON: `known`, `blocked`, and where it is known `paste`, `leases`, `content`, and for a link the
/// `payload` of its document.
///
/// # Errors
/// [`OpenError`] where there is no store that can be read.
pub fn disclose(folder: &Path, id: [u8; satchel_api::limit::ID_LEN]) -> Result<Value, OpenError> {
    let conn = db::open_outside(&folder.join("satchel.db"))?;
    conn.execute_batch("BEGIN")?;
    let blocked = blocks::is_blocked(&conn, Id::new(id))?;
    let under = |id: Id| all(&conn, "SELECT * FROM paste WHERE id = ?1", [&id.hash()[..]]);
    let found = match under(Id::new(id))?.pop() {
        Some(paste) => Some(paste),
        None => under(Id::of_document(id))?.pop(),
    };
    let Some(paste) = found else {
        return Ok(json!({ "known": false, "blocked": blocked }));
    };
    let number = |name: &str| paste.get(name).and_then(Value::as_u64);
    let item = number("item").unwrap_or(0);
    let leases = all(&conn, "SELECT * FROM lease WHERE item = ?1 ORDER BY lease", [item])?;
    let payload = number("document").filter(|document| *document != item);
    let payload = payload.map(|document| at_rest(&conn, folder, document)).transpose()?;
    Ok(json!({
        "known": true,
        "blocked": blocked,
        "content": at_rest(&conn, folder, item)?,
        "payload": payload,
        "leases": leases,
        "paste": paste,
    }))
}

/// Where an item's ciphertext lies, and how long it is there.
fn at_rest(conn: &Connection, folder: &Path, item: u64) -> Result<Value, OpenError> {
    let blocks = all(
        conn,
        "SELECT place - ?1 * 8 AS place, length(sealed) AS bytes FROM block WHERE place BETWEEN ?1 * 8 AND ?1 * 8 + 7 ORDER BY place",
        [item],
    )?;
    let file = std::fs::metadata(folder.join("content").join(files::name(item))).map_or(0, |found| found.len());
    Ok(json!({ "blocks": blocks, "file_bytes": file }))
}

/// Rows with all of their columns by name; bytes in hexadecimal.
fn all(conn: &Connection, query: &str, parameters: impl Params) -> Result<Vec<Map<String, Value>>, OpenError> {
    let mut query = conn.prepare(query)?;
    let names: Vec<String> = query.column_names().map(str::to_owned).collect();
    let rows = query.query_map(parameters, |row| with_names(row, &names))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn with_names(row: &Row<'_>, names: &[String]) -> rusqlite::Result<Map<String, Value>> {
    let columns = names.iter().enumerate();
    columns
        .map(|(at, name)| Ok((name.clone(), plain(row.get_ref(at)?))))
        .collect()
}

fn plain(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => number.into(),
        ValueRef::Real(number) => number.into(),
        ValueRef::Text(text) => String::from_utf8_lossy(text).into_owned().into(),
        ValueRef::Blob(bytes) => bytes
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect::<String>()
            .into(),
    }
}
