//! What `-o` says: a folder, a file, a device or standard output, and whether that can be done.

use std::fs;
use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};

use satchel_client::crypto::Entry;

use crate::ask::is_dash;
use crate::document::is_text;
use crate::failure::Failure;
use crate::over::{Identity, Over};
use crate::place::{Made, Output, folder_of, name_in};
use crate::staging::Staging;

/// What `-o` says, looked at before any work is done.
pub(crate) struct Target {
    wish: Wish,
    over: Over,
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
    pub(crate) fn of(output: Option<&Path>, over: Over) -> Result<Self, Failure> {
        let wish = match output {
            None => Wish::Here,
            Some(path) if is_dash(path) => Wish::Stdout,
            Some(path) => {
                let slash = path.as_os_str().to_string_lossy().ends_with('/');
                let plain = PathBuf::from(path.as_os_str().to_string_lossy().trim_end_matches('/'));
                if slash && fs::metadata(&plain).is_ok_and(|found| !found.is_dir()) {
                    return Err(Failure::InTheWay(plain));
                }
                if !fs::metadata(path).is_ok_and(|found| found.is_dir()) && over.keeps(path) {
                    return Err(Failure::OutputIsInput(path.to_owned()));
                }
                match fs::metadata(path) {
                    Ok(found) if found.is_dir() => Wish::Folder(path.to_owned()),
                    Ok(found) if !found.is_file() => Wish::Device(path.to_owned()),
                    Ok(_) if !over.force => return Err(Failure::Exists(path.to_owned())),
                    Ok(_) => Wish::File(path.to_owned()),
                    Err(_) if slash => Wish::Folder(path.to_owned()),
                    Err(_) if fs::symlink_metadata(path).is_ok() && !over.force => {
                        return Err(Failure::Exists(path.to_owned()));
                    }
                    Err(_) => Wish::New(path.to_owned()),
                }
            }
        };
        Ok(Self { wish, over })
    }

    /// But never one of these, which the command came to read.
    pub(crate) fn keeping(mut self, paths: &[PathBuf]) -> Result<Self, Failure> {
        self.over = self.over.keeping(paths);
        match &self.wish {
            Wish::File(path) if self.over.keeps(path) => Err(Failure::OutputIsInput(path.clone())),
            _ => Ok(self),
        }
    }

    /// The file that is written where it is a file called `name` or the one that is named, if that is there: standard output too.
    pub(crate) fn is_there(&self, name: &str) -> Option<Identity> {
        match &self.wish {
            Wish::Here | Wish::Stdout => Identity::of_stdout(),
            Wish::Folder(path) => Identity::at(&path.join(name)),
            Wish::File(path) => Identity::at(path),
            Wish::Device(_) | Wish::New(_) => None,
        }
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
        self.refuse_terminal()?.for_one(&format!("{name}.satchel"))
    }

    /// For a letter: `--html`. In a folder it is called `name.html`.
    pub(crate) fn for_letter(self, name: &str) -> Result<Output, Failure> {
        self.refuse_terminal()?.for_one(&format!("{name}.html"))
    }

    /// For a text: `-o` or standard output, which may be a terminal. In a folder it is called `name`.
    pub(crate) fn for_text(self, name: &str) -> Result<Output, Failure> {
        self.for_one(name)
    }

    fn refuse_terminal(self) -> Result<Self, Failure> {
        match self.wish {
            Wish::Here | Wish::Stdout if io::stdout().is_terminal() => Err(Failure::OutputIsTerminal),
            _ => Ok(self),
        }
    }

    fn for_one(self, name: &str) -> Result<Output, Failure> {
        let Self { wish, over } = self;
        match wish {
            Wish::Here | Wish::Stdout => Ok(Output::stdout()),
            Wish::Device(path) => Output::device(&path),
            Wish::File(path) | Wish::New(path) => Output::file(&path, None, over, Made::default()),
            Wish::Folder(path) => {
                let made = Made::folder(&path)?;
                Output::file(&path.join(name), None, over, made)
            }
        }
    }

    /// For a document. `wanted` says which entries are taken.
    pub(crate) fn for_document(self, entries: &[Entry], wanted: &[bool]) -> Result<Output, Failure> {
        let Self { wish, over } = self;
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
                Output::file(&path, Some((first, entries)), over, Made::default())
            }
            Wish::Here => Output::folder(Path::new("."), entries, wanted, over),
            Wish::File(path) | Wish::New(path) | Wish::Folder(path) => Output::folder(&path, entries, wanted, over),
        }
    }
}
