//! `satchel-server drill restore`: a backup is restored where nobody uses it, looked at item by item, and destroyed again.
//!
//! ```text
//! satchel-drill      the scratch folder (0700), locked while somebody rehearses
//! satchel-drill/from what a stream brought, as a folder of backups
//! satchel-drill/data the store that is built
//! ```

use std::collections::HashSet;
use std::fs::{self, DirBuilder, File};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use rustix::process::geteuid;
use serde::Serialize;

use super::Restored;
use super::error::BackupError;
use super::folder::{Folder, destroy_file};
use super::restore::{self, From, Restore, of_stream, remove_all, spool_to};
use super::room::{has_room, needed};
use crate::store::db;
use crate::store::files::make_folder;
use crate::store::inspect::inspect;
use crate::store::medium::Medium;
use crate::store::random::Random;
use crate::store::{Found, slots};

const NAME: &str = "satchel-drill";
const FROM: &str = "from";
const DATA: &str = "data";
const SLOTS: &str = "shred-keys";

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
        self.place.join(NAME)
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
        let scratch = self.scratch();
        self.is_apart(backup)?;
        let lock = begin(&scratch)?;
        clear(&scratch)?;
        let done = self.within(&scratch, from, len);
        let cleared = clear(&scratch).and_then(|()| fs::remove_dir(&scratch).map_err(BackupError::at(&scratch)));
        drop(lock);
        let rehearsed = done?;
        cleared?;
        Ok(rehearsed)
    }

    /// By where they lead, not by what they are called. What is not there yet is looked for by what it would be in.
    fn is_apart(&self, backup: Option<&Path>) -> Result<(), BackupError> {
        let place = self.place.canonicalize().map_err(BackupError::at(self.place))?;
        let scratch = place.join(NAME);
        for other in [Some(self.data), backup].into_iter().flatten() {
            let Ok(other) = other.canonicalize() else { continue };
            if scratch.starts_with(&other) || other.starts_with(&scratch) {
                return Err(BackupError::ScratchWithin { path: scratch });
            }
        }
        Ok(())
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

/// The scratch folder, this user's alone, with its lock.
fn begin(scratch: &Path) -> Result<File, BackupError> {
    match DirBuilder::new().mode(0o700).create(scratch) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => return Err(BackupError::at(scratch)(error)),
        _ => {}
    }
    let not_ours = || BackupError::NotScratch {
        path: scratch.to_path_buf(),
    };
    // Where others may write, somebody may have put one there.
    let about = fs::symlink_metadata(scratch).map_err(BackupError::at(scratch))?;
    if !about.is_dir() || about.uid() != geteuid().as_raw() || about.mode() & 0o077 != 0 {
        return Err(not_ours());
    }
    let lock = File::open(scratch).map_err(BackupError::at(scratch))?;
    if lock.try_lock().is_err() {
        return Err(BackupError::ScratchInUse {
            path: scratch.to_path_buf(),
        });
    }
    // Removed by another drill that ended, between both.
    let same = fs::symlink_metadata(scratch).is_ok_and(|there| there.ino() == about.ino())
        && lock.metadata().is_ok_and(|held| held.ino() == about.ino());
    if !same {
        return Err(BackupError::ScratchInUse {
            path: scratch.to_path_buf(),
        });
    }
    for entry in fs::read_dir(scratch).map_err(BackupError::at(scratch))? {
        let name = entry.map_err(BackupError::at(scratch))?.file_name();
        if name != FROM && name != DATA {
            return Err(not_ours());
        }
    }
    Ok(lock)
}

/// Keys are overwritten, then all of it goes.
fn clear(scratch: &Path) -> Result<(), BackupError> {
    let data = scratch.join(DATA);
    let slots = data.join(SLOTS);
    destroy_file(&slots)?;
    destroy_file(&restore::scratch_slots(&slots))?;
    destroy_file(&spool(scratch))?;
    remove_all(&data)?;
    remove_all(&scratch.join(FROM))
}

/// A folder of one run is what a stream is.
fn spool(scratch: &Path) -> PathBuf {
    scratch.join(FROM).join("run-00000001")
}
