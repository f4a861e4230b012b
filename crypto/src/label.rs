//! The names that an owner gives to links, as a server keeps them for the owner: sealed, and all of one length. docs/format.md section 8.2.

use aes_gcm::Aes256Gcm;
use aes_gcm::aead::{AeadInOut, KeyInit};
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::limit::LINK_NAME_LEN_MAX;
use crate::secret::secret;
use crate::{OwnerReceipt, Verdict};

secret! {
    /// `X(owner secret, "label")`
    pub(crate) struct LabelKey([u8; 32]);
}

const NONCE_LEN: usize = 12;
const TAG_LEN: usize = 16;
const PADDED_LEN: usize = 1 + LINK_NAME_LEN_MAX;
/// `nonce (12) || AES-256-GCM of length (1) || name || zeros, 128 bytes together || tag (16)`
pub const LABEL_LEN: usize = NONCE_LEN + PADDED_LEN + TAG_LEN;

impl OwnerReceipt {
    /// Seals the name of one of the document's links: [`LABEL_LEN`] bytes, however long it is; no name is an empty one. `None` above
    /// [`LINK_NAME_LEN_MAX`] bytes.
    pub fn seal_name(&self, name: &str, rng: &mut (impl CryptoRng + ?Sized)) -> Option<Vec<u8>> {
        let len = u8::try_from(name.len())
            .ok()
            .filter(|_| name.len() <= LINK_NAME_LEN_MAX)?;
        let mut label = vec![0; NONCE_LEN + PADDED_LEN];
        let (nonce, padded) = label.split_first_chunk_mut::<NONCE_LEN>()?;
        rng.fill_bytes(nonce);
        padded[0] = len;
        padded[1..=name.len()].copy_from_slice(name.as_bytes());
        let tag = self
            .cipher()
            .encrypt_inout_detached(&(*nonce).into(), &self.id().0, padded.into())
            .expect("128 bytes are few enough");
        label.extend_from_slice(&tag);
        Some(label)
    }

    /// The mirror of [`seal_name`](Self::seal_name).
    ///
    /// # Errors
    /// `WrongKey` for what was not sealed by this receipt, or is no name.
    pub fn open_name(&self, label: &[u8]) -> Result<String, Verdict> {
        let (nonce, rest) = label.split_first_chunk::<NONCE_LEN>().ok_or(Verdict::WrongKey)?;
        let (padded, tag) = rest.split_last_chunk::<TAG_LEN>().ok_or(Verdict::WrongKey)?;
        let mut padded = Zeroizing::new(<[u8; PADDED_LEN]>::try_from(padded).map_err(|_| Verdict::WrongKey)?);
        self.cipher()
            .decrypt_inout_detached(
                &(*nonce).into(),
                &self.id().0,
                padded.as_mut_slice().into(),
                &(*tag).into(),
            )
            .map_err(|_| Verdict::WrongKey)?;
        let (name, zeros) = padded[1..]
            .split_at_checked(padded[0].into())
            .ok_or(Verdict::WrongKey)?;
        match core::str::from_utf8(name) {
            Ok(name) if zeros.iter().all(|byte| *byte == 0) => Ok(String::from(name)),
            _ => Err(Verdict::WrongKey),
        }
    }

    fn cipher(&self) -> Aes256Gcm {
        Aes256Gcm::new(self.label_key().expose().into())
    }
}
