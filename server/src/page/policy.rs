//! The security headers of the page and of the frame that shows what a paste contains: `satchel_api::page` says what they are.

use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use satchel_api::page::{FRAME, HEADERS, INDEX, cache_control, frame_policy, framing, policy};

use super::built;

/// For the file at `path`.
pub(super) fn file(path: &str, headers: &mut HeaderMap) {
    for (name, value) in HEADERS.into_iter().chain(framing(path)) {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache_control(path)));
    let policy = if path == FRAME {
        frame_policy(built::FRAME_SCRIPT, built::FRAME_STYLE)
    } else {
        policy(built::TRUSTED_TYPES)
    };
    if let Ok(value) = HeaderValue::from_str(&policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, value);
    }
}

/// For what is said where there is no page.
pub(super) fn page(headers: &mut HeaderMap) {
    file(INDEX, headers);
}
