//! The new machine's disk gets full while things arrive, at whatever point: it says so, nothing is lost, and with room again it goes on.

use std::fs;
use std::path::Path;

use tempfile::TempDir;

use super::Places;
use super::way::{Proxy, Receiving, copied, hand_over, refuses_to_serve, said};
use crate::documents;
use crate::harness::{Paste, Server};
use crate::operator::{json, stopped};
use crate::small_disk::SmallDisk;

/// Longer than a batch.
const LONG: usize = 20_000_000;

/// Two batches of small ones, then one that is longer than a batch.
fn stock() -> (TempDir, Vec<Paste>) {
    let server = Server::start_with(&["--uploads-per-minute", "0"]);
    let mut pastes: Vec<Paste> = (0..1100).map(|n| Paste::on(&server, 500 + n, 1)).collect();
    let long = Paste::new(LONG, 1);
    assert_eq!(long.create(&server, &[]).status, 201);
    assert_eq!(long.patch(&server, 0, &long.content, &[]).status, 204);
    pastes.push(long);
    (stopped(server), pastes)
}

/// Gets full once so many bytes have passed, with so many left.
fn gets_full(disk: &SmallDisk, (data, pastes): (&Path, &[Paste]), at: u64, left: u64) {
    let (places, old) = (Places::new(), copied(data));
    let new = TempDir::new_in(disk.folder()).unwrap();
    let receiving = Receiving::start(new.path(), &places.key());
    let folder = disk.folder();
    let filling = move || drop(SmallDisk::fill(&folder, left));
    let proxy = Proxy::watching(receiving.address, at, Box::new(filling));
    let hand = |to| hand_over(old.path(), to, &places.key()).wait_with_output().unwrap();
    let first = hand(proxy.address);
    let why = said(&first);
    assert_eq!(first.status.code(), Some(1), "{at}, {left}: {why}");
    assert!(
        why.contains("its disk is full: make room there, start `satchel-server receive` again, then this"),
        "{at}, {left}: {why}"
    );
    let (code, _, why) = receiving.ended();
    assert_eq!(code, Some(1), "{why}");
    let is_room = why.contains("No space left on device") || why.contains("database or disk is full");
    assert!(is_room, "{at}, {left}: {why}");
    refuses_to_serve(old.path());
    assert!(old.path().join("shred-keys").exists(), "nothing was given");
    assert!(!new.path().join("satchel.db").exists());

    fs::remove_file(disk.folder().join("somebody-elses")).unwrap();
    let receiving = Receiving::start(new.path(), &places.key());
    let second = hand(receiving.address);
    assert!(second.status.success(), "{at}, {left}: {}", said(&second));
    let (code, _, why) = receiving.ended();
    assert_eq!(code, Some(0), "{why}");
    assert_eq!(json(new.path(), &["check"])["well"], true);
    let server = Server::start_in(new, &[]);
    for paste in pastes.iter().skip(1).step_by(100).chain(pastes.last()) {
        documents::read(paste, &server);
    }
}

#[test]
fn a_disk_that_gets_full_on_the_new_side_stops_the_move_and_it_goes_on_with_room() {
    let Some(disk) = SmallDisk::of(192, "a disk that gets full on the new side") else {
        return;
    };
    let (data, pastes) = stock();
    // Before anything is there, among the small ones, and within the long one.
    for (at, left) in [
        (300_000, 0),
        (1_200_000, 300_000),
        (3_000_000, 4096),
        (19_000_000, 1 << 20),
    ] {
        gets_full(&disk, (data.path(), &pastes), at, left);
    }
}
