//! Requests that are malformed, half sent, too large, or slow; and what no answer ever holds.

use std::io::{Read as _, Write as _};
use std::net::Shutdown;

use super::harness::{Answer, OCTETS, Paste, Server, TUS, bearer, message, token};

/// [B-1] [B-4]
#[test]
fn what_is_not_http_gets_a_problem_document() {
    let server = Server::start();
    for bytes in [
        &b"\x16\x03\x01\x02\x00 hello\r\n\r\n"[..],
        b"GET / HTTP/9.9\r\n\r\n",
        b"POST / HTTP/1.1\r\ncontent-length: x\r\n\r\n",
    ] {
        let answer = server.raw(bytes);
        assert_eq!((answer.status, answer.code().as_str()), (400, "invalid_request"));
    }
}

/// [B-5]
#[test]
fn a_head_that_is_too_large_gets_a_problem_document() {
    let server = Server::start();
    for len in [20_000, 100_000, 200_000] {
        let answer = server.raw(&message("GET", "/healthz", &[("x-padding", &"x".repeat(len))], &[]));
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (431, "headers_too_large"),
            "{len}"
        );
    }
    assert_eq!(
        server
            .raw(&message("GET", "/healthz", &[("x-padding", &"x".repeat(15_000))], &[]))
            .status,
        200
    );
}

/// [B-4]
#[test]
fn paths_and_methods_that_are_not_there_get_problem_documents() {
    let server = Server::start();
    for path in [
        "/api",
        "/api/",
        "/api/v1/nothing",
        "/api/v2/pastes",
        "/api/v1/pastes/",
        "/api/v1/pastes/a/b/c",
    ] {
        assert_eq!(server.ask("GET", path, &[], &[]).code(), "not_found", "{path}");
        assert_eq!(server.ask("POST", path, &[], &[]).code(), "not_found", "{path}");
    }
    for (method, path, allow) in [
        ("DELETE", "/api/v1/config", "GET, HEAD"),
        ("GET", "/api/v1/pastes", "OPTIONS, POST"),
        ("BREW", "/healthz", "GET, HEAD"),
        ("POST", "/", "GET, HEAD"),
        ("DELETE", "/index.html", "GET, HEAD"),
    ] {
        let answer = server.ask(method, path, &[], &[]);
        assert_eq!(
            (answer.code().as_str(), answer.header("allow")),
            ("method_not_allowed", Some(allow)),
            "{method} {path}"
        );
    }
}

/// [B-14]
#[test]
fn a_cut_upload_keeps_what_arrived() {
    let server = Server::start();
    let paste = Paste::new(2_000_000, 1);
    paste.create(&server, &[]);
    let right = bearer(&paste.receipt);
    let headers = [
        TUS,
        OCTETS,
        ("upload-offset", "0"),
        ("authorization", &right),
        ("content-length", "2000000"),
    ];
    let mut stream = server.connect();
    stream
        .write_all(&message(
            "PATCH",
            &paste.path(""),
            &headers,
            &paste.content[..1_500_000],
        ))
        .unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    let mut rest = Vec::new();
    let _ = stream.read_to_end(&mut rest);
    // What still lay in the connection's buffers when it ended may be lost; it was never acknowledged.
    let kept = paste.offset(&server);
    assert!((1_000_000..=1_500_000).contains(&kept), "{kept}");
    assert_eq!(paste.patch(&server, kept, &paste.content[kept..], &[]).status, 204);
    assert!(paste.claim(&server, &token()).body == paste.content);
}

/// [B-24]
#[test]
fn a_small_creation_that_was_cut_leaves_nothing_behind() {
    let server = Server::start();
    let paste = Paste::new(4096, 1);
    let metadata = paste.metadata();
    let headers = [
        TUS,
        OCTETS,
        ("upload-length", "4096"),
        ("upload-metadata", &metadata),
        ("content-length", "4096"),
    ];
    let mut stream = server.connect();
    stream
        .write_all(&message("POST", "/api/v1/pastes", &headers, &paste.content[..4000]))
        .unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    let mut rest = Vec::new();
    let _ = stream.read_to_end(&mut rest);
    assert_eq!(paste.head(&server).status, 404);
}

/// [B-14]
#[test]
fn a_chunked_body_is_taken_as_well() {
    let server = Server::start();
    let paste = Paste::new(4096, 1);
    let metadata = paste.metadata();
    let headers = [
        TUS,
        OCTETS,
        ("upload-length", "4096"),
        ("upload-metadata", &metadata),
        ("transfer-encoding", "chunked"),
    ];
    let mut bytes = message("POST", "/api/v1/pastes", &headers, &[]);
    for part in paste.content.chunks(1000) {
        bytes.extend(format!("{:x}\r\n", part.len()).bytes());
        bytes.extend(part);
        bytes.extend(b"\r\n");
    }
    bytes.extend(b"0\r\n\r\n");
    assert_eq!(server.raw(&bytes).status, 201);
    assert!(paste.claim(&server, &token()).body == paste.content);
}

/// [B-6]
#[test]
fn a_head_that_does_not_come_in_15_seconds_is_given_up() {
    let server = Server::start();
    let mut stream = server.connect();
    stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: loc").unwrap();
    let answer = Answer::read(&mut stream);
    assert_eq!((answer.status, answer.code().as_str()), (408, "request_timeout"));
}

/// [B-6]
#[test]
fn a_further_head_on_a_connection_has_15_seconds_too_however_it_trickles() {
    let server = Server::start();
    let mut stream = server.connect();
    stream
        .write_all(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n")
        .unwrap();
    let mut first = Vec::new();
    while !first.ends_with(b"\r\n\r\nok") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        first.extend(byte);
    }
    stream.write_all(b"GET /healthz HTTP/1.1\r\n").unwrap();
    let mut trickle = stream.try_clone().unwrap();
    std::thread::spawn(move || {
        while trickle.write_all(b"x: y\r\n").is_ok() {
            std::thread::sleep(std::time::Duration::from_secs(4));
        }
    });
    let answer = Answer::read(&mut stream);
    assert_eq!((answer.status, answer.code().as_str()), (408, "request_timeout"));
}

/// [B-6] [B-14]
#[test]
fn a_body_that_falls_silent_for_30_seconds_is_given_up_and_what_came_is_kept() {
    let server = Server::start();
    let paste = Paste::new(500_000, 1);
    paste.create(&server, &[]);
    let right = bearer(&paste.receipt);
    let headers = [
        TUS,
        OCTETS,
        ("upload-offset", "0"),
        ("authorization", &right),
        ("content-length", "500000"),
    ];
    let mut stream = server.connect();
    stream
        .write_all(&message("PATCH", &paste.path(""), &headers, &paste.content[..1000]))
        .unwrap();
    let answer = Answer::read(&mut stream);
    assert_eq!((answer.status, answer.code().as_str()), (408, "request_timeout"));
    assert_eq!(paste.offset(&server), 1000);
}

/// [B-201]
#[test]
fn a_chunked_body_that_falls_silent_after_its_refusal_is_not_waited_for() {
    let server = Server::start();
    let paste = Paste::on(&server, 1000, 1);
    let mut refused = Vec::new();
    for connection in ["close", "keep-alive"] {
        for begun in ["", "400\r\n", "3\r\nabc\r\n"] {
            let mut stream = server.connect();
            // No `Tus-Resumable`, and no word of how long it is.
            let (path, [name, kind]) = (paste.path(""), [OCTETS.0, OCTETS.1]);
            write!(
                stream,
                "PATCH {path} HTTP/1.1\r\nhost: localhost\r\n{name}: {kind}\r\nconnection: {connection}\r\ntransfer-encoding: chunked\r\n\r\n{begun}"
            )
            .unwrap();
            stream
                .set_read_timeout(Some(std::time::Duration::from_secs(40)))
                .unwrap();
            refused.push(stream);
        }
    }
    let since = std::time::Instant::now();
    for stream in &mut refused {
        let mut all = Vec::new();
        // A reset is an end too.
        let _ = stream.read_to_end(&mut all);
        assert!(all.starts_with(b"HTTP/1.1 412 "), "{}", all.escape_ascii());
    }
    let took = since.elapsed();
    println!(
        "figure: a connection whose body falls silent after its refusal is closed after {} s",
        took.as_secs()
    );
    assert!(took < std::time::Duration::from_secs(40), "{took:?}");
}

/// [B-7]
#[test]
fn api_answers_carry_exactly_these_headers() {
    let server = Server::start();
    let paste = Paste::on(&server, 4096, 1);
    let answers = [
        paste.probe(&server),
        paste.head(&server),
        server.ask("GET", "/api/v1/nothing", &[], &[]),
        server.ask("GET", "/api/v1/config", &[("origin", "https://example.org")], &[]),
        paste.claim(&server, &token()),
        server.raw(b"nonsense\r\n\r\n"),
    ];
    for answer in answers {
        for (name, value) in [
            ("cache-control", "no-store"),
            ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("x-frame-options", "DENY"),
            ("cross-origin-resource-policy", "same-origin"),
            ("x-robots-tag", "noindex"),
        ] {
            assert_eq!(answer.header(name), Some(value));
        }
        for name in [
            "server",
            "etag",
            "last-modified",
            "set-cookie",
            "access-control-allow-origin",
            "strict-transport-security",
        ] {
            assert_eq!(answer.header(name), None, "{name}");
        }
    }
}
