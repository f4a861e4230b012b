//! `satchel-server check`: every invariant of the store, read from outside, also while a server runs. Makes and changes nothing.
//!
//! A running server changes rows, slots and files while they are looked at, one after the other. So each item is looked at in a
//! snapshot of its own, and what looks wrong is looked at again before it is called so.

mod item;
mod whole;

use std::fs::File;
use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension as _};

use super::db;
use super::error::OpenError;
use super::medium::{Medium, Memory};
use super::opening::io_at;
use super::shared::Shared;
use super::slots::{Head, Slots};
use super::{Inspection, Violation};

/// Looked at again so often, with a pause between, while a server runs.
const TIMES: u32 = 40;
const PAUSE: Duration = Duration::from_millis(50);

/// What to look at.
pub(super) struct Subject<'a> {
    pub(super) conn: &'a Connection,
    pub(super) medium: &'a Medium,
    pub(super) content: &'a Path,
    pub(super) server_runs: bool,
}

/// Looks from outside: a file of shred keys, no memory of a server.
///
/// # Errors
/// [`OpenError`] where there is nothing to look at.
pub fn inspect(folder: &Path, slots: &Path, server_runs: bool) -> Result<Inspection, OpenError> {
    let conn = db::open_outside(&folder.join("satchel.db"))?;
    let place: Option<String> = conn
        .query_row("SELECT value FROM store WHERE name = 'keys'", [], |row| row.get(0))
        .optional()?;
    if place.as_deref() == Some("memory") {
        // No server has them: what lives is burned by the next start.
        let mut inspection = Inspection::default();
        let subject = Subject {
            conn: &conn,
            medium: &Medium::Memory(Memory::default()),
            content: &folder.join("content"),
            server_runs: false,
        };
        run(&subject, &mut inspection)?;
        return Ok(inspection);
    }
    let file = match File::open(slots) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let mut inspection = Inspection::default();
            inspection.note(Violation::SlotFile, None);
            return Ok(inspection);
        }
        Err(error) => return Err(io_at(slots.to_path_buf())(error)),
    };
    let medium = Medium::File(file);
    let store_id: [u8; 32] = conn.query_row("SELECT value FROM store WHERE name = 'id'", [], |row| row.get(0))?;
    let mut inspection = Inspection::default();
    if Slots::head(&medium, Some(&store_id)) != Head::Ours {
        inspection.note(Violation::SlotFile, None);
        return Ok(inspection);
    }
    let subject = Subject {
        conn: &conn,
        medium: &medium,
        content: &folder.join("content"),
        server_runs,
    };
    run(&subject, &mut inspection)?;
    Ok(inspection)
}

/// From within a server, whose keys are in memory alone.
pub(super) fn within(conn: &Connection, shared: &Shared) -> Result<Inspection, rusqlite::Error> {
    let subject = Subject {
        conn,
        medium: shared.slots.medium(),
        content: &shared.options.folder.join("content"),
        server_runs: true,
    };
    let mut inspection = Inspection::default();
    run(&subject, &mut inspection)?;
    Ok(inspection)
}

/// Everything, on whatever holds the keys.
pub(super) fn run(subject: &Subject<'_>, inspection: &mut Inspection) -> Result<(), rusqlite::Error> {
    inspection.server_runs = subject.server_runs;
    whole::look(subject, inspection)?;
    item::look_at_all(subject, inspection)?;
    whole::look_at_files(subject, inspection)?;
    inspection.well = inspection.violations.is_empty();
    Ok(())
}

impl Subject<'_> {
    /// Looks until nothing is wrong, or it is wrong for good.
    fn until_sure<T>(
        &self,
        mut look: impl FnMut() -> Result<Result<T, Violation>, rusqlite::Error>,
    ) -> Result<Result<T, Violation>, rusqlite::Error> {
        let mut found = look()?;
        for _ in 0..if self.server_runs { TIMES } else { 0 } {
            if found.is_ok() {
                break;
            }
            std::thread::sleep(PAUSE);
            found = look()?;
        }
        Ok(found)
    }
}
