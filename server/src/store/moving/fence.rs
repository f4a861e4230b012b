//! What keeps a store that is on its way from being served where it was: a file in the data folder, on the disk before the first item goes.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::Origin;
use super::error::MoveError;
use crate::store::error::OpenError;
use crate::store::opening::{open_private, sync_folder};

const NAME: &str = "moving";
const NEXT: &str = "moving.next";

/// How far the old side is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Stage {
    /// No server starts any more. Nothing has gone yet.
    Fenced,
    /// Nothing here changes any more: items go.
    Sending,
    /// The new one has all, and this one's keys go: no way back.
    Given,
    /// The new one said that it is a store.
    Gone,
}

/// The file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Fence {
    pub(crate) origin: Origin,
    /// Where to, as it was typed.
    pub(crate) to: String,
    pub(crate) stage: Stage,
    /// Items that went, tombstones included.
    pub(crate) items: u64,
    /// Bytes of them.
    pub(crate) bytes: u64,
}

impl Fence {
    /// The one that stands, if one does.
    pub(crate) fn read(folder: &Path) -> Result<Option<Self>, OpenError> {
        let path = folder.join(NAME);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(OpenError::Io { path, source }),
        };
        let fence = serde_json::from_slice(&bytes).map_err(|error| OpenError::Io {
            path,
            source: error.into(),
        })?;
        Ok(Some(fence))
    }

    /// On the disk before this returns.
    pub(crate) fn write(&self, folder: &Path) -> Result<(), MoveError> {
        let (path, next) = (folder.join(NAME), folder.join(NEXT));
        let written = open_private(&next).and_then(|mut file| {
            file.set_len(0)?;
            file.write_all(&serde_json::to_vec(self)?)?;
            file.sync_all()?;
            fs::rename(&next, &path)?;
            sync_folder(folder)
        });
        written.map_err(MoveError::at(&path))
    }

    /// The store is served here again.
    pub(crate) fn lift(folder: &Path) -> Result<(), MoveError> {
        let path = folder.join(NAME);
        fs::remove_file(&path)
            .and_then(|()| sync_folder(folder))
            .map_err(MoveError::at(&path))
    }
}

/// Whether a store in this folder may be used.
///
/// # Errors
/// [`OpenError::Moving`], [`OpenError::Moved`].
pub(in crate::store) fn gate(folder: &Path) -> Result<(), OpenError> {
    match Fence::read(folder)? {
        None => Ok(()),
        Some(fence) if matches!(fence.stage, Stage::Fenced | Stage::Sending) => Err(OpenError::Moving { to: fence.to }),
        Some(fence) => Err(moved(folder, fence)),
    }
}

/// Whether there is still something to look at.
///
/// # Errors
/// [`OpenError::Moved`].
pub(in crate::store) fn gate_to_read(folder: &Path) -> Result<(), OpenError> {
    match Fence::read(folder)? {
        Some(fence) if matches!(fence.stage, Stage::Given | Stage::Gone) => Err(moved(folder, fence)),
        _ => Ok(()),
    }
}

fn moved(folder: &Path, fence: Fence) -> OpenError {
    OpenError::Moved {
        to: fence.to,
        path: folder.join(NAME),
    }
}
