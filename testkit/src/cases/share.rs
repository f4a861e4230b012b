//! Section 4.5: containers that shares open, and what a split looks like.

use super::{demands, link_of, seed_of};
use crate::archive::pack;
use crate::bech32::identity;
use crate::container::Draft;
use crate::share::{Share, Split};
use crate::vector::Vector;
use crate::xwing::public_key;

pub(super) fn vectors() -> Vec<Vector> {
    [counts(), choices(), polynomials(), beside(), slots()]
        .into_iter()
        .flatten()
        .collect()
}

/// A container with a share slot for `count` shares of which any `threshold` open it, and its polynomials.
pub(super) fn shared(name: &str, threshold: u8, count: u8) -> (Draft, Split) {
    let mut draft = Draft::new(name);
    let split = Split::new(&mut draft.dice, draft.container_id, threshold);
    draft.add_share_slot(&split, count);
    draft.archive = pack(&[demands()]);
    (draft, split)
}

/// Adds a line for each share, in this order.
pub(super) fn with_shares(vector: Vector, shares: impl IntoIterator<Item = Share>) -> Vector {
    shares
        .into_iter()
        .fold(vector, |vector, share| vector.with("share", share.code()))
}

fn opening(
    name: &str,
    must: &'static str,
    comment: &str,
    shares: impl IntoIterator<Item = Share>,
    mut draft: Draft,
) -> Vector {
    let vector = Vector::new("container", name, must, comment);
    with_shares(vector, shares).holding(&[demands()]).body(draft.finish())
}

/// Opened by the shares of these numbers.
fn of(name: &str, comment: &str, threshold: u8, count: u8, numbers: &[u8]) -> Vector {
    let (draft, split) = shared(name, threshold, count);
    let shares = numbers.iter().map(|number| split.share(*number));
    opening(name, "ok S-1 S-3", comment, shares, draft)
}

fn counts() -> Vec<Vector> {
    let all: Vec<u8> = (1..=32).collect();
    vec![
        of("shares_two_of_two", "as few as may be", 2, 2, &[1, 2]),
        of("shares_1_2_3_of_five", "any three open it", 3, 5, &[1, 2, 3]),
        of("shares_5_3_1_of_five", "in any order", 3, 5, &[5, 3, 1]),
        of("shares_2_4_5_of_five", "any three open it", 3, 5, &[2, 4, 5]),
        of("shares_all_of_five", "two more than it takes", 3, 5, &[1, 2, 3, 4, 5]),
        of("shares_thirty_two_of_thirty_two", "as many as may be", 32, 32, &all),
        of("shares_31_32_of_thirty_two", "the highest numbers", 2, 32, &[31, 32]),
    ]
}

fn choices() -> Vec<Vector> {
    vec![
        of(
            "same_share_twice_beside_enough",
            "of equal numbers one is kept",
            3,
            5,
            &[2, 2, 4, 5],
        ),
        of(
            "same_share_twice_at_the_end",
            "of equal numbers one is kept",
            2,
            3,
            &[3, 1, 3],
        ),
    ]
}

fn polynomials() -> Vec<Vector> {
    let zeroed = |name: &str, comment, zero: fn(&mut Split)| {
        let mut draft = Draft::new(name);
        let mut split = Split::new(&mut draft.dice, draft.container_id, 3);
        zero(&mut split);
        draft.add_share_slot(&split, 5);
        draft.archive = pack(&[demands()]);
        let shares = [1, 4, 5].map(|number| split.share(number));
        opening(name, "ok S-3", comment, shares, draft)
    };
    vec![
        zeroed(
            "shares_with_zero_bytes",
            "four of the polynomials are zero: random, too",
            |split| {
                split.secret[..4].fill(0);
                split.coefficients.iter_mut().for_each(|row| row[..4].fill(0));
            },
        ),
        zeroed(
            "shares_of_a_lower_degree",
            "the highest coefficient is zero in each polynomial: random, too",
            |split| split.coefficients[1] = [0; 32],
        ),
        zeroed("shares_of_a_secret_of_zeros", "the values are not", |split| {
            split.secret = [0; 32]
        }),
    ]
}

/// A container with a share slot, two of three, beside what `add` adds.
fn beside() -> Vec<Vector> {
    let (two, by) = ("ok H-5", [1, 3]);
    let mixed = |name: &str, comment, add: fn(&str, &mut Draft)| {
        let (mut draft, split) = shared(name, 2, 3);
        add(name, &mut draft);
        draft.slots.rotate_right(1);
        (draft, by.map(|number| split.share(number)), comment)
    };
    let by_shares = |name: &str, comment, add| {
        let (draft, shares, comment) = mixed(name, comment, add);
        opening(name, two, comment, shares, draft)
    };
    let recipient: fn(&str, &mut Draft) = |name, draft| draft.add_recipient_slot(&public_key(&seed_of(name, 0)));
    let link: fn(&str, &mut Draft) = |name, draft| draft.add_link_slot(&link_of(name, None));
    let passphrase: fn(&str, &mut Draft) = |_, draft| draft.add_passphrase_slot(b"correct horse", 1);
    let by_other = |name: &str, must, comment, add| {
        let (mut draft, _, comment) = mixed(name, comment, add);
        (Vector::new("container", name, must, comment), draft.finish())
    };
    let (by_identity, body) = by_other(
        "recipient_slot_beside_a_share_slot",
        "ok H-5",
        "share slots stand beside any",
        recipient,
    );
    let by_identity = by_identity
        .with("identity", identity(&seed_of("recipient_slot_beside_a_share_slot", 0)))
        .holding(&[demands()])
        .body(body);
    let (by_link, body) = by_other(
        "link_slot_beside_a_share_slot",
        "ok H-5 H-8 K-3",
        "no link alone: the room is 4,096, in a copy where the link's was too short",
        link,
    );
    let by_link = by_link
        .opened_by(&link_of("link_slot_beside_a_share_slot", None))
        .holding(&[demands()])
        .body(body);
    let (by_passphrase, body) = by_other(
        "passphrase_slot_beside_a_share_slot",
        "ok H-5",
        "share slots stand beside any",
        passphrase,
    );
    let by_passphrase = by_passphrase
        .with("passphrase", "correct horse")
        .holding(&[demands()])
        .body(body);
    vec![
        by_shares(
            "share_slot_beside_a_passphrase_slot",
            "share slots stand beside any",
            passphrase,
        ),
        by_shares(
            "share_slot_beside_a_recipient_slot",
            "share slots stand beside any",
            recipient,
        ),
        by_shares("share_slot_beside_a_link_slot", "share slots stand beside any", link),
        by_identity,
        by_link,
        by_passphrase,
    ]
}

/// A container with `count` share slots of a split each, two of three.
pub(super) fn split_often(name: &str, count: usize) -> (Draft, Vec<Split>) {
    let (mut draft, split) = shared(name, 2, 3);
    let mut splits = vec![split];
    for _ in 1..count {
        let split = Split::new(&mut draft.dice, draft.container_id, 2);
        draft.add_share_slot(&split, 3);
        splits.push(split);
    }
    (draft, splits)
}

fn slots() -> Vec<Vector> {
    let nth = |name: &str, comment, count, at: usize| {
        let (draft, splits) = split_often(name, count);
        let shares = [2, 3].map(|number| splits[at].share(number));
        opening(name, "ok S-3 H-5", comment, shares, draft)
    };
    let half_way = |name: &str, must, comment, state| {
        let (mut draft, splits) = split_often(name, 2);
        let slots = draft.slots.split_off(1);
        draft.places[0] = Some(draft.header_in_its_place());
        (draft.slots, draft.place, draft.state) = (slots, 1, state);
        let shares = [1, 2].map(|number| splits[0].share(number));
        with_shares(Vector::new("container", name, must, comment), shares).body(draft.finish())
    };
    vec![
        nth("first_of_two_share_slots", "the old split", 2, 0),
        nth("second_of_two_share_slots", "the new split", 2, 1),
        nth("fourth_of_four_share_slots", "as many as may be", 4, 3),
        half_way(
            "share_slot_replaced_half_way",
            "ok H-7 K-1 K-2",
            "the old split in the old header, the new one in the new",
            0xFF,
        )
        .holding(&[demands()]),
        half_way(
            "share_slot_replaced_half_way_and_settled",
            "malformed_header H-7",
            "as in share_slot_replaced_half_way, and the state is 00",
            0x00,
        ),
    ]
}
