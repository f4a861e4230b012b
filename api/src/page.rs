//! The page: its manifest, and the headers and media types of its files, for who serves them and who checks them. docs/api.md section 8.
//!
//! The values are fixed by section 7 of the design. No hash is computed here.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use serde::Deserialize;

/// Where the manifest is: [`PageManifest`].
pub const MANIFEST: &str = "/page-manifest.json";
/// The page, which every other path is as well.
pub const INDEX: &str = "/index.html";
/// What shows a paste's content.
pub const FRAME: &str = "/frame.html";
/// The service worker of who keeps the page for use without a connection.
pub const SERVICE_WORKER: &str = "/service-worker.js";
/// What takes the place of any service worker and takes itself and all that was kept away.
pub const SERVICE_WORKER_OFF: &str = "/service-worker-off.js";
/// `service-worker: script` is how a browser says that it asks for the script of a service worker: [`SERVICE_WORKER`] or, where that is switched
/// off and for any other path, [`SERVICE_WORKER_OFF`].
pub const AS_SERVICE_WORKER: (&str, &str) = ("service-worker", "script");

/// What every file of the page carries beside `content-security-policy`, `cache-control`, `content-type`, and those of [`framing`].
pub const HEADERS: [(&str, &str); 7] = [
    ("integrity-policy", "blocked-destinations=(script)"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-embedder-policy", "require-corp"),
    ("permissions-policy", PERMISSIONS),
    ("referrer-policy", "no-referrer"),
    ("x-content-type-options", "nosniff"),
    ("x-robots-tag", "noindex"),
];

/// What no answer with a file of the page may carry: it would keep something in the browser, lead it elsewhere, or have it report elsewhere.
pub const NEVER: [&str; 11] = [
    "access-control-allow-origin",
    "content-security-policy-report-only",
    "etag",
    "last-modified",
    "link",
    "nel",
    "refresh",
    "report-to",
    "reporting-endpoints",
    "service-worker-allowed",
    "set-cookie",
];

/// What the page does not use. `clipboard-write` stays, for the copy button, and `web-share`, for the system's share sheet.
const PERMISSIONS: &str = "accelerometer=(), ambient-light-sensor=(), attribution-reporting=(), autoplay=(), battery=(), bluetooth=(), \
    browsing-topics=(), camera=(), clipboard-read=(), clipboard-write=(self), compute-pressure=(), cross-origin-isolated=(), \
    display-capture=(), document-domain=(), encrypted-media=(), fullscreen=(), gamepad=(), geolocation=(), gyroscope=(), hid=(), \
    identity-credentials-get=(), idle-detection=(), interest-cohort=(), keyboard-map=(), local-fonts=(), magnetometer=(), microphone=(), \
    midi=(), otp-credentials=(), payment=(), picture-in-picture=(), publickey-credentials-create=(), publickey-credentials-get=(), \
    screen-wake-lock=(), serial=(), speaker-selection=(), storage-access=(), sync-xhr=(), unload=(), usb=(), web-share=(self), \
    window-management=(), xr-spatial-tracking=()";

/// What `page-manifest.json` says: each file of the page, and what built it. It does not name itself.
#[derive(Debug, PartialEq, Eq, Deserialize)]
pub struct PageManifest {
    /// Satchel's version.
    pub version: String,
    /// Name and version of each tool that has a say in the bytes.
    pub toolchain: BTreeMap<String, String>,
    /// By path, which begins with `/`.
    pub files: BTreeMap<String, Described>,
    /// The page of a letter, which no server serves: it is in the command line.
    #[serde(default)]
    pub letter: Option<Described>,
}

/// One file of the page.
#[derive(Debug, PartialEq, Eq, Deserialize)]
pub struct Described {
    /// Its length.
    pub bytes: u64,
    /// SHA-384 in base64, as an `integrity` attribute has it.
    pub sha384: String,
}

/// `content-security-policy` of the page and its files. `trusted_types` are the names of its policies, separated by spaces.
#[must_use]
pub fn policy(trusted_types: &str) -> String {
    format!(
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; \
         worker-src 'self'; frame-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
         require-trusted-types-for 'script'; trusted-types {trusted_types}"
    )
}

/// `content-security-policy` of [`FRAME`]: nothing but its one script, and nobody but the page may frame it. `script` and `styles` are
/// hashes as a policy has them, separated by spaces; no style where there is none.
#[must_use]
pub fn frame_policy(script: &str, styles: &str) -> String {
    let style = if styles.is_empty() {
        String::new()
    } else {
        format!("style-src {styles}; ")
    };
    format!(
        "sandbox allow-scripts; default-src 'none'; script-src {script}; {style}img-src blob: data:; media-src blob:; frame-ancestors 'self'"
    )
}

/// `x-frame-options` and `cross-origin-resource-policy` of a file. [`FRAME`] is of no origin in its sandbox: Firefox asks that it may be taken
/// from anywhere, or shows nothing. It holds nothing of anybody, and `frame-ancestors` keeps others from framing it.
#[must_use]
pub fn framing(path: &str) -> [(&'static str, &'static str); 2] {
    let (options, resource) = if path == FRAME {
        ("SAMEORIGIN", "cross-origin")
    } else {
        ("DENY", "same-origin")
    };
    [("x-frame-options", options), ("cross-origin-resource-policy", resource)]
}

/// `cache-control` of a file: a name with a hash in it never means anything else.
#[must_use]
pub fn cache_control(path: &str) -> &'static str {
    if is_hash_named(path) {
        "public, max-age=31536000, immutable"
    } else {
        "no-store"
    }
}

/// `content-type` of a file, by its name; `None` for what no page has.
#[must_use]
pub fn media_type(path: &str) -> Option<&'static str> {
    Some(match path.rsplit('.').next()? {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "wasm" => "application/wasm",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "webp" => "image/webp",
        "woff2" => "font/woff2",
        "txt" => "text/plain; charset=utf-8",
        _ => return None,
    })
}

/// `/assets/NAME-HASH.EXT` with at least eight characters of hash: what Vite makes of a file's content.
fn is_hash_named(path: &str) -> bool {
    let Some((stem, _)) = path.strip_prefix("/assets/").and_then(|file| file.rsplit_once('.')) else {
        return false;
    };
    stem.len() > 9
        && stem.is_char_boundary(stem.len() - 9)
        && stem.as_bytes()[stem.len() - 9] == b'-'
        && stem
            .bytes()
            .rev()
            .take(8)
            .all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
}

/// What stands inside each `<element ...>` of `html`, which is what a policy names by hash. `None` where one is not closed, or names
/// a file in its place.
#[must_use]
pub fn inline<'a>(html: &'a str, element: &str) -> Option<Vec<&'a str>> {
    let (opening, closing) = (format!("<{element}"), format!("</{element}>"));
    let mut found = Vec::new();
    let mut rest = html;
    while let Some(at) = rest.find(&opening) {
        let tag = &rest[at..];
        let (attributes, after) = tag.split_once('>')?;
        let (inside, after) = after.split_once(&closing)?;
        if attributes.contains("src=") {
            return None;
        }
        found.push(inside);
        rest = after;
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_name_with_a_hash_may_be_kept() {
        for path in [
            "/assets/index-DqhmyehB.js",
            "/assets/satchel_client_wasm_bg-4vW12yXv.wasm",
        ] {
            assert!(cache_control(path).contains("immutable"), "{path}");
        }
        for path in [
            INDEX,
            FRAME,
            MANIFEST,
            "/icon.svg",
            "/assets/index.js",
            "/assets/-DqhmyehB.js",
            "/other/index-DqhmyehB.js",
        ] {
            assert_eq!(cache_control(path), "no-store", "{path}");
        }
    }

    #[test]
    fn what_stands_inline_is_found_whole() {
        assert_eq!(
            inline("<p><script>a</script><script async>b</script>", "script"),
            Some(alloc::vec!["a", "b"])
        );
        assert_eq!(inline("<p>", "script"), Some(Vec::new()));
        assert_eq!(inline("<script>a", "script"), None);
        assert_eq!(inline("<script src=\"a\"></script>", "script"), None);
    }

    #[test]
    fn a_manifest_may_come_without_the_letter() {
        let text = r#"{"version":"1","toolchain":{"node":"20"},"files":{"/index.html":{"bytes":2,"sha384":"x"}}}"#;
        let manifest: PageManifest = serde_json::from_str(text).unwrap();
        assert_eq!((manifest.files[INDEX].bytes, manifest.letter), (2, None));
    }
}
