//! AES-256-GCM of whole segments by AWS-LC: four times as fast as the engine in crypto, which it replaces bit for bit. It wipes its keys when
//! it frees them.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use satchel_client::crypto::{ClosedSegment, EngineJob, OpenSegment, PlainSegment, SealError, SealedBytes, Verdict};

/// The mirror of [`open`].
pub(crate) fn seal(segment: OpenSegment) -> Result<SealedBytes, SealError> {
    segment.sealed_in_place(|job, text| {
        let (key, nonce, aad) = prepared(job)?;
        let tag = key.seal_in_place_separate_tag(nonce, aad, text).ok()?;
        tag.as_ref().try_into().ok()
    })
}

/// Verifies, then decrypts.
pub(crate) fn open(segment: ClosedSegment) -> Result<PlainSegment, Verdict> {
    segment.opened_in_place(|job, text| {
        prepared(job).is_some_and(|(key, nonce, aad)| key.open_in_place(nonce, aad, text).is_ok())
    })
}

/// A key schedule takes a thousandth of what a segment takes, so none is kept.
fn prepared(job: &EngineJob<'_>) -> Option<(LessSafeKey, Nonce, Aad<[u8; 9]>)> {
    let key = job
        .key
        .expose_to_engine(|key| UnboundKey::new(&AES_256_GCM, key))
        .ok()?;
    // Less safe because nonces are ours to choose: crypto draws them, and each segment is consumed.
    let nonce = Nonce::assume_unique_for_key(job.nonce);
    Some((LessSafeKey::new(key), nonce, Aad::from(job.associated_data)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::random;
    use satchel_client::crypto::{Allowed, Asked, Container, Entry, Identity, Key, Locks, Manifest, Sealer};

    /// A container of two segments, sealed by `seal`, and who opens it.
    fn sealed(seal: impl Fn(OpenSegment) -> SealedBytes) -> (Vec<u8>, Identity) {
        let identity = Identity::generate(&mut random());
        let content = vec![7; 300_000];
        let entry = Entry {
            name: None,
            media_type: "text/plain".to_owned(),
            size: Some(300_000),
            modified: None,
        };
        let manifest = Manifest::new(vec![entry], Asked::default()).unwrap();
        let to = [identity.recipient()];
        let mut sealer = Sealer::new(&manifest, &Locks::Recipients(&to), &mut random()).unwrap();
        let mut out = sealer.prefix().into_vec();
        let taken = sealer.push(&content).unwrap();
        out.extend_from_slice(seal(sealer.next_segment(&mut random()).unwrap()).as_slice());
        assert_eq!(sealer.push(&content[taken..]).unwrap(), 300_000 - taken);
        let mut finishing = sealer.finish().unwrap();
        while let Some(segment) = finishing.next_segment(&mut random()) {
            out.extend_from_slice(seal(segment).as_slice());
        }
        (out, identity)
    }

    fn opened(
        container: &[u8],
        identity: &Identity,
        open: impl Fn(ClosedSegment) -> Result<PlainSegment, Verdict>,
    ) -> Result<Vec<u8>, Verdict> {
        let parsed = Container::parse(container, container.len() as u64)?;
        let mut opened = parsed.open(&Key::Identities(std::slice::from_ref(identity)), Allowed::ALL)?;
        let mut plain = Vec::new();
        for position in 0..opened.segment_count().unwrap() {
            let range = opened.segment_range(position);
            let bytes = &container[usize::try_from(range.start).unwrap()..usize::try_from(range.end).unwrap()];
            plain.extend_from_slice(open(opened.closed_segment(position, bytes.to_vec())?)?.plaintext());
        }
        Ok(plain)
    }

    #[test]
    fn what_one_engine_seals_the_other_opens() {
        let (ours, identity) = sealed(|segment| seal(segment).unwrap());
        let by_crypto = opened(&ours, &identity, ClosedSegment::open).unwrap();
        assert_eq!(opened(&ours, &identity, open).unwrap(), by_crypto);
        let (theirs, identity) = sealed(OpenSegment::seal);
        assert!(opened(&theirs, &identity, open).unwrap() == by_crypto);
    }

    #[test]
    fn a_flipped_bit_of_a_segment_is_refused() {
        let (container, identity) = sealed(|segment| seal(segment).unwrap());
        for at in [container.len() - 1, container.len() - 20, container.len() - 5000] {
            let mut damaged = container.clone();
            damaged[at] ^= 0x10;
            assert_eq!(opened(&damaged, &identity, open), Err(Verdict::BadSegment(1)), "{at}");
        }
    }
}
