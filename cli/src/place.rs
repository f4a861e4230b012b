//! How output gets where it goes: written aside, verified whole, then put in place; never over what is there unasked.
//!
//! Everything below the target goes through one open folder and no symlink: see `staging`.

use std::fs::{self, File, FileTimes};
use std::io::{self, IsTerminal as _, Read as _, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use satchel_client::crypto::{Entry, SafeName};

use crate::failure::Failure;
use crate::interrupt::{Temporary, Undisturbed};
use crate::naming::safe_names;
use crate::over::Over;
use crate::position::write_at;
use crate::progress::Progress;
use crate::staging::Staging;
use crate::stream::{Harmless, Stream};

const COPIED_AT_ONCE: u64 = 16 << 20;

/// Where bytes go until they are in place.
pub(crate) enum Output {
    /// In order, to standard output or a device.
    Stream(Stream),
    /// Anywhere, into files aside.
    Files(Files),
}

/// Files aside, each with its place.
pub(crate) struct Files {
    staging: Staging,
    places: Vec<Place>,
    over: Over,
    durable: bool,
    /// After the staging, which is in the last of them.
    _made: Made,
}

struct Place {
    entry: usize,
    /// Relative to the staging's folder; a folder's ends in `/`.
    path: String,
    /// For messages.
    shown: PathBuf,
    modified: Option<u64>,
}

impl Output {
    pub(crate) fn stdout() -> Self {
        let out: Box<dyn Write + Send> = if io::stdout().is_terminal() {
            Box::new(Harmless::new(io::stdout()))
        } else {
            Box::new(io::stdout())
        };
        Self::Stream(Stream::new(out, PathBuf::from("-")))
    }

    pub(crate) fn device(path: &Path) -> Result<Self, Failure> {
        let file = File::options().write(true).open(path);
        let file = file.map_err(|source| Failure::Write {
            path: path.to_owned(),
            source,
        })?;
        Ok(Self::Stream(Stream::new(Box::new(file), path.to_owned())))
    }

    pub(crate) fn file(path: &Path, entry: Option<(usize, &[Entry])>, over: Over, made: Made) -> Result<Self, Failure> {
        let name = name_in(path)?;
        let place = Place {
            entry: entry.map_or(0, |(number, _)| number),
            path: name.to_owned(),
            shown: path.to_owned(),
            modified: entry.and_then(|(number, entries)| entries.get(number)?.modified),
        };
        let files = Files {
            staging: Staging::for_one(folder_of(path))?,
            places: vec![place],
            over,
            durable: false,
            _made: made,
        };
        files.refuse_existing()?;
        Ok(Self::Files(files))
    }

    /// Files of our own making, entry by entry.
    pub(crate) fn files_in(folder: &Path, names: &[String], over: Over) -> Result<Self, Failure> {
        let made = Made::folder(folder)?;
        let place = |(entry, name): (usize, &String)| Place {
            entry,
            path: name.clone(),
            shown: folder.strip_prefix(".").unwrap_or(folder).join(name),
            modified: None,
        };
        let files = Files {
            staging: Staging::new(folder)?,
            places: names.iter().enumerate().map(place).collect(),
            over,
            durable: false,
            _made: made,
        };
        files.refuse_existing()?;
        Ok(Self::Files(files))
    }

    pub(crate) fn folder(folder: &Path, entries: &[Entry], wanted: &[bool], over: Over) -> Result<Self, Failure> {
        let made = Made::folder(folder)?;
        let names = safe_names(entries, wanted);
        let staging = Staging::new(folder)?;
        let chosen = names
            .iter()
            .enumerate()
            .filter(|(number, _)| wanted.get(*number) == Some(&true));
        let place = |(entry, name): (usize, &SafeName)| Place {
            entry,
            path: name.as_str().to_owned(),
            shown: folder.join(name.as_str()),
            modified: entries[entry].modified,
        };
        let files = Files {
            places: chosen.map(place).collect(),
            staging,
            over,
            durable: false,
            _made: made,
        };
        files.refuse_existing()?;
        Ok(Self::Files(files))
    }

    /// Waits for the disk before it says that all is in place: for what nobody can fetch again.
    pub(crate) fn durable(mut self) -> Self {
        if let Self::Files(files) = &mut self {
            files.durable = true;
        }
        self
    }

    /// Writes what is at hand whole.
    pub(crate) fn put_whole(&self, bytes: &[u8]) -> Result<(), Failure> {
        self.put_entry(0, bytes)
    }

    /// Writes one of several files whole.
    pub(crate) fn put_entry(&self, entry: usize, bytes: &[u8]) -> Result<(), Failure> {
        match self {
            Self::Stream(stream) => stream.write(bytes),
            Self::Files(files) => write_at(&files.open(entry)?, bytes, 0).map_err(|source| files.failed(entry, source)),
        }
    }

    /// The file aside, to be read and written when it is in place.
    pub(crate) fn whole_file(&self) -> Result<Option<File>, Failure> {
        match self {
            Self::Stream(_) => Ok(None),
            Self::Files(files) => files.open(0).map(Some),
        }
    }

    /// Writes `start`, then the `len` bytes that `rest` reads.
    pub(crate) fn copy<R: io::Read>(
        &self,
        start: &[u8],
        len: u64,
        rest: impl FnOnce() -> io::Result<R>,
    ) -> Result<(), Failure> {
        let Self::Files(files) = self else {
            return self.put_whole(start);
        };
        let mut file = files.open(0)?;
        let copied = file.write_all(start).and_then(|()| copy_whole(rest()?, &mut file, len));
        copied.map_err(|source| files.failed(0, source))
    }

    /// Gives the file the mode and, where that is allowed, the owner of the one that it replaces: who could read that goes on reading.
    pub(crate) fn resemble(&self, replaced: &File) -> Result<(), Failure> {
        let Self::Files(files) = self else { return Ok(()) };
        let file = files.open(0)?;
        let alike = replaced.metadata().and_then(|was| {
            #[cfg(unix)]
            {
                use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, fchown};
                let group = Some(was.gid());
                let is_group = fchown(&file, Some(was.uid()), group).is_ok() || fchown(&file, None, group).is_ok();
                // Another group gets nothing of what this one might do.
                let mask = if is_group { 0o777 } else { 0o707 };
                file.set_permissions(fs::Permissions::from_mode(was.mode() & mask))
            }
            #[cfg(not(unix))]
            file.set_permissions(was.permissions())
        });
        alike.map_err(|source| files.failed(0, source))
    }

    /// Everything is verified: puts it in place.
    pub(crate) fn commit(self) -> Result<(), Failure> {
        match self {
            Self::Stream(stream) => stream.finish(),
            Self::Files(files) => files.commit(),
        }
    }
}

impl Files {
    /// The file aside for `entry`, made when it is not there yet.
    pub(crate) fn open(&self, entry: usize) -> Result<File, Failure> {
        self.staging.open(entry).map_err(|source| self.failed(entry, source))
    }

    /// Names `entry` in a failure to write it.
    pub(crate) fn failed(&self, entry: usize, source: io::Error) -> Failure {
        let place = self.places.iter().find(|place| place.entry == entry);
        let path = place.map_or(self.staging.shown(), |place| &place.shown).to_owned();
        Failure::Write { path, source }
    }

    fn refuse_existing(&self) -> Result<(), Failure> {
        for place in &self.places {
            let is_folder = place.path.ends_with('/');
            let path = place.path.trim_end_matches('/');
            let failed = |source| Failure::Write {
                path: place.shown.clone(),
                source,
            };
            // What stands where a folder has to be would be noticed only after other files are in place.
            let mut above = path.match_indices('/').map(|(at, _)| &path[..at]);
            let in_the_way = above.find_map(|folder| match self.staging.look_at(folder) {
                Ok(found) if found.is_dir() => None,
                Ok(found) if found.is_symlink() => {
                    Some(Err(Failure::SymlinkInTheWay(self.staging.shown().join(folder))))
                }
                Ok(_) => Some(Err(Failure::InTheWay(self.staging.shown().join(folder)))),
                // So is nothing that is below it.
                Err(error) if error.kind() == io::ErrorKind::NotFound => Some(Ok(())),
                Err(source) => Some(Err(failed(source))),
            });
            match in_the_way {
                Some(Ok(())) => continue,
                Some(Err(failure)) => return Err(failure),
                None => {}
            }
            if self.over.keeps(&place.shown) {
                return Err(Failure::OutputIsInput(place.shown.clone()));
            }
            match self.staging.look_at(path) {
                Ok(found) if found.is_dir() && is_folder => {}
                Ok(found) if self.over.force && !found.is_dir() && !is_folder => {}
                Ok(found) if found.is_dir() != is_folder => return Err(Failure::InTheWay(place.shown.clone())),
                Ok(_) => return Err(Failure::Exists(place.shown.clone())),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(source) => return Err(failed(source)),
            }
        }
        Ok(())
    }

    fn commit(self) -> Result<(), Failure> {
        self.refuse_existing()?;
        // All of them or none, whatever signal comes.
        let undisturbed = Undisturbed::begin();
        for place in &self.places {
            let failed = |source| Failure::Write {
                path: place.shown.clone(),
                source,
            };
            if place.path.ends_with('/') {
                self.staging.make_folders(&place.path).map_err(failed)?;
                continue;
            }
            let file = self.open(place.entry)?;
            if let Some(modified) = place
                .modified
                .and_then(|secs| UNIX_EPOCH.checked_add(Duration::from_secs(secs)))
            {
                // A time that this file system cannot keep is not worth the document.
                let _ = file.set_times(FileTimes::new().set_modified(modified));
            }
            if self.durable {
                file.sync_all().map_err(failed)?;
            }
            if let Some((above, _)) = place.path.rsplit_once('/') {
                self.staging.make_folders(above).map_err(failed)?;
            }
            self.staging
                .put(place.entry, &place.path, self.over.force)
                .map_err(|source| match source.kind() {
                    io::ErrorKind::AlreadyExists => Failure::Exists(place.shown.clone()),
                    _ => failed(source),
                })?;
        }
        if self.durable {
            // The contents are on the disk; a file system that cannot sync a folder loses a name at worst, and only with the power.
            let _ = File::open(self.staging.shown()).and_then(|folder| folder.sync_all());
        }
        undisturbed.done();
        Ok(())
    }
}

/// In pieces: a copy within a file system that does it in one call shows no progress.
fn copy_whole(mut from: impl io::Read, to: &mut File, len: u64) -> io::Result<()> {
    let progress = Progress::default();
    let mut done = 0;
    loop {
        let copied = io::copy(&mut from.by_ref().take(COPIED_AT_ONCE), to)?;
        if copied == 0 {
            return Ok(());
        }
        done += copied;
        progress.at("copying", done, Some(len));
    }
}

/// What a file at `path` is called in its folder.
pub(crate) fn name_in(path: &Path) -> Result<&str, Failure> {
    let name = path.file_name().and_then(|name| name.to_str());
    name.ok_or_else(|| Failure::Write {
        path: path.to_owned(),
        source: io::ErrorKind::InvalidFilename.into(),
    })
}

/// Folders that were made for a target, and go again when nothing comes into them.
#[derive(Default)]
pub(crate) struct Made(Vec<Temporary>);

impl Made {
    /// Makes what is missing of `path`.
    pub(crate) fn folder(path: &Path) -> Result<Self, Failure> {
        // Without a slash at its end: what is a file is there all the same.
        let path = &path.components().collect::<PathBuf>();
        let missing = |folder: &&Path| !folder.as_os_str().is_empty() && fs::symlink_metadata(folder).is_err();
        let mut missing: Vec<_> = path.ancestors().take_while(missing).collect();
        missing.reverse();
        let stands = path
            .ancestors()
            .nth(missing.len())
            .filter(|path| !path.as_os_str().is_empty());
        if let Some(stands) = stands.filter(|stands| !stands.is_dir() && fs::symlink_metadata(stands).is_ok()) {
            return Err(Failure::InTheWay(stands.to_owned()));
        }
        let made = Self(missing.iter().map(|folder| Temporary::if_empty(folder)).collect());
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(path).map_err(|source| Failure::Write {
            path: path.to_owned(),
            source,
        })?;
        Ok(made)
    }
}

impl Drop for Made {
    fn drop(&mut self) {
        // The deepest was made last.
        while let Some(folder) = self.0.pop() {
            folder.remove_if_empty();
        }
    }
}

pub(crate) fn folder_of(path: &Path) -> &Path {
    path.parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
}
