//! Section 4: the header's encoding, its slots as a whole, and its MAC.

use super::{PLACES, bad, damaged, room_of};
use crate::cbor;
use crate::container::Draft;
use crate::vector::Vector;

pub(super) fn vectors() -> Vec<Vector> {
    [encoding(), counts(), mac()].into_iter().flatten().collect()
}

/// The header `[ slot ]` with the parts of its one slot encoded by `spoil`.
fn reencoded(name: &str, comment: &str, spoil: impl FnOnce(Vec<u8>) -> Vec<u8>) -> Vector {
    bad(name, "malformed_header H-2", comment, |draft| {
        let header = cbor::array(&draft.slots);
        draft.header = Some(spoil(header));
    })
}

fn encoding() -> Vec<Vector> {
    // A right header is 81 (one slot), 82 (two parts), 02 (link), 58 33 (51 bytes), 81 58 30 and the wrapped key.
    let after = |header: &[u8], head: &[u8], skip: usize| [head, &header[skip..]].concat();
    vec![
        reencoded("header_with_a_byte_over", "00 after the array", |header| {
            [header, vec![0]].concat()
        }),
        reencoded("header_cut_short", "its last byte is missing", |header| {
            header[..header.len() - 1].to_vec()
        }),
        reencoded("header_is_a_map", "A1 for 81", |header| after(&header, &[0xA1], 1)),
        reencoded("header_count_not_shortest", "98 01 for 81", |header| {
            after(&header, &[0x98, 1], 1)
        }),
        reencoded("header_array_indefinite", "9F ... FF", |header| {
            [after(&header, &[0x9F], 1), vec![0xFF]].concat()
        }),
        reencoded("header_tagged", "D9 D9F7 (self-described) before it", |header| {
            after(&header, &[0xD9, 0xD9, 0xF7], 0)
        }),
        reencoded("slot_of_one_part", "81 02", |_| vec![0x81, 0x81, 2]),
        reencoded("slot_of_three_parts", "83 ... 00", |header| {
            [after(&header, &[0x81, 0x83], 2), vec![0]].concat()
        }),
        reencoded("slot_of_three_parts_claimed", "83, and two follow", |header| {
            after(&header, &[0x81, 0x83], 2)
        }),
        reencoded("slot_type_not_shortest", "18 02 for 02", |header| {
            after(&header, &[0x81, 0x82, 0x18, 2], 3)
        }),
        reencoded("slot_type_negative", "22 (-3) for 02", |header| {
            after(&header, &[0x81, 0x82, 0x22], 3)
        }),
        reencoded("slot_type_is_a_float", "F9 4000 (2.0)", |header| {
            after(&header, &[0x81, 0x82, 0xF9, 0x40, 0], 3)
        }),
        reencoded("slot_type_past_65535", "1A 00010000", |header| {
            after(&header, &[0x81, 0x82, 0x1A, 0, 1, 0, 0], 3)
        }),
        reencoded("slot_fields_are_text", "78 for 58", |header| {
            after(&header, &[0x81, 0x82, 2, 0x78], 4)
        }),
        reencoded("slot_fields_length_not_shortest", "59 0033 for 58 33", |header| {
            after(&header, &[0x81, 0x82, 2, 0x59, 0, 0x33], 5)
        }),
        reencoded("slot_fields_in_chunks", "5F 58 33 ... FF", |header| {
            [after(&header, &[0x81, 0x82, 2, 0x5F], 3), vec![0xFF]].concat()
        }),
        reencoded("slot_fields_longer_than_the_header", "58 FF for 58 33", |header| {
            after(&header, &[0x81, 0x82, 2, 0x58, 0xFF], 5)
        }),
        reencoded("slot_fields_of_four_gib_claimed", "5A FFFFFFFF", |header| {
            after(&header, &[0x81, 0x82, 2, 0x5A, 0xFF, 0xFF, 0xFF, 0xFF], 5)
        }),
    ]
}

fn counts() -> Vec<Vector> {
    let unopened = |name, verdict, comment, count: usize, profiles: &'static [u64]| {
        bad(name, verdict, comment, move |draft| {
            draft.slots = Vec::new();
            (0..count).for_each(|i| draft.add_unopened_passphrase_slot(profiles[i % profiles.len()]));
        })
    };
    vec![
        bad("no_slot", "bad_slot_count H-3", "an empty array", |draft| {
            draft.slots = Vec::new()
        }),
        bad(
            "sixty_five_slots",
            "bad_slot_count H-3",
            "one past the limit",
            |draft| {
                draft.slots.extend(vec![Draft::slot(9, &[]); 64]);
            },
        ),
        bad(
            "four_billion_slots_claimed",
            "bad_slot_count H-3",
            "9A FFFFFFFF: nothing may be allocated",
            |draft| {
                let header = [cbor::head(4, 0xFFFF_FFFF), draft.slots.concat()].concat();
                draft.header = Some(header);
            },
        ),
        unopened(
            "five_passphrase_slots",
            "bad_slot_mix H-5",
            "one past the limit",
            5,
            &[1],
        ),
        unopened(
            "passphrase_slots_of_two_profiles",
            "bad_slot_mix H-5",
            "profiles 1 and 2",
            2,
            &[1, 2],
        ),
        bad(
            "passphrase_slot_beside_a_link_slot",
            "bad_slot_mix H-5",
            "whichever comes first",
            |draft| {
                draft.add_unopened_passphrase_slot(1);
            },
        ),
    ]
}

fn mac() -> Vec<Vector> {
    vec![
        damaged(
            "header_mac_flipped",
            "bad_header_mac H-6",
            "one bit of its last byte",
            |bytes| {
                let end = PLACES + room_of(bytes);
                bytes[end - 1] ^= 1;
            },
        ),
        bad(
            "header_mac_under_the_file_key",
            "bad_header_mac H-6",
            "not under a derived key",
            |draft| {
                draft.mac_key = Some(draft.file_key);
            },
        ),
        bad(
            "header_mac_of_another_file_key",
            "bad_header_mac H-6",
            "as if the header were another's",
            |draft| {
                draft.mac_key = Some(draft.dice.array());
            },
        ),
        reslotted("unknown_slot_changed", "the MAC covers what a reader skips", |slots| {
            slots[1] = Draft::slot(9, &[1, 2, 4])
        }),
        reslotted("slot_added", "an unknown one, at the end", |slots| {
            slots.push(Draft::slot(9, &[]))
        }),
        reslotted("slot_removed", "the unknown one", |slots| slots.truncate(1)),
        reslotted("slots_swapped", "the link slot comes last now", |slots| {
            slots.swap(0, 1)
        }),
    ]
}

/// A container whose header is replaced by that of `slots` while room, MAC and payload stay.
fn reslotted(name: &str, comment: &str, slots: impl FnOnce(&mut Vec<Vec<u8>>)) -> Vector {
    bad(name, "bad_header_mac H-6", comment, |draft| {
        draft.slots.push(Draft::slot(9, &[1, 2, 3]));
        draft.room = Some(draft.room() + 8);
        let sealed = draft.header_in_its_place();
        draft.mac = sealed.last_chunk().copied();
        slots(&mut draft.slots);
    })
}
