//! Files that are not there until they are whole: without a name where the system can do that, else in a folder of our own.
//!
//! Everything below the target goes through one open folder (`cap-std`), and from there through no symlink: neither one that was there, nor one
//! that somebody swaps for a folder meanwhile.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use cap_fs_ext::DirExt as _;
use cap_std::ambient_authority;
use cap_std::fs::{Dir, DirBuilder, Metadata, OpenOptions};
#[cfg(unix)]
use cap_std::fs::{DirBuilderExt as _, OpenOptionsExt as _};

use crate::failure::Failure;
use crate::interrupt::Temporary;

/// A target's folder, and what is on its way into it.
pub(crate) struct Staging {
    folder: Dir,
    /// Those on the way to the last path, by their names: most often the next one begins alike.
    opened: Mutex<Vec<(String, Dir)>>,
    aside: Aside,
    shown: PathBuf,
}

enum Aside {
    /// One file, which goes with the process however that ends.
    Unnamed(File),
    /// Files by number, removed on drop and on a signal.
    Folder {
        dir: Dir,
        name: String,
        _temporary: Temporary,
    },
}

impl Staging {
    /// For any number of files.
    pub(crate) fn new(folder: &Path) -> Result<Self, Failure> {
        Self::make(folder, aside_in)
    }

    /// For one file.
    pub(crate) fn for_one(folder: &Path) -> Result<Self, Failure> {
        Self::make(folder, |folder, path| match unnamed_in(folder) {
            Some(file) => Ok(Aside::Unnamed(file)),
            None => aside_in(folder, path),
        })
    }

    fn make(path: &Path, aside: impl FnOnce(&Dir, &Path) -> io::Result<Aside>) -> Result<Self, Failure> {
        let made = Dir::open_ambient_dir(path, ambient_authority()).and_then(|folder| {
            let aside = aside(&folder, path)?;
            Ok(Self {
                folder,
                opened: Mutex::default(),
                aside,
                shown: path.to_owned(),
            })
        });
        made.map_err(|source| Failure::Write {
            path: path.to_owned(),
            source,
        })
    }

    /// The target's folder, for messages.
    pub(crate) fn shown(&self) -> &Path {
        &self.shown
    }

    /// What is at `path` in the target's folder.
    pub(crate) fn look_at(&self, path: &str) -> io::Result<Metadata> {
        let (folder, name) = split(path);
        self.within(folder, false, |folder| folder.symlink_metadata(name))
    }

    /// Does something in a folder below the target's, each on the way opened without following a symlink, or made.
    fn within<T>(&self, path: &str, make: bool, act: impl FnOnce(&Dir) -> io::Result<T>) -> io::Result<T> {
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        let mut depth = 0;
        for component in path.split('/').filter(|component| !component.is_empty()) {
            if opened.get(depth).is_none_or(|(name, _)| name != component) {
                opened.truncate(depth);
                let above = opened.last().map_or(&self.folder, |(_, folder)| folder);
                match make.then(|| above.create_dir_with(component, &private())) {
                    Some(Err(error)) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
                    _ => {}
                }
                let folder = above.open_dir_nofollow(component)?;
                opened.push((component.to_owned(), folder));
            }
            depth += 1;
        }
        act(depth.checked_sub(1).map_or(&self.folder, |last| &opened[last].1))
    }

    /// The file aside for `entry`, made when it is not there yet.
    pub(crate) fn open(&self, entry: usize) -> io::Result<File> {
        match &self.aside {
            Aside::Unnamed(file) => file.try_clone(),
            Aside::Folder { dir, .. } => {
                let mut options = OpenOptions::new();
                options.read(true).write(true).create(true);
                #[cfg(unix)]
                options.mode(0o600);
                dir.open_with(entry.to_string(), &options)
                    .map(cap_std::fs::File::into_std)
            }
        }
    }

    /// `a/b/c`, each made when it is not there.
    pub(crate) fn make_folders(&self, path: &str) -> io::Result<()> {
        self.within(path, true, |_| Ok(()))
    }

    /// Puts a file in place. A hard link fails where there is something already, a rename would replace it.
    pub(crate) fn put(&self, entry: usize, path: &str, force: bool) -> io::Result<()> {
        let (folder, name) = split(path);
        self.within(folder, false, |folder| self.put_into(folder, entry, name, force))
    }

    fn put_into(&self, folder: &Dir, entry: usize, name: &str, force: bool) -> io::Result<()> {
        let (dir, aside) = match &self.aside {
            Aside::Unnamed(file) if !force => return link_unnamed(file, folder, name),
            Aside::Unnamed(file) => {
                let fresh = fresh_name();
                link_unnamed(file, folder, &fresh)?;
                let renamed = folder.rename(&fresh, folder, name);
                if renamed.is_err() {
                    let _ = folder.remove_file(&fresh);
                }
                return renamed;
            }
            Aside::Folder { dir, .. } => (dir, entry.to_string()),
        };
        if !force {
            match dir.hard_link(&aside, folder, name) {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {}
                linked => return linked,
            }
            // File systems without hard links: between looking and renaming there is a moment.
            if folder.symlink_metadata(name).is_ok() {
                return Err(io::ErrorKind::AlreadyExists.into());
            }
        }
        dir.rename(&aside, folder, name)
    }
}

/// The folder that `path` is in, empty where that is the target's own, and what it is called there.
fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}

impl Drop for Staging {
    fn drop(&mut self) {
        if let Aside::Folder { name, .. } = &self.aside {
            let _ = self.folder.remove_dir_all(name);
        }
    }
}

fn aside_in(folder: &Dir, path: &Path) -> io::Result<Aside> {
    let name = fresh_name();
    let temporary = Temporary::made(fs::canonicalize(path)?.join(&name), || {
        folder.create_dir_with(&name, &private())
    })?;
    let dir = folder.open_dir(&name)?;
    Ok(Aside::Folder {
        dir,
        name,
        _temporary: temporary,
    })
}

fn fresh_name() -> String {
    let mut suffix = [0; 8];
    rand_core::Rng::fill_bytes(&mut crate::random::random(), &mut suffix);
    format!(".satchel-{:016x}", u64::from_be_bytes(suffix))
}

fn private() -> DirBuilder {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    builder.mode(0o700);
    builder
}

/// A file of mode 0600 on the folder's file system; none where that has no such files.
#[cfg(target_os = "linux")]
fn unnamed_in(folder: &Dir) -> Option<File> {
    use rustix::fs::{Mode, OFlags, openat};
    let flags = OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC;
    openat(folder, ".", flags, Mode::RUSR | Mode::WUSR).ok().map(File::from)
}

#[cfg(target_os = "linux")]
fn link_unnamed(file: &File, folder: &Dir, path: &str) -> io::Result<()> {
    use rustix::fs::{AtFlags, CWD, linkat};
    use std::os::fd::AsRawFd as _;
    let own = format!("/proc/self/fd/{}", file.as_raw_fd());
    Ok(linkat(CWD, own, folder, path, AtFlags::SYMLINK_FOLLOW)?)
}

#[cfg(not(target_os = "linux"))]
fn unnamed_in(_folder: &Dir) -> Option<File> {
    None
}

#[cfg(not(target_os = "linux"))]
fn link_unnamed(_file: &File, _folder: &Dir, _path: &str) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}
