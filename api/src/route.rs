//! Paths, relative to BASE. A `{id}` is 16 bytes in base64url without padding: 22 characters.

use alloc::format;
use alloc::string::String;

/// 200 `ok` when the server's last write and read went well.
pub const HEALTH: &str = "/healthz";
/// Limits, defaults and version: [`Config`](crate::Config).
pub const CONFIG: &str = "/api/v1/config";
/// The OpenAPI 3.1 document.
pub const OPENAPI: &str = "/api/v1/openapi.json";
/// Creation (tus `POST`) and capabilities (`OPTIONS`).
pub const PASTES: &str = "/api/v1/pastes";
/// One paste, as a pattern: `HEAD`, `PATCH` and `DELETE`.
pub const PASTE: &str = "/api/v1/pastes/{id}";
/// What its creator may know.
pub const RECEIPT: &str = "/api/v1/pastes/{id}/receipt";
/// Clears the wait that wrong passphrases have built up.
pub const RESET_WAIT: &str = "/api/v1/pastes/{id}/reset-wait";
/// Asks without using up.
pub const PROBE: &str = "/api/v1/pastes/{id}/probe";
/// Uses up one read.
pub const CLAIM: &str = "/api/v1/pastes/{id}/claim";
/// The content again, under a lease.
pub const CONTENT: &str = "/api/v1/pastes/{id}/content";
/// Ends a lease: its holder has everything.
pub const CONFIRM: &str = "/api/v1/pastes/{id}/confirm";
/// Changes how a paste ends.
pub const POLICY: &str = "/api/v1/pastes/{id}/policy";
/// Creation of a document with several links (tus `POST`) and capabilities (`OPTIONS`).
pub const DOCUMENTS: &str = "/api/v1/documents";
/// One document, as a pattern: `HEAD`, `PATCH` and `DELETE`.
pub const DOCUMENT: &str = "/api/v1/documents/{id}";
/// What its owner may know of it and of each link.
pub const DOCUMENT_RECEIPT: &str = "/api/v1/documents/{id}/receipt";
/// The owner's head.
pub const HEAD: &str = "/api/v1/documents/{id}/head";
/// Makes links.
pub const LINKS: &str = "/api/v1/documents/{id}/links";
/// One link, by its `{number}`: burns it.
pub const LINK: &str = "/api/v1/documents/{id}/links/{number}";
/// Changes how one link ends.
pub const LINK_POLICY: &str = "/api/v1/documents/{id}/links/{number}/policy";

/// Burns everything that was made under a panic secret.
pub const PANIC: &str = "/api/v1/panic";

/// `pattern` with its `{id}` filled in.
#[must_use]
pub fn of(pattern: &str, id: &str) -> String {
    // By its braces: it comes before any other part. A search for a text, and `format!`, are large in the page's WebAssembly.
    match pattern.split_once('{').zip(pattern.split_once('}')) {
        Some(((before, _), (_, after))) => [before, id, after].concat(),
        None => String::from(pattern),
    }
}

/// `pattern` with its `{id}` and `{number}` filled in.
#[must_use]
pub fn of_link(pattern: &str, id: &str, number: u32) -> String {
    of(pattern, id).replace("{number}", &format!("{number}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_takes_its_id() {
        assert_eq!(
            of(CLAIM, "AAAAAAAAAAAAAAAAAAAAAA"),
            "/api/v1/pastes/AAAAAAAAAAAAAAAAAAAAAA/claim"
        );
        assert_eq!(of(CONFIG, "x"), CONFIG);
    }
}
