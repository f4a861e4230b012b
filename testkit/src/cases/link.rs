//! Section 8: links and receipts. The body is the text after the `#`.

use super::link_of;
use crate::dice::Dice;
use crate::keys::{hmac_sha256, sha256};
use crate::link::{Link, Owner, base64url, with_checksum};
use crate::vector::Vector;

pub(super) fn vectors() -> Vec<Vector> {
    [good(), malformed(), too_new()].into_iter().flatten().collect()
}

fn good() -> Vec<Vector> {
    let link = |name, comment, passphrase| {
        let link = link_of(name, passphrase);
        let vector = Vector::new("link", name, "ok L-1 L-3", comment).with("kind", "link");
        let vector = match passphrase {
            Some(passphrase) => vector.with("passphrase", passphrase),
            None => vector,
        };
        derived(vector, &link).body(link.encode())
    };
    let (id, token): ([u8; 16], [u8; 32]) = (Dice::new("receipt/id").array(), Dice::new("receipt/token").array());
    let owner = Owner {
        id: Dice::new("owner/id").array(),
        secret: Dice::new("owner/secret").array(),
    };
    let panic: [u8; 32] = Dice::new("panic/secret").array();
    let (paste, document): ([u8; 16], [u8; 16]) =
        (Dice::new("panic/paste").array(), Dice::new("panic/document").array());
    let mark = |hashed: &[u8]| base64url(&hmac_sha256(&panic, &sha256(hashed)));
    vec![
        link(
            "without_passphrase",
            "flags 0; the passphrase key is 32 zero bytes",
            None,
        ),
        link("with_passphrase", "flags 1", Some("correct horse")),
        link("with_passphrase_in_three_scripts", "UTF-8", Some("часы ساعة 小时")),
        Vector::new("link", "receipt", "ok L-1", "68 characters")
            .with("kind", "receipt")
            .with("id", base64url(&id))
            .with("receipt_token", base64url(&token))
            .with("receipt_hash", base64url(&sha256(&token)))
            .body(base64url(&with_checksum(0x18, &[&id[..], &token].concat()))),
        Vector::new(
            "link",
            "owner_receipt",
            "ok L-1 L-2 L-6",
            "the server learns the id and the owner token",
        )
        .with("kind", "owner")
        .with("id", base64url(&owner.id))
        .with("owner_token", base64url(&owner.token()))
        .with("owner_hash", base64url(&sha256(&owner.token())))
        .body(owner.encode()),
        Vector::new(
            "link",
            "panic_link",
            "ok L-1 L-2 L-9 L-10",
            "and what it marks a paste and a document with",
        )
        .with("kind", "panic")
        .with("bearer", base64url(&panic))
        .with("paste_id", base64url(&paste))
        .with("paste_mark", mark(&paste))
        .with("document_id", base64url(&document))
        .with("document_mark", mark(&[&b"satchel/document"[..], &document].concat()))
        .with("word_bits", hex::encode(word_bits(&panic)))
        .body(base64url(&with_checksum(0x1a, &panic))),
    ]
}

/// What 25 words are made of, in 35 bytes: the last five bits are zero.
fn word_bits(panic: &[u8; 32]) -> Vec<u8> {
    let sum = sha256(&[&b"satchel/v1/checksum"[..], &[0x1a], panic].concat());
    [&panic[..], &[sum[0], sum[1], sum[2] & 0xe0]].concat()
}

/// What follows from a link: base64url of each value, and of the hashes that a server keeps.
fn derived(vector: Vector, link: &Link) -> Vector {
    vector
        .with("link_secret", base64url(&link.secret))
        .with("id", base64url(&link.id()))
        .with("salt", base64url(&link.salt()))
        .with("probe_token", base64url(&link.probe_token()))
        .with("probe_hash", base64url(&sha256(&link.probe_token())))
        .with("claim_token", base64url(&link.claim_token()))
        .with("claim_hash", base64url(&sha256(&link.claim_token())))
}

/// A link's text, changed.
fn changed(name: &str, comment: &str, change: impl FnOnce(String) -> String) -> Vector {
    let text = link_of(name, None).encode();
    Vector::new("link", name, "malformed_link L-1", comment).body(change(text))
}

fn malformed() -> Vec<Vector> {
    let receipt = base64url(&with_checksum(0x18, &Dice::new("a receipt").bytes(48)));
    let receipt_flipped = receipt.replacen(&receipt[40..41], if &receipt[40..41] == "A" { "B" } else { "A" }, 1);
    vec![
        changed("nothing", "no character", |_| String::new()),
        changed("cut_by_a_character", "46 characters", |text| text[..46].to_string()),
        changed("cut_in_the_middle", "30 characters", |text| text[..30].to_string()),
        changed("longer_by_a_character", "48 characters", |text| text + "A"),
        changed("longer_by_four_characters", "51 characters", |text| text + "AAAA"),
        changed("padded", "= at the end", |text| text + "="),
        changed("mistyped", "one character is another", |text| {
            let other = if &text[20..21] == "A" { "B" } else { "A" };
            [&text[..20], other, &text[21..]].concat()
        }),
        changed("two_characters_swapped", "at 10 and 11", swapped),
        changed("in_capitals", "base64url has case", |text| text.to_uppercase()),
        changed("base64_of_the_other_alphabet", "+ in place of a character", |text| {
            [&text[..9], "+", &text[10..]].concat()
        }),
        changed(
            "space_in_front",
            "trimming is for who reads the address, not for this",
            |text| [" ", &text[..46]].concat(),
        ),
        changed("hash_in_front", "the # is no part of it", |text| {
            ["#", &text[..46]].concat()
        }),
        changed("not_ascii", "a Cyrillic а among the letters", |text| {
            [&text[..9], "а", &text[10..]].concat()
        }),
        changed("spare_bits_not_zero", "the last character's lowest bit", |text| {
            [&text[..46], &next_of(&text[46..])].concat()
        }),
        changed("checksum_of_another_label", "SHA-256 of the bytes alone", |_| {
            let bytes = [&[0x10][..], &link_of("checksum_of_another_label", None).secret].concat();
            base64url(&[&bytes[..], &sha256(&bytes)[..2]].concat())
        }),
        Vector::new(
            "link",
            "receipt_cut_by_a_character",
            "malformed_link L-1",
            "67 characters",
        )
        .body(&receipt[..67]),
        Vector::new(
            "link",
            "receipt_mistyped",
            "malformed_link L-1",
            "one character is another",
        )
        .body(receipt_flipped),
        changed("version_2_mistyped", "the checksum is looked at first", |_| {
            let mut bytes = with_checksum(0x20, &Dice::new("version_2_mistyped").bytes(32));
            bytes[34] ^= 1;
            base64url(&bytes)
        }),
    ]
}

fn swapped(text: String) -> String {
    let mut letters: Vec<char> = text.chars().collect();
    letters.swap(10, 11);
    assert_ne!(letters[10], letters[11], "two equal letters would change nothing");
    letters.into_iter().collect()
}

/// The character after this one in the alphabet of base64url.
fn next_of(character: &str) -> String {
    const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let at = ALPHABET.find(character).expect("it is base64url");
    String::from(&ALPHABET[at + 1..at + 2])
}

fn too_new() -> Vec<Vector> {
    let first = |name: &str, verdict_and_must, comment, first: u8, len| {
        let text = base64url(&with_checksum(first, &Dice::new(name).bytes(len)));
        Vector::new("link", name, verdict_and_must, comment).body(text)
    };
    vec![
        first("version_0", "unsupported_link_version L-2", "there is none", 0x00, 32),
        first("version_2", "unsupported_link_version L-2", "a newer one", 0x20, 32),
        first("version_15", "unsupported_link_version L-2", "a newer one", 0xF0, 32),
        first("flag_bit_1", "unsupported_link_flags L-2", "an unknown flag", 0x12, 32),
        first(
            "flag_bit_1_beside_bit_0",
            "unsupported_link_flags L-2",
            "an unknown flag and the known one",
            0x13,
            32,
        ),
        first(
            "kind_of_a_receipt_in_a_link",
            "unsupported_link_flags L-2",
            "flag bit 3",
            0x18,
            32,
        ),
        first(
            "receipt_of_version_2",
            "unsupported_link_version L-2",
            "a newer one",
            0x28,
            48,
        ),
        first(
            "receipt_of_another_kind",
            "unsupported_link_flags L-2",
            "7 for 8",
            0x17,
            48,
        ),
        first(
            "kind_of_a_link_in_a_receipt",
            "unsupported_link_flags L-2",
            "0 for 8",
            0x10,
            48,
        ),
    ]
}
