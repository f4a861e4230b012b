//! A small container in memory, one file in it: a sealed key file.

use satchel_client::crypto::limit::SEGMENT_LEN;
use satchel_client::crypto::{
    Allowed, Asked, Container, Entry, Event, Key, Locks, Manifest, SealError, Sealer, Unpacker, Verdict,
};
use zeroize::Zeroizing;

use crate::opens::{Kind, Kinds};
use crate::random::random;

/// A container whose header parsed.
pub(crate) struct Inside<'a> {
    bytes: &'a [u8],
    container: Container,
}

impl<'a> Inside<'a> {
    /// Reads its header.
    pub(crate) fn of(bytes: &'a [u8]) -> Result<Self, Verdict> {
        let container = Container::parse(bytes, bytes.len() as u64)?;
        Ok(Self { bytes, container })
    }

    /// Whether there is a way to open it with a key of this kind.
    pub(crate) fn opens_with(&self, kind: Kind) -> bool {
        Kinds::of(&[&self.container]).has(kind)
    }

    /// All that is in it.
    pub(crate) fn open(&self, key: &Key<'_>, allowed: Allowed) -> Result<Zeroizing<Vec<u8>>, Verdict> {
        let mut opened = self.container.open(key, allowed)?;
        // One allocation, so that no copy of a key stays behind when it grows.
        let mut content = Zeroizing::new(Vec::with_capacity(self.bytes.len()));
        let mut unpacker = Unpacker::new();
        for position in 0..opened.segment_count().unwrap_or(0) {
            let range = opened.segment_range(position);
            let at = |at: u64| usize::try_from(at).map_err(|_| Verdict::Truncated);
            let segment = self
                .bytes
                .get(at(range.start)?..at(range.end)?)
                .ok_or(Verdict::Truncated)?;
            let used = unpacker.push(opened.closed_segment(position, segment.to_vec())?.open()?)?;
            drop(used.map(Zeroizing::new));
            while let Some(event) = unpacker.next()? {
                if let Event::Content(_, bytes) = event {
                    content.extend_from_slice(bytes);
                }
            }
        }
        // A key is in it.
        drop(unpacker.into_buffer().map(Zeroizing::new));
        Ok(content)
    }
}

/// The mirror: a container that holds `content` under `name`.
pub(crate) fn sealed(name: &str, content: &[u8], locks: &Locks<'_>) -> Result<Vec<u8>, SealError> {
    let entry = Entry {
        name: Some(name.to_owned()),
        media_type: "text/plain".to_owned(),
        size: Some(content.len() as u64),
        modified: None,
    };
    let manifest = Manifest::new(vec![entry], Asked::default())?;
    pack(Sealer::new(&manifest, locks, &mut random())?, &[content])
}

/// The whole container, whose contents are `parts`.
pub(crate) fn pack(mut sealer: Sealer, parts: &[&[u8]]) -> Result<Vec<u8>, SealError> {
    let mut out = Vec::with_capacity(2 * SEGMENT_LEN);
    out.extend_from_slice(sealer.prefix().as_slice());
    for part in parts {
        let mut rest = *part;
        while !rest.is_empty() {
            let taken = sealer.push(rest)?;
            rest = &rest[taken..];
            while let Some(segment) = sealer.next_segment(&mut random()) {
                out.extend_from_slice(segment.seal().as_slice());
            }
        }
    }
    let mut finishing = sealer.finish()?;
    while let Some(segment) = finishing.next_segment(&mut random()) {
        out.extend_from_slice(segment.seal().as_slice());
    }
    Ok(out)
}
