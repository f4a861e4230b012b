//! Section 10: sets of which a member opens, and sets of which none does.

use super::{link_of, seed_of};
use crate::archive::{Document, pack};
use crate::bech32::identity;
use crate::container::Draft;
use crate::link::Link;
use crate::set::Set;
use crate::vector::Vector;
use crate::xwing::public_key;

pub(super) fn vectors() -> Vec<Vector> {
    [linked(), passphrases(), addressed(), none_opens(), damaged_members()]
        .into_iter()
        .flatten()
        .collect()
}

/// What member `number` holds.
pub(super) fn part(number: usize) -> Document {
    Document::file(
        &format!("part-{number}.txt"),
        "text/plain",
        format!("This is part {number}.\n"),
    )
}

/// The link of member `number` alone.
pub(super) fn link_to(name: &str, number: usize) -> Link {
    link_of(&format!("{name}/member {number}"), None)
}

/// Members 0 to `count`, each without a slot yet.
pub(super) fn members(name: &str, count: usize) -> Vec<Draft> {
    let member = |number| {
        let mut draft = Draft::new(&format!("{name}/member {number}"));
        draft.archive = pack(&[part(number)]);
        draft
    };
    (0..count).map(member).collect()
}

/// Members 0 to `count`, each for a link of its own.
pub(super) fn linked_members(name: &str, count: usize) -> Vec<Draft> {
    let mut drafts = members(name, count);
    for (number, draft) in drafts.iter_mut().enumerate() {
        draft.add_link_slot(&link_to(name, number));
    }
    drafts
}

fn vector(name: &str, verdict_and_must: &'static str, comment: &str) -> Vector {
    Vector::new("set", name, verdict_and_must, comment)
}

/// Members of which sixteen have 64 slots, and another has one; the key opens the first.
fn crowded_set(name: &str, members: usize) -> Vec<u8> {
    let mut drafts = linked_members(name, members);
    for draft in &mut drafts[..16] {
        draft.slots.extend(vec![Draft::slot(9, &[]); 63]);
    }
    Set::of(drafts).encode()
}

fn crowded() -> Vector {
    let name = "slots_of_all_members_1024";
    vector(name, "ok M-3", "as many as may be")
        .opened_by(&link_to(name, 0))
        .holding(&[part(0)])
        .body(crowded_set(name, 16))
}

fn crowded_too_much() -> Vector {
    let name = "slots_of_all_members_1025";
    vector(name, "malformed_set M-3", "one past the limit, though the first opens")
        .opened_by(&link_to(name, 0))
        .body(crowded_set(name, 17))
}

/// A member for a link, and others with `counts` passphrase slots.
fn with_passphrases(name: &str, verdict_and_must: &'static str, comment: &str, counts: &[usize]) -> Vector {
    let mut drafts = members(name, counts.len() + 1);
    drafts[0].add_link_slot(&link_to(name, 0));
    for (draft, count) in drafts[1..].iter_mut().zip(counts) {
        (0..*count).for_each(|_| draft.add_unopened_passphrase_slot(3));
    }
    vector(name, verdict_and_must, comment)
        .opened_by(&link_to(name, 0))
        .body(Set::of(drafts).encode())
}

fn passphrases() -> Vec<Vector> {
    vec![
        with_passphrases(
            "passphrase_slots_of_all_members_4",
            "ok M-3",
            "as many as may be",
            &[3, 1],
        )
        .holding(&[part(0)]),
        with_passphrases(
            "passphrase_slots_of_all_members_5",
            "malformed_set M-3",
            "one past the limit, though a link opens the first member",
            &[4, 1],
        ),
    ]
}

fn linked() -> Vec<Vector> {
    let one = |name: &str, must, comment, count, opened: usize| {
        let set = Set::of(linked_members(name, count));
        vector(name, must, comment)
            .opened_by(&link_to(name, opened))
            .holding(&[part(opened)])
            .body(set.encode())
    };
    let lengths = {
        let name = "members_of_several_lengths";
        let mut drafts = linked_members(name, 3);
        let long = Document::text("text/plain", "a".repeat(10_000));
        drafts[1].archive = pack(std::slice::from_ref(&long));
        vector(name, "ok M-2 M-4", "each is padded by itself, which shows")
            .opened_by(&link_to(name, 1))
            .holding(&[long])
            .body(Set::of(drafts).encode())
    };
    let two_for_one = {
        let name = "two_of_three_members_for_one_link";
        let mut drafts = members(name, 3);
        for (draft, of) in drafts.iter_mut().zip([0, 1, 0]) {
            draft.add_link_slot(&link_to(name, of));
        }
        vector(name, "ok M-3", "the first and the last, in the set's order")
            .opened_by(&link_to(name, 0))
            .holding(&[part(0), part(2)])
            .body(Set::of(drafts).encode())
    };
    let second_place = {
        let name = "member_with_its_header_in_the_second_place";
        let mut drafts = linked_members(name, 2);
        drafts[1].place = 1;
        vector(name, "ok M-2 H-7", "a member is a container like any other")
            .opened_by(&link_to(name, 1))
            .holding(&[part(1)])
            .body(Set::of(drafts).encode())
    };
    vec![
        one("one_member", "ok M-1 M-2", "as few as may be", 1, 0),
        one("first_of_three_members", "ok M-2 M-3", "each member is tried", 3, 0),
        one("second_of_three_members", "ok M-2 M-3", "each member is tried", 3, 1),
        one("third_of_three_members", "ok M-2 M-3", "each member is tried", 3, 2),
        one("member_200_of_256", "ok M-1 M-2", "as many as may be", 256, 200),
        crowded(),
        crowded_too_much(),
        lengths,
        two_for_one,
        second_place,
    ]
}

/// Members 0 to `count`, each for an identity of its own.
fn addressed_members(name: &str, count: usize) -> Vec<Draft> {
    let mut drafts = members(name, count);
    for (number, draft) in drafts.iter_mut().enumerate() {
        draft.add_recipient_slot(&public_key(&seed_of(name, number)));
    }
    drafts
}

fn addressed() -> Vec<Vector> {
    let opened = |name: &str, comment, by: &[usize]| {
        let vector = vector(name, "ok M-3 R-3 H-8", comment);
        let vector = by.iter().fold(vector, |vector, number| {
            vector.with("identity", identity(&seed_of(name, *number)))
        });
        let mut in_order = by.to_vec();
        in_order.sort_unstable();
        let parts: Vec<_> = in_order.into_iter().map(part).collect();
        vector
            .holding(&parts)
            .body(Set::of(addressed_members(name, 3)).encode())
    };
    vec![
        opened("one_identity_of_three", "the second member is for it", &[1]),
        opened(
            "three_identities_of_three",
            "a committee: every member opens, in the set's order",
            &[2, 0, 1],
        ),
        opened(
            "two_identities_of_three",
            "what does not open is none of theirs",
            &[0, 2],
        ),
    ]
}

/// Sets whose verdict is that of the last member.
fn none_opens() -> Vec<Vector> {
    let mixed = |name: &str, verdict_and_must, comment, last_is_linked: bool| {
        let mut drafts = members(name, 2);
        let (linked, locked) = if last_is_linked { (1, 0) } else { (0, 1) };
        drafts[linked].add_link_slot(&link_to(name, 0));
        drafts[locked].add_unopened_passphrase_slot(1);
        vector(name, verdict_and_must, comment)
            .opened_by(&link_of("a stranger", None))
            .body(Set::of(drafts).encode())
    };
    let strangers = {
        let name = "link_of_a_stranger";
        vector(name, "wrong_key M-3", "three members, and none is for it")
            .opened_by(&link_of("a stranger", None))
            .body(Set::of(linked_members(name, 3)).encode())
    };
    let identity_of_a_stranger = {
        let name = "identity_of_a_stranger";
        vector(name, "wrong_key M-3", "three members, and none is for it")
            .with("identity", identity(&seed_of("a stranger", 0)))
            .body(Set::of(addressed_members(name, 3)).encode())
    };
    let unfit = {
        let name = "identity_for_links";
        vector(name, "no_matching_slot M-3", "no member has such a slot")
            .with("identity", identity(&seed_of("a stranger", 0)))
            .body(Set::of(linked_members(name, 3)).encode())
    };
    vec![
        strangers,
        identity_of_a_stranger,
        unfit,
        mixed(
            "last_member_has_no_slot_that_fits",
            "no_matching_slot M-3",
            "the first one's verdict is wrong_key",
            false,
        ),
        mixed(
            "last_member_has_a_stranger_s_slot",
            "wrong_key M-3",
            "the first one's verdict is no_matching_slot",
            true,
        ),
    ]
}

/// Sets of which no member opens because of what its containers are: the last one's verdict, or the only one's.
fn damaged_members() -> Vec<Vector> {
    let spoilt = |name: &str, verdict_and_must, comment, count, spoil: fn(&mut Vec<(u64, Vec<u8>)>)| {
        let mut set = Set::of(linked_members(name, count));
        spoil(&mut set.members);
        vector(name, verdict_and_must, comment)
            .opened_by(&link_to(name, count - 1))
            .body(set.encode())
    };
    vec![
        spoilt(
            "only_member_with_a_bad_segment",
            "bad_segment M-2 M-3",
            "one bit of its last byte",
            1,
            |members| *members[0].1.last_mut().expect("it has bytes") ^= 1,
        ),
        spoilt(
            "last_member_cut",
            "truncated M-2 M-3",
            "a byte is missing, and its length says so",
            2,
            |members| {
                members[1].1.pop();
                members[1].0 -= 1;
            },
        ),
        spoilt(
            "last_member_of_version_2",
            "unsupported_version M-2 C-2",
            "a newer one, in a set of version 1",
            2,
            |members| members[1].1[8] = 2,
        ),
        spoilt(
            "last_member_is_no_container",
            "not_a_container M-2 C-1",
            "its first byte is 0B",
            2,
            |members| members[1].1[0] = 0x0B,
        ),
        spoilt(
            "last_member_is_a_set_by_its_magic",
            "set_not_supported M-2 C-5",
            "a set holds containers",
            2,
            |members| members[1].1[..8].copy_from_slice(b"\x8BSATCSET"),
        ),
    ]
}
