//! Who has no business in a move, and what has no place in it: a sentence each, and nothing is lost.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use tempfile::TempDir;

use super::Places;
use super::way::{Receiving, attempt, hand_over, said};
use crate::documents;
use crate::harness::{Paste, Server, command};

#[test]
fn strangers_learn_nothing_and_keep_nobody_from_moving() {
    let server = Server::start();
    let paste = Paste::on(&server, 5000, 1);
    let (places, new) = (Places::new(), TempDir::new().unwrap());
    let receiving = Receiving::start(new.path(), &places.key());
    // One says nothing, one speaks HTTP, one is of another version, one has no key.
    let call = || TcpStream::connect(receiving.address).unwrap();
    let _silent = call();
    let openings: [&[u8]; 3] = [
        b"GET / HTTP/1.1\r\nhost: x\r\n\r\n",
        b"satmove\x02",
        b"satmove\x01\x00\x30",
    ];
    for opening in openings {
        let mut stream = call();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        stream.write_all(opening).unwrap();
        if opening.len() > 8 && opening.starts_with(b"satmove") {
            stream.write_all(&[7; 48]).unwrap();
        }
        let mut heard = Vec::new();
        let _ = stream.read_to_end(&mut heard);
        assert_eq!(heard, b"satmove\x01", "the opening, and no more");
    }
    let other = places.folder.path().join("other");
    let elsewhere = TempDir::new().unwrap();
    drop(Receiving::start(elsewhere.path(), &other));
    let output = hand_over(server.data.path(), receiving.address, &other)
        .wait_with_output()
        .unwrap();
    let why = said(&output);
    assert!(why.contains("the move key is not the one of the other side"), "{why}");
    assert_eq!(paste.probe(&server).status, 200, "it was not even stopped");
    assert!(!server.data.path().join("moving").exists());

    let output = hand_over(server.data.path(), server.address, &places.key())
        .wait_with_output()
        .unwrap();
    let why = said(&output);
    assert!(why.contains("nobody there receives a move"), "{why}");
    let output = hand_over(server.data.path(), receiving.address, &places.key())
        .wait_with_output()
        .unwrap();
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(receiving.ended().0, Some(0));
    documents::read(&paste, &Server::start_in(new, &[]));
}

#[test]
fn two_old_servers_cannot_move_to_one_new_one_nor_one_to_two() {
    let [first, second] = [Server::start(), Server::start()];
    let pastes = [Paste::on(&first, 5000, 1), Paste::on(&second, 5000, 1)];
    let (places, new) = (Places::new(), TempDir::new().unwrap());
    let receiving = Receiving::start(new.path(), &places.key());
    let senders = [&first, &second].map(|server| hand_over(server.data.path(), receiving.address, &places.key()));
    let [one, two] = senders.map(|sender| sender.wait_with_output().unwrap());
    let (done, refused, paste, other) = if one.status.success() {
        (one, two, &pastes[0], &second)
    } else {
        (two, one, &pastes[1], &first)
    };
    assert!(done.status.success(), "{}", said(&done));
    assert_eq!(refused.status.code(), Some(1), "{}", said(&refused));
    assert_eq!(receiving.ended().0, Some(0));
    documents::read(paste, &Server::start_in(new, &[]));
    // The other one never stopped.
    let own = if std::ptr::eq(other, &first) {
        &pastes[0]
    } else {
        &pastes[1]
    };
    documents::read(own, other);
    assert!(!other.data.path().join("moving").exists());
}

#[test]
fn what_cannot_be_moved_or_received_is_a_sentence() {
    let places = Places::new();
    let key = places.key();
    let key = key.to_str().unwrap();
    let refused = |data: &std::path::Path, arguments: &[&str], why: &str| {
        let output = attempt(data, arguments);
        let text = said(&output);
        assert_eq!(output.status.code(), Some(1), "{text}");
        assert!(text.contains(why) && text.lines().count() == 1, "{arguments:?}: {text}");
    };
    let server = Server::start();
    let data = server.data.path();
    refused(data, &["receive"], "another server is using this data folder");
    refused(data, &["move", "--key-file", key], "--to is missing");
    refused(data, &["move", "--to", "127.0.0.1:1"], "--key-file is missing");
    refused(
        data,
        &["move", "--to", "127.0.0.1:1", "--key-file", key],
        "cannot be used",
    );
    fs::write(key, "satchel-move-short\n").unwrap();
    refused(
        data,
        &["move", "--to", "127.0.0.1:1", "--key-file", key],
        "that is no move key",
    );
    fs::remove_file(key).unwrap();
    let elsewhere = TempDir::new().unwrap();
    let receiving = Receiving::start(elsewhere.path(), key.as_ref());
    refused(
        elsewhere.path(),
        &["receive"],
        "another server is using this data folder",
    );
    refused(
        data,
        &["move", "--to", "127.0.0.1", "--key-file", key],
        "is no address with a port",
    );
    refused(
        data,
        &["move", "--to", "127.0.0.1:1", "--key-file", key],
        "cannot be reached",
    );
    let address = receiving.address.to_string();
    let empty = TempDir::new().unwrap();
    refused(
        empty.path(),
        &["move", "--to", &address, "--key-file", key],
        "there is no store",
    );
    refused(empty.path(), &["move", "--take-back"], "nothing is being moved");
    refused(empty.path(), &["receive", "--finish"], "nothing was received");
    refused(
        empty.path(),
        &["receive", "--shred-keys", "memory"],
        "the shred keys are in memory alone",
    );
    assert_eq!(
        server.ask("GET", "/healthz", &[], &[]).status,
        200,
        "it serves all the while"
    );
    let data = crate::operator::stopped(server);
    refused(data.path(), &["receive"], "satchel.db is there already");

    let memory = Server::start_with(&["--shred-keys", "memory"]);
    let arguments = ["move", "--to", &address, "--key-file", key];
    refused(memory.data.path(), &arguments, "the shred keys are in memory alone");
    let usage = command().args(["move", "--patience", "soon"]).output().unwrap();
    assert_eq!(usage.status.code(), Some(2));
}
