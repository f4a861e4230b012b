//! How fast sealing and opening are beside `aes-gcm` alone: run by hand, `cargo test --release -p satchel-crypto --test speed -- --ignored --nocapture`.
#![allow(clippy::unwrap_used)]

use std::time::Instant;

use aes_gcm::Aes256Gcm;
use aes_gcm::aead::{AeadInOut, KeyInit};
use getrandom::SysRng;
use rand_core::UnwrapErr;
use satchel_crypto::{Allowed, Asked, Container, Entry, Event, Key, Link, Locks, Manifest, Sealer, Unpacker, limit};

const LEN: usize = 256 << 20;

fn report(what: &str, start: Instant) {
    println!("{what}: {:.0} MB/s", LEN as f64 / 1e6 / start.elapsed().as_secs_f64());
}

#[test]
#[ignore = "measures; fails never"]
fn sealing_and_opening_beside_aes_gcm_alone() {
    let mut rng = UnwrapErr(SysRng);
    let cipher = Aes256Gcm::new(&[1; 32].into());
    let mut buffer = vec![7_u8; limit::SEGMENT_PLAINTEXT_LEN];
    let start = Instant::now();
    for _ in 0..LEN / buffer.len() {
        cipher
            .encrypt_inout_detached(&[2; 12].into(), b"", buffer.as_mut_slice().into())
            .unwrap();
    }
    report("aes-gcm alone", start);

    let link = Link::generate(&mut rng, false).unlock(None).unwrap();
    let entry = Entry {
        name: None,
        media_type: "text/plain".into(),
        size: Some(LEN as u64),
        modified: None,
    };
    let manifest = Manifest::new(vec![entry], Asked::default()).unwrap();
    let mut sealer = Sealer::new(&manifest, &Locks::Link(&link), &mut rng).unwrap();
    let prefix = sealer.prefix().into_vec();
    let mut container = Vec::with_capacity(usize::try_from(sealer.container_len().unwrap()).unwrap());
    container.resize(container.capacity(), 1);
    container.clear();
    container.extend_from_slice(&prefix);
    let content = vec![7; 1 << 20];
    let start = Instant::now();
    for _ in 0..LEN >> 20 {
        let mut rest = content.as_slice();
        while !rest.is_empty() {
            rest = &rest[sealer.push(rest).unwrap()..];
            while let Some(segment) = sealer.next_segment(&mut rng) {
                let sealed = segment.seal();
                container.extend_from_slice(sealed.as_slice());
                sealer.reuse(sealed.into_vec());
            }
        }
    }
    let mut finishing = sealer.finish().unwrap();
    while let Some(segment) = finishing.next_segment(&mut rng) {
        container.extend_from_slice(segment.seal().as_slice());
    }
    report("sealed, with a copy in and a copy out", start);

    let start = Instant::now();
    let parsed = Container::parse(&container, container.len() as u64).unwrap();
    let mut opened = parsed.open(&Key::Link(&link), Allowed::ALL).unwrap();
    let (mut unpacker, mut given, mut bytes) = (Unpacker::new(), 0, Vec::new());
    for position in 0..opened.segment_count().unwrap() {
        let range = opened.segment_range(position);
        bytes.clear();
        bytes.extend_from_slice(&container[usize::try_from(range.start).unwrap()..usize::try_from(range.end).unwrap()]);
        let plain = opened.closed_segment(position, bytes).unwrap().open().unwrap();
        bytes = unpacker.push(plain).unwrap().unwrap_or_default();
        while let Some(event) = unpacker.next().unwrap() {
            if let Event::Content(_, content) = event {
                given += content.len();
            }
        }
    }
    assert_eq!(given, LEN);
    report("opened, with a copy in", start);
}
