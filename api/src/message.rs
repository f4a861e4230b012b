//! Bodies of answers, in JSON. Times are Unix seconds, sizes bytes.

use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// `GET /api/v1/config`: what this server allows, and what it does when nobody says otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Config {
    /// The server's version, as `MAJOR.MINOR.PATCH`.
    pub version: String,
    /// The largest container it takes.
    pub size_bytes_max: u64,
    /// The shortest time to expiry.
    pub expires_in_secs_min: u64,
    /// The longest time to expiry.
    pub expires_in_secs_max: u64,
    /// The time to expiry that clients offer first.
    pub expires_in_secs_default: u64,
    /// The most reads a policy may count.
    pub reads_max: u32,
    /// Whether uploading takes an invite.
    pub invite_required: bool,
}

/// `POST .../probe`: what a reader may know before the claim. Asking changes nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Probed {
    /// The container's length.
    pub size: u64,
    /// The reads of the policy; 0 is any number until expiry.
    pub reads: u32,
    /// Claims that can still succeed; `null` for any number.
    pub reads_left: Option<u32>,
    /// When it expires.
    pub expires_at: u64,
    /// Wrong passphrases that cost nothing yet. The one after them starts a wait or, with `on_guessing=burn`, burns.
    pub tries_left: u32,
    /// Whether too many wrong passphrases burn it.
    pub burns_on_guessing: bool,
    /// Seconds until the next claim is considered at all; 0 when none is being waited for.
    pub retry_after: u64,
}

/// `GET .../receipt`: what the creator may know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Receipt {
    /// Where it stands.
    pub state: PasteState,
    /// How it ended; `null` while it lives.
    pub burned: Option<Burned>,
    /// The hour in which it ended; `null` while it lives.
    pub burned_at: Option<u64>,
    /// The container's length; `null` once burned.
    pub size: Option<u64>,
    /// The reads of the policy; 0 is any number until expiry.
    pub reads: u32,
    /// Claims that can still succeed; `null` for any number.
    pub reads_left: Option<u32>,
    /// Claims that succeeded; 0 once burned, when nobody knows any more.
    #[serde(default)]
    pub reads_used: u32,
    /// Leases that run now.
    pub leases_running: u32,
    /// Wrong passphrases so far.
    pub wrong_tries: u32,
    /// Seconds until the next claim is considered at all; 0 when none is being waited for.
    pub retry_after: u64,
    /// When it expires; `null` while it is uploading, because the time runs from completion.
    pub expires_at: Option<u64>,
}

/// `POST .../policy`: how it is to end from now on. What is left out stays as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PolicyChange {
    /// Seconds from now to the new expiry, longer or shorter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_in: Option<u64>,
    /// Reads that are left from now on: at least 1, and fewer than there are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reads_left: Option<u32>,
}

/// `POST .../links`: links to a document, all or none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct LinksWanted {
    /// At least one, at most 100.
    pub links: Vec<LinkWanted>,
}

/// A link that is to be made. Ids, hashes and head in base64url.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct LinkWanted {
    /// The link's id.
    pub id: String,
    /// SHA-256 of the probe token.
    pub probe: String,
    /// SHA-256 of the claim token.
    pub claim: String,
    /// What stands before the payload: at most 512 bytes.
    pub head: String,
    /// Seconds from now to expiry.
    pub expires_in: u64,
    /// 1 to 1000, or 0 for any number until expiry.
    pub reads: u32,
    /// Whether many wrong passphrases burn it; else readers wait.
    #[serde(default)]
    pub burns_on_guessing: bool,
    /// What its owner is told of it again, in base64url, sealed by the owner: at most 256 bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
}

/// The answer to [`LinksWanted`], in its order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct LinksMade {
    /// One for each that was wanted.
    pub links: Vec<LinkMade>,
}

/// A link that was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct LinkMade {
    /// Which of the document's links, from 1. Never used again.
    pub number: u32,
    /// When it expires.
    pub expires_at: u64,
}

/// `GET /api/v1/documents/{id}/receipt`: what the owner of a document with several links may know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct DocumentReceipt {
    /// Where the payload stands. It burns with the last link.
    pub state: PasteState,
    /// The payload's length; `null` once burned.
    pub size: Option<u64>,
    /// Each link that is remembered, burned ones until their tombstone goes.
    pub links: Vec<LinkReceipt>,
}

/// One link's line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct LinkReceipt {
    /// Which of the document's links, from 1.
    pub number: u32,
    /// Where it stands.
    pub receipt: Receipt,
    /// What came with it, in base64url, as long as the document lives.
    #[serde(default)]
    pub label: Option<String>,
}

/// `POST /api/v1/panic`: what was made under the secret, and lived until now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Panicked {
    /// Pastes, documents with several links and unfinished uploads that burned now; 0 also for a secret that nothing was made under.
    pub burned: u64,
}

/// Where a paste stands. There is no way back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum PasteState {
    /// Its bytes are not all there; readers cannot see it.
    Uploading,
    /// It is whole and can be claimed.
    Stored,
    /// It is gone; a tombstone stands.
    Burned,
}

/// How a paste ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Burned {
    /// Its reads were used up.
    Reads,
    /// Its time ran out.
    Expiry,
    /// Its creator burned it.
    Demand,
    /// Too many wrong passphrases, where its creator chose that.
    Guessing,
}

/// What stays after a burn: that it burned, how, and in which hour. Part of the problem document of [`Code::Burned`](crate::Code).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Tombstone {
    /// How it ended.
    pub burned: Burned,
    /// The hour in which it ended, Unix seconds of its start.
    pub burned_at: u64,
}
