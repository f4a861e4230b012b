//! tus 1.0 headers: version, length, offset, metadata, checksum. Pure parsing.
//!
//! Source: tus.io/protocols/resumable-upload, version 1.0.0.

use actix_web::http::header::HeaderMap;
use base64ct::{Base64, Encoding as _};
use satchel_api::{Code, header as name, limit, metadata};
use sha2::{Digest as _, Sha256};

use super::{Failure, proof};
use crate::storage::{Id, NewDocument, NewPaste, OnGuessing, PanicMark, TokenHash};

/// `Tus-Resumable: 1.0.0` must be there.
pub(super) fn version(headers: &HeaderMap) -> Result<(), Failure> {
    match one(headers, name::TUS_RESUMABLE) {
        Some(name::TUS_VERSION_SPOKEN) => Ok(()),
        _ => Err(Failure::new(Code::TusVersion)),
    }
}

/// As [`version`], but it may be left out.
pub(super) fn version_if_any(headers: &HeaderMap) -> Result<(), Failure> {
    if headers.contains_key(name::TUS_RESUMABLE) {
        version(headers)
    } else {
        Ok(())
    }
}

/// The header's value, if it is there once and is text.
pub(super) fn one<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut all = headers.get_all(name);
    match (all.next(), all.next()) {
        (Some(value), None) => value.to_str().ok(),
        _ => None,
    }
}

/// A decimal number: digits only.
pub(super) fn number(headers: &HeaderMap, name: &str) -> Result<u64, Failure> {
    one(headers, name).and_then(decimal).ok_or_else(|| Failure::field(name))
}

fn decimal(text: &str) -> Option<u64> {
    if text.bytes().all(|b| b.is_ascii_digit()) {
        text.parse().ok()
    } else {
        None
    }
}

/// What `Upload-Checksum` promises of the body; `None` without one.
pub(super) fn checksum(headers: &HeaderMap) -> Result<Option<Checksum>, Failure> {
    if !headers.contains_key(name::UPLOAD_CHECKSUM) {
        return Ok(None);
    }
    let wrong = || Failure::field(name::UPLOAD_CHECKSUM);
    let (algorithm, text) = one(headers, name::UPLOAD_CHECKSUM)
        .and_then(|v| v.split_once(' '))
        .ok_or_else(wrong)?;
    let mut expected = [0; 32];
    let len = Base64::decode(text, &mut expected).map_err(|_| wrong())?.len();
    if algorithm != name::TUS_CHECKSUM_ALGORITHMS_SPOKEN || len != 32 {
        return Err(wrong());
    }
    Ok(Some(Checksum {
        expected,
        so_far: Sha256::new(),
    }))
}

/// SHA-256 of a body as it arrives.
pub(super) struct Checksum {
    expected: [u8; 32],
    so_far: Sha256,
}

impl Checksum {
    pub(super) fn update(&mut self, bytes: &[u8]) {
        self.so_far.update(bytes);
    }

    /// # Errors
    /// `checksum_mismatch`.
    pub(super) fn verify(self) -> Result<(), Failure> {
        if self.so_far.finalize()[..] == self.expected {
            Ok(())
        } else {
            Err(Failure::new(Code::ChecksumMismatch))
        }
    }
}

/// `Upload-Metadata` and `Upload-Length` as a paste and its id as it was written, its policy not yet held against this server's bounds.
pub(super) fn new_paste(size: u64, text: &str) -> Result<(NewPaste, String), Failure> {
    if text.len() > limit::METADATA_LEN_MAX {
        return Err(Failure::field(name::UPLOAD_METADATA));
    }
    let pairs = pairs(text, &OF_PASTES)?;
    let find = |key: &str| {
        pairs
            .iter()
            .find(|(name, _)| *name == key)
            .map(|(_, value)| value.as_str())
    };
    let hash = |key: &'static str| {
        find(key)
            .and_then(proof::decode)
            .map(TokenHash::new)
            .ok_or_else(|| Failure::field(key))
    };
    let count = |key: &'static str| find(key).and_then(decimal).ok_or_else(|| Failure::field(key));
    let reads = count(metadata::READS)?;
    let burns = find(metadata::ON_GUESSING) == Some(metadata::BURN);
    let keep = match find(metadata::KEEP) {
        None => false,
        // What burns by anything but time is in no backup.
        Some("1") if reads == 0 && !burns => true,
        Some(_) => return Err(Failure::field(metadata::KEEP)),
    };
    let id = find(metadata::ID).ok_or_else(|| Failure::field(metadata::ID))?;
    let new = NewPaste {
        id: proof::secret(id, Id::new).ok_or_else(|| Failure::field(metadata::ID))?,
        probe: hash(metadata::PROBE)?,
        claim: hash(metadata::CLAIM)?,
        receipt: hash(metadata::RECEIPT)?,
        size,
        expires_in: count(metadata::EXPIRES_IN)?,
        reads: u32::try_from(reads)
            .ok()
            .filter(|reads| *reads <= limit::READS_MAX)
            .ok_or_else(|| Failure::policy(metadata::READS, u64::from(limit::READS_MAX)))?,
        on_guessing: match find(metadata::ON_GUESSING) {
            None | Some(metadata::LOCK) => OnGuessing::Lock,
            Some(metadata::BURN) => OnGuessing::Burn,
            Some(_) => return Err(Failure::field(metadata::ON_GUESSING)),
        },
        keep,
        panic: mark(find(metadata::PANIC))?,
    };
    Ok((new, id.to_owned()))
}

/// As [`new_paste`], for a document with several links.
pub(super) fn new_document(size: u64, text: &str) -> Result<(NewDocument, String), Failure> {
    if text.len() > limit::METADATA_LEN_MAX {
        return Err(Failure::field(name::UPLOAD_METADATA));
    }
    let mut pairs = pairs(text, &OF_DOCUMENTS)?;
    let mut take = |key: &'static str| {
        let at = pairs.iter().position(|(name, _)| *name == key);
        at.map(|at| pairs.swap_remove(at).1).ok_or_else(|| Failure::field(key))
    };
    let (id, owner, head) = (take(metadata::ID)?, take(metadata::OWNER)?, take(metadata::HEAD)?);
    let panic = pairs.iter().find(|(name, _)| *name == metadata::PANIC);
    let new = NewDocument {
        id: proof::secret(&id, Id::of_document).ok_or_else(|| Failure::field(metadata::ID))?,
        owner: proof::decode(&owner)
            .map(TokenHash::new)
            .ok_or_else(|| Failure::field(metadata::OWNER))?,
        size,
        panic: mark(panic.map(|(_, value)| value.as_str()))?,
        head: proof::head(&head).ok_or_else(|| Failure::field(metadata::HEAD))?,
    };
    Ok((new, id))
}

fn mark(text: Option<&str>) -> Result<Option<PanicMark>, Failure> {
    let mark = |text| {
        proof::decode(text)
            .map(PanicMark::new)
            .ok_or_else(|| Failure::field(metadata::PANIC))
    };
    text.map(mark).transpose()
}

const OF_DOCUMENTS: [&str; 4] = [metadata::ID, metadata::OWNER, metadata::HEAD, metadata::PANIC];

const OF_PASTES: [&str; 9] = [
    metadata::ID,
    metadata::PROBE,
    metadata::CLAIM,
    metadata::RECEIPT,
    metadata::EXPIRES_IN,
    metadata::READS,
    metadata::ON_GUESSING,
    metadata::KEEP,
    metadata::PANIC,
];

/// Each key once, each known: a policy that is not understood must not be dropped, and a file's name must not be taken.
fn pairs<'a>(text: &'a str, known: &[&str]) -> Result<Vec<(&'a str, String)>, Failure> {
    let wrong = || Failure::field(name::UPLOAD_METADATA);
    let mut pairs: Vec<(&str, String)> = Vec::new();
    for pair in text.split(',').map(str::trim) {
        let (key, value) = pair.split_once(' ').ok_or_else(wrong)?;
        let value = Base64::decode_vec(value)
            .ok()
            .and_then(|bytes| String::from_utf8(bytes).ok())
            .ok_or_else(wrong)?;
        if !known.contains(&key) || pairs.iter().any(|(before, _)| *before == key) {
            return Err(wrong());
        }
        pairs.push((key, value));
    }
    Ok(pairs)
}
