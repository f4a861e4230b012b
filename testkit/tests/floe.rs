//! The kit's FLOE against the published known answers in vectors/floe: the same nonces must give the same bytes.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

use std::fs;
use std::path::PathBuf;

use satchel_testkit::floe::Floe;

const MAKERS: [&str; 5] = ["java", "cpp", "go", "rust", "pub_java"];

fn published(name: &str) -> Vec<u8> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../vectors/floe")
        .join(name);
    hex::decode(fs::read_to_string(path).unwrap().trim()).unwrap()
}

/// Seals the plaintext again with the IV and nonces of the ciphertext.
fn reseal(name: &str, segment_len: usize) {
    let (plaintext, sealed) = (
        published(&format!("{name}_pt.txt")),
        published(&format!("{name}_ct.txt")),
    );
    let (header, body) = sealed.split_at(74);
    let segment_len_encoded = u32::try_from(segment_len).unwrap().to_be_bytes();
    assert_eq!(header[2..6], segment_len_encoded, "{name}");
    let floe = Floe::start(
        &[0; 32],
        b"This is AAD",
        header[..10].try_into().unwrap(),
        header[10..42].try_into().unwrap(),
    );
    assert_eq!(floe.header(), header, "{name}: header");

    let segments: Vec<_> = body.chunks(segment_len).collect();
    let mut rest = &plaintext[..];
    for (position, segment) in segments.iter().enumerate() {
        let (part, after) = rest.split_at(segment.len() - 32);
        rest = after;
        let nonce = segment[4..16].try_into().unwrap();
        let resealed = floe.segment(part, position as u64, position + 1 == segments.len(), nonce);
        assert_eq!(&resealed, segment, "{name}: segment {position}");
    }
    assert!(rest.is_empty(), "{name}: all of the plaintext is sealed");
}

#[test]
fn segments_of_4096_bytes_are_those_of_every_published_implementation() {
    MAKERS
        .iter()
        .for_each(|maker| reseal(&format!("{maker}_GCM256_IV256_4K"), 4096));
}

#[test]
fn segments_of_64_bytes_are_those_of_every_published_implementation() {
    MAKERS
        .iter()
        .for_each(|maker| reseal(&format!("{maker}_GCM256_IV256_64"), 64));
}

#[test]
fn a_last_segment_that_is_full_is_as_published() {
    reseal("java_lastSegAligned", 40);
}
