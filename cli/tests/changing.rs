//! How a paste ends is changed by who has its receipt: with the real server.
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

use program::{Desk, good, refused, said};
use serde_json::Value;
use service::{Fate, Proxy, Server};

/// Links and receipt of a share.
fn share(desk: &Desk, url: &str, arguments: &[&str]) -> (Vec<String>, String) {
    let output = desk.run_with(&[&["share", "--server", url], arguments].concat(), b"at noon");
    let told = said(&output);
    let receipt = told.lines().find_map(|line| line.strip_prefix("receipt: "));
    let receipt = receipt.unwrap_or_else(|| panic!("{told}")).to_owned();
    let links = String::from_utf8(good(output)).unwrap();
    (links.lines().map(str::to_owned).collect(), receipt)
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}

fn status(desk: &Desk, receipt: &str) -> Value {
    serde_json::from_slice(&good(desk.run(&["status", receipt, "--json"]))).unwrap()
}

#[test]
fn a_paste_expires_sooner_or_later_and_opens_less_often_but_never_more() {
    let (desk, server) = (Desk::new(), Server::start_with(&["--expires-max", "30d"]));
    let (links, receipt) = share(&desk, server.url(), &["--reads", "5"]);
    let before = status(&desk, &receipt)["expires_at"].as_u64().unwrap();

    let said_then = text(good(desk.run(&["change", &receipt, "--expires", "3d", "--reads", "2"])));
    assert!(
        said_then.starts_with("It was not opened yet, and opens 2 times. It expires "),
        "{said_then}"
    );
    let after = status(&desk, &receipt);
    assert_eq!((&after["reads"], &after["reads_left"]), (&2.into(), &2.into()));
    assert_eq!(before - after["expires_at"].as_u64().unwrap(), 4 * 86_400);
    let longer: Value =
        serde_json::from_slice(&good(desk.run(&["change", &receipt, "--expires", "20d", "--json"]))).unwrap();
    assert_eq!(longer["expires_at"].as_u64().unwrap() - before, 13 * 86_400);

    good(desk.run(&["change", &receipt, "--reads", "2"]));
    let told = refused(desk.run(&["change", &receipt, "--reads", "3"]), 6);
    assert!(
        told.contains("it has two reads left, which can be lowered to one"),
        "{told}"
    );
    assert!(refused(desk.run(&["change", &receipt, "--expires", "31d"]), 6).contains("an expiry of "));
    assert_eq!(status(&desk, &receipt)["reads_left"], 2);
    assert_eq!(good(desk.run(&["get", &links[0], "-o", "-"])), b"at noon");
    let told = refused(desk.run(&["change", &receipt, "--reads", "2"]), 6);
    assert!(told.contains("it has one read left, which cannot be fewer"), "{told}");
    assert_eq!(good(desk.run(&["get", &links[0], "-o", "-"])), b"at noon");
    let told = refused(desk.run(&["change", &receipt, "--expires", "1d"]), 5);
    assert!(told.contains("it was opened before, and is gone"), "{told}");
}

#[test]
fn a_change_whose_answer_was_lost_is_made_once_and_said_to_be_made() {
    let (desk, server) = (Desk::new(), Server::start());
    let proxy = Proxy::before(&server);
    let (_, receipt) = share(&desk, proxy.url(), &["--reads", "9"]);
    proxy.doom(&[Fate::CutDown(1), Fate::CutDown(1)]);
    let said_then = text(good(desk.run(&["change", &receipt, "--reads", "4"])));
    assert!(said_then.contains("opens 4 times"), "{said_then}");
    assert_eq!(proxy.left(), 0);
    assert_eq!(status(&desk, &receipt)["reads_left"], 4);
}

#[test]
fn one_link_of_several_is_changed_and_the_others_stay() {
    let (desk, server) = (Desk::new(), Server::start());
    let (links, owner) = share(&desk, server.url(), &["--links", "2", "--reads", "3"]);
    let told = refused(desk.run(&["change", &owner, "--reads", "1"]), 2);
    assert!(told.contains("--link N names one"), "{told}");
    let said_then = text(good(desk.run(&[
        "change",
        &owner,
        "--link",
        "2",
        "--reads",
        "1",
        "--expires",
        "1h",
    ])));
    assert!(said_then.contains("opens once"), "{said_then}");
    let found = status(&desk, &owner);
    assert_eq!(found["links"][0]["receipt"]["reads_left"], 3);
    assert_eq!(found["links"][1]["receipt"]["reads_left"], 1);
    refused(desk.run(&["change", &owner, "--link", "3", "--reads", "1"]), 5);
    good(desk.run(&["get", &links[1], "-o", "-"]));
    refused(desk.run(&["get", &links[1], "-o", "-"]), 5);
    good(desk.run(&["get", &links[0], "-o", "-"]));
}

#[test]
fn wrong_passphrases_are_told_with_the_wait_and_the_receipt_ends_it() {
    let (desk, server) = (Desk::new(), Server::start());
    desk.write("wrong", b"not these words\n");
    let (links, receipt) = share(&desk, server.url(), &["--passphrase-file", "words", "--reads", "0"]);
    let get = |file: &str| desk.run(&["get", &links[0], "-o", "-", "--passphrase-file", file]);
    good(get("words"));
    assert!(
        text(good(desk.run(&["status", &receipt]))).starts_with("It was opened once, and opens any number of times. ")
    );
    let told = || text(good(desk.run(&["status", &receipt])));
    // The first wait is a second, which may be over before anybody looks; each is longer than the one before.
    let mut last = told();
    for _ in 0..20 {
        if last.contains("Readers wait, ") {
            break;
        }
        refused(get("wrong"), 3);
        last = told();
    }
    let told = last;
    assert!(
        told.contains("Wrong passphrases: 1") && told.contains("Readers wait, "),
        "{told}"
    );
    let told = text(good(desk.run(&["change", &receipt, "--end-wait"])));
    assert!(!told.contains("Wrong passphrases"), "{told}");
    good(get("words"));
}

#[test]
fn what_is_to_be_changed_has_to_be_said_and_to_be_possible() {
    let (desk, server) = (Desk::new(), Server::start());
    let (links, receipt) = share(&desk, server.url(), &[]);
    for wrong in [
        &["change", &receipt][..],
        &["change", &receipt, "--reads", "0"],
        &["change", &receipt, "--reads", "1001"],
        &["change", &receipt, "--expires", "soon"],
        &["change", &receipt, "--link", "1", "--reads", "1"],
        &["change", &links[0], "--reads", "1"],
    ] {
        refused(desk.run(wrong), 2);
    }
    good(desk.run(&["burn", &receipt]));
    refused(desk.run(&["change", &receipt, "--expires", "1d"]), 5);
}

#[test]
fn the_status_tells_of_a_thousand_links() {
    let (desk, server) = (Desk::new(), Server::start());
    let (links, owner) = share(&desk, server.url(), &["--links", "1000"]);
    assert_eq!(links.len(), 1000);
    let told = text(good(desk.run(&["status", &owner])));
    assert_eq!(told.lines().count(), 1000);
    assert!(told.lines().last().unwrap().starts_with("1000: It was not opened yet"));
}
