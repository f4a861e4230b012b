//! What a start finds of the shred keys, before anything is changed, and what is done where they are gone.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use super::error::OpenError;
use super::medium::{Medium, Memory};
use super::opening::{Found, io_at, open_private, sync_folder};
use super::rows;
use super::slots::{self, Head, Held, Slots};
use super::trace::without_trace;
use crate::lifecycle::{Effect, Event, Now, Stage, step};

/// Burned in one transaction.
const CHUNK: usize = 1000;

/// Where the slots are to be.
pub(super) enum Place {
    File(PathBuf),
    Memory,
}

/// What has to be done before the slots are used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Work {
    /// Nothing: they are there.
    #[default]
    Adopt,
    /// A new file, or new memory.
    Make,
    /// A file of another store is set aside first.
    SetAside,
    /// A file that lost its head gets a new one.
    Mend,
}

/// Looks at the slots and refuses what does not fit. Changes nothing.
pub(super) fn look(found: &mut Found, place: &Place, accept_lost: bool) -> Result<(), OpenError> {
    let Place::File(path) = place else {
        return look_at_memory(found);
    };
    if found.keys_in_memory {
        found.lose_all();
        found.forgotten = true;
    }
    let at = || path.clone();
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            if !found.live.is_empty() && !accept_lost {
                return Err(OpenError::SlotsMissing { path: at() });
            }
            found.lose_all();
            found.work = Work::Make;
            return Ok(());
        }
        Err(error) => return Err(io_at(at())(error)),
    };
    let medium = Medium::File(file);
    let len = medium.len().map_err(io_at(at()))?;
    if found.live.is_empty() && (found.keys_in_memory || found.rows == 0) && Slots::is_unmade(&medium) {
        // The very first start was cut off before the header was there.
        found.work = Work::Make;
        return Ok(());
    }
    match Slots::head(&medium, found.store_id.as_ref()) {
        Head::Ours if found.keys_in_memory => {
            found.work = Work::Make;
            return Ok(());
        }
        Head::Ours => {}
        Head::Foreign | Head::Broken if len > 0 && !accept_lost => return Err(OpenError::SlotsForeign { path: at() }),
        Head::Foreign => {
            found.lose_all();
            found.work = Work::SetAside;
            return Ok(());
        }
        Head::Broken => found.work = Work::Mend,
    }
    let (count, expected) = (Slots::count_in(len), found.recorded);
    if (count < expected || len == 0) && !accept_lost {
        return Err(OpenError::SlotsShort {
            path: at(),
            found: count,
            expected,
        });
    }
    found.recorded = count.min(expected);
    without_trace(|| look_at_each(found, &medium, path, accept_lost))
}

/// Whether each row's slot holds its key.
fn look_at_each(found: &mut Found, medium: &Medium, path: &Path, accept_lost: bool) -> Result<(), OpenError> {
    let mut unfit = HashSet::new();
    let mut run = slots::Run::new(medium);
    found.live.sort_unstable_by_key(|slot| slot.slot);
    for slot in &found.live {
        match run.look(*slot) {
            Ok(Held::Other) => drop(unfit.insert(slot.item)),
            Ok(Held::Nothing) => found.cut_off.push(slot.item),
            // A damaged slot is that item's trouble only; but in a file that is wrong as a whole it is a lost key.
            Ok(Held::Damaged) if accept_lost => drop(unfit.insert(slot.item)),
            Ok(Held::Key(_) | Held::Damaged) => {}
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof && accept_lost => {
                unfit.insert(slot.item);
            }
            Err(error) => return Err(io_at(path.to_path_buf())(error)),
        }
    }
    if !unfit.is_empty() && !accept_lost {
        return Err(OpenError::SlotsUnfit {
            path: path.to_path_buf(),
            slots: u64::try_from(unfit.len()).unwrap_or(u64::MAX),
        });
    }
    found.lose(|item| unfit.contains(&item));
    Ok(())
}

/// Memory is empty at start: what had its key there is burned. What has it in a file is not given up by a change of an option.
fn look_at_memory(found: &mut Found) -> Result<(), OpenError> {
    if !found.keys_in_memory && !found.live.is_empty() {
        return Err(OpenError::KeysInFile {
            pastes: u64::try_from(found.live.len()).unwrap_or(u64::MAX),
        });
    }
    found.lose_all();
    found.forgotten = true;
    found.work = Work::Make;
    Ok(())
}

/// The slots, ready for use. What [`look`] found lost is burned by now.
pub(super) fn open(place: &Place, store_id: &[u8; 32], found: &Found, conn: &Connection) -> io::Result<Slots> {
    let mut used: Vec<u64> = found.live.iter().map(|slot| slot.slot).collect();
    used.sort_unstable();
    let Place::File(path) = place else {
        note(conn, "memory", 0)?;
        return Slots::adopt(Medium::Memory(Memory::default()), &used, found.next_item);
    };
    let mut file = locked(path)?;
    if found.work == Work::SetAside {
        let aside = beside(path);
        if aside.exists() {
            return Err(io::Error::new(
                io::ErrorKind::AlreadyExists,
                format!("there is a file {} already: move it away", aside.display()),
            ));
        }
        fs::rename(path, aside)?;
        file = locked(path)?;
    }
    if matches!(found.work, Work::Make | Work::SetAside) {
        // No paste needs what may be there: the record starts anew with the file.
        note(conn, "file", 0)?;
        file.set_len(0)?;
    }
    let medium = Medium::File(file);
    if found.work != Work::Adopt {
        Slots::create(&medium, store_id)?;
        path.parent().map_or(Ok(()), sync_folder)?;
    }
    let slots = Slots::adopt(medium, &used, found.next_item)?;
    if found.work == Work::Mend || !found.lost.is_empty() {
        note(conn, "file", found.recorded)?;
        slots.scrub()?;
    }
    Ok(slots)
}

/// A copy of the data folder may name the same file: one of the two would destroy the other's keys.
fn locked(path: &Path) -> io::Result<File> {
    let file = open_private(path)?;
    file.try_lock()
        .map_err(|_| io::Error::new(io::ErrorKind::ResourceBusy, "another server is using it"))?;
    Ok(file)
}

fn beside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".foreign");
    PathBuf::from(name)
}

/// Where the keys of this store lie, and how many slots there are.
fn note(conn: &Connection, place: &str, slots: u64) -> io::Result<()> {
    let noted = conn
        .execute("INSERT OR REPLACE INTO store VALUES ('keys', ?1)", [place])
        .and_then(|_| conn.execute("UPDATE store SET value = ?1 WHERE name = 'slots'", [slots]));
    noted.map(drop).map_err(io::Error::other)
}

/// Burns what has lost its key, as far as rows go: there is no key to overwrite. Returns what has its key and goes with it, for the writer.
pub(super) fn bury(conn: &Connection, lost: &[u64], now: Now) -> Result<Vec<u64>, rusqlite::Error> {
    for chunk in lost.chunks(CHUNK) {
        conn.execute_batch("BEGIN IMMEDIATE")?;
        for item in chunk {
            let Some(row) = rows::by_item(conn, *item)? else {
                continue;
            };
            let step = step(&row.paste, Event::KeyGone, now);
            for effect in &step.effects {
                if let Effect::EndLeases(to) = effect {
                    rows::end_leases(conn, *item, *to)?;
                }
            }
            if let Stage::Burned(tombstone) = step.paste.stage {
                rows::bury(conn, &row, tombstone)?;
            }
        }
        conn.execute_batch("COMMIT")?;
    }
    if lost.is_empty() { Ok(Vec::new()) } else { bereft(conn) }
}

/// Links whose document is gone, and documents without a link that had some. Other documents count the links that they have left.
fn bereft(conn: &Connection) -> Result<Vec<u64>, rusqlite::Error> {
    let links = "SELECT link.item FROM paste AS link JOIN paste AS whole ON whole.item = link.document
                 WHERE link.number IS NOT NULL AND link.state < 2 AND whole.state = 2";
    let documents = "SELECT item FROM paste AS whole WHERE document = item AND number IS NULL AND state < 2 AND running > 0
                     AND NOT EXISTS (SELECT 1 FROM paste WHERE document = whole.item AND number IS NOT NULL AND state < 2)";
    let mut found = Vec::new();
    for query in [links, documents] {
        let mut query = conn.prepare(query)?;
        let items = query.query_map([], |row| row.get(0))?;
        found.extend(items.collect::<Result<Vec<u64>, _>>()?);
    }
    conn.execute(
        "UPDATE paste SET running = (SELECT count(*) FROM paste AS link WHERE link.document = paste.item AND link.number IS NOT NULL
         AND link.state < 2) WHERE document = item AND number IS NULL AND state < 2",
        [],
    )?;
    Ok(found)
}
