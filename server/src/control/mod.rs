//! How a command reaches a running server: a socket in the data folder that only its user can open. One line of JSON each way.
//!
//! docs/decisions/0010-control-socket.md says why this and not signals or a port.

mod client;
mod socket;

pub(crate) use client::ask;
pub(crate) use socket::open;

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::storage::{Inspection, Purge, Purged};

/// Its name in the data folder.
const NAME: &str = "control";
/// Longer lines are not read.
const LINE_BYTES_MAX: u64 = 4096;
/// What a socket's path may have.
const PATH_LEN_MAX: usize = 100;

/// What may be asked.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) enum Request {
    /// How it is doing.
    State,
    /// Burn and forget.
    Purge(Purge),
    /// Look at everything, with the keys that are in memory alone.
    Inspect,
    /// The clock is right.
    AcceptClock,
    /// Finish what runs, and end, as on SIGTERM.
    Stop,
}

/// What is answered.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Answer {
    State(State),
    Purged(Purged),
    Inspected(Inspection),
    ClockAccepted,
    Stopping,
    /// A sentence.
    Failed(String),
}

/// What only the running server knows. Sums alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct State {
    /// Its last write and read went well.
    pub(crate) ok: bool,
    pub(crate) clock_held: bool,
    /// Items that were found damaged since it started.
    pub(crate) damaged: u64,
    /// Pastes that live, as it counts them.
    pub(crate) items: u64,
    /// Their declared sizes together, as it counts them.
    pub(crate) bytes: u64,
    /// Leases that run, as it counts them.
    pub(crate) leases: u64,
    /// It is confined to its own files.
    pub(crate) confined: bool,
    /// Its shred keys are in memory alone.
    pub(crate) keys_in_memory: bool,
}

/// The socket's path: by way of an open folder where the whole would be too long for a socket.
fn path(folder: &Path) -> std::io::Result<(PathBuf, Option<std::fs::File>)> {
    use std::os::fd::AsRawFd as _;

    let whole = folder.join(NAME);
    if whole.as_os_str().len() <= PATH_LEN_MAX {
        return Ok((whole, None));
    }
    let folder = std::fs::File::open(folder)?;
    Ok((
        PathBuf::from(format!("/proc/self/fd/{}/{NAME}", folder.as_raw_fd())),
        Some(folder),
    ))
}
