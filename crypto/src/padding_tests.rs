//! Padded lengths against the vectors, and back.

use super::*;
use alloc::collections::BTreeSet;
use alloc::vec::Vec;
use proptest::prelude::*;

extern crate std;
use std::{fs, path::Path, println};

/// The numbers of one file of vectors/padding, line by line.
fn vector(name: &str) -> Vec<Vec<u64>> {
    let Ok(text) = fs::read_to_string(
        Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../vectors/padding")
            .join(name),
    ) else {
        println!("skipped: vectors/padding/{name} is missing");
        return Vec::new();
    };
    let (_, body) = text.split_once("\n\n").unwrap();
    body.lines()
        .map(|line| line.split_whitespace().map(|number| number.parse().unwrap()).collect())
        .collect()
}

/// [F-3] [T-1]
#[test]
fn lengths_are_those_of_the_vectors() {
    for line in vector("archive_lengths") {
        let padded = PaddedLen::of_archive(line[0]).unwrap();
        assert_eq!([padded.get(), padded.segment_count(), padded.payload_len()], line[1..]);
    }
    for line in vector("padded_lengths_up_to_one_gib") {
        assert_eq!(PaddedLen::of_archive(line[0] - 8).unwrap().get(), line[0]);
    }
}

#[test]
fn up_to_1_gib_there_are_513_padded_lengths() {
    let mut lens = BTreeSet::new();
    let mut len = 0;
    while let Some(padded) = PaddedLen::of_archive(len).filter(|padded| padded.get() <= 1 << 30) {
        lens.insert(padded.get());
        len = padded.get() - 7;
    }
    assert_eq!(lens.len(), 513);
}

#[test]
fn padme_of_the_paper_s_range() {
    for (len, padded) in [
        (9, 10),
        (4096, 4096),
        (4097, 4352),
        (262_113, 262_144),
        (1 << 50, 1 << 50),
    ] {
        assert_eq!(padme(len), padded, "{len}");
    }
}

#[test]
fn the_longest_archive_is_8_bytes_below_the_limit() {
    assert!(PaddedLen::of_archive(PADDED_LEN_MAX - 8).is_some());
    assert!(PaddedLen::of_archive(PADDED_LEN_MAX - 7).is_none());
    assert!(PaddedLen::of_archive(u64::MAX).is_none());
}

proptest! {
    /// [F-3] [T-1]
    #[test]
    fn payload_lengths_lead_back_to_their_padded_length(archive_len in 0_u64..(1 << 50) - 7) {
        let padded = PaddedLen::of_archive(archive_len).unwrap();
        prop_assert!(padded.get() >= archive_len + 8);
        prop_assert_eq!(PaddedLen::of_payload(padded.payload_len()), Some(padded));
        prop_assert_eq!(PaddedLen::of_archive(padded.get() - 8), Some(padded));
    }

    /// [F-3]
    #[test]
    fn a_payload_length_is_taken_only_where_a_padded_length_gives_it(payload_len: u64) {
        if let Some(padded) = PaddedLen::of_payload(payload_len) {
            prop_assert_eq!(padded.payload_len(), payload_len);
        }
    }
}
