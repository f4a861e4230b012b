//! The folder of large contents: one file an item, full sealed blocks only. The part block at the end rests in the database, so that
//! nothing acknowledged is ever overwritten in place.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

pub(super) struct Files {
    folder: PathBuf,
}

impl Files {
    /// The folder, made (0700) when missing.
    pub(super) fn open(folder: PathBuf) -> io::Result<Self> {
        make_folder(&folder)?;
        Ok(Self { folder })
    }

    /// An item's file, made (0600) when missing.
    pub(super) fn write(&self, item: u64) -> io::Result<File> {
        OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(self.path(item))
    }

    pub(super) fn read(&self, item: u64) -> io::Result<File> {
        File::open(self.path(item))
    }

    /// The length of an item's file; 0 where there is none.
    pub(super) fn len(&self, item: u64) -> u64 {
        fs::metadata(self.path(item)).map_or(0, |found| found.len())
    }

    /// Makes what was written durable, name included, and its times say the hour only.
    pub(super) fn sync(&self, file: &File, hour: u64) -> io::Result<()> {
        file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(hour))?;
        file.sync_data()?;
        File::open(&self.folder)?.sync_all()
    }

    pub(super) fn remove(&self, item: u64) {
        // Its key is gone: a file that stays is noise, and is taken away at the next start.
        let _ = fs::remove_file(self.path(item));
    }

    /// Removes whatever belongs to no living item.
    pub(super) fn remove_strays(&self, lives: impl Fn(u64) -> bool) -> io::Result<()> {
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            let item = entry.file_name().to_str().and_then(item_of);
            if item.is_some_and(|item| !lives(item)) {
                fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    }

    fn path(&self, item: u64) -> PathBuf {
        self.folder.join(name(item))
    }
}

/// What an item's file is called.
pub(super) fn name(item: u64) -> String {
    format!("{item:016x}")
}

/// Whose file it is: exactly the names that [`name`] gives.
pub(super) fn item_of(found: &str) -> Option<u64> {
    let item = u64::from_str_radix(found, 16).ok()?;
    (name(item) == found).then_some(item)
}

/// Makes a folder only its owner can enter, if it is missing.
pub(super) fn make_folder(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}
