//! Disks of our own: image files with a file system in them, mounted through the loop device. Needs root.

use std::fs::{self, File};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A kind of file system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// ext4 with its default journal.
    Ext4,
    /// xfs, where a file can be copied in one instant.
    Xfs,
}

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Self::Ext4 => "ext4",
            Self::Xfs => "xfs",
        }
    }

    /// The smallest disk that such a file system takes, with room for what tests store.
    #[must_use]
    pub const fn bytes(self) -> u64 {
        match self {
            Self::Ext4 => 128 << 20,
            Self::Xfs => 320 << 20,
        }
    }
}

/// Whether this machine lets us mount disks of these kinds; else says on standard error why `test` is skipped.
///
/// # Panics
/// When there is no temporary folder.
#[must_use]
pub fn possible(test: &str, kinds: &[Kind]) -> bool {
    let why = why_not(kinds);
    if let Some(why) = &why {
        use std::io::Write as _;
        // Not `eprintln`, which the test runner swallows.
        let _ = writeln!(std::io::stderr(), "skipped: {test}: {why}");
    }
    why.is_none()
}

fn why_not(kinds: &[Kind]) -> Option<String> {
    if fs::metadata("/proc/self").map_or(1, |found| found.uid()) != 0 {
        return Some("only root may mount a disk".to_owned());
    }
    let folder = tempfile::tempdir().unwrap();
    kinds.iter().find_map(|kind| {
        let made = Image::try_make(*kind, &folder.path().join("disk"), kind.bytes());
        let tried = made.and_then(|image| image.try_mount(&folder.path().join("mounted")).map(drop));
        tried.err()
    })
}

/// A disk in a file.
pub struct Image {
    file: PathBuf,
}

/// A disk that is mounted; unmounted when dropped.
pub struct Mounted {
    at: PathBuf,
}

impl Image {
    /// A new disk of `len` bytes in `file`, which is made anew.
    ///
    /// # Panics
    /// When it cannot be made; ask [`possible`] first.
    #[must_use]
    pub fn make(kind: Kind, file: &Path, len: u64) -> Self {
        Self::try_make(kind, file, len).unwrap()
    }

    fn try_make(kind: Kind, file: &Path, len: u64) -> Result<Self, String> {
        File::create(file)
            .and_then(|file| file.set_len(len))
            .map_err(|error| error.to_string())?;
        let mut make = Command::new(format!("mkfs.{}", kind.name()));
        make.arg("-q").arg(file);
        run(&mut make)?;
        Ok(Self { file: file.to_owned() })
    }

    /// A disk that is in `file` already.
    #[must_use]
    pub fn found(file: &Path) -> Self {
        Self { file: file.to_owned() }
    }

    /// Where it lies.
    #[must_use]
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// Mounts it at `at`, a folder that is made when missing. What its journal holds is played back, as after a power cut.
    ///
    /// # Panics
    /// When it cannot be mounted.
    #[must_use]
    pub fn mount(&self, at: &Path) -> Mounted {
        self.try_mount(at).unwrap()
    }

    fn try_mount(&self, at: &Path) -> Result<Mounted, String> {
        fs::create_dir_all(at).map_err(|error| error.to_string())?;
        run(Command::new("mount").args(["-o", "loop"]).arg(&self.file).arg(at))?;
        Ok(Mounted { at: at.to_owned() })
    }

    /// A copy as of one instant: an xfs shares the blocks of the two files, and holds off every write while it notes that. Nothing is
    /// synced in the disk that is copied, so the copy holds what had been written to the disk by then and nothing of what its
    /// file system still had in memory: what a power cut leaves.
    ///
    /// # Panics
    /// When `copy` does not lie on the same xfs.
    #[must_use]
    pub fn as_of_now(&self, copy: &Path) -> Self {
        run(Command::new("cp").arg("--reflink=always").arg(&self.file).arg(copy)).unwrap();
        Self { file: copy.to_owned() }
    }
}

impl Mounted {
    /// Where its files are.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.at
    }

    /// Unmounts it, so that all is in the image.
    ///
    /// # Panics
    /// When something still uses it.
    pub fn unmount(self) {
        run(Command::new("umount").arg(&self.at)).unwrap();
        std::mem::forget(self);
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        // A test that fails may leave a server on it.
        let _ = run(Command::new("umount").arg("--lazy").arg(&self.at));
    }
}

fn run(command: &mut Command) -> Result<(), String> {
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!(
        "{command:?}: {}",
        String::from_utf8_lossy(&output.stderr).trim()
    ))
}
