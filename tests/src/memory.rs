//! The memory of a running server, as who seizes the machine while it is on can have it.

use std::fs::File;
use std::io::Write as _;
use std::os::unix::fs::{FileExt as _, MetadataExt as _};

use crate::process::Server;

/// Whatever the process can write to: its heap, its stacks, its data. Read as root reads it, for the server lets nobody else; `None`, and a
/// word on standard error, for anybody else.
///
/// # Panics
/// When the server is gone.
#[must_use]
pub fn memory_of(server: &Server) -> Option<Vec<u8>> {
    let proc = format!("/proc/{}", server.pid());
    if std::fs::metadata("/proc/self").unwrap().uid() != 0 {
        // Not `eprintln`, which the test runner swallows.
        let _ = writeln!(std::io::stderr(), "skipped: memory: only root may read it");
        return None;
    }
    let memory = File::open(format!("{proc}/mem")).unwrap();
    let mut all = Vec::new();
    for line in std::fs::read_to_string(format!("{proc}/maps")).unwrap().lines() {
        let mut words = line.split_whitespace();
        let (range, rights) = (words.next().unwrap(), words.next().unwrap());
        // What is mapped from a file and shared is the database's index, which is on the disk as well.
        if !rights.starts_with("rw") || rights.ends_with('s') {
            continue;
        }
        let bound = |text: &str| u64::from_str_radix(text, 16).unwrap();
        let (start, end) = range
            .split_once('-')
            .map(|(start, end)| (bound(start), bound(end)))
            .unwrap();
        let mut part = vec![0; usize::try_from(end - start).unwrap()];
        if memory.read_exact_at(&mut part, start).is_ok() {
            all.extend(part);
        }
    }
    Some(all)
}
