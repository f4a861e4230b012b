//! What an output may replace, and what it never does: whatever else the same command reads.

use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};

use crate::ask::is_dash;

/// Which file it is, whatever path leads to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Identity(#[cfg(unix)] (u64, u64), #[cfg(not(unix))] PathBuf);

impl Identity {
    /// Of what is at `path`, by its metadata.
    pub(crate) fn of(path: &Path, metadata: &Metadata) -> Option<Self> {
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt as _;
            let _ = path;
            Some(Self((metadata.dev(), metadata.ino())))
        }
        #[cfg(not(unix))]
        {
            let _ = metadata;
            path.canonicalize().ok().map(Self)
        }
    }

    /// Of what is at `path`, a symlink there not followed.
    pub(crate) fn at(path: &Path) -> Option<Self> {
        Self::of(path, &fs::symlink_metadata(path).ok()?)
    }

    /// Of the file that standard output goes to.
    pub(crate) fn of_stdout() -> Option<Self> {
        Self::of_stream(
            #[cfg(unix)]
            &io::stdout(),
        )
    }

    /// Of the file that standard input comes from.
    fn of_stdin() -> Option<Self> {
        Self::of_stream(
            #[cfg(unix)]
            &io::stdin(),
        )
    }

    fn of_stream(#[cfg(unix)] stream: &impl std::os::fd::AsFd) -> Option<Self> {
        #[cfg(unix)]
        {
            let found = rustix::fs::fstat(stream).ok()?;
            let is_file = rustix::fs::FileType::from_raw_mode(found.st_mode).is_file();
            is_file.then_some(Self((found.st_dev, found.st_ino)))
        }
        #[cfg(not(unix))]
        None
    }
}

/// What an output may replace.
pub(crate) struct Over {
    /// Files that are there, as the options say.
    pub(crate) force: bool,
    kept: Vec<Identity>,
}

impl Over {
    /// What is there is replaced, or it is not.
    pub(crate) const fn new(force: bool) -> Self {
        Self {
            force,
            kept: Vec::new(),
        }
    }

    /// But never one of these, which the command reads.
    pub(crate) fn keeping<'a>(mut self, paths: impl IntoIterator<Item = &'a PathBuf>) -> Self {
        for path in paths {
            if is_dash(path) {
                self.kept.extend(Identity::of_stdin());
                continue;
            }
            self.kept.extend(Identity::at(path));
            self.kept
                .extend(fs::metadata(path).ok().and_then(|found| Identity::of(path, &found)));
        }
        self
    }

    /// Whether what is at `path` is one of those.
    pub(crate) fn keeps(&self, path: &Path) -> bool {
        !self.kept.is_empty() && Identity::at(path).is_some_and(|found| self.kept.contains(&found))
    }
}
