//! What concerns all items together.

use std::fs;

use rusqlite::OptionalExtension as _;

use super::Subject;
use crate::lifecycle::Stage;
use crate::store::medium::Medium;
use crate::store::slots::Slots;
use crate::store::{Inspection, ROW_BYTES_MAX, Violation, files, rows};

pub(super) fn look(subject: &Subject<'_>, inspection: &mut Inspection) -> Result<(), rusqlite::Error> {
    let conn = subject.conn;
    let first: String = conn.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
    if first != "ok" {
        inspection.note(Violation::Database, None);
    }
    let in_memory = matches!(subject.medium, Medium::Memory(_));
    let recorded: u64 = conn.query_row("SELECT value FROM store WHERE name = 'slots'", [], |row| row.get(0))?;
    if !in_memory && subject.medium.len().map_or(0, Slots::count_in) < recorded {
        inspection.note(Violation::SlotsShort, None);
    }
    let beyond = "SELECT item FROM paste WHERE slot > ?1 OR slot < 1 LIMIT 1";
    if let Some(item) = conn.query_row(beyond, [recorded], |row| row.get(0)).optional()? {
        inspection.note(Violation::SlotsShort, Some(item));
    }
    let strays = [
        (
            Violation::SlotShared,
            "SELECT min(item) FROM paste WHERE slot IS NOT NULL GROUP BY slot HAVING count(*) > 1 LIMIT 1",
        ),
        (
            Violation::LeaseStray,
            "SELECT item FROM lease WHERE NOT EXISTS (SELECT 1 FROM paste WHERE paste.item = lease.item) LIMIT 1",
        ),
        (
            Violation::Blocks,
            "SELECT place / 8 FROM block WHERE NOT EXISTS (SELECT 1 FROM paste WHERE paste.item = place / 8 AND state < 2) LIMIT 1",
        ),
    ];
    for (violation, query) in strays {
        if let Some(item) = conn.query_row(query, [], |row| row.get(0)).optional()? {
            inspection.note(violation, Some(item));
        }
    }
    Ok(())
}

/// Each file of the content folder belongs to a large paste that lives.
pub(super) fn look_at_files(subject: &Subject<'_>, inspection: &mut Inspection) -> Result<(), rusqlite::Error> {
    let Ok(listed) = fs::read_dir(subject.content) else {
        return Ok(());
    };
    for entry in listed.flatten() {
        let Some(item) = entry.file_name().to_str().and_then(files::item_of) else {
            continue;
        };
        let belongs = subject.until_sure(|| {
            let lives = rows::by_item(subject.conn, item)?
                .is_some_and(|row| !matches!(row.paste.stage, Stage::Burned(_)) && row.own_bytes() > ROW_BYTES_MAX);
            // Removed meanwhile, as it should be.
            Ok(if lives || !entry.path().exists() {
                Ok(())
            } else {
                Err(Violation::FileStray)
            })
        })?;
        if let Err(violation) = belongs {
            inspection.note(violation, Some(item));
        }
    }
    Ok(())
}
