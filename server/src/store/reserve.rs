//! A few megabytes that are set aside, so that a full disk refuses uploads and never claims or burns.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;

/// What a log at its bound ([`BOUND`](super::checkpoint::BOUND) pages of 4 KiB) may take in the database, and more.
const RESERVE_BYTES: u64 = 16 << 20;
/// Uploads are refused while less is free.
const FREE_BYTES_MIN: u64 = 1 << 20;

pub(super) struct Reserve {
    path: PathBuf,
    whole: bool,
}

impl Reserve {
    /// Sets it aside, as far as there is room.
    pub(super) fn open(path: PathBuf) -> Self {
        let whole = fs::metadata(&path).is_ok_and(|found| found.len() == RESERVE_BYTES);
        let mut reserve = Self { path, whole };
        if !reserve.whole {
            reserve.whole = reserve.fill().is_ok();
        }
        reserve
    }

    /// Gives it up. False when there was nothing to give.
    pub(super) fn release(&mut self) -> bool {
        let released = OpenOptions::new()
            .write(true)
            .open(&self.path)
            .and_then(|file| file.set_len(0));
        std::mem::replace(&mut self.whole, false) && released.is_ok()
    }

    /// Whether there is no room for uploads. Sets the reserve aside again when there is.
    pub(super) fn is_short(&mut self) -> bool {
        let needed = if self.whole {
            FREE_BYTES_MIN
        } else {
            FREE_BYTES_MIN + RESERVE_BYTES
        };
        let folder = self.path.parent().unwrap_or(&self.path);
        let free = rustix::fs::statvfs(folder).map_or(u64::MAX, |found| found.f_bavail.saturating_mul(found.f_frsize));
        if free < needed {
            return true;
        }
        if !self.whole {
            self.whole = self.fill().is_ok();
        }
        !self.whole
    }

    fn fill(&self) -> io::Result<()> {
        let file: File = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&self.path)?;
        rustix::fs::fallocate(&file, rustix::fs::FallocateFlags::empty(), 0, RESERVE_BYTES)
            .or_else(|_| write_zeros(&file))?;
        file.sync_all()
    }
}

/// Where the file system cannot set room aside, it is written.
fn write_zeros(mut file: &File) -> io::Result<()> {
    let zeros = vec![0; 1 << 20];
    for _ in 0..RESERVE_BYTES >> 20 {
        file.write_all(&zeros)?;
    }
    Ok(())
}
