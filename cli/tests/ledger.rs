//! The ledger: off until it is turned on; what is shared is in it before the server has anything of it; nothing in it is ever lost.
#![cfg(unix)]
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking; each file uses its part of the desk"
)]

mod program;
#[path = "program/server.rs"]
mod service;

use std::io::{Read as _, Write as _};
use std::process::Output;

use program::{Desk, good, mode, refused, said};
use serde_json::Value;
use service::{Fate, Proxy, Server};

const FILE: &str = "state/satchel/ledger.satchel";

/// A desk with a ledger.
fn desk() -> Desk {
    let desk = Desk::new();
    desk.write("ledger words", b"the ledger has words too\n");
    desk.write("wrong", b"not these words\n");
    good(with(&desk, &["ledger", "on"]));
    desk
}

fn with(desk: &Desk, arguments: &[&str]) -> Output {
    desk.run_with(
        &[arguments, &["--ledger-passphrase-file", "ledger words"]].concat(),
        b"at noon",
    )
}

fn share(desk: &Desk, url: &str, arguments: &[&str]) -> Vec<String> {
    let links = good(with(desk, &[&["share", "--server", url], arguments].concat()));
    String::from_utf8(links).unwrap().lines().map(str::to_owned).collect()
}

fn mine(desk: &Desk) -> Vec<Value> {
    let json = good(with(desk, &["list-mine", "--json"]));
    let json: Value = serde_json::from_slice(&json).unwrap();
    json["pastes"].as_array().unwrap().clone()
}

#[test]
fn it_is_off_until_it_is_turned_on_and_off_deletes_it() {
    let (desk, server) = (Desk::new(), Server::start());
    good(desk.run_with(&["share", "--server", server.url()], b"x"));
    assert!(!desk.path(FILE).exists());
    desk.write("ledger words", b"the ledger has words too\n");
    assert!(refused(with(&desk, &["list-mine"]), 2).contains("the ledger is off"));
    assert!(refused(desk.run(&["ledger", "off", "--delete"]), 2).contains("the ledger is off"));
    good(with(&desk, &["ledger", "on"]));
    assert_eq!(mode(&desk.path(FILE)), 0o600);
    refused(with(&desk, &["ledger", "on"]), 7);
    assert!(refused(desk.run(&["ledger", "off"]), 2).contains("--delete does that"));
    assert!(desk.path(FILE).exists());
    good(desk.run(&["ledger", "off", "--delete"]));
    assert!(!desk.path(FILE).exists());
}

#[test]
fn what_is_shared_is_listed_with_what_became_of_it() {
    let (desk, server) = (desk(), Server::start());
    desk.write("demands.pdf", b"thirty hours");
    desk.write("people", b"Maria\nJo\n");
    let one = share(&desk, server.url(), &["demands.pdf"]);
    let several = share(&desk, server.url(), &["--names", "people"]);
    good(desk.run(&["share", "--server", server.url(), "demands.pdf", "--no-ledger"]));
    good(desk.run(&["get", &one[0], "-o", "-"]));
    good(desk.run(&["get", &several[1], "-o", "-"]));

    let told = String::from_utf8(good(with(&desk, &["list-mine"]))).unwrap();
    let lines: Vec<_> = told.lines().collect();
    assert_eq!(lines.len(), 4, "{told}");
    assert!(
        lines[0].starts_with("1: demands.pdf, ") && lines[0].contains("It was opened in the hour from"),
        "{told}"
    );
    assert!(
        lines[1].starts_with("2: a text, ") && lines[1].ends_with(", 2 links"),
        "{told}"
    );
    assert!(lines[2].starts_with("   1, Maria: It was not opened yet"), "{told}");
    assert!(
        lines[3].starts_with("   2, Jo: It was opened in the hour from"),
        "{told}"
    );
    assert!(
        !told.contains('#'),
        "no receipt is shown that was not asked for: {told}"
    );

    let all = mine(&desk);
    let receipt = all[1]["receipt"].as_str().unwrap();
    assert_eq!(
        (all[0]["status"]["state"].as_str(), all[1]["found"].as_str()),
        (Some("burned"), Some("known"))
    );
    assert_eq!(all[0]["made_at"].as_u64().unwrap() % 3600, 0);
    good(desk.run(&["burn", receipt, "--link", "Maria"]));
    let told = good(with(&desk, &["list-mine", "--receipts"]));
    assert!(String::from_utf8(told).unwrap().contains(receipt));
    // All of it is gone now: names that the server has no more are still here.
    let told = String::from_utf8(good(with(&desk, &["list-mine"]))).unwrap();
    assert!(told.contains("   1, Maria: It was burned"), "{told}");

    let output = with(&desk, &["list-mine", "--forget-gone"]);
    assert!(said(&output).contains("2 forgotten."), "{}", said(&output));
    good(output);
    assert!(mine(&desk).is_empty());
    share(&desk, server.url(), &["demands.pdf"]);
    assert_eq!(mine(&desk)[0]["number"], 3, "a number is never given twice");
    refused(with(&desk, &["list-mine", "--forget", "9"]), 2);
    good(with(&desk, &["list-mine", "--forget", "3"]));
    assert!(mine(&desk).is_empty());
}

#[test]
fn a_wrong_passphrase_or_a_damaged_file_changes_nothing_and_shares_nothing() {
    let (desk, server) = (desk(), Server::start());
    share(&desk, server.url(), &[]);
    let before = desk.read(FILE);
    let arguments = ["share", "--server", server.url(), "--ledger-passphrase-file", "wrong"];
    refused(desk.run_with(&arguments, b"x"), 3);
    refused(desk.run(&["list-mine", "--ledger-passphrase-file", "wrong"]), 3);
    refused(
        desk.run(&[
            "panic",
            "new",
            "--keep",
            "--server",
            server.url(),
            "--ledger-passphrase-file",
            "wrong",
        ]),
        3,
    );
    assert!(desk.read(FILE) == before);
    // Without a terminal nobody can be asked, and it says what to do.
    let told = refused(desk.run_with(&["share", "--server", server.url()], b"x"), 2);
    assert!(told.contains("--no-ledger"), "{told}");
    for (at, damaged) in [(before.len() - 1, true), (0, false)] {
        let mut bytes = before.clone();
        bytes[at] ^= 1;
        if !damaged {
            bytes.truncate(100);
        }
        desk.write(FILE, &bytes);
        refused(with(&desk, &["share", "--server", server.url()]), 4);
        refused(with(&desk, &["list-mine"]), 4);
        refused(with(&desk, &["ledger", "on"]), 7);
        assert!(desk.read(FILE) == bytes, "what cannot be opened is left as it is");
    }
    desk.write(FILE, &before);
    assert_eq!(mine(&desk).len(), 1);
}

#[test]
fn of_many_that_write_at_once_none_is_lost() {
    let (desk, server) = (desk(), Server::start());
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| share(&desk, server.url(), &[]));
        }
    });
    let all = mine(&desk);
    let numbers: Vec<_> = all.iter().map(|one| one["number"].as_u64().unwrap()).collect();
    assert_eq!(numbers, [1, 2, 3, 4]);
    assert!(all.iter().all(|one| one["status"]["state"] == "stored"));
    assert_eq!(desk.names("state/satchel"), ["ledger.lock", "ledger.satchel"]);
}

#[test]
fn a_killed_share_leaves_a_receipt_that_burns_what_it_left() {
    let (desk, server) = (desk(), Server::start());
    let proxy = Proxy::before(&server);
    desk.write("large", &program::noise(3_000_000, 3));
    // In the middle of the upload; and the tries after it come to nothing.
    proxy.doom(&[Fate::CutUp(400_000), Fate::CutUp(500), Fate::CutUp(500)]);
    let arguments = [
        "share",
        "large",
        "--server",
        proxy.url(),
        "--ledger-passphrase-file",
        "ledger words",
    ];
    let mut child = desk.command(&arguments).spawn().unwrap();
    proxy.wait();
    child.kill().unwrap();
    child.wait().unwrap();
    let all = mine(&desk);
    assert_eq!(all.len(), 1, "it was written down before anything was sent");
    assert_eq!(
        (&all[0]["what"], &all[0]["status"]["state"]),
        (&"large".into(), &"uploading".into())
    );
    good(desk.run(&["burn", all[0]["receipt"].as_str().unwrap()]));
    assert_eq!(mine(&desk)[0]["status"]["state"], "burned");
}

#[test]
fn writers_that_are_killed_at_any_moment_leave_the_ledger_whole() {
    let (desk, server) = (desk(), Server::start());
    share(&desk, server.url(), &[]);
    for wait in 0..6 {
        let arguments = [
            "share",
            "words",
            "--server",
            server.url(),
            "--ledger-passphrase-file",
            "ledger words",
        ];
        let mut child = desk.command(&arguments).spawn().unwrap();
        let begun = std::time::Instant::now();
        while begun.elapsed().as_millis() < 250 * wait && child.try_wait().unwrap().is_none() {
            std::thread::yield_now();
        }
        let _ = child.kill();
        child.wait().unwrap();
        let all = mine(&desk);
        assert_eq!(all[0]["number"], 1);
    }
    println!("{} of 6 were written down before the kill", mine(&desk).len() - 1);
    share(&desk, server.url(), &[]);
}

#[test]
fn a_share_that_was_refused_leaves_no_line() {
    let (desk, server) = (
        desk(),
        Server::start_with(&["--size-max", "8KiB", "--storage-max", "1GiB"]),
    );
    desk.write("large", &program::noise(100_000, 3));
    refused(with(&desk, &["share", "large", "--server", server.url()]), 6);
    assert!(mine(&desk).is_empty());
}

#[test]
fn a_server_that_is_gone_is_said_and_the_others_are_asked() {
    let (desk, server) = (desk(), Server::start());
    let gone = Server::start();
    share(&desk, gone.url(), &[]);
    share(&desk, gone.url(), &[]);
    share(&desk, server.url(), &[]);
    drop(gone);
    let output = with(&desk, &["list-mine"]);
    let told = String::from_utf8(output.stdout.clone()).unwrap();
    assert_eq!(output.status.code(), Some(6), "{told}");
    assert_eq!(told.matches("The server does not answer.").count(), 2, "{told}");
    assert!(told.lines().last().unwrap().contains("It was not opened yet"), "{told}");
}

#[test]
fn a_server_that_answers_nonsense_keeps_nobody_from_what_the_others_say() {
    let (desk, bad, good_one) = (desk(), Server::start(), Server::start());
    let bad_url = bad.url().to_owned();
    share(&desk, &bad_url, &[]);
    share(&desk, good_one.url(), &[]);
    drop(bad);
    let place = std::net::TcpListener::bind(bad_url.trim_start_matches("http://")).unwrap();
    std::thread::spawn(move || {
        for stream in place.incoming() {
            let mut stream = stream.unwrap();
            let mut head = [0; 2048];
            let _ = stream.read(&mut head);
            let body = r#"{"type":"urn:satchel:problem:lease_ended","title":"","status":410,"code":"lease_ended"}"#;
            let _ = write!(
                stream,
                "HTTP/1.1 410 Gone\r\ncontent-type: application/problem+json\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            );
        }
    });
    let output = with(&desk, &["list-mine"]);
    let told = String::from_utf8(output.stdout.clone()).unwrap();
    assert_eq!(output.status.code(), Some(6), "{told} {}", said(&output));
    assert!(told.lines().last().unwrap().contains("It was not opened yet"), "{told}");
}

#[test]
fn names_of_links_that_are_made_later_are_in_it_too() {
    let (desk, server) = (desk(), Server::start());
    for (file, names) in [("people", "Maria\nJo\n"), ("more", "Ana\n"), ("alone", "Lee\n")] {
        desk.write(file, names.as_bytes());
    }
    share(&desk, server.url(), &["--names", "people"]);
    let receipt = mine(&desk)[0]["receipt"].as_str().unwrap().to_owned();
    good(desk.run(&["link", &receipt]));
    good(with(&desk, &["link", &receipt, "--names", "more"]));
    good(desk.run(&["link", &receipt, "--names", "alone", "--no-ledger"]));
    assert_eq!(mine(&desk)[0]["names"], serde_json::json!(["Maria", "Jo", "", "Ana"]));
    good(desk.run(&["burn", &receipt]));
    let told = String::from_utf8(good(with(&desk, &["list-mine"]))).unwrap();
    assert!(
        told.contains("   3: It was burned") && told.contains("   4, Ana: It was burned"),
        "{told}"
    );
    // What it does not know stays out of it.
    good(with(&desk, &["list-mine", "--forget", "1"]));
    let before = desk.read(FILE);
    good(desk.run_with(
        &[
            "share",
            "--links",
            "1",
            "--json",
            "--no-ledger",
            "--server",
            server.url(),
        ],
        b"x",
    ));
    assert!(desk.read(FILE) == before);
}

#[test]
fn a_panic_secret_that_it_keeps_is_not_lost_to_a_new_one() {
    let (desk, server) = (desk(), Server::start());
    let new = |more: &[&str]| {
        with(
            &desk,
            &[&["panic", "new", "--keep", "--server", server.url()], more].concat(),
        )
    };
    let first = good(new(&[]));
    let told = refused(new(&[]), 7);
    assert!(
        told.contains("keeps a panic link already") && told.contains("--force"),
        "{told}"
    );
    assert_eq!(good(with(&desk, &["panic", "show"])), first);
    let second = good(new(&["--force"]));
    assert!(second != first);
    assert_eq!(good(with(&desk, &["panic", "show"])), second);
}

#[test]
fn a_panic_secret_that_it_keeps_is_taken_by_share_and_shown_again() {
    let (desk, server) = (desk(), Server::start());
    let other = Server::start();
    assert!(refused(with(&desk, &["panic", "show"]), 2).contains("holds no panic link"));
    let link = good(with(&desk, &["panic", "new", "--keep", "--server", server.url()]));
    assert_eq!(good(with(&desk, &["panic", "show"])), link);
    let made = share(&desk, server.url(), &[]);
    let elsewhere = share(&desk, other.url(), &[]);
    good(desk.run_with(&["panic", "burn"], &link));
    refused(desk.run(&["get", &made[0], "-o", "-"]), 5);
    good(desk.run(&["get", &elsewhere[0], "-o", "-"]));
}

#[test]
fn it_is_a_container_like_any_other() {
    let (desk, server) = (desk(), Server::start());
    share(&desk, server.url(), &[]);
    let json = good(desk.run(&["decrypt", FILE, "--passphrase-file", "ledger words", "-o", "-"]));
    let json: Value = serde_json::from_slice(&json).unwrap();
    assert!(
        json["entries"][0]["receipt"]
            .as_str()
            .unwrap()
            .starts_with(server.url())
    );
}
