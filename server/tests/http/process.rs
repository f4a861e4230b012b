//! The process: ready, healthy, stopped; and what it says meanwhile.

use std::io::{Read as _, Write as _};
use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::harness::{Answer, OCTETS, Paste, Server, TUS, bearer, command, message, token};

/// [B-72]
#[test]
fn either_signal_stops_it_cleanly_within_five_seconds_and_all_is_there_again() {
    for signal in [Signal::TERM, Signal::INT] {
        let server = Server::start();
        let paste = Paste::on(&server, 4096, 1);
        let _idle = server.connect();
        let since = Instant::now();
        server.signal(signal);
        let (status, data) = server.ended();
        assert!(status.success() && since.elapsed() < Duration::from_secs(20));
        let again = Server::start_in(data, &[]);
        assert!(paste.claim(&again, &token()).body == paste.content);
    }
}

/// [B-72]
#[test]
fn a_request_that_runs_when_the_signal_comes_is_finished() {
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
        ("expect", "100-continue"),
    ];
    let mut stream = server.connect();
    stream
        .write_all(&message("PATCH", &paste.path(""), &headers, &[]))
        .unwrap();
    // Once it says "100 Continue" the request is running.
    let mut interim = [0; 25];
    stream.read_exact(&mut interim).unwrap();
    assert_eq!(&interim, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(&paste.content[..250_000]).unwrap();
    server.signal(Signal::TERM);
    stream.write_all(&paste.content[250_000..]).unwrap();
    let answer = Answer::read(&mut stream);
    assert_eq!((answer.status, answer.header("upload-offset")), (204, Some("500000")));
    let (status, data) = server.ended();
    assert!(status.success());
    let again = Server::start_in(data, &[]);
    assert!(paste.claim(&again, &token()).body == paste.content);
}

/// [B-73]
#[test]
fn healthcheck_asks_a_running_server() {
    let server = Server::start();
    assert_eq!(server.ask("GET", "/healthz", &[], &[]).body, b"ok");
    let ask = |address: &str| {
        command()
            .args(["healthcheck", "--listen", address])
            .output()
            .unwrap()
            .status
            .code()
    };
    let address = server.address.to_string();
    assert_eq!(ask(&address), Some(0));
    drop(server);
    assert_eq!(ask(&address), Some(1));
}

/// [B-60]
#[test]
fn the_document_is_openapi_3_1_and_its_references_resolve() {
    let server = Server::start();
    let document = server.ask("GET", "/api/v1/openapi.json", &[], &[]).json();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    let text = document.to_string();
    for part in text.split("\"$ref\":\"#").skip(1) {
        let pointer = part.split('"').next().unwrap();
        assert!(document.pointer(pointer).is_some(), "{pointer}");
    }
}

/// [B-60]
#[test]
fn the_document_names_each_code_as_it_is_sent() {
    let server = Server::start();
    let document = server.ask("GET", "/api/v1/openapi.json", &[], &[]).json();
    let named = document["components"]["schemas"]["Code"]["enum"].as_array().unwrap();
    for code in satchel_api::Code::ALL {
        assert!(named.contains(&code.as_str().into()), "{}", code.as_str());
    }
}

/// [B-74]
#[test]
fn what_it_says_holds_no_id_token_address_or_size() {
    let mut server = Server::start();
    let paste = Paste::on(&server, 4096, 1);
    let lease = token();
    paste.probe(&server);
    paste.claim_as(&server, &token(), &lease);
    paste.claim(&server, &lease);
    paste.confirm(&server, &lease);
    server.raw(b"nonsense\r\n\r\n");
    server.signal(Signal::TERM);
    // What this machine lets one doubt is said before, and how far the server is confined.
    let said = server.said();
    let said: Vec<&str> = said
        .lines()
        .filter(|line| !line.starts_with("satchel-server: warning: ") && !line.contains(": confined"))
        .collect();
    assert_eq!(said, ["satchel-server: stopping", "satchel-server: stopped"]);
}

/// [B-72]
#[test]
fn the_shred_keys_may_lie_in_the_current_folder() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = command()
        .args([
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--data",
            "data",
            "--shred-keys",
            "keys",
        ])
        .current_dir(folder.path())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(child.stdout.take().unwrap()), &mut line).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(line.contains("ready at http://"), "{line}");
}
