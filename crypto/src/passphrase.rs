//! Passphrases and the keys derived from them, docs/format.md section 4.2.

use alloc::vec::Vec;
use zeroize::Zeroizing;

use crate::secret::secret;
use crate::{Profile, Verdict, limit};

/// Unicode text in NFC, 1 to 1,024 bytes of UTF-8.
pub struct Passphrase {
    text: Zeroizing<Vec<u8>>,
    argon2id: Argon2id,
}

/// Who runs Argon2id.
enum Argon2id {
    #[cfg(feature = "passphrases")]
    Here,
    Lent(LentArgon2id),
}

/// An Argon2id of somebody else's: fills the key and says that it did, or false where it could not, for want of memory.
pub type LentArgon2id = fn(&Argon2idJob<'_>, &mut [u8; 32]) -> bool;

/// `Argon2id(RFC 9106, version 0x13; passphrase, salt; m = memory_kib, t = passes, p = 1, 32 bytes)`
///
/// # Security
/// Holds the passphrase.
pub struct Argon2idJob<'a> {
    /// In NFC, as UTF-8.
    pub passphrase: &'a [u8],
    /// Of this container, or of this link.
    pub salt: &'a [u8; 16],
    /// KiB, by profile.
    pub memory_kib: u32,
    /// Over all of the memory.
    pub passes: u32,
}

/// The same in every profile.
const PASSES: u32 = 3;

#[cfg(feature = "passphrases")]
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
        use unicode_normalization::UnicodeNormalization;
        let mut bytes = Zeroizing::new(Vec::with_capacity(12 * limit::PASSPHRASE_LEN_MAX));
        let mut utf8 = Zeroizing::new([0; 4]);
        for c in text.nfc() {
            bytes.extend_from_slice(c.encode_utf8(utf8.as_mut_slice()).as_bytes());
        }
        Self::of_nfc(bytes, Argon2id::Here)
    }

    /// Takes what another normaliser made: a browser has the tables of NFC, and need not fetch them again with the WebAssembly.
    ///
    /// # Errors
    /// `EmptyPassphrase`, `PassphraseTooLong`.
    ///
    /// # Security
    /// Text that is not in NFC gives a key that the same passphrase, typed elsewhere, does not.
    pub fn from_nfc(text: &str) -> Result<Self, Verdict> {
        Self::of_nfc(Zeroizing::new(text.as_bytes().to_vec()), Argon2id::Here)
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
}

impl Passphrase {
    /// As [`from_nfc`](Self::from_nfc), and somebody else runs Argon2id: a faster one, where this code is slow.
    ///
    /// # Errors
    /// `EmptyPassphrase`, `PassphraseTooLong`.
    ///
    /// # Security
    /// What it is lent sees the passphrase and the key, and has to leave neither behind.
    pub fn from_nfc_with(text: &str, argon2id: LentArgon2id) -> Result<Self, Verdict> {
        Self::of_nfc(Zeroizing::new(text.as_bytes().to_vec()), Argon2id::Lent(argon2id))
    }

    fn of_nfc(text: Zeroizing<Vec<u8>>, argon2id: Argon2id) -> Result<Self, Verdict> {
        match text.len() {
            0 => Err(Verdict::EmptyPassphrase),
            len if len > limit::PASSPHRASE_LEN_MAX => Err(Verdict::PassphraseTooLong(len)),
            _ => Ok(Self { text, argon2id }),
        }
    }

    #[cfg(test)]
    fn expose(&self) -> &[u8] {
        &self.text
    }
}

secret! {
    /// `Argon2id(passphrase, salt)` by profile.
    pub(crate) struct PassphraseKey([u8; 32]);
}

/// `Argon2id(RFC 9106, version 0x13; passphrase, salt; m and t by profile, p = 1, 32 bytes)`
pub(crate) fn derive_passphrase_key(
    passphrase: &Passphrase,
    salt: &[u8; 16],
    profile: Profile,
) -> Result<PassphraseKey, Verdict> {
    let job = Argon2idJob {
        passphrase: &passphrase.text,
        salt,
        memory_kib: profile.memory_kib(),
        passes: PASSES,
    };
    match passphrase.argon2id {
        #[cfg(feature = "passphrases")]
        Argon2id::Here => here::derive(&job),
        Argon2id::Lent(argon2id) => {
            let mut made = false;
            let key = PassphraseKey::fill(|key| made = argon2id(&job, key));
            if made { Ok(key) } else { Err(Verdict::OutOfMemory) }
        }
    }
}

#[cfg(feature = "passphrases")]
mod here {
    use alloc::vec::Vec;
    use argon2::{Algorithm, Argon2, Block, Params, Version};
    use zeroize::Zeroize;

    use super::{Argon2idJob, PassphraseKey};
    use crate::Verdict;

    /// Argon2's working memory, wiped on drop: it holds what the passphrase can be tested against.
    struct Memory(Vec<Block>);

    impl Drop for Memory {
        fn drop(&mut self) {
            for block in &mut self.0 {
                block.as_mut().zeroize();
            }
        }
    }

    pub(super) fn derive(job: &Argon2idJob<'_>) -> Result<PassphraseKey, Verdict> {
        let params = Params::new(job.memory_kib, job.passes, 1, Some(32)).map_err(|_| Verdict::UnknownProfile)?;
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
                .hash_password_into_with_memory(job.passphrase, job.salt, key, &mut memory.0)
                .is_err();
        });
        if failed { Err(Verdict::OutOfMemory) } else { Ok(key) }
    }
}

#[cfg(test)]
#[path = "passphrase_tests.rs"]
mod tests;
