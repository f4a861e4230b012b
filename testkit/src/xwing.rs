//! X-Wing, the KEM MLKEM768-X25519 of draft-connolly-cfrg-xwing-kem, from ML-KEM-768, X25519 and SHA-3: docs/format.md section 4.4.

use ml_kem::{KeyExport, ml_kem_768};
use sha3::digest::common::hazmat::SerializableState;
use sha3::{Digest, Sha3_256};
use x25519_dalek::{X25519_BASEPOINT_BYTES, x25519};

/// The length of ML-KEM-768's part of a public key; X25519's 32 bytes follow.
pub const ML_KEM_KEY_LEN: usize = 1184;
/// The length of ML-KEM-768's part of an encapsulated key; X25519's 32 bytes follow.
pub const ML_KEM_CIPHERTEXT_LEN: usize = 1088;

const LABEL: &[u8; 6] = br"\.//^\";

/// What one encapsulation gives, and what its shared secret was made of.
pub struct Encapsulation {
    /// ct_M (1088) || ct_X (32)
    pub encapsulated: Vec<u8>,
    /// ss_M
    pub ml_kem: [u8; 32],
    /// ss_X
    pub x25519: [u8; 32],
    /// SHA3-256(ss_M || ss_X || ct_X || pk_X || label)
    pub shared: [u8; 32],
}

/// ek_M (1184) || pk_X (32), of the key pair that SHAKE256(seed, 96) = d || z || sk_X gives
#[must_use]
pub fn public_key(seed: &[u8; 32]) -> Vec<u8> {
    let expanded = shake256_96(seed);
    let (ml_kem_seed, secret) = expanded.split_at(64);
    let ml_kem_seed = ml_kem_seed.try_into().expect("d and z are 64 bytes");
    let key = ml_kem_768::DecapsulationKey::from_seed(ml_kem_seed);
    let ml_kem = key.encapsulation_key().to_bytes();
    [&ml_kem[..], &x25519(array(secret), X25519_BASEPOINT_BYTES)].concat()
}

/// Encapsulates to a public key of 1,216 bytes with the randomness m (32) || ek_X (32).
#[must_use]
pub fn encapsulate(public_key: &[u8], randomness: &[u8; 64]) -> Encapsulation {
    let (ml_kem_key, x25519_key) = public_key.split_at(ML_KEM_KEY_LEN);
    let (m, secret) = randomness.split_at(32);
    let (ct_m, ml_kem) = encapsulate_ml_kem(ml_kem_key, m);
    let (secret, x25519_key) = (array(secret), array(x25519_key));
    let ephemeral = x25519(secret, X25519_BASEPOINT_BYTES);
    let agreed = x25519(secret, x25519_key);
    Encapsulation::of(&ct_m, ml_kem, ephemeral, agreed, x25519_key)
}

/// The same, but that X25519's ephemeral key is `point` of low order: the recipient's half comes to zeros with it.
#[must_use]
pub fn encapsulate_low_order(public_key: &[u8], m: &[u8; 32], point: [u8; 32]) -> Encapsulation {
    let (ml_kem_key, x25519_key) = public_key.split_at(ML_KEM_KEY_LEN);
    let (ct_m, ml_kem) = encapsulate_ml_kem(ml_kem_key, m);
    let agreed = x25519(X25519_BASEPOINT_BYTES, point);
    assert_eq!(agreed, [0; 32], "a point of low order");
    Encapsulation::of(&ct_m, ml_kem, point, agreed, array(x25519_key))
}

/// ct_M and ss_M, with the randomness m of 32 bytes.
fn encapsulate_ml_kem(key: &[u8], m: &[u8]) -> (Vec<u8>, [u8; 32]) {
    let key = key.try_into().expect("ML-KEM's part of a public key is 1,184 bytes");
    let key = ml_kem_768::EncapsulationKey::new(key).expect("its coefficients are in range");
    let (ciphertext, shared) = key.encapsulate_deterministic(m.try_into().expect("m is 32 bytes"));
    (ciphertext.to_vec(), shared.into())
}

impl Encapsulation {
    fn of(ct_m: &[u8], ml_kem: [u8; 32], ct_x: [u8; 32], x25519: [u8; 32], pk_x: [u8; 32]) -> Self {
        let shared = Sha3_256::new()
            .chain_update(ml_kem)
            .chain_update(x25519)
            .chain_update(ct_x)
            .chain_update(pk_x)
            .chain_update(LABEL);
        Self {
            encapsulated: [ct_m, &ct_x].concat(),
            ml_kem,
            x25519,
            shared: shared.finalize().into(),
        }
    }
}

/// The u-coordinates that X25519 takes to zeros whatever the scalar, each as a word for it and its 32 bytes; those below p first.
#[must_use]
pub fn low_order() -> Vec<(&'static str, [u8; 32])> {
    let of = |text| array(&hex::decode(text).expect("it is hex"));
    let mut zeros_with_the_top_bit = [0; 32];
    zeros_with_the_top_bit[31] = 0x80;
    vec![
        ("zeros", [0; 32]),
        (
            "one",
            of("0100000000000000000000000000000000000000000000000000000000000000"),
        ),
        (
            "order_8",
            of("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"),
        ),
        (
            "the_other_order_8",
            of("5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157"),
        ),
        (
            "p_minus_1",
            of("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
        ),
        (
            "p",
            of("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
        ),
        (
            "p_plus_1",
            of("eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
        ),
        ("zeros_with_the_top_bit", zeros_with_the_top_bit),
    ]
}

fn array(bytes: &[u8]) -> [u8; 32] {
    bytes.try_into().expect("X25519's keys are 32 bytes")
}

/// SHAKE256(seed, 96), of a seed that fits one block.
///
/// The block is seed || 1F || zeros || 80, and what comes out is the state after it. sha3 has no SHAKE; but SHA3-256 absorbs a full
/// block alike, as it has the same rate, and it shows its state.
fn shake256_96(seed: &[u8; 32]) -> [u8; 96] {
    let mut block = [0; 136];
    block[..32].copy_from_slice(seed);
    block[32] = 0x1F;
    block[135] = 0x80;
    let state = Sha3_256::new().chain_update(block).serialize();
    let mut out = [0; 96];
    out.copy_from_slice(&state[..96]);
    out
}

/// The draft's known answers, each as seed, encapsulation randomness, shared secret, public key and encapsulated key in hex.
///
/// Source: draft-connolly-cfrg-xwing-kem, appendix "Test vectors", as x-wing 0.1.1 has them in tests/test-vectors.json.
pub fn published() -> impl Iterator<Item = [&'static str; 5]> {
    include_str!("xwing-answers.txt").lines().map(|line| {
        let fields: Vec<_> = line.split(' ').collect();
        fields.try_into().expect("five fields a line")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first of the draft's answers; its long ones by their ends.
    const SEED: &str = "7f9c2ba4e88f827d616045507605853ed73b8093f6efbc88eb1a6eacfa66ef26";
    const RANDOMNESS: &str = "3cb1eea988004b93103cfb0aeefd2a686e01fa4a58e8a3639ca8a1e3f9ae57e2\
                              35b8cc873c23dc62b8d260169afa2f75ab916a58d974918835d25e6a435085b2";
    const SHARED: &str = "d2df0522128f09dd8e2c92b1e905c793d8f57a54c3da25861f10bf4ca613e384";

    fn unhex<const N: usize>(text: &str) -> [u8; N] {
        hex::decode(text).unwrap().try_into().unwrap()
    }

    #[test]
    fn the_draft_s_first_answer_comes_out() {
        let public_key = public_key(&unhex(SEED));
        assert_eq!(public_key.len(), 1216);
        let made = encapsulate(&public_key, &unhex(RANDOMNESS));
        assert_eq!(made.encapsulated.len(), 1120);
        assert_eq!(hex::encode(made.shared), SHARED);
    }

    #[test]
    fn every_published_answer_comes_out_to_its_last_byte() {
        assert_eq!(published().count(), 3);
        for [seed, randomness, shared, public, encapsulated] in published() {
            let key = public_key(&unhex(seed));
            assert_eq!(hex::encode(&key), public);
            let made = encapsulate(&key, &unhex(randomness));
            assert_eq!(hex::encode(made.encapsulated), encapsulated);
            assert_eq!(hex::encode(made.shared), shared);
        }
    }
}
