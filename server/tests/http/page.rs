//! The page and its files, and their headers.

use base64ct::{Base64, Encoding as _};
use satchel_api::page::{AS_SERVICE_WORKER, MANIFEST, PageManifest, SERVICE_WORKER, SERVICE_WORKER_OFF};
use sha2::{Digest as _, Sha256, Sha384};

use super::harness::{Server, message};

/// The manifest that a server hands out; none where it was built without a page.
fn manifest(server: &Server) -> Option<PageManifest> {
    let answer = server.ask("GET", MANIFEST, &[], &[]);
    if answer.header("content-type") != Some("application/json") {
        println!("skipped: built without the page (cargo xtask build)");
        return None;
    }
    Some(serde_json::from_slice(&answer.body).unwrap())
}

/// [B-220]
#[test]
fn the_manifest_lists_every_file_as_it_is_served_and_not_itself() {
    let server = Server::start();
    let Some(manifest) = manifest(&server) else { return };
    assert_eq!(manifest.version, env!("CARGO_PKG_VERSION"));
    for tool in [
        "binaryen",
        "linker",
        "node",
        "rustc",
        "std",
        "svelte",
        "vite",
        "wasm-bindgen",
    ] {
        let version = &manifest.toolchain[tool];
        assert!(!version.is_empty() && version != "unknown", "{tool} {version}");
    }
    assert!(!manifest.files.contains_key(MANIFEST));
    for kind in ["/index.html", "/frame.html", ".js", ".css", ".wasm", ".svg"] {
        assert!(manifest.files.keys().any(|path| path.ends_with(kind)), "{kind}");
    }
    for (path, file) in &manifest.files {
        let answer = server.ask("GET", path, &[], &[]);
        assert_eq!(answer.body.len() as u64, file.bytes, "{path}");
        assert_eq!(
            Base64::encode_string(&Sha384::digest(&answer.body)),
            file.sha384,
            "{path}"
        );
    }
}

/// [B-221]
#[test]
fn the_manifest_is_served_like_any_file_of_the_page_and_is_the_same_text_each_time() {
    let server = Server::start();
    let Some(parsed) = manifest(&server) else { return };
    let (manifest, icon) = (
        server.ask("GET", MANIFEST, &[], &[]),
        server.ask("GET", "/icon.svg", &[], &[]),
    );
    let shared = |name: &str| !["content-type", "content-length", "date"].contains(&name);
    for (name, value) in icon.headers.iter().filter(|(name, _)| shared(name)) {
        assert_eq!(manifest.header(name), Some(value.as_str()), "{name}");
    }
    assert_eq!(
        server.ask("GET", "/a/b/page-manifest.json", &[], &[]).body,
        manifest.body
    );
    let text = String::from_utf8(manifest.body).unwrap();
    let at = |path: &String| text.find(&format!("    {path:?}: {{")).unwrap();
    let places: Vec<_> = parsed.files.keys().map(at).collect();
    assert!(places.is_sorted() && text.ends_with("}\n"));
    let host = std::env::var("HOME").unwrap_or_else(|_| "/home".to_owned());
    assert!(!text.contains(&host), "no path of a machine: {text}");
}

/// [B-222]
#[test]
fn all_that_the_page_loads_is_in_the_manifest_and_named_with_the_hash_of_what_is_served() {
    let server = Server::start();
    let Some(manifest) = manifest(&server) else { return };
    let index = String::from_utf8(server.ask("GET", "/", &[], &[]).body).unwrap();
    let tags = index
        .split('<')
        .filter(|tag| tag.starts_with("script") || tag.starts_with("link") && tag.contains("integrity"));
    let attribute = |tag: &str, name: &str| {
        let (_, rest) = tag
            .split_once(&format!(" {name}=\""))
            .unwrap_or_else(|| panic!("{tag} has no {name}"));
        rest.split('"').next().unwrap().to_owned()
    };
    let mut loaded = 0;
    for tag in tags {
        let file = attribute(tag, if tag.starts_with("script") { "src" } else { "href" });
        let path = file.trim_start_matches('.');
        assert!(manifest.files.contains_key(path), "{file}");
        let served = server.ask("GET", path, &[], &[]).body;
        let hash = Base64::encode_string(&Sha256::digest(&served));
        assert_eq!(attribute(tag, "integrity"), format!("sha256-{hash}"), "{file}");
        loaded += 1;
    }
    assert!(loaded >= 2, "{index}");
}

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
    assert!(page.header("permissions-policy").unwrap().contains("web-share=(self)"));
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

/// [B-230], [B-231], [B-234]
#[test]
fn any_service_worker_but_ours_is_taken_away_and_ours_where_it_is_switched_off() {
    let (server, off) = (Server::start(), Server::start_with(&["--offline", "false"]));
    let Some(manifest) = manifest(&server) else { return };
    // Not by `ask`: what no document lists is asked for as well.
    let asked_as = |server: &Server, path: &str| {
        server
            .raw(&message("GET", path, &[AS_SERVICE_WORKER], &[]))
            .without_date()
    };
    let (ours, leaving) = (
        server.ask("GET", SERVICE_WORKER, &[], &[]).without_date(),
        server.ask("GET", SERVICE_WORKER_OFF, &[], &[]).without_date(),
    );
    assert!(manifest.files.contains_key(SERVICE_WORKER) && ours.body != leaving.body);
    for answer in [&ours, &leaving] {
        assert_eq!(answer.header("content-type"), Some("text/javascript; charset=utf-8"));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert!(
            answer
                .header("content-security-policy")
                .is_some_and(|policy| policy.contains("connect-src 'self'"))
        );
        assert_eq!(answer.header("service-worker-allowed"), None);
    }
    assert!(asked_as(&server, SERVICE_WORKER) == ours);
    // A path prefix that a proxy leaves in its place.
    assert!(asked_as(&server, "/box/service-worker.js") == ours);
    for path in [
        "/",
        "/evil.js",
        "/assets/evil.js",
        "/a/b/sw.js",
        "/api/v1/config",
        "/api/evil.js",
        "/healthz",
        SERVICE_WORKER_OFF,
    ] {
        assert!(asked_as(&server, path) == leaving, "{path}");
        assert!(asked_as(&off, path) == leaving, "{path}, switched off");
    }
    assert!(asked_as(&off, SERVICE_WORKER) == leaving);
    // To whoever only reads it, it is the file that the manifest lists; and nothing but a service worker is answered otherwise.
    assert!(off.ask("GET", SERVICE_WORKER, &[], &[]).without_date() == ours);
    assert_eq!(
        server.ask("GET", "/healthz", &[("service-worker", "no")], &[]).body,
        b"ok"
    );
}

/// [B-240]
#[test]
fn whose_work_is_built_in_can_be_read_with_the_words_of_each_licence() {
    let server = Server::start();
    if manifest(&server).is_none() {
        return;
    }
    let answer = server.ask("GET", "/third-party.txt", &[], &[]);
    assert_eq!(answer.header("content-type"), Some("text/plain; charset=utf-8"));
    let text = String::from_utf8(answer.body).unwrap();
    let page: serde_json::Value = serde_json::from_str(include_str!("../../../web/package.json")).unwrap();
    for (name, version) in page["dependencies"].as_object().unwrap() {
        let line = format!("\n{name} {} (page): ", version.as_str().unwrap());
        assert!(text.contains(&line), "{name}");
    }
    for linked in [
        "\naws-lc-sys ",
        "\nrusqlite ",
        "\nactix-web ",
        "\nthe standard library of Rust (",
    ] {
        assert!(text.contains(linked), "{linked}");
    }
    for words in [
        "Mozilla Public License Version 2.0",
        "Permission is hereby granted, free of charge",
        "Redistributions in binary form must reproduce",
    ] {
        assert!(text.contains(words), "{words}");
    }
}

/// [B-233]
#[test]
fn the_app_starts_with_files_of_the_device_and_its_pictures_are_what_it_says() {
    let server = Server::start();
    if manifest(&server).is_none() {
        return;
    }
    let answer = server.ask("GET", "/app.webmanifest", &[], &[]);
    assert_eq!(answer.header("content-type"), Some("application/manifest+json"));
    let app: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!(
        (&app["name"], &app["display"]),
        (&"Satchel".into(), &"standalone".into())
    );
    assert_eq!((&app["start_url"], &app["scope"]), (&"./#local".into(), &"./".into()));
    assert!(app.get("share_target").is_none() && app["theme_color"].is_string());
    let icons = app["icons"].as_array().unwrap();
    for icon in icons {
        let path = icon["src"].as_str().unwrap().trim_start_matches('.');
        let picture = server.ask("GET", path, &[], &[]);
        assert_eq!(picture.header("content-type"), icon["type"].as_str(), "{path}");
        if path.ends_with(".png") {
            assert!(picture.body.starts_with(b"\x89PNG\r\n\x1a\n"), "{path}");
            let side = |at: usize| u32::from_be_bytes(picture.body[at..at + 4].try_into().unwrap());
            assert_eq!(icon["sizes"], format!("{}x{}", side(16), side(20)), "{path}");
        }
    }
    let has = |purpose: &str, size: &str| {
        icons
            .iter()
            .any(|icon| icon["purpose"] == purpose && icon["sizes"] == size)
    };
    assert!(has("any", "192x192") && has("any", "512x512") && has("maskable", "512x512") && has("any", "any"));
}
