//! Section 8.1: the owner's head of a document with several links. The body is the head.

use super::link_of;
use crate::container::Draft;
use crate::dice::Dice;
use crate::link::{Link, Owner};
use crate::vector::Vector;

fn owner_of(name: &str) -> Owner {
    let mut dice = Dice::new(&format!("{name}/owner"));
    Owner {
        id: dice.array(),
        secret: dice.array(),
    }
}

/// A container without payload, whose one slot this link opens.
fn draft_of(name: &str, link: &Link) -> Draft {
    let mut draft = Draft::new(name);
    draft.add_link_slot(link);
    draft
}

pub(super) fn vectors() -> Vec<Vector> {
    vec![
        good("an_owners_head", "and the head of a further link", |_| ()),
        good("in_the_second_place", "the first is empty", |draft| draft.place = 1),
        bad(
            "cut_by_a_byte",
            "truncated L-5",
            "229 bytes",
            |_| (),
            |head| {
                head.pop();
            },
        ),
        bad(
            "longer_by_a_byte",
            "truncated L-5",
            "231 bytes",
            |_| (),
            |head| head.push(0),
        ),
        bad(
            "cut_before_the_state",
            "truncated L-5",
            "45 bytes",
            |_| (),
            |head| {
                head.truncate(45);
            },
        ),
        bad("nothing", "not_a_container L-5", "no byte", |_| (), Vec::clear),
        bad(
            "magic_of_a_set",
            "set_not_supported L-5",
            "a set has no head",
            |draft| {
                draft.magic = crate::container::SET_MAGIC;
            },
            |_| (),
        ),
        bad(
            "of_version_2",
            "unsupported_version L-5",
            "a newer one",
            |draft| draft.version = 2,
            |_| (),
        ),
        bad(
            "of_a_set",
            "member_of_a_set L-5",
            "the set id is not zero",
            |draft| draft.set_id = [7; 16],
            |_| (),
        ),
        bad(
            "both_places_empty",
            "header_too_large L-5",
            "no header",
            |draft| {
                draft.place = 2;
            },
            |_| (),
        ),
        bad(
            "both_places_filled",
            "malformed_header L-5",
            "with the same",
            |draft| {
                let place = draft.header_in_its_place();
                draft.places = [Some(place.clone()), Some(place)];
            },
            |_| (),
        ),
        bad(
            "changing",
            "malformed_header L-5",
            "state FF",
            |draft| draft.state = 0xFF,
            |_| (),
        ),
        bad(
            "another_container_id",
            "wrong_key L-5",
            "the slot's key depends on it",
            |_| (),
            |head| {
                head[9] ^= 1;
            },
        ),
        bad(
            "mac_flipped",
            "bad_header_mac L-5",
            "one bit",
            |draft| {
                let place = draft.header_in_its_place();
                let mac = &place[place.len() - 32..];
                let mut flipped = [0; 32];
                flipped.copy_from_slice(mac);
                flipped[31] ^= 1;
                draft.mac = Some(flipped);
            },
            |_| (),
        ),
        bad(
            "a_passphrase_slot",
            "no_matching_slot L-5",
            "and no link slot",
            |draft| {
                draft.slots.clear();
                draft.add_unopened_passphrase_slot(1);
            },
            |_| (),
        ),
        bad(
            "two_link_slots",
            "no_matching_slot L-5",
            "the owner's is the first",
            |draft| {
                draft.add_link_slot(&link_of("two_link_slots", None));
            },
            |_| (),
        ),
        of_another("of_another_owner", "wrong_key L-5", "the secret is another"),
        with_passphrase(
            "passphrase_key_is_not_zero",
            "wrong_key L-5",
            "32 bytes of 1 beside the owner secret",
        ),
    ]
}

fn good(name: &str, comment: &str, shape: impl FnOnce(&mut Draft)) -> Vector {
    let (owner, next) = (owner_of(name), link_of(name, None));
    let mut draft = draft_of(name, &owner.as_link());
    shape(&mut draft);
    let head = draft.prefix();
    // The further link's head always stands in the first place.
    (draft.place, draft.slots) = (0, Vec::new());
    draft.add_link_slot(&next);
    Vector::new("head", name, "ok L-4 L-5", comment)
        .with("owner", owner.encode())
        .with("link", next.encode())
        .with("head", hex::encode(draft.prefix()))
        .body(head)
}

fn bad(
    name: &str,
    verdict_and_must: &'static str,
    comment: &str,
    shape: impl FnOnce(&mut Draft),
    damage: impl FnOnce(&mut Vec<u8>),
) -> Vector {
    let owner = owner_of(name);
    let mut draft = draft_of(name, &owner.as_link());
    shape(&mut draft);
    let mut head = draft.prefix();
    damage(&mut head);
    Vector::new("head", name, verdict_and_must, comment)
        .with("owner", owner.encode())
        .body(head)
}

fn of_another(name: &str, verdict_and_must: &'static str, comment: &str) -> Vector {
    let head = draft_of(name, &owner_of("somebody else").as_link()).prefix();
    Vector::new("head", name, verdict_and_must, comment)
        .with("owner", owner_of(name).encode())
        .body(head)
}

fn with_passphrase(name: &str, verdict_and_must: &'static str, comment: &str) -> Vector {
    let owner = owner_of(name);
    let mut draft = Draft::new(name);
    let wrapped = draft.wrapped(&[owner.secret, [1; 32]].concat(), crate::container::LINK);
    draft
        .slots
        .push(Draft::slot(2, &crate::cbor::array(&[crate::cbor::bytes(&wrapped)])));
    Vector::new("head", name, verdict_and_must, comment)
        .with("owner", owner.encode())
        .body(draft.prefix())
}
