//! Links and receipts of docs/format.md section 8.

use base64ct::{Base64UrlUnpadded, Encoding};

use crate::keys::{argon2id, sha256, x};

/// first || body || first 2 bytes of SHA-256("satchel/v1/checksum" || first || body), before base64url
#[must_use]
pub fn with_checksum(first: u8, body: &[u8]) -> Vec<u8> {
    let bytes = [&[first], body].concat();
    let checksum = sha256(&[b"satchel/v1/checksum", &bytes[..]].concat());
    [&bytes[..], &checksum[..2]].concat()
}

/// RFC 4648 section 5, without padding
#[must_use]
pub fn base64url(bytes: &[u8]) -> String {
    Base64UrlUnpadded::encode_string(bytes)
}

/// A link secret with its passphrase, which is in NFC already.
pub struct Link {
    /// 32 random bytes.
    pub secret: [u8; 32],
    /// In NFC and UTF-8, where there is one.
    pub passphrase: Option<&'static str>,
}

impl Link {
    /// base64url(1 << 4 | flags || link secret || checksum)
    #[must_use]
    pub fn encode(&self) -> String {
        base64url(&with_checksum(0x10 | u8::from(self.passphrase.is_some()), &self.secret))
    }

    /// link secret || passphrase key
    #[must_use]
    pub fn slot_secret(&self) -> Vec<u8> {
        let passphrase_key = match self.passphrase {
            Some(passphrase) => argon2id(passphrase.as_bytes(), &self.salt(), 1),
            None => [0; 32],
        };
        [self.secret, passphrase_key].concat()
    }

    /// X(link secret, "id", 16)
    #[must_use]
    pub fn id(&self) -> [u8; 16] {
        x(&self.secret, b"id")
    }

    /// X(link secret, "salt", 16)
    #[must_use]
    pub fn salt(&self) -> [u8; 16] {
        x(&self.secret, b"salt")
    }

    /// X(link secret, "probe")
    #[must_use]
    pub fn probe_token(&self) -> [u8; 32] {
        x(&self.secret, b"probe")
    }

    /// X(link secret || passphrase key, "claim")
    #[must_use]
    pub fn claim_token(&self) -> [u8; 32] {
        x(&self.slot_secret(), b"claim")
    }
}

/// The receipt of a document with several links.
pub struct Owner {
    /// 16 random bytes.
    pub id: [u8; 16],
    /// 32 random bytes.
    pub secret: [u8; 32],
}

impl Owner {
    /// base64url(0x19 || id || owner secret || checksum)
    #[must_use]
    pub fn encode(&self) -> String {
        base64url(&with_checksum(0x19, &[&self.id[..], &self.secret].concat()))
    }

    /// X(owner secret, "owner")
    #[must_use]
    pub fn token(&self) -> [u8; 32] {
        x(&self.secret, b"owner")
    }

    /// A link whose slot secret is owner secret || 32 zero bytes: only to make the owner's head with.
    #[must_use]
    pub const fn as_link(&self) -> Link {
        Link {
            secret: self.secret,
            passphrase: None,
        }
    }
}
