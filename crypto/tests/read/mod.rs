//! The paths on which a container can be read, for the tests of this crate.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used)]

use satchel_crypto::{
    Allowed, Asked, Container, Entry, Event, Key, Layout, Opened, PlainSegment, Prelude, SetHead, Trailer, Unpacker,
    Verdict,
};
use sha2::{Digest, Sha256};

/// What came out: what was asked for, and each entry with the SHA-256 of its content.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Read {
    pub asked: Asked,
    pub entries: Vec<(Entry, [u8; 32])>,
}

/// Gathers events, and insists on their order.
#[derive(Default)]
struct Gathering {
    read: Read,
    current: Option<(usize, Sha256)>,
    ended: usize,
    done: bool,
}

impl Gathering {
    fn take(&mut self, unpacker: &mut Unpacker) -> Result<(), Verdict> {
        while let Some(event) = unpacker.next()? {
            assert!(!self.done, "nothing comes after the end");
            match event {
                Event::Manifest(manifest) => {
                    self.read.asked = manifest.asked();
                    self.read.entries = manifest
                        .entries()
                        .iter()
                        .map(|entry| (entry.clone(), [0; 32]))
                        .collect();
                }
                Event::Begin(entry) => {
                    assert!(self.current.is_none() && entry == self.ended);
                    self.current = Some((entry, Sha256::new()));
                }
                Event::Content(entry, bytes) => {
                    let (current, hash) = self.current.as_mut().expect("content comes after its beginning");
                    assert!(*current == entry && !bytes.is_empty());
                    hash.update(bytes);
                }
                Event::End(entry) => {
                    let (current, hash) = self.current.take().expect("an end comes after its beginning");
                    assert_eq!(current, entry);
                    self.read.entries[entry].1 = hash.finalize().into();
                    self.ended += 1;
                }
                Event::Done => self.done = true,
            }
        }
        Ok(())
    }

    fn finish(self) -> Read {
        assert!(self.done && self.ended == self.read.entries.len());
        self.read
    }
}

pub fn prefix_len(container: &[u8]) -> Result<usize, Verdict> {
    Prelude::parse(container).map(|prelude| prelude.prefix_len())
}

pub fn plain(opened: &mut Opened, container: &[u8], position: u64) -> Result<PlainSegment, Verdict> {
    let range = opened.segment_range(position);
    let bytes = &container[usize::try_from(range.start).unwrap()..usize::try_from(range.end).unwrap()];
    opened.closed_segment(position, bytes.to_vec())?.open()
}

/// The whole container in memory.
pub fn at_once(container: &[u8], key: &Key<'_>, allowed: Allowed) -> Result<Read, Verdict> {
    contents(
        Container::parse(container, container.len() as u64)?.open(key, allowed)?,
        container,
    )
}

fn contents(mut opened: Opened, container: &[u8]) -> Result<Read, Verdict> {
    let mut gathering = Gathering::default();
    let mut unpacker = Unpacker::new();
    for position in 0..opened.segment_count().unwrap() {
        unpacker.push(plain(&mut opened, container, position)?)?;
        gathering.take(&mut unpacker)?;
    }
    Ok(gathering.finish())
}

/// All members of a set that the key opens, in order.
pub fn set_at_once(set: &[u8], key: &Key<'_>) -> Result<Read, Verdict> {
    let (mut read, mut verdict, mut opened) = (Read::default(), Verdict::NoMatchingSlot, false);
    for (member, container) in SetHead::members(set)? {
        match container.open(key, Allowed::ALL) {
            Ok(header) => {
                read.entries.extend(contents(header, member)?.entries);
                opened = true;
            }
            Err(why @ (Verdict::WrongKey | Verdict::NoMatchingSlot | Verdict::ShareOfAnotherContainer(_))) => {
                verdict = why;
            }
            Err(why) => return Err(why),
        }
    }
    if opened { Ok(read) } else { Err(verdict) }
}

/// As it comes in, with one segment held back where the length is not known before.
pub fn streamed<'a>(
    chunks: impl Iterator<Item = &'a [u8]>,
    container_len: Option<u64>,
    key: &Key<'_>,
    allowed: Allowed,
) -> Result<Read, Verdict> {
    let mut chunks = chunks.fuse();
    let (mut waiting, mut seen) = (Vec::new(), 0);
    let mut fill = |waiting: &mut Vec<u8>, len: usize| {
        while waiting.len() < len {
            let Some(chunk) = chunks.next() else { break };
            waiting.extend_from_slice(chunk);
            seen += chunk.len() as u64;
        }
        seen
    };
    fill(&mut waiting, 46);
    let prefix_len = Prelude::parse(&waiting)?.prefix_len();
    fill(&mut waiting, prefix_len);
    let container = match container_len {
        Some(len) => Container::parse(&waiting, len)?,
        None => Container::parse_stream(&waiting)?,
    };
    let mut opened = container.open(key, allowed)?;
    waiting.drain(..prefix_len);

    let (mut gathering, mut unpacker, mut position) = (Gathering::default(), Unpacker::new(), 0);
    while opened.segment_count() != Some(position) {
        let seen = fill(&mut waiting, 262_145);
        if waiting.len() <= 262_144 && opened.segment_count().is_none() {
            opened.end_at(seen)?;
        }
        let segment = waiting.drain(..waiting.len().min(262_144)).collect();
        unpacker.push(opened.closed_segment(position, segment)?.open()?)?;
        gathering.take(&mut unpacker)?;
        position += 1;
    }
    Ok(gathering.finish())
}

/// By position: the trailer, then the manifest, then each entry by itself, the last first, then the padding.
pub fn by_position(container: &[u8], key: &Key<'_>, allowed: Allowed) -> Result<Read, Verdict> {
    let prefix = &container[..prefix_len(container)?.min(container.len())];
    let mut opened = Container::parse(prefix, container.len() as u64)?.open(key, allowed)?;
    let count = opened.segment_count().unwrap();
    let trailer = Trailer::read(&plain(&mut opened, container, count - 1)?)?;
    let mut unpacker = Unpacker::with_trailer(trailer);
    let mut position = 0;
    while unpacker.next()?.is_none() {
        unpacker.push(plain(&mut opened, container, position)?)?;
        position += 1;
    }
    let layout = unpacker.layout().unwrap();
    let manifest = layout.manifest();
    let mut read = Read {
        asked: manifest.asked(),
        entries: Vec::new(),
    };
    for (i, entry) in manifest.entries().iter().enumerate().rev() {
        let range = layout.content_range(i).unwrap();
        let mut hash = Sha256::new();
        for position in Layout::segments(&range) {
            hash.update(Layout::part(&range, &plain(&mut opened, container, position)?));
        }
        read.entries.insert(0, (entry.clone(), hash.finalize().into()));
    }
    let padding = trailer.archive_len()..opened.padded_len().unwrap() - 8;
    for position in Layout::segments(&padding) {
        if Layout::part(&padding, &plain(&mut opened, container, position)?)
            .iter()
            .any(|byte| *byte != 0)
        {
            return Err(Verdict::BadPadding);
        }
    }
    Ok(read)
}
