//! Many readers of one paste at the same moment: promise 4.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::sync::{Arc, Barrier};

use satchel_tests::process::Server;
use satchel_tests::wire::{Keys, Wire};
use satchel_tests::{count, noise, random};

const READERS: usize = 32;

/// How many of [`READERS`] who claim `keys` at the same moment get the content; each has a lease of its own.
fn winners(wires: &[Wire], keys: &Keys, content: &Arc<Vec<u8>>) -> usize {
    let start = Arc::new(Barrier::new(READERS));
    let readers: Vec<_> = wires
        .iter()
        .cloned()
        .map(|wire| {
            let (start, keys, content) = (Arc::clone(&start), keys.clone(), Arc::clone(content));
            std::thread::spawn(move || {
                let lease = random();
                start.wait();
                let answer = wire.claim(&keys, &lease).unwrap();
                if answer.status == 200 {
                    assert_eq!(answer.body, *content, "who wins gets all of it");
                    return true;
                }
                assert!(
                    !satchel_tests::contains(&answer.body, &content[..64]),
                    "who loses gets nothing"
                );
                assert_eq!(answer.status, 410, "who loses is told that it is gone");
                false
            })
        })
        .collect();
    readers
        .into_iter()
        .map(|reader| usize::from(reader.join().unwrap()))
        .sum()
}

fn race(pastes: usize, len: usize) {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let wires: Vec<_> = (0..READERS).map(|_| Wire::new(server.url())).collect();
    for _ in 0..pastes {
        let keys = Keys::generate();
        let content = Arc::new(noise(len));
        assert_eq!(wires[0].create(&keys, 1, len, &content).unwrap().status, 201);
        assert_eq!(winners(&wires, &keys, &content), 1);
        assert_eq!(wires[0].burn(&keys).unwrap().status, 204);
    }
    println!(
        "figure: {READERS} readers of one paste of {len} bytes, pastes with exactly one winner: {pastes} of {pastes}"
    );
}

#[test]
fn one_of_32_readers_gets_a_small_paste() {
    race(count(100, 200), 1024);
}

#[test]
fn one_of_32_readers_gets_a_large_paste() {
    race(count(10, 200), 8 << 20);
}

#[test]
fn three_reads_go_to_three_of_32_readers() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let wires: Vec<_> = (0..READERS).map(|_| Wire::new(server.url())).collect();
    for _ in 0..count(5, 50) {
        let keys = Keys::generate();
        let content = Arc::new(noise(5000));
        assert_eq!(wires[0].create(&keys, 3, content.len(), &content).unwrap().status, 201);
        assert_eq!(winners(&wires, &keys, &content), 3);
    }
}

#[test]
fn a_claim_repeated_at_the_same_time_with_one_lease_costs_one_read() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let wire = Wire::new(server.url());
    let keys = Keys::generate();
    let content = noise(6000);
    assert_eq!(wire.create(&keys, 2, content.len(), &content).unwrap().status, 201);
    let lease = random();
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                let answer = Wire::new(server.url()).claim(&keys, &lease).unwrap();
                assert_eq!((answer.status, answer.body == content), (200, true));
            });
        }
    });
    let receipt: satchel_api::Receipt = serde_json::from_slice(&wire.receipt(&keys).unwrap().body).unwrap();
    assert_eq!((receipt.reads_left, receipt.leases_running), (Some(1), 1));
}
