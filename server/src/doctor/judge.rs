//! Facts to findings. No I/O: what is judged is handed in.

use super::facts::{Entry, Facts, Keys, Kind, Server, Space, Swap, Time};
use super::finding::Finding;
use crate::disk::Doubt;

/// Uploads are refused below this: the reserve and a megabyte.
const BYTES_MIN: u64 = 64 << 20;
const FILES_MIN: u64 = 10_000;
const DESCRIPTORS_MIN: u64 = 4096;
/// Differences of clocks that nobody has to mend.
const BACK_SECS_MAX: u64 = 3600;

/// What there is to say, the worst first.
#[must_use]
pub fn judge(facts: &Facts) -> Vec<Finding> {
    let mut found = keys(facts);
    found.extend(data(facts.data));
    found.extend(memory(facts));
    found.extend(facts.entries.iter().flat_map(|entry| access(entry, facts.user)));
    found.extend(facts.clock.and_then(clock));
    found.extend(facts.server.into_iter().flat_map(server));
    found.extend(facts.certificate.into_iter().flat_map(super::certificate::judge));
    if !facts.server.map_or(facts.kernel_confines, |server| server.confined) {
        found.push(Finding::Unconfined);
    }
    found.extend(facts.space.into_iter().flat_map(space));
    if facts.descriptors.is_some_and(|count| count < DESCRIPTORS_MIN) {
        found.push(Finding::FewDescriptors);
    }
    if facts.user == 0 {
        found.push(Finding::Root);
    }
    found.sort_by_key(|finding| (!finding.breaks_burning(), finding.level()));
    found.dedup();
    found
}

fn keys(facts: &Facts) -> Vec<Finding> {
    match facts.keys {
        Keys::Memory => Vec::new(),
        Keys::File { doubt: Some(doubt), .. } => vec![match doubt {
            Doubt::CopyOnWrite => Finding::KeysCopyOnWrite,
            Doubt::DataJournal => Finding::KeysDataJournal,
            Doubt::Network => Finding::KeysNetwork,
            Doubt::Overlay => Finding::KeysOverlay,
            Doubt::Unknown => Finding::KeysUnknown,
        }],
        Keys::File { encrypted, spins, .. } => {
            // What cannot be seen is said as well: nobody else will.
            if encrypted == Some(true) || spins == Some(true) {
                Vec::new()
            } else {
                vec![Finding::KeysFlash]
            }
        }
    }
}

fn data(doubt: Option<Doubt>) -> Option<Finding> {
    match doubt? {
        Doubt::Network => Some(Finding::DataNetwork),
        Doubt::Overlay => Some(Finding::DataOverlay),
        // What rests there is worthless without its key.
        Doubt::CopyOnWrite | Doubt::DataJournal | Doubt::Unknown => None,
    }
}

fn memory(facts: &Facts) -> Vec<Finding> {
    let mut found = Vec::new();
    if facts.swap.contains(&Swap::Clear) {
        found.push(if facts.locks_memory {
            Finding::SwapLocked
        } else {
            Finding::SwapClear
        });
    }
    if facts.dumps_core {
        found.push(Finding::CoreDumps);
    }
    if facts.dumps_kernel {
        found.push(Finding::KernelDumps);
    }
    found
}

/// Only the server's user may look into its folder.
fn access(entry: &Entry, user: u32) -> Vec<Finding> {
    let is_folder = entry.name == ".";
    let mut found = Vec::new();
    if entry.kind == Kind::Link {
        // Where it leads is another entry's matter; the link's own mode says nothing.
        return vec![Finding::Link];
    }
    if entry.mode & 0o077 != 0 {
        found.push(if is_folder {
            Finding::FolderOpen
        } else {
            Finding::FileOpen
        });
    }
    if entry.user != user {
        found.push(Finding::ForeignOwner);
    }
    found
}

fn clock(time: Time) -> Option<Finding> {
    if time.mark == 0 {
        return None;
    }
    if time.now > time.mark.saturating_add(time.downtime_secs_max) {
        return Some(Finding::ClockAhead);
    }
    (time.now.saturating_add(BACK_SECS_MAX) < time.mark).then_some(Finding::ClockBack)
}

fn server(server: Server) -> Vec<Finding> {
    let said = [
        (!server.ok, Finding::ServerUnwell),
        (server.clock_held, Finding::ClockHeld),
        (server.damaged > 0, Finding::Damaged),
    ];
    said.into_iter()
        .filter(|(said, _)| *said)
        .map(|(_, finding)| finding)
        .collect()
}

fn space(space: Space) -> Vec<Finding> {
    let mut found = Vec::new();
    if space.bytes < BYTES_MIN {
        found.push(Finding::SpaceFull);
    } else if space.bytes < space.bytes_wanted {
        found.push(Finding::SpaceShort);
    }
    if space.files.is_some_and(|files| files < FILES_MIN) {
        found.push(Finding::FilesShort);
    }
    found
}
