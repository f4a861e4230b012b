//! The data folder of the new side: what is being received into it, how far that is, and its lock.
//!
//! `receiving` holds a note of that, the key of the move, and the store that is being built. When the store has moved to its place, the rest is
//! called `received` until the old side was told.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::MoveId;
use super::error::MoveError;
use crate::store::backup::{self, destroy_file};
use crate::store::db;
use crate::store::error::OpenError;
use crate::store::files::make_folder;
use crate::store::opening::{self, open_private, sync_folder};

/// Where it is built, within the data folder. A server does not start while it is there and the database is not.
pub(in crate::store) const SCRATCH: &str = "receiving";
const ARRIVED: &str = "received";
const NOTE: &str = "note";

/// How far the new side is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Standing {
    /// Items come.
    Receiving,
    /// All is there, and verified. The old one may still take it back.
    Complete,
    /// The old one has destroyed its keys.
    Released,
    /// It is a store.
    Arrived,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
struct Note {
    id: MoveId,
    standing: Standing,
}

/// The folder, with its lock.
pub(crate) struct Site {
    folder: PathBuf,
    slots: PathBuf,
    note: Option<Note>,
    _lock: File,
}

impl Site {
    /// Takes the folder: one that has no store, or one in which something is being received.
    pub(crate) fn take(folder: &Path, slots: &Path) -> Result<Self, MoveError> {
        super::gate(folder)?;
        make_folder(folder).map_err(MoveError::at(folder))?;
        let lock = opening::lock(&folder.join("lock"))?;
        let mut site = Self {
            folder: folder.to_path_buf(),
            slots: slots.to_path_buf(),
            note: None,
            _lock: lock,
        };
        site.note = match site.read_note(SCRATCH)? {
            None => site.read_note(ARRIVED)?.map(|note| Note {
                standing: Standing::Arrived,
                ..note
            }),
            note => note,
        };
        if site.note.is_none() {
            site.is_free()?;
        }
        Ok(site)
    }

    /// Which move, and how far.
    pub(crate) fn standing(&self) -> Option<(MoveId, Standing)> {
        self.note.map(|note| (note.id, note.standing))
    }

    /// The file of the move's key, whose folder is there.
    pub(crate) fn key_path(&self) -> Result<PathBuf, MoveError> {
        if self
            .standing()
            .is_some_and(|(_, standing)| standing == Standing::Arrived)
        {
            return Ok(self.folder.join(ARRIVED).join("key"));
        }
        let scratch = self.scratch();
        make_folder(&scratch)
            .and_then(|()| sync_folder(&self.folder))
            .map_err(MoveError::at(&scratch))?;
        Ok(scratch.join("key"))
    }

    /// A folder to build in, with nothing in it but a key.
    pub(super) fn begin_anew(&self) -> Result<(), MoveError> {
        let (scratch, slots) = (self.scratch(), self.scratch_slots());
        make_folder(&scratch).map_err(MoveError::at(&scratch))?;
        destroy_file(&slots).map_err(|error| MoveError::at(&slots)(io::Error::other(error)))?;
        for name in ["satchel.db", "satchel.db-wal", "satchel.db-shm"] {
            match fs::remove_file(scratch.join(name)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(MoveError::at(&scratch)(error)),
                _ => {}
            }
        }
        match fs::remove_dir_all(scratch.join("content")) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(MoveError::at(&scratch)(error)),
            _ => sync_folder(&self.folder).map_err(MoveError::at(&self.folder)),
        }
    }

    /// Durable before it returns.
    pub(super) fn note(&mut self, id: MoveId, standing: Standing) -> Result<(), MoveError> {
        let note = Note { id, standing };
        let (path, next) = (self.scratch().join(NOTE), self.scratch().join("note.next"));
        let written = open_private(&next).and_then(|mut file| {
            file.set_len(0)?;
            file.write_all(&serde_json::to_vec(&note)?)?;
            file.sync_all()?;
            fs::rename(&next, &path)?;
            sync_folder(&self.scratch())
        });
        written.map_err(MoveError::at(&path))?;
        self.note = Some(note);
        Ok(())
    }

    fn read_note(&self, within: &str) -> Result<Option<Note>, MoveError> {
        let path = self.folder.join(within).join(NOTE);
        match fs::read(&path) {
            Ok(bytes) => Ok(Some(
                serde_json::from_slice(&bytes).map_err(|error| MoveError::at(&path)(error.into()))?,
            )),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(MoveError::at(&path)(error)),
        }
    }

    /// Nothing is overwritten.
    fn is_free(&self) -> Result<(), MoveError> {
        let restoring = self.folder.join(backup::SCRATCH);
        if restoring.exists() {
            return Err(MoveError::HalfRestored { path: restoring });
        }
        let content = self.folder.join("content");
        let is_empty = fs::read_dir(&content).map_or(true, |mut listed| listed.next().is_none());
        let database = self.folder.join("satchel.db");
        let taken = [
            database.exists().then_some(database),
            (!is_empty).then_some(content),
            self.slots.exists().then(|| self.slots.clone()),
        ];
        match taken.into_iter().flatten().next() {
            Some(path) => Err(MoveError::Taken { path }),
            None => Ok(()),
        }
    }

    pub(super) fn scratch(&self) -> PathBuf {
        self.folder.join(SCRATCH)
    }

    /// On the disk where they will stay: keys leave no copy behind on another.
    pub(super) fn scratch_slots(&self) -> PathBuf {
        scratch_slots(&self.slots)
    }

    /// The old one has let go, or is gone for good: what is there becomes the store. What was cut off in the middle is done by doing it again.
    pub(crate) fn move_in(&mut self) -> Result<(), MoveError> {
        let id = match self.standing() {
            Some((_, Standing::Arrived)) => return Ok(()),
            Some((id, Standing::Complete | Standing::Released)) => id,
            Some((_, Standing::Receiving)) => return Err(MoveError::NotComplete),
            None => return Err(MoveError::Nothing),
        };
        self.note(id, Standing::Released)?;
        let (scratch, slots) = (self.scratch(), self.scratch_slots());
        let database = scratch.join("satchel.db");
        if database.exists() {
            let conn = db::open_past_fence(&database)?;
            conn.execute("DELETE FROM store WHERE name LIKE 'moved.%'", [])?;
            conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
            conn.close().map_err(|(_, error)| error)?;
            File::open(&database)
                .and_then(|file| file.sync_all())
                .map_err(MoveError::at(&database))?;
            move_to(&slots, &self.slots)?;
            move_to(&scratch.join("content"), &self.folder.join("content"))?;
            move_to(&database, &self.folder.join("satchel.db"))?;
        }
        move_to(&scratch, &self.folder.join(ARRIVED))?;
        self.note = Some(Note {
            id,
            standing: Standing::Arrived,
        });
        Ok(())
    }

    /// The old one knows: nothing of the move is needed any more.
    pub(crate) fn close(self) -> Result<(), MoveError> {
        let arrived = self.folder.join(ARRIVED);
        fs::remove_dir_all(&arrived).map_err(MoveError::at(&arrived))
    }

    /// The old one serves again: what came is destroyed, keys first.
    pub(crate) fn empty(&mut self) -> Result<(), MoveError> {
        let (scratch, slots) = (self.scratch(), self.scratch_slots());
        destroy_file(&slots).map_err(|error| MoveError::at(&slots)(io::Error::other(error)))?;
        self.note = None;
        match fs::remove_dir_all(&scratch) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(MoveError::at(&scratch)(error)),
            _ => sync_folder(&self.folder).map_err(MoveError::at(&self.folder)),
        }
    }
}

/// Where keys are while the store is being built.
pub(in crate::store) fn scratch_slots(slots: &Path) -> PathBuf {
    let mut name = slots.as_os_str().to_owned();
    name.push(".receiving");
    PathBuf::from(name)
}

/// One that is there already was moved before.
fn move_to(from: &Path, to: &Path) -> Result<(), MoveError> {
    let done = match fs::rename(from, to) {
        Err(error) if error.kind() == io::ErrorKind::NotFound && to.exists() => Ok(()),
        done => done,
    };
    done.and_then(|()| to.parent().map_or(Ok(()), sync_folder))
        .map_err(MoveError::at(to))
}

/// Whether a server may start in this folder.
pub(in crate::store) fn gate(folder: &Path) -> Result<(), OpenError> {
    let scratch = folder.join(SCRATCH);
    // Without a note nothing has come yet.
    if scratch.join(NOTE).exists() && !folder.join("satchel.db").exists() {
        return Err(OpenError::Receiving { path: scratch });
    }
    Ok(())
}
