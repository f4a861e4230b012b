//! FLOE (c2sp.org/FLOE) with AES-256-GCM and HKDF-Expand-SHA-384, each part open to be made wrong.

use crate::keys::{aes_gcm_seal, expand_sha384};

/// A segment's length, sealed: ENC_SEG_LEN.
pub const SEGMENT_LEN: usize = 262_144;
/// A full segment's plaintext: less length word, nonce and tag.
pub const SEGMENT_ROOM: usize = SEGMENT_LEN - 4 - 12 - 16;
/// AEAD 0, KDF 0, I2BE(ENC_SEG_LEN, 4), I2BE(FLOE_IV_LEN, 4)
pub const PARAMETERS: [u8; 10] = [0, 0, 0, 4, 0, 0, 0, 0, 0, 0x20];

/// What `startEncryption` keeps.
pub struct Floe {
    parameters: [u8; 10],
    iv: [u8; 32],
    associated_data: Vec<u8>,
    message_key: [u8; 48],
    tag: [u8; 32],
    rotation_bits: u32,
}

impl Floe {
    /// Header tag and message key of FLOE's `startEncryption`.
    #[must_use]
    pub fn start(key: &[u8], associated_data: &[u8], parameters: [u8; 10], iv: [u8; 32]) -> Self {
        let info = |purpose: &[u8]| [&parameters[..], &iv, purpose, associated_data].concat();
        Self {
            parameters,
            iv,
            associated_data: associated_data.to_vec(),
            message_key: expand_sha384(key, &info(b"MESSAGE_KEY:")),
            tag: expand_sha384(key, &info(b"HEADER_TAG:")),
            rotation_bits: 20,
        }
    }

    /// A new key every `2^bits` segments instead of every 2^20: FLOE's AEAD_ROTATION_MASK.
    #[must_use]
    pub fn rotating(mut self, bits: u32) -> Self {
        self.rotation_bits = bits;
        self
    }

    /// parameters || iv || tag
    #[must_use]
    pub fn header(&self) -> Vec<u8> {
        [&self.parameters[..], &self.iv, &self.tag].concat()
    }

    /// I2BE(length or 0xFFFFFFFF, 4) || nonce || ciphertext || tag; `plaintext` may have any length.
    #[must_use]
    pub fn segment(&self, plaintext: &[u8], position: u64, is_final: bool, nonce: &[u8; 12]) -> Vec<u8> {
        let key_number = position & !((1 << self.rotation_bits) - 1);
        let info = [
            &self.parameters[..],
            &self.iv,
            b"DEK:",
            &key_number.to_be_bytes(),
            &self.associated_data[..],
        ]
        .concat();
        let key = expand_sha384(&self.message_key, &info);
        let place = [&position.to_be_bytes()[..], &[u8::from(is_final)]].concat();
        let sealed = aes_gcm_seal(&key, nonce, plaintext, &place);
        let length = u32::try_from(4 + 12 + sealed.len()).expect("a segment is shorter than 4 GiB");
        let length_word = if is_final { length } else { u32::MAX };
        [&length_word.to_be_bytes()[..], nonce, &sealed].concat()
    }
}
