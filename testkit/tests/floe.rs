//! The kit's FLOE against the published known answers (by Snowflake Labs, beside a checkout of ours): the same nonces must give the same bytes.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

use std::fs;
use std::path::PathBuf;

use satchel_testkit::floe::Floe;

const MAKERS: [&str; 5] = ["java", "cpp", "go", "rust", "pub_java"];

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/vectors/floe")
}

fn published(name: &str) -> Vec<u8> {
    hex::decode(fs::read_to_string(folder().join(name)).unwrap().trim()).unwrap()
}

/// Seals the plaintext again with the IV and nonces of the ciphertext.
fn reseal(name: &str, segment_len: usize, rotation_bits: u32) {
    if !folder().exists() {
        println!("skipped: {name}: FLOE's published answers are not beside this checkout");
        return;
    }
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
    )
    .rotating(rotation_bits);
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
        .for_each(|maker| reseal(&format!("{maker}_GCM256_IV256_4K"), 4096, 20));
}

#[test]
fn segments_of_64_bytes_are_those_of_every_published_implementation() {
    MAKERS
        .iter()
        .for_each(|maker| reseal(&format!("{maker}_GCM256_IV256_64"), 64, 20));
}

#[test]
fn a_last_segment_that_is_full_is_as_published() {
    reseal("java_lastSegAligned", 40, 20);
}

#[test]
fn a_key_changed_every_4_segments_is_that_of_every_published_implementation() {
    MAKERS
        .iter()
        .for_each(|maker| reseal(&format!("{maker}_rotation"), 40, 2));
}
