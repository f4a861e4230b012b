//! Section 4.4, R-1: recipients and identities as they are written. The body is the text.

use super::seed_of;
use crate::bech32::{BECH32, BECH32M, IDENTITY, RECIPIENT, encode, groups, identity, recipient, recipient_of};
use crate::vector::Vector;
use crate::xwing::{ML_KEM_KEY_LEN, low_order, public_key};

pub(super) fn vectors() -> Vec<Vector> {
    [good(), low_order_keys(), spelling(), recipients(), keys(), identities()]
        .into_iter()
        .flatten()
        .collect()
}

fn vector(name: &str, verdict_and_must: &'static str, kind: &str, comment: &str, text: String) -> Vector {
    Vector::new("recipient", name, verdict_and_must, comment)
        .with("kind", kind)
        .body(text)
}

fn good() -> Vec<Vector> {
    let identity_of = |name, comment, seed: [u8; 32]| {
        vector(name, "ok R-1", "identity", comment, identity(&seed)).with("recipient", recipient_of(&seed))
    };
    let recipient_of = |name, comment, key: &[u8]| vector(name, "ok R-1", "recipient", comment, recipient(key));
    let key = public_key(&seed_of("recipient", 0));
    let mut highest = key.clone();
    highest[..2].copy_from_slice(&[0x00, 0x0D]);
    vec![
        identity_of("identity", "77 characters", seed_of("identity", 0)),
        identity_of("identity_of_zeros", "any 32 bytes are a seed", [0; 32]),
        identity_of("identity_of_ones", "any 32 bytes are a seed", [0xFF; 32]),
        recipient_of("recipient", "1,959 characters", &key),
        recipient_of(
            "recipient_of_the_highest_coefficient",
            "3328 is in range, though nobody has this key",
            &highest,
        ),
        recipient_of(
            "recipient_of_any_other_x25519_key",
            "2, the least u-coordinate that is not of low order; nobody is known to have this key",
            &[&key[..ML_KEM_KEY_LEN], &[2], &[0; 31]].concat(),
        ),
    ]
}

fn low_order_keys() -> Vec<Vector> {
    let key = public_key(&seed_of("low order", 0));
    let of = |(word, point): (&str, [u8; 32])| {
        vector(
            &format!("recipient_of_x25519_{word}"),
            "malformed_recipient R-1",
            "recipient",
            "X25519 comes to zeros with it, whatever the scalar",
            recipient(&[&key[..ML_KEM_KEY_LEN], &point].concat()),
        )
    };
    low_order().into_iter().map(of).collect()
}

/// One text of each kind, changed alike.
fn both(name: &str, comment: &str, change: fn(String) -> String) -> [Vector; 2] {
    let seed = seed_of(name, 0);
    [
        vector(
            &format!("recipient_{name}"),
            "malformed_recipient R-1",
            "recipient",
            comment,
            change(recipient_of(&seed)),
        ),
        vector(
            &format!("identity_{name}"),
            "malformed_identity R-1",
            "identity",
            comment,
            change(identity(&seed)),
        ),
    ]
}

/// The text with the character at `at` replaced by another one of the alphabet.
fn mistyped(text: &str, at: usize) -> String {
    let (q, p) = if text.starts_with('a') { ("q", "p") } else { ("Q", "P") };
    let other = if &text[at..=at] == q { p } else { q };
    [&text[..at], other, &text[at + 1..]].concat()
}

fn spelling() -> Vec<Vector> {
    [
        both("empty", "no character", |_| String::new()),
        both("with_a_wrong_checksum", "its last character is another", |text| {
            mistyped(&text, text.len() - 1)
        }),
        both("mistyped", "one character is another", |text| mistyped(&text, 40)),
        both("cut_by_a_character", "its last one is missing", |text| {
            text[..text.len() - 1].to_string()
        }),
        both("cut_in_the_middle", "half of it", |text| {
            text[..text.len() / 2].to_string()
        }),
        both("longer_by_a_character", "the last one twice", |text| {
            [&text[..], &text[text.len() - 1..]].concat()
        }),
        both("with_a_space_in_front", "nothing is trimmed", |text| {
            [" ", &text].concat()
        }),
        both("with_a_line_break", "LF at the end", |text| text + "\n"),
        both("in_the_other_case", "each kind is written in one", |text| {
            if text.starts_with('a') {
                text.to_uppercase()
            } else {
                text.to_lowercase()
            }
        }),
        both("in_mixed_case", "one letter of the other case", |text| {
            let at = text.rfind(|c: char| c.is_ascii_alphabetic()).expect("it has letters");
            let letter = text[at..=at].to_string();
            let other = if text.starts_with('a') {
                letter.to_uppercase()
            } else {
                letter.to_lowercase()
            };
            [&text[..at], &other, &text[at + 1..]].concat()
        }),
        both("outside_the_alphabet", "b, which Bech32 has not", |text| {
            let b = if text.starts_with('a') { "b" } else { "B" };
            [&text[..30], b, &text[31..]].concat()
        }),
        both("not_ascii", "a Cyrillic а", |text| {
            [&text[..30], "а", &text[32..]].concat()
        }),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// A recipient of other groups, prefix or constant than age has, its checksum right.
fn respelt(name: &str, comment: &str, prefix: &str, groups: &[u8], constant: u32) -> Vector {
    let text = encode(prefix, groups, constant);
    vector(name, "malformed_recipient R-1", "recipient", comment, text)
}

fn recipients() -> Vec<Vector> {
    let seed = seed_of("recipients", 0);
    let key = public_key(&seed);
    let right = groups(&key);
    let mut spare = right.clone();
    *spare.last_mut().expect("a key has groups") |= 1;
    let more = [&right[..], &[0]].concat();
    vec![
        respelt(
            "recipient_of_bech32m",
            "the checksum of BIP 350",
            RECIPIENT,
            &right,
            BECH32M,
        ),
        respelt(
            "recipient_of_spare_bits_not_zero",
            "the last of the two that fill up",
            RECIPIENT,
            &spare,
            BECH32,
        ),
        respelt("recipient_of_a_group_over", "five more bits", RECIPIENT, &more, BECH32),
        respelt(
            "recipient_of_age_x25519",
            "age1, 32 bytes",
            "age",
            &groups(&[9; 32]),
            BECH32,
        ),
        respelt(
            "recipient_of_another_prefix",
            "age1, and 1,216 bytes",
            "age",
            &right,
            BECH32,
        ),
        respelt(
            "recipient_of_a_prefix_of_the_same_length",
            "age1pz",
            "age1pz",
            &right,
            BECH32,
        ),
        respelt("recipient_without_a_prefix", "the 1 comes first", "", &right, BECH32),
        respelt("recipient_without_a_key", "no byte", RECIPIENT, &[], BECH32),
        vector(
            "identity_in_place_of_a_recipient",
            "malformed_recipient R-1",
            "recipient",
            "a secret, where a public key is asked for",
            identity(&seed),
        ),
    ]
}

/// Public keys that are none.
fn keys() -> Vec<Vector> {
    let key = public_key(&seed_of("keys", 0));
    let of = |name, comment, key: &[u8]| respelt(name, comment, RECIPIENT, &groups(key), BECH32);
    // A coefficient is 12 bits, the lowest first: the first one is byte 0 and the lower half of byte 1.
    let first = |low: u8, high: u8| [&[low, key[1] & 0xF0 | high], &key[2..]].concat();
    let mut last = key.clone();
    // The last coefficient ends with the byte before rho's 32.
    last[ML_KEM_KEY_LEN - 33] = 0xFF;
    vec![
        of("recipient_of_1215_bytes", "its last byte is missing", &key[..1215]),
        of("recipient_of_1217_bytes", "one byte over", &[&key[..], &[0]].concat()),
        of("recipient_of_ml_kem_alone", "1,184 bytes", &key[..ML_KEM_KEY_LEN]),
        of(
            "recipient_of_coefficient_3329",
            "the first one, one past its range",
            &first(0x01, 0x0D),
        ),
        of(
            "recipient_of_coefficient_4095",
            "the first one, as high as 12 bits go",
            &first(0xFF, 0x0F),
        ),
        of("recipient_of_a_last_coefficient_out_of_range", "4080 or more", &last),
    ]
}

fn identities() -> Vec<Vector> {
    let seed = seed_of("identities", 0);
    let right = groups(&seed);
    let mut spare = right.clone();
    *spare.last_mut().expect("a seed has groups") |= 1;
    let respelt = |name, comment, prefix, groups: &[u8], constant| {
        let text = encode(prefix, groups, constant).to_uppercase();
        vector(name, "malformed_identity R-1", "identity", comment, text)
    };
    vec![
        respelt(
            "identity_of_bech32m",
            "the checksum of BIP 350",
            IDENTITY,
            &right,
            BECH32M,
        ),
        respelt(
            "identity_of_spare_bits_not_zero",
            "the last of the four that fill up",
            IDENTITY,
            &spare,
            BECH32,
        ),
        respelt(
            "identity_of_a_group_over",
            "five more bits",
            IDENTITY,
            &[&right[..], &[0]].concat(),
            BECH32,
        ),
        respelt(
            "identity_of_age_x25519",
            "AGE-SECRET-KEY-1, an older kind",
            "age-secret-key-",
            &right,
            BECH32,
        ),
        respelt(
            "identity_of_31_bytes",
            "its last byte is missing",
            IDENTITY,
            &groups(&seed[..31]),
            BECH32,
        ),
        respelt(
            "identity_of_33_bytes",
            "one byte over",
            IDENTITY,
            &groups(&[&seed[..], &[0]].concat()),
            BECH32,
        ),
        vector(
            "recipient_in_place_of_an_identity",
            "malformed_identity R-1",
            "identity",
            "a public key, where a secret is asked for",
            recipient_of(&seed),
        ),
    ]
}
