//! Section 2: magic, version, ids, and where a container ends.

use super::{PLACES, bad, damaged, room_of};
use crate::container::SET_MAGIC;
use crate::vector::Vector;

pub(super) fn vectors() -> Vec<Vector> {
    [heads(), cut_before_the_payload(), cut_in_the_payload()]
        .into_iter()
        .flatten()
        .collect()
}

fn heads() -> Vec<Vector> {
    vec![
        damaged("nothing", "not_a_container C-6", "no byte at all", Vec::clear),
        damaged("cut_in_the_magic", "not_a_container C-6", "7 bytes", |bytes| {
            bytes.truncate(7)
        }),
        damaged(
            "another_magic",
            "not_a_container C-1",
            "the magic's first byte is 0x0B",
            |bytes| bytes[0] = 0x0B,
        ),
        damaged(
            "magic_in_lower_case",
            "not_a_container C-1",
            "the magic's last byte is l",
            |bytes| bytes[7] = b'l',
        ),
        bad(
            "magic_of_a_set",
            "set_not_supported C-5",
            "and no set follows",
            |draft| draft.magic = SET_MAGIC,
        ),
        bad(
            "version_0",
            "unsupported_version C-2",
            "there is no version 0",
            |draft| draft.version = 0,
        ),
        bad("version_2", "unsupported_version C-2", "a newer one", |draft| {
            draft.version = 2
        }),
        bad("set_id_in_its_first_byte", "member_of_a_set C-4", "a set id", |draft| {
            draft.set_id[0] = 1
        }),
        bad("set_id_in_its_last_byte", "member_of_a_set C-4", "a set id", |draft| {
            draft.set_id[15] = 0x80
        }),
    ]
}

fn cut_before_the_payload() -> Vec<Vector> {
    vec![
        damaged("cut_before_the_version", "truncated C-6", "the magic alone", |bytes| {
            bytes.truncate(8)
        }),
        damaged("cut_in_the_immutable_part", "truncated C-6", "20 bytes", |bytes| {
            bytes.truncate(20)
        }),
        damaged("cut_before_the_room", "truncated C-6", "41 bytes", |bytes| {
            bytes.truncate(41)
        }),
        damaged("cut_in_the_room", "truncated C-6", "44 bytes", |bytes| {
            bytes.truncate(44)
        }),
        damaged("cut_before_the_state", "truncated C-6", "45 bytes", |bytes| {
            bytes.truncate(45)
        }),
        damaged("cut_before_the_first_place", "truncated C-6", "46 bytes", |bytes| {
            bytes.truncate(46)
        }),
        damaged("cut_in_header_len", "truncated C-6", "49 bytes", |bytes| {
            bytes.truncate(49)
        }),
        damaged("cut_in_the_header", "truncated C-6", "60 bytes", |bytes| {
            bytes.truncate(60)
        }),
        damaged(
            "cut_in_the_header_mac",
            "truncated C-6",
            "the first place less a byte",
            |bytes| {
                let end = PLACES + room_of(bytes);
                bytes.truncate(end - 1);
            },
        ),
        damaged(
            "cut_before_the_second_place",
            "truncated C-6",
            "the first place is whole",
            |bytes| {
                let end = PLACES + room_of(bytes);
                bytes.truncate(end);
            },
        ),
        damaged(
            "cut_in_the_second_place",
            "truncated C-6",
            "less 74 + 4,128 + 1",
            |bytes| shorten(bytes, 4203),
        ),
        damaged(
            "second_place_missing",
            "truncated C-6 F-3",
            "the payload follows the first",
            |bytes| {
                let room = room_of(bytes);
                bytes.drain(PLACES + room..PLACES + 2 * room);
            },
        ),
    ]
}

fn cut_in_the_payload() -> Vec<Vector> {
    vec![
        damaged(
            "cut_in_the_payload_header",
            "truncated C-6",
            "less 4,128 + 1",
            |bytes| shorten(bytes, 4129),
        ),
        damaged(
            "cut_before_the_first_segment",
            "truncated C-6 F-3",
            "less 4,128",
            |bytes| shorten(bytes, 4128),
        ),
        damaged("cut_in_a_nonce", "truncated C-6 F-3", "less 4,120", |bytes| {
            shorten(bytes, 4120)
        }),
        damaged(
            "cut_by_one_byte",
            "truncated C-6 F-3",
            "its last byte is missing",
            |bytes| shorten(bytes, 1),
        ),
        damaged(
            "one_byte_too_many",
            "truncated C-6 F-3",
            "no padded length gives this one",
            |bytes| bytes.push(0),
        ),
        damaged(
            "longer_by_a_step_of_padme",
            "bad_segment C-6 F-5",
            "4352 is a padded length, too",
            |bytes| {
                bytes.extend([0; 256]);
            },
        ),
    ]
}

fn shorten(bytes: &mut Vec<u8>, by: usize) {
    bytes.truncate(bytes.len() - by);
}
