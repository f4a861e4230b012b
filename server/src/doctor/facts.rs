//! What is known of the machine and of the data folder: gathered by [`look`](super::look), judged by [`judge`](super::judge).

use super::certificate::Certificate;
use crate::disk::Doubt;

/// Everything that is judged. All of it can be made up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Where the shred keys are.
    pub keys: Keys,
    /// What is doubtful about the file system of the data folder.
    pub data: Option<Doubt>,
    /// Each place that memory may be swapped to.
    pub swap: Vec<Swap>,
    /// Whether the server may lock all of its memory.
    pub locks_memory: bool,
    /// A crash of the server would write its memory to a disk.
    pub dumps_core: bool,
    /// A crash of the kernel would write all memory to a disk.
    pub dumps_kernel: bool,
    /// Who the server is: the effective user id.
    pub user: u32,
    /// The data folder and what is in it, and the file of the shred keys.
    pub entries: Vec<Entry>,
    /// The clock, where there is a store to compare it with.
    pub clock: Option<Time>,
    /// What the running server says of itself; `None` where none runs.
    pub server: Option<Server>,
    /// The server's own certificate, where it has one.
    pub certificate: Option<Certificate>,
    /// Whether the kernel confines a server to its own files.
    pub kernel_confines: bool,
    /// Room on the file system of the data folder.
    pub space: Option<Space>,
    /// How many files and connections may be open at once; `None` for any number.
    pub descriptors: Option<u64>,
}

/// Where the shred keys are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keys {
    /// In memory alone.
    Memory,
    /// In a file.
    File {
        /// What is doubtful about its file system.
        doubt: Option<Doubt>,
        /// Whether the device below is encrypted; `None` where that cannot be seen.
        encrypted: Option<bool>,
        /// Whether it is a spinning disk; `None` where that cannot be seen.
        spins: Option<bool>,
    },
}

/// A place that memory may be swapped to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Swap {
    /// zram: compressed, in memory.
    InMemory,
    /// A disk below dm-crypt.
    Encrypted,
    /// A disk that keeps what it gets.
    Clear,
}

/// A file or folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its name within the data folder; `.` is the folder.
    pub name: String,
    /// Permission bits.
    pub mode: u32,
    /// Who owns it.
    pub user: u32,
    /// What it is.
    pub kind: Kind,
}

/// What an [`Entry`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A folder.
    Folder,
    /// A file, or the control socket.
    File,
    /// A symbolic link: the server makes none.
    Link,
}

/// Unix seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Time {
    /// The wall clock.
    pub now: u64,
    /// The hour in which the store was last known to run.
    pub mark: u64,
    /// How long it may have been off before the clock is doubted.
    pub downtime_secs_max: u64,
}

/// How the running server is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Server {
    /// Its last write and read went well.
    pub ok: bool,
    /// It holds a clock jump.
    pub clock_held: bool,
    /// Items that it found damaged.
    pub damaged: u64,
    /// It is confined to its own files.
    pub confined: bool,
}

/// Bytes and files that there is room for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Space {
    /// Bytes that the server can still write.
    pub bytes: u64,
    /// Files that can still be made; `None` where the file system has no such limit.
    pub files: Option<u64>,
    /// Bytes of containers that may still be stored by `--storage-max`.
    pub bytes_wanted: u64,
}
