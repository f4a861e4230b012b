//! Section 4.4: slots of recipients, and what opens them.

use super::{demands, link_of, seed_of};
use crate::archive::pack;
use crate::bech32::identity;
use crate::container::Draft;
use crate::vector::Vector;
use crate::xwing::public_key;

pub(super) fn vectors() -> Vec<Vector> {
    [good(), removed(), beside(), keys(), mixes()]
        .into_iter()
        .flatten()
        .collect()
}

/// A container for this vector's identities 0 to `count`, in order.
fn draft_for(name: &str, count: usize) -> Draft {
    let mut draft = Draft::new(name);
    for number in 0..count {
        draft.add_recipient_slot(&public_key(&seed_of(name, number)));
    }
    draft.archive = pack(&[demands()]);
    draft
}

fn opening(name: &str, must: &'static str, comment: &str, by: usize, mut draft: Draft) -> Vector {
    Vector::new("container", name, must, comment)
        .with("identity", identity(&seed_of(name, by)))
        .holding(&[demands()])
        .body(draft.finish())
}

fn good() -> Vec<Vector> {
    let of = |name: &str, comment, count, by| opening(name, "ok R-3 H-5", comment, by, draft_for(name, count));
    // Three recipients and nobody, who stands at 1.
    let of_three = |name: &str, by| {
        let mut draft = draft_for(name, 1);
        draft.add_dummy_recipient_slot();
        for number in 1..3 {
            draft.add_recipient_slot(&public_key(&seed_of(name, number)));
        }
        opening(
            name,
            "ok R-2 R-3",
            "filled up to four: the second slot is nobody's",
            by,
            draft,
        )
    };
    vec![
        of("one_recipient", "a power of two, so no dummy", 1, 0),
        of("first_of_two_recipients", "each slot is tried", 2, 0),
        of("second_of_two_recipients", "each slot is tried", 2, 1),
        of_three("first_of_three_recipients", 0),
        of_three("second_of_three_recipients", 1),
        of_three("third_of_three_recipients", 2),
        of(
            "last_of_sixty_four_recipients",
            "as many as may be; the room is the longest, not twice as much",
            64,
            63,
        ),
    ]
}

/// Of three recipients the second one was removed, with both slots that were theirs, and dummies fill up to four.
fn removed() -> Vec<Vector> {
    let draft = |name: &str| {
        let mut draft = draft_for(name, 1);
        draft.add_dummy_recipient_slot();
        draft.add_recipient_slot(&public_key(&seed_of(name, 2)));
        draft.add_dummy_recipient_slot();
        draft
    };
    let (left, gone) = ("recipient_left_of_three", "recipient_removed_of_three");
    vec![
        opening(left, "ok H-5 K-4", "dummies fill up to four again", 2, draft(left)),
        Vector::new(
            "container",
            gone,
            "wrong_key K-4",
            "none of the slots that it opened is left",
        )
        .with("identity", identity(&seed_of(gone, 1)))
        .body(draft(gone).finish()),
    ]
}

fn beside() -> Vec<Vector> {
    let identities = |name: &str, comment, seeds: &[[u8; 32]]| {
        let vector = Vector::new("container", name, "ok R-3", comment);
        let vector = seeds
            .iter()
            .fold(vector, |vector, seed| vector.with("identity", identity(seed)));
        vector.holding(&[demands()]).body(draft_for(name, 1).finish())
    };
    let unknown_around = {
        let name = "recipient_slot_among_unknown_slots";
        let mut draft = draft_for(name, 1);
        draft.slots = [vec![Draft::slot(9, &[1])], draft.slots, vec![Draft::slot(0, &[])]].concat();
        opening(
            name,
            "ok H-4 K-2",
            "a change of recipients would keep types 9 and 0",
            0,
            draft,
        )
    };
    let two_headers = |name: &str, state| {
        let mut draft = draft_for(name, 2);
        let fewer = draft.slots[..1].to_vec();
        (draft.room, draft.state) = (Some(8192), state);
        draft.places[0] = Some(draft.header_in_its_place());
        (draft.slots, draft.place) = (fewer, 1);
        draft
    };
    let half_way = |name: &str, comment, by| opening(name, "ok H-7 K-1", comment, by, two_headers(name, 0xFF));
    let settled = {
        let name = "recipient_kept_half_way_and_settled";
        Vector::new(
            "container",
            name,
            "malformed_header H-7",
            "as in recipient_kept_half_way, and the state is 00",
        )
        .with("identity", identity(&seed_of(name, 0)))
        .body(two_headers(name, 0x00).finish())
    };
    let last = "third_of_three_identities";
    let two = "two_identities_of_one_container";
    vec![
        identities(
            last,
            "each identity is tried, too",
            &[seed_of("a stranger", 0), seed_of("a stranger", 1), seed_of(last, 0)],
        ),
        identities(
            two,
            "the first one fits, the second one is not needed",
            &[seed_of(two, 0), seed_of("a stranger", 0)],
        ),
        unknown_around,
        half_way(
            "recipient_removed_half_way_opens_still",
            "two in the old header, one in the new one",
            1,
        ),
        half_way(
            "recipient_kept_half_way",
            "two in the old header, one in the new one",
            0,
        ),
        settled,
    ]
}

fn keys() -> Vec<Vector> {
    let stranger = identity(&seed_of("a stranger", 0));
    let vector = |name, verdict_and_must, comment| Vector::new("container", name, verdict_and_must, comment);
    let linked = super::draft_of("identity_for_a_link_slot", &link_of("identity_for_a_link_slot", None)).finish();
    let mut locked = Draft::new("identity_for_a_passphrase_slot");
    locked.add_unopened_passphrase_slot(1);
    locked.archive = pack(&[demands()]);
    let strangers = "identities_of_strangers";
    let one = "link_for_a_recipient_slot";
    let dummies = {
        let mut draft = draft_for("recipient_slots_of_nobody", 0);
        (0..4).for_each(|_| draft.add_dummy_recipient_slot());
        draft.finish()
    };
    vec![
        vector("identity_of_a_stranger", "wrong_key W-1 R-3", "not the recipient's")
            .with("identity", &stranger)
            .body(draft_for("identity_of_a_stranger", 1).finish()),
        vector(strangers, "wrong_key W-1 R-3", "two, at two slots")
            .with("identity", &stranger)
            .with("identity", identity(&seed_of("a stranger", 1)))
            .body(draft_for(strangers, 2).finish()),
        vector(
            "recipient_slots_of_nobody",
            "wrong_key W-1 R-2",
            "four that fill up nothing",
        )
        .with("identity", &stranger)
        .body(dummies),
        vector(one, "no_matching_slot W-1", "no link slot")
            .opened_by(&link_of(one, None))
            .body(draft_for(one, 1).finish()),
        vector(
            "passphrase_for_a_recipient_slot",
            "no_matching_slot W-1",
            "no passphrase slot",
        )
        .with("passphrase", "correct horse")
        .body(draft_for("passphrase_for_a_recipient_slot", 1).finish()),
        vector("identity_for_a_link_slot", "no_matching_slot W-1", "no recipient slot")
            .with("identity", &stranger)
            .body(linked),
        vector(
            "identity_for_a_passphrase_slot",
            "no_matching_slot W-1",
            "no recipient slot",
        )
        .with("identity", &stranger)
        .body(locked.finish()),
    ]
}

/// A container with slots for `count` recipients that `change` adds to, opened by the first one's identity.
pub(super) fn spoilt(
    name: &str,
    verdict_and_must: &'static str,
    comment: &str,
    count: usize,
    change: impl FnOnce(&mut Draft),
) -> Vector {
    let mut draft = draft_for(name, count);
    change(&mut draft);
    Vector::new("container", name, verdict_and_must, comment)
        .with("identity", identity(&seed_of(name, 0)))
        .body(draft.finish())
}

fn mixes() -> Vec<Vector> {
    let mixed =
        |name: &str, comment, count, change: fn(&mut Draft)| spoilt(name, "bad_slot_mix H-5", comment, count, change);
    vec![
        mixed("three_recipient_slots", "no power of two", 3, |_| {}),
        mixed("six_recipient_slots", "even, and no power of two", 6, |_| {}),
        mixed(
            "recipient_slot_beside_a_link_slot",
            "whichever comes first",
            1,
            |draft| draft.add_link_slot(&link_of("another link", None)),
        ),
        mixed(
            "recipient_slot_after_a_link_slot",
            "whichever comes first",
            1,
            |draft| {
                draft.add_link_slot(&link_of("another link", None));
                draft.slots.swap(0, 1);
            },
        ),
        mixed(
            "recipient_slot_beside_a_passphrase_slot",
            "whichever comes first",
            1,
            |draft| draft.add_unopened_passphrase_slot(1),
        ),
        mixed(
            "recipient_slot_after_a_passphrase_slot",
            "whichever comes first",
            1,
            |draft| {
                draft.add_unopened_passphrase_slot(1);
                draft.slots.swap(0, 1);
            },
        ),
    ]
}
