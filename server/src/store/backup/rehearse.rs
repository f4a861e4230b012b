//! `satchel-server drill restore`: a backup is restored where nobody uses it, looked at item by item, and destroyed again.
//!
//! Where, and what an earlier one left there: scratch.rs.

use std::collections::HashSet;
use std::fs::File;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::Restored;
use super::error::BackupError;
use super::folder::Folder;
use super::restore::{From, Restore, of_stream, spool_to};
use super::room::{has_room, needed};
use super::scratch::{self, DATA, FROM, SLOTS, Scratch, spool};
use crate::store::db;
use crate::store::files::make_folder;
use crate::store::inspect::inspect;
use crate::store::medium::Medium;
use crate::store::random::Random;
use crate::store::{Found, slots};

/// What is rehearsed, and where.
pub struct Rehearsal<'a> {
    /// The folder in which the scratch folder is made.
    pub place: &'a Path,
    /// The server's data folder: the scratch folder is not to be in its way.
    pub data: &'a Path,
    /// Unix seconds.
    pub now: u64,
    /// Randomness.
    pub random: &'a dyn Random,
}

/// What would come back, and whether all of it is as it should be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Rehearsed {
    /// Counts.
    #[serde(flatten)]
    pub restored: Restored,
    /// Blocks that verified under their keys once they were restored.
    pub blocks_verified: u64,
    /// Keys in the restored store.
    pub keys: u64,
    /// Restored, key included, though it burns by more than time. There is to be none.
    pub keyed_and_burning: u64,
    /// What `check` finds in the restored store.
    pub violations: Vec<Found>,
}

impl Rehearsed {
    /// Each item that was kept is there with its key, and there is no other key.
    #[must_use]
    pub const fn is_well(&self) -> bool {
        self.violations.is_empty() && self.keyed_and_burning == 0 && self.keys == self.restored.kept
    }
}

impl Rehearsal<'_> {
    /// Where it is built meanwhile.
    #[must_use]
    pub fn scratch(&self) -> PathBuf {
        scratch::within(self.place)
    }

    /// Restores, verifies and destroys. What an earlier one left that was killed is destroyed first. `len` is a stream's length, where it is known.
    ///
    /// # Errors
    /// [`BackupError`]; nothing stays then either.
    pub fn run(&self, from: From<'_>, len: Option<u64>) -> Result<Rehearsed, BackupError> {
        let backup = match &from {
            From::Folder(path) => Some(*path),
            From::Stream(_) => None,
        };
        let apart: Vec<&Path> = [Some(self.data), backup].into_iter().flatten().collect();
        let scratch = Scratch::take(self.place, &apart)?;
        let done = self.within(scratch.folder(), from, len);
        let cleared = scratch.end();
        let rehearsed = done?;
        cleared?;
        Ok(rehearsed)
    }

    fn within(&self, scratch: &Path, from: From<'_>, len: Option<u64>) -> Result<Rehearsed, BackupError> {
        match from {
            From::Folder(path) if !path.is_dir() => Err(BackupError::Nothing {
                path: path.to_path_buf(),
            }),
            From::Folder(path) => self.of_folder(scratch, path),
            From::Stream(stream) => {
                let folder = scratch.join(FROM);
                // It lies there twice: as it came, and restored.
                has_room(scratch, len.unwrap_or(0).saturating_mul(2))?;
                make_folder(&folder).map_err(BackupError::at(&folder))?;
                spool_to(stream, &spool(scratch))?;
                self.of_folder(scratch, &folder).map_err(of_stream)
            }
        }
    }

    fn of_folder(&self, scratch: &Path, path: &Path) -> Result<Rehearsed, BackupError> {
        // Before a byte is written, and without verifying all of it twice.
        has_room(scratch, needed(&Folder::open_to_read(path)?.state()?))?;
        let (data, nothing) = (scratch.join(DATA), HashSet::new());
        let slots = data.join(SLOTS);
        let restored = Restore {
            folder: &data,
            slots: &slots,
            dry_run: false,
            burned: &nothing,
            now: self.now,
            random: self.random,
        }
        .run(From::Folder(path))?;
        look(&data, &slots, restored)
    }
}

/// Reads back all of what was restored.
fn look(data: &Path, slots: &Path, restored: Restored) -> Result<Rehearsed, BackupError> {
    let inspection = inspect(data, slots, false)?;
    let conn = db::open_outside(&data.join("satchel.db"))?;
    let burning = "SELECT count(*) FROM paste WHERE slot IS NOT NULL AND NOT (keep AND reads = 0 AND NOT on_guessing)";
    let medium = Medium::File(File::open(slots).map_err(BackupError::at(slots))?);
    Ok(Rehearsed {
        restored,
        blocks_verified: inspection.blocks_verified,
        keys: slots::filled(&medium).map_err(BackupError::at(slots))?,
        keyed_and_burning: conn.query_row(burning, [], |row| row.get(0))?,
        violations: inspection.violations,
    })
}
