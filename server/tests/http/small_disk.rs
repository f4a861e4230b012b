//! A disk that is soon full: an image with ext4, mounted through the loop device. Takes root.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::fs::{FallocateFlags, fallocate, statvfs};
use tempfile::TempDir;

/// Unmounted when dropped.
pub(crate) struct SmallDisk(TempDir);

impl SmallDisk {
    /// Nothing where none can be mounted, and `test` is said to be skipped.
    pub(crate) fn of(mib: u64, test: &str) -> Option<Self> {
        let folder = TempDir::new().unwrap();
        let image = folder.path().join("image");
        File::create(&image).unwrap().set_len(mib << 20).unwrap();
        fs::create_dir(folder.path().join("at")).unwrap();
        let run = |command: &mut Command| command.output().is_ok_and(|output| output.status.success());
        let made = run(Command::new("mkfs.ext4").args(["-q", "-F", "-m", "0"]).arg(&image))
            && run(Command::new("mount")
                .args(["-o", "loop"])
                .arg(&image)
                .arg(folder.path().join("at")));
        if !made {
            // Not `eprintln`, which the test runner swallows.
            let _ = writeln!(std::io::stderr(), "skipped: {test}: only root may mount a disk");
            return None;
        }
        let disk = Self(folder);
        // What mkfs puts there.
        let _ = fs::remove_dir(disk.folder().join("lost+found"));
        Some(disk)
    }

    pub(crate) fn folder(&self) -> PathBuf {
        self.0.path().join("at")
    }

    /// Takes all of its room but so many bytes. Returns what is to be removed to have it again.
    pub(crate) fn fill(folder: &Path, but: u64) -> PathBuf {
        let path = folder.join("somebody-elses");
        let file = File::create(&path).unwrap();
        let found = statvfs(folder).unwrap();
        let len = (found.f_bavail * found.f_frsize).saturating_sub(but).max(1);
        // The last of it goes into blocks that say where the rest is.
        let taken =
            (0..64).any(|n| fallocate(&file, FallocateFlags::empty(), 0, len - (n * 4096).min(len - 1)).is_ok());
        assert!(taken);
        path
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.folder()).status();
    }
}
