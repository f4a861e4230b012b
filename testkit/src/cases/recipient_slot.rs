//! Section 4.4: the fields of a recipient's slot, and wraps that are not what the section says.

use super::recipient::spoilt;
use super::seed_of;
use crate::cbor;
use crate::container::{Draft, LINK, RECIPIENT};
use crate::hpke::{SUITE, seal, seal_with};
use crate::vector::Vector;
use crate::xwing::{Encapsulation, ML_KEM_CIPHERTEXT_LEN, encapsulate, encapsulate_low_order, low_order, public_key};

pub(super) fn vectors() -> Vec<Vector> {
    [fields(), bindings(), suites(), flips(), low_order_points()]
        .into_iter()
        .flatten()
        .collect()
}

/// A container for one recipient whose slot has fields that `spoil` makes of encapsulated key and wrapped key.
fn respelt(
    name: &str,
    verdict_and_must: &'static str,
    comment: &str,
    spoil: impl FnOnce(Vec<u8>, Vec<u8>) -> Vec<u8>,
) -> Vector {
    spoilt(name, verdict_and_must, comment, 0, |draft| {
        let place = draft.slot_place(RECIPIENT);
        let info = [b"satchel/v1/slot", &place[..]].concat();
        let key = public_key(&seed_of(name, 0));
        let (encapsulated, wrapped) = seal(&key, &draft.dice.array(), &info, &place, &draft.file_key);
        draft.slots.push(Draft::slot(3, &spoil(encapsulated, wrapped)));
    })
}

fn fields() -> Vec<Vector> {
    let malformed = |name: &str, comment, spoil: fn(Vec<u8>, Vec<u8>) -> Vec<u8>| {
        respelt(name, "malformed_slot H-4", comment, spoil)
    };
    vec![
        malformed("recipient_slot_without_fields", "no byte", |_, _| Vec::new()),
        malformed(
            "recipient_slot_of_one_field",
            "the encapsulated key alone",
            |encapsulated, _| cbor::array(&[cbor::bytes(&encapsulated)]),
        ),
        malformed(
            "recipient_slot_of_three_fields",
            "83 ... 00",
            |encapsulated, wrapped| cbor::array(&[cbor::bytes(&encapsulated), cbor::bytes(&wrapped), vec![0]]),
        ),
        malformed(
            "recipient_slot_with_a_byte_over",
            "00 after the array",
            |encapsulated, wrapped| [Draft::two_fields(&encapsulated, &wrapped), vec![0]].concat(),
        ),
        malformed(
            "recipient_slot_count_not_shortest",
            "98 02 for 82",
            |encapsulated, wrapped| [&[0x98, 2], &Draft::two_fields(&encapsulated, &wrapped)[1..]].concat(),
        ),
        malformed(
            "encapsulated_key_length_not_shortest",
            "5A 00000460 for 59 0460",
            |encapsulated, wrapped| {
                let fields = Draft::two_fields(&encapsulated, &wrapped);
                [&[0x82, 0x5A, 0, 0, 4, 0x60], &fields[4..]].concat()
            },
        ),
        malformed(
            "encapsulated_key_of_1119_bytes",
            "its last byte is missing",
            |encapsulated, wrapped| Draft::two_fields(&encapsulated[..1119], &wrapped),
        ),
        malformed(
            "encapsulated_key_of_1121_bytes",
            "one byte over",
            |encapsulated, wrapped| Draft::two_fields(&[encapsulated, vec![0]].concat(), &wrapped),
        ),
        malformed(
            "encapsulated_key_of_x25519_alone",
            "32 bytes, as age's older recipients have it",
            |encapsulated, wrapped| Draft::two_fields(&encapsulated[ML_KEM_CIPHERTEXT_LEN..], &wrapped),
        ),
        malformed(
            "recipient_slot_with_a_key_of_47_bytes",
            "its tag is cut",
            |encapsulated, wrapped| Draft::two_fields(&encapsulated, &wrapped[..47]),
        ),
        malformed(
            "recipient_slot_with_a_key_of_49_bytes",
            "one byte over",
            |encapsulated, wrapped| Draft::two_fields(&encapsulated, &[wrapped, vec![0]].concat()),
        ),
    ]
}

/// A container for one recipient whose wrapped key is sealed otherwise than the section says.
fn sealed(name: &str, comment: &str, seal: impl FnOnce(&Draft, &Encapsulation) -> Vec<u8>) -> Vector {
    spoilt(name, "wrong_key W-1 R-3", comment, 0, |draft| {
        let made = encapsulate(&public_key(&seed_of(name, 0)), &draft.dice.array());
        let wrapped = seal(draft, &made);
        draft
            .slots
            .push(Draft::slot(3, &Draft::two_fields(&made.encapsulated, &wrapped)));
    })
}

type Part = fn(&Draft) -> Vec<u8>;

fn info_of(place: &[u8]) -> Vec<u8> {
    [b"satchel/v1/slot", place].concat()
}

/// Bound to other bytes than those of the section.
fn bound_to(name: &str, comment: &str, info: Part, aad: Part) -> Vector {
    sealed(name, comment, |draft, made| {
        seal_with(&made.shared, &SUITE, &info(draft), &aad(draft), &draft.file_key)
    })
}

/// Made with another suite id, or with another shared secret than that of both halves.
fn derived_from(name: &str, comment: &str, suite: [u8; 6], secret: fn(&Encapsulation) -> [u8; 32]) -> Vector {
    sealed(name, comment, |draft, made| {
        let place = draft.slot_place(RECIPIENT);
        seal_with(&secret(made), &suite, &info_of(&place), &place, &draft.file_key)
    })
}

fn bindings() -> Vec<Vector> {
    let right_info: Part = |draft| info_of(&draft.slot_place(RECIPIENT));
    let right_aad: Part = |draft| draft.slot_place(RECIPIENT);
    vec![
        bound_to(
            "recipient_slot_wrapped_for_another_container",
            "its id is in info and aad",
            |_| info_of(&place_of_another()),
            |_| place_of_another(),
        ),
        bound_to(
            "recipient_slot_with_the_info_of_another_container",
            "its id is in the info alone",
            |_| info_of(&place_of_another()),
            right_aad,
        ),
        bound_to(
            "recipient_slot_with_the_aad_of_another_container",
            "its id is in the aad alone",
            right_info,
            |_| place_of_another(),
        ),
        bound_to(
            "recipient_slot_wrapped_as_a_link_slot",
            "type 2 in info and aad",
            |draft| info_of(&draft.slot_place(LINK)),
            |draft| draft.slot_place(LINK),
        ),
        bound_to(
            "recipient_slot_with_info_without_the_place",
            "satchel/v1/slot alone",
            |_| info_of(&[]),
            right_aad,
        ),
        bound_to(
            "recipient_slot_with_the_info_of_age",
            "age-encryption.org/mlkem768x25519",
            |_| b"age-encryption.org/mlkem768x25519".to_vec(),
            right_aad,
        ),
        bound_to("recipient_slot_without_aad", "no associated data", right_info, |_| {
            Vec::new()
        }),
    ]
}

fn place_of_another() -> Vec<u8> {
    Draft::new("another container").slot_place(RECIPIENT)
}

fn suites() -> Vec<Vector> {
    vec![
        derived_from(
            "recipient_slot_of_another_aead",
            "ChaCha20-Poly1305's id, 3, in the suite",
            [0x64, 0x7A, 0, 1, 0, 3],
            |made| made.shared,
        ),
        derived_from(
            "recipient_slot_of_another_kdf",
            "HKDF-SHA-512's id, 3, in the suite",
            [0x64, 0x7A, 0, 3, 0, 2],
            |made| made.shared,
        ),
        derived_from(
            "recipient_slot_of_another_kem",
            "X25519's id, 0x0020, in the suite",
            [0, 0x20, 0, 1, 0, 2],
            |made| made.shared,
        ),
        derived_from(
            "recipient_slot_of_x25519_alone",
            "X25519's secret in place of both",
            SUITE,
            |made| made.x25519,
        ),
        derived_from(
            "recipient_slot_of_ml_kem_alone",
            "ML-KEM's secret in place of both",
            SUITE,
            |made| made.ml_kem,
        ),
    ]
}

fn flips() -> Vec<Vector> {
    let flipped = |name: &str, comment, at: usize| {
        respelt(name, "wrong_key W-1", comment, move |mut encapsulated, wrapped| {
            encapsulated[at] ^= 1;
            Draft::two_fields(&encapsulated, &wrapped)
        })
    };
    vec![
        flipped(
            "encapsulated_key_flipped_in_ml_kem",
            "ML-KEM rejects by giving another secret",
            100,
        ),
        flipped(
            "encapsulated_key_flipped_at_the_end_of_ml_kem",
            "ML-KEM rejects by giving another secret",
            ML_KEM_CIPHERTEXT_LEN - 1,
        ),
        flipped(
            "encapsulated_key_flipped_in_x25519",
            "another point",
            ML_KEM_CIPHERTEXT_LEN,
        ),
        respelt(
            "recipient_slot_with_a_flipped_wrapped_key",
            "wrong_key W-1",
            "one bit of its tag",
            |encapsulated, mut wrapped| {
                wrapped[47] ^= 1;
                Draft::two_fields(&encapsulated, &wrapped)
            },
        ),
    ]
}

/// Else right in all: who takes zeros for a secret opens them.
fn low_order_points() -> Vec<Vector> {
    let of = |(word, point): (&str, [u8; 32])| {
        let name = format!("encapsulated_key_of_x25519_{word}");
        let comment = "X25519 comes to zeros with it, whoever's key it meets";
        spoilt(&name, "wrong_key R-4 W-1", comment, 0, |draft| {
            let made = encapsulate_low_order(&public_key(&seed_of(&name, 0)), &draft.dice.array(), point);
            let place = draft.slot_place(RECIPIENT);
            let wrapped = seal_with(&made.shared, &SUITE, &info_of(&place), &place, &draft.file_key);
            draft
                .slots
                .push(Draft::slot(3, &Draft::two_fields(&made.encapsulated, &wrapped)));
        })
    };
    low_order().into_iter().map(of).collect()
}
