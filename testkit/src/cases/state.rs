//! Section 2: the state, which says whether a header is taking another's place (H-2, H-7).

use super::place::{good, mac_flipped};
use super::{PLACES, bad, damaged, demands, room_of};
use crate::container::Draft;
use crate::vector::Vector;

pub(super) fn vectors() -> Vec<Vector> {
    [others(), one_header(), flipped(), flipped_and_changing()]
        .into_iter()
        .flatten()
        .collect()
}

/// Neither 00 nor FF.
fn others() -> Vec<Vector> {
    let other =
        |name: &str, comment, state| bad(name, "malformed_header H-2", comment, move |draft| draft.state = state);
    let cut = |name: &str, comment, cut: fn(&mut Vec<u8>)| {
        damaged(name, "malformed_header H-2 C-6", comment, |bytes| {
            bytes[PLACES - 1] = 0x01;
            cut(bytes);
        })
    };
    vec![
        other("state_01", "one bit of 00", 0x01),
        other("state_80", "another bit of 00", 0x80),
        other("state_7f", "FF without a bit", 0x7F),
        other("state_fe", "FF without another bit", 0xFE),
        bad(
            "state_01_beside_two_headers",
            "malformed_header H-2",
            "the same one twice",
            |draft| {
                draft.state = 0x01;
                draft.places[1] = Some(draft.header_in_its_place());
            },
        ),
        cut(
            "state_01_in_a_container_cut_by_one_byte",
            "the length is looked at later",
            |bytes| {
                bytes.pop();
            },
        ),
        cut(
            "state_01_in_a_container_cut_after_it",
            "46 bytes: the length is looked at later",
            |bytes| bytes.truncate(PLACES),
        ),
    ]
}

/// The state FF, and one place at most holds something: nothing is written yet, or all but the state is.
fn one_header() -> Vec<Vector> {
    let changing = |name: &str, verdict_and_must, comment, change: fn(&mut Draft)| {
        bad(name, verdict_and_must, comment, move |draft| {
            draft.state = 0xFF;
            change(draft);
        })
    };
    vec![
        good(
            "state_ff",
            "ok H-6 H-7 K-1",
            "one header, and the other place is empty; the MAC does not cover the state",
            |draft| draft.state = 0xFF,
        ),
        good(
            "state_ff_and_the_second_place",
            "ok H-6 H-7 K-1",
            "the first is empty",
            |draft| (draft.state, draft.place) = (0xFF, 1),
        ),
        changing(
            "state_ff_and_both_empty",
            "header_too_large H-1",
            "zeros alone",
            |draft| draft.place = 2,
        ),
        changing(
            "state_ff_and_the_mac_wrong",
            "bad_header_mac H-6",
            "one bit, and the other place is empty",
            |draft| draft.mac = Some(mac_flipped(draft)),
        ),
        changing(
            "state_ff_and_no_slot",
            "bad_slot_count H-3 H-7",
            "the other place is empty: the verdict of the one that is not",
            |draft| draft.slots = Vec::new(),
        ),
        changing(
            "state_ff_and_header_len_0_in_the_second_place",
            "header_too_large H-1 H-7",
            "the first is empty: the verdict of the one that is not",
            |draft| (draft.place, draft.header_len) = (1, Some(0)),
        ),
    ]
}

/// One bit of the place that does not hold the header: of the first one where the header has `moved`.
fn flip(bytes: &mut [u8], moved: bool, at: fn(usize) -> usize, bit: u8) {
    let room = room_of(bytes);
    let places = &mut bytes[PLACES..PLACES + 2 * room];
    if moved {
        places.rotate_left(room);
    }
    let start = if moved { 0 } else { room };
    places[start + at(room)] ^= bit;
}

fn flipped() -> Vec<Vector> {
    let settled = |name: &str, comment, moved, at, bit| {
        damaged(name, "malformed_header H-7", comment, |bytes| {
            flip(bytes, moved, at, bit)
        })
    };
    vec![
        settled(
            "second_place_not_quite_empty",
            "its last byte is 01",
            false,
            |room| room - 1,
            1,
        ),
        settled(
            "second_place_flipped_in_its_first_byte",
            "80 00 00 00: a header_len past section 1",
            false,
            |_| 0,
            0x80,
        ),
        settled(
            "second_place_flipped_in_header_len",
            "00 00 00 01, and a header of 00",
            false,
            |_| 3,
            1,
        ),
        settled(
            "second_place_flipped_in_the_middle",
            "a header_len of 0, and not empty",
            false,
            |room| room / 2,
            0x10,
        ),
        settled(
            "first_place_not_quite_empty",
            "its last byte is 01, and the header is in the second",
            true,
            |room| room - 1,
            1,
        ),
        settled(
            "first_place_flipped_in_header_len",
            "00 00 00 01, and a header of 00; the right one is in the second",
            true,
            |_| 3,
            1,
        ),
    ]
}

fn flipped_and_changing() -> Vec<Vector> {
    let changing = |name: &str, comment, moved, at, bit| {
        damaged(name, "ok H-7", comment, |bytes| {
            bytes[PLACES - 1] = 0xFF;
            flip(bytes, moved, at, bit);
        })
        .holding(&[demands()])
    };
    vec![
        changing(
            "second_place_not_quite_empty_with_state_ff",
            "its last byte is 01: it does not parse, and the first does",
            false,
            |room| room - 1,
            1,
        ),
        changing(
            "second_place_flipped_in_header_len_with_state_ff",
            "00 00 00 01, and a header of 00",
            false,
            |_| 3,
            1,
        ),
        changing(
            "first_place_not_quite_empty_with_state_ff",
            "its last byte is 01: it does not parse, and the second does",
            true,
            |room| room - 1,
            1,
        ),
    ]
}
