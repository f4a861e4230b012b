//! Whatever is sealed opens to the same; whatever is changed does not open.
#![allow(clippy::unwrap_used, clippy::panic)]

mod read;

use getrandom::SysRng;
use proptest::prelude::*;
use rand_core::UnwrapErr;
use read::{Read, at_once, by_position, streamed};
use satchel_crypto::{
    Allowed, Asked, Container, Entry, Key, Link, Locks, Manifest, OpenSegment, Passphrase, Profile, SealError,
    SealedBytes, Sealer, UnlockedLink, Verdict, limit,
};
use sha2::{Digest, Sha256};

const SEGMENT: usize = limit::SEGMENT_PLAINTEXT_LEN;

fn rng() -> UnwrapErr<SysRng> {
    UnwrapErr(SysRng)
}

fn link() -> UnlockedLink {
    Link::generate(&mut rng(), false).unlock(None).unwrap()
}

fn entry(name: Option<&str>, size: Option<u64>) -> Entry {
    Entry {
        name: name.map(str::to_owned),
        media_type: "text/plain".to_owned(),
        size,
        modified: Some(1_767_225_600),
    }
}

/// Files of these contents; the last "to the end" where asked.
fn manifest(contents: &[Vec<u8>], open_ended: bool) -> Manifest {
    let file = |(i, content): (usize, &Vec<u8>)| {
        let last = i + 1 == contents.len();
        entry(
            Some(&format!("file {i}")),
            (!(open_ended && last)).then_some(content.len() as u64),
        )
    };
    Manifest::new(contents.iter().enumerate().map(file).collect(), Asked::default()).unwrap()
}

/// Seals with pushes of `step` bytes.
fn seal(manifest: &Manifest, contents: &[Vec<u8>], locks: &Locks<'_>, step: usize) -> Vec<u8> {
    let mut rng = rng();
    let mut sealer = Sealer::new(manifest, locks, &mut rng).unwrap();
    let announced = sealer.container_len();
    let mut container = sealer.prefix().into_vec();
    for mut rest in contents.iter().flat_map(|content| content.chunks(step)) {
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
    let len = finishing.container_len();
    while let Some(segment) = finishing.next_segment(&mut rng) {
        container.extend_from_slice(segment.seal().as_slice());
    }
    assert_eq!(container.len() as u64, len);
    assert!(announced.is_none_or(|announced| announced == len));
    container
}

fn expected(manifest: &Manifest, contents: &[Vec<u8>]) -> Read {
    let hashes = contents.iter().map(|content| Sha256::digest(content).into());
    Read {
        asked: manifest.asked(),
        entries: manifest.entries().iter().cloned().zip(hashes).collect(),
    }
}

fn opens_on_every_path(contents: &[Vec<u8>], open_ended: bool, step: usize) {
    let (manifest, link) = (manifest(contents, open_ended), link());
    let container = seal(&manifest, contents, &Locks::Link(&link), step);
    let (key, expected) = (Key::Link(&link), Ok(expected(&manifest, contents)));
    assert_eq!(at_once(&container, &key, Allowed::ALL), expected);
    assert_eq!(
        streamed(container.chunks(step), Some(container.len() as u64), &key, Allowed::ALL),
        expected
    );
    assert_eq!(streamed(container.chunks(65_536), None, &key, Allowed::ALL), expected);
    assert_eq!(by_position(&container, &key, Allowed::ALL), expected);
}

/// Lengths near the ends of segments and of padded lengths.
fn near_a_border() -> impl Strategy<Value = usize> {
    let borders = prop_oneof![
        Just(0),
        Just(4096),
        Just(SEGMENT),
        Just(262_144),
        Just(2 * SEGMENT),
        Just(3 * SEGMENT)
    ];
    (borders, 0..200_usize).prop_map(|(border, less)| border.saturating_sub(less))
}

/// Text-like, random, or zeros with something in between: what the end of a stream is told from.
fn content(len: usize, kind: u8) -> Vec<u8> {
    let byte = |i: usize| match kind {
        0 => 0,
        1 => u8::from(i % 70_000 == 5),
        _ => u8::try_from(i % 255).unwrap() + 1,
    };
    (0..len).map(byte).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// [A-3] [A-4] [F-3] [F-5] [T-1]
    #[test]
    fn what_is_sealed_opens_to_the_same(
        lens in prop::collection::vec((near_a_border(), 0..3_u8), 1..4), open_ended: bool, step in 1000..400_000_usize,
    ) {
        let contents: Vec<_> = lens.into_iter().map(|(len, kind)| content(len, kind)).collect();
        opens_on_every_path(&contents, open_ended, step);
    }

    /// [C-6] [F-3] [F-5]
    #[test]
    fn any_truncation_is_rejected(len in near_a_border(), at in any::<prop::sample::Index>()) {
        let (contents, link) = ([content(len, 2)], link());
        let container = seal(&manifest(&contents, false), &contents, &Locks::Link(&link), 70_000);
        let cut = &container[..at.index(container.len())];
        prop_assert!(at_once(cut, &Key::Link(&link), Allowed::ALL).is_err());
        prop_assert!(streamed(cut.chunks(9999), None, &Key::Link(&link), Allowed::ALL).is_err());
    }

    /// [C-6]
    #[test]
    fn any_byte_more_is_rejected(len in near_a_border(), more in 1..10_000_usize) {
        let (contents, link) = ([content(len, 2)], link());
        let mut container = seal(&manifest(&contents, false), &contents, &Locks::Link(&link), 70_000);
        container.resize(container.len() + more, 0);
        prop_assert!(at_once(&container, &Key::Link(&link), Allowed::ALL).is_err());
    }

    /// [H-6] [F-4]
    #[test]
    fn any_flipped_bit_of_a_large_container_is_rejected(at in any::<prop::sample::Index>(), bit in 0..8) {
        let (contents, link) = ([content(SEGMENT + 9, 2)], link());
        let mut container = seal(&manifest(&contents, true), &contents, &Locks::Link(&link), 70_000);
        let at = at.index(container.len());
        container[at] ^= 1_u8 << bit;
        prop_assert!(at_once(&container, &Key::Link(&link), Allowed::ALL).is_err());
    }
}

/// [C-1] [C-2] [C-4] [H-6] [W-1] [F-1] [F-4]
#[test]
fn every_single_flipped_bit_of_a_small_container_is_rejected() {
    let (contents, link) = ([b"demands".to_vec()], link());
    let container = seal(&manifest(&contents, false), &contents, &Locks::Link(&link), 70_000);
    for at in 0..container.len() {
        for bit in 0..8 {
            let mut changed = container.clone();
            changed[at] ^= 1_u8 << bit;
            assert!(
                at_once(&changed, &Key::Link(&link), Allowed::ALL).is_err(),
                "byte {at}, bit {bit}"
            );
        }
    }
}

/// [C-3] [F-2]
#[test]
fn nothing_random_is_used_twice() {
    let (contents, link) = ([content(SEGMENT * 2, 0)], link());
    let manifest = manifest(&contents, false);
    let [one, two] = [0, 1].map(|_| seal(&manifest, &contents, &Locks::Link(&link), SEGMENT));
    let fixed = 9;
    assert_eq!(one[..fixed], two[..fixed]);
    assert_ne!(one[fixed..25], two[fixed..25], "container ids differ");
    let start = one.len()
        - 3 * 32
        - usize::try_from(Container::parse(&one, one.len() as u64).unwrap().padded_len().unwrap()).unwrap();
    let nonces: std::collections::BTreeSet<_> = [&one, &two]
        .iter()
        .flat_map(|container| {
            container[start..]
                .chunks(limit::SEGMENT_LEN)
                .map(|segment| segment[4..16].to_vec())
        })
        .collect();
    assert_eq!(nonces.len(), 6);
}

/// [P-2] [H-5]
#[test]
fn any_of_several_passphrases_opens_and_no_other() {
    let words = ["one", "two", "three"].map(|word| Passphrase::new(word).unwrap());
    let all: Vec<_> = words[..2].iter().collect();
    let contents = [b"members".to_vec()];
    let manifest = manifest(&contents, false);
    let container = seal(
        &manifest,
        &contents,
        &Locks::Passphrases {
            passphrases: &all,
            profile: Profile::Phone,
        },
        9,
    );
    for word in &all {
        assert_eq!(
            at_once(&container, &Key::Passphrase(word), Allowed::ALL),
            Ok(expected(&manifest, &contents))
        );
    }
    assert_eq!(
        at_once(&container, &Key::Passphrase(&words[2]), Allowed::ALL),
        Err(Verdict::WrongKey)
    );
    assert_eq!(
        at_once(&container, &Key::Link(&link()), Allowed::ALL),
        Err(Verdict::NoMatchingSlot)
    );
    let salts: Vec<_> = Container::parse(&container, container.len() as u64)
        .unwrap()
        .slots()
        .cloned()
        .collect();
    assert_ne!(salts[0], salts[1]);
}

#[test]
fn a_link_s_passphrase_is_part_of_its_key() {
    let link = Link::generate(&mut rng(), true);
    let right = link.unlock(Some(&Passphrase::new("right").unwrap())).unwrap();
    let wrong = link.unlock(Some(&Passphrase::new("wrong").unwrap())).unwrap();
    let contents = [b"strategy".to_vec()];
    let container = seal(&manifest(&contents, false), &contents, &Locks::Link(&right), 9);
    assert!(at_once(&container, &Key::Link(&right), Allowed::ALL).is_ok());
    assert_eq!(
        at_once(&container, &Key::Link(&wrong), Allowed::ALL),
        Err(Verdict::WrongKey)
    );
    assert_ne!(right.claim_token().hash(), wrong.claim_token().hash());
    assert_eq!(link.unlock(None).err(), Some(Verdict::PassphraseMissing));
    let open = Link::generate(&mut rng(), false);
    assert_eq!(
        open.unlock(Some(&Passphrase::new("any").unwrap())).err(),
        Some(Verdict::PassphraseNotNeeded)
    );
}

/// [P-1]
#[test]
fn open_refuses_a_profile_above_what_is_allowed() {
    let passphrase = Passphrase::new("x").unwrap();
    let locks = Locks::Passphrases {
        passphrases: &[&passphrase],
        profile: Profile::Desk,
    };
    let container = seal(&manifest(&[vec![]], false), &[], &locks, 9);
    let allowed = Allowed {
        largest: Profile::Phone,
    };
    let verdict = at_once(&container, &Key::Passphrase(&passphrase), allowed);
    assert_eq!(
        verdict,
        Err(Verdict::ExcessiveWork {
            required: 262_144,
            allowed: 65_536
        })
    );
}

#[test]
fn seal_rejects_contents_of_another_length_than_announced() {
    let (link, mut rng) = (link(), rng());
    let manifest = manifest(&[vec![0; 10]], false);
    let mut sealer = Sealer::new(&manifest, &Locks::Link(&link), &mut rng).unwrap();
    assert_eq!(sealer.push(&[0; 11]), Ok(10));
    assert_eq!(sealer.push(&[0; 1]), Err(SealError::ContentTooLong));
    assert_eq!(sealer.filled(1), Err(SealError::ContentTooLong));
    let mut sealer = Sealer::new(&manifest, &Locks::Link(&link), &mut rng).unwrap();
    assert_eq!(sealer.push(&[0; 9]), Ok(9));
    assert_eq!(sealer.finish().err(), Some(SealError::ContentTooShort { missing: 1 }));
    let too_many: Vec<_> = (0..5).map(|_| Passphrase::new("x").unwrap()).collect();
    for count in [0, 5] {
        let passphrases: Vec<_> = too_many[..count].iter().collect();
        let locks = Locks::Passphrases {
            passphrases: &passphrases,
            profile: Profile::Phone,
        };
        assert_eq!(
            Sealer::new(&manifest, &locks, &mut rng).err(),
            Some(SealError::PassphraseCount(count))
        );
    }
}

/// What a browser does: AES-GCM of whole segments by someone else, with the key handed out.
fn seal_elsewhere(segment: OpenSegment) -> SealedBytes {
    use aes_gcm::aead::{Aead, KeyInit, Payload};
    let payload = Payload {
        msg: segment.plaintext(),
        aad: &segment.associated_data(),
    };
    let nonce = segment.nonce();
    let made = segment
        .key()
        .expose_to_engine(|key| aes_gcm::Aes256Gcm::new(key.into()).encrypt(&nonce.into(), payload))
        .unwrap();
    segment
        .sealed_by(made.len(), |room| room.copy_from_slice(&made))
        .unwrap()
}

#[test]
fn another_engine_makes_and_reads_the_same_container() {
    use aes_gcm::aead::{Aead, KeyInit, Payload};
    let (contents, link, mut rng) = ([content(SEGMENT + 5, 2)], link(), rng());
    let manifest = manifest(&contents, false);
    let mut sealer = Sealer::new(&manifest, &Locks::Link(&link), &mut rng).unwrap();
    let mut container = sealer.prefix().into_vec();
    let used = sealer.push(&contents[0]).unwrap();
    container.extend(seal_elsewhere(sealer.next_segment(&mut rng).unwrap()).into_vec());
    assert_eq!(sealer.push(&contents[0][used..]), Ok(contents[0].len() - used));
    let mut finishing = sealer.finish().unwrap();
    while let Some(segment) = finishing.next_segment(&mut rng) {
        container.extend(seal_elsewhere(segment).into_vec());
    }
    assert_eq!(
        at_once(&container, &Key::Link(&link), Allowed::ALL),
        Ok(expected(&manifest, &contents))
    );

    let parsed = Container::parse(&container, container.len() as u64).unwrap();
    let mut opened = parsed.open(&Key::Link(&link), Allowed::ALL).unwrap();
    let range = opened.segment_range(0);
    let bytes = container[usize::try_from(range.start).unwrap()..usize::try_from(range.end).unwrap()].to_vec();
    let closed = opened.closed_segment(0, bytes.clone()).unwrap();
    let payload = Payload {
        msg: closed.ciphertext_and_tag(),
        aad: &closed.associated_data(),
    };
    let nonce = closed.nonce();
    let made = closed
        .key()
        .expose_to_engine(|key| aes_gcm::Aes256Gcm::new(key.into()).decrypt(&nonce.into(), payload))
        .unwrap();
    let theirs = closed
        .opened_by(made.len(), |room| room.copy_from_slice(&made))
        .unwrap();
    let ours = opened.closed_segment(0, bytes.clone()).unwrap().open().unwrap();
    assert!(theirs.plaintext() == ours.plaintext());
    let closed = opened.closed_segment(0, bytes).unwrap();
    assert_eq!(
        closed.opened_by(5, |room| room.fill(0)).err(),
        Some(Verdict::BadSegment(0))
    );
}
