//! A folder that holds a backup: a file for each run, and what burned since is destroyed in the older ones.
//!
//! ```text
//! lock         held while somebody writes or restores
//! run-00000007 a run; the one with the highest number says what is live
//! run.new      a run that is being written, or was cut off: not there for anybody
//! ```
//!
//! First the new run stands, then what it does not name any more is overwritten, and last the state of the run before it, as a sign that all of that is
//! done. So a backup that is killed leaves the old state or the new one, and the next one finds what is left to destroy.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, FileExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::{FallocateFlags, fallocate};

use super::error::BackupError;
use super::format::{CHECK_LEN, Kept, STONE_LEN, State};
use super::read::{Reading, RunFile};
use crate::store::opening::{open_private, sync_folder};

const NEW: &str = "run.new";
const LOCK: &str = "lock";
/// Less than this is not given back to the file system: it has no smaller pieces.
const PIECE: u64 = 4096;

/// A folder nobody else writes to.
pub(super) struct Folder {
    path: PathBuf,
    /// In order of their numbers.
    runs: Vec<u32>,
    _lock: Option<File>,
}

impl Folder {
    /// The folder, made (0700) when missing.
    pub(super) fn open(path: &Path) -> Result<Self, BackupError> {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(path)
            .map_err(BackupError::at(path))?;
        // What is no backup gets no lock either.
        runs(path)?;
        let lock = open_private(&path.join(LOCK)).map_err(BackupError::at(path))?;
        Self::locked(path, Some(lock))
    }

    /// A folder that is there, to be read.
    pub(super) fn open_to_read(path: &Path) -> Result<Self, BackupError> {
        match File::open(path.join(LOCK)) {
            Ok(lock) => Self::locked(path, Some(lock)),
            // A copy of the runs alone is as good.
            Err(_) => Self::locked(path, None),
        }
    }

    fn locked(path: &Path, lock: Option<File>) -> Result<Self, BackupError> {
        if lock.as_ref().is_some_and(|lock| lock.try_lock().is_err()) {
            return Err(BackupError::InUse {
                path: path.to_path_buf(),
            });
        }
        Ok(Self {
            path: path.to_path_buf(),
            runs: runs(path)?,
            _lock: lock,
        })
    }

    fn run(&self, number: u32) -> PathBuf {
        self.path.join(name(number))
    }

    pub(super) fn next(&self) -> u32 {
        self.runs.last().map_or(1, |last| last + 1)
    }

    /// To restore it.
    pub(super) fn reading(&self) -> Result<Reading, BackupError> {
        let Some(newest) = self.runs.last() else {
            return Err(BackupError::Nothing {
                path: self.path.clone(),
            });
        };
        let newest = RunFile::open(&self.run(*newest), false)?;
        if Some(&newest.number) != self.runs.last() {
            return Err(BackupError::damaged(&self.run(newest.number).display().to_string()));
        }
        Reading::open(newest, |number| self.run(number))
    }

    /// What it says is live; nothing else of it is looked at.
    pub(super) fn state(&self) -> Result<State, BackupError> {
        let Some(newest) = self.runs.last() else {
            return Err(BackupError::Nothing {
                path: self.path.clone(),
            });
        };
        RunFile::open(&self.run(*newest), false)?.state()
    }

    /// What its runs hold by now, as the next run refers to it: each run that it names, the newest among them. What an earlier backup left to
    /// destroy is destroyed.
    pub(super) fn before(&mut self) -> Result<State, BackupError> {
        self.remove_unfinished()?;
        let Some(newest) = self.runs.last() else {
            return Ok(State::default());
        };
        let newest = RunFile::open(&self.run(*newest), false)?;
        let mut state = newest.state()?;
        self.destroy(&state, None)?;
        state.runs.push((newest.number, newest.id.0));
        state.previous = newest.number;
        Ok(state)
    }

    /// A run that was cut off holds keys of what has burned since, perhaps.
    fn remove_unfinished(&self) -> Result<(), BackupError> {
        destroy_file(&self.path.join(NEW))
    }

    /// The file of the next run.
    pub(super) fn begin(&self) -> Result<File, BackupError> {
        let path = self.path.join(NEW);
        let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
        made.map_err(BackupError::at(&path))
    }

    /// The next run is written: it counts from now on.
    pub(super) fn commit(&mut self, file: &File) -> Result<(), BackupError> {
        let (path, number) = (self.path.join(NEW), self.next());
        let done = file
            .sync_all()
            .and_then(|()| fs::rename(&path, self.run(number)))
            .and_then(|()| sync_folder(&self.path));
        done.map_err(BackupError::at(&path))?;
        self.runs.push(number);
        Ok(())
    }

    /// Nothing came of the next run.
    pub(super) fn abandon(&self) {
        // When it fails, the next backup does it.
        let _ = self.remove_unfinished();
    }

    /// Overwrites whatever the run before held and the newest, of this state, does not name; then removes files that hold nothing live. `before` is what
    /// the run before says, where that is known.
    pub(super) fn destroy(&mut self, state: &State, before: Option<&State>) -> Result<(), BackupError> {
        if let Some(previous) = self.runs.iter().find(|run| **run == state.previous) {
            let previous = RunFile::open(&self.run(*previous), true)?;
            let read = before.map_or_else(|| previous.state().map(Cow::Owned), |known| Ok(Cow::Borrowed(known)));
            // Overwritten already: then all else is, too.
            if let Ok(old) = read {
                self.destroy_difference(&old, state, &previous)?;
                let (place, _) = previous.state_place()?;
                overwrite(&previous, &mut [(place, previous.len - place)])?;
            }
        }
        let newest = self.runs.last().copied();
        let live: HashSet<u32> = state.runs.iter().map(|(run, _)| *run).chain(newest).collect();
        for run in self.runs.iter().filter(|run| !live.contains(run)) {
            fs::remove_file(self.run(*run)).map_err(BackupError::at(&self.path))?;
        }
        self.runs.retain(|run| live.contains(run));
        sync_folder(&self.path).map_err(BackupError::at(&self.path))
    }

    fn destroy_difference(&self, old: &State, new: &State, previous: &RunFile) -> Result<(), BackupError> {
        let mut doomed: Vec<(u32, u64, u64)> = Vec::new();
        let mut live = new.kept.iter().peekable();
        for kept in &old.kept {
            while live.next_if(|live| live.item < kept.item).is_some() {}
            let lives = |live: &&Kept| (live.item, live.run, live.entry) == (kept.item, kept.run, kept.entry);
            if !live.peek().is_some_and(lives) {
                doomed.extend([kept.entry, kept.contents].map(|(place, len)| (kept.run, place, len)));
            }
        }
        for gone in &old.gone {
            let at = new.gone.binary_search_by_key(&gone.item, |gone| gone.item);
            if !at.is_ok_and(|at| (new.gone[at].run, new.gone[at].place) == (gone.run, gone.place)) {
                doomed.push((gone.run, gone.place, (STONE_LEN + CHECK_LEN) as u64));
            }
        }
        doomed.sort_unstable();
        for of_run in doomed.chunk_by(|one, next| one.0 == next.0) {
            let mut places: Vec<(u64, u64)> = of_run.iter().map(|(_, place, len)| (*place, *len)).collect();
            let number = of_run.first().map_or(0, |(run, ..)| *run);
            if number == previous.number {
                overwrite(previous, &mut places)?;
            } else if self.runs.contains(&number) {
                overwrite(&RunFile::open(&self.run(number), true)?, &mut places)?;
            }
        }
        Ok(())
    }
}

/// The numbers of the runs in it, in order.
fn runs(path: &Path) -> Result<Vec<u32>, BackupError> {
    let mut runs = Vec::new();
    for entry in fs::read_dir(path).map_err(BackupError::at(path))? {
        let entry = entry.map_err(BackupError::at(path))?.file_name();
        let entry = entry.to_str().unwrap_or_default();
        match entry.strip_prefix("run-").and_then(|number| number.parse().ok()) {
            Some(number) if name(number) == entry => runs.push(number),
            // A disk's own folder.
            _ if [NEW, LOCK, "lost+found"].contains(&entry) => {}
            _ => {
                return Err(BackupError::NotABackup {
                    path: path.to_path_buf(),
                });
            }
        }
    }
    runs.sort_unstable();
    Ok(runs)
}

fn name(number: u32) -> String {
    format!("run-{number:08}")
}

/// Zeros in the place of what was there, on the disk before this returns; then the room is given back. The file keeps its length.
fn overwrite(run: &RunFile, places: &mut [(u64, u64)]) -> Result<(), BackupError> {
    let at = || BackupError::at(&run.path);
    places.sort_unstable();
    let mut merged: Vec<(u64, u64)> = Vec::with_capacity(places.len());
    for (place, len) in places.iter().copied() {
        if place.checked_add(len).is_none_or(|end| end > run.len) {
            return Err(BackupError::damaged(&run.path.display().to_string()));
        }
        match merged.last_mut() {
            Some((from, before)) if *from + *before == place => *before += len,
            _ => merged.push((place, len)),
        }
    }
    for (place, len) in &merged {
        zero(&run.file, *place, *len).map_err(at())?;
    }
    run.file.sync_data().map_err(at())?;
    for (place, len) in merged {
        let (from, to) = (place.next_multiple_of(PIECE), (place + len) / PIECE * PIECE);
        if from < to {
            // Where the file system cannot do that, the zeros stay.
            let _ = fallocate(
                &run.file,
                FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE,
                from,
                to - from,
            );
        }
    }
    Ok(())
}

fn zero(file: &File, place: u64, len: u64) -> io::Result<()> {
    static ZEROS: [u8; 1 << 16] = [0; 1 << 16];
    let mut done = 0;
    while done < len {
        let piece = (len - done).min(ZEROS.len() as u64);
        file.write_all_at(&ZEROS[..usize::try_from(piece).unwrap_or(0)], place + done)?;
        done += piece;
    }
    Ok(())
}

/// Overwrites a whole file, and removes it. Fine where there is none.
pub(in crate::store) fn destroy_file(path: &Path) -> Result<(), BackupError> {
    let file = match OpenOptions::new().write(true).open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        file => file.map_err(BackupError::at(path))?,
    };
    let done = file
        .metadata()
        .and_then(|found| zero(&file, 0, found.len()))
        .and_then(|()| file.sync_data())
        .and_then(|()| fs::remove_file(path));
    done.map_err(BackupError::at(path))
}
