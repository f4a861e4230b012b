//! In the place of `passphrase` where the feature `lent-argon2id` is off, which `passphrases` brings along: nobody can make one, so nothing is derived from one.

use core::convert::Infallible;

use crate::secret::secret;
use crate::{Profile, Verdict};

/// There is none.
pub struct Passphrase(Infallible);

secret! {
    /// There is none.
    pub(crate) struct PassphraseKey([u8; 32]);
}

/// Of none.
pub(crate) const fn derive_passphrase_key(
    passphrase: &Passphrase,
    _salt: &[u8; 16],
    _profile: Profile,
) -> Result<PassphraseKey, Verdict> {
    match passphrase.0 {}
}
