//! A server that takes uploads by invite: the invite is given, remembered, and used up.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod program;
#[path = "program/server.rs"]
#[allow(dead_code, reason = "each test file uses its part")]
mod service;

use program::{Desk, good, mode, refused, said};
use service::Server;

#[test]
fn an_invite_is_asked_for_remembered_and_forgotten_when_it_is_used_up() {
    let (desk, server) = (Desk::new(), Server::start_with(&["--uploads", "invite"]));
    desk.write("a", b"shared");
    let plain = ["share", "a", "--server", server.url()];
    let told = refused(desk.run(&plain), 6);
    assert!(told.contains("takes an invite") && told.contains("--invite"), "{told}");

    let invite = server.invite("3");
    let output = desk.run_with(&["share", "a", "--invite"], invite.as_bytes());
    let errors = said(&output);
    let link = String::from_utf8(good(output)).unwrap();
    assert!(link.starts_with(server.url()), "the invite names the server");
    assert!(errors.contains("The invite is remembered for ") && !errors.contains(invite.rsplit('#').next().unwrap()));
    let kept = desk.names("state/satchel/invites");
    assert_eq!(kept.len(), 1);
    assert_eq!(mode(&desk.path("state/satchel/invites").join(&kept[0])), 0o600);
    assert_eq!(mode(&desk.path("state/satchel/invites")), 0o700);

    good(desk.run(&plain));
    good(desk.run(&plain));
    let told = refused(desk.run(&plain), 6);
    assert!(told.contains("the invite does not hold here"), "{told}");
    assert!(desk.names("state/satchel/invites").is_empty());
    assert!(refused(desk.run(&plain), 6).contains("takes an invite"));
    // Reading took none.
    good(desk.run(&["get", link.trim(), "-o", "got"]));
    assert_eq!(desk.read("got"), b"shared");
}

#[test]
fn an_invite_in_a_file_is_used_and_not_remembered() {
    let (desk, server) = (Desk::new(), Server::start_with(&["--uploads", "invite"]));
    desk.write("a", b"shared");
    desk.write(
        "invite",
        format!("<{}>.\r\n", server.invite("1").replace('#', "%23")).as_bytes(),
    );
    good(desk.run(&["share", "a", "--invite-file", "invite"]));
    assert!(!desk.path("state/satchel/invites").exists());
    refused(desk.run(&["share", "a", "--invite-file", "invite"]), 6);
}

#[test]
fn what_was_remembered_of_a_server_that_is_open_now_is_not_sent() {
    let (desk, server) = (Desk::new(), Server::start());
    desk.write("a", b"shared");
    let invite = server.invite("1");
    for _ in 0..3 {
        let output = desk.run_with(&["share", "a", "--invite"], invite.as_bytes());
        assert!(good(output).starts_with(server.url().as_bytes()));
    }
    assert_eq!(desk.names("state/satchel/invites").len(), 1);
}

#[test]
fn work_is_done_without_a_word_where_it_is_little_and_an_invite_spares_it() {
    let (desk, server) = (Desk::new(), Server::start_with(&["--work", "always"]));
    desk.write("a", b"shared");
    let output = desk.run(&["share", "a", "--server", server.url()]);
    assert!(!said(&output).contains("waiting"), "{}", said(&output));
    let link = String::from_utf8(good(output)).unwrap();
    good(desk.run(&["get", link.trim(), "-o", "got"]));
    assert_eq!(desk.read("got"), b"shared");
    desk.write("invite", server.invite("1").as_bytes());
    for _ in 0..2 {
        // The second is used up by then, and there is still the work.
        good(desk.run(&["share", "a", "--invite-file", "invite"]));
    }
}
