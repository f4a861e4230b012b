//! The file key and what is derived from it, docs/format.md section 3.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::floe::PayloadKey;
use crate::kdf;
use crate::secret::secret;

secret! {
    /// 32 fresh random bytes for each container.
    pub(crate) struct FileKey([u8; 32]);
}
secret! {
    /// `X(file key, "header mac")`
    struct HeaderMacKey([u8; 32]);
}

impl FileKey {
    /// `X(file key, "payload")`
    pub(crate) fn payload_key(&self) -> PayloadKey {
        PayloadKey::fill(|key| kdf::derive(self.expose(), &[b"payload"], key))
    }

    /// `HMAC-SHA-256(X(file key, "header mac"), covered)`
    pub(crate) fn header_mac(&self, covered: &[&[u8]]) -> Hmac<Sha256> {
        let key = HeaderMacKey::fill(|key| kdf::derive(self.expose(), &[b"header mac"], key));
        let mut mac = Hmac::<Sha256>::new_from_slice(key.expose()).expect("HMAC takes keys of any length");
        for part in covered {
            mac.update(part);
        }
        mac
    }
}
