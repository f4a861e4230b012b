//! Section 5: the FLOE header and its segments.

use super::{bad, damaged, draft_of, link_of};
use crate::archive::{Document, pack};
use crate::container::Draft;
use crate::dice::Dice;
use crate::floe::{Floe, SEGMENT_LEN, SEGMENT_ROOM};
use crate::padding::pad;
use crate::vector::Vector;

/// The length of a payload that is padded to 4096: FLOE header, length word, nonce, tag.
const SMALLEST: usize = 74 + 32 + 4096;

pub(super) fn vectors() -> Vec<Vector> {
    [
        lengths(),
        floe_header(),
        one_segment(),
        sealed_otherwise(),
        two_segments(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// A container whose padded length section 6 cannot give, while its trailer is right.
fn padded_to(name: &str, comment: &str, padded_len: usize) -> Vector {
    bad(name, "truncated F-3", comment, |draft| {
        let mut padded = draft.archive.clone();
        padded.resize(padded_len - 8, 0);
        padded.extend((draft.archive.len() as u64).to_be_bytes());
        draft.padded = Some(padded);
    })
}

fn lengths() -> Vec<Vector> {
    vec![
        padded_to("padded_length_below_4096", "2048, which Padme could give", 2048),
        padded_to("padded_length_not_of_padme", "4112, between 4096 and 4352", 4112),
    ]
}

/// A container with one bit flipped, `from_end` bytes before its end.
fn flipped(name: &str, verdict_and_must: &'static str, comment: &str, from_end: usize) -> Vector {
    damaged(name, verdict_and_must, comment, |bytes| {
        let at = bytes.len() - from_end;
        bytes[at] ^= 1;
    })
}

fn floe_header() -> Vec<Vector> {
    let parameters = |name, comment, at: usize, value| {
        bad(name, "bad_payload_header F-1", comment, |draft| {
            draft.floe_parameters[at] = value
        })
    };
    vec![
        parameters("floe_of_another_aead", "AEAD 1, and a tag that fits it", 0, 1),
        parameters("floe_of_another_kdf", "KDF 1, and a tag that fits it", 1, 1),
        parameters(
            "floe_of_longer_segments",
            "ENC_SEG_LEN 524288, and a tag that fits it",
            3,
            8,
        ),
        parameters("floe_of_a_shorter_iv", "FLOE_IV_LEN 16, and a tag that fits it", 9, 16),
        flipped(
            "floe_parameters_flipped",
            "bad_payload_header F-1",
            "AEAD 1, with the tag of AEAD 0",
            SMALLEST,
        ),
        flipped("floe_iv_flipped", "bad_payload_header F-1", "one bit", SMALLEST - 10),
        flipped(
            "floe_header_tag_flipped",
            "bad_payload_header F-1",
            "one bit of its last byte",
            SMALLEST - 73,
        ),
        bad(
            "payload_of_another_container",
            "bad_payload_header F-1",
            "its immutable part was the associated data",
            |draft| {
                draft.floe_associated_data = Some(Draft::new("another container").immutable());
            },
        ),
        bad(
            "payload_without_associated_data",
            "bad_payload_header F-1",
            "not bound to the immutable part",
            |draft| {
                draft.floe_associated_data = Some(Vec::new());
            },
        ),
        bad(
            "payload_under_the_file_key",
            "bad_payload_header F-1",
            "not under a derived key",
            |draft| {
                draft.payload_key = Some(draft.file_key);
            },
        ),
    ]
}

fn one_segment() -> Vec<Vector> {
    vec![
        flipped(
            "segment_flipped_in_its_first_byte",
            "bad_segment F-4",
            "one bit of the ciphertext",
            16 + 4096,
        ),
        flipped(
            "segment_flipped_in_its_last_byte",
            "bad_segment F-4",
            "one bit of the ciphertext",
            17,
        ),
        flipped(
            "segment_nonce_flipped",
            "bad_segment F-4 F-2",
            "one bit",
            16 + 4096 + 12,
        ),
        flipped("segment_tag_flipped", "bad_segment F-4", "one bit of its last byte", 1),
        flipped(
            "segment_length_word_flipped",
            "bad_segment F-4 F-5",
            "one more than the length",
            16 + 4096 + 12 + 1,
        ),
        damaged(
            "segment_length_word_of_a_full_one",
            "bad_segment F-4 F-5",
            "FFFFFFFF in the last segment",
            |bytes| {
                let at = bytes.len() - 4128;
                bytes[at..at + 4].fill(0xFF);
            },
        ),
        cut_to_another_padded_length("cut_by_a_step_of_padme", "4352 less 256 is a padded length", false),
        cut_to_another_padded_length(
            "cut_by_a_step_of_padme_with_its_length_word",
            "only the tag can tell",
            true,
        ),
    ]
}

fn cut_to_another_padded_length(name: &str, comment: &str, with_length_word: bool) -> Vector {
    let link = link_of(name, None);
    let mut draft = draft_of(name, &link);
    draft.archive = pack(&[Document::text("text/plain", "a".repeat(4200))]);
    let mut bytes = draft.finish();
    bytes.truncate(bytes.len() - 256);
    if with_length_word {
        let at = bytes.len() - 4128;
        bytes[at..at + 4].copy_from_slice(&4128_u32.to_be_bytes());
    }
    Vector::new("container", name, "bad_segment F-5", comment)
        .opened_by(&link)
        .body(bytes)
}

/// A container of 4096 whose only segment `seal` makes.
fn segment_of(name: &str, comment: &str, seal: fn(&Floe, &[u8], &[u8; 12]) -> Vec<u8>) -> Vector {
    let link = link_of(name, None);
    let mut draft = draft_of(name, &link);
    let floe = draft.floe();
    let segment = seal(&floe, &pad(&draft.archive), &draft.dice.array());
    let bytes = [draft.prefix(), floe.header(), segment].concat();
    Vector::new("container", name, "bad_segment F-4", comment)
        .opened_by(&link)
        .body(bytes)
}

fn sealed_otherwise() -> Vec<Vector> {
    vec![
        segment_of(
            "segment_of_another_place",
            "sealed as segment 1, stands as 0",
            |floe, padded, nonce| floe.segment(padded, 1, true, nonce),
        ),
        segment_of(
            "last_segment_sealed_as_a_full_one",
            "not final, its length word set right",
            |floe, padded, nonce| {
                let segment = floe.segment(padded, 0, false, nonce);
                [&4128_u32.to_be_bytes()[..], &segment[4..]].concat()
            },
        ),
        segment_of(
            "segment_of_a_later_key",
            "sealed as segment 2^20: FLOE's next key",
            |floe, padded, nonce| floe.segment(padded, 1 << 20, true, nonce),
        ),
        bad(
            "segment_under_another_iv",
            "bad_segment F-4",
            "sealed under another FLOE header",
            |_| {},
        )
        .body(other_iv()),
    ]
}

fn other_iv() -> Vec<u8> {
    let name = "segment_under_another_iv";
    let mut draft = draft_of(name, &link_of(name, None));
    let (one, other) = (draft.floe(), draft.floe());
    let segment = other.segment(&pad(&draft.archive), 0, true, &draft.dice.array());
    [draft.prefix(), one.header(), segment].concat()
}

/// A container of two segments, that `spoil` changes with the means to seal one anew.
fn two_segments_of(
    name: &str,
    verdict_and_must: &'static str,
    comment: &str,
    spoil: impl FnOnce(&Floe, &[u8], &mut Vec<Vec<u8>>),
) -> Vector {
    let link = link_of(name, None);
    let mut draft = draft_of(name, &link);
    draft.archive = pack(&[Document::text(
        "application/octet-stream",
        Dice::new(name).bytes(SEGMENT_ROOM),
    )]);
    let padded = pad(&draft.archive);
    let floe = draft.floe();
    let (first, last) = padded.split_at(SEGMENT_ROOM);
    let (nonce, last_nonce) = (draft.dice.array(), draft.dice.array());
    let mut segments = vec![
        floe.segment(first, 0, false, &nonce),
        floe.segment(last, 1, true, &last_nonce),
    ];
    assert_eq!(segments[0].len(), SEGMENT_LEN, "the first is full");
    spoil(&floe, &padded, &mut segments);
    let bytes = [draft.prefix(), floe.header(), segments.concat()].concat();
    Vector::new("container", name, verdict_and_must, comment)
        .opened_by(&link)
        .body(bytes)
}

fn two_segments() -> Vec<Vector> {
    vec![
        two_segments_of(
            "second_segment_flipped",
            "bad_segment F-4",
            "the first one is right",
            |_, _, segments| {
                segments[1][20] ^= 1;
            },
        ),
        two_segments_of(
            "second_segment_missing",
            "truncated F-3",
            "a full segment alone is no padded length",
            |_, _, segments| {
                segments.truncate(1);
            },
        ),
        two_segments_of(
            "second_segment_sealed_as_the_first",
            "bad_segment F-4",
            "place 0, stands at 1",
            |floe, padded, segments| {
                segments[1] = floe.segment(&padded[SEGMENT_ROOM..], 0, true, &[7; 12]);
            },
        ),
        two_segments_of(
            "first_segment_sealed_as_the_last",
            "bad_segment F-5",
            "final, its length word set to FFFFFFFF",
            |floe, padded, segments| {
                segments[0] = floe.segment(&padded[..SEGMENT_ROOM], 0, true, &[7; 12]);
                segments[0][..4].fill(0xFF);
            },
        ),
    ]
}
