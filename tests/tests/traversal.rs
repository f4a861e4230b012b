//! Paths that try to lead out of the data folder, in every place of a request: nothing is opened outside of it. What is opened the shim
//! notes (tests/shim/shim.c), below the server; that it notes is shown in the same run.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use satchel_api::route;
use satchel_tests::process::Server;
use satchel_tests::shim::Shim;
use satchel_tests::wire::{Keys, Wire};
use satchel_tests::{count, noise, random};

const STRINGS: usize = 500;

/// Ways to write one step up.
const UP: [&str; 20] = [
    "../",
    "..\\",
    "..%2f",
    "..%5c",
    "%2e%2e/",
    "%2e%2e%2f",
    "%2E%2E%5C",
    "..%252f",
    "%252e%252e%252f",
    "%25252e%25252e%25252f",
    // over-long UTF-8 for the full stop and the stroke, and half-width letters that are folded into them
    "%c0%ae%c0%ae/",
    "%c0%ae%c0%ae%c0%af",
    "%e0%80%ae%e0%80%ae%e0%80%af",
    "..%c0%af",
    "%u002e%u002e%u2215",
    "%ef%bc%8e%ef%bc%8e%ef%bc%8f",
    // the same as raw bytes: over-long ones that bytes_of puts in, and the half-width letters
    "\u{e000}\u{e000}\u{e001}",
    "\u{ff0e}\u{ff0e}\u{ff0f}",
    "....//",
    "..;/",
];
/// Where it leads: what is there on every machine, and what a server has beside its data.
const TARGETS: [&str; 8] = [
    "etc/passwd",
    "etc%2fhostname",
    "proc/self/environ",
    "outside.toml",
    "outside.toml%00.html",
    "outside.toml\0.html",
    "shred-keys",
    "data/satchel.db",
];

/// The strings, each once.
fn strings(outside: &Path) -> Vec<String> {
    let mut all = Vec::new();
    for depth in [1, 3, 12] {
        for up in UP {
            all.extend(TARGETS.iter().map(|target| format!("{}{target}", up.repeat(depth))));
        }
    }
    let absolute = outside.to_str().unwrap();
    for start in [
        "",
        "/",
        "file://",
        "%2f",
        "%5c",
        "\\\\?\\",
        "C:\\",
        "//localhost",
        "assets/..",
        "assets/%2e%2e",
    ] {
        for target in ["/etc/passwd", absolute] {
            for end in ["", "%00", "%00.js", "?x", ".", "/", "::$DATA"] {
                all.push(format!("{start}{target}{end}"));
            }
        }
    }
    all.sort();
    all.dedup();
    assert!(all.len() >= STRINGS, "{} strings", all.len());
    all
}

/// Every place of a request that takes a text. What cannot stand in a head as it is goes in encoded only.
fn requests(text: &str) -> Vec<String> {
    let ask = |method: &str, target: &str, headers: &str| {
        format!("{method} {target} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n{headers}\r\n")
    };
    let mut all = vec![
        ask("GET", &format!("/{text}"), ""),
        ask("GET", &format!("/assets/{text}"), ""),
        ask("GET", text, ""),
        ask("GET", &format!("/frame.html?file={text}"), ""),
        ask("GET", &format!("{}?path={text}", route::CONFIG), ""),
    ];
    let bearer = "authorization: Bearer ";
    for (method, pattern) in [
        ("GET", route::RECEIPT),
        ("GET", route::CONTENT),
        ("HEAD", route::PASTE),
        ("PATCH", route::PASTE),
        ("DELETE", route::PASTE),
        ("POST", route::PROBE),
        ("POST", route::CLAIM),
        ("POST", route::CONFIRM),
        ("POST", route::POLICY),
        ("POST", route::RESET_WAIT),
        ("GET", route::DOCUMENT_RECEIPT),
        ("GET", route::HEAD),
        ("DELETE", route::DOCUMENT),
        ("POST", route::LINKS),
    ] {
        all.push(ask(
            method,
            &route::of(pattern, text),
            &format!("tus-resumable: 1.0.0\r\n{bearer}{text}\r\n"),
        ));
    }
    let headers = [
        "referer",
        "x-original-url",
        "x-rewrite-url",
        "x-forwarded-for",
        "x-forwarded-prefix",
        "range",
        "if-range",
        "accept-encoding",
        "satchel-invite",
        "satchel-work",
        "upload-metadata",
        "upload-checksum",
        "x-http-method-override",
    ];
    let all_of_them: String = headers.iter().map(|name| format!("{name}: {text}\r\n")).collect();
    all.push(ask("GET", "/", &all_of_them));
    let creation = format!("tus-resumable: 1.0.0\r\nupload-length: 1\r\n{all_of_them}content-length: 0\r\n");
    all.push(ask("POST", route::PASTES, &creation));
    all.push(ask("POST", route::DOCUMENTS, &creation));
    all
}

/// Over-long UTF-8, which no string can hold.
fn bytes_of(request: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    for part in request.split_inclusive(['\u{e000}', '\u{e001}']) {
        let (text, last) = match part.char_indices().next_back() {
            Some((at, '\u{e000}')) => (&part[..at], &b"\xc0\xae"[..]),
            Some((at, '\u{e001}')) => (&part[..at], &b"\xc0\xaf"[..]),
            _ => (part, &b""[..]),
        };
        bytes.extend(text.as_bytes());
        bytes.extend(last);
    }
    bytes
}

/// The status that it is answered with.
fn status_of(host: &str, request: &str) -> u16 {
    let mut stream = TcpStream::connect(host).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let _ = stream.write_all(&bytes_of(request));
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    let head = String::from_utf8_lossy(&answer);
    assert!(
        !head.contains("root:x:0"),
        "{request:?} was answered with a file of the machine"
    );
    head.split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok())
        .unwrap_or_else(|| panic!("no answer to {request:?}"))
}

/// What of `opened` is not below the data folder.
fn outside(opened: &[PathBuf], data: &Path) -> Vec<PathBuf> {
    let steps_up = |path: &Path| path.components().any(|part| part.as_os_str() == "..");
    opened
        .iter()
        .filter(|path| !path.starts_with(data) || steps_up(path))
        .cloned()
        .collect()
}

#[test]
fn no_string_opens_a_file_outside_of_the_data_folder() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap();
    let (data, configuration) = (root.join("data"), root.join("outside.toml"));
    std::fs::create_dir(&data).unwrap();
    std::fs::write(&configuration, "").unwrap();
    let shim = Shim::default();
    let arguments = ["--config", configuration.to_str().unwrap()];
    let Ok(server) = Server::try_start_in(&data, &arguments, &shim.environment(&data)) else {
        panic!("the server did not start");
    };
    let host = server.url().trim_start_matches("http://");
    assert!(
        shim.opened().contains(&configuration),
        "the start is noted: {:?}",
        shim.opened()
    );
    let before = shim.opened().len();

    let strings = strings(&configuration);
    let stride = count(3, 1);
    let (mut sent, mut answered) = (0, 0);
    for text in &strings {
        // In the short run each string goes to every third place, another third each time.
        for request in requests(text).iter().skip(sent % stride).step_by(stride) {
            answered += usize::from(status_of(host, request) < 500);
            sent += 1;
        }
    }
    assert_eq!(
        answered, sent,
        "each was refused or answered, none with an error of the server's"
    );
    // What people do meanwhile opens files of the data folder: that is noted as well.
    let (wire, keys, content) = (Wire::new(server.url()), Keys::generate(), noise(400_000));
    assert_eq!(wire.create(&keys, 1, content.len(), &content).unwrap().status, 201);
    assert!(wire.claim(&keys, &random()).unwrap().body == content);
    let opened = shim.opened().split_off(before);
    assert!(
        opened.iter().any(|path| path.starts_with(data.join("content"))),
        "what is stored is noted: {opened:?}"
    );
    assert_eq!(
        outside(&opened, &data),
        Vec::<PathBuf>::new(),
        "opened outside of the data folder"
    );

    // And what is opened outside now, because it is told to, is noted too: this test can fail.
    server.reload();
    let noted = || outside(&shim.opened().split_off(before), &data);
    let since = Instant::now();
    while !noted().contains(&configuration) {
        assert!(
            since.elapsed() < Duration::from_secs(20),
            "the shim notes nothing: {:?}",
            noted()
        );
        std::thread::yield_now();
    }
    println!(
        "figure: strings that lead out of the data folder, in every place of a request, that opened a file outside of it: 0 of {} ({sent} requests, {} files opened, all inside; a file outside that the server was told to read was noticed)",
        strings.len(),
        opened.len()
    );
}
