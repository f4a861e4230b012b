//! RFC 9457 problem documents: every error answer's body, `application/problem+json`.

use alloc::format;
use alloc::string::String;
use serde::{Deserialize, Serialize};

use crate::{Burned, Code, Tombstone};

/// The media type.
pub const MEDIA_TYPE: &str = "application/problem+json";

/// One error answer. Fields after `code` are there where the caller can act on them.
///
/// Source: RFC 9457 section 3.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Problem {
    /// `urn:satchel:problem:CODE`.
    pub r#type: String,
    /// One sentence for people.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What went wrong, for programs.
    pub code: Code,
    /// The limit that was passed, in the unit of what was limited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
    /// Seconds after which it is worth trying again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u64>,
    /// Wrong passphrases that cost nothing yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tries_left: Option<u32>,
    /// Bytes that the server holds of an upload.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offset: Option<u64>,
    /// How the paste ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub burned: Option<Burned>,
    /// The hour in which it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub burned_at: Option<u64>,
    /// The work that is asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub work: Option<Work>,
    /// The field or header that was wrong: a name of the protocol, never a value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
}

/// A proof of work that is asked for: nonces of 8 bytes, each with SHA-256("satchel/v1/work" || challenge (21) || nonce (8)) beginning with that
/// many zero bits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Work {
    /// base64url of 21 bytes: 28 characters. For one id, and for five minutes.
    pub challenge: String,
    /// Zero bits.
    pub bits: u8,
    /// How many nonces: one for an upload, one for each link.
    pub nonces: u32,
}

impl Problem {
    /// The problem of `code` with nothing to act on.
    #[must_use]
    pub fn new(code: Code) -> Self {
        Self {
            r#type: format!("urn:satchel:problem:{}", code.as_str()),
            title: String::from(code.title()),
            status: code.status(),
            code,
            limit: None,
            retry_after: None,
            tries_left: None,
            offset: None,
            burned: None,
            burned_at: None,
            work: None,
            field: None,
        }
    }

    /// The problem that a burned paste answers with.
    #[must_use]
    pub fn burned(tombstone: Tombstone) -> Self {
        Self {
            burned: Some(tombstone.burned),
            burned_at: Some(tombstone.burned_at),
            ..Self::new(Code::Burned)
        }
    }

    /// What became of the paste, where this is the problem of a burned one.
    #[must_use]
    pub fn tombstone(&self) -> Option<Tombstone> {
        Some(Tombstone {
            burned: self.burned?,
            burned_at: self.burned_at?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_without_details_has_five_fields() {
        let text = serde_json::to_string(&Problem::new(Code::NotFound)).unwrap();
        assert_eq!(
            text,
            r#"{"type":"urn:satchel:problem:not_found","title":"There is nothing here for this link.","status":404,"code":"not_found"}"#
        );
    }

    #[test]
    fn a_tombstone_survives_the_wire() {
        let tombstone = Tombstone {
            burned: Burned::Reads,
            burned_at: 1_800_000_000,
        };
        let text = serde_json::to_string(&Problem::burned(tombstone)).unwrap();
        let back: Problem = serde_json::from_str(&text).unwrap();
        assert_eq!(back.tombstone(), Some(tombstone));
    }
}
