//! What rests is encrypted once more, so that destroying 32 bytes destroys it: blocks of 64 KiB under the item's shred key.
//!
//! ```text
//! block = nonce (12, random) || AES-256-GCM(shred key, nonce, bytes, associated data) (len + 16)
//! associated data = item number (8) || block index (8) || len (4) || last (1), big-endian
//! ```

use aes_gcm::aead::AeadInOut as _;
use aes_gcm::{Aes256Gcm, KeyInit as _};
use hmac::{Hmac, Mac as _};
use sha2::Sha256;
use subtle::{Choice, ConstantTimeEq as _};
use zeroize::Zeroizing;

use super::kinds::TokenHash;
use super::random::{NoRandomness, Random};
use super::slots::SLOT_LEN;
use super::trace::without_trace;

/// Bytes of plaintext in a full block.
pub(super) const BLOCK_LEN: usize = 64 * 1024;
/// The same, for offsets.
pub(super) const BLOCK_BYTES: u64 = 64 * 1024;
const NONCE_LEN: usize = 12;
const TAG_LEN: usize = 16;
/// A full block at rest.
pub(super) const SEALED_BYTES: u64 = BLOCK_BYTES + 28;

/// The server's own key for one item. Overwritten to burn it. On the heap, so that it is in one place however often it is handed on.
pub(super) struct ShredKey(Box<Zeroizing<[u8; 32]>>);

/// A block did not verify.
pub(super) struct BadBlock;

/// Which block of which item, and whether the content ends with it.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) item: u64,
    pub(super) index: u64,
    pub(super) last: bool,
}

impl Place {
    /// Block `index` of an item of `size` bytes.
    pub(super) const fn of(item: u64, index: u64, size: u64) -> Self {
        Self {
            item,
            index,
            last: index + 1 == size.div_ceil(BLOCK_BYTES),
        }
    }

    fn associated_data(self, len: usize) -> [u8; 21] {
        let mut data = [0; 21];
        data[..8].copy_from_slice(&self.item.to_be_bytes());
        data[8..16].copy_from_slice(&self.index.to_be_bytes());
        data[16..20].copy_from_slice(&u32::try_from(len).unwrap_or(u32::MAX).to_be_bytes());
        data[20] = u8::from(self.last);
        data
    }
}

impl ShredKey {
    /// The first 32 of these bytes.
    pub(super) fn new(bytes: &[u8; SLOT_LEN]) -> Self {
        let mut key = Box::<Zeroizing<[u8; 32]>>::default();
        key.copy_from_slice(&bytes[..32]);
        Self(key)
    }

    /// A key that was written elsewhere.
    pub(super) fn copied(bytes: &[u8; 32]) -> Self {
        let mut key = Box::<Zeroizing<[u8; 32]>>::default();
        key.copy_from_slice(bytes);
        Self(key)
    }

    /// The bytes, to be written where the item goes.
    pub(super) fn expose(&self) -> &[u8; 32] {
        &self.0
    }

    /// HMAC-SHA-256(shred key, "satchel/claim" || claim hash): what is kept of a claim token. Once the key is gone, not even an old
    /// page of the database lets anybody test passphrases.
    pub(super) fn bind_claim(&self, claim: &TokenHash) -> [u8; 32] {
        without_trace(|| {
            let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.0[..]) else {
                unreachable!("HMAC takes a key of any length")
            };
            mac.update(b"satchel/claim");
            mac.update(claim.bytes());
            mac.finalize().into_bytes().into()
        })
    }

    /// Whether `bound` is this claim hash's.
    pub(super) fn is_claim(&self, bound: &[u8; 32], claim: &TokenHash) -> Choice {
        self.bind_claim(claim).ct_eq(bound)
    }

    /// The cipher, for several blocks.
    pub(super) fn cipher(&self) -> Cipher {
        without_trace(|| Cipher(Box::new(Aes256Gcm::new((&**self.0).into()))))
    }
}

/// AES-256-GCM under one shred key; wiped when dropped.
pub(super) struct Cipher(Box<Aes256Gcm>);

impl Cipher {
    /// Appends the sealed block to `out`, under a fresh nonce.
    pub(super) fn seal(
        &self,
        place: Place,
        bytes: &[u8],
        random: &dyn Random,
        out: &mut Vec<u8>,
    ) -> Result<(), NoRandomness> {
        let mut nonce = [0; NONCE_LEN];
        random.fill(&mut nonce)?;
        out.reserve(NONCE_LEN + bytes.len() + TAG_LEN);
        out.extend_from_slice(&nonce);
        let start = out.len();
        out.extend_from_slice(bytes);
        let tag = without_trace(|| {
            self.0.encrypt_inout_detached(
                &nonce.into(),
                &place.associated_data(bytes.len()),
                out[start..].as_mut().into(),
            )
        });
        out.extend_from_slice(&tag.map_err(|_| NoRandomness)?);
        Ok(())
    }

    /// The bytes of a sealed block, decrypted in place.
    pub(super) fn open<'a>(&self, place: Place, sealed: &'a mut [u8]) -> Result<&'a mut [u8], BadBlock> {
        let len = sealed.len().checked_sub(NONCE_LEN + TAG_LEN).ok_or(BadBlock)?;
        let (nonce, rest) = sealed.split_at_mut(NONCE_LEN);
        let (bytes, tag) = rest.split_at_mut(len);
        let nonce: [u8; NONCE_LEN] = (&*nonce).try_into().map_err(|_| BadBlock)?;
        let tag: [u8; TAG_LEN] = (&*tag).try_into().map_err(|_| BadBlock)?;
        without_trace(|| {
            self.0.decrypt_inout_detached(
                &nonce.into(),
                &place.associated_data(len),
                (&mut *bytes).into(),
                &tag.into(),
            )
        })
        .map_err(|_| BadBlock)?;
        Ok(bytes)
    }
}
