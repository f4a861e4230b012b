//! A new store from a backup: built in a folder of its own within the data folder, and moved into place when all of it is there.
//!
//! The database is moved last: until then there is no store, and a start says that a restore was cut off.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, Read, Write as _};
use std::path::{Path, PathBuf};

use satchel_api::Burned;

use super::Restored;
use super::error::BackupError;
use super::folder::{Folder, destroy_file};
use super::format::Kept;
use super::house::{Fate, House, rows_due};
use super::read::{Reading, RunFile};
use super::room::{has_room, needed};
use crate::lifecycle::{hour_of, tombstone_until};
use crate::store::files::make_folder;
use crate::store::item::{ContentFault, Item, Piece};
use crate::store::moving;
use crate::store::opening::{self, open_private, sync_folder};
use crate::store::random::Random;

/// Where it is built, within the data folder. A server does not start while it is there and the database is not.
pub(in crate::store) const SCRATCH: &str = "restoring";
const SPOOL: &str = "stream";

/// What to restore from.
pub enum From<'a> {
    /// A folder.
    Folder(&'a Path),
    /// A stream, which is taken to the data folder's disk first: nothing of it counts before its end was seen.
    Stream(&'a mut dyn Read),
}

/// Where to, and how.
pub struct Restore<'a> {
    /// The data folder.
    pub folder: &'a Path,
    /// The file for the shred keys.
    pub slots: &'a Path,
    /// Only look.
    pub dry_run: bool,
    /// Hashes of ids that burned since.
    pub burned: &'a HashSet<[u8; 32]>,
    /// Unix seconds.
    pub now: u64,
    /// Randomness.
    pub random: &'a dyn Random,
}

impl Restore<'_> {
    /// Restores, or with `dry_run` verifies all of it and counts.
    ///
    /// # Errors
    /// [`BackupError`]; nothing was restored then.
    pub fn run(&self, from: From<'_>) -> Result<Restored, BackupError> {
        let taken = self.taken();
        let is_look = self.dry_run && matches!(from, From::Folder(_));
        if let (false, Some(path)) = (is_look, &taken) {
            return Err(BackupError::Taken { path: path.clone() });
        }
        let restored = match from {
            From::Folder(path) => self.of_folder(path),
            From::Stream(stream) => self.in_scratch(|| {
                let spool = self.folder.join(SCRATCH).join(SPOOL);
                spool_to(stream, &spool)?;
                let reading = RunFile::open(&spool, false).and_then(|run| Reading::open(run, |_| spool.clone()));
                self.build(&reading.map_err(of_stream)?, Some(&spool))
                    .map_err(of_stream)
            }),
        };
        Ok(Restored { taken, ..restored? })
    }

    fn of_folder(&self, path: &Path) -> Result<Restored, BackupError> {
        if !path.is_dir() {
            return Err(BackupError::Nothing {
                path: path.to_path_buf(),
            });
        }
        let folder = Folder::open_to_read(path)?;
        let reading = folder.reading()?;
        if self.dry_run {
            return self.build(&reading, None);
        }
        self.in_scratch(|| self.build(&reading, None))
    }

    /// With the data folder's lock. What fails leaves nothing.
    fn in_scratch(&self, work: impl FnOnce() -> Result<Restored, BackupError>) -> Result<Restored, BackupError> {
        let was_there = self.folder.exists();
        let lock = self.begin()?;
        let done = work();
        if done.is_err() || self.dry_run {
            // When it fails, the next restore does it.
            let _ = self.clear();
            if !was_there {
                let _ = fs::remove_file(self.folder.join("lock")).and_then(|()| fs::remove_dir(self.folder));
            }
        }
        drop(lock);
        done
    }

    /// What is there already, and is not to be overwritten. What a restore left that was cut off is.
    fn taken(&self) -> Option<PathBuf> {
        let database = self.folder.join("satchel.db");
        if database.exists() {
            return Some(database);
        }
        if self.folder.join(SCRATCH).exists() {
            return None;
        }
        let content = self.folder.join("content");
        let is_empty = fs::read_dir(&content).map_or(true, |mut listed| listed.next().is_none());
        let found = [
            (!is_empty).then_some(content),
            self.slots.exists().then(|| self.slots.to_path_buf()),
        ];
        found.into_iter().flatten().next()
    }

    /// The data folder's lock, and an empty folder to build in.
    fn begin(&self) -> Result<File, BackupError> {
        moving::gate(self.folder)?;
        moving::gate_to_serve(self.folder)?;
        make_folder(self.folder).map_err(BackupError::at(self.folder))?;
        let lock = opening::lock(&self.folder.join("lock"))?;
        self.clear()?;
        let scratch = self.folder.join(SCRATCH);
        make_folder(&scratch).map_err(BackupError::at(&scratch))?;
        sync_folder(self.folder).map_err(BackupError::at(self.folder))?;
        Ok(lock)
    }

    fn scratch_slots(&self) -> PathBuf {
        scratch_slots(self.slots)
    }

    /// Takes away what was built. Keys are overwritten.
    fn clear(&self) -> Result<(), BackupError> {
        let scratch = self.folder.join(SCRATCH);
        destroy_file(&scratch.join(SPOOL))?;
        destroy_file(&self.scratch_slots())?;
        if !scratch.exists() {
            return Ok(());
        }
        if !self.folder.join("satchel.db").exists() {
            // Cut off while it was moved into place.
            destroy_file(self.slots)?;
            remove_all(&self.folder.join("content"))?;
        }
        remove_all(&scratch)
    }

    fn build(&self, reading: &Reading, spool: Option<&Path>) -> Result<Restored, BackupError> {
        if hour_of(self.now) < reading.state.made {
            return Err(BackupError::Clock);
        }
        let mut restored = Restored {
            made: reading.state.made,
            ..Restored::default()
        };
        let mut house = if self.dry_run {
            None
        } else {
            has_room(self.folder, needed(&reading.state))?;
            Some(House::build(
                &self.folder.join(SCRATCH),
                &self.scratch_slots(),
                self.random,
            )?)
        };
        for kept in &reading.state.kept {
            let item = reading.item(kept)?;
            let fate = self.fate(&item);
            let house = house.as_mut().map(|house| (house, &fate));
            place_contents(reading, kept, house.as_ref().map(|(house, fate)| (&**house, *fate)))?;
            restored.count(&fate, item.row.own_bytes());
            if let Some((house, fate)) = house {
                house.place(item, fate)?;
            }
        }
        for gone in &reading.state.gone {
            let stone = reading.stone(gone)?;
            let stays = stone.until > self.now;
            restored.tombstones += u64::from(stays);
            restored.forgotten += u64::from(!stays);
            if let (true, Some(house)) = (stays, house.as_mut()) {
                let now = hour_of(self.now);
                house.stone(&stone, (Burned::Demand, now))?;
            }
        }
        let invites = reading
            .state
            .invites
            .iter()
            .filter(|invite| invite.expires_at > self.now);
        restored.invites = invites.clone().count() as u64;
        restored.blocked = reading.state.blocked.len() as u64;
        let Some(house) = house else { return Ok(restored) };
        for invite in invites {
            invite.insert(&house.conn)?;
        }
        for id in &reading.state.blocked {
            house.conn.execute("INSERT INTO blocked VALUES (?1)", [&id[..]])?;
        }
        house.close(hour_of(self.now))?;
        if let Some(spool) = spool {
            destroy_file(spool)?;
        }
        self.move_in()?;
        Ok(restored)
    }

    fn fate(&self, item: &Item) -> Fate {
        let due = rows_due(item);
        if due <= self.now {
            Fate::Expired {
                stays: tombstone_until(due) > self.now,
                at: hour_of(due),
            }
        } else if self.burned.contains(&item.id) {
            Fate::Burned { at: hour_of(self.now) }
        } else {
            Fate::Lives
        }
    }

    /// Everything is on the disk: it becomes the store.
    fn move_in(&self) -> Result<(), BackupError> {
        let scratch = self.folder.join(SCRATCH);
        let moved = fs::rename(self.scratch_slots(), self.slots)
            .and_then(|()| self.slots.parent().map_or(Ok(()), sync_folder))
            .and_then(|()| fs::rename(scratch.join("content"), self.folder.join("content")))
            .and_then(|()| sync_folder(self.folder))
            .and_then(|()| fs::rename(scratch.join("satchel.db"), self.folder.join("satchel.db")))
            .and_then(|()| sync_folder(self.folder))
            .and_then(|()| fs::remove_dir(&scratch));
        moved.map_err(BackupError::at(self.folder))
    }
}

/// Where the keys are written before they count.
pub(super) fn scratch_slots(slots: &Path) -> PathBuf {
    let mut name = slots.as_os_str().to_owned();
    name.push(".restoring");
    PathBuf::from(name)
}

/// Verifies the contents, and puts them where they belong if they are to live.
fn place_contents(reading: &Reading, kept: &Kept, house: Option<(&House, &Fate)>) -> Result<(), BackupError> {
    let mut file = None;
    let put = |piece: Piece<'_>| match house {
        Some((house, Fate::Lives)) => piece.put(&house.conn, &house.files, kept.item, &mut file),
        _ => Ok::<_, ContentFault>(()),
    };
    reading.contents(kept, put)?;
    if let (Some((house, _)), Some(file)) = (house, file) {
        let hour = hour_of(kept.now.due);
        house.files.sync(&file, hour).map_err(BackupError::at(&house.content))?;
    }
    Ok(())
}

pub(super) fn spool_to(stream: &mut dyn Read, path: &Path) -> Result<(), BackupError> {
    let mut file = open_private(path).map_err(BackupError::at(path))?;
    file.set_len(0).map_err(BackupError::at(path))?;
    let mut bytes = zeroize::Zeroizing::new(vec![0; 1 << 18]);
    loop {
        match stream.read(&mut bytes) {
            Ok(0) => return Ok(()),
            Ok(len) => file.write_all(&bytes[..len]).map_err(BackupError::at(path))?,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(source) => {
                return Err(BackupError::Io {
                    path: PathBuf::from("standard input"),
                    source,
                });
            }
        }
    }
}

/// The stream's place on the disk says nothing to anybody.
pub(super) fn of_stream(error: BackupError) -> BackupError {
    match error {
        BackupError::Damaged { .. } => BackupError::damaged("standard input"),
        error => error,
    }
}

pub(super) fn remove_all(path: &Path) -> Result<(), BackupError> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(BackupError::at(path)(error)),
        _ => Ok(()),
    }
}
