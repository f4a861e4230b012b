//! `satchel verify-server` with the real server, and with one that changes what that one says.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod program;
#[path = "program/server.rs"]
#[allow(dead_code, reason = "each test file uses its part")]
mod service;
#[path = "program/tampering.rs"]
mod tampered;

use program::{Desk, good, refused, said};
use service::Server;
use tampered::{Asked, Told, tampering};

/// A server, where command and server have a page. Else it says that it skips.
fn server(desk: &Desk) -> Option<Server> {
    let server = Server::start();
    let output = desk.run(&["verify-server", server.url()]);
    if matches!(output.status.code(), Some(1 | 5)) {
        println!("skipped: built without the page (cargo xtask build): {}", said(&output));
        return None;
    }
    Some(server)
}

/// What is said of a server that changes what it hands on.
#[track_caller]
fn told_of(code: i32, change: impl Fn(&Asked, &mut Told) + Send + Sync + 'static) -> String {
    let desk = Desk::new();
    let Some(server) = server(&desk) else {
        return String::new();
    };
    let url = tampering(server.url(), change);
    let said = refused(desk.run(&["verify-server", &url]), code);
    assert!(
        said.starts_with(&format!("satchel: error: {url} ")) || code == 6,
        "{said}"
    );
    assert_eq!(
        said.lines().filter(|line| line.starts_with("satchel: ")).count(),
        1,
        "one line: {said}"
    );
    said
}

/// Whether `said` says so; nothing is said where there is no page.
#[track_caller]
fn says(said: &str, sentence: &str) {
    assert!(said.is_empty() || said.contains(sentence), "{said}");
}

/// [B-224]
#[test]
fn a_server_that_serves_the_page_as_it_is_passes_in_one_line() {
    let desk = Desk::new();
    let Some(server) = server(&desk) else { return };
    let url = server.url();
    let line = String::from_utf8(good(desk.run(&["verify-server", url]))).unwrap();
    let version = env!("CARGO_PKG_VERSION");
    let begins = format!("satchel: {url} serves the page of Satchel {version}, as built into this command (manifest ");
    assert!(line.starts_with(&begins) && line.lines().count() == 1, "{line}");
    // However its address is written; and what is unchanged passes through another's hands.
    good(desk.run(&["verify-server", &format!("{url}/")]));
    good(desk.run(&["verify-server", &tampering(url, |_, _| ())]));
    let output = desk
        .command(&["verify-server"])
        .env("SATCHEL_SERVER", url)
        .output()
        .unwrap();
    good(output);
}

/// [B-224]
#[test]
fn scripts_are_told_the_same_as_json() {
    let desk = Desk::new();
    let Some(server) = server(&desk) else { return };
    let text = String::from_utf8(good(desk.run(&["verify-server", "--json", server.url()]))).unwrap();
    assert!(
        text.contains(r#""verdict":"same""#) && text.contains(r#""differences":[]"#),
        "{text}"
    );
    let url = tampering(server.url(), |_, told| told.drop_header("x-content-type-options"));
    let output = desk.run(&["verify-server", "--json", &url]);
    assert_eq!(output.status.code(), Some(4));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains(r#""verdict":"differs""#), "{text}");
    assert!(
        text.contains(r#""code":"no_header","header":"x-content-type-options""#),
        "{text}"
    );
}

/// [B-225]
#[test]
fn one_byte_of_the_webassembly_is_noticed() {
    let said = told_of(4, |asked, told| {
        if asked.path.ends_with(".wasm") && asked.header("accept-encoding").is_empty() {
            let middle = told.body.len() / 2;
            told.body[middle] ^= 1;
        }
    });
    says(&said, ".wasm is not the same");
}

/// [B-225]
#[test]
fn what_only_a_browser_gets_is_noticed() {
    let said = told_of(4, |asked, told| {
        if asked.path.ends_with(".js") && asked.header("user-agent").contains("Firefox") {
            told.drop_header("content-encoding");
            told.body = b"fetch('/elsewhere')".to_vec();
        }
    });
    says(&said, ".js is not the same when Tor Browser asks");
    let said = told_of(4, |asked, told| {
        if asked.path == "/frame.html" && asked.header("accept-encoding").contains("br") {
            told.body.truncate(told.body.len() / 2);
        }
    });
    says(&said, "/frame.html cannot be unpacked when Chromium asks");
}

/// [B-225]
#[test]
fn a_script_more_in_the_page_is_noticed_on_every_path() {
    let add = |asked: &Asked, told: &mut Told| {
        if asked.header("accept-encoding").is_empty() && told.body.starts_with(b"<!doctype html>") {
            told.body = told
                .text()
                .replace("</head>", "<script src=\"/extra.js\"></script></head>")
                .into_bytes();
        }
    };
    says(&told_of(4, add), "/ is longer than it should be, and ");
    let said = told_of(4, move |asked, told| {
        if !asked.path.contains('.') && asked.path != "/" {
            add(asked, told);
        }
    });
    says(&said, ": any other path is longer than it should be\n");
}

/// [B-225]
#[test]
fn a_file_that_is_missing_longer_or_endless_is_noticed() {
    let said = told_of(4, |asked, told| {
        if asked.path.starts_with("/assets/style-") {
            told.status = 404;
        }
    });
    says(&said, ".css is missing\n");
    let said = told_of(4, |asked, told| {
        if asked.path == "/icon.svg" && asked.header("accept-encoding").is_empty() {
            told.body.push(b'\n');
        }
    });
    says(&said, "/icon.svg is longer than it should be\n");
    let said = told_of(4, |asked, told| {
        told.endless = asked.path == "/icon.svg" && asked.header("accept-encoding").is_empty()
    });
    says(&said, "/icon.svg is longer than it should be\n");
    // A manifest without an end is none.
    let said = told_of(5, |asked, told| told.endless = asked.path == "/page-manifest.json");
    says(&said, "says nothing that tells which page it serves");
}

/// [B-226]
#[test]
fn a_header_that_is_missing_other_or_more_is_noticed() {
    for name in [
        "content-security-policy",
        "integrity-policy",
        "x-frame-options",
        "cross-origin-opener-policy",
        "cache-control",
    ] {
        let said = told_of(4, move |asked, told| {
            if asked.path == "/" {
                told.drop_header(name);
            }
        });
        says(&said, &format!("/ comes without {name}\n"));
    }
    let said = told_of(4, |asked, told| {
        for (name, value) in &mut told.headers {
            if name == "content-security-policy" && asked.path == "/frame.html" {
                *value = value.replace("script-src", "script-src 'unsafe-inline'");
            }
        }
    });
    says(&said, "/frame.html comes with another content-security-policy\n");
    for name in ["set-cookie", "refresh", "nel", "link"] {
        let said = told_of(4, move |_, told| told.headers.push((name.to_owned(), "x".to_owned())));
        says(&said, &format!("/ comes with {name}, which it must not"));
    }
}

/// [B-227]
#[test]
fn another_version_or_toolchain_is_told_from_tampering_and_never_passes() {
    let manifest = |change: fn(&str) -> String| {
        move |asked: &Asked, told: &mut Told| {
            if asked.path == "/page-manifest.json" && asked.header("accept-encoding").is_empty() {
                told.body = change(&told.text()).into_bytes();
            }
        }
    };
    let version = env!("CARGO_PKG_VERSION");
    let said = told_of(
        5,
        manifest(|text| text.replacen(env!("CARGO_PKG_VERSION"), "9.1\u{202e}.0", 1)),
    );
    says(&said, "says that its page is of Satchel 9.1");
    assert!(!said.contains('\u{202e}'));
    says(&said, &format!("this command knows that of {version}\n"));
    fn other_file(text: &str) -> String {
        text.replacen("\"sha384\":\"", "\"sha384\":\"A", 1)
    }
    let said = told_of(
        5,
        manifest(|text| other_file(text).replacen("\"rustc\": \"", "\"rustc\": \"9.", 1)),
    );
    says(&said, "was built with rustc 9.");
    says(&said, "a page that was tampered with could say the same");
    let said = told_of(4, manifest(other_file));
    says(&said, "/app-192.png is listed otherwise");
    let said = told_of(4, manifest(|text| format!("{text}\n")));
    says(&said, "/page-manifest.json is not the same when Chromium asks");
    for text in ["", "{}", "[[[[", "<!doctype html>"] {
        let said = told_of(5, move |asked, told| {
            if asked.path == "/page-manifest.json" {
                told.body = text.as_bytes().to_vec();
            }
        });
        says(&said, "says nothing that tells which page it serves");
    }
}

/// [B-227]
#[test]
fn another_toolchain_that_made_the_same_files_passes() {
    let desk = Desk::new();
    let Some(server) = server(&desk) else { return };
    let url = tampering(server.url(), |asked, told| {
        if asked.path == "/page-manifest.json" {
            told.drop_header("content-encoding");
            told.body = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/../web/dist/page-manifest.json")).unwrap();
            told.body = told.text().replacen("\"node\": \"", "\"node\": \"9", 1).into_bytes();
        }
    });
    good(desk.run(&["verify-server", &url]));
}

/// [B-228]
#[test]
fn a_server_that_hangs_redirects_or_fails_is_no_server() {
    let desk = Desk::new();
    let Some(server) = server(&desk) else { return };
    let silent = tampering(server.url(), |asked, told| told.silent = asked.path.ends_with(".wasm"));
    let said = refused(desk.run(&["verify-server", &silent, "--within", "2s"]), 6);
    assert!(said.contains("did not hand out all of its page in time"), "{said}");
    for (status, hint) in [
        (302, "the server redirects"),
        (500, "is this the address"),
        (429, "is this the address"),
    ] {
        let url = tampering(server.url(), move |asked, told| {
            if asked.path == "/" {
                told.status = status;
            }
        });
        let said = refused(desk.run(&["verify-server", &url]), 6);
        assert!(
            said.contains(&format!("(status {status})")) && said.contains(hint),
            "{said}"
        );
    }
    drop(server);
    let gone = desk.run(&["verify-server", "http://127.0.0.1:9"]);
    assert!(refused(gone, 6).contains("cannot be reached"));
}

/// [B-232]
#[test]
fn the_service_worker_is_asked_for_as_browsers_do_and_may_be_switched_off_but_nothing_else() {
    let desk = Desk::new();
    let Some(_) = server(&desk) else { return };
    let off = Server::start_with(&["--offline", "false"]);
    good(desk.run(&["verify-server", off.url()]));
    let said = told_of(4, |asked, told| {
        if asked.header("service-worker") == "script" {
            told.drop_header("content-encoding");
            told.body = b"onfetch = steal".to_vec();
        }
    });
    says(&said, "/service-worker.js is not the same when Chromium asks");
}
