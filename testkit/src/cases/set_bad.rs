//! Section 10: sets that are none, or not whole any more.

use super::set::{link_to, linked_members};
use crate::container::Draft;
use crate::keys::sha256;
use crate::set::{Set, set_id};
use crate::vector::Vector;

pub(super) fn vectors() -> Vec<Vector> {
    [
        heads(),
        cut(),
        lengths(),
        tampered(),
        exchanged(),
        of_another_hash(),
        closed_to_somebody(),
        of_another_set(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn vector(name: &str, verdict_and_must: &'static str, comment: &str, body: Vec<u8>) -> Vector {
    Vector::new("set", name, verdict_and_must, comment)
        .opened_by(&link_to(name, 0))
        .body(body)
}

/// A set of three members, of which the key opens the first, changed before it is put together.
fn bad(name: &str, verdict_and_must: &'static str, comment: &str, spoil: impl FnOnce(&mut Set)) -> Vector {
    let mut set = Set::of(linked_members(name, 3));
    spoil(&mut set);
    vector(name, verdict_and_must, comment, set.encode())
}

/// A set of three members with its bytes changed.
fn damaged(name: &str, verdict_and_must: &'static str, comment: &str, damage: impl FnOnce(&mut Vec<u8>)) -> Vector {
    let mut bytes = Set::of(linked_members(name, 3)).encode();
    damage(&mut bytes);
    vector(name, verdict_and_must, comment, bytes)
}

fn heads() -> Vec<Vector> {
    let emptied = |name: &str, comment, keep: bool| {
        bad(name, "malformed_set M-1", comment, |set| {
            set.count = Some(0);
            set.id = set_id(&[]);
            if !keep {
                set.members.clear();
            }
        })
    };
    vec![
        bad(
            "magic_in_lower_case",
            "not_a_container M-1",
            "its last byte is t",
            |set| set.magic[7] = b't',
        ),
        bad("version_0", "unsupported_version M-1", "there is no version 0", |set| {
            set.version = 0
        }),
        bad("version_2", "unsupported_version M-1", "a newer one", |set| {
            set.version = 2
        }),
        emptied("count_0", "no member, and the set id of none", false),
        emptied("count_0_with_members", "three follow", true),
        bad(
            "count_257",
            "malformed_set M-1",
            "one past the limit, though three follow",
            |set| set.count = Some(257),
        ),
        bad(
            "count_65535",
            "malformed_set M-1",
            "FFFF: nothing may be allocated",
            |set| set.count = Some(u16::MAX),
        ),
        bad(
            "count_in_little_endian",
            "malformed_set M-1",
            "0300, which is 768",
            |set| set.count = Some(3_u16.swap_bytes()),
        ),
        bad("count_one_too_many", "truncated M-1", "4, and three follow", |set| {
            set.count = Some(4)
        }),
        bad(
            "count_one_too_few",
            "malformed_set M-1",
            "2: the third member is bytes after the last",
            |set| set.count = Some(2),
        ),
    ]
}

fn cut() -> Vec<Vector> {
    let at = |name: &str, verdict_and_must, comment, len: usize| {
        damaged(name, verdict_and_must, comment, |bytes| bytes.truncate(len))
    };
    let from_end = |name: &str, comment, less: usize| {
        damaged(name, "truncated M-1", comment, |bytes| {
            bytes.truncate(bytes.len() - less);
        })
    };
    vec![
        at("cut_in_the_magic", "not_a_container M-1 C-6", "7 bytes", 7),
        at("cut_before_the_version", "truncated M-1 C-6", "the magic alone", 8),
        at("cut_in_the_set_id", "truncated M-1", "20 bytes", 20),
        at("cut_before_the_count", "truncated M-1", "25 bytes", 25),
        at("cut_in_the_count", "truncated M-1", "26 bytes", 26),
        at("cut_before_the_first_member", "truncated M-1", "27 bytes", 27),
        at("cut_in_a_length", "truncated M-1", "30 bytes", 30),
        at("cut_in_the_first_member", "truncated M-1", "1,000 bytes", 1000),
        from_end("cut_by_one_byte", "the last member's last byte is missing", 1),
        damaged(
            "last_member_missing",
            "truncated M-1",
            "the first two are whole, and the count is 3",
            |bytes| {
                // 27 bytes of head, then members of one length.
                let member_len = (bytes.len() - 27) / 3;
                bytes.truncate(27 + 2 * member_len);
            },
        ),
    ]
}

fn lengths() -> Vec<Vector> {
    let stated = |name: &str, verdict_and_must, comment, member: usize, len: fn(u64) -> u64| {
        bad(name, verdict_and_must, comment, |set| {
            set.members[member].0 = len(set.members[member].0);
        })
    };
    let short = |name: &str, verdict_and_must, comment, len: usize| {
        bad(name, verdict_and_must, comment, |set| {
            set.members[2].1.truncate(len);
            set.members[2].0 = len as u64;
        })
    };
    vec![
        stated(
            "last_member_longer_than_the_file",
            "truncated M-1",
            "a byte more than there is",
            2,
            |len| len + 1,
        ),
        stated(
            "last_member_shorter_than_the_file",
            "malformed_set M-1",
            "a byte is left",
            2,
            |len| len - 1,
        ),
        stated(
            "first_member_of_64_bits",
            "truncated M-1",
            "2^64 - 1: adding 35 overflows",
            0,
            |_| u64::MAX,
        ),
        stated(
            "first_member_of_one_tib",
            "truncated M-1",
            "nothing may be allocated for it",
            0,
            |_| 1 << 40,
        ),
        stated(
            "second_member_of_64_bits",
            "truncated M-1",
            "2^64 less what stands before: it comes to 0",
            1,
            |len| 0_u64.wrapping_sub(27 + 8 + len + 8),
        ),
        damaged("byte_after_the_last_member", "malformed_set M-1", "00", |bytes| {
            bytes.push(0)
        }),
        short(
            "last_member_of_no_byte",
            "not_a_container M-3 C-6",
            "what ends within the magic",
            0,
        ),
        short(
            "last_member_of_7_bytes",
            "not_a_container M-3 C-6",
            "less than a magic",
            7,
        ),
        short(
            "last_member_of_24_bytes",
            "truncated M-3 C-6",
            "its container id less a byte",
            24,
        ),
        short(
            "last_member_of_25_bytes",
            "truncated M-3 C-6",
            "its container id is whole, and nothing else",
            25,
        ),
    ]
}

fn tampered() -> Vec<Vector> {
    vec![
        damaged(
            "set_id_flipped",
            "member_of_a_set M-3 C-4",
            "one bit in the head: the first member is of another set",
            |bytes| bytes[9] ^= 1,
        ),
        bad(
            "set_id_flipped_and_a_member_of_version_2",
            "unsupported_version M-3 C-2",
            "of a member, the version comes before the set id",
            |set| {
                set.id[15] ^= 1;
                set.members[0].1[8] = 2;
            },
        ),
        bad(
            "set_id_flipped_and_a_member_of_another_magic",
            "member_of_a_set M-3 C-4",
            "the first member's verdict, and the last one is no container",
            |set| {
                set.id[15] ^= 1;
                set.members[2].1[0] = 0x0B;
            },
        ),
        bad(
            "set_id_of_zeros",
            "member_of_a_set M-3 C-4",
            "as in a container alone",
            |set| set.id = [0; 16],
        ),
        bad(
            "last_member_left_out",
            "malformed_set M-5",
            "and the count is 2",
            |set| set.members.truncate(2),
        ),
        bad(
            "first_member_left_out",
            "malformed_set M-5",
            "and the count is 2",
            |set| {
                set.members.remove(0);
            },
        ),
        bad(
            "two_members_swapped",
            "malformed_set M-5",
            "the first and the second",
            |set| set.members.swap(0, 1),
        ),
        bad(
            "member_twice",
            "malformed_set M-5",
            "the first again, and the count is 4",
            |set| {
                set.members.push(set.members[0].clone());
            },
        ),
    ]
}

fn exchanged() -> Vec<Vector> {
    let stranger = || {
        let mut draft = linked_members("a set of a stranger", 1).remove(0);
        draft.set_id = [9; 16];
        draft
    };
    vec![
        bad(
            "member_added",
            "malformed_set M-5",
            "a stranger's with this set's id, and the count is 4",
            |set| {
                let mut draft = stranger();
                draft.set_id = set.id;
                set.members.push(Set::member(draft.finish()));
            },
        ),
        bad(
            "member_replaced",
            "malformed_set M-5",
            "by a stranger's with this set's id",
            |set| {
                let mut draft = stranger();
                draft.set_id = set.id;
                set.members[1] = Set::member(draft.finish());
            },
        ),
        bad(
            "container_id_of_a_member_flipped",
            "malformed_set M-5 C-3",
            "one bit, of a member that the key does not open",
            |set| set.members[2].1[9] ^= 1,
        ),
    ]
}

/// Sets whose id, in the head and in each member, is not the hash that it has to be.
fn of_another_hash() -> Vec<Vector> {
    let hashed = |name: &str, comment, preimage: fn(&[Draft]) -> Vec<u8>| {
        let drafts = linked_members(name, 3);
        let hash = sha256(&[b"satchel/v1/set".to_vec(), preimage(&drafts)].concat());
        let id = *hash.first_chunk().expect("a hash is longer");
        vector(name, "malformed_set M-5", comment, Set::with_id(id, drafts).encode())
    };
    vec![
        hashed(
            "set_id_without_the_count",
            "SHA-256 of the label and what stands for the members",
            |drafts| digests(drafts).concat(),
        ),
        hashed(
            "set_id_of_the_container_ids_alone",
            "without the headers a slot could be broken unnoticed",
            |drafts| [vec![0, 3], drafts.iter().flat_map(|draft| draft.container_id).collect()].concat(),
        ),
        hashed("set_id_of_the_headers_alone", "without the container ids", |drafts| {
            let hashes = drafts.iter().flat_map(|draft| sha256(&draft.header()));
            [vec![0, 3], hashes.collect()].concat()
        }),
        hashed("set_id_of_members_in_another_order", "the last one first", |drafts| {
            let mut digests = digests(drafts);
            digests.reverse();
            [vec![0, 3], digests.concat()].concat()
        }),
    ]
}

/// container id || SHA-256(header), of each
fn digests(drafts: &[Draft]) -> Vec<Vec<u8>> {
    let digest = |draft: &Draft| [&draft.container_id[..], &sha256(&draft.header())].concat();
    drafts.iter().map(digest).collect()
}

/// What somebody without a key can do to a slot, so that its member looks like one for somebody else.
fn closed_to_somebody() -> Vec<Vector> {
    /// The last byte of the wrapped key of the last member's only slot: 36 bytes are header_len and MAC.
    fn break_slot(bytes: &mut [u8]) {
        let room = u32::from_be_bytes(*bytes[41..45].first_chunk().expect("4 bytes"));
        bytes[46 + room as usize - 33] ^= 1;
    }
    let for_all = |name: &str| {
        let mut drafts = super::set::members(name, 2);
        drafts
            .iter_mut()
            .for_each(|draft| draft.add_link_slot(&link_to(name, 0)));
        drafts
    };
    let broken = {
        let name = "slot_of_a_member_broken";
        let mut set = Set::of(for_all(name));
        break_slot(&mut set.members[1].1);
        vector(
            name,
            "malformed_set M-5",
            "the link opens the first, and the last one would be passed over",
            set.encode(),
        )
    };
    let fitted = {
        let name = "slot_of_a_member_broken_and_the_set_id_to_fit";
        let mut drafts = for_all(name);
        let mut set = Set::of(for_all(name));
        break_slot(&mut set.members[1].1);
        let mut header = drafts[1].header();
        *header.last_mut().expect("it has bytes") ^= 1;
        drafts[1].header = Some(header);
        set.id = set_id(&drafts);
        for (_, member) in &mut set.members {
            member[25..41].copy_from_slice(&set.id);
        }
        vector(
            name,
            "bad_header_mac M-5 H-6",
            "in the head and in each member: the first one's MAC covers it",
            set.encode(),
        )
    };
    vec![broken, fitted]
}

/// Members whose own set id is not the set's, while their container ids give the set's id.
fn of_another_set() -> Vec<Vector> {
    let marked = |name: &str, comment, set_id_of: fn(&Draft) -> [u8; 16]| {
        let mut drafts = linked_members(name, 1);
        let id = set_id(&drafts);
        let right = Set::with_id(id, linked_members(name, 1));
        drafts[0].set_id = set_id_of(&drafts[0]);
        let members = vec![Set::member(drafts.remove(0).finish())];
        let set = Set { members, ..right };
        vector(name, "member_of_a_set M-2 C-4", comment, set.encode())
    };
    vec![
        marked(
            "member_of_another_set",
            "its set id is another's, and header and payload fit that",
            |_| [7; 16],
        ),
        marked(
            "member_that_stands_alone",
            "its set id is zeros, and header and payload fit that",
            |_| [0; 16],
        ),
        marked(
            "member_with_the_last_bit_of_its_set_id_flipped",
            "each of the 16 bytes is compared",
            |draft| {
                let mut id = set_id(std::slice::from_ref(draft));
                id[15] ^= 1;
                id
            },
        ),
    ]
}
