//! Gathers the facts. Reads only: nothing is made or changed.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{IFlags, ioctl_getflags, statvfs};
use rustix::process::{DumpableBehavior, Resource, dumpable_behavior, geteuid, getrlimit};

use super::facts::{Entry, Facts, Keys, Kind, Server, Space, Time};
use super::swap;
use crate::config::{Settings, ShredKeys};
use crate::confine::Confinement;
use crate::control::{self, Answer, Request};
use crate::disk::{Doubt, mount_of};
use crate::store::{Clock as _, SystemClock, glance};

/// Entries of the data folder that are looked at: more of one kind say nothing new.
const ENTRIES_MAX: usize = 10_000;

/// What can be seen from here. What cannot be read is left out, or taken for the worse.
#[must_use]
pub fn look(settings: &Settings) -> Facts {
    let kept = glance(&settings.data);
    Facts {
        entries: entries(settings),
        clock: kept.map(|kept| Time {
            now: SystemClock.now(),
            mark: kept.mark,
            downtime_secs_max: settings.downtime_secs_max,
        }),
        server: server(settings),
        certificate: super::certificate::look(settings),
        space: space(settings, kept.map_or(0, |kept| kept.bytes)),
        ..look_at_machine(settings)
    }
}

/// What "burned means gone" hangs on, and nothing that takes time: for each start.
#[must_use]
pub fn look_at_machine(settings: &Settings) -> Facts {
    let mounts = read("/proc/self/mountinfo");
    Facts {
        keys: match &settings.shred_keys {
            ShredKeys::Memory => Keys::Memory,
            place => keys(&mounts, &place.file(&settings.data)),
        },
        data: doubt(&mounts, &settings.data),
        swap: swap::places(&read("/proc/swaps"), &mounts),
        locks_memory: crate::memory::may_be_locked(),
        dumps_core: dumps_core(),
        dumps_kernel: read("/sys/kernel/kexec_crash_loaded").trim() == "1",
        user: geteuid().as_raw(),
        entries: Vec::new(),
        clock: None,
        server: None,
        certificate: None,
        kernel_confines: Confinement::of_this_kernel() != Confinement::None,
        space: None,
        descriptors: getrlimit(Resource::Nofile).current,
    }
}

fn read(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

fn keys(mounts: &str, path: &Path) -> Keys {
    let device = existing(path)
        .and_then(|path| mount_of(mounts, &path))
        .map(|mount| mount.device);
    let doubt = if is_journaled(path) {
        Some(Doubt::DataJournal)
    } else {
        doubt(mounts, path)
    };
    Keys::File {
        doubt,
        encrypted: device.as_deref().and_then(swap::is_encrypted),
        spins: device.as_deref().and_then(swap::spins),
    }
}

/// The file alone may be marked to go through the journal (`chattr +j`).
fn is_journaled(path: &Path) -> bool {
    fs::File::open(path)
        .ok()
        .and_then(|file| ioctl_getflags(file).ok())
        .is_some_and(|flags| flags.contains(IFlags::JOURNALING))
}

fn doubt(mounts: &str, path: &Path) -> Option<Doubt> {
    let Some(mount) = existing(path).and_then(|path| mount_of(mounts, &path)) else {
        return Some(Doubt::Unknown);
    };
    let device = Path::new(&mount.source)
        .file_name()
        .map(PathBuf::from)
        .unwrap_or_default();
    let options = Path::new("/proc/fs").join(&mount.kind).join(device).join("options");
    mount.doubt(&fs::read_to_string(options).unwrap_or_default())
}

/// The path, or the folder above it that is there.
fn existing(path: &Path) -> Option<PathBuf> {
    let whole = std::path::absolute(path).ok()?;
    whole.ancestors().find_map(|above| above.canonicalize().ok())
}

/// [`crate::memory::keep_in`] was called before; where it was refused, a dump is what a crash would leave.
fn dumps_core() -> bool {
    let limited = getrlimit(Resource::Core).current == Some(0);
    !limited && dumpable_behavior().is_ok_and(|behavior| behavior != DumpableBehavior::NotDumpable)
}

fn entries(settings: &Settings) -> Vec<Entry> {
    let mut found = Vec::new();
    found.extend(entry(&settings.data, ".".to_owned()));
    if let ShredKeys::File(path) = &settings.shred_keys {
        found.extend(entry(path, "shred keys".to_owned()));
    }
    for folder in ["", "content"] {
        let Ok(listed) = fs::read_dir(settings.data.join(folder)) else {
            continue;
        };
        for one in listed.flatten().take(ENTRIES_MAX) {
            let name = Path::new(folder).join(one.file_name());
            found.extend(entry(&one.path(), name.to_string_lossy().into_owned()));
        }
    }
    found
}

fn entry(path: &Path, name: String) -> Option<Entry> {
    let link = fs::symlink_metadata(path).ok()?;
    let found = if name == "." { fs::metadata(path).ok()? } else { link };
    Some(Entry {
        name,
        mode: found.mode() & 0o777,
        user: found.uid(),
        kind: match found.file_type() {
            kind if kind.is_symlink() => Kind::Link,
            kind if kind.is_dir() => Kind::Folder,
            _ => Kind::File,
        },
    })
}

/// Nothing where none runs, or where it does not answer whoever asks.
fn server(settings: &Settings) -> Option<Server> {
    match control::ask(&settings.data, &Request::State) {
        Ok(Some(Answer::State(state))) => Some(Server {
            ok: state.ok,
            clock_held: state.clock_held,
            damaged: state.damaged,
            confined: state.confined,
        }),
        _ => None,
    }
}

fn space(settings: &Settings, stored: u64) -> Option<Space> {
    let found = statvfs(existing(&settings.data)?).ok()?;
    Some(Space {
        bytes: found.f_bavail.saturating_mul(found.f_frsize),
        files: (found.f_files > 0).then_some(found.f_favail),
        bytes_wanted: settings.storage_bytes_max.saturating_sub(stored),
    })
}
