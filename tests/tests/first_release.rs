//! From one release to the next: what each released command line asked is asked again, byte for byte, and answered as it was; a store of a later one is refused.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use satchel_tests::process::Server;
use satchel_tests::recorded::Exchange;
use satchel_tests::wire::{Keys, Wire};
use satchel_tests::{noise, random};

fn entries(folder: &Path) -> BTreeSet<PathBuf> {
    fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect()
}

#[test]
fn what_a_released_command_line_asked_is_answered_as_it_was() {
    let recorded = Path::new(env!("CARGO_MANIFEST_DIR")).join("recorded");
    let mut asked = 0;
    for flow in entries(&recorded).iter().flat_map(|version| entries(version)) {
        let folder = tempfile::tempdir().unwrap();
        let server = Server::start(folder.path());
        let file = serde_json::from_slice(&fs::read(&flow).unwrap()).unwrap();
        for exchange in Exchange::all_of(&file) {
            exchange
                .repeated(server.url())
                .unwrap_or_else(|what| panic!("{}: {what}", flow.display()));
            asked += 1;
        }
    }
    assert!(asked > 30, "{asked} requests");
}

#[test]
fn an_answer_that_lost_something_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let told = |field: &str, status: u16, header: &str| {
        serde_json::json!([{
            "request": "GET /api/v1/config", "headers": [], "body": "",
            "status": status, "answered": [header], "shape": { field: "a text" },
        }])
    };
    let repeated = |file| Exchange::all_of(&file)[0].repeated(server.url());
    assert_eq!(repeated(told("version", 200, "content-type")), Ok(()));
    for lost in [
        told("version", 201, "content-type"),
        told("version", 200, "x-gone"),
        told("gone", 200, "content-type"),
    ] {
        assert!(repeated(lost).is_err());
    }
}

#[test]
fn a_store_of_a_later_version_is_refused_with_a_sentence_and_opens_with_that_version_afterwards() {
    let folder = tempfile::tempdir().unwrap();
    let (keys, content) = (Keys::generate(), noise(3000));
    let server = Server::start(folder.path());
    let created = Wire::new(server.url()).create(&keys, 1, content.len(), &content);
    assert_eq!(created.unwrap().status, 201);
    drop(server.stop());
    let database = rusqlite::Connection::open(folder.path().join("satchel.db")).unwrap();
    let version: i64 = database.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap();
    database.pragma_update(None, "user_version", version + 1).unwrap();
    let Err(said) = Server::try_start(folder.path(), &[]) else {
        panic!("it started")
    };
    let told = format!("the database has version {}; this server knows {version}", version + 1);
    assert!(said.contains(&told), "{said}");
    database.pragma_update(None, "user_version", version).unwrap();
    drop(database);
    let server = Server::start(folder.path());
    let claimed = Wire::new(server.url()).claim(&keys, &random()).unwrap();
    assert!(claimed.body == content);
}
