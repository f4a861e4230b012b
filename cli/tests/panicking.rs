//! One secret burns everything that was made under it: by link, by QR code, by words, with the real server.
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

use program::{Desk, good, refused, said, scanned};
use service::{Fate, Proxy, Server};

/// The link, and the words as they were shown.
fn secret(desk: &Desk, url: &str) -> (String, String) {
    let output = desk.run(&["panic", "new", "--server", url, "--qr"]);
    let told = said(&output);
    let link = String::from_utf8(good(output)).unwrap().trim().to_owned();
    assert_eq!(scanned(&told, false), link);
    let rows = told
        .lines()
        .filter(|line| line.trim_start().starts_with(|c: char| c.is_ascii_digit()));
    let words = rows.collect::<Vec<_>>().join("\n");
    assert_eq!(
        words
            .split(|c: char| !c.is_alphabetic())
            .filter(|word| !word.is_empty())
            .count(),
        25,
        "{told}"
    );
    assert!(told.contains(&format!("server: {url}")));
    (link, words)
}

fn shared(desk: &Desk, url: &str, arguments: &[&str]) -> Vec<String> {
    let output = desk.run_with(&[&["share", "--server", url], arguments].concat(), b"at noon");
    String::from_utf8(good(output))
        .unwrap()
        .lines()
        .map(str::to_owned)
        .collect()
}

fn is_burned(desk: &Desk, link: &str) -> bool {
    let output = desk.run(&["get", link, "-o", "-"]);
    match output.status.code() {
        Some(0) => false,
        _ => refused(output, 5).contains("its sender burned it"),
    }
}

#[test]
fn the_link_burns_what_was_made_under_it_and_the_words_what_was_made_since() {
    let (desk, server) = (Desk::new(), Server::start());
    let (link, words) = secret(&desk, server.url());
    desk.write("panic.link", link.as_bytes());
    let made = |arguments: &[&str]| shared(&desk, server.url(), arguments);
    let first = made(&["--panic-file", "panic.link"]);
    let several = made(&["--panic-file", "panic.link", "--links", "3"]);
    let other = made(&[]);

    let output = desk.run_with(
        &["panic", "burn"],
        format!("<{}>.\n", link.replace('#', "%23")).as_bytes(),
    );
    assert!(
        said(&output).contains("2 things that were made under it"),
        "{}",
        said(&output)
    );
    good(output);
    assert!(first.iter().chain(&several).all(|link| is_burned(&desk, link)));
    assert!(!is_burned(&desk, &other[0]));

    // From another device: words on paper name no server.
    let later = made(&["--panic-file", "panic.link"]);
    assert!(refused(desk.run_with(&["panic", "burn"], words.as_bytes()), 2).contains("the link names no server"));
    let typed = words.to_uppercase();
    let output = desk.run_with(&["panic", "burn", "--server", server.url(), "--json"], typed.as_bytes());
    assert!(String::from_utf8(good(output)).unwrap().contains("\"burned\":1"));
    assert!(is_burned(&desk, &later[0]));
    let output = desk.run(&["panic", "burn", &link]);
    assert!(said(&output).contains("Nothing was left"), "{}", said(&output));
    good(output);
}

#[test]
fn an_answer_that_was_lost_is_asked_for_again() {
    let (desk, server) = (Desk::new(), Server::start());
    let proxy = Proxy::before(&server);
    let (link, _) = secret(&desk, proxy.url());
    desk.write("panic.link", link.as_bytes());
    let made = shared(&desk, proxy.url(), &["--panic-file", "panic.link"]);
    proxy.doom(&[Fate::CutUp(10), Fate::CutDown(1)]);
    good(desk.run(&["panic", "burn", &link]));
    assert_eq!(proxy.left(), 0);
    assert!(is_burned(&desk, &made[0]));
}

#[test]
fn what_is_no_panic_link_burns_nothing_and_says_so() {
    let (desk, server) = (Desk::new(), Server::start());
    let (link, words) = secret(&desk, server.url());
    desk.write("panic.link", link.as_bytes());
    let made = shared(&desk, server.url(), &["--panic-file", "panic.link"]);
    let told = refused(desk.run(&["panic", "burn", &made[0]]), 2);
    assert!(told.contains("no panic link") && !told.contains(&made[0]), "{told}");
    let cut = words
        .rsplit_once(' ')
        .unwrap()
        .0
        .trim_end()
        .trim_end_matches(|c: char| !c.is_alphabetic());
    let told = refused(
        desk.run_with(&["panic", "burn", "--server", server.url()], cut.as_bytes()),
        2,
    );
    assert!(told.contains("not the 25 words"), "{told}");
    refused(desk.run(&["panic", "burn", &link[..link.len() - 1]]), 2);
    refused(desk.run(&["panic", "new", &link, "--server", server.url()]), 2);
    refused(desk.run(&["panic", "new"]), 2);
    assert!(refused(desk.run(&["get", &link]), 2).contains("this is a panic link, not a link"));
    assert!(refused(desk.run(&["burn", &link]), 2).contains("this is a panic link, not a receipt"));
    let told = refused(
        desk.run_with(
            &["share", "--server", "http://127.0.0.1:9", "--panic-file", "panic.link"],
            b"x",
        ),
        2,
    );
    assert!(told.contains("of another server"), "{told}");
    // A secret that is typed in the wrong place is not repeated.
    let told = refused(desk.run(&[&link]), 2);
    assert!(!told.contains(&link[link.len() - 47..]), "{told}");
    assert!(!is_burned(&desk, &made[0]));
}
