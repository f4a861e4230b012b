//! Changing a container's header in its file, so that the old or the new one is whole whatever happens meanwhile. docs/format.md section 4.7.

use std::fs::{File, TryLockError};
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use satchel_client::crypto::limit::{PRELUDE_LEN, SET_HEAD_LEN};
use satchel_client::crypto::{Allowed, Container, Key, Prelude, Rekeyed, Rekeying, SetHead};

use crate::ask::is_dash;
use crate::failure::Failure;
use crate::over::Over;
use crate::page::{self, InPage};
use crate::position::write_at;
use crate::random::random;
use crate::target::Target;

/// What is copied in a moment is not worth a word.
const NOTED_FROM: u64 = 64 << 20;

fn has_other_names(file: &File) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        file.metadata().is_ok_and(|found| found.nlink() > 1)
    }
    #[cfg(not(unix))]
    {
        let _ = file;
        false
    }
}

/// Whether `path` still leads to `file`.
fn is_at(file: &File, path: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        let there = std::fs::metadata(path).map(|there| (there.dev(), there.ino()));
        let ours = file.metadata().map(|ours| (ours.dev(), ours.ino()));
        matches!((there, ours), (Ok(there), Ok(ours)) if there == ours)
    }
    #[cfg(not(unix))]
    {
        let _ = (file, path);
        true
    }
}

/// A container that nobody else changes meanwhile.
pub(crate) struct Changing {
    file: File,
    path: PathBuf,
    container: Container,
}

impl Changing {
    /// Opens and locks it.
    pub(crate) fn begin(path: &Path) -> Result<Self, Failure> {
        let failed = |source| Failure::Read {
            path: path.to_owned(),
            source,
        };
        if is_dash(path) {
            return Err(Failure::NotInPlace);
        }
        let mut file = File::options()
            .read(true)
            .write(true)
            .open(path)
            .map_err(|source| match source.kind() {
                io::ErrorKind::NotFound => failed(source),
                _ => Failure::Write {
                    path: path.to_owned(),
                    source,
                },
            })?;
        if !file.metadata().map_err(failed)?.is_file() {
            return Err(Failure::NotInPlace);
        }
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(Failure::RekeysTwice(path.to_owned())),
            // A file system without locks: whoever changes it twice at once there is on their own.
            Err(TryLockError::Error(_)) => {}
        }
        // Another command may have put a moved container in this one's place before the lock was ours.
        if !is_at(&file, path) {
            return Err(Failure::RekeysTwice(path.to_owned()));
        }
        let mut prefix = Vec::new();
        (&file)
            .take(SET_HEAD_LEN.max(PRELUDE_LEN) as u64)
            .read_to_end(&mut prefix)
            .map_err(failed)?;
        if SetHead::is_set(&prefix)
            || page::may_be(&prefix) && !matches!(page::read(&file).map_err(failed)?, InPage::Nothing)
        {
            return Err(Failure::FixedKeys);
        }
        let prefix_len = Prelude::parse(&prefix)?.prefix_len();
        prefix.clear();
        file.rewind().map_err(failed)?;
        (&file)
            .take(prefix_len as u64)
            .read_to_end(&mut prefix)
            .map_err(failed)?;
        let len = file.metadata().map_err(failed)?.len();
        let container = Container::parse(&prefix, len)?;
        Ok(Self {
            file,
            path: path.to_owned(),
            container,
        })
    }

    /// Its header as it is.
    pub(crate) const fn container(&self) -> &Container {
        &self.container
    }

    /// Its slots, verified, to be changed.
    pub(crate) fn unlock(&self, key: &Key<'_>) -> Result<Rekeying, Failure> {
        Ok(self.container.rekey(key, Allowed::ALL)?)
    }

    /// Writes the new header. After that it may be changed again: it stays locked.
    pub(crate) fn finish(&mut self, rekeying: &mut Rekeying) -> Result<(), Failure> {
        let failed = |source| Failure::Write {
            path: self.path.clone(),
            source,
        };
        match rekeying.finish(&mut random())? {
            Rekeyed::InPlace(rewrites) => {
                for rewrite in rewrites {
                    write_at(&self.file, &rewrite.bytes, rewrite.offset)
                        .and_then(|()| self.file.sync_data())
                        .map_err(failed)?;
                }
                Ok(())
            }
            Rekeyed::Moved { prefix, replaces } => self.move_whole(&prefix, replaces),
        }
    }

    /// A copy with another start takes the container's place.
    fn move_whole(&mut self, prefix: &[u8], replaces: u64) -> Result<(), Failure> {
        // Where it truly is: a symlink to it stays one.
        let path = self.path.canonicalize().unwrap_or_else(|_| self.path.clone());
        let output = Target::of(Some(&path), Over::new(true))?
            .for_container("container")?
            .durable();
        let rest = self.file.metadata().map(|found| found.len()).unwrap_or(replaces) - replaces;
        if rest > NOTED_FROM {
            eprintln!("note: there is no room for so many keys in it: it is copied, which takes as much space again");
        }
        output.copy(prefix, rest, || {
            self.file.seek(SeekFrom::Start(replaces))?;
            Ok::<_, io::Error>(&self.file)
        })?;
        output.resemble(&self.file)?;
        if has_other_names(&self.file) {
            eprintln!("note: another name of this file (a hard link) keeps it as it was");
        }
        let moved = output.whole_file()?;
        if let Some(moved) = &moved {
            // Nobody else can have it before it is in place; where there are no locks, there was none before.
            let _ = moved.try_lock();
        }
        output.commit()?;
        self.file = moved.unwrap_or(
            self.file
                .try_clone()
                .map_err(|source| Failure::Write { path, source })?,
        );
        Ok(())
    }
}
