//! Whether the file system below the shred keys forgets what is overwritten: it must write in place.

use std::path::{Path, PathBuf};

/// Why overwriting a shred key may leave the old one readable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// btrfs, ZFS, f2fs and the like: the old block stays until it is used again.
    CopyOnWrite,
    /// ext4 with `data=journal`: content passes through the journal, which keeps it.
    DataJournal,
    /// NFS, CIFS and the like: what a sync means is the other machine's matter.
    Network,
    /// overlay, the writable layer of a container: where it lies cannot be seen from here.
    Overlay,
    /// One of which nothing is known here, or none that could be found.
    Unknown,
}

/// The mount that holds a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mount {
    point: PathBuf,
    /// `254:0`.
    pub(crate) device: String,
    pub(crate) kind: String,
    /// What was mounted: mostly a device.
    pub(crate) source: String,
    options: String,
}

/// The mount below `path`, in the words of proc_pid_mountinfo(5); of several that hold it, the innermost and latest counts.
pub(crate) fn mount_of(mounts: &str, path: &Path) -> Option<Mount> {
    let holds = mounts
        .lines()
        .filter_map(Mount::parse)
        .filter(|mount| path.starts_with(&mount.point));
    holds.max_by_key(|mount| mount.point.components().count())
}

impl Mount {
    /// What is doubtful about it. `options_in_force` are those that the kernel lists for an ext4, defaults included.
    pub(crate) fn doubt(&self, options_in_force: &str) -> Option<Doubt> {
        let mut options = self.options.split(',').chain(options_in_force.split_whitespace());
        match self.kind.as_str() {
            "ext4" | "ext3" if options.any(|option| option == "data=journal") => Some(Doubt::DataJournal),
            "ext4" | "ext3" | "ext2" | "xfs" | "jfs" | "vfat" | "exfat" => None,
            // Memory: what is overwritten there is gone; what swap makes of it is said elsewhere.
            "tmpfs" | "ramfs" => None,
            "btrfs" | "zfs" | "bcachefs" | "f2fs" | "nilfs2" | "jffs2" | "ubifs" => Some(Doubt::CopyOnWrite),
            "nfs" | "nfs4" | "cifs" | "smb3" | "9p" | "ceph" | "virtiofs" | "glusterfs" => Some(Doubt::Network),
            "overlay" | "aufs" => Some(Doubt::Overlay),
            _ => Some(Doubt::Unknown),
        }
    }

    /// `id parent major:minor root point options [optional...] - type source options`
    fn parse(line: &str) -> Option<Self> {
        let (before, after) = line.split_once(" - ")?;
        let (mut before, mut after) = (before.split(' '), after.split(' '));
        let device = before.nth(2)?.to_owned();
        Some(Self {
            point: unescape(before.nth(1)?),
            device,
            kind: after.next()?.to_owned(),
            source: after.next()?.to_owned(),
            options: after.next().unwrap_or_default().to_owned(),
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
44 22 254:32 / /srv/keys rw - xfs /dev/vdd rw
45 22 0:60 / /odd rw - fuse.odd odd rw
46 22 254:48 / /flash rw - f2fs /dev/vde rw";

    fn doubt(path: &str) -> Option<Doubt> {
        mount_of(MOUNTS, Path::new(path)).unwrap().doubt("")
    }

    #[test]
    fn the_innermost_mount_decides() {
        assert_eq!(doubt("/var/lib/satchel"), None);
        assert_eq!(doubt("/srv/satchel"), Some(Doubt::CopyOnWrite));
        assert_eq!(doubt("/srv/keys/satchel"), None);
        assert_eq!(doubt("/srv/plain disk/satchel"), Some(Doubt::DataJournal));
        assert_eq!(doubt("/mnt/far"), Some(Doubt::Network));
        assert_eq!(doubt("/over/data"), Some(Doubt::Overlay));
        assert_eq!(doubt("/odd/data"), Some(Doubt::Unknown));
        assert_eq!(doubt("/flash/data"), Some(Doubt::CopyOnWrite));
        assert_eq!(doubt("/srvant"), None);
    }

    #[test]
    fn a_journal_of_data_that_is_the_default_of_the_file_system_is_seen() {
        let mount = mount_of(MOUNTS, Path::new("/var")).unwrap();
        assert_eq!(mount.doubt("rw\ndata=journal\n"), Some(Doubt::DataJournal));
        assert_eq!(mount.doubt("rw\ndata=ordered\n"), None);
    }

    #[test]
    fn a_line_of_another_shape_is_passed_over() {
        assert_eq!(mount_of("nonsense\n22 1 - \n", Path::new("/")), None);
    }
}
