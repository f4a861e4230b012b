//! Section 6: padding and trailer, and the lengths as numbers.

use super::{bad, demands};
use crate::archive::pack;
use crate::padding::{padded_len, padme, payload_len, segments};
use crate::vector::Vector;

pub(super) fn vectors() -> Vec<Vector> {
    let mut vectors = containers();
    vectors.push(archive_lengths());
    vectors.push(padded_lengths());
    vectors
}

/// The archive of `demands`, padded to 4096 and then changed.
fn repadded(name: &str, comment: &str, spoil: fn(&mut Vec<u8>, usize)) -> Vector {
    bad(name, "bad_padding T-1", comment, |draft| {
        let mut padded = crate::padding::pad(&draft.archive);
        spoil(&mut padded, draft.archive.len());
        draft.padded = Some(padded);
    })
}

fn set_trailer(padded: &mut [u8], archive_len: u64) {
    let at = padded.len() - 8;
    padded[at..].copy_from_slice(&archive_len.to_be_bytes());
}

fn containers() -> Vec<Vector> {
    vec![
        repadded(
            "padding_not_zero_in_its_first_byte",
            "right after the archive",
            |padded, end| padded[end] = 1,
        ),
        repadded(
            "padding_not_zero_in_its_last_byte",
            "right before the trailer",
            |padded, _| padded[4087] = 1,
        ),
        repadded(
            "padded_to_more_than_padme",
            "4352 where 4096 holds it",
            |padded, end| {
                padded.truncate(end);
                padded.resize(4352 - 8, 0);
                padded.extend((end as u64).to_be_bytes());
            },
        ),
        repadded(
            "archive_length_over_the_trailer",
            "4089 of 4096 with a trailer of 8",
            |padded, _| {
                set_trailer(padded, 4089);
            },
        ),
        repadded("archive_length_of_the_padded_length", "4096", |padded, _| {
            set_trailer(padded, 4096)
        }),
        repadded("archive_length_past_the_payload", "1 GiB", |padded, _| {
            set_trailer(padded, 1 << 30)
        }),
        repadded(
            "archive_length_of_64_bits",
            "2^64 - 1: adding 8 overflows",
            |padded, _| set_trailer(padded, u64::MAX),
        ),
        repadded(
            "archive_length_in_little_endian",
            "its bytes reversed",
            |padded, end| {
                set_trailer(padded, (end as u64).swap_bytes());
            },
        ),
        bad(
            "archive_length_short_by_a_byte",
            "bad_padding T-1",
            "the last byte of content lies in the padding",
            |draft| {
                let mut padded = crate::padding::pad(&pack(&[demands()]));
                set_trailer(&mut padded, draft.archive.len() as u64 - 1);
                draft.padded = Some(padded);
            },
        ),
    ]
}

/// A vector of numbers: a line for each.
fn archive_lengths() -> Vector {
    let near = |len: u64| [len - 1, len, len + 1];
    let trailing = |padded: u64| near(padded - 8);
    let lens = [
        vec![5, 100],
        trailing(4096).to_vec(),
        trailing(4352).to_vec(),
        near(262_112).to_vec(),
    ];
    let more = [
        trailing(262_144).to_vec(),
        trailing(1 << 20).to_vec(),
        vec![10_000_000, 123_456_789, 1 << 30, 1 << 40],
    ];
    let all: Vec<u64> = [lens.concat(), more.concat(), vec![(1 << 50) - 8]].concat();
    let lines = all.into_iter().map(|len| {
        let padded = padded_len(len);
        format!("{len} {padded} {} {}\n", segments(padded), payload_len(padded))
    });
    Vector::new(
        "padding",
        "archive_lengths",
        "ok T-1 F-3",
        "archive length, P, segments, payload length",
    )
    .body(lines.collect::<String>())
}

/// Every padded length up to 1 GiB.
fn padded_lengths() -> Vector {
    let up = std::iter::successors(Some(4096), |padded| Some(padme(padded + 1)));
    let lines = up
        .take_while(|padded| *padded <= 1 << 30)
        .map(|padded| format!("{padded}\n"));
    Vector::new("padding", "padded_lengths_up_to_one_gib", "ok T-1", "513 of them").body(lines.collect::<String>())
}
