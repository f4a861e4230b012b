//! HPKE in base mode (RFC 9180) over X-Wing, its key schedule by hand: docs/format.md section 4.4.

use hkdf::Hkdf;
use sha2::Sha256;

use crate::keys::aes_gcm_seal;
use crate::xwing::encapsulate;

/// I2OSP(KEM MLKEM768-X25519, 2) || I2OSP(HKDF-SHA-256, 2) || I2OSP(AES-256-GCM, 2)
pub const SUITE: [u8; 6] = [0x64, 0x7A, 0, 1, 0, 2];

/// SealBase(public key, info, aad, plaintext): the encapsulated key, then ciphertext || tag.
#[must_use]
pub fn seal(public_key: &[u8], randomness: &[u8; 64], info: &[u8], aad: &[u8], plaintext: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let made = encapsulate(public_key, randomness);
    let sealed = seal_with(&made.shared, &SUITE, info, aad, plaintext);
    (made.encapsulated, sealed)
}

/// What SealBase does once it has the KEM's shared secret; `suite` need not be [`SUITE`], the AEAD is AES-256-GCM all the same.
#[must_use]
pub fn seal_with(shared: &[u8; 32], suite: &[u8; 6], info: &[u8], aad: &[u8], plaintext: &[u8]) -> Vec<u8> {
    let (key, nonce) = key_and_nonce(shared, suite, info);
    aes_gcm_seal(&key, &nonce, plaintext, aad)
}

/// The key and the base nonce, which is that of the first message.
///
/// Source: RFC 9180 sections 5.1 and 5.2, mode_base.
fn key_and_nonce<const K: usize>(shared: &[u8; 32], suite: &[u8; 6], info: &[u8]) -> ([u8; K], [u8; 12]) {
    let schedule = Schedule { suite };
    let context = [
        &[0][..],
        &schedule.extract(&[], b"psk_id_hash", &[]),
        &schedule.extract(&[], b"info_hash", info),
    ]
    .concat();
    let secret = schedule.extract(shared, b"secret", &[]);
    (
        schedule.expand(&secret, b"key", &context),
        schedule.expand(&secret, b"base_nonce", &context),
    )
}

struct Schedule<'a> {
    suite: &'a [u8; 6],
}

impl Schedule<'_> {
    /// LabeledExtract = HKDF-Extract(salt, "HPKE-v1" || "HPKE" || suite || label || ikm)
    fn extract(&self, salt: &[u8], label: &[u8], ikm: &[u8]) -> [u8; 32] {
        let labeled = [b"HPKE-v1HPKE", &self.suite[..], label, ikm].concat();
        Hkdf::<Sha256>::extract(Some(salt), &labeled).0.into()
    }

    /// LabeledExpand = HKDF-Expand(prk, I2OSP(L, 2) || "HPKE-v1" || "HPKE" || suite || label || info, L)
    fn expand<const L: usize>(&self, prk: &[u8; 32], label: &[u8], info: &[u8]) -> [u8; L] {
        let len = u16::try_from(L).expect("keys are short").to_be_bytes();
        let labeled = [&len[..], b"HPKE-v1HPKE", &self.suite[..], label, info].concat();
        let mut out = [0; L];
        Hkdf::<Sha256>::from_prk(prk)
            .expect("a hash is long enough a key")
            .expand(&labeled, &mut out)
            .expect("keys are shorter than 255 hashes");
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_and_nonce_are_those_of_the_rfc() {
        // RFC 9180 appendix A.1.1: X25519, HKDF-SHA-256, AES-128-GCM
        let shared = hex::decode("fe0e18c9f024ce43799ae393c7e8fe8fce9d218875e8227b0187c04e7d2ea1fc").unwrap();
        let info = b"Ode on a Grecian Urn";
        let (key, nonce) = key_and_nonce::<16>(&shared.try_into().unwrap(), &[0, 0x20, 0, 1, 0, 1], info);
        assert_eq!(hex::encode(key), "4531685d41d65f03dc48f6b8302c05b0");
        assert_eq!(hex::encode(nonce), "56d890e5accaaf011cff4b7d");
    }
}
