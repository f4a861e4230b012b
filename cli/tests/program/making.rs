//! Containers made in this process, keys to them, and a seeded choice: for tests that need many or wrong ones.
#![allow(dead_code, reason = "each test file uses its part")]

use getrandom::SysRng;
use rand_core::UnwrapErr;
use satchel_client::crypto::{
    Allowed, Asked, Container, Entry, Event, Identity, Key, Locks, Manifest, Recipient, Sealer, Unpacker, Verdict,
};

use crate::program::Desk;

/// Whether the full counts were asked for.
pub(crate) fn is_long() -> bool {
    std::env::var_os("SATCHEL_LONG").is_some()
}

/// `full` where the full counts were asked for, else `reduced`.
pub(crate) fn count(reduced: usize, full: usize) -> usize {
    if is_long() { full } else { reduced }
}

/// The operating system's randomness.
pub(crate) fn rng() -> UnwrapErr<SysRng> {
    UnwrapErr(SysRng)
}

/// Choices that are the same in every run.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// A number from 0 to `end - 1`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % end as u64).unwrap()
    }
}

/// Somebody with a key.
pub(crate) struct Person {
    pub(crate) identities: [Identity; 1],
    pub(crate) recipients: [Recipient; 1],
}

impl Person {
    pub(crate) fn new() -> Self {
        let identity = Identity::generate(&mut rng());
        Self {
            recipients: [identity.recipient()],
            identities: [identity],
        }
    }

    pub(crate) fn key(&self) -> Key<'_> {
        Key::Identities(&self.identities)
    }

    /// NAME.key and NAME.pub on the desk.
    pub(crate) fn write(&self, desk: &Desk, name: &str) {
        let [identity] = &self.identities;
        let [recipient] = &self.recipients;
        desk.write(&format!("{name}.key"), identity.encode().as_bytes());
        desk.write(&format!("{name}.pub"), recipient.encode().as_bytes());
    }
}

/// A file of an announced length.
pub(crate) fn entry(name: &str, size: u64) -> Entry {
    Entry {
        name: Some(name.to_owned()),
        media_type: "application/octet-stream".to_owned(),
        size: Some(size),
        modified: None,
    }
}

/// A container of these files for one person.
pub(crate) fn sealed(files: &[(&str, &[u8])], to: &Person) -> Vec<u8> {
    let entries = files.iter().map(|(name, content)| entry(name, content.len() as u64));
    let manifest = Manifest::new(entries.collect(), Asked::default()).unwrap();
    let mut sealer = Sealer::new(&manifest, &Locks::Recipients(&to.recipients), &mut rng()).unwrap();
    let mut container = sealer.prefix().into_vec();
    for (_, content) in files {
        let mut rest = *content;
        while !rest.is_empty() {
            rest = &rest[sealer.push(rest).unwrap()..];
            while let Some(segment) = sealer.next_segment(&mut rng()) {
                container.extend_from_slice(segment.seal().as_slice());
            }
        }
    }
    let mut finishing = sealer.finish().unwrap();
    while let Some(segment) = finishing.next_segment(&mut rng()) {
        container.extend_from_slice(segment.seal().as_slice());
    }
    container
}

/// What is before the first segment.
pub(crate) fn prefix_len(container: &[u8]) -> usize {
    let room: [u8; 4] = container[41..45].try_into().unwrap();
    46 + 2 * usize::try_from(u32::from_be_bytes(room)).unwrap() + 74
}

/// All contents, one after another, if the whole of it is right.
pub(crate) fn opened(container: &[u8], key: &Key<'_>) -> Result<Vec<u8>, Verdict> {
    let mut opened = Container::parse(container, container.len() as u64)?.open(key, Allowed::ALL)?;
    let (mut unpacker, mut contents, mut is_done) = (Unpacker::new(), Vec::new(), false);
    for position in 0..opened.segment_count().unwrap() {
        let range = opened.segment_range(position);
        let bytes = &container[usize::try_from(range.start).unwrap()..usize::try_from(range.end).unwrap()];
        unpacker.push(opened.closed_segment(position, bytes.to_vec())?.open()?)?;
        while let Some(event) = unpacker.next()? {
            match event {
                Event::Content(_, bytes) => contents.extend_from_slice(bytes),
                Event::Done => is_done = true,
                _ => {}
            }
        }
    }
    assert!(is_done, "whatever opens comes to its end");
    Ok(contents)
}
