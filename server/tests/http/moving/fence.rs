//! The old side is fenced from before the first item goes: nothing that would use its store does, whenever it is tried; and the way back.

use std::fs;
use std::path::Path;

use tempfile::TempDir;

use super::Places;
use super::way::{Proxy, Receiving, attempt, hand_over, refuses_to_serve, said, wait_until};
use crate::documents;
use crate::harness::{Paste, Server};
use crate::operator::{json, stopped};

/// A move that was cut at byte `at`: the old folder, the new one, who receives, and where the key is.
fn cut_at(server: Server, at: u64) -> (TempDir, TempDir, Receiving, Places) {
    let (places, new) = (Places::new(), TempDir::new().unwrap());
    let receiving = Receiving::start(new.path(), &places.key());
    let proxy = Proxy::start(receiving.address, at, Box::new(|| ()));
    let output = hand_over(server.data.path(), proxy.address, &places.key())
        .wait_with_output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let why = said(&output);
    assert!(why.contains("run it again, and it goes on where it was"), "{why}");
    let (_, old) = server.ended();
    if at >= MIDST {
        wait_until("a batch is there", || new.path().join("receiving/note").exists());
    }
    (old, new, receiving, places)
}

/// Longer than a batch: after so many bytes one is there, and not all.
const LONG: usize = 20_000_000;
const MIDST: u64 = 18_500_000;

fn long_on(server: &Server) -> Paste {
    let paste = Paste::new(LONG, 1);
    assert_eq!(paste.create(server, &[]).status, 201);
    assert_eq!(paste.patch(server, 0, &paste.content, &[]).status, 204);
    paste
}

fn stage(data: &Path) -> String {
    let fence: serde_json::Value = serde_json::from_slice(&fs::read(data.join("moving")).unwrap()).unwrap();
    fence["stage"].as_str().unwrap().to_owned()
}

#[test]
fn a_fenced_store_is_used_by_nothing_and_a_restart_does_not_wake_it() {
    let server = Server::start();
    let paste = Paste::on(&server, 5000, 1);
    let (old, new, receiving, places) = cut_at(server, 2000);
    assert_eq!(stage(old.path()), "sending");
    for arguments in [
        &["serve", "--listen", "127.0.0.1:0"][..],
        &["purge", "--all"],
        &["clock", "accept"],
        &["block", &paste.id],
        &["unblock", &paste.id],
        &["invite", "create", "--base-url", "https://x.example"],
        &["backup", "/nowhere"],
        &["restore", "/nowhere"],
        &["receive"],
    ] {
        let output = attempt(old.path(), arguments);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        let why = said(&output);
        let is_reason = why.contains("is being moved to 127.0.0.1:") || why.contains("satchel.db is there already");
        assert!(is_reason, "{arguments:?}: {why}");
    }
    // Who only looks, looks.
    assert_eq!(json(old.path(), &["stats"])["stored"], 1);
    assert_eq!(json(old.path(), &["check"])["well"], true);
    let why = refuses_to_serve(new.path());
    assert!(why.contains("another server is using this data folder"), "{why}");

    let output = hand_over(old.path(), receiving.address, &places.key())
        .wait_with_output()
        .unwrap();
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(receiving.ended().0, Some(0));
    documents::read(&paste, &Server::start_in(new, &[]));
}

#[test]
fn what_is_half_received_is_not_served_and_nothing_else_is_put_there() {
    let server = Server::start();
    let paste = long_on(&server);
    let vault = TempDir::new().unwrap();
    let backup = vault.path().join("backup");
    let backup = backup.to_str().unwrap();
    assert!(attempt(server.data.path(), &["backup", backup]).status.success());
    let (old, new, mut receiving, places) = cut_at(server, MIDST);
    receiving.kill();
    for arguments in [
        &["serve", "--listen", "127.0.0.1:0"][..],
        &["purge"],
        &["restore", backup],
    ] {
        let why = said(&attempt(new.path(), arguments));
        assert!(
            why.contains("is being received into this data folder"),
            "{arguments:?}: {why}"
        );
    }
    let why = said(&attempt(new.path(), &["receive", "--finish"]));
    assert!(why.contains("not everything has arrived"), "{why}");
    let receiving = Receiving::start(new.path(), &places.key());
    let output = hand_over(old.path(), receiving.address, &places.key())
        .wait_with_output()
        .unwrap();
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(receiving.ended().0, Some(0));
    documents::read(&paste, &Server::start_in(new, &[]));
}

#[test]
fn a_move_that_is_taken_back_leaves_nothing_on_the_new_side_and_all_on_the_old() {
    let server = Server::start();
    let pastes = [long_on(&server), Paste::on(&server, 5000, 1)];
    let (old, new, receiving, places) = cut_at(server, MIDST);
    let (address, key) = (receiving.address.to_string(), places.key());
    let back = [
        "move",
        "--take-back",
        "--to",
        &address,
        "--key-file",
        key.to_str().unwrap(),
    ];
    let told = json(old.path(), &back);
    assert_eq!((&told["taken_back"], &told["told"]), (&true.into(), &true.into()));
    let (code, _, why) = receiving.ended();
    assert_eq!(code, Some(1));
    assert!(why.contains("the old server took it back"), "{why}");
    let left: Vec<_> = fs::read_dir(new.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(left, ["lock"]);
    let why = said(&attempt(old.path(), &["move", "--take-back"]));
    assert!(why.contains("nothing is being moved"), "{why}");
    let server = Server::start_in(old, &[]);
    for paste in &pastes {
        documents::read(paste, &server);
    }
}

#[test]
fn a_move_is_taken_back_where_the_other_side_is_out_of_reach_and_not_once_it_has_given() {
    let server = Server::start();
    let paste = long_on(&server);
    let (old, new, mut receiving, places) = cut_at(server, MIDST);
    receiving.kill();
    let key = places.key();
    let told = json(old.path(), &["move", "--take-back"]);
    assert_eq!(told["told"], false);
    let server = Server::start_in(old, &[]);
    assert_eq!(paste.probe(&server).status, 200);

    // Another move, into the same folder: what is left of the first stands in its way.
    let receiving = Receiving::start(new.path(), &key);
    let output = hand_over(server.data.path(), receiving.address, &key)
        .wait_with_output()
        .unwrap();
    let why = said(&output);
    assert!(why.contains("it is receiving from another server already"), "{why}");
    assert_eq!(paste.probe(&server).status, 200, "nothing was stopped for it");
    drop(receiving);
    let (old, _, _) = super::moved(server);
    let why = said(&attempt(old.path(), &["move", "--take-back"]));
    assert!(why.contains("there is no way back"), "{why}");
}

#[test]
fn where_the_old_machine_is_gone_the_new_one_finishes_when_it_has_everything() {
    let server = Server::start();
    let paste = Paste::on(&server, 5000, 1);
    let (places, new) = (Places::new(), TempDir::new().unwrap());
    let receiving = Receiving::start(new.path(), &places.key());
    let old = stopped(server);
    let note = new.path().join("receiving/note");
    let mut sender = hand_over(old.path(), receiving.address, &places.key());
    let mut receiving = receiving;
    wait_until("everything is there", || {
        fs::read_to_string(&note).is_ok_and(|text| text.contains("complete")) || new.path().join("received").exists()
    });
    let _ = sender.kill();
    let _ = sender.wait();
    receiving.kill();
    if !new.path().join("satchel.db").exists() {
        let finished = json(new.path(), &["receive", "--finish"]);
        assert_eq!((&finished["items"], &finished["told"]), (&1.into(), &false.into()));
    }
    documents::read(&paste, &Server::start_in(new, &[]));
}
