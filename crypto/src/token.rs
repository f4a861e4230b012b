//! Ids and the tokens that prove something to a server, docs/format.md section 8.

use alloc::string::String;
use base64ct::{Base64UrlUnpadded, Encoding};
use rand_core::CryptoRng;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::Verdict;
use crate::secret::secret;

/// `id = X(link secret, "id", 16)`: all that a server sees of the link. Not a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PasteId(pub(crate) [u8; 16]);

impl PasteId {
    /// base64url: 22 characters.
    pub fn encode(&self) -> String {
        Base64UrlUnpadded::encode_string(&self.0)
    }

    /// The mirror of [`encode`](Self::encode).
    ///
    /// # Errors
    /// `MalformedLink`.
    pub fn parse(text: &str) -> Result<Self, Verdict> {
        let mut id = Self([0; 16]);
        decode_exact(text, &mut id.0)?;
        Ok(id)
    }
}

/// SHA-256 of a token: what the server keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TokenHash([u8; 32]);

impl TokenHash {
    /// base64url: 43 characters.
    pub fn encode(&self) -> String {
        Base64UrlUnpadded::encode_string(&self.0)
    }

    /// The 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

macro_rules! token {
    ($(#[$doc:meta])+ $name:ident) => {
        secret! { $(#[$doc])+ pub struct $name([u8; 32]); }

        impl $name {
            /// base64url, 43 characters: as it travels in a request. Whoever has it has the token.
            pub fn bearer(&self) -> Zeroizing<String> {
                Zeroizing::new(Base64UrlUnpadded::encode_string(self.expose()))
            }

            /// The mirror of [`bearer`](Self::bearer).
            ///
            /// # Errors
            /// `MalformedLink` when it is not 43 characters of canonical base64url.
            pub fn parse(bearer: &str) -> Result<Self, Verdict> {
                let mut token = Self::fill(|_| ());
                decode_exact(bearer, &mut *token.0)?;
                Ok(token)
            }

            /// SHA-256 of the token's 32 bytes.
            pub fn hash(&self) -> TokenHash {
                TokenHash(Sha256::digest(self.expose()).into())
            }
        }
    };
}

token! {
    /// `X(link secret, "probe")`: proves the link.
    ProbeToken
}
token! {
    /// `X(link secret || passphrase key, "claim")`: proves the link and the passphrase.
    ClaimToken
}
token! {
    /// Random, chosen by a reader's client: names one claim.
    LeaseToken
}
token! {
    /// Random, made by a server: lets its holder upload there.
    InviteToken
}
token! {
    /// Random, kept by the creator: proves the receipt.
    ReceiptToken
}

impl LeaseToken {
    /// 32 fresh random bytes.
    pub fn generate(rng: &mut (impl CryptoRng + ?Sized)) -> Self {
        Self::random(rng)
    }
}

/// Decodes base64url that has to fill `out` exactly, with spare bits zero.
pub(crate) fn decode_exact(text: &str, out: &mut [u8]) -> Result<(), Verdict> {
    let len = Base64UrlUnpadded::decode(text, out)
        .map_err(|_| Verdict::MalformedLink)?
        .len();
    let canonical = Zeroizing::new(Base64UrlUnpadded::encode_string(out));
    let same = subtle::ConstantTimeEq::ct_eq(canonical.as_bytes(), text.as_bytes());
    if len == out.len() && bool::from(same) {
        Ok(())
    } else {
        Err(Verdict::MalformedLink)
    }
}
