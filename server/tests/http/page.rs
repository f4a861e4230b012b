//! The page and its files, and their headers.

use super::harness::Server;

/// [B-50]
#[test]
fn any_path_is_the_page_and_looks_the_same() {
    let server = Server::start();
    let root = server.ask("GET", "/", &[], &[]).without_date();
    assert_eq!(root.status, 200);
    for path in ["/index.html", "/anything", "/a/b/c", "/?x=y", "/robots", "//api"] {
        assert!(server.ask("GET", path, &[], &[]).without_date() == root, "{path}");
    }
    assert_eq!(server.ask("HEAD", "/", &[], &[]).headers.len(), root.headers.len() + 1);
}

/// [B-51]
#[test]
fn the_page_carries_exactly_these_security_headers() {
    let server = Server::start();
    let page = server.ask("GET", "/", &[], &[]);
    let policy = page.header("content-security-policy").unwrap();
    let (fixed, names) = policy.split_once("trusted-types ").unwrap();
    assert_eq!(
        fixed,
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; \
         worker-src 'self'; frame-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
         require-trusted-types-for 'script'; "
    );
    assert!(!names.contains('*') && !names.contains("allow-duplicates") && !names.is_empty());
    for (name, value) in [
        ("integrity-policy", "blocked-destinations=(script)"),
        ("referrer-policy", "no-referrer"),
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-embedder-policy", "require-corp"),
        ("cross-origin-resource-policy", "same-origin"),
        ("cache-control", "no-store"),
        ("x-robots-tag", "noindex"),
    ] {
        assert_eq!(page.header(name), Some(value), "{name}");
    }
    assert!(page.header("permissions-policy").unwrap().contains("camera=()"));
    for name in [
        "server",
        "etag",
        "last-modified",
        "set-cookie",
        "access-control-allow-origin",
        "onion-location",
    ] {
        assert_eq!(page.header(name), None, "{name}");
    }
}

/// [B-52]
#[test]
fn a_missing_asset_is_not_the_page() {
    let server = Server::start();
    for path in ["/assets/none-12345678.js", "/a/assets/none.wasm"] {
        assert_eq!(server.ask("GET", path, &[], &[]).code(), "not_found");
    }
}

/// [B-53]
#[test]
fn hsts_and_the_onion_are_sent_where_they_are_configured() {
    let onion = "http://satchelsatchelsatchelsatchelsatchelsatchelsatchelsatchel.onion/";
    let server = Server::start_with(&["--base-url", "https://example.org/box/", "--onion-location", onion]);
    let page = server.ask("GET", "/", &[], &[]);
    assert_eq!(
        page.header("strict-transport-security"),
        Some("max-age=63072000; includeSubDomains")
    );
    let built = page.header("content-type") == Some("text/html; charset=utf-8");
    assert_eq!(page.header("onion-location"), built.then_some(onion));
    let paste = super::harness::Paste::new(4096, 1);
    let created = paste.create(&server, &[]);
    assert_eq!(created.header("location"), Some(&*format!("/box{}", paste.path(""))));
}

/// [B-54]
#[test]
fn files_are_served_packed_as_the_client_wants_them() {
    let server = Server::start();
    let plain = server.ask("GET", "/", &[], &[]);
    if plain.header("content-type") != Some("text/html; charset=utf-8") {
        return; // Built without a page: there is nothing to pack.
    }
    assert_eq!(
        (plain.header("content-encoding"), plain.header("vary")),
        (None, Some("Accept-Encoding"))
    );
    for coding in ["br", "gzip"] {
        let packed = server.ask("GET", "/", &[("accept-encoding", coding)], &[]);
        if packed.header("content-encoding").is_some() {
            assert_eq!(packed.header("content-encoding"), Some(coding));
            assert!(packed.body.len() < plain.body.len());
        }
    }
}

/// [B-55]
#[test]
fn the_frame_runs_its_one_script_and_nothing_else() {
    let server = Server::start();
    let frame = server.ask("GET", "/frame.html", &[], &[]);
    let policy = frame.header("content-security-policy").unwrap();
    if !policy.starts_with("sandbox") {
        return; // Built without a page.
    }
    assert!(
        policy.starts_with("sandbox allow-scripts; default-src 'none'; script-src 'sha256-"),
        "{policy}"
    );
    assert!(
        policy.ends_with("img-src blob: data:; media-src blob:; frame-ancestors 'self'"),
        "{policy}"
    );
    assert_eq!(frame.header("x-frame-options"), Some("SAMEORIGIN"));
    assert_eq!(frame.header("cross-origin-resource-policy"), Some("cross-origin"));
}
