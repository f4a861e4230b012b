//! The published answers of the KEM and of HPKE below recipients, vectors/xwing and vectors/hpke; and age's example key pair where it is at hand.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use hpke::aead::AesGcm256;
use hpke::kdf::HkdfSha256;
use hpke::kem::XWing;
use hpke::{Deserializable as _, Kem, OpModeR, Serializable as _};
use satchel_crypto::{Identity, Recipient};
use x_wing::kem::Decapsulate as _;
use x_wing::{DecapsulationKey, Decapsulator as _, KeyExport as _};

fn answers(folder: &str) -> Vec<BTreeMap<String, String>> {
    let path: PathBuf = [env!("CARGO_MANIFEST_DIR"), "../vectors", folder].iter().collect();
    let answer = |file: std::io::Result<fs::DirEntry>| {
        let text = fs::read_to_string(file.unwrap().path()).unwrap();
        let line = |line: &str| {
            line.split_once(':')
                .map(|(k, v)| (k.to_owned(), v.trim_start().to_owned()))
        };
        text.lines().filter_map(line).collect()
    };
    let answers: Vec<_> = fs::read_dir(path).unwrap().map(answer).collect();
    assert!(!answers.is_empty());
    answers
}

fn bytes(answer: &BTreeMap<String, String>, key: &str) -> Vec<u8> {
    hex::decode(&answer[key]).unwrap()
}

/// . Source: draft-connolly-cfrg-xwing-kem, test vectors.
#[test]
fn the_kem_gives_the_draft_s_answers() {
    for answer in answers("xwing") {
        let seed: [u8; 32] = bytes(&answer, "seed").try_into().unwrap();
        let key = DecapsulationKey::from(seed);
        let public = key.encapsulation_key();
        assert_eq!(public.to_bytes().as_slice(), bytes(&answer, "pk"));
        let private = <XWing as Kem>::PrivateKey::from_bytes(&seed).unwrap();
        assert_eq!(XWing::sk_to_pk(&private).to_bytes().as_slice(), bytes(&answer, "pk"));
        let eseed: [u8; 64] = bytes(&answer, "eseed").try_into().unwrap();
        let (text, secret) = public.encapsulate_deterministic(&eseed.into());
        assert_eq!(text.as_slice(), bytes(&answer, "ct"));
        assert_eq!(secret.as_slice(), bytes(&answer, "ss"));
        assert_eq!(key.decapsulate(&text).as_slice(), bytes(&answer, "ss"));
    }
}

/// . The answers are testkit's, from RFC 9180 and the primitives.
#[test]
fn hpke_opens_what_was_sealed_without_it() {
    for answer in answers("hpke") {
        let private = <XWing as Kem>::PrivateKey::from_bytes(&bytes(&answer, "seed")).unwrap();
        let encapsulated = <XWing as Kem>::EncappedKey::from_bytes(&bytes(&answer, "enc")).unwrap();
        let opened = hpke::single_shot_open::<AesGcm256, HkdfSha256, XWing>(
            &OpModeR::Base,
            &private,
            &encapsulated,
            &bytes(&answer, "info"),
            &bytes(&answer, "ct"),
            &bytes(&answer, "aad"),
        );
        assert_eq!(opened.unwrap(), bytes(&answer, "pt"));
    }
}

/// . Source: c2sp.org/age.
#[test]
fn age_s_example_identity_has_age_s_example_recipient() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/vectors/age/pq-key-pair.txt");
    let Ok(pair) = fs::read_to_string(&path) else {
        println!("skipped: age's example key pair is not at hand");
        return;
    };
    let mut lines = pair.lines();
    let identity = Identity::parse(lines.next().unwrap()).unwrap();
    let recipient = lines.next().unwrap();
    assert_eq!(identity.recipient().encode(), recipient);
    assert_eq!(Recipient::parse(recipient).unwrap().encode(), recipient);
}
