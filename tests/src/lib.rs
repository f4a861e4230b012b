//! What the end-to-end tests stand on: the real server as a process, and a client of the wire that knows no cryptography.
//!
//! Counts are reduced unless `SATCHEL_LONG` is set; a line `figure: NAME: VALUE` goes into docs/reliability.md.
#![allow(clippy::unwrap_used, clippy::panic, reason = "only tests use this crate")]

pub mod at_rest;
pub mod documents;
pub mod held;
pub mod history;
pub mod image;
pub mod manual;
pub mod memory;
pub mod older;
pub mod process;
pub mod proxy;
pub mod raw;
pub mod recorded;
pub mod runs;
pub mod search;
pub mod shim;
pub mod volatile;
pub mod wire;

use std::path::{Path, PathBuf};

/// `full` where the full counts were asked for, else `reduced`.
#[must_use]
pub fn count(reduced: usize, full: usize) -> usize {
    if std::env::var_os("SATCHEL_LONG").is_some() {
        full
    } else {
        reduced
    }
}

/// `N` fresh random bytes.
#[must_use]
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).unwrap();
    bytes
}

/// `len` bytes that stand for a container. Not random enough to be a secret; different each time.
#[must_use]
pub fn noise(len: usize) -> Vec<u8> {
    let mut bytes = vec![0; len];
    getrandom::fill(&mut bytes).unwrap();
    bytes
}

/// A generator of choices that can be played again: SplitMix64. Never for secrets.
pub struct Dice(u64);

impl Dice {
    /// The same seed rolls the same.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// From 0 to `sides - 1`.
    pub fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (word ^ (word >> 31)) % sides
    }
}

/// Every file below `folder`.
#[must_use]
pub fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(&next).unwrap() {
            let entry = entry.unwrap();
            if entry.file_type().unwrap().is_dir() {
                folders.push(entry.path());
            } else {
                found.push(entry.path());
            }
        }
    }
    found
}

/// Whether `needle` is somewhere in `haystack`.
#[must_use]
pub fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}
