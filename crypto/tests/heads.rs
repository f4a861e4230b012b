//! Several links to one document: each head before the one payload is a container, and only its own link opens it.
#![allow(clippy::unwrap_used, clippy::panic)]

mod read;

use getrandom::SysRng;
use rand_core::UnwrapErr;
use read::at_once;
use satchel_crypto::{
    Allowed, Asked, Entry, HEAD_LEN, Heads, Key, Link, Locks, Manifest, OwnerReceipt, Passphrase, Prelude, Receipt,
    Sealer, UnlockedLink, Verdict, limit,
};

type Rng = UnwrapErr<SysRng>;

fn manifest(len: usize) -> Manifest {
    let entry = Entry {
        name: Some("demands.txt".to_owned()),
        media_type: "text/plain".to_owned(),
        size: Some(len as u64),
        modified: None,
    };
    Manifest::new(vec![entry], Asked::default()).unwrap()
}

/// The payload of `content`, without a head.
fn payload(heads: &Heads, content: &[u8], rng: &mut Rng) -> Vec<u8> {
    let mut sealer = Sealer::payload_of(&manifest(content.len()), heads, rng).unwrap();
    let announced = sealer.container_len();
    let mut bytes = sealer.prefix().into_vec();
    let mut rest = content;
    while !rest.is_empty() {
        rest = &rest[sealer.push(rest).unwrap()..];
        while let Some(segment) = sealer.next_segment(rng) {
            bytes.extend_from_slice(segment.seal().as_slice());
        }
    }
    let mut finishing = sealer.finish().unwrap();
    while let Some(segment) = finishing.next_segment(rng) {
        bytes.extend_from_slice(segment.seal().as_slice());
    }
    assert_eq!(announced, Some(bytes.len() as u64));
    bytes
}

fn link(passphrase: Option<&str>, rng: &mut Rng) -> UnlockedLink {
    let passphrase = passphrase.map(|text| Passphrase::new(text).unwrap());
    Link::generate(rng, passphrase.is_some())
        .unlock(passphrase.as_ref())
        .unwrap()
}

/// [L-4]
#[test]
fn each_link_opens_its_own_head_before_the_one_payload_and_no_other() {
    let mut rng = UnwrapErr(SysRng);
    let heads = Heads::generate(&mut rng);
    for content in [vec![], vec![7; 300_000]] {
        let payload = payload(&heads, &content, &mut rng);
        let links = [
            link(None, &mut rng),
            link(Some("часы ساعة"), &mut rng),
            link(None, &mut rng),
        ];
        for (number, one) in links.iter().enumerate() {
            let head = heads.for_link(one);
            assert_eq!(
                (head.len(), Prelude::parse(&head).unwrap().prefix_len()),
                (HEAD_LEN, HEAD_LEN + limit::PAYLOAD_HEADER_LEN)
            );
            let container = [head, payload.clone()].concat();
            for (other, link) in links.iter().enumerate() {
                let came = at_once(&container, &Key::Link(link), Allowed::ALL);
                if number == other {
                    assert_eq!(came.unwrap().entries[0].0.size, Some(content.len() as u64));
                } else {
                    assert_eq!(came.unwrap_err(), Verdict::WrongKey);
                }
            }
        }
    }
}

/// [L-4] A container of one link is no different from one that has several.
#[test]
fn a_head_is_laid_out_as_that_of_a_container_with_one_link() {
    let mut rng = UnwrapErr(SysRng);
    let link = link(None, &mut rng);
    let alone = Sealer::new(&manifest(9), &Locks::Link(&link), &mut rng).unwrap();
    assert_eq!(alone.prefix().into_vec().len(), HEAD_LEN + limit::PAYLOAD_HEADER_LEN);
}

/// [L-5]
#[test]
fn the_owners_head_makes_heads_for_links_that_come_later() {
    let mut rng = UnwrapErr(SysRng);
    let (heads, owner) = (Heads::generate(&mut rng), OwnerReceipt::generate(&mut rng));
    let payload = payload(&heads, b"Thirty hours, full pay.", &mut rng);
    let kept = heads.for_owner(&owner);
    drop(heads);

    let owner = OwnerReceipt::parse(&owner.encode()).unwrap();
    let later = link(None, &mut rng);
    let container = [Heads::open(&kept, &owner).unwrap().for_link(&later), payload].concat();
    assert!(at_once(&container, &Key::Link(&later), Allowed::ALL).is_ok());

    let stranger = OwnerReceipt::generate(&mut rng);
    assert_eq!(Heads::open(&kept, &stranger).err(), Some(Verdict::WrongKey));
}

/// [L-5]
#[test]
fn no_owners_head_with_a_flipped_bit_or_a_cut_opens() {
    let mut rng = UnwrapErr(SysRng);
    let (heads, owner) = (Heads::generate(&mut rng), OwnerReceipt::generate(&mut rng));
    let head = heads.for_owner(&owner);
    assert!(Heads::open(&head, &owner).is_ok());
    for bit in 0..8 * head.len() {
        let mut flipped = head.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert!(Heads::open(&flipped, &owner).is_err(), "bit {bit}");
    }
    for len in 0..head.len() {
        assert!(Heads::open(&head[..len], &owner).is_err(), "{len} bytes");
    }
}

/// [L-1] [L-2] [L-6]
#[test]
fn an_owner_receipt_encodes_and_parses_to_itself_and_is_neither_receipt_nor_link() {
    let mut rng = UnwrapErr(SysRng);
    let owner = OwnerReceipt::generate(&mut rng);
    let text = owner.encode();
    let again = OwnerReceipt::parse(&text).unwrap();
    assert_eq!((again.id(), again.token().hash()), (owner.id(), owner.token().hash()));
    assert_eq!(text.len(), limit::RECEIPT_CHARS);
    assert_eq!(Receipt::parse(&text).err(), Some(Verdict::UnsupportedLinkFlags));
    assert_eq!(Link::parse(&text).err(), Some(Verdict::MalformedLink));
    let receipt = Receipt::generate(owner.id(), &mut rng).encode();
    assert_eq!(OwnerReceipt::parse(&receipt).err(), Some(Verdict::UnsupportedLinkFlags));
}
