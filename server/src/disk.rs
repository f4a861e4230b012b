//! Whether the file system below the shred keys forgets what is overwritten: it must write in place.

use std::path::{Path, PathBuf};

/// Why overwriting a shred key may leave the old one readable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Doubt {
    /// btrfs, ZFS, bcachefs: the old block stays until it is used again.
    CopyOnWrite,
    /// ext4 with `data=journal`: content passes through the journal, which keeps it.
    DataJournal,
    /// NFS, CIFS and the like: what a sync means is the other machine's matter.
    Network,
    /// overlay, the writable layer of a container: where it lies cannot be seen from here.
    Overlay,
}

/// What is doubtful about the file system that holds `path`. Nothing where the system does not tell.
pub(crate) fn doubt(path: &Path) -> Option<Doubt> {
    let mounts = std::fs::read_to_string("/proc/self/mountinfo").ok()?;
    doubt_of(&mounts, &path.canonicalize().ok()?)
}

/// `mounts` is in the format of proc_pid_mountinfo(5); of several mounts that hold `path`, the innermost and latest counts.
fn doubt_of(mounts: &str, path: &Path) -> Option<Doubt> {
    let holds = mounts
        .lines()
        .filter_map(Mount::parse)
        .filter(|mount| path.starts_with(&mount.point));
    let mount = holds.max_by_key(|mount| mount.point.components().count())?;
    match mount.kind {
        "btrfs" | "zfs" | "bcachefs" => Some(Doubt::CopyOnWrite),
        "nfs" | "nfs4" | "cifs" | "smb3" | "9p" | "ceph" => Some(Doubt::Network),
        "overlay" => Some(Doubt::Overlay),
        _ if mount.options.split(',').any(|option| option == "data=journal") => Some(Doubt::DataJournal),
        _ => None,
    }
}

struct Mount<'a> {
    point: PathBuf,
    kind: &'a str,
    options: &'a str,
}

impl<'a> Mount<'a> {
    /// `id parent major:minor root point options [optional...] - type source options`
    fn parse(line: &'a str) -> Option<Self> {
        let (before, after) = line.split_once(" - ")?;
        let mut after = after.split(' ');
        Some(Self {
            point: unescape(before.split(' ').nth(4)?),
            kind: after.next()?,
            options: after.nth(1).unwrap_or_default(),
        })
    }
}

/// Space, tab, newline and backslash stand as three octal digits behind a backslash.
fn unescape(text: &str) -> PathBuf {
    let plain = [("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")];
    PathBuf::from(
        plain
            .iter()
            .fold(text.to_owned(), |text, (code, character)| text.replace(code, character)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOUNTS: &str = "\
22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw,discard
23 22 0:20 / /proc rw - proc proc rw
40 22 0:40 / /srv rw shared:5 - btrfs /dev/vdb rw,compress=zstd
41 40 254:16 / /srv/plain\\040disk rw - ext4 /dev/vdc rw,data=journal
42 22 0:50 / /mnt/far rw - nfs4 far:/x rw
43 22 0:51 / /over rw - overlay overlay rw,lowerdir=/a
44 22 254:32 / /srv/keys rw - xfs /dev/vdd rw";

    #[test]
    fn the_innermost_mount_decides() {
        let doubt = |path: &str| doubt_of(MOUNTS, Path::new(path));
        assert_eq!(doubt("/var/lib/satchel"), None);
        assert_eq!(doubt("/srv/satchel"), Some(Doubt::CopyOnWrite));
        assert_eq!(doubt("/srv/keys/satchel"), None);
        assert_eq!(doubt("/srv/plain disk/satchel"), Some(Doubt::DataJournal));
        assert_eq!(doubt("/mnt/far"), Some(Doubt::Network));
        assert_eq!(doubt("/over/data"), Some(Doubt::Overlay));
        assert_eq!(doubt("/srvant"), None);
    }

    #[test]
    fn a_line_of_another_shape_is_passed_over() {
        assert_eq!(doubt_of("nonsense\n22 1 - \n", Path::new("/")), None);
    }
}
