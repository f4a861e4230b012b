//! Section 4: the room, and a header in one of its two places (H-1, H-2, H-6, H-7).

use super::{bad, demands};
use crate::container::{Draft, ROOM_MAX};
use crate::vector::Vector;

pub(super) fn vectors() -> Vec<Vector> {
    [rooms(), lengths(), one_place()].into_iter().flatten().collect()
}

/// A container that opens all the same.
pub(super) fn good(name: &str, must: &'static str, comment: &str, change: impl FnOnce(&mut Draft)) -> Vector {
    bad(name, must, comment, change).holding(&[demands()])
}

fn rooms() -> Vec<Vector> {
    let stated = |name, comment, room| {
        bad(name, "header_too_large H-1", comment, move |draft| {
            draft.room_stated = Some(room)
        })
    };
    vec![
        stated("room_0", "no place at all", 0),
        stated("room_36", "a place that holds no header", 36),
        stated(
            "room_131109",
            "one past the limit, though the file is short",
            ROOM_MAX + 1,
        ),
        stated("room_four_gib", "FFFFFFFF", u32::MAX),
        bad(
            "room_past_the_end",
            "truncated C-6",
            "131,108, in a file of 4 KiB",
            |draft| draft.room_stated = Some(ROOM_MAX),
        ),
        bad(
            "room_37",
            "bad_slot_count H-1 H-3",
            "a header of one byte, 80",
            |draft| {
                draft.slots = Vec::new();
            },
        ),
        bad(
            "longest_header",
            "no_matching_slot H-1",
            "131,072 bytes, all of them unknown slots",
            |draft| {
                draft.slots = vec![Draft::slot(65_535, &[0; 2048]); 63];
                draft.slots.push(Draft::slot(65_535, &[0; 1598]));
                assert_eq!(draft.room(), ROOM_MAX, "the longest place");
            },
        ),
        good(
            "room_of_a_power_of_two",
            "ok H-1 H-8",
            "4,096 where a link takes 92: a reader takes any",
            |draft| draft.room = Some(4096),
        ),
        good(
            "room_longer_by_a_byte",
            "ok H-1 H-8",
            "a zero after the MAC, and an odd room",
            |draft| draft.room = Some(draft.room() + 1),
        ),
        bad(
            "room_changed",
            "bad_header_mac H-6",
            "each place a zero longer: the MAC covers the room",
            |draft| {
                let sealed = draft.header_in_its_place();
                draft.mac = sealed.last_chunk().copied();
                draft.room = Some(draft.room() + 1);
            },
        ),
    ]
}

fn lengths() -> Vec<Vector> {
    let stated = |name, comment, len: fn(&Draft) -> u32| {
        bad(name, "header_too_large H-1", comment, move |draft| {
            draft.header_len = Some(len(draft))
        })
    };
    vec![
        stated("header_len_0", "a place that is not empty, and no header", |_| 0),
        stated("header_len_131073", "one past the limit", |_| 131_073),
        stated("header_len_four_gib", "FFFFFFFF", |_| u32::MAX),
        stated("header_len_past_the_place", "131,072, in a place of 92", |_| 131_072),
        stated("header_len_past_the_room", "one more than room - 36", |draft| {
            draft.room() - 35
        }),
        bad(
            "header_len_short_by_a_byte",
            "malformed_header H-2",
            "the header's last byte is the MAC's first, and the MAC's last is over",
            |draft| draft.header_len = Some(draft.room() - 37),
        ),
        bad(
            "byte_after_the_mac",
            "malformed_header H-2",
            "01 right after it",
            |draft| {
                draft.places[0] = Some([draft_with_room(draft, 8), vec![1]].concat());
            },
        ),
        bad(
            "byte_at_the_end_of_the_place",
            "malformed_header H-2",
            "01 as the last byte",
            |draft| {
                draft.places[0] = Some([draft_with_room(draft, 8), vec![0; 7], vec![1]].concat());
            },
        ),
    ]
}

/// The header in its place, of a room that is `more` than it takes.
fn draft_with_room(draft: &mut Draft, more: u32) -> Vec<u8> {
    draft.room = Some(draft.room() + more);
    draft.header_in_its_place()
}

fn one_place() -> Vec<Vector> {
    vec![
        good("header_in_the_second_place", "ok H-7", "the first is empty", |draft| {
            draft.place = 1
        }),
        bad("both_places_empty", "header_too_large H-1", "zeros alone", |draft| {
            draft.place = 2
        }),
        bad(
            "second_place_mac_wrong",
            "bad_header_mac H-6 H-7",
            "one bit, and the first is empty",
            |draft| {
                draft.place = 1;
                draft.mac = Some(mac_flipped(draft));
            },
        ),
        bad(
            "second_place_malformed",
            "malformed_header H-2 H-7",
            "a header of 60, and the first is empty",
            |draft| {
                draft.place = 1;
                draft.header = Some([&[0x60], &draft.header()[1..]].concat());
            },
        ),
    ]
}

pub(super) fn mac_flipped(draft: &Draft) -> [u8; 32] {
    let place = draft.header_in_its_place();
    let mut mac: [u8; 32] = *place.last_chunk().expect("a place ends in its MAC");
    mac[31] ^= 1;
    mac
}
