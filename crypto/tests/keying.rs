//! The file key of a link's container, wrapped by another engine: the same container, and what is none of the key's opens for nobody.
#![allow(clippy::unwrap_used, clippy::panic)]

mod read;

use aes_gcm::aead::{Aead, KeyInit, Payload};
use getrandom::SysRng;
use rand_core::UnwrapErr;
use read::at_once;
use satchel_crypto::{
    Allowed, Asked, Entry, Key, Keyed, Link, LinkKeying, Locks, Manifest, Sealer, UnlockedLink, Verdict,
};

const CONTENT: &[u8] = b"a short text";

fn manifest() -> Manifest {
    let entry = Entry {
        name: None,
        media_type: "text/plain".to_owned(),
        size: Some(CONTENT.len() as u64),
        modified: None,
    };
    Manifest::new(vec![entry], Asked::default()).unwrap()
}

fn link() -> UnlockedLink {
    Link::generate(&mut UnwrapErr(SysRng), false).unlock(None).unwrap()
}

fn seal(mut sealer: Sealer) -> Vec<u8> {
    let mut rng = UnwrapErr(SysRng);
    let mut container = sealer.prefix().into_vec();
    assert_eq!(sealer.push(CONTENT).unwrap(), CONTENT.len());
    let mut finishing = sealer.finish().unwrap();
    while let Some(segment) = finishing.next_segment(&mut rng) {
        container.extend(segment.seal().into_vec());
    }
    container
}

fn keyed(keyed: Keyed) -> Vec<u8> {
    seal(Sealer::keyed(&manifest(), keyed, &mut UnwrapErr(SysRng)).unwrap())
}

/// AES-GCM as a browser has it.
fn wrapped_there(keying: &LinkKeying) -> [u8; 48] {
    let wrap = |job: &satchel_crypto::WrapJob<'_>| {
        let payload = Payload {
            msg: job.plaintext.as_slice(),
            aad: &job.associated_data,
        };
        aes_gcm::Aes256Gcm::new(job.key.into())
            .encrypt(&[0; 12].into(), payload)
            .unwrap()
    };
    keying.expose_to_engine(wrap).try_into().unwrap()
}

#[test]
fn a_file_key_that_another_engine_wrapped_opens_as_ever() {
    let link = link();
    let keying = LinkKeying::new(&link, &mut UnwrapErr(SysRng));
    let wrapped = wrapped_there(&keying);
    let there = keyed(keying.wrapped_as(wrapped));
    let here = keyed(LinkKeying::new(&link, &mut UnwrapErr(SysRng)).wrap());
    let at_once_there = at_once(&there, &Key::Link(&link), Allowed::ALL).unwrap();
    assert_eq!(Ok(at_once_there), at_once(&here, &Key::Link(&link), Allowed::ALL));
    let as_ever = seal(Sealer::new(&manifest(), &Locks::Link(&link), &mut UnwrapErr(SysRng)).unwrap());
    assert_eq!((there.len(), here.len()), (as_ever.len(), as_ever.len()));
}

#[test]
fn what_another_engine_made_up_opens_for_nobody() {
    let link = link();
    let keying = LinkKeying::new(&link, &mut UnwrapErr(SysRng));
    let mut wrapped = wrapped_there(&keying);
    wrapped[47] ^= 1;
    let container = keyed(keying.wrapped_as(wrapped));
    assert_eq!(
        at_once(&container, &Key::Link(&link), Allowed::ALL),
        Err(Verdict::WrongKey)
    );
    let of_another = keyed(LinkKeying::new(&self::link(), &mut UnwrapErr(SysRng)).wrap());
    assert_eq!(
        at_once(&of_another, &Key::Link(&link), Allowed::ALL),
        Err(Verdict::WrongKey)
    );
}
