//! Ids and tokens as they stand in paths and headers. What is malformed proves nothing and gets the one 404.

use actix_web::HttpRequest;
use actix_web::http::header;
use base64ct::{Base64UrlUnpadded, Encoding as _};
use satchel_api::{Code, limit, route};

use super::Failure;
use crate::storage::{Id, PanicSecret, Token, without_trace};

/// The `{id}` of the path: a document's below [`route::DOCUMENTS`], else a paste's.
///
/// # Errors
/// `not_found` when it is not 16 bytes in base64url.
pub(super) fn id(request: &HttpRequest) -> Result<Id, Failure> {
    // The path as it was routed: as it was written, a route may begin otherwise.
    let kind = if request.match_info().as_str().starts_with(route::DOCUMENTS) {
        Id::of_document
    } else {
        Id::new
    };
    let text = request.match_info().get("id").ok_or_else(not_found)?;
    secret(text, kind).ok_or_else(not_found)
}

/// An id or a token, of whose bytes nothing stays behind.
pub(super) fn secret<const N: usize, T>(text: &str, of: impl FnOnce([u8; N]) -> T) -> Option<T> {
    without_trace(|| decode(text).map(of))
}

/// The `{number}` of the path, from 1.
///
/// # Errors
/// `not_found` when it is not a number in its one spelling.
pub(super) fn number(request: &HttpRequest) -> Result<u32, Failure> {
    let text = request.match_info().get("number").ok_or_else(not_found)?;
    let number = text.parse().ok().filter(|number: &u32| number.to_string() == text);
    number.ok_or_else(not_found)
}

/// The token of `Authorization: Bearer`.
///
/// # Errors
/// `not_found` when it is missing or not 32 bytes in base64url.
pub(super) fn bearer(request: &HttpRequest) -> Result<Token, Failure> {
    bearer_if_any(request).ok_or_else(not_found)
}

pub(super) fn bearer_if_any(request: &HttpRequest) -> Option<Token> {
    secret(bearer_text(request)?, Token::new)
}

fn bearer_text(request: &HttpRequest) -> Option<&str> {
    let mut all = request.headers().get_all(header::AUTHORIZATION);
    let (Some(value), None) = (all.next(), all.next()) else {
        return None;
    };
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return None;
    }
    Some(token.trim_start_matches(' '))
}

/// The token in the header `name`, once.
pub(super) fn token_in(request: &HttpRequest, name: &str) -> Option<Token> {
    let mut all = request.headers().get_all(name);
    let (Some(value), None) = (all.next(), all.next()) else {
        return None;
    };
    secret(value.to_str().ok()?, Token::new)
}

fn not_found() -> Failure {
    Failure::new(Code::NotFound)
}

/// Exactly `N` bytes from base64url without padding, in its one spelling.
pub(super) fn decode<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    let len = Base64UrlUnpadded::decode(text, &mut bytes).ok()?.len();
    (len == N).then_some(bytes)
}

/// What stands before the payload of a container with several links, in base64url: opaque, and short.
pub(super) fn head(text: &str) -> Option<Vec<u8>> {
    short(text, limit::HEAD_LEN_MAX)
}

/// 1 to `len_max` opaque bytes in base64url.
pub(super) fn short(text: &str, len_max: usize) -> Option<Vec<u8>> {
    let bytes = Base64UrlUnpadded::decode_vec(text).ok()?;
    (1..=len_max).contains(&bytes.len()).then_some(bytes)
}

/// The panic secret of `Authorization: Bearer`; none when it is missing or not 32 bytes in base64url.
pub(super) fn panic_secret(request: &HttpRequest) -> Option<PanicSecret> {
    secret(bearer_text(request)?, PanicSecret::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_one_spelling_of_the_right_length_is_taken() {
        assert!(decode::<16>("AAAAAAAAAAAAAAAAAAAAAA").is_some());
        for text in [
            "",
            "AAAA",
            "AAAAAAAAAAAAAAAAAAAAAB",
            "AAAAAAAAAAAAAAAAAAAAAA==",
            "AAAAAAAAAAAAAAAAAAAAAAAA",
            "AAAAAAAAAAAAAAAAAAAA+A",
        ] {
            assert!(decode::<16>(text).is_none(), "{text}");
        }
    }
}
