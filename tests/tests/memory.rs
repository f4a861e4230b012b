//! What the memory of a running server tells, to who seizes the machine while it is on: no shred key of what was burned.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Write as _;
use std::os::unix::fs::{FileExt as _, MetadataExt as _};

use satchel_tests::at_rest::AtRest;
use satchel_tests::process::Server;
use satchel_tests::search::Needles;
use satchel_tests::wire::{Keys, Wire};
use satchel_tests::{count, noise, random};

/// Whatever the process can write to: its heap, its stacks, its data. Read as root reads it, for the server lets nobody else.
fn memory_of(server: &Server) -> Option<Vec<u8>> {
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

/// The items, of the first `many` of a store, whose filled slot lies somewhere in memory; at_rest.rs has its shape.
fn items_with_keys(memory: &[u8], many: usize) -> BTreeSet<u64> {
    let first_generation = 1_u64.to_be_bytes();
    let slots = memory.windows(64).step_by(8);
    let filled = slots.filter(|slot| {
        slot[40..48] == first_generation && slot[48] == 1 && slot[49..56] == [0; 7] && slot[56..] != [0; 8]
    });
    let items = filled.map(|slot| u64::from_be_bytes(slot[32..40].try_into().unwrap()));
    items.filter(|item| (1..=many as u64).contains(item)).collect()
}

struct Paste {
    keys: Keys,
    content: Vec<u8>,
}

impl Paste {
    fn on(wire: &Wire, at: usize) -> Self {
        let (keys, content) = (
            Keys::generate(),
            noise(if at.is_multiple_of(20) { 300_000 } else { 1024 }),
        );
        assert_eq!(wire.create(&keys, 1, content.len(), &content).unwrap().status, 201);
        Self { keys, content }
    }

    /// By its reader, or on demand.
    fn burn(&self, wire: &Wire, at: usize) {
        if at.is_multiple_of(2) {
            let lease = random();
            assert!(wire.claim(&self.keys, &lease).unwrap().body == self.content);
            assert_eq!(wire.confirm(&self.keys, &lease).unwrap().status, 204);
        } else {
            assert_eq!(wire.burn(&self.keys).unwrap().status, 204);
        }
    }
}

#[test]
fn no_shred_key_of_what_was_burned_is_in_memory() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let wire = Wire::new(server.url());
    let pastes: Vec<_> = (0..count(200, 2000)).map(|at| Paste::on(&wire, at)).collect();
    let at_rest = AtRest::read(folder.path());
    let keys: Vec<_> = pastes
        .iter()
        .map(|paste| at_rest.item(&paste.keys.id, paste.content.len()).key)
        .collect();
    let (burned, living) = pastes.split_at(pastes.len() / 2);
    burned.iter().enumerate().for_each(|(at, paste)| paste.burn(&wire, at));
    for paste in living.iter().step_by(2) {
        assert!(wire.claim(&paste.keys, &random()).unwrap().body == paste.content);
    }
    let Some(memory) = memory_of(&server) else { return };
    let found = |keys: &[[u8; 32]]| {
        let counts = Needles::new(keys.iter().map(|key| &key[..])).counted_in(&memory);
        counts.into_iter().filter(|count| *count > 0).count()
    };
    let (of_burned, of_living) = keys.split_at(burned.len());
    println!(
        "figure: shred keys in the memory of a running server: {} of {} burned items, {} of {} living ones ({} MB searched)",
        found(of_burned),
        of_burned.len(),
        found(of_living),
        of_living.len(),
        memory.len() / 1_000_000
    );
    assert_eq!(found(of_burned), 0);
}

#[test]
fn keys_that_live_in_memory_are_found_there_and_burned_ones_are_not() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start_with(folder.path(), &["--shred-keys", "memory"]);
    let wire = Wire::new(server.url());
    let pastes: Vec<_> = (0..200).map(|at| Paste::on(&wire, at)).collect();
    let Some(memory) = memory_of(&server) else { return };
    let all: BTreeSet<_> = (1..=pastes.len() as u64).collect();
    assert_eq!(
        items_with_keys(&memory, pastes.len()),
        all,
        "the search finds what is there"
    );
    pastes.iter().enumerate().for_each(|(at, paste)| paste.burn(&wire, at));
    let memory = memory_of(&server).unwrap();
    assert_eq!(items_with_keys(&memory, pastes.len()), BTreeSet::new());
}
