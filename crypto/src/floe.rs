//! FLOE: keys of segments from one payload key, docs/format.md section 5. The segments themselves are in `segment`.
//!
//! Source: c2sp.org/FLOE, ePrint 2025/2275.

use alloc::sync::Arc;
use alloc::vec::Vec;
use hmac::{Hmac, KeyInit, Mac};
use rand_core::CryptoRng;
use sha2::Sha384;
use subtle::ConstantTimeEq;
use zeroize::Zeroize;

use crate::limit::{PAYLOAD_HEADER_LEN, SEGMENT_LEN};
use crate::secret::secret;
use crate::{SegmentKey, Verdict};

const PARAMS_LEN: usize = 10;
const IV_LEN: usize = 32;

secret! {
    /// The FLOE key.
    pub(crate) struct PayloadKey([u8; 32]);
}
secret! {
    /// `FLOE_KDF(key, iv, aad, "MESSAGE_KEY:", 48)`
    pub(crate) struct MessageKey([u8; 48]);
}

/// The parameters that are not fixed by FLOE; others than [`PRODUCTION`] are there for the published known answers.
#[derive(Clone, Copy)]
pub(crate) struct Params {
    /// ENC_SEG_LEN.
    pub(crate) segment_len: u32,
    /// AEAD_ROTATION_MASK: `2^bits` segments under one key.
    pub(crate) rotation_bits: u32,
}

/// What a container uses.
#[allow(clippy::cast_possible_truncation)]
pub(crate) const PRODUCTION: Params = Params {
    segment_len: SEGMENT_LEN as u32,
    rotation_bits: 20,
};

impl Params {
    /// `AEAD_ID (1) || KDF_ID (1) || I2BE(ENC_SEG_LEN, 4) || I2BE(FLOE_IV_LEN, 4)`
    const fn encode(self) -> [u8; PARAMS_LEN] {
        let [a, b, c, d] = self.segment_len.to_be_bytes();
        [0, 0, a, b, c, d, 0, 0, 0, 32]
    }
}

/// One payload's state: `{MessageKey, iv, aad}`, and the key of the epoch last asked for.
pub(crate) struct Stream {
    params: Params,
    message_key: MessageKey,
    iv: [u8; IV_LEN],
    aad: Vec<u8>,
    epoch: Option<(u64, Arc<SegmentKey>)>,
}

impl Stream {
    /// `startEncryption(key, aad) -> (State, Header)`
    pub(crate) fn start_sealing(
        params: Params,
        key: &PayloadKey,
        aad: &[u8],
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> (Self, [u8; PAYLOAD_HEADER_LEN]) {
        let mut iv = [0; IV_LEN];
        rng.fill_bytes(&mut iv);
        let mut header = [0; PAYLOAD_HEADER_LEN];
        header[..PARAMS_LEN].copy_from_slice(&params.encode());
        header[PARAMS_LEN..PARAMS_LEN + IV_LEN].copy_from_slice(&iv);
        floe_kdf(
            params,
            key.expose(),
            &iv,
            aad,
            &[b"HEADER_TAG:"],
            &mut header[PARAMS_LEN + IV_LEN..],
        );
        (Self::start(params, key, iv, aad), header)
    }

    /// `startDecryption(key, aad, header) -> State`
    pub(crate) fn start_opening(
        params: Params,
        key: &PayloadKey,
        aad: &[u8],
        header: &[u8; PAYLOAD_HEADER_LEN],
    ) -> Result<Self, Verdict> {
        let (encoded, rest) = header.split_at(PARAMS_LEN);
        let (iv_bytes, tag) = rest.split_at(IV_LEN);
        if encoded != params.encode() {
            return Err(Verdict::BadPayloadHeader);
        }
        let mut iv = [0; IV_LEN];
        iv.copy_from_slice(iv_bytes);
        let mut expected = [0; 32];
        floe_kdf(params, key.expose(), &iv, aad, &[b"HEADER_TAG:"], &mut expected);
        if bool::from(expected.as_slice().ct_eq(tag)) {
            Ok(Self::start(params, key, iv, aad))
        } else {
            Err(Verdict::BadPayloadHeader)
        }
    }

    fn start(params: Params, key: &PayloadKey, iv: [u8; IV_LEN], aad: &[u8]) -> Self {
        let message_key = MessageKey::fill(|out| floe_kdf(params, key.expose(), &iv, aad, &[b"MESSAGE_KEY:"], out));
        Self {
            params,
            message_key,
            iv,
            aad: aad.to_vec(),
            epoch: None,
        }
    }

    /// `DERIVE_KEY(key, iv, aad, position) = FLOE_KDF(key, iv, aad, "DEK:" || I2BE(MASK(position), 8), 32)`, cached for its epoch.
    pub(crate) fn segment_key(&mut self, position: u64) -> Arc<SegmentKey> {
        let masked = position >> self.params.rotation_bits << self.params.rotation_bits;
        match &self.epoch {
            Some((epoch, key)) if *epoch == masked => Arc::clone(key),
            _ => {
                let purpose: [&[u8]; 2] = [b"DEK:", &masked.to_be_bytes()];
                let message_key = self.message_key.expose();
                let key = Arc::new(SegmentKey::derived(|out| {
                    floe_kdf(self.params, message_key, &self.iv, &self.aad, &purpose, out);
                }));
                self.epoch = Some((masked, Arc::clone(&key)));
                key
            }
        }
    }

    pub(crate) const fn params(&self) -> Params {
        self.params
    }
}

/// `HKDF-Expand-SHA-384(key, PARAM_ENCODE(params) || iv || purpose || aad, out.len())`, for at most 48 bytes: one HMAC.
fn floe_kdf(params: Params, key: &[u8], iv: &[u8; IV_LEN], aad: &[u8], purpose: &[&[u8]], out: &mut [u8]) {
    let mut mac = Hmac::<Sha384>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(&params.encode());
    mac.update(iv);
    for part in purpose {
        mac.update(part);
    }
    mac.update(aad);
    mac.update(&[1]);
    let mut block = mac.finalize().into_bytes();
    out.copy_from_slice(&block[..out.len()]);
    block.as_mut_slice().zeroize();
}

#[cfg(test)]
#[path = "floe_tests.rs"]
mod tests;
