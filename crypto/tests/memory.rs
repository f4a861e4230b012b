//! Memory stays the same whatever the length: measured as the process's peak, so this file has one test and is its own process.
#![allow(clippy::unwrap_used)]

use std::fs;

use getrandom::SysRng;
use rand_core::UnwrapErr;
use satchel_crypto::{
    Allowed, Asked, Container, Entry, Event, Key, Link, Locks, Manifest, OpenSegment, Opened, Sealer, Unpacker,
};

const LEN: u64 = 200 << 20;

/// The peak so far, in KiB; none where the system does not tell.
fn peak_kib() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?
        .trim()
        .strip_suffix(" kB")?
        .parse()
        .ok()
}

/// Seals and at once opens a segment: nothing is kept. The length is not told before the end, on either side.
fn pass(segment: OpenSegment, opened: &mut Opened, unpacker: &mut Unpacker) -> (u64, Vec<u8>) {
    let position = segment.position();
    let plain = opened
        .closed_segment(position, segment.seal().into_vec())
        .unwrap()
        .open()
        .unwrap();
    let buffer = unpacker.push(plain).unwrap().unwrap_or_default();
    let mut given = 0;
    while let Some(event) = unpacker.next().unwrap() {
        if let Event::Content(_, bytes) = event {
            given += bytes.len() as u64;
        }
    }
    (given, buffer)
}

/// [A-3] [F-4]
#[test]
fn a_stream_of_unknown_length_takes_the_same_memory_whatever_its_length() {
    let mut rng = UnwrapErr(SysRng);
    let link = Link::generate(&mut rng, false).unlock(None).unwrap();
    let entry = Entry {
        name: None,
        media_type: "text/plain".to_owned(),
        size: None,
        modified: None,
    };
    let manifest = Manifest::new(vec![entry], Asked::default()).unwrap();
    let mut sealer = Sealer::new(&manifest, &Locks::Link(&link), &mut rng).unwrap();
    let prefix = sealer.prefix().into_vec();
    let mut opened = Container::parse_stream(&prefix)
        .unwrap()
        .open(&Key::Link(&link), Allowed::ALL)
        .unwrap();
    let mut unpacker = Unpacker::new();
    let before = peak_kib();
    let (mut left, mut given) = (LEN, 0);
    while left > 0 {
        let room = sealer.room();
        let len = room.len().min(usize::try_from(left).unwrap());
        // Zeros until close to the end: the reader has to hold back that it has seen them, not them.
        room[..len].fill(u8::from(left < 1 << 20));
        sealer.filled(len).unwrap();
        left -= len as u64;
        while let Some(segment) = sealer.next_segment(&mut rng) {
            let (bytes, buffer) = pass(segment, &mut opened, &mut unpacker);
            given += bytes;
            sealer.reuse(buffer);
        }
    }
    let mut finishing = sealer.finish().unwrap();
    let container_len = finishing.container_len();
    while let Some(segment) = finishing.next_segment(&mut rng) {
        if segment.is_final() {
            opened.end_at(container_len).unwrap();
        }
        given += pass(segment, &mut opened, &mut unpacker).0;
    }
    assert_eq!(given, LEN);
    match (before, peak_kib()) {
        (Some(before), Some(after)) => assert!(after - before < 8192, "{} KiB more", after - before),
        _ => println!("skipped: this system does not tell its peak of memory"),
    }
}
