//! Section 10, M-3: sets whose members come to several verdicts.

use super::link_of;
use super::set::{link_to, linked_members, members, part};
use super::share::{shared, with_shares};
use crate::archive::pack;
use crate::container::Draft;
use crate::set::Set;
use crate::share::{Share, Split};
use crate::vector::Vector;

pub(super) fn vectors() -> Vec<Vector> {
    [
        tried(),
        parsed(),
        changing(),
        of_strangers(),
        of_shares(),
        by_few_shares(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// A set that the link of member `number` is tried at; what comes out is the parts `opened`.
fn vector(name: &str, verdict_and_must: &'static str, comment: &str, number: usize, opened: &[usize]) -> Vector {
    let parts: Vec<_> = opened.iter().map(|number| part(*number)).collect();
    Vector::new("set", name, verdict_and_must, comment)
        .opened_by(&link_to(name, number))
        .holding(&parts)
}

/// Under a key that is not derived.
fn with_a_wrong_mac(draft: &mut Draft) {
    draft.mac_key = Some(draft.file_key);
}

fn with_a_slot_without_fields(draft: &mut Draft) {
    draft.slots = vec![Draft::slot(2, &[])];
}

/// One link opens all members, but for the header MAC of one.
fn tried() -> Vec<Vector> {
    let spoilt = |name: &str, comment, number: usize| {
        let mut drafts = members(name, 2);
        drafts
            .iter_mut()
            .for_each(|draft| draft.add_link_slot(&link_to(name, 0)));
        with_a_wrong_mac(&mut drafts[number]);
        vector(name, "bad_header_mac M-3 H-6", comment, 0, &[]).body(Set::of(drafts).encode())
    };
    vec![
        spoilt(
            "first_member_has_a_bad_header_mac",
            "the link opens both: its verdict is the set's",
            0,
        ),
        spoilt(
            "last_member_has_a_bad_header_mac",
            "the link opens both: its verdict is the set's, though the first one opened",
            1,
        ),
    ]
}

/// The link opens the first member, if it is whole: all are parsed before any is tried.
fn parsed() -> Vec<Vector> {
    let spoilt = |name: &str, verdict_and_must, comment, spoil: fn(&mut [Draft])| {
        let mut drafts = linked_members(name, 2);
        spoil(&mut drafts);
        vector(name, verdict_and_must, comment, 0, &[]).body(Set::of(drafts).encode())
    };
    let cut = {
        let name = "first_member_opens_and_the_last_one_is_cut";
        let mut set = Set::of(linked_members(name, 2));
        set.members[1].1.pop();
        set.members[1].0 -= 1;
        vector(
            name,
            "truncated M-3 C-6",
            "a byte is missing, and its length says so",
            0,
            &[],
        )
        .body(set.encode())
    };
    vec![
        spoilt(
            "first_member_opens_and_the_last_one_has_a_malformed_slot",
            "malformed_slot M-3 H-4",
            "a link slot without fields",
            |drafts| with_a_slot_without_fields(&mut drafts[1]),
        ),
        spoilt(
            "first_member_opens_and_the_last_one_has_no_slot",
            "bad_slot_count M-3 H-3",
            "an empty array",
            |drafts| drafts[1].slots = Vec::new(),
        ),
        spoilt(
            "first_member_opens_and_the_last_one_has_state_01",
            "malformed_header M-3 H-2",
            "neither 00 nor FF",
            |drafts| drafts[1].state = 0x01,
        ),
        spoilt(
            "two_members_do_not_parse",
            "malformed_slot M-3",
            "the first verdict: the last one has no slot",
            |drafts| {
                with_a_slot_without_fields(&mut drafts[0]);
                drafts[1].slots = Vec::new();
            },
        ),
        spoilt(
            "first_member_has_a_bad_header_mac_and_the_last_one_a_malformed_slot",
            "malformed_slot M-3",
            "the last one is parsed before the first one is tried",
            |drafts| {
                with_a_wrong_mac(&mut drafts[0]);
                with_a_slot_without_fields(&mut drafts[1]);
            },
        ),
        cut,
    ]
}

/// The last member's header is being replaced, or that is what is left of it.
fn changing() -> Vec<Vector> {
    let torn = |name: &str, verdict_and_must, comment, state, first_place: Option<Vec<u8>>| {
        let mut drafts = linked_members(name, 2);
        drafts[1].places[0] = first_place;
        (drafts[1].place, drafts[1].state) = (1, state);
        vector(name, verdict_and_must, comment, 0, &[]).body(Set::of(drafts).encode())
    };
    // The header_len that a link slot takes, and the header's first byte.
    let start = || Some(vec![0, 0, 0, 0x38, 0x81]);
    vec![
        torn(
            "member_half_way",
            "malformed_set M-2",
            "the first place is torn, and the state FF; the link opens the other member",
            0xFF,
            start(),
        ),
        torn(
            "member_half_way_before_its_first_byte",
            "malformed_set M-2",
            "one place is empty, and the state FF; the link opens the other member",
            0xFF,
            None,
        ),
        torn(
            "member_half_way_and_settled",
            "malformed_header M-3 H-7",
            "the first place is torn, and the state 00; the link opens the other member",
            0x00,
            start(),
        ),
    ]
}

/// What parses and does not open is passed over, whatever else is wrong with it.
fn of_strangers() -> Vec<Vector> {
    let flipped = {
        let name = "member_of_a_stranger_has_a_bad_segment";
        let mut set = Set::of(linked_members(name, 2));
        *set.members[1].1.last_mut().expect("it has bytes") ^= 1;
        vector(name, "ok M-3", "nobody looks at it: wrong_key comes first", 0, &[0]).body(set.encode())
    };
    let unsigned = {
        let name = "member_of_a_stranger_has_a_bad_header_mac";
        let mut drafts = linked_members(name, 2);
        with_a_wrong_mac(&mut drafts[0]);
        vector(name, "ok M-3", "nobody looks at it: wrong_key comes first", 1, &[1]).body(Set::of(drafts).encode())
    };
    vec![flipped, unsigned]
}

/// Members with a share slot each, two of three.
fn shared_members(name: &str, count: usize) -> (Vec<Draft>, Vec<Split>) {
    let member = |number| {
        let (mut draft, split) = shared(&format!("{name}/member {number}"), 2, 3);
        draft.archive = pack(&[part(number)]);
        (draft, split)
    };
    (0..count).map(member).unzip()
}

fn by_shares(
    name: &str,
    verdict_and_must: &'static str,
    comment: &str,
    shares: Vec<Share>,
    drafts: Vec<Draft>,
) -> Vector {
    with_shares(Vector::new("set", name, verdict_and_must, comment), shares).body(Set::of(drafts).encode())
}

/// A share is of one container: the other members are passed over.
fn of_shares() -> Vec<Vector> {
    let of_member = |name: &str, comment, number: usize, last_is_linked: bool| {
        let (mut drafts, splits) = shared_members(name, 3);
        if last_is_linked {
            drafts[2].slots = Vec::new();
            drafts[2].add_link_slot(&link_of(name, None));
        }
        let shares = [1, 3].map(|share| splits[number].share(share)).to_vec();
        by_shares(name, "ok M-3 S-3", comment, shares, drafts).holding(&[part(number)])
    };
    vec![
        of_member(
            "shares_of_the_first_of_three_members",
            "the last one's verdict is share_of_another_container",
            0,
            false,
        ),
        of_member(
            "shares_of_the_last_of_three_members",
            "the first one's verdict is share_of_another_container",
            2,
            false,
        ),
        of_member(
            "shares_of_a_member_beside_one_for_a_link",
            "the last one's verdict is no_matching_slot",
            1,
            true,
        ),
    ]
}

/// Shares at which no member opens.
fn by_few_shares() -> Vec<Vector> {
    let none = |name: &str, verdict_and_must, comment, pick: fn(&[Split]) -> Vec<Share>| {
        let (drafts, splits) = shared_members(name, 2);
        by_shares(name, verdict_and_must, comment, pick(&splits), drafts)
    };
    let no_slot = {
        let name = "shares_where_the_last_member_is_for_a_link";
        let (mut drafts, _) = shared_members(name, 2);
        drafts[1].slots = Vec::new();
        drafts[1].add_link_slot(&link_of(name, None));
        let (_, elsewhere) = shared("another container", 2, 3);
        by_shares(
            name,
            "no_matching_slot M-3 S-3",
            "and of another container: its verdict, which has no share slot",
            vec![elsewhere.share(1), elsewhere.share(2)],
            drafts,
        )
    };
    vec![
        none(
            "shares_of_no_member",
            "share_of_another_container M-3 S-3",
            "the last one's verdict",
            |_| {
                let (_, elsewhere) = shared("another container", 2, 3);
                vec![elsewhere.share(1), elsewhere.share(2)]
            },
        ),
        none(
            "one_share_of_each_member",
            "share_of_another_container M-3 S-3",
            "each has one of another container",
            |splits| vec![splits[0].share(1), splits[1].share(2)],
        ),
        none(
            "one_share_of_the_first_member",
            "too_few_shares M-3 S-3",
            "its verdict is the set's, and the last one is not tried",
            |splits| vec![splits[0].share(1)],
        ),
        none(
            "one_share_of_the_last_member",
            "too_few_shares M-3 S-3",
            "the first one is passed over",
            |splits| vec![splits[1].share(1)],
        ),
        none(
            "wrong_share_of_the_first_member",
            "wrong_share M-3 S-3",
            "one bit, and the checksum fits",
            |splits| {
                let mut wrong = splits[0].share(2);
                wrong.value[31] ^= 1;
                vec![splits[0].share(1), wrong]
            },
        ),
        no_slot,
    ]
}
