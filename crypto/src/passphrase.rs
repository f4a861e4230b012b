//! Passphrases and the keys derived from them, docs/format.md section 4.2.

use alloc::vec::Vec;
use argon2::{Algorithm, Argon2, Block, Params, Version};
use unicode_normalization::UnicodeNormalization;
use zeroize::{Zeroize, Zeroizing};

use crate::secret::secret;
use crate::{Profile, Verdict, limit};

/// Unicode text in NFC, 1 to 1,024 bytes of UTF-8.
pub struct Passphrase(Zeroizing<Vec<u8>>);

impl Passphrase {
    /// Normalises to NFC; trims nothing.
    ///
    /// # Errors
    /// `EmptyPassphrase`, `PassphraseTooLong`.
    pub fn new(text: &str) -> Result<Self, Verdict> {
        if text.is_empty() {
            return Err(Verdict::EmptyPassphrase);
        }
        // NFC shortens to a third at most, so this bounds the work and the one allocation.
        if text.len() > 3 * limit::PASSPHRASE_LEN_MAX {
            return Err(Verdict::PassphraseTooLong(text.len()));
        }
        let mut bytes = Zeroizing::new(Vec::with_capacity(12 * limit::PASSPHRASE_LEN_MAX));
        let mut utf8 = Zeroizing::new([0; 4]);
        for c in text.nfc() {
            bytes.extend_from_slice(c.encode_utf8(utf8.as_mut_slice()).as_bytes());
        }
        Self::of_nfc(bytes)
    }

    /// Takes what another normaliser made: a browser has the tables of NFC, and need not fetch them again with the WebAssembly.
    ///
    /// # Errors
    /// `EmptyPassphrase`, `PassphraseTooLong`.
    ///
    /// # Security
    /// Text that is not in NFC gives a key that the same passphrase, typed elsewhere, does not.
    pub fn from_nfc(text: &str) -> Result<Self, Verdict> {
        if text.is_empty() {
            return Err(Verdict::EmptyPassphrase);
        }
        Self::of_nfc(Zeroizing::new(text.as_bytes().to_vec()))
    }

    fn of_nfc(bytes: Zeroizing<Vec<u8>>) -> Result<Self, Verdict> {
        if bytes.len() > limit::PASSPHRASE_LEN_MAX {
            return Err(Verdict::PassphraseTooLong(bytes.len()));
        }
        Ok(Self(bytes))
    }

    /// A passphrase file's content: one trailing LF or CR LF is dropped.
    ///
    /// # Errors
    /// As [`new`](Self::new), and `MalformedPassphrase` when it is not UTF-8.
    pub fn from_file(content: &[u8]) -> Result<Self, Verdict> {
        let line = content
            .strip_suffix(b"\n")
            .map_or(content, |line| line.strip_suffix(b"\r").unwrap_or(line));
        Self::new(core::str::from_utf8(line).map_err(|_| Verdict::MalformedPassphrase)?)
    }

    pub(crate) fn expose(&self) -> &[u8] {
        &self.0
    }
}

secret! {
    /// `Argon2id(passphrase, salt)` by profile.
    pub(crate) struct PassphraseKey([u8; 32]);
}

/// Argon2's working memory, wiped on drop: it holds what the passphrase can be tested against.
struct Memory(Vec<Block>);

impl Drop for Memory {
    fn drop(&mut self) {
        for block in &mut self.0 {
            block.as_mut().zeroize();
        }
    }
}

/// `Argon2id(RFC 9106, version 0x13; passphrase, salt; m and t by profile, p = 1, 32 bytes)`
pub(crate) fn derive_passphrase_key(
    passphrase: &Passphrase,
    salt: &[u8; 16],
    profile: Profile,
) -> Result<PassphraseKey, Verdict> {
    let params = Params::new(profile.memory_kib(), 3, 1, Some(32)).map_err(|_| Verdict::UnknownProfile)?;
    let mut memory = Memory(Vec::new());
    memory
        .0
        .try_reserve_exact(params.block_count())
        .map_err(|_| Verdict::OutOfMemory)?;
    memory.0.resize(params.block_count(), Block::new());
    let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let mut failed = false;
    let key = PassphraseKey::fill(|key| {
        failed = argon
            .hash_password_into_with_memory(passphrase.expose(), salt, key, &mut memory.0)
            .is_err();
    });
    if failed { Err(Verdict::OutOfMemory) } else { Ok(key) }
}

#[cfg(test)]
#[path = "passphrase_tests.rs"]
mod tests;
