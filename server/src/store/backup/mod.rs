//! Backups that bring nothing back, docs/decisions/0030-backups.md.
//!
//! A backup holds all of what its creator asked to keep, shred key included. Of everything else it holds what tells a reader that it is gone, and when
//! that may be forgotten. It is read from a running server's files, past the server.

mod around;
mod copy;
mod error;
mod folder;
mod format;
mod house;
mod read;
mod rehearse;
mod restore;
mod room;
mod run;
mod scratch;

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Serialize;

pub use error::BackupError;
pub(super) use folder::destroy_file;
pub use rehearse::{Rehearsal, Rehearsed};
pub(super) use restore::SCRATCH;
pub use restore::{From, Restore};
pub(crate) use scratch::{HOUSES, MOVE_KEY, Scratch, within as scratch_within};

use super::db;
use super::error::OpenError;
use super::medium::Medium;
use super::moving;
use super::random::Random;
use around::{keys_are_in_memory, store_of};
use copy::{Copier, Outcome, Parts};
use folder::Folder;
use format::{RunId, State};
use house::Fate;
use run::Run;

/// How long a server that starts is waited for.
const LOOKS: u32 = 50;
const PAUSE: Duration = Duration::from_millis(100);
const BUFFER: usize = 1 << 18;

/// What to back up.
pub struct Backup<'a> {
    /// The data folder.
    pub folder: &'a Path,
    /// The file of the shred keys.
    pub slots: &'a Path,
    /// Unix seconds.
    pub now: u64,
    /// Randomness.
    pub random: &'a dyn Random,
}

/// What a backup holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct BackedUp {
    /// Kept, with keys.
    pub kept: u64,
    /// Of these, copied this time.
    pub copied: u64,
    /// Of all else, what tells that it is gone.
    pub tombstones: u64,
    /// Invites that hold.
    pub invites: u64,
    /// Blocked ids.
    pub blocked: u64,
    /// To be kept, and not in it: neither its key nor its burn is whole.
    pub damaged: u64,
    /// Bytes that were written.
    pub bytes: u64,
}

/// What came back, or would.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Restored {
    /// The hour in which the backup was made, Unix seconds.
    pub made: u64,
    /// Opens by its links again.
    pub kept: u64,
    /// Bytes of its containers.
    pub bytes: u64,
    /// Destroyed, as it expired meanwhile.
    pub expired: u64,
    /// Destroyed, as it was named as burned.
    pub burned: u64,
    /// All else of which is told that it is gone.
    pub tombstones: u64,
    /// All else whose tombstone would be gone by now.
    pub forgotten: u64,
    /// Invites that hold.
    pub invites: u64,
    /// Blocked ids.
    pub blocked: u64,
    /// What stands in the way, where it was only looked at.
    #[serde(skip)]
    pub taken: Option<PathBuf>,
}

/// What a folder of backups holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Holdings {
    /// Which.
    pub folder: PathBuf,
    /// The hour in which the last one was made, Unix seconds.
    pub made: u64,
    /// Kept, with keys.
    pub kept: u64,
    /// Bytes of their ciphertext.
    pub bytes: u64,
    /// Of all else, what tells that it is gone.
    pub tombstones: u64,
    /// Invites.
    pub invites: u64,
    /// Blocked ids.
    pub blocked: u64,
}

impl Restored {
    const fn count(&mut self, fate: &Fate, bytes: u64) {
        match fate {
            Fate::Lives => {
                self.kept += 1;
                self.bytes += bytes;
            }
            Fate::Expired { .. } => self.expired += 1,
            Fate::Burned { .. } => self.burned += 1,
        }
    }
}

impl Backup<'_> {
    /// Writes all of it to a stream.
    ///
    /// # Errors
    /// [`BackupError`]; what was written then is no backup.
    pub fn to_stream(&self, out: impl Write) -> Result<BackedUp, BackupError> {
        let (parts, _lock) = self.parts()?;
        let nothing = State::default();
        let out = BufWriter::with_capacity(BUFFER, out);
        let run = Run::begin(out, 1, self.run_id()?).map_err(BackupError::Output)?;
        Copier::new(&parts, run, &nothing, self.now, BackupError::Output)
            .copy()
            .map(|outcome| backed_up(&outcome))
    }

    /// Writes to a folder what changed since it was last written to, and destroys there what burned since.
    ///
    /// # Errors
    /// [`BackupError`]; the folder holds what it held then.
    pub fn to_folder(&self, path: &Path) -> Result<BackedUp, BackupError> {
        self.is_outside(path)?;
        let (parts, _lock) = self.parts()?;
        let mut folder = Folder::open(path)?;
        let before = folder.before()?;
        if before.previous > 0 && before.store != store_of(&parts.conn)? {
            return Err(BackupError::OtherStore {
                path: path.to_path_buf(),
            });
        }
        let done = self.next_run(&parts, &mut folder, &before);
        if done.is_err() {
            folder.abandon();
        }
        let outcome = done?;
        folder.destroy(&outcome.state, Some(&before))?;
        Ok(backed_up(&outcome))
    }

    fn next_run(
        &self,
        parts: &Parts,
        folder: &mut Folder,
        before: &State,
    ) -> Result<Outcome<BufWriter<File>>, BackupError> {
        let file = BufWriter::with_capacity(BUFFER, folder.begin()?);
        let run = Run::begin(file, folder.next(), self.run_id()?).map_err(BackupError::Output)?;
        let outcome = Copier::new(parts, run, before, self.now, BackupError::Output).copy()?;
        folder.commit(outcome.out.get_ref())?;
        Ok(outcome)
    }

    fn run_id(&self) -> Result<RunId, BackupError> {
        let mut id = RunId([0; 16]);
        self.random.fill(&mut id.0)?;
        Ok(id)
    }

    /// A folder that is not made yet is looked for by the nearest one that is.
    fn is_outside(&self, path: &Path) -> Result<(), BackupError> {
        let whole = std::path::absolute(path).map_err(BackupError::at(path))?;
        let data = self.folder.canonicalize().map_err(BackupError::at(self.folder))?;
        let nearest = whole.ancestors().find_map(|above| above.canonicalize().ok());
        match nearest {
            Some(nearest) if nearest.starts_with(&data) => Err(BackupError::Inside {
                path: path.to_path_buf(),
            }),
            _ => Ok(()),
        }
    }

    /// The store's parts, as they are: with a server that runs on them, or with its lock, so that none comes to.
    fn parts(&self) -> Result<(Parts, Option<File>), BackupError> {
        // What is backed up here would come back beside what lives elsewhere.
        moving::gate(self.folder)?;
        let database = self.folder.join("satchel.db");
        let path = self.folder.join("lock");
        let lock = File::open(&path).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => BackupError::Open(OpenError::NoStore),
            _ => BackupError::at(&path)(error),
        })?;
        let lock = lock.try_lock().is_ok().then_some(lock);
        let log = self.folder.join("satchel.db-wal");
        for _ in 0..LOOKS {
            if lock.is_some() || log.exists() {
                break;
            }
            std::thread::sleep(PAUSE);
        }
        if lock.is_none() && !log.exists() {
            return Err(OpenError::InUse.into());
        }
        if !database.exists() {
            return Err(OpenError::NoStore.into());
        }
        let conn = db::open_outside(&database)?;
        if keys_are_in_memory(&conn)? {
            return Err(BackupError::KeysInMemory);
        }
        let slots = |source| BackupError::Slots {
            path: self.slots.to_path_buf(),
            source,
        };
        let medium = Medium::File(File::open(self.slots).map_err(slots)?);
        let parts = Parts {
            conn,
            medium,
            content: self.folder.join("content"),
        };
        Ok((parts, lock))
    }
}

/// What a folder holds, as whoever finds it sees it. Every byte of its newest run is verified.
///
/// # Errors
/// [`BackupError`].
pub fn holdings(path: &Path) -> Result<Holdings, BackupError> {
    if !path.is_dir() {
        return Err(BackupError::Nothing {
            path: path.to_path_buf(),
        });
    }
    let state = Folder::open_to_read(path)?.reading()?.state;
    let count = |len: usize| u64::try_from(len).unwrap_or(u64::MAX);
    Ok(Holdings {
        folder: path.to_path_buf(),
        made: state.made,
        kept: count(state.kept.len()),
        bytes: state.kept.iter().map(|kept| kept.contents.1).sum(),
        tombstones: count(state.gone.len()),
        invites: count(state.invites.len()),
        blocked: count(state.blocked.len()),
    })
}

fn backed_up<W>(outcome: &Outcome<W>) -> BackedUp {
    let count = |len: usize| u64::try_from(len).unwrap_or(u64::MAX);
    let state = &outcome.state;
    BackedUp {
        kept: count(state.kept.len()),
        copied: outcome.copied,
        tombstones: count(state.gone.len()),
        invites: count(state.invites.len()),
        blocked: count(state.blocked.len()),
        damaged: outcome.damaged,
        bytes: outcome.bytes,
    }
}

/// Hands out the hash of each id of which the store knows that it burned, in the hour of `since` or later.
///
/// # Errors
/// [`OpenError`] where there is no store that can be read, or what `each` says.
pub fn burned<E: std::convert::From<OpenError>>(
    folder: &Path,
    since: u64,
    mut each: impl FnMut([u8; 32]) -> Result<(), E>,
) -> Result<(), E> {
    let conn = db::open_outside(&folder.join("satchel.db"))?;
    let mut query = conn
        .prepare("SELECT id FROM paste WHERE state = 2 AND burned_at >= ?1 ORDER BY item")
        .map_err(OpenError::from)?;
    let mut rows = query
        .query([crate::lifecycle::hour_of(since)])
        .map_err(OpenError::from)?;
    while let Some(row) = rows.next().map_err(OpenError::from)? {
        each(row.get(0).map_err(OpenError::from)?)?;
    }
    Ok(())
}
