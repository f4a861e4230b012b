//! Keys, wraps and MACs of docs/format.md sections 3, 4 and 8, on raw primitives.

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use argon2::{Algorithm, Argon2, Params, Version};
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256, Sha384};

/// X(ikm, info, L) = HKDF-SHA-256(ikm, salt empty, "satchel/v1/" || info, L)
#[must_use]
pub fn x<const L: usize>(ikm: &[u8], info: &[u8]) -> [u8; L] {
    let mut out = [0; L];
    Hkdf::<Sha256>::new(None, ikm)
        .expand(&[b"satchel/v1/", info].concat(), &mut out)
        .expect("what is derived is shorter than 255 hashes");
    out
}

/// HMAC-SHA-256(key, message)
#[must_use]
pub fn hmac_sha256(key: &[u8], message: &[u8]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.update(message);
    mac.finalize().into_bytes().into()
}

/// HKDF-Expand-SHA-384(key, info, L) = the first L bytes of HMAC-SHA-384(key, info || 1), for L up to 48
#[must_use]
pub fn expand_sha384<const L: usize>(key: &[u8], info: &[u8]) -> [u8; L] {
    let mut mac = Hmac::<Sha384>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.update(info);
    mac.update(&[1]);
    let mut out = [0; L];
    out.copy_from_slice(&mac.finalize().into_bytes()[..L]);
    out
}

/// SHA-256(message)
#[must_use]
pub fn sha256(message: &[u8]) -> [u8; 32] {
    Sha256::digest(message).into()
}

/// AES-256-GCM: ciphertext || tag
#[must_use]
pub fn aes_gcm_seal(key: &[u8; 32], nonce: &[u8; 12], plaintext: &[u8], associated_data: &[u8]) -> Vec<u8> {
    let nonce: Nonce<_> = (*nonce).into();
    Aes256Gcm::new(key.into())
        .encrypt(
            &nonce,
            Payload {
                msg: plaintext,
                aad: associated_data,
            },
        )
        .expect("vectors are shorter than AES-GCM's limit")
}

/// Argon2id, version 0x13, p = 1, 32 bytes; m and t by `profile`, with those of profile 1 for a profile that does not exist.
#[must_use]
pub fn argon2id(passphrase: &[u8], salt: &[u8], profile: u64) -> [u8; 32] {
    let memory_kib = match profile {
        2 => 256 * 1024,
        3 => 1024 * 1024,
        _ => 64 * 1024,
    };
    let params = Params::new(memory_kib, 3, 1, Some(32)).expect("the three profiles are valid");
    let mut key = [0; 32];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(passphrase, salt, &mut key)
        .expect("passphrase and salt are within Argon2's limits");
    key
}

/// AES-256-GCM(X(slot secret, "slot" || container id || type), 12 zero bytes, file key, container id || type)
#[must_use]
pub fn wrap(slot_secret: &[u8], container_id: &[u8; 16], slot_type: u16, file_key: &[u8; 32]) -> Vec<u8> {
    let place = [&container_id[..], &slot_type.to_be_bytes()].concat();
    let slot_key = x(slot_secret, &[b"slot", &place[..]].concat());
    aes_gcm_seal(&slot_key, &[0; 12], file_key, &place)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hkdf_with_an_empty_salt_is_extract_then_expand() {
        let prk = hmac_sha256(&[], b"ikm");
        assert_eq!(x::<32>(b"ikm", b"label"), hmac_sha256(&prk, b"satchel/v1/label\x01"));
        assert_eq!(x::<16>(b"ikm", b"label"), x::<32>(b"ikm", b"label")[..16]);
    }
}
