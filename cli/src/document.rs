//! What is to be sealed: files, folders and standard input as entries of a manifest, and their contents in order.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs::{self, File, Metadata};
use std::io::{self, IsTerminal as _, Read};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use satchel_client::crypto::{Asked, Entry, Manifest, limit};
use zeroize::Zeroizing;

use crate::ask::is_dash;
use crate::failure::{Failure, at};
use crate::over::Identity;
use crate::page;

/// Up to here standard input is looked at before it is sealed: a text is sealed as one, with its length.
const TEXT_LEN_MAX: usize = 1 << 20;
const TEXT: &str = "text/plain";
const BYTES: &str = "application/octet-stream";

/// Entries, each with where its content comes from.
pub(crate) struct Document {
    entries: Vec<Entry>,
    contents: Vec<Content>,
    /// What the document goes to, which may lie in a folder of it.
    own: Option<Identity>,
}

enum Content {
    /// An empty folder.
    Nothing,
    /// A file of the entry's size, and when it was last written then; no time of a pipe.
    File(PathBuf, Option<SystemTime>),
    /// Standard input: what was looked at already, and whether there is more.
    Stdin { start: Zeroizing<Vec<u8>>, more: bool },
}

impl Document {
    /// Everything that `paths` name, in their order; folders with all that is in them, sorted, but `own`: what it goes to itself.
    pub(crate) fn gather(paths: &[PathBuf], own: Option<Identity>) -> Result<Self, Failure> {
        let mut document = Self {
            entries: Vec::new(),
            contents: Vec::new(),
            own,
        };
        match paths {
            [] => document.add_stdin()?,
            [only] if is_dash(only) => document.add_stdin()?,
            _ => {
                for path in paths {
                    document.add(path)?;
                }
            }
        }
        // An empty folder is an entry of its own.
        if document.entries.is_empty() {
            return Err(Failure::NothingIn(paths.to_vec()));
        }
        document.check()?;
        Ok(document)
    }

    /// The manifest, with what a server is asked for.
    pub(crate) fn manifest(&self, asked: Asked) -> Result<Manifest, Failure> {
        Ok(Manifest::new(self.entries.clone(), asked)?)
    }

    /// How the first input is called, for a container in a folder.
    pub(crate) fn name(&self) -> &str {
        let name = self.entries.first().and_then(|entry| entry.name.as_deref());
        name.and_then(|name| name.split('/').next()).unwrap_or("document")
    }

    fn add(&mut self, path: &Path) -> Result<(), Failure> {
        if is_dash(path) {
            return Err(Failure::StdinBesideOthers);
        }
        let metadata = fs::metadata(path).map_err(|source| Failure::Read {
            path: path.to_owned(),
            source,
        })?;
        let name = name_of(path)?;
        if self.own.is_some() && Identity::of(path, &metadata) == self.own {
            return Err(Failure::OutputIsInput(path.to_owned()));
        }
        if metadata.is_dir() {
            self.add_folder(path, &name)
        } else {
            self.add_file(path, name, &metadata);
            Ok(())
        }
    }

    fn add_file(&mut self, path: &Path, name: String, metadata: &Metadata) {
        let media_type = mime_guess::from_path(path).first_raw().unwrap_or(BYTES).to_owned();
        let modified = metadata
            .modified()
            .ok()
            .and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        self.entries.push(Entry {
            name: Some(name),
            media_type,
            // A pipe (`<(...)` of a shell) goes to its end.
            size: metadata.is_file().then_some(metadata.len()),
            modified: modified.map(|time| time.as_secs()).filter(|_| metadata.is_file()),
        });
        let written = metadata.modified().ok().filter(|_| metadata.is_file());
        self.contents.push(Content::File(path.to_owned(), written));
    }

    /// Walks without following symlinks: what they lead to was not named.
    fn add_folder(&mut self, folder: &Path, name: &str) -> Result<(), Failure> {
        let failed = |source| Failure::Read {
            path: folder.to_owned(),
            source,
        };
        let mut inside: Vec<_> = fs::read_dir(folder).and_then(Iterator::collect).map_err(failed)?;
        inside.sort_by_key(fs::DirEntry::file_name);
        if inside.is_empty() {
            let (name, media_type) = (Some(format!("{name}/")), BYTES.to_owned());
            self.entries.push(Entry {
                name,
                media_type,
                size: Some(0),
                modified: None,
            });
            self.contents.push(Content::Nothing);
        }
        for entry in inside {
            let path = entry.path();
            let name = format!("{name}/{}", text_of(&path, &entry.file_name()));
            let metadata = entry.metadata().map_err(|source| Failure::Read {
                path: path.clone(),
                source,
            })?;
            if self.own.is_some() && Identity::of(&path, &metadata) == self.own {
                if !page::is_ours(&path).map_err(|source| Failure::Read {
                    path: path.clone(),
                    source,
                })? {
                    return Err(Failure::OutputIsInput(path));
                }
                eprintln!("skipped: {} is what this writes", at(&path));
            } else if metadata.is_dir() {
                self.add_folder(&path, &name)?;
            } else if metadata.is_file() {
                self.add_file(&path, name, &metadata);
            } else {
                let kind = if metadata.is_symlink() {
                    "a symlink"
                } else {
                    "not a file"
                };
                eprintln!("skipped: {} is {kind}", at(&path));
            }
        }
        Ok(())
    }

    fn add_stdin(&mut self) -> Result<(), Failure> {
        let stdin = io::stdin();
        if stdin.is_terminal() {
            return Err(Failure::NothingToSeal);
        }
        let mut start = Zeroizing::new(Vec::with_capacity(TEXT_LEN_MAX + 1));
        let failed = |source| Failure::Read {
            path: PathBuf::from("-"),
            source,
        };
        stdin
            .lock()
            .take(TEXT_LEN_MAX as u64 + 1)
            .read_to_end(&mut start)
            .map_err(failed)?;
        let more = start.len() > TEXT_LEN_MAX;
        let is_text = !more && std::str::from_utf8(&start).is_ok_and(|text| !text.contains('\0'));
        self.entries.push(Entry {
            name: None,
            media_type: if is_text { TEXT } else { BYTES }.to_owned(),
            size: (!more).then_some(start.len() as u64),
            modified: None,
        });
        self.contents.push(Content::Stdin { start, more });
        Ok(())
    }

    fn check(&self) -> Result<(), Failure> {
        if self.entries.len() > limit::ENTRIES_MAX {
            return Err(Failure::TooManyFiles(self.entries.len()));
        }
        let mut names = BTreeSet::new();
        for (entry, content) in self.entries.iter().zip(&self.contents) {
            let name = entry.name.as_deref().unwrap_or_default();
            if name.len() > limit::NAME_LEN_MAX {
                return Err(Failure::NameTooLong(name.to_owned()));
            }
            if !names.insert(name) {
                return Err(Failure::NameTwice(name.to_owned()));
            }
            match content {
                Content::File(path, _) if entry.size.is_none() && self.entries.len() > 1 => {
                    return Err(Failure::StreamBesideOthers(path.clone()));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// The contents, to be read from front to end.
    pub(crate) fn open(self) -> Contents {
        let sizes = self.entries.into_iter().map(|entry| entry.size);
        let rest: Vec<_> = self.contents.into_iter().zip(sizes).collect();
        Contents {
            rest: rest.into_iter(),
            current: None,
            started: 0,
        }
    }
}

/// How the first of `paths` is called, for what is made of them in a folder.
pub(crate) fn name_for(paths: &[PathBuf]) -> String {
    let first = paths.first().filter(|path| !is_dash(path));
    let last = first.and_then(|path| match path.file_name() {
        Some(last) => Some(last.to_owned()),
        None => path.canonicalize().ok()?.file_name().map(OsStr::to_owned),
    });
    last.map_or_else(|| "document".to_owned(), |last| last.to_string_lossy().into_owned())
}

/// The name a path is kept under: its last component.
fn name_of(path: &Path) -> Result<String, Failure> {
    let real;
    let last = match path.file_name() {
        Some(last) => last,
        None => {
            real = path.canonicalize().map_err(|source| Failure::Read {
                path: path.to_owned(),
                source,
            })?;
            real.file_name().ok_or_else(|| Failure::NoName(path.to_owned()))?
        }
    };
    Ok(text_of(path, last))
}

fn text_of(path: &Path, name: &OsStr) -> String {
    name.to_str().map_or_else(
        || {
            eprintln!("renamed: {} is not UTF-8", at(path));
            name.to_string_lossy().into_owned()
        },
        str::to_owned,
    )
}

/// Reads a document's contents, one after another.
pub(crate) struct Contents {
    rest: std::vec::IntoIter<(Content, Option<u64>)>,
    current: Option<Current>,
    /// How many entries were begun.
    started: usize,
}

struct Current {
    path: PathBuf,
    source: Source,
    /// What the manifest still promises.
    left: Option<u64>,
}

enum Source {
    /// With when it was last written, before it was read.
    File(File, Option<SystemTime>),
    Stream(Box<dyn Read + Send>),
}

impl Contents {
    /// The next bytes of whatever comes next; 0 when all is read.
    pub(crate) fn read(&mut self, room: &mut [u8]) -> Result<usize, Failure> {
        loop {
            if self.current.is_none() && !self.start_next()? {
                return Ok(0);
            }
            match self.read_current(room)? {
                0 => self.current = None,
                len => return Ok(len),
            }
        }
    }

    /// The next bytes of entry number `entry`; 0 at its end. Entries come in order.
    pub(crate) fn read_entry(&mut self, entry: usize, room: &mut [u8]) -> Result<usize, Failure> {
        while self.started <= entry {
            if !self.start_next()? {
                return Ok(0);
            }
        }
        self.read_current(room)
    }

    fn start_next(&mut self) -> Result<bool, Failure> {
        let Some((content, left)) = self.rest.next() else {
            return Ok(false);
        };
        self.started += 1;
        let (path, source) = match content {
            Content::Nothing => (PathBuf::new(), Source::Stream(Box::new(io::empty()))),
            Content::File(path, written) => match File::open(&path) {
                Ok(file) => (path, Source::File(file, written)),
                Err(source) => return Err(Failure::Read { path, source }),
            },
            Content::Stdin { start, more } => {
                let start = io::Cursor::new(Wiped(start));
                let reader: Box<dyn Read + Send> = if more {
                    Box::new(start.chain(io::stdin()))
                } else {
                    Box::new(start)
                };
                (PathBuf::from("-"), Source::Stream(reader))
            }
        };
        self.current = Some(Current { path, source, left });
        Ok(true)
    }

    fn read_current(&mut self, room: &mut [u8]) -> Result<usize, Failure> {
        let Some(current) = &mut self.current else { return Ok(0) };
        let wanted = current.left.map_or(room.len(), |left| {
            usize::try_from(left).unwrap_or(usize::MAX).min(room.len())
        });
        if current.left == Some(0) {
            // One byte more than when its size was asked is a document that nobody has seen whole.
            return if current.read(&mut [0])? == 0 && current.is_as_it_was() {
                Ok(0)
            } else {
                Err(Failure::Changed(current.path.clone()))
            };
        }
        let len = current.read(&mut room[..wanted])?;
        if let Some(left) = &mut current.left {
            if len == 0 && wanted > 0 {
                return Err(Failure::Changed(current.path.clone()));
            }
            *left -= len as u64;
        }
        Ok(len)
    }
}

impl Current {
    /// Whether nobody wrote into it meanwhile, also where its length stayed the same.
    fn is_as_it_was(&self) -> bool {
        match &self.source {
            Source::File(file, Some(written)) => file
                .metadata()
                .and_then(|now| now.modified())
                .is_ok_and(|now| now == *written),
            _ => true,
        }
    }

    fn read(&mut self, room: &mut [u8]) -> Result<usize, Failure> {
        loop {
            let read = match &mut self.source {
                Source::File(file, _) => file.read(room),
                Source::Stream(reader) => reader.read(room),
            };
            match read {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => {
                    return read.map_err(|source| Failure::Read {
                        path: self.path.clone(),
                        source,
                    });
                }
            }
        }
    }
}

struct Wiped(Zeroizing<Vec<u8>>);

impl AsRef<[u8]> for Wiped {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

/// Whether a sole entry is a text to be read, not a file to be kept.
pub(crate) fn is_text(entries: &[Entry]) -> bool {
    matches!(entries, [Entry { name: None, media_type, .. }] if media_type.starts_with("text/"))
}
