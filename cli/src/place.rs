//! Where output goes, and how: written aside, verified whole, then put in place; never over what is there unasked.
//!
//! Everything below the target goes through one open folder (`cap-std`), so that a folder that somebody swaps for a symlink
//! meanwhile leads nowhere else.

use std::fs::{self, File, FileTimes};
use std::io::{self, IsTerminal as _, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use satchel_client::crypto::{Entry, SafeName};

use crate::ask::is_dash;
use crate::document::is_text;
use crate::failure::Failure;
use crate::interrupt::{Temporary, Undisturbed};
use crate::naming::safe_names;
use crate::position::write_at;
use crate::staging::Staging;
use crate::stream::{Harmless, Stream};

/// What `-o` says, looked at before any work is done.
pub(crate) struct Target {
    wish: Wish,
    force: bool,
}

enum Wish {
    /// Named files into this folder, a sole unnamed entry to standard output.
    Here,
    Stdout,
    /// Something that is neither a file nor a folder, such as `/dev/null`.
    Device(PathBuf),
    Folder(PathBuf),
    /// It exists, and may be replaced.
    File(PathBuf),
    /// It does not exist: a file or a folder, by what the document holds.
    New(PathBuf),
}

impl Target {
    /// Refuses at once what cannot be done.
    pub(crate) fn of(output: Option<&Path>, force: bool) -> Result<Self, Failure> {
        let wish = match output {
            None => Wish::Here,
            Some(path) if is_dash(path) => Wish::Stdout,
            Some(path) => {
                let slash = path.as_os_str().to_string_lossy().ends_with('/');
                let plain = PathBuf::from(path.as_os_str().to_string_lossy().trim_end_matches('/'));
                if slash && fs::metadata(&plain).is_ok_and(|found| !found.is_dir()) {
                    return Err(Failure::Exists(plain));
                }
                match fs::metadata(path) {
                    Ok(found) if found.is_dir() => Wish::Folder(path.to_owned()),

                    Ok(found) if !found.is_file() => Wish::Device(path.to_owned()),
                    Ok(_) if !force => return Err(Failure::Exists(path.to_owned())),
                    Ok(_) => Wish::File(path.to_owned()),
                    Err(_) if slash => Wish::Folder(path.to_owned()),
                    Err(_) if fs::symlink_metadata(path).is_ok() && !force => {
                        return Err(Failure::Exists(path.to_owned()));
                    }
                    Err(_) => Wish::New(path.to_owned()),
                }
            }
        };
        Ok(Self { wish, force })
    }

    /// Whether a document may be put there at all: finds out before a read is used up.
    pub(crate) fn probe(&self) -> Result<(), Failure> {
        let folder = match &self.wish {
            Wish::Stdout | Wish::Device(_) => return Ok(()),
            Wish::Here => Path::new("."),
            // What is missing of it will be made.
            Wish::Folder(path) => path
                .ancestors()
                .find(|folder| fs::symlink_metadata(folder).is_ok())
                .unwrap_or(Path::new(".")),
            Wish::File(path) | Wish::New(path) => {
                name_in(path)?;
                folder_of(path)
            }
        };
        Staging::new(folder).map(drop)
    }

    /// For a container: `-o` or standard output. In a folder it is called `name.satchel`.
    pub(crate) fn for_container(self, name: &str) -> Result<Output, Failure> {
        self.for_sealed(&format!("{name}.satchel"))
    }

    /// For a letter: `--html`. In a folder it is called `name.html`.
    pub(crate) fn for_letter(self, name: &str) -> Result<Output, Failure> {
        self.for_sealed(&format!("{name}.html"))
    }

    fn for_sealed(self, name: &str) -> Result<Output, Failure> {
        let Self { wish, force } = self;
        let (path, made) = match wish {
            Wish::Here | Wish::Stdout if io::stdout().is_terminal() => return Err(Failure::OutputIsTerminal),
            Wish::Here | Wish::Stdout => return Ok(Output::stdout()),
            Wish::Device(path) => return Output::device(&path),
            Wish::File(path) | Wish::New(path) => (path, Made::default()),
            Wish::Folder(path) => {
                let made = make_folder(&path)?;
                let path = path.join(name);
                if !force && fs::symlink_metadata(&path).is_ok() {
                    return Err(Failure::Exists(path));
                }
                (path, made)
            }
        };
        Output::file(&path, None, force, made)
    }

    /// For a text: `-o` or standard output, which may be a terminal. In a folder it is called `name`.
    pub(crate) fn for_text(self, name: &str) -> Result<Output, Failure> {
        let Self { wish, force } = self;
        match wish {
            Wish::Here | Wish::Stdout => Ok(Output::stdout()),
            Wish::Device(path) => Output::device(&path),
            Wish::File(path) | Wish::New(path) => Output::file(&path, None, force, Made::default()),
            Wish::Folder(path) => {
                let made = make_folder(&path)?;
                let path = path.join(name);
                if !force && fs::symlink_metadata(&path).is_ok() {
                    return Err(Failure::Exists(path));
                }
                Output::file(&path, None, force, made)
            }
        }
    }

    /// For a document. `wanted` says which entries are taken.
    pub(crate) fn for_document(self, entries: &[Entry], wanted: &[bool]) -> Result<Output, Failure> {
        let Self { wish, force } = self;
        let count = wanted.iter().filter(|wanted| **wanted).count();
        let first = wanted.iter().position(|wanted| *wanted).unwrap_or(0);
        let entry = &entries[first.min(entries.len() - 1)];
        let is_folder = entry.name.as_ref().is_some_and(|name| name.ends_with('/'));
        let one_file = count == 1 && !is_folder;
        match wish {
            Wish::Here if entry.name.is_none() => {
                if !is_text(entries) && io::stdout().is_terminal() {
                    return Err(Failure::BinaryForTerminal);
                }
                Ok(Output::stdout())
            }
            Wish::Stdout | Wish::Device(_) if !one_file => Err(Failure::ManyForStdout(count)),
            Wish::Stdout => Ok(Output::stdout()),
            Wish::Device(path) => Output::device(&path),
            Wish::File(path) if !one_file => Err(Failure::FileForMany { path, count }),
            Wish::File(path) | Wish::New(path) if one_file => {
                Output::file(&path, Some((first, entries)), force, Made::default())
            }
            Wish::Here => Output::folder(Path::new("."), entries, wanted, force),
            Wish::File(path) | Wish::New(path) | Wish::Folder(path) => Output::folder(&path, entries, wanted, force),
        }
    }
}

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
    force: bool,
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
    fn stdout() -> Self {
        let out: Box<dyn Write + Send> = if io::stdout().is_terminal() {
            Box::new(Harmless::new(io::stdout()))
        } else {
            Box::new(io::stdout())
        };
        Self::Stream(Stream::new(out, PathBuf::from("-")))
    }

    fn device(path: &Path) -> Result<Self, Failure> {
        let file = File::options().write(true).open(path);
        let file = file.map_err(|source| Failure::Write {
            path: path.to_owned(),
            source,
        })?;
        Ok(Self::Stream(Stream::new(Box::new(file), path.to_owned())))
    }

    fn file(path: &Path, entry: Option<(usize, &[Entry])>, force: bool, made: Made) -> Result<Self, Failure> {
        let name = name_in(path)?;
        let place = Place {
            entry: entry.map_or(0, |(number, _)| number),
            path: name.to_owned(),
            shown: path.to_owned(),
            modified: entry.and_then(|(number, entries)| entries.get(number)?.modified),
        };
        let staging = Staging::for_one(folder_of(path))?;
        Ok(Self::Files(Files {
            staging,
            places: vec![place],
            force,
            durable: false,
            _made: made,
        }))
    }

    fn folder(folder: &Path, entries: &[Entry], wanted: &[bool], force: bool) -> Result<Self, Failure> {
        let made = make_folder(folder)?;
        let names = safe_names(entries);
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
            force,
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
        match self {
            Self::Stream(stream) => stream.write(bytes),
            Self::Files(files) => write_at(&files.open(0)?, bytes, 0).map_err(|source| files.failed(0, source)),
        }
    }

    /// Writes `start`, then all that `rest` reads.
    pub(crate) fn copy<R: io::Read>(&self, start: &[u8], rest: impl FnOnce() -> io::Result<R>) -> Result<(), Failure> {
        let Self::Files(files) = self else {
            return self.put_whole(start);
        };
        let mut file = files.open(0)?;
        let copied = file.write_all(start).and_then(|()| io::copy(&mut rest()?, &mut file));
        copied.map(drop).map_err(|source| files.failed(0, source))
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
            let in_the_way = above.find_map(|folder| match self.staging.look_at_folder(folder) {
                Ok(true) => None,
                Ok(false) => Some(Err(Failure::Exists(self.staging.shown().join(folder)))),
                // So is nothing that is below it.
                Err(error) if error.kind() == io::ErrorKind::NotFound => Some(Ok(())),
                Err(source) => Some(Err(failed(source))),
            });
            match in_the_way {
                Some(Ok(())) => continue,
                Some(Err(failure)) => return Err(failure),
                None => {}
            }
            match self.staging.look_at(path) {
                Ok(found) if found.is_dir() && is_folder => {}
                Ok(found) if self.force && !found.is_dir() && !is_folder => {}
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
        let _undisturbed = Undisturbed::begin();
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
                .put(place.entry, &place.path, self.force)
                .map_err(|source| match source.kind() {
                    io::ErrorKind::AlreadyExists => Failure::Exists(place.shown.clone()),
                    _ => failed(source),
                })?;
        }
        if self.durable {
            // The contents are on the disk; a file system that cannot sync a folder loses a name at worst, and only with the power.
            let _ = File::open(self.staging.shown()).and_then(|folder| folder.sync_all());
        }
        Ok(())
    }
}

/// What a file at `path` is called in its folder.
fn name_in(path: &Path) -> Result<&str, Failure> {
    let name = path.file_name().and_then(|name| name.to_str());
    name.ok_or_else(|| Failure::Write {
        path: path.to_owned(),
        source: io::ErrorKind::InvalidFilename.into(),
    })
}

/// Folders that were made for a target, and go again when nothing comes into them.
#[derive(Default)]
struct Made(Vec<Temporary>);

impl Drop for Made {
    fn drop(&mut self) {
        // The deepest was made last.
        while let Some(folder) = self.0.pop() {
            folder.remove_if_empty();
        }
    }
}

fn make_folder(path: &Path) -> Result<Made, Failure> {
    let missing = |folder: &&Path| !folder.as_os_str().is_empty() && fs::symlink_metadata(folder).is_err();
    let mut missing: Vec<_> = path.ancestors().take_while(missing).collect();
    missing.reverse();
    let made = Made(missing.iter().map(|folder| Temporary::if_empty(folder)).collect());
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

fn folder_of(path: &Path) -> &Path {
    path.parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
}
