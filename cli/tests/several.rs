//! Several links to one document, with the real server: each with its own reads, looked at and burned one by one, and more of them later.
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

use program::{Desk, good, noise, refused, said};
use service::Server;

fn lines(bytes: Vec<u8>) -> Vec<String> {
    String::from_utf8(bytes).unwrap().lines().map(str::to_owned).collect()
}

/// Links of a share, and the owner receipt that was told.
fn share(desk: &Desk, arguments: &[&str], input: &[u8]) -> (Vec<String>, String) {
    let output = desk.run_with(&[&["share", "--links", "3"], arguments].concat(), input);
    let told = said(&output);
    let receipt = told
        .lines()
        .find_map(|line| line.strip_prefix("receipt: "))
        .unwrap()
        .to_owned();
    assert!(told.contains("Links 1 to 3: one for each person."), "{told}");
    let links = lines(good(output));
    assert_eq!(links.len(), 3);
    (links, receipt)
}

#[test]
fn each_person_has_a_link_with_reads_of_its_own_and_a_line_in_the_status() {
    let (desk, server) = (Desk::new(), Server::start());
    desk.write("demands.pdf", &noise(900_000, 3));
    let (links, receipt) = share(
        &desk,
        &["demands.pdf", "--server", server.url(), "--expires", "2d"],
        b"",
    );
    good(desk.run(&["get", &links[1], "-o", "second/"]));
    assert!(desk.read("second/demands.pdf") == desk.read("demands.pdf"));
    refused(desk.run(&["get", &links[1], "-o", "again/"]), 5);
    let output = desk.run(&["burn", "--link", "3", &receipt]);
    assert!(said(&output).contains("Link 3 is gone."));
    good(output);
    let told = refused(desk.run(&["get", &links[2], "-o", "third/"]), 5);
    assert!(told.contains("its sender burned it"), "{told}");

    let status = lines(good(desk.run(&["status", &receipt])));
    assert_eq!(status.len(), 3);
    assert!(
        status[0].starts_with("1: It was not opened yet, and opens once."),
        "{status:?}"
    );
    assert!(
        status[1].starts_with("2: It was opened in the hour from "),
        "{status:?}"
    );
    assert!(
        status[2].starts_with("3: It was burned in the hour from "),
        "{status:?}"
    );
    let json = String::from_utf8(good(desk.run(&["status", &receipt, "--json"]))).unwrap();
    assert!(
        json.contains(r#""state":"stored""#) && json.contains(r#""number":3"#),
        "{json}"
    );

    good(desk.run(&["get", &links[0], "-o", "first/"]));
    assert!(desk.read("first/demands.pdf") == desk.read("demands.pdf"));
    let json = String::from_utf8(good(desk.run(&["status", &receipt, "--json"]))).unwrap();
    assert!(json.trim_end().ends_with(r#""size":null,"state":"burned"}"#), "{json}");
    refused(desk.run(&["link", &receipt]), 5);
}

#[test]
fn links_are_made_later_without_the_document_and_each_may_have_a_passphrase() {
    let (desk, server) = (Desk::new(), Server::start());
    desk.write("words", b"correct horse battery staple\n");
    let (first, receipt) = share(&desk, &["--server", server.url()], b"Thirty hours, full pay.");
    desk.write("receipt", format!("<{}>.\n", receipt.replace('#', "%23")).as_bytes());
    let output = desk.run_with(
        &[
            "link",
            "-",
            "--links",
            "2",
            "--reads",
            "2",
            "--passphrase-file",
            "words",
        ],
        &desk.read("receipt"),
    );
    assert!(said(&output).contains("Links 4 to 5: one for each person. Each opens 2 times, until "));
    let later = lines(good(output));
    for link in &later {
        refused(desk.run(&["get", link, "-o", "-", "--passphrase-file", "receipt"]), 3);
        for _ in 0..2 {
            let came = good(desk.run(&["get", link, "-o", "-", "--passphrase-file", "words"]));
            assert_eq!(came, b"Thirty hours, full pay.");
        }
    }
    assert_eq!(
        good(desk.run(&["get", &first[0], "-o", "-"])),
        b"Thirty hours, full pay."
    );
    let output = desk.run(&["burn", &receipt]);
    assert!(said(&output).contains("It is gone, with all its links."));
    good(output);
    refused(desk.run(&["get", &first[1], "-o", "-"]), 5);
}

#[test]
fn other_kinds_of_links_are_told_apart() {
    let (desk, server) = (Desk::new(), Server::start());
    desk.write("a", b"shared");
    let (links, owner) = share(&desk, &["a", "--server", server.url()], b"");
    let output = desk.run(&["share", "a", "--server", server.url()]);
    let told = said(&output);
    let receipt = told
        .lines()
        .find_map(|line| line.strip_prefix("receipt: "))
        .unwrap()
        .to_owned();
    let (asked, about) = (
        refused(desk.run(&["get", &owner]), 2),
        "the receipt of a document with several links, not a link",
    );
    assert!(asked.contains(about), "{asked}");
    assert!(refused(desk.run(&["link", &receipt]), 2).contains("no receipt of a document with several links"));
    assert!(refused(desk.run(&["burn", "--link", "1", &receipt]), 2).contains("no receipt of a document"));
    assert!(refused(desk.run(&["link", &links[0]]), 2).contains("this is a link, not a receipt"));
    refused(desk.run(&["burn", "--link", "9", &owner]), 5);
    refused(desk.run(&["share", "a", "--links", "0", "--server", server.url()]), 2);
    refused(
        desk.run(&["share", "a", "--links", "1001", "--server", server.url()]),
        2,
    );
}

#[test]
fn a_server_that_asks_for_work_gets_it_for_the_document_and_for_each_link() {
    let (desk, server) = (Desk::new(), Server::start_with(&["--work", "always"]));
    let (links, receipt) = share(&desk, &["--server", server.url()], b"shared");
    let later = lines(good(desk.run(&["link", &receipt, "--links", "12"])));
    assert_eq!(later.len(), 12);
    for link in [&links[2], &later[11]] {
        assert_eq!(good(desk.run(&["get", link, "-o", "-"])), b"shared");
    }
}

#[test]
fn links_take_the_invite_that_the_server_asks_for() {
    let (desk, server) = (Desk::new(), Server::start_with(&["--uploads", "invite"]));
    desk.write("invite", server.invite("5").as_bytes());
    // One use for the document, and one for each link.
    let (_, receipt) = share(&desk, &["--invite-file", "invite"], b"shared");
    let told = refused(desk.run(&["link", &receipt]), 6);
    assert!(told.contains("invite"), "{told}");
    let later = lines(good(desk.run(&["link", &receipt, "--invite-file", "invite"])));
    assert_eq!(good(desk.run(&["get", &later[0], "-o", "-"])), b"shared");
    refused(desk.run(&["link", &receipt, "--invite-file", "invite"]), 6);
}

#[test]
fn names_stay_with_the_owner_and_choose_a_link_on_any_device() {
    let (desk, server) = (Desk::new(), Server::start());
    desk.write("names", "Maria G.\nЖанна\nNight shift\n".as_bytes());
    let output = desk.run_with(&["share", "--names", "names", "--server", server.url()], b"at noon");
    let told = said(&output);
    let links = lines(good(output));
    assert_eq!(links.len(), 3);
    assert!(
        told.contains("1, Maria G.") && told.contains("3, Night shift"),
        "{told}"
    );
    let receipt = told.lines().find_map(|line| line.strip_prefix("receipt: ")).unwrap();

    // Another device has the receipt alone.
    let other = Desk::new();
    let status = lines(good(other.run(&["status", receipt])));
    assert!(status[1].starts_with("2, Жанна: It was not opened yet"), "{status:?}");
    let output = other.run(&["burn", receipt, "--link", " night  shift"]);
    assert_eq!(
        output.status.code(),
        Some(5),
        "names have their case: {}",
        said(&output)
    );
    good(other.run(&["burn", receipt, "--link", "Night  shift"]));
    refused(other.run(&["get", &links[2], "-o", "-"]), 5);
    good(other.run(&["change", receipt, "--link", "Жанна", "--expires", "1d"]));
    let status = lines(good(other.run(&["status", receipt])));
    assert!(status[2].starts_with("3, Night shift: It was burned"), "{status:?}");

    other.write("more", "Maria G.\n".as_bytes());
    let output = other.run(&["link", receipt, "--names", "more", "--json"]);
    assert!(
        String::from_utf8(good(output))
            .unwrap()
            .contains("\"name\":\"Maria G.\"")
    );
    let told = refused(other.run(&["burn", receipt, "--link", "Maria G."]), 2);
    assert!(told.contains("two of its links are called Maria G.: 1, 4"), "{told}");
    let json = String::from_utf8(good(other.run(&["status", receipt, "--json"]))).unwrap();
    assert!(json.contains("\"name\":\"Жанна\"") && !json.contains("label"), "{json}");
    assert!(!server.keeps("Maria".as_bytes()) && !server.keeps("Жанна".as_bytes()));
}

#[test]
fn names_that_cannot_be_are_refused_by_their_line_before_anything_is_shared() {
    let desk = Desk::new();
    for (names, code, said) in [
        ("Maria\n7\n", 2, "line 2 of names"),
        ("Maria\n\nMaria\n", 2, "line 2 of names"),
        ("Maria\nMaria\n", 2, "line 2 of names"),
        ("Maria\n", 2, "1 names are in names, and 3 links are wanted"),
    ] {
        desk.write("names", names.as_bytes());
        let told = refused(
            desk.run_with(
                &[
                    "share",
                    "--links",
                    "3",
                    "--names",
                    "names",
                    "--server",
                    "http://127.0.0.1:9",
                ],
                b"x",
            ),
            code,
        );
        assert!(told.contains(said) && !told.contains("Maria"), "{told}");
    }
}
