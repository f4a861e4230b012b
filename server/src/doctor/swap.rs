//! Where memory may be swapped to, and whether a block device is encrypted.

use std::fs;
use std::path::Path;

use super::facts::Swap;
use crate::disk::mount_of;

/// Deeper stacks of devices (LVM on RAID on dm-crypt) than this are not followed.
const DEPTH_MAX: usize = 8;

/// Each line of `/proc/swaps`, judged with what `/sys` says.
pub(super) fn places(swaps: &str, mounts: &str) -> Vec<Swap> {
    let lines = swaps.lines().skip(1).filter_map(|line| {
        let mut fields = line.split_whitespace();
        Some((fields.next()?, fields.next()?))
    });
    lines.map(|(name, kind)| place(name, kind, mounts)).collect()
}

fn place(name: &str, kind: &str, mounts: &str) -> Swap {
    if name.starts_with("/dev/zram") {
        return Swap::InMemory;
    }
    let device = if kind == "file" {
        mount_of(mounts, Path::new(name)).map(|mount| mount.device)
    } else {
        device_number(name)
    };
    match device.and_then(|device| is_encrypted(&device)) {
        Some(true) => Swap::Encrypted,
        _ => Swap::Clear,
    }
}

fn device_number(name: &str) -> Option<String> {
    let name = fs::canonicalize(name).ok()?;
    let block = Path::new("/sys/class/block").join(name.file_name()?);
    Some(fs::read_to_string(block.join("dev")).ok()?.trim().to_owned())
}

/// Whether a device, or all that is below it, is dm-crypt. `None` where the system does not tell.
pub(super) fn is_encrypted(device: &str) -> Option<bool> {
    below(&Path::new("/sys/dev/block").join(device), DEPTH_MAX)
}

fn below(block: &Path, depth: usize) -> Option<bool> {
    if !block.exists() || depth == 0 {
        return None;
    }
    if fs::read_to_string(block.join("dm/uuid")).is_ok_and(|uuid| uuid.starts_with("CRYPT-")) {
        return Some(true);
    }
    let slaves: Vec<_> = fs::read_dir(block.join("slaves"))
        .map(|entries| entries.flatten().map(|entry| entry.path()).collect())
        .unwrap_or_default();
    if slaves.is_empty() {
        return Some(false);
    }
    slaves
        .iter()
        .map(|slave| below(slave, depth - 1))
        .try_fold(true, |all, one| Some(all && one?))
}

/// Whether the disk of a device, or of a partition, spins. `None` where the system does not tell.
pub(super) fn spins(device: &str) -> Option<bool> {
    let block = Path::new("/sys/dev/block").join(device);
    let own = block.join("queue/rotational");
    let text = fs::read_to_string(own).or_else(|_| fs::read_to_string(block.join("../queue/rotational")));
    Some(text.ok()?.trim() == "1")
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n";

    #[test]
    fn no_swap_is_no_place() {
        assert!(places(HEAD, "").is_empty());
    }

    #[test]
    fn compressed_memory_is_no_disk_and_what_is_not_known_to_be_encrypted_is_not() {
        let swaps = format!("{HEAD}/dev/zram0 partition 1024 0 100\n/nowhere/swapfile file 1024 0 -2\n");
        assert_eq!(places(&swaps, ""), [Swap::InMemory, Swap::Clear]);
    }
}
