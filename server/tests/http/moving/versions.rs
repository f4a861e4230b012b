//! Two versions that do not know each other: refused with a sentence, before the fence is up.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use super::Places;
use super::way::{Receiving, attempt, hand_over, said};
use crate::documents;
use crate::harness::{Paste, Server};
use crate::operator::stopped;

#[test]
fn a_receiver_that_speaks_another_version_is_refused_and_the_server_goes_on() {
    let server = Server::start();
    let paste = Paste::on(&server, 500, 1);
    let places = Places::new();
    let elsewhere = tempfile::TempDir::new().unwrap();
    drop(Receiving::start(elsewhere.path(), &places.key()));
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let other = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.write_all(b"satmove\x02").unwrap();
        let mut heard = Vec::new();
        let _ = stream.read_to_end(&mut heard);
        heard
    });
    let output = hand_over(server.data.path(), address, &places.key())
        .wait_with_output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let why = said(&output);
    assert!(
        why.contains("use the same version of satchel-server on both machines"),
        "{why}"
    );
    assert_eq!(why.lines().count(), 1, "{why}");
    assert_eq!(
        other.join().unwrap(),
        b"satmove\x01",
        "nothing that another version could use"
    );
    assert!(!server.data.path().join("moving").exists());
    documents::read(&paste, &server);
}

#[test]
fn a_store_of_another_version_does_not_move_and_is_not_fenced() {
    for (version, wanted) in [
        (
            2,
            "has version 2, and this satchel-server 3: start the server here once",
        ),
        (4, "has version 4; this server knows 3"),
    ] {
        let server = Server::start();
        Paste::on(&server, 500, 1);
        let data = stopped(server);
        let conn = rusqlite::Connection::open(data.path().join("satchel.db")).unwrap();
        conn.pragma_update(None, "user_version", version).unwrap();
        drop(conn);
        let (places, new) = (Places::new(), tempfile::TempDir::new().unwrap());
        let receiving = Receiving::start(new.path(), &places.key());
        let output = hand_over(data.path(), receiving.address, &places.key())
            .wait_with_output()
            .unwrap();
        let why = said(&output);
        assert_eq!(output.status.code(), Some(1), "{why}");
        assert!(why.contains(wanted) && why.lines().count() == 1, "{why}");
        assert!(!data.path().join("moving").exists());
        assert!(!new.path().join("receiving/note").exists());
        let why = said(&attempt(data.path(), &["move", "--take-back"]));
        assert!(why.contains("nothing is being moved"), "{why}");
        let why = said(&attempt(data.path(), &["drill", "move"]));
        assert!(why.contains(wanted), "{why}");
    }
}
