//! Section 4.5: shares that do not open a container, and share slots that are none.

use super::share::{shared, split_often, with_shares};
use super::{demands, draft_of, link_of};
use crate::archive::pack;
use crate::cbor;
use crate::container::{Draft, SHARE};
use crate::dice::Dice;
use crate::share::{Share, Split};
use crate::vector::Vector;

pub(super) fn vectors() -> Vec<Vector> {
    [too_few(), wrong(), mixed(), slots(), fields(), commitments()]
        .into_iter()
        .flatten()
        .collect()
}

pub(super) fn vector(
    name: &str,
    verdict_and_must: &'static str,
    comment: &str,
    shares: impl IntoIterator<Item = Share>,
    mut draft: Draft,
) -> Vector {
    with_shares(Vector::new("container", name, verdict_and_must, comment), shares).body(draft.finish())
}

fn too_few() -> Vec<Vector> {
    let of = |name: &str, comment, numbers: &[u8]| {
        let (draft, split) = shared(name, 3, 5);
        let shares = numbers.iter().map(|number| split.share(*number));
        vector(name, "too_few_shares S-3", comment, shares, draft)
    };
    vec![
        of("one_share_of_three", "two are missing", &[4]),
        of("two_shares_of_three", "one is missing", &[1, 5]),
        of("one_share_thrice", "of equal numbers one is kept", &[2, 2, 2]),
        of(
            "two_shares_and_one_of_them_again",
            "of equal numbers one is kept",
            &[2, 5, 2],
        ),
    ]
}

/// Two shares of a container that takes two, the second one changed.
fn changed(name: &str, verdict_and_must: &'static str, comment: &str, change: impl FnOnce(&mut Share)) -> Vector {
    let (draft, split) = shared(name, 2, 3);
    let mut second = split.share(2);
    change(&mut second);
    vector(name, verdict_and_must, comment, [split.share(1), second], draft)
}

fn wrong() -> Vec<Vector> {
    let (_, elsewhere) = shared("another container", 2, 3);
    let foreign = |name: &str, comment, numbers: &[u8]| {
        let (draft, split) = shared(name, 2, 3);
        let of = |number: &u8| {
            if *number > 10 {
                elsewhere.share(number - 10)
            } else {
                split.share(*number)
            }
        };
        vector(
            name,
            "share_of_another_container S-3",
            comment,
            numbers.iter().map(of),
            draft,
        )
    };
    let other_split = |name: &str, comment| {
        let (draft, _) = shared(name, 2, 3);
        let other = Split::new(&mut Dice::new("another split"), draft.container_id, 2);
        let shares = [1, 2].map(|number| other.share(number));
        vector(name, "wrong_share S-3", comment, shares, draft)
    };
    let never_made = {
        let name = "share_that_was_never_made";
        let (draft, split) = shared(name, 2, 3);
        let shares = [1, 4].map(|number| split.share(number));
        vector(
            name,
            "wrong_share S-3",
            "number 4 of three lies on the line, and a random commitment stands for it",
            shares,
            draft,
        )
    };
    vec![
        never_made,
        foreign("share_of_another_container_first", "and one of its own", &[11, 2]),
        foreign("share_of_another_container_last", "though two are enough", &[1, 2, 13]),
        changed(
            "share_with_another_value",
            "wrong_share S-3",
            "one bit, and the checksum fits",
            |share| share.value[31] ^= 1,
        ),
        changed(
            "share_with_another_number",
            "wrong_share S-3",
            "3 for 2, and the checksum fits",
            |share| share.number = 3,
        ),
        changed(
            "share_with_another_threshold",
            "wrong_share S-3",
            "3 for 2, and the checksum fits",
            |share| share.threshold = 3,
        ),
        other_split(
            "shares_of_a_split_that_was_removed",
            "this container's, but no slot commits to them",
        ),
    ]
}

fn mixed() -> Vec<Vector> {
    let two_splits = |name: &str, comment, picks: &[(usize, u8)]| {
        let (draft, splits) = split_often(name, 2);
        let shares = picks.iter().map(|(at, number)| splits[*at].share(*number));
        vector(name, "mixed_shares S-3", comment, shares, draft)
    };
    let two_thresholds = {
        let name = "shares_of_two_thresholds_in_one_slot";
        let mut draft = Draft::new(name);
        let split = Split::new(&mut draft.dice, draft.container_id, 2);
        let other = Share {
            threshold: 3,
            ..split.share(2)
        };
        draft.add_share_slot_of(&[split.share(1), other.clone()], &split.secret);
        draft.archive = pack(&[demands()]);
        vector(
            name,
            "mixed_shares S-3",
            "2 and 3, both committed to",
            [split.share(1), other],
            draft,
        )
    };
    vec![
        two_splits(
            "shares_of_two_splits",
            "one of the old split, one of the new one",
            &[(0, 1), (1, 2)],
        ),
        two_splits(
            "shares_of_two_splits_of_one_number",
            "looked at before equal numbers are",
            &[(1, 1), (0, 1)],
        ),
        two_splits(
            "shares_of_two_splits_where_one_is_enough",
            "two of the new split, and then one of the old",
            &[(1, 1), (1, 3), (0, 2)],
        ),
        two_thresholds,
    ]
}

fn slots() -> Vec<Vector> {
    let five = {
        let name = "five_share_slots";
        let (draft, splits) = split_often(name, 5);
        let shares = [1, 2].map(|number| splits[0].share(number));
        vector(name, "bad_slot_mix H-5", "one past the limit", shares, draft)
    };
    let without = |name: &str, comment, add: fn(&mut Draft)| {
        let mut draft = Draft::new(name);
        let split = Split::new(&mut draft.dice, draft.container_id, 2);
        add(&mut draft);
        draft.archive = pack(&[demands()]);
        let shares = [1, 2].map(|number| split.share(number));
        vector(name, "no_matching_slot W-1", comment, shares, draft)
    };
    let link = link_of("link_for_a_share_slot", None);
    vec![
        five,
        without("shares_for_a_link_slot", "no share slot", |draft| {
            draft.add_link_slot(&link_of("shares_for_a_link_slot", None));
        }),
        without("shares_for_a_passphrase_slot", "no share slot", |draft| {
            draft.add_unopened_passphrase_slot(1);
        }),
        {
            let name = "shares_of_another_container_for_a_link_slot";
            let mut draft = draft_of(name, &link_of(name, None));
            draft.slots.push(Draft::slot(9, &[]));
            let (_, elsewhere) = shared("another container", 2, 3);
            let shares = [1, 2].map(|number| elsewhere.share(number));
            vector(
                name,
                "no_matching_slot W-1 S-3",
                "no share slot: that comes first",
                shares,
                draft,
            )
        },
        {
            let name = "one_share_for_a_link_slot";
            let draft = draft_of(name, &link_of(name, None));
            let share = Split::new(&mut Dice::new(name), draft.container_id, 2).share(1);
            vector(
                name,
                "no_matching_slot W-1 S-3",
                "no share slot, before too few are seen",
                [share],
                draft,
            )
        },
        {
            let (mut draft, _) = shared("link_for_a_share_slot", 2, 3);
            Vector::new(
                "container",
                "link_for_a_share_slot",
                "no_matching_slot W-1",
                "no link slot",
            )
            .opened_by(&link)
            .body(draft.finish())
        },
        {
            let name = "share_slot_in_a_header_of_another_mac";
            let (mut draft, split) = shared(name, 2, 3);
            draft.mac_key = Some(draft.file_key);
            let shares = [1, 2].map(|number| split.share(number));
            vector(name, "bad_header_mac H-6", "not under a derived key", shares, draft)
        },
    ]
}

/// A link container with a share slot beside whose fields `spoil` makes of commitments and wrapped key.
fn respelt(name: &str, must: &'static str, comment: &str, spoil: impl FnOnce(Vec<u8>, Vec<u8>) -> Vec<u8>) -> Vector {
    let link = link_of(name, None);
    let mut draft = draft_of(name, &link);
    let split = Split::new(&mut draft.dice, draft.container_id, 2);
    let mut commitments: Vec<_> = (1..=32).map(|number| split.share(number).commitment()).collect();
    commitments.sort_unstable();
    let wrapped = draft.wrapped(&split.secret, SHARE);
    draft.slots.push(Draft::slot(4, &spoil(commitments.concat(), wrapped)));
    Vector::new("container", name, must, comment)
        .opened_by(&link)
        .body(draft.finish())
}

fn fields() -> Vec<Vector> {
    let malformed = |name: &str, comment, spoil: fn(Vec<u8>, Vec<u8>) -> Vec<u8>| {
        respelt(name, "malformed_slot H-4", comment, spoil)
    };
    vec![
        malformed("share_slot_without_fields", "no byte", |_, _| Vec::new()),
        malformed("share_slot_of_one_field", "the commitments alone", |commitments, _| {
            cbor::array(&[cbor::bytes(&commitments)])
        }),
        malformed(
            "share_slot_of_three_fields",
            "83 ... 02: no threshold is told",
            |commitments, wrapped| cbor::array(&[cbor::bytes(&commitments), cbor::bytes(&wrapped), vec![2]]),
        ),
        malformed(
            "share_slot_with_a_byte_over",
            "00 after the array",
            |commitments, wrapped| [Draft::two_fields(&commitments, &wrapped), vec![0]].concat(),
        ),
        malformed(
            "share_slot_of_32_byte_strings",
            "the commitments as an array",
            |commitments, wrapped| {
                let each: Vec<_> = commitments.chunks(16).map(cbor::bytes).collect();
                cbor::array(&[cbor::array(&each), cbor::bytes(&wrapped)])
            },
        ),
        malformed(
            "commitments_length_not_shortest",
            "5A 00000200 for 59 0200",
            |commitments, wrapped| {
                let fields = Draft::two_fields(&commitments, &wrapped);
                [&[0x82, 0x5A, 0, 0, 2, 0], &fields[4..]].concat()
            },
        ),
        malformed(
            "commitments_of_511_bytes",
            "the last byte is missing",
            |commitments, wrapped| Draft::two_fields(&commitments[..511], &wrapped),
        ),
        malformed("commitments_of_513_bytes", "one byte over", |commitments, wrapped| {
            Draft::two_fields(&[commitments, vec![0]].concat(), &wrapped)
        }),
        malformed(
            "commitments_of_48_bytes",
            "three, and none to fill up",
            |commitments, wrapped| Draft::two_fields(&commitments[..48], &wrapped),
        ),
        malformed(
            "share_slot_with_a_key_of_47_bytes",
            "its tag is cut",
            |commitments, wrapped| Draft::two_fields(&commitments, &wrapped[..47]),
        ),
        malformed(
            "share_slot_with_a_key_of_49_bytes",
            "one byte over",
            |commitments, wrapped| Draft::two_fields(&commitments, &[wrapped, vec![0]].concat()),
        ),
    ]
}

fn commitments() -> Vec<Vector> {
    let ordered = |name: &str, comment, order: fn(&mut [[u8; 16]])| {
        respelt(name, "malformed_slot S-1", comment, |commitments, wrapped| {
            let (chunks, _) = commitments.as_chunks();
            let mut chunks: Vec<[u8; 16]> = chunks.to_vec();
            order(&mut chunks);
            Draft::two_fields(&chunks.concat(), &wrapped)
        })
    };
    vec![
        ordered(
            "commitments_in_the_order_of_numbers",
            "as if they had just been made",
            |commitments| {
                commitments.swap(0, 1);
                commitments.swap(5, 20);
            },
        ),
        ordered(
            "commitments_with_the_last_two_swapped",
            "the others ascend",
            |commitments| commitments.swap(30, 31),
        ),
        ordered("commitments_descending", "the greatest first", |commitments| {
            commitments.reverse()
        }),
        ordered("two_equal_commitments", "the first one twice", |commitments| {
            commitments[1] = commitments[0]
        }),
        ordered(
            "commitments_ascending_as_signed_bytes",
            "80 to FF before 00 to 7F",
            |commitments| commitments.sort_unstable_by_key(|commitment| commitment.map(|byte| byte ^ 0x80)),
        ),
    ]
}
