//! The security headers of the page and of the frame that shows what a paste contains.

use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};

use super::built;

macro_rules! page_csp {
    () => {
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; \
         worker-src 'self'; frame-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
         require-trusted-types-for 'script'; trusted-types "
    };
}

/// What the page does not use. `clipboard-write` stays, for the copy button.
const PERMISSIONS: &str = "accelerometer=(), ambient-light-sensor=(), attribution-reporting=(), autoplay=(), battery=(), bluetooth=(), \
    browsing-topics=(), camera=(), clipboard-read=(), clipboard-write=(self), compute-pressure=(), cross-origin-isolated=(), \
    display-capture=(), document-domain=(), encrypted-media=(), fullscreen=(), gamepad=(), geolocation=(), gyroscope=(), hid=(), \
    identity-credentials-get=(), idle-detection=(), interest-cohort=(), keyboard-map=(), local-fonts=(), magnetometer=(), microphone=(), \
    midi=(), otp-credentials=(), payment=(), picture-in-picture=(), publickey-credentials-create=(), publickey-credentials-get=(), \
    screen-wake-lock=(), serial=(), speaker-selection=(), storage-access=(), sync-xhr=(), unload=(), usb=(), web-share=(), \
    window-management=(), xr-spatial-tracking=()";

fn put(headers: &mut HeaderMap, name: &'static str, value: HeaderValue) {
    headers.insert(HeaderName::from_static(name), value);
}

fn both(headers: &mut HeaderMap) {
    put(
        headers,
        "integrity-policy",
        HeaderValue::from_static("blocked-destinations=(script)"),
    );
    put(
        headers,
        "cross-origin-opener-policy",
        HeaderValue::from_static("same-origin"),
    );
    put(
        headers,
        "cross-origin-embedder-policy",
        HeaderValue::from_static("require-corp"),
    );
    put(headers, "permissions-policy", HeaderValue::from_static(PERMISSIONS));
}

/// For the page and every file of it.
pub(super) fn page(headers: &mut HeaderMap) {
    both(headers);
    let policy = format!(concat!(page_csp!(), "{}"), built::TRUSTED_TYPES);
    if let Ok(value) = HeaderValue::from_str(&policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, value);
    }
}

/// For `/frame.html`: nothing but its one script, and nobody but the page may frame it.
pub(super) fn frame(headers: &mut HeaderMap) {
    both(headers);
    let style = if built::FRAME_STYLE == "'none'" {
        String::new()
    } else {
        format!("style-src {}; ", built::FRAME_STYLE)
    };
    let policy = format!(
        "sandbox allow-scripts; default-src 'none'; script-src {}; {style}img-src blob: data:; media-src blob:; frame-ancestors 'self'",
        built::FRAME_SCRIPT
    );
    if let Ok(value) = HeaderValue::from_str(&policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, value);
    }
    put(headers, "x-frame-options", HeaderValue::from_static("SAMEORIGIN"));
    // In its sandbox it is of no origin: Firefox asks for this, or shows nothing. It holds nothing of anybody, and `frame-ancestors` keeps others from framing it.
    put(
        headers,
        "cross-origin-resource-policy",
        HeaderValue::from_static("cross-origin"),
    );
}
