//! The key of a move: what the operator carries from the new machine to the old one, once, by whatever way is safe.
//!
//! `satchel-move-<base64url: key (32) || checksum (2)>`; the checksum is that of links.

use std::fs::{self, OpenOptions};
use std::io::{self, IsTerminal as _, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use base64ct::{Base64UrlUnpadded, Encoding as _};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use super::error::MoveCommandError;
use crate::store::{Random, SystemRandom};

const PREFIX: &str = "satchel-move-";
const LINE_LEN_MAX: u64 = 256;

/// 256 random bits that both sides prove to each other. On the heap, so that it is in one place.
pub(super) struct MoveKey(Box<Zeroizing<[u8; 32]>>);

impl MoveKey {
    fn generate() -> Result<Self, MoveCommandError> {
        let mut key = Self(Box::new(Zeroizing::new([0; 32])));
        SystemRandom
            .fill(&mut key.0[..])
            .map_err(|error| MoveCommandError::Move(error.into()))?;
        Ok(key)
    }

    pub(super) fn expose(&self) -> &[u8; 32] {
        &self.0
    }

    /// The line that is carried over.
    pub(super) fn line(&self) -> Zeroizing<String> {
        let mut bytes = Zeroizing::new([0; 34]);
        bytes[..32].copy_from_slice(self.expose());
        let checksum = checksum(self.expose());
        bytes[32..].copy_from_slice(&checksum);
        let text = Zeroizing::new(Base64UrlUnpadded::encode_string(&bytes[..]));
        let mut line = Zeroizing::new(String::with_capacity(PREFIX.len() + text.len()));
        line.push_str(PREFIX);
        line.push_str(&text);
        line
    }

    fn parse(line: &str) -> Option<Self> {
        let text = line.trim().strip_prefix(PREFIX)?;
        let mut bytes = Zeroizing::new([0; 34]);
        if text.len() != 46 || Base64UrlUnpadded::decode(text, &mut bytes[..]).ok()?.len() != 34 {
            return None;
        }
        let mut key = Self(Box::new(Zeroizing::new([0; 32])));
        key.0.copy_from_slice(&bytes[..32]);
        bool::from(checksum(key.expose()).ct_eq(&bytes[32..])).then_some(key)
    }

    /// Reads it from a file, or with `-` from standard input: an argument would show in the list of processes.
    pub(super) fn read(from: &Path) -> Result<Self, MoveCommandError> {
        let mut text = Zeroizing::new(String::with_capacity(512));
        let read = if from == Path::new("-") {
            if io::stdin().is_terminal() {
                let _ = writeln!(io::stderr(), "The line that `satchel-server receive` printed:");
            }
            let mut line = io::stdin().lock().take(LINE_LEN_MAX);
            io::BufRead::read_line(&mut line, &mut text)
        } else {
            fs::File::open(from).and_then(|file| file.take(LINE_LEN_MAX).read_to_string(&mut text))
        };
        read.map_err(|source| MoveCommandError::KeyFile {
            path: from.to_path_buf(),
            source,
        })?;
        Self::parse(&text).ok_or(MoveCommandError::NoKey)
    }

    /// The one in the file, or a new one that is on the disk when this returns.
    pub(super) fn read_or_make(path: &Path) -> Result<Self, MoveCommandError> {
        if path.exists() {
            return Self::read(path);
        }
        let key = Self::generate()?;
        let mut line = Zeroizing::new(String::with_capacity(64));
        line.push_str(&key.line());
        line.push('\n');
        let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
        made.and_then(|mut file| {
            file.write_all(line.as_bytes())?;
            file.sync_all()
        })
        .map_err(|source| MoveCommandError::KeyFile {
            path: path.to_path_buf(),
            source,
        })?;
        Ok(key)
    }
}

fn checksum(key: &[u8; 32]) -> [u8; 2] {
    let hash = Sha256::new()
        .chain_update(b"satchel/v1/checksum")
        .chain_update(key)
        .finalize();
    [hash[0], hash[1]]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_as_it_is_written_and_a_mistyped_one_is_none() {
        let key = MoveKey::generate().unwrap();
        let line = key.line();
        let read = MoveKey::parse(&format!(" {}\n", line.as_str())).unwrap();
        assert!(read.expose() == key.expose());
        let mistyped = line.replace(line.chars().nth(20).unwrap(), "-");
        for wrong in ["", "satchel-move-", &line[1..], &line[..line.len() - 1], &mistyped] {
            assert!(MoveKey::parse(wrong).is_none(), "{wrong}");
        }
    }
}
