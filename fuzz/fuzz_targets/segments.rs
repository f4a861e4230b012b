//! Two ways in. Any bytes as a container: a verdict, never a panic. And segments of a container
//! that is sealed here, damaged as the input says: only undamaged bytes come out.
#![no_main]

use core::convert::Infallible;
use libfuzzer_sys::fuzz_target;
use satchel_crypto::{Allowed, Asked, Container, Entry, Event, Key, Link, Locks, Manifest, Sealer, Unpacker, Verdict};

/// A counter: fuzzing has to be repeatable. Never use it for anything else.
struct Counter(u64);

impl rand_core::TryRng for Counter {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        self.try_next_u64().map(|n| n as u32)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        Ok(self.0)
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        for chunk in out.chunks_mut(8) {
            let n = self.try_next_u64()?.to_le_bytes();
            chunk.copy_from_slice(&n[..chunk.len()]);
        }
        Ok(())
    }
}

impl rand_core::TryCryptoRng for Counter {}

fuzz_target!(|bytes: &[u8]| {
    any_bytes_come_to_a_verdict(bytes);
    damaged_segments_do_not_open(bytes);
});

fn any_bytes_come_to_a_verdict(bytes: &[u8]) {
    let link = Link::generate(&mut Counter(1), false)
        .unlock(None)
        .expect("it has no passphrase");
    if let Ok(container) = Container::parse(bytes, bytes.len() as u64) {
        assert!(container.open(&Key::Link(&link), Allowed::ALL).is_err());
    }
}

fn damaged_segments_do_not_open(bytes: &[u8]) {
    let Some((head, content)) = bytes.split_first_chunk::<8>() else {
        return;
    };
    let mut rng = Counter(u64::from_le_bytes(*head));
    let link = Link::generate(&mut rng, false)
        .unlock(None)
        .expect("it has no passphrase");
    let entry = Entry {
        name: None,
        media_type: "text/plain".into(),
        size: None,
        modified: None,
    };
    let manifest = Manifest::new(vec![entry], Asked::default()).expect("it keeps the rules");
    // One in eight is repeated, so that small inputs reach up to three segments; not more, as each of those takes as long as thirty others.
    let times = match head[0] % 8 {
        0 => (usize::from(head[0]) << 12).min(600_000) / content.len().max(1),
        _ => 0,
    };
    let content = content.repeat(1 + times);
    let container = seal(&manifest, &content, &Locks::Link(&link), &mut rng);
    assert!(open(&container, &link).expect("it is undamaged") == content);
    let mut damaged = container.clone();
    let at = usize::from(u16::from_le_bytes([head[1], head[2]])) * 17 % damaged.len();
    match head[3] % 4 {
        0 => damaged[at] ^= head[4] | 1,
        1 => damaged.truncate(at),
        2 => damaged.extend_from_slice(&head[4..]),
        _ => {
            damaged.remove(at);
        }
    }
    // The state alone can be changed: a reader is then told to look at both places.
    let opened = open(&damaged, &link);
    assert!(opened.is_err() || damaged[45] == 0xff && opened == Ok(content));
}

fn seal(manifest: &Manifest, mut content: &[u8], locks: &Locks<'_>, rng: &mut Counter) -> Vec<u8> {
    let mut sealer = Sealer::new(manifest, locks, rng).expect("it is small");
    let mut container = sealer.prefix().into_vec();
    while !content.is_empty() {
        content = &content[sealer.push(content).expect("it is small")..];
        while let Some(segment) = sealer.next_segment(rng) {
            container.extend_from_slice(segment.seal().as_slice());
        }
    }
    let mut finishing = sealer.finish().expect("it is small");
    while let Some(segment) = finishing.next_segment(rng) {
        container.extend_from_slice(segment.seal().as_slice());
    }
    container
}

fn open(container: &[u8], link: &satchel_crypto::UnlockedLink) -> Result<Vec<u8>, Verdict> {
    let mut opened = Container::parse(container, container.len() as u64)?.open(&Key::Link(link), Allowed::ALL)?;
    let (mut unpacker, mut content) = (Unpacker::new(), Vec::new());
    for position in 0..opened.segment_count().unwrap_or(0) {
        let range = opened.segment_range(position);
        let bytes = container[range.start as usize..range.end as usize].to_vec();
        unpacker.push(opened.closed_segment(position, bytes)?.open()?)?;
        while let Some(event) = unpacker.next()? {
            if let Event::Content(_, bytes) = event {
                content.extend_from_slice(bytes);
            }
        }
    }
    Ok(content)
}
