//! `satchel-server check`: nothing on a store that is well, each kind of damage by its word and number, and not a byte changed.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::harness::{Paste, Server, command, token};
use super::operator::{busy, json, killed, stopped, violations};

/// Each file below, with its bytes, its mode and when it was changed.
fn image(folder: &Path) -> BTreeMap<PathBuf, (Vec<u8>, u32, i64)> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let about = fs::symlink_metadata(&path).unwrap();
        if about.is_dir() {
            found.extend(image(&path));
        }
        let bytes = if about.is_file() {
            fs::read(&path).unwrap()
        } else {
            Vec::new()
        };
        found.insert(
            path,
            (bytes, about.mode(), about.mtime_nsec() + about.mtime() * 1_000_000_000),
        );
    }
    found
}

/// [B-116]
#[test]
fn check_finds_nothing_on_a_running_a_stopped_and_a_killed_server_and_touches_no_file() {
    let server = Server::start();
    busy(&server);
    let look = |data: &Path, runs: bool| {
        let before = image(data);
        let inspection = json(data, &["check"]);
        assert!(image(data) == before, "check touched a file");
        assert_eq!(violations(&inspection), []);
        assert_eq!(
            (&inspection["well"], &inspection["server_runs"]),
            (&true.into(), &runs.into())
        );
        assert_eq!(
            (&inspection["items"], &inspection["tombstones"]),
            (&6.into(), &1.into())
        );
        // Blocks of 64 KiB: 1 and 4 and 11 and 1 whole ones, 2 and 7 of what is not.
        assert_eq!(inspection["blocks_verified"], 1 + 4 + 11 + 1 + 2 + 7);
    };
    look(server.data.path(), true);
    let data = killed(server);
    look(data.path(), false);
    let data = stopped(Server::start_in(data, &[]));
    look(data.path(), false);
}

/// [B-116]
#[test]
fn check_holds_while_the_store_changes_under_its_eyes() {
    let server = Server::start_with(&["--uploads-per-minute", "0"]);
    std::thread::scope(|scope| {
        let working = scope.spawn(|| {
            for n in 0..40 {
                let paste = Paste::on(&server, if n % 4 == 0 { 300_000 } else { 2000 }, 1);
                let lease = token();
                paste.claim(&server, &lease);
                if n % 2 == 0 {
                    paste.confirm(&server, &lease);
                } else {
                    paste.burn(&server);
                }
            }
        });
        let mut looks = 0;
        while !working.is_finished() || looks == 0 {
            assert_eq!(violations(&json(server.data.path(), &["check"])), []);
            looks += 1;
        }
        working.join().unwrap();
    });
}

/// Makes it.
type Damage<'a> = Box<dyn Fn() + 'a>;

/// [B-116]
#[test]
fn check_names_each_kind_of_damage_with_the_items_number() {
    let server = Server::start();
    let pastes = busy(&server);
    let item =
        |server: &Server, paste: &Paste| json(server.data.path(), &["disclose", &paste.id])["paste"]["item"].as_u64();
    let (small, large) = (item(&server, &pastes[0]), item(&server, &pastes[2]));
    let slot = json(server.data.path(), &["disclose", &pastes[0].id])["paste"]["slot"]
        .as_u64()
        .unwrap();
    let data = stopped(server);
    let whole = image(data.path());
    let file = |name: &str| data.path().join(name);
    let content = file("content").join(format!("{:016x}", large.unwrap()));
    let keys = file("shred-keys");
    let flip = |path: &Path, at: usize| {
        let mut bytes = fs::read(path).unwrap();
        bytes[at] ^= 1;
        fs::write(path, bytes).unwrap();
    };
    let sql = |statement: &str| {
        let conn = rusqlite::Connection::open(file("satchel.db")).unwrap();
        conn.execute_batch(statement).unwrap();
    };
    let small_item = small.unwrap();
    let damages: Vec<(&str, Option<u64>, Damage<'_>)> = vec![
        ("block-damaged", large, Box::new(|| flip(&content, 100_000))),
        ("file-missing", large, Box::new(|| fs::remove_file(&content).unwrap())),
        (
            "file-stray",
            Some(0xfff0),
            Box::new(|| fs::write(file("content/000000000000fff0"), b"x").unwrap()),
        ),
        (
            "slot-damaged",
            small,
            Box::new(|| flip(&keys, usize::try_from(slot).unwrap() * 64 + 5)),
        ),
        (
            "slot-unfit",
            small,
            Box::new(|| sql(&format!("UPDATE paste SET generation = 9 WHERE item = {small_item}"))),
        ),
        (
            "slot-shared",
            None,
            Box::new(|| sql(&format!("UPDATE paste SET slot = {slot} WHERE state < 2"))),
        ),
        ("slot-file", None, Box::new(|| fs::remove_file(&keys).unwrap())),
        ("slot-file", None, Box::new(|| flip(&keys, 20))),
        (
            "slots-short",
            None,
            Box::new(|| sql("UPDATE store SET value = 100000 WHERE name = 'slots'")),
        ),
        (
            "leases",
            small,
            Box::new(|| sql(&format!("INSERT INTO lease VALUES (999, {small_item}, x'00', 0, 1)"))),
        ),
        (
            "lease-stray",
            Some(77_777),
            Box::new(|| sql("INSERT INTO lease VALUES (999, 77777, x'00', 2, 0)")),
        ),
        (
            "blocks",
            small,
            Box::new(|| sql(&format!("DELETE FROM block WHERE place = {small_item} * 8"))),
        ),
        (
            "blocks",
            Some(77_777),
            Box::new(|| sql("INSERT INTO block VALUES (77777 * 8, x'00')")),
        ),
        (
            "block-damaged",
            small,
            Box::new(|| {
                sql(&format!(
                    "UPDATE block SET sealed = zeroblob(length(sealed)) WHERE place = {small_item} * 8"
                ))
            }),
        ),
        (
            "row",
            small,
            Box::new(|| sql(&format!("UPDATE paste SET reads_used = 2 WHERE item = {small_item}"))),
        ),
        (
            "tombstone",
            None,
            Box::new(|| sql("UPDATE paste SET claim = zeroblob(32) WHERE state = 2")),
        ),
    ];
    for (code, item, damage) in damages {
        damage();
        let output = command()
            .args(["check", "--json", "--data"])
            .arg(data.path())
            .output()
            .unwrap();
        let inspection: Value = serde_json::from_slice(&output.stdout).unwrap();
        let found = violations(&inspection);
        let named = |one: &(String, Option<u64>)| one.0 == code && (item.is_none() || one.1 == item);
        assert!(found.iter().any(named), "{code} {item:?}: {found:?}");
        assert_eq!((output.status.code(), &inspection["well"]), (Some(1), &false.into()));
        restore(data.path(), &whole);
    }
    assert_eq!(violations(&json(data.path(), &["check"])), []);
}

fn restore(folder: &Path, whole: &BTreeMap<PathBuf, (Vec<u8>, u32, i64)>) {
    for path in image(folder).keys().filter(|path| !whole.contains_key(*path)) {
        fs::remove_file(path).unwrap();
    }
    for (path, (bytes, ..)) in whole.iter().filter(|(path, _)| !path.is_dir()) {
        fs::write(path, bytes).unwrap();
    }
}

/// [B-116]
#[test]
fn check_uses_keys_that_are_in_memory_by_asking_the_server() {
    let server = Server::start_with(&["--shred-keys", "memory"]);
    busy(&server);
    let inspection = json(server.data.path(), &["check", "--shred-keys", "memory"]);
    assert_eq!(
        (violations(&inspection), &inspection["blocks_verified"]),
        (vec![], &26.into())
    );
}
