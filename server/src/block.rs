//! `satchel-server block`, `unblock`, `blocked`: ids that are not to be had here, while the server runs or not.

use std::io::{self, Write as _};
use std::path::PathBuf;

use base64ct::{Base64UrlUnpadded, Encoding as _};

use crate::config::Settings;
use crate::store::{Blocks, Id, OpenError};

/// What to do about an id.
#[derive(Clone, Copy)]
pub enum BlockVerb<'a> {
    /// Blocks the id that is written.
    Block(&'a str),
    /// Takes the block from an id, or from the hash as the list shows it.
    Unblock(&'a str),
    /// Lists hashes.
    List,
}

/// Why it was not done. Each is a sentence.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BlockError {
    /// The store cannot be used.
    #[error("the data folder {folder} cannot be used: {source}")]
    Open {
        /// Which.
        folder: PathBuf,
        /// Why.
        source: OpenError,
    },
    /// It may be a link, so it is not repeated.
    #[error(
        "that is no id: an id has 22 characters, and a link is none; `satchel share --json` and the address of a request hold it"
    )]
    NoId,
    /// There is nothing to take away.
    #[error("that id is not blocked")]
    NotBlocked,
    /// What was to be shown could not be.
    #[error("standard output cannot be written: {0}")]
    Output(#[from] io::Error),
}

/// Does it. Blocking what is blocked is fine.
///
/// # Errors
/// [`BlockError`].
pub fn run(verb: BlockVerb<'_>, settings: &Settings) -> Result<(), BlockError> {
    let failed = |source| BlockError::Open {
        folder: settings.data.clone(),
        source,
    };
    let hash = match verb {
        BlockVerb::Block(text) | BlockVerb::Unblock(text) => Some(parse(text)),
        BlockVerb::List => None,
    };
    // What was mistyped is said before anything is opened.
    if matches!(hash, Some(Written::Nothing)) {
        return Err(BlockError::NoId);
    }
    let blocks = Blocks::open(&settings.data).map_err(failed)?;
    match (verb, hash) {
        (BlockVerb::Block(_), Some(Written::Id(id))) => blocks.block(id).map(drop).map_err(failed),
        (BlockVerb::Unblock(_), Some(Written::Id(id))) => unblock(&blocks, &id.hash(), failed),
        (BlockVerb::Unblock(_), Some(Written::Hash(hash))) => unblock(&blocks, &hash, failed),
        (BlockVerb::List, _) => {
            let mut out = io::stdout().lock();
            for hash in blocks.list().map_err(failed)? {
                writeln!(out, "{}", Base64UrlUnpadded::encode_string(&hash))?;
            }
            Ok(out.flush()?)
        }
        (BlockVerb::Block(_) | BlockVerb::Unblock(_), _) => Err(BlockError::NoId),
    }
}

fn unblock(blocks: &Blocks, hash: &[u8; 32], failed: impl FnOnce(OpenError) -> BlockError) -> Result<(), BlockError> {
    if blocks.unblock(hash).map_err(failed)? {
        Ok(())
    } else {
        Err(BlockError::NotBlocked)
    }
}

enum Written {
    Id(Id),
    Hash([u8; 32]),
    Nothing,
}

fn parse(text: &str) -> Written {
    let mut bytes = [0; 33];
    match Base64UrlUnpadded::decode(text, &mut bytes) {
        Ok(id) if id.len() == 16 => id.try_into().map_or(Written::Nothing, |id| Written::Id(Id::new(id))),
        Ok(hash) if hash.len() == 32 => hash.try_into().map_or(Written::Nothing, Written::Hash),
        Ok(_) | Err(_) => Written::Nothing,
    }
}
