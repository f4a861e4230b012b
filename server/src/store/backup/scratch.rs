//! The folder in which drills rehearse. It has one name, so that the next one finds and destroys what one that was killed has left.
//!
//! ```text
//! satchel-drill            the scratch folder (0700), locked while somebody rehearses
//! satchel-drill/from       `drill restore`: what a stream brought, as a folder of backups
//! satchel-drill/data       `drill restore`: the store that is built
//! satchel-drill/here, there, back, move-key
//!                          `drill move`: data folders, and the key of a move
//! ```

use std::fs::{self, DirBuilder, File};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use rustix::process::geteuid;

use super::error::BackupError;
use super::folder::destroy_file;
use super::restore::{self, remove_all};
use crate::store::moving;

const NAME: &str = "satchel-drill";
pub(super) const FROM: &str = "from";
pub(super) const DATA: &str = "data";
pub(super) const SLOTS: &str = "shred-keys";
/// Data folders: of what is made up, of the scratch server that it goes to, and of the one that it comes back to.
pub(crate) const HOUSES: [&str; 3] = ["here", "there", "back"];
/// The key of a move between two of them.
pub(crate) const MOVE_KEY: &str = "move-key";

/// The folder, this user's alone, with its lock. What is in it goes when this does.
pub(crate) struct Scratch {
    folder: PathBuf,
    ended: bool,
    _lock: File,
}

/// What it is called in `place`.
pub(crate) fn within(place: &Path) -> PathBuf {
    place.join(NAME)
}

impl Scratch {
    /// Takes it in `place`, empty, and nowhere within the folders of `apart` or around them.
    pub(crate) fn take(place: &Path, apart: &[&Path]) -> Result<Self, BackupError> {
        let folder = within(place);
        is_apart(place, apart)?;
        let lock = begin(&folder)?;
        clear(&folder)?;
        Ok(Self {
            folder,
            ended: false,
            _lock: lock,
        })
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Destroys what is in it, and removes it.
    pub(crate) fn end(mut self) -> Result<(), BackupError> {
        self.ended = true;
        gone(&self.folder)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if !self.ended {
            // When it fails, the next drill does it.
            let _ = gone(&self.folder);
        }
    }
}

fn gone(folder: &Path) -> Result<(), BackupError> {
    clear(folder)?;
    fs::remove_dir(folder).map_err(BackupError::at(folder))
}

/// By where they lead, not by what they are called. What is not there yet is looked for by what it would be in.
fn is_apart(place: &Path, apart: &[&Path]) -> Result<(), BackupError> {
    let place = place.canonicalize().map_err(BackupError::at(place))?;
    let scratch = place.join(NAME);
    for other in apart {
        let Ok(other) = other.canonicalize() else { continue };
        if scratch.starts_with(&other) || other.starts_with(&scratch) {
            return Err(BackupError::ScratchWithin { path: scratch });
        }
    }
    Ok(())
}

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
        if ![FROM, DATA, MOVE_KEY].iter().chain(&HOUSES).any(|known| name == *known) {
            return Err(not_ours());
        }
    }
    Ok(lock)
}

/// Keys are overwritten, then all of it goes.
fn clear(scratch: &Path) -> Result<(), BackupError> {
    destroy_file(&spool(scratch))?;
    destroy_file(&scratch.join(MOVE_KEY))?;
    for name in [DATA].iter().chain(&HOUSES) {
        let slots = scratch.join(name).join(SLOTS);
        for slots in [restore::scratch_slots(&slots), moving::scratch_slots(&slots), slots] {
            destroy_file(&slots)?;
        }
        remove_all(&scratch.join(name))?;
    }
    remove_all(&scratch.join(FROM))
}

/// A folder of one run is what a stream is.
pub(super) fn spool(scratch: &Path) -> PathBuf {
    scratch.join(FROM).join("run-00000001")
}
