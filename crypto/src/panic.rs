//! The panic secret: burns everything that was made under it, docs/format.md section 8.3.

use alloc::string::String;
use base64ct::{Base64UrlUnpadded, Encoding};
use hmac::{Hmac, KeyInit, Mac};
use rand_core::CryptoRng;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::link::{checked, checksum, checksum_hash};
use crate::secret::secret;
use crate::token::decode_exact;
use crate::{PasteId, Verdict, limit};

secret! {
    /// 32 fresh random bytes, kept by who shares: nothing is derived from it but marks.
    pub struct PanicSecret([u8; 32]);
}

const VERSION: u8 = 1;
const KIND: u8 = 10;
const FIRST: u8 = VERSION << 4 | KIND;
const PANIC_LEN: usize = 35;
/// What 25 words of 2,048 hold: 256 bits and a checksum of 19, in whole bytes.
pub const PANIC_WORDS_LEN: usize = 35;
/// The last byte's bits that no word holds.
const SPARE: u8 = 0x1f;

impl PanicSecret {
    /// A fresh one.
    pub fn generate(rng: &mut (impl CryptoRng + ?Sized)) -> Self {
        Self::random(rng)
    }

    /// Parses the part of a URL after `#`: exactly 47 characters, as many as a link has.
    ///
    /// # Errors
    /// `MalformedLink`; then, by what the right checksum covers, `UnsupportedLinkVersion` and `UnsupportedLinkFlags`.
    pub fn parse(fragment: &str) -> Result<Self, Verdict> {
        if fragment.len() != limit::LINK_CHARS {
            return Err(Verdict::MalformedLink);
        }
        let mut bytes = Zeroizing::new([0; PANIC_LEN]);
        decode_exact(fragment, bytes.as_mut_slice())?;
        let body = checked(bytes.as_slice())?;
        if body[0] >> 4 != VERSION {
            return Err(Verdict::UnsupportedLinkVersion);
        }
        if body[0] & 0x0f != KIND {
            return Err(Verdict::UnsupportedLinkFlags);
        }
        Ok(Self::fill(|secret| secret.copy_from_slice(&body[1..])))
    }

    /// `base64url(0x1a (1) || panic secret (32) || checksum (2))`: 47 characters. Whoever has them can burn everything that was made under them.
    pub fn encode(&self) -> Zeroizing<String> {
        let mut bytes = Zeroizing::new([0; PANIC_LEN]);
        bytes[0] = FIRST;
        bytes[1..33].copy_from_slice(self.expose());
        let checksum = checksum(&bytes[..33]);
        bytes[33..].copy_from_slice(&checksum);
        Zeroizing::new(Base64UrlUnpadded::encode_string(bytes.as_slice()))
    }

    /// `panic secret (256 bits) || first 19 bits of SHA-256("satchel/v1/checksum" || 0x1a || panic secret) || 5 zero bits`: what words are made of.
    pub fn to_bytes(&self) -> Zeroizing<[u8; PANIC_WORDS_LEN]> {
        let mut bytes = Zeroizing::new([0; PANIC_WORDS_LEN]);
        bytes[..32].copy_from_slice(self.expose());
        let sum = self.sum();
        bytes[32..].copy_from_slice(&sum);
        bytes
    }

    /// The mirror of [`to_bytes`](Self::to_bytes).
    ///
    /// # Errors
    /// `MalformedLink`.
    pub fn from_bytes(bytes: &[u8; PANIC_WORDS_LEN]) -> Result<Self, Verdict> {
        let secret = Self::fill(|secret| secret.copy_from_slice(&bytes[..32]));
        if secret.sum() == bytes[32..] {
            Ok(secret)
        } else {
            Err(Verdict::MalformedLink)
        }
    }

    fn sum(&self) -> [u8; 3] {
        let mut body = Zeroizing::new([FIRST; 33]);
        body[1..].copy_from_slice(self.expose());
        let hash = checksum_hash(body.as_slice());
        [hash[0], hash[1], hash[2] & !SPARE]
    }

    /// base64url, 43 characters: as it travels in a panic request.
    pub fn bearer(&self) -> Zeroizing<String> {
        Zeroizing::new(Base64UrlUnpadded::encode_string(self.expose()))
    }

    /// `HMAC-SHA-256(panic secret, SHA-256(id))`, in base64url: what a paste is marked with.
    pub fn mark(&self, id: &PasteId) -> String {
        self.mark_of(&[], id)
    }

    /// `HMAC-SHA-256(panic secret, SHA-256("satchel/document" || id))`, in base64url: what a document with several links is marked with.
    pub fn mark_of_document(&self, id: &PasteId) -> String {
        self.mark_of(b"satchel/document", id)
    }

    fn mark_of(&self, label: &[u8], id: &PasteId) -> String {
        let hash = Sha256::new().chain_update(label).chain_update(id.0).finalize();
        let mac = Hmac::<Sha256>::new_from_slice(self.expose()).expect("a key of any length is taken");
        Base64UrlUnpadded::encode_string(&mac.chain_update(hash).finalize().into_bytes())
    }
}
