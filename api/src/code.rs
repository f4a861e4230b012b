//! The one list of error codes, for API, CLI exit codes and page.

use serde::{Deserialize, Serialize};

// `$name` is a `tt`: behind a `literal` the schema's derive does not find the name.
macro_rules! codes {
    ($($(#[$doc:meta])+ $variant:ident = $name:tt, $status:literal, $title:literal;)+) => {
        /// What went wrong, in a stable word. The status and the sentence follow from it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
        #[non_exhaustive]
        pub enum Code {
            $($(#[$doc])+ #[serde(rename = $name)] $variant,)+
            /// A code of a newer server; never sent by this one.
            #[serde(other)]
            Unknown,
        }

        impl Code {
            /// Every code that a server sends.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The word on the wire.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ Self::Unknown => "unknown" }
            }

            /// The HTTP status that goes with it.
            #[must_use]
            pub const fn status(self) -> u16 {
                match self { $(Self::$variant => $status,)+ Self::Unknown => 500 }
            }

            /// One sentence for people, in English.
            #[must_use]
            pub const fn title(self) -> &'static str {
                match self { $(Self::$variant => $title,)+ Self::Unknown => "The server answered something unknown." }
            }
        }
    };
}

codes! {
    /// A header, field or body is missing or malformed: `field` names it.
    InvalidRequest = "invalid_request", 400, "The request is malformed.";
    /// A claim with a right probe token and a wrong claim token: `tries_left`.
    WrongPassphrase = "wrong_passphrase", 403, "The passphrase is wrong.";
    /// Uploading here takes an invite.
    InviteRequired = "invite_required", 403, "Uploading here takes an invite.";
    /// There is nothing, or the caller could not prove the link.
    NotFound = "not_found", 404, "There is nothing here for this link.";
    /// The path knows other methods.
    MethodNotAllowed = "method_not_allowed", 405, "This address does not take that method.";
    /// The body came too slowly.
    RequestTimeout = "request_timeout", 408, "The request took too long.";
    /// Another paste has this id.
    IdTaken = "id_taken", 409, "This id is taken.";
    /// tus: the upload stands elsewhere: `offset`.
    OffsetMismatch = "offset_mismatch", 409, "The upload stands at another offset.";
    /// It is gone: `burned`, `burned_at`.
    Burned = "burned", 410, "This is gone.";
    /// This lease was confirmed or ran out.
    LeaseEnded = "lease_ended", 410, "The time to download has ended.";
    /// tus: `Tus-Resumable` is missing or of another version.
    TusVersion = "tus_version", 412, "Only version 1.0.0 of tus is spoken here.";
    /// Larger than `limit` bytes.
    TooLarge = "too_large", 413, "This is larger than the server takes.";
    /// The body's media type is not the one asked for.
    UnsupportedMediaType = "unsupported_media_type", 415, "The body has the wrong media type.";
    /// `Range` lies outside the content.
    RangeNotSatisfiable = "range_not_satisfiable", 416, "The range lies outside the content.";
    /// A number or time of the policy is outside what this server allows: `field`, `limit`.
    PolicyNotAllowed = "policy_not_allowed", 422, "This server does not allow that expiry or number of reads.";
    /// Wrong passphrases have built up a wait: `retry_after`.
    Wait = "wait", 429, "Too many wrong passphrases: wait before the next try.";
    /// As many leases run as may at once: `retry_after`.
    TooManyLeases = "too_many_leases", 429, "Too many people are downloading this at once.";
    /// This client asks too often: `retry_after`.
    RateLimited = "rate_limited", 429, "Too many requests: wait a little.";
    /// Work must be shown first: `work`.
    WorkRequired = "work_required", 429, "The server asks for a proof of work first.";
    /// The head of the request is larger than the server takes.
    HeadersTooLarge = "headers_too_large", 431, "The headers are larger than the server takes.";
    /// tus: the body does not match `Upload-Checksum`.
    ChecksumMismatch = "checksum_mismatch", 460, "The bytes did not arrive as they were sent.";
    /// The server failed.
    Internal = "internal", 500, "The server failed.";
    /// The server is starting, stopping or cannot write: `retry_after`.
    Unavailable = "unavailable", 503, "The server is not ready.";
    /// No room: `limit` where it is a quota.
    StorageFull = "storage_full", 507, "The server has no room.";
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;

    #[test]
    fn every_code_is_written_as_its_word() {
        for code in Code::ALL {
            assert_eq!(serde_json::to_string(code).unwrap(), format!("\"{}\"", code.as_str()));
        }
    }

    #[test]
    fn a_code_of_a_newer_server_is_read_as_unknown() {
        assert_eq!(serde_json::from_str::<Code>("\"flux\"").unwrap(), Code::Unknown);
    }
}
