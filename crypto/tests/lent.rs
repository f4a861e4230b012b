//! Content that never enters this program's memory: what another engine makes of it where it lies is the same container.
#![allow(clippy::unwrap_used, clippy::panic)]

mod read;

use aes_gcm::aead::{Aead, KeyInit, Payload};
use getrandom::SysRng;
use rand_core::UnwrapErr;
use read::{Read, at_once, by_position};
use satchel_crypto::{
    Allowed, Asked, Entry, Key, LentSegment, Link, Locks, Manifest, SealError, Sealer, UnlockedLink, limit,
};
use sha2::{Digest, Sha256};

const SEGMENT: usize = limit::SEGMENT_PLAINTEXT_LEN;

fn manifest(size: Option<u64>) -> Manifest {
    let entry = Entry {
        name: Some("members.csv".to_owned()),
        media_type: "text/csv".to_owned(),
        size,
        modified: None,
    };
    Manifest::new(vec![entry], Asked::default()).unwrap()
}

fn link() -> UnlockedLink {
    Link::generate(&mut UnwrapErr(SysRng), false).unlock(None).unwrap()
}

fn content(len: usize) -> Vec<u8> {
    (0..len).map(|i| u8::try_from(i % 251).unwrap()).collect()
}

/// Fills the current segment and seals it here: afterwards the next one is empty.
fn fill_one(sealer: &mut Sealer, content: &[u8], container: &mut Vec<u8>) -> usize {
    let used = sealer.push(content).unwrap();
    let segment = sealer.next_segment(&mut UnwrapErr(SysRng)).unwrap();
    container.extend(segment.seal().into_vec());
    used
}

fn seal_there(segment: LentSegment, content: &[u8]) -> Vec<u8> {
    let (nonce, aad) = (segment.inputs().nonce(), segment.inputs().associated_data());
    let payload = Payload {
        msg: content,
        aad: &aad,
    };
    let made = segment
        .inputs()
        .key()
        .expose_to_engine(|key| aes_gcm::Aes256Gcm::new(key.into()).encrypt(&nonce.into(), payload))
        .unwrap();
    let (head, sealed) = segment.sealed_as(made.len(), made).unwrap().into_parts();
    [&head[..], &sealed].concat()
}

/// Seals with every segment lent that can be; each second one of them is brought in after all.
fn seal(manifest: &Manifest, content: &[u8], link: &UnlockedLink) -> (Vec<u8>, usize) {
    let mut rng = UnwrapErr(SysRng);
    let mut sealer = Sealer::new(manifest, &Locks::Link(link), &mut rng).unwrap();
    let mut container = sealer.prefix().into_vec();
    let (mut used, mut lent) = (0, 0);
    while used < content.len() {
        if let Some(segment) = sealer.lend(&mut rng) {
            let part = &content[used..used + SEGMENT];
            container.extend(if lent % 2 == 0 {
                seal_there(segment, part)
            } else {
                segment.bring_in(|room| room.copy_from_slice(part)).seal().into_vec()
            });
            (used, lent) = (used + SEGMENT, lent + 1);
        } else if content.len() - used + 1024 > SEGMENT {
            used += fill_one(&mut sealer, &content[used..], &mut container);
        } else {
            used += sealer.push(&content[used..]).unwrap();
        }
    }
    let mut finishing = sealer.finish().unwrap();
    let len = finishing.container_len();
    while let Some(segment) = finishing.next_segment(&mut rng) {
        container.extend(segment.seal().into_vec());
    }
    assert_eq!(container.len() as u64, len);
    (container, lent)
}

#[test]
fn lent_segments_make_the_same_container() {
    for (len, expected_lent) in [(5 * SEGMENT, 4), (3 * SEGMENT + 17, 2)] {
        let (content, link) = (content(len), link());
        let manifest = manifest(Some(len as u64));
        let (container, lent) = seal(&manifest, &content, &link);
        assert_eq!(lent, expected_lent);
        let expected = Read {
            asked: manifest.asked(),
            entries: vec![(manifest.entries()[0].clone(), Sha256::digest(&content).into())],
        };
        let key = Key::Link(&link);
        assert!(at_once(&container, &key, Allowed::ALL) == Ok(expected));
        assert!(by_position(&container, &key, Allowed::ALL).is_ok());
    }
}

#[test]
fn a_segment_is_lent_only_at_its_start_and_where_announced_content_fills_it() {
    let (link, mut rng) = (link(), UnwrapErr(SysRng));
    // The manifest goes first.
    let mut sealer = Sealer::new(&manifest(Some(9 * SEGMENT as u64)), &Locks::Link(&link), &mut rng).unwrap();
    assert!(!sealer.can_lend() && sealer.lend(&mut rng).is_none());
    let used = fill_one(&mut sealer, &content(SEGMENT), &mut Vec::new());
    assert!(used < SEGMENT && sealer.can_lend());
    // Begun, it is no longer lent.
    sealer.push(b"x").unwrap();
    assert!(!sealer.can_lend() && sealer.lend(&mut rng).is_none());
    // Of a length that only shows at the end, nothing is.
    let mut sealer = Sealer::new(&manifest(None), &Locks::Link(&link), &mut rng).unwrap();
    fill_one(&mut sealer, &content(SEGMENT), &mut Vec::new());
    assert!(!sealer.can_lend() && sealer.lend(&mut rng).is_none());
}

#[test]
fn lent_content_counts_as_given() {
    let (link, mut rng) = (link(), UnwrapErr(SysRng));
    let mut sealer = Sealer::new(&manifest(Some(2 * SEGMENT as u64)), &Locks::Link(&link), &mut rng).unwrap();
    let used = fill_one(&mut sealer, &content(SEGMENT), &mut Vec::new());
    let segment = sealer.lend(&mut rng).unwrap();
    assert_eq!(segment.inputs().position(), 1);
    assert!(!sealer.can_lend());
    let missing = (SEGMENT - used) as u64;
    assert!(matches!(sealer.finish(), Err(SealError::ContentTooShort { missing: left }) if left == missing));
    // An engine that made something of another length made something else.
    let expected = SEGMENT + 16;
    assert!(matches!(
        segment.sealed_as(expected - 1, ()),
        Err(SealError::EngineOutput { expected: wanted, given }) if wanted == expected && given == expected - 1
    ));
}
