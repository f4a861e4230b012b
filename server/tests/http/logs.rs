//! What is said, in each format and at each level, after every kind of request: nothing about a person.

use std::net::TcpStream;

use base64ct::{Base64UrlUnpadded, Encoding as _};
use rustix::process::Signal;
use serde_json::Value;

use super::documents::Document;
use super::harness::{Paste, Server, TUS, bearer, command, message, sha256, token};

/// Every kind of request, right and wrong. What must not be said of them.
fn every_kind_of_request(server: &Server) -> Vec<String> {
    let lease = token();
    // Sizes that no sentence has by chance.
    let paste = Paste::on(server, 54_321, 2);
    let large = Paste::on(server, 765_432, 1);
    let cut = Paste::new(400_123, 1);
    cut.create(server, &[]);
    cut.patch(server, 0, &cut.content[..98_765], &[]);
    cut.patch(server, 5, &cut.content[..10], &[]);
    cut.head(server);
    cut.burn(server);
    paste.probe(server);
    paste.claim_as(server, &token(), &lease);
    paste.claim(server, &lease);
    paste.claim(server, &lease);
    paste.content(server, &lease, Some("bytes=12345-23456"));
    paste.content(server, &lease, Some("bytes=99999999-"));
    paste.receipt(server);
    paste.confirm(server, &lease);
    paste.confirm(server, &lease);
    large.claim(server, &lease);
    large.burn(server);
    large.claim(server, &lease);
    let document = Document::on(server, 87_654);
    let link = document.linked(server, 2);
    link.claim(server, &lease);
    link.burn(server);
    let receipt = bearer(&paste.receipt);
    server.ask("POST", &paste.path("/reset-wait"), &[("authorization", &receipt)], &[]);
    for (method, path) in [
        ("GET", "/"),
        ("GET", "/frame.html"),
        ("GET", "/healthz"),
        ("GET", "/api/v1/config"),
        ("GET", "/api/v1/openapi.json"),
        ("GET", "/api/v1/nothing"),
        ("OPTIONS", "/api/v1/pastes"),
        ("PUT", "/api/v1/pastes"),
        ("GET", &paste.path("")),
        ("GET", &paste.path("/probe")),
        ("POST", "/api/v1/pastes"),
    ] {
        server.ask(method, path, &[TUS], &[]);
    }
    server.raw(b"nonsense\r\n\r\n");
    server.raw(&message("GET", &format!("/{}", "x".repeat(40_000)), &[], &[]));
    let mut gone = server.connect();
    let port = port(&gone);
    let _ = std::io::Write::write_all(
        &mut gone,
        &message("POST", "/api/v1/pastes", &[("content-length", "5000")], &[]),
    );
    drop(gone);

    let mut secrets = vec![
        port,
        "54321".to_owned(),
        "765432".to_owned(),
        "400123".to_owned(),
        "98765".to_owned(),
        "87654".to_owned(),
        document.id.clone(),
        document.owner.clone(),
        lease,
    ];
    for paste in [&paste, &large, &cut, &link] {
        secrets.extend([&paste.id, &paste.probe, &paste.claim, &paste.receipt].map(String::clone));
    }
    let hashes: Vec<String> = secrets
        .iter()
        .filter_map(|secret| Base64UrlUnpadded::decode_vec(secret).ok())
        .flat_map(|bytes| [bytes.clone(), sha256(&bytes).to_vec()])
        .flat_map(|bytes| [hex(&bytes), Base64UrlUnpadded::encode_string(&bytes)])
        .filter(|text| text.len() > 20)
        .collect();
    secrets.extend(hashes);
    secrets.push("127.0.0.1".to_owned());
    secrets
}

fn port(stream: &TcpStream) -> String {
    format!(":{}", stream.local_addr().unwrap().port())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// [B-74] [B-121]
#[test]
fn nothing_about_a_person_is_said_in_any_format_at_any_level() {
    for format in ["text", "json", "logfmt"] {
        for level in ["error", "warning", "info"] {
            let mut server = Server::start_with(&["--log-format", format, "--log-level", level]);
            let secrets = every_kind_of_request(&server);
            server.signal(Signal::TERM);
            let said = server.said();
            for secret in &secrets {
                assert!(!said.contains(secret), "{format} {level}: {secret} in {said}");
            }
            assert_eq!(said.contains("stopping"), level == "info", "{said}");
        }
    }
}

/// [B-71] [B-121]
#[test]
fn why_it_does_not_start_is_said_in_the_chosen_format_too() {
    let server = Server::start();
    let output = command()
        .args([
            "serve",
            "--log-format",
            "json",
            "--listen",
            &server.address.to_string(),
            "--data",
        ])
        .arg(tempfile::tempdir().unwrap().path())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    let line: Value = serde_json::from_str(said.lines().last().unwrap()).unwrap();
    assert_eq!((&line["level"], &line["event"]), (&"error".into(), &"ended".into()));
    assert!(line["message"].as_str().unwrap().contains("in use"), "{said}");
}

/// [B-121]
#[test]
fn each_line_is_one_object_with_level_event_and_message() {
    let mut server = Server::start_with(&["--log-format", "json"]);
    Paste::on(&server, 2000, 1);
    server.signal(Signal::TERM);
    let said = server.said();
    let events: Vec<String> = said
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .map(|line| {
            let names: Vec<&String> = line.as_object().unwrap().keys().collect();
            assert_eq!(names, ["event", "level", "message"]);
            line["event"].as_str().unwrap().to_owned()
        })
        .collect();
    assert!(
        events.ends_with(&["stopping".to_owned(), "stopped".to_owned()]),
        "{events:?}"
    );
    let mut server = Server::start_with(&["--log-format", "logfmt"]);
    server.signal(Signal::TERM);
    let said = server.said();
    assert!(
        said.ends_with("level=info event=stopped message=\"stopped\"\n"),
        "{said}"
    );
}
