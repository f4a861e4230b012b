//! What goes in: ids, tokens, their hashes, and a new paste's policy.

use sha2::{Digest as _, Sha256};
use subtle::{Choice, ConstantTimeEq as _};
use zeroize::Zeroizing;

use super::random::{NoRandomness, Random};
use crate::lifecycle::OnGuessing;

/// 16 bytes that name a paste. Only its SHA-256 is kept.
#[derive(Clone, Copy)]
pub struct Id([u8; satchel_api::limit::ID_LEN]);

impl Id {
    /// An id as it stood in the path.
    #[must_use]
    pub const fn new(bytes: [u8; satchel_api::limit::ID_LEN]) -> Self {
        Self(bytes)
    }

    pub(crate) fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.0).into()
    }
}

/// 32 bytes that prove something: a probe, claim, lease or receipt token. Only its SHA-256 is kept.
pub struct Token(Zeroizing<[u8; satchel_api::limit::TOKEN_LEN]>);

impl Token {
    /// A token as it came.
    #[must_use]
    pub fn new(bytes: [u8; satchel_api::limit::TOKEN_LEN]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// 32 fresh random bytes.
    ///
    /// # Errors
    /// [`NoRandomness`].
    pub fn generate(random: &dyn Random) -> Result<Self, NoRandomness> {
        let mut token = Self(Zeroizing::default());
        random.fill(&mut token.0[..])?;
        Ok(token)
    }

    /// The bytes, for the one who is to have it.
    pub(crate) fn expose(&self) -> &[u8; satchel_api::limit::TOKEN_LEN] {
        &self.0
    }

    /// SHA-256 of the token.
    pub(crate) fn hash(&self) -> TokenHash {
        TokenHash(Sha256::digest(&self.0[..]).into())
    }
}

/// SHA-256 of a token's 32 bytes. Compared in constant time.
#[derive(Clone, Copy)]
pub struct TokenHash([u8; 32]);

impl TokenHash {
    /// A hash as it came in `Upload-Metadata`.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    pub(crate) const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    pub(crate) fn same_as(&self, other: &Self) -> Choice {
        self.0.ct_eq(&other.0)
    }
}

/// A paste to be created. Limits of expiry, reads and size are HTTP's to check.
#[derive(Clone, Copy)]
pub struct NewPaste {
    /// Its name, chosen by the client.
    pub id: Id,
    /// SHA-256 of the probe token.
    pub probe: TokenHash,
    /// SHA-256 of the claim token.
    pub claim: TokenHash,
    /// SHA-256 of the receipt token.
    pub receipt: TokenHash,
    /// The container's length, at least 1.
    pub size: u64,
    /// Seconds from completion to expiry; rounded up to the hour, to 5 minutes when under 6 h.
    pub expires_in: u64,
    /// How many claims may succeed; 0 for any number.
    pub reads: u32,
    /// What many wrong passphrases do.
    pub on_guessing: OnGuessing,
    /// Backups may hold its key (only with `reads` 0).
    pub keep: bool,
}
