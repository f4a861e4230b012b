//! Requests that two parsers might read in two ways, and other protocols on this port: refused, or read in one way.

use super::connection::Connection;
use super::harness::{Answer, Server};

const HOST: &str = "host: localhost\r\n";

/// A `POST` with these lines of framing and this body, and behind it a request that must never be answered.
fn framed(framing: &str, body: &str) -> Vec<u8> {
    format!("POST /api/v1/pastes HTTP/1.1\r\n{HOST}{framing}\r\n{body}GET /healthz HTTP/1.1\r\n{HOST}\r\n").into_bytes()
}

/// All answers until the server closes.
fn answers(server: &Server, bytes: &[u8]) -> Vec<Answer> {
    let mut line = Connection::to(server);
    line.send(bytes);
    std::iter::from_fn(|| line.read(false)).collect()
}

fn refused_once(server: &Server, what: &str, bytes: &[u8], code: &str) {
    let answers = answers(server, bytes);
    assert_eq!(answers.len(), 1, "{what}");
    assert_eq!(answers[0].code(), code, "{what}");
    assert_eq!(answers[0].header("connection"), Some("close"), "{what}");
}

/// [B-91]
#[test]
fn a_body_whose_length_is_in_doubt_is_refused_and_nothing_behind_it_is_read_as_a_request() {
    let server = Server::start();
    for (framing, body) in [
        ("content-length: 4\r\ntransfer-encoding: chunked\r\n", "0\r\n\r\n"),
        ("transfer-encoding: chunked\r\ncontent-length: 4\r\n", "0\r\n\r\n"),
        ("content-length: 4\r\ncontent-length: 5\r\n", "abcde"),
        ("content-length: 4\r\ncontent-length: 4\r\n", "abcd"),
        ("content-length: 4, 4\r\n", "abcd"),
        ("content-length: +4\r\n", "abcd"),
        ("content-length: -1\r\n", "abcd"),
        ("content-length: 0x4\r\n", "abcd"),
        ("content-length: 99999999999999999999\r\n", "abcd"),
        ("content-length : 4\r\n", "abcd"),
        ("transfer-encoding: identity\r\n", ""),
        ("transfer-encoding: gzip, chunked\r\n", "0\r\n\r\n"),
        ("transfer-encoding: chunked, gzip\r\n", "0\r\n\r\n"),
        ("transfer-encoding: xchunked\r\n", "0\r\n\r\n"),
        ("transfer-encoding: \u{b}chunked\r\n", "0\r\n\r\n"),
        (
            "transfer-encoding: chunked\r\ntransfer-encoding: identity\r\n",
            "0\r\n\r\n",
        ),
    ] {
        refused_once(&server, framing, &framed(framing, body), "invalid_request");
    }
    let old = format!("POST /api/v1/pastes HTTP/1.0\r\n{HOST}transfer-encoding: chunked\r\n\r\n0\r\n\r\n");
    refused_once(&server, &old, old.as_bytes(), "invalid_request");
}

/// [B-91]
#[test]
fn a_head_that_is_written_in_another_way_is_refused() {
    let server = Server::start();
    for head in [
        "GET /healthz HTTP/1.1\r\nhost: localhost\r\nx-a: b\r\n c\r\n\r\n",
        "GET /healthz HTTP/1.1\nhost: localhost\n\n",
        "GET /healthz HTTP/1.1\r\nhost: localhost\ncontent-length: 0\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nhost: localhost\rx: y\r\n\r\n",
        "GET /healthz HTTP/1.1\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nhost: localhost\r\n: y\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nhost: localhost\r\nx y: z\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nhost: localhost\r\nx: a\0b\r\n\r\n",
        "GET /healthz\r\n\r\n",
        "GET /healthz HTTP/1.2\r\nhost: localhost\r\n\r\n",
        // HTTP/2 with prior knowledge, and its first frame.
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\u{4}\0\0\0\0\0",
    ] {
        refused_once(&server, head, head.as_bytes(), "invalid_request");
    }
    // The same on a connection that was used before.
    let mut line = Connection::to(&server);
    assert_eq!(line.ask("GET", "/healthz", &[], &[]).status, 200);
    line.send(b"GET /healthz HTTP/1.1\r\nhost: localhost\ncontent-length: 0\r\n\r\n");
    assert_eq!(line.read(false).unwrap().code(), "invalid_request");
    assert!(line.read(false).is_none());
}

/// [B-5] [B-74]
#[test]
fn a_name_or_target_of_64_kib_and_more_is_too_large_and_nothing_fails_inside() {
    let mut server = Server::start();
    for len in [65_535, 65_536, 70_000, 120_000, 400_000] {
        let long = "x".repeat(len);
        for head in [
            format!("GET /healthz HTTP/1.1\r\n{HOST}{long}: y\r\n\r\n"),
            format!("GET /healthz HTTP/1.1\r\n{HOST}x: {long}\r\n\r\n"),
            format!("GET /{long} HTTP/1.1\r\n{HOST}\r\n"),
        ] {
            refused_once(&server, &head[..40], head.as_bytes(), "headers_too_large");
        }
    }
    // Behind another request the parser sees it first: the connection may end without an answer, and that is all.
    let behind = format!(
        "GET /healthz HTTP/1.1\r\n{HOST}\r\nGET /healthz HTTP/1.1\r\n{HOST}{}: y\r\n\r\n",
        "x".repeat(70_000)
    );
    answers(&server, behind.as_bytes());
    assert_eq!(server.ask("GET", "/healthz", &[], &[]).status, 200);
    server.signal(rustix::process::Signal::TERM);
    let said = server.said();
    assert!(
        said.lines().all(|line| line.starts_with("satchel-server: ")) && !said.contains("panicked"),
        "{said}"
    );
}

/// [B-91]
#[test]
fn requests_one_behind_the_other_are_answered_in_their_order() {
    let server = Server::start();
    let one = |path: &str| format!("GET {path} HTTP/1.1\r\n{HOST}\r\n");
    let last = format!("GET /healthz HTTP/1.1\r\n{HOST}connection: close\r\n\r\n");
    let bytes = [one("/healthz"), one("/api/v1/nothing"), one("/api/v1/config"), last].concat();
    let statuses: Vec<u16> = answers(&server, bytes.as_bytes())
        .iter()
        .map(|answer| answer.status)
        .collect();
    assert_eq!(statuses, [200, 404, 200, 200]);
    // A whole URL as the target is its path, as RFC 9112 section 3.2.2 asks; an upgrade is not offered.
    for head in [
        format!("GET http://elsewhere.example/api/v1/nothing HTTP/1.1\r\n{HOST}connection: close\r\n\r\n"),
        format!(
            "GET /api/v1/nothing HTTP/1.1\r\n{HOST}connection: upgrade, http2-settings\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABkAAQAAP__\r\n\r\n"
        ),
    ] {
        let answers = answers(&server, head.as_bytes());
        assert_eq!((answers.len(), answers[0].code().as_str()), (1, "not_found"), "{head}");
    }
}
