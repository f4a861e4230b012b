//! Sections 4.1 to 4.3: the fields of known slots, and keys that do not fit.

use super::{bad, damaged, demands, draft_of, link_of};
use crate::archive::pack;
use crate::cbor;
use crate::container::{Draft, LINK, PASSPHRASE};
use crate::vector::Vector;

pub(super) fn vectors() -> Vec<Vector> {
    [link_fields(), passphrase_fields(), profiles(), keys(), wraps()]
        .into_iter()
        .flatten()
        .collect()
}

/// A link container whose slot has `spoil`ed fields; they are 81 58 30 and the wrapped key before.
fn link_slot(name: &str, comment: &str, spoil: impl FnOnce(&[u8]) -> Vec<u8>) -> Vector {
    let link = link_of(name, None);
    let mut draft = Draft::new(name);
    let wrapped = draft.wrapped(&link.slot_secret(), LINK);
    let fields = cbor::array(&[cbor::bytes(&wrapped)]);
    draft.slots = vec![Draft::slot(2, &spoil(&fields))];
    draft.archive = pack(&[demands()]);
    Vector::new("container", name, "malformed_slot H-4", comment)
        .opened_by(&link)
        .body(draft.finish())
}

/// A passphrase container with one slot of these fields, that nothing needs to open.
fn passphrase_slot(
    name: &str,
    verdict_and_must: &'static str,
    comment: &str,
    profile: &[u8],
    salt: usize,
    wrapped: usize,
) -> Vector {
    let mut draft = Draft::new(name);
    let (salt, wrapped) = (draft.dice.bytes(salt), draft.dice.bytes(wrapped));
    draft.slots = vec![Draft::slot(
        1,
        &Draft::passphrase_fields(profile.to_vec(), &salt, &wrapped),
    )];
    draft.archive = pack(&[demands()]);
    Vector::new("container", name, verdict_and_must, comment)
        .with("passphrase", "correct horse")
        .body(draft.finish())
}

fn link_fields() -> Vec<Vector> {
    vec![
        link_slot("link_slot_without_fields", "no byte", |_| Vec::new()),
        link_slot("link_slot_with_a_byte_over", "00 after the array", |fields| {
            [fields, &[0]].concat()
        }),
        link_slot("link_slot_with_a_second_field", "82 ... 00", |fields| {
            [&[0x82], &fields[1..], &[0]].concat()
        }),
        link_slot(
            "link_slot_with_a_second_field_claimed",
            "82, and one follows",
            |fields| [&[0x82], &fields[1..]].concat(),
        ),
        link_slot("link_slot_not_shortest", "59 0030 for 58 30", |fields| {
            [&[0x81, 0x59, 0, 0x30], &fields[3..]].concat()
        }),
        link_slot("link_slot_without_array", "58 30 alone", |fields| fields[1..].to_vec()),
        link_slot("wrapped_key_of_47_bytes", "its tag is cut", |fields| {
            cbor::array(&[cbor::bytes(&fields[3..fields.len() - 1])])
        }),
        link_slot("wrapped_key_of_49_bytes", "one byte over", |fields| {
            cbor::array(&[cbor::bytes(&[&fields[3..], &[0]].concat())])
        }),
        bad(
            "unknown_slot_of_2049_bytes",
            "malformed_slot H-4",
            "one past the limit",
            |draft| {
                let fields = draft.dice.bytes(2049);
                draft.slots.push(Draft::slot(9, &fields));
            },
        ),
    ]
}

fn passphrase_fields() -> Vec<Vector> {
    let malformed = |name, comment, profile: &[u8], salt, wrapped| {
        passphrase_slot(name, "malformed_slot H-4", comment, profile, salt, wrapped)
    };
    vec![
        malformed("salt_of_15_bytes", "one too few", &[1], 15, 48),
        malformed("salt_of_17_bytes", "one too many", &[1], 17, 48),
        malformed("passphrase_slot_with_a_key_of_32_bytes", "no tag", &[1], 16, 32),
        malformed("profile_not_shortest", "18 01 for 01", &[0x18, 1], 16, 48),
        malformed("profile_negative", "20 (-1)", &[0x20], 16, 48),
        malformed("profile_is_text", "61 31", &[0x61, 0x31], 16, 48),
        malformed(
            "profile_and_free_parameters",
            "two numbers where one belongs",
            &[1, 3],
            16,
            48,
        ),
    ]
}

fn profiles() -> Vec<Vector> {
    let unknown = |name, comment, profile: u64| {
        passphrase_slot(name, "unknown_profile P-1", comment, &cbor::uint(profile), 16, 48)
    };
    vec![
        unknown("profile_0", "there is none", 0),
        unknown("profile_4", "there is none yet", 4),
        unknown("profile_257", "not the 1 of its low byte", 257),
        unknown("profile_of_64_bits", "18446744073709551615", u64::MAX),
        passphrase_slot(
            "profile_2_where_1_is_allowed",
            "excessive_work P-1",
            "before any work",
            &[2],
            16,
            48,
        )
        .with("allowed", 1),
        passphrase_slot(
            "profile_3_where_2_is_allowed",
            "excessive_work P-1",
            "before any work",
            &[3],
            16,
            48,
        )
        .with("allowed", 2),
    ]
}

fn keys() -> Vec<Vector> {
    let mut by_passphrase = Draft::new("wrong_passphrase");
    by_passphrase.add_passphrase_slot(b"correct horse", 1);
    by_passphrase.archive = pack(&[demands()]);
    let container = by_passphrase.finish();
    let vector = |name, verdict_and_must, comment| Vector::new("container", name, verdict_and_must, comment);

    let name = "wrong_passphrase_of_a_link";
    let mut link = link_of(name, Some("correct horse"));
    let linked = draft_of(name, &link).finish();
    link.passphrase = Some("battery staple");

    let stranger = link_of("a stranger", None);
    let by_link = draft_of("link_of_another_container", &link_of("its own", None)).finish();
    let mut unknown_only = Draft::new("unknown_slots_only");
    unknown_only.slots = vec![Draft::slot(9, &[1, 2, 3]), Draft::slot(5, &[4, 5, 6])];
    unknown_only.archive = pack(&[demands()]);
    vec![
        vector("wrong_passphrase", "wrong_key W-1", "battery staple")
            .with("passphrase", "battery staple")
            .body(&container[..]),
        vector("passphrase_in_capitals", "wrong_key W-1 P-3", "nothing is folded")
            .with("passphrase", "Correct Horse")
            .body(&container[..]),
        vector(name, "wrong_key W-1", "battery staple")
            .opened_by(&link)
            .body(linked),
        vector("link_of_another_container", "wrong_key W-1", "a stranger's link")
            .opened_by(&stranger)
            .body(&by_link[..]),
        vector("link_for_a_passphrase_slot", "no_matching_slot W-1", "no link slot")
            .opened_by(&stranger)
            .body(&container[..]),
        vector(
            "passphrase_for_a_link_slot",
            "no_matching_slot W-1",
            "no passphrase slot",
        )
        .with("passphrase", "correct horse")
        .body(&by_link[..]),
        vector(
            "unknown_slots_only",
            "no_matching_slot W-1 H-4",
            "none that this version knows",
        )
        .opened_by(&stranger)
        .body(unknown_only.finish()),
    ]
}

/// Slots whose wrap is made otherwise than section 4.1 says, so that nothing unwraps.
fn wraps() -> Vec<Vector> {
    let wrapped_as = |name: &str, comment: &str, slot_type: u16, wrap: fn(&Draft, &[u8], u16) -> Vec<u8>| {
        let link = link_of(name, None);
        let mut draft = Draft::new(name);
        let wrapped = wrap(&draft, &link.slot_secret(), slot_type);
        draft.slots = vec![Draft::slot(2, &cbor::array(&[cbor::bytes(&wrapped)]))];
        draft.archive = pack(&[demands()]);
        Vector::new("container", name, "wrong_key W-1", comment)
            .opened_by(&link)
            .body(draft.finish())
    };
    vec![
        wrapped_as(
            "wrapped_as_another_type",
            "type 1 in key and associated data",
            PASSPHRASE,
            Draft::wrapped,
        ),
        wrapped_as(
            "wrapped_for_another_container",
            "its id is in key and associated data",
            LINK,
            |_, secret, kind| Draft::new("another container").wrapped(secret, kind),
        ),
        damaged(
            "container_id_flipped",
            "wrong_key C-3 W-1",
            "the wrap is bound to it",
            |bytes| bytes[9] ^= 1,
        ),
    ]
}
