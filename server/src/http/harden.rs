//! The headers that every answer carries, and the bound on what a request's head may hold.

use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use satchel_api::{header as name, route};

use super::place::is_onion;
use crate::config::Settings;

/// Bytes of names and values in a request's head; no client of ours sends a quarter of it.
const HEAD_BYTES_MAX: usize = 16 * 1024;

/// What an operator chose.
#[derive(Clone, Copy, Debug, Default)]
pub struct Hardening {
    /// Send `Strict-Transport-Security`.
    pub hsts: bool,
}

impl Hardening {
    /// For who sent these headers: an onion service has no TLS to be strict about.
    #[must_use]
    pub fn of(settings: &Settings, asked: &HeaderMap) -> Self {
        Self {
            hsts: settings.hsts && !is_onion(asked),
        }
    }
}

/// Whether the head is larger than is taken.
#[must_use]
pub fn head_is_too_large(uri_len: usize, headers: &HeaderMap) -> bool {
    let headers_len: usize = headers
        .iter()
        .map(|(name, value)| name.as_str().len() + value.len() + 4)
        .sum();
    uri_len + headers_len > HEAD_BYTES_MAX
}

/// Adds what is missing; what the page set for itself stays.
pub fn harden(path: &str, headers: &mut HeaderMap, hardening: Hardening) {
    let mut put = |name: HeaderName, value: &'static str| {
        if !headers.contains_key(&name) {
            headers.insert(name, HeaderValue::from_static(value));
        }
    };
    put(header::CACHE_CONTROL, "no-store");
    put(
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; frame-ancestors 'none'",
    );
    put(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    put(header::REFERRER_POLICY, "no-referrer");
    put(header::X_FRAME_OPTIONS, "DENY");
    put(HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
    put(HeaderName::from_static("x-robots-tag"), "noindex");
    if hardening.hsts {
        put(header::STRICT_TRANSPORT_SECURITY, "max-age=63072000; includeSubDomains");
    }
    if is_tus(path) {
        put(HeaderName::from_static(name::TUS_RESUMABLE), name::TUS_VERSION_SPOKEN);
    }
}

/// `/api/v1/pastes` and `/api/v1/pastes/{id}`, and the same of documents.
fn is_tus(path: &str) -> bool {
    let rest = path.strip_prefix(route::PASTES);
    match rest.or_else(|| path.strip_prefix(route::DOCUMENTS)) {
        Some("") => true,
        Some(rest) => rest
            .strip_prefix('/')
            .is_some_and(|id| !id.is_empty() && !id.contains('/')),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tus_is_spoken_where_uploads_are() {
        assert!(is_tus("/api/v1/documents") && is_tus("/api/v1/documents/AAAA"));
        assert!(!is_tus("/api/v1/documents/AAAA/links"));
        assert!(is_tus("/api/v1/pastes") && is_tus("/api/v1/pastes/AAAA"));
        assert!(!is_tus("/api/v1/pastes/AAAA/claim") && !is_tus("/api/v1/pastesx") && !is_tus("/"));
    }
}
