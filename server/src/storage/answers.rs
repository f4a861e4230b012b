//! What a backend answers.

use satchel_api::{Receipt, Tombstone};
use serde::{Deserialize, Serialize};

use super::stream::{Content, Upload};

/// The answer to a creation, new or repeated.
pub struct Created {
    /// Bytes that are held durably.
    pub offset: u64,
    /// The container's length.
    pub size: u64,
    /// Uploading: when the unfinished upload is dropped. Stored: when it expires. Unix seconds.
    pub expires_at: u64,
    /// Takes the rest of the bytes: there for a new creation (or a repeated one that holds nothing yet) that is not whole.
    pub upload: Option<Box<dyn Upload>>,
}

/// Where an upload stands after its bytes became durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Bytes that are held durably.
    pub offset: u64,
    /// The container's length.
    pub size: u64,
    /// As in [`Created`].
    pub expires_at: u64,
}

/// A claim that succeeded, or was repeated with the lease token of one that had.
pub struct Claimed {
    /// Claims that can still succeed; `None` for any number.
    pub reads_left: Option<u32>,
    /// The whole container.
    pub content: Box<dyn Content>,
}

/// What a burn on demand found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BurnAnswer {
    /// It is gone now, by this request.
    Now,
    /// It was gone before.
    Before(Tombstone),
}

/// How much is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Pastes that live (uploading or stored).
    pub items: u64,
    /// Their declared sizes together.
    pub bytes: u64,
}

/// How it is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Health {
    /// The last write and the last read went well.
    pub ok: bool,
    /// A clock jump is held: what it would expire is unreadable but keeps its key.
    pub clock_held: bool,
}

/// A link that was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Made {
    /// Which of the document's links, from 1.
    pub number: u32,
    /// When it expires, Unix seconds.
    pub expires_at: u64,
}

/// One link as its document's owner sees it.
pub struct LinkState {
    /// Which of the document's links, from 1.
    pub number: u32,
    /// Where it stands.
    pub receipt: Receipt,
    /// What came with it, as long as the document lives.
    pub label: Option<Vec<u8>>,
}

/// What went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Purged {
    /// Pastes and unfinished uploads.
    pub burned: u64,
    /// Tombstones.
    pub forgotten: u64,
}
