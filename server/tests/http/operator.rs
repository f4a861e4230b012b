//! The operator's commands, on a running server and on a stopped one.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::Output;

use rustix::process::Signal;
use serde_json::Value;
use tempfile::TempDir;

use super::harness::{Paste, Server, command, sha256, token};

fn run(data: &Path, arguments: &[&str]) -> Output {
    let output = command().args(arguments).arg("--data").arg(data).output().unwrap();
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    output
}

fn json(data: &Path, arguments: &[&str]) -> Value {
    let output = run(data, &[arguments, &["--json"]].concat());
    serde_json::from_slice(&output.stdout).unwrap()
}

fn stopped(server: Server) -> TempDir {
    server.signal(Signal::TERM);
    server.ended().1
}

fn killed(server: Server) -> TempDir {
    server.signal(Signal::KILL);
    server.ended().1
}

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

fn violations(inspection: &Value) -> Vec<(String, Option<u64>)> {
    let all = inspection["violations"].as_array().unwrap().iter();
    all.map(|one| (one["code"].as_str().unwrap().to_owned(), one["item"].as_u64()))
        .collect()
}

/// A bit of everything: small, large, unfinished, claimed, confirmed, burned.
fn busy(server: &Server) -> Vec<Paste> {
    let pastes: Vec<Paste> = [(2000, 1), (200_000, 3), (700_000, 1), (1000, 0), (100_000, 1)]
        .map(|(len, reads)| Paste::on(server, len, reads))
        .into();
    for paste in [&pastes[1], &pastes[3]] {
        paste.claim(server, &token());
        let lease = token();
        paste.claim(server, &lease);
        paste.confirm(server, &lease);
    }
    pastes[4].burn(server);
    for (len, sent) in [(150_000, 70_000), (900_000, 400_000)] {
        let unfinished = Paste::new(len, 1);
        assert_eq!(unfinished.create(server, &[]).status, 201);
        assert_eq!(
            unfinished.patch(server, 0, &unfinished.content[..sent], &[]).status,
            204
        );
    }
    pastes
}

/// [B-115]
#[test]
fn stats_counts_what_there_is_and_says_whether_a_server_runs() {
    let server = Server::start();
    busy(&server);
    let stats = json(server.data.path(), &["stats"]);
    let numbers = ["stored", "uploading", "tombstones", "leases", "bytes"].map(|name| stats[name].as_u64().unwrap());
    assert_eq!(
        numbers,
        [4, 2, 1, 2, 2000 + 200_000 + 700_000 + 1000 + 150_000 + 900_000]
    );
    assert_eq!(
        (&stats["server"]["ok"], &stats["server"]["items"]),
        (&true.into(), &6.into())
    );
    let text = String::from_utf8(run(server.data.path(), &["stats"]).stdout).unwrap();
    assert!(text.contains("tombstones             1\n"), "{text}");
    let data = stopped(server);
    let stats = json(data.path(), &["stats"]);
    assert_eq!((&stats["stored"], &stats["server"]), (&4.into(), &Value::Null));
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

/// [B-117]
#[test]
fn purge_burns_what_is_asked_for_on_a_running_and_on_a_stopped_server() {
    for runs in [true, false] {
        let server = Server::start();
        let pastes = busy(&server);
        let after = |server: Server, arguments: &[&str]| {
            if runs {
                let purged = json(server.data.path(), arguments);
                return (server, purged);
            }
            let data = stopped(server);
            let purged = json(data.path(), arguments);
            (Server::start_in(data, &[]), purged)
        };
        let (server, purged) = after(server, &["purge"]);
        assert_eq!(
            (&purged["burned"], &purged["forgotten"]),
            (&0.into(), &0.into()),
            "nothing is due"
        );
        assert_eq!(pastes[4].probe(&server).code(), "burned");
        let (server, purged) = after(server, &["purge", "--tombstones"]);
        assert_eq!((&purged["burned"], &purged["forgotten"]), (&0.into(), &1.into()));
        assert_eq!(pastes[4].probe(&server).code(), "not_found");
        let (server, purged) = after(server, &["purge", "--older-than", "1h"]);
        assert_eq!(purged["burned"], 0);
        assert_eq!(pastes[0].probe(&server).status, 200);
        let keys = fs::read(server.data.path().join("shred-keys")).unwrap();
        let slot = json(server.data.path(), &["disclose", &pastes[0].id])["paste"]["slot"]
            .as_u64()
            .unwrap();
        let at = usize::try_from(slot).unwrap() * 64;
        let (server, purged) = after(server, &["purge", "--all"]);
        assert_eq!(purged["burned"], 6);
        assert_eq!(pastes[0].probe(&server).code(), "not_found", "no tombstone stays");
        let now = fs::read(server.data.path().join("shred-keys")).unwrap();
        assert!(now[at..at + 32] != keys[at..at + 32], "its key is overwritten");
        let stats = json(server.data.path(), &["stats"]);
        assert_eq!(
            (&stats["stored"], &stats["uploading"], &stats["tombstones"]),
            (&0.into(), &0.into(), &0.into())
        );
        assert_eq!(violations(&json(server.data.path(), &["check"])), []);
        // It goes on as an empty server.
        Paste::on(&server, 2000, 1);
    }
}

/// [B-118]
#[test]
fn disclose_prints_everything_that_is_kept_under_an_id_and_no_more_fields_than_these() {
    const PASTE: [&str; 21] = [
        "burned",
        "burned_at",
        "claim",
        "due_at",
        "expires_in",
        "generation",
        "held",
        "id",
        "item",
        "keep",
        "on_guessing",
        "probe",
        "reads",
        "reads_used",
        "receipt",
        "running",
        "size",
        "slot",
        "state",
        "tries",
        "wait_until",
    ];
    const LEASE: [&str; 5] = ["ends_at", "item", "lease", "phase", "token"];
    let names = |row: &Value| {
        let mut names: Vec<String> = row.as_object().unwrap().keys().cloned().collect();
        names.sort();
        names
    };
    let server = Server::start();
    let paste = Paste::on(&server, 2000, 2);
    let lease = token();
    paste.claim(&server, &lease);
    let answer = json(server.data.path(), &["disclose", &paste.id]);
    assert_eq!(names(&answer), ["content", "known", "leases", "paste"]);
    assert_eq!(names(&answer["paste"]), PASTE);
    assert_eq!(names(&answer["leases"][0]), LEASE);
    assert_eq!(names(&answer["content"]), ["blocks", "file_bytes"]);
    let hash = |token: &str| {
        let bytes = <base64ct::Base64UrlUnpadded as base64ct::Encoding>::decode_vec(token).unwrap();
        sha256(&bytes)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect::<String>()
    };
    for (name, secret) in [("id", &paste.id), ("probe", &paste.probe), ("receipt", &paste.receipt)] {
        assert_eq!(answer["paste"][name], hash(secret));
    }
    assert_eq!(answer["leases"][0]["token"], hash(&lease));
    assert!(answer["paste"]["claim"] != hash(&paste.claim), "under the shred key");
    assert_eq!(
        (&answer["paste"]["size"], &answer["paste"]["reads_used"]),
        (&2000.into(), &1.into())
    );
    let text = String::from_utf8(run(server.data.path(), &["disclose", &paste.id]).stdout).unwrap();
    assert!(!text.contains("no description yet"), "{text}");
    assert!(text.contains("Not kept, at any time: who created or read it"), "{text}");
    paste.burn(&server);
    let answer = json(server.data.path(), &["disclose", &paste.id]);
    assert_eq!(
        (&answer["paste"]["claim"], &answer["paste"]["size"]),
        (&Value::Null, &0.into())
    );
    let unknown = json(server.data.path(), &["disclose", "AAAAAAAAAAAAAAAAAAAAAA"]);
    assert_eq!(unknown, serde_json::json!({ "known": false }));
    let output = command()
        .args(["disclose", "nonsense", "--data"])
        .arg(server.data.path())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
}

/// [B-118]
#[test]
fn each_field_of_a_disclosure_is_in_the_manual() {
    let manual = include_str!("../../../docs/operations.md");
    let server = Server::start();
    let paste = Paste::on(&server, 2000, 2);
    paste.claim(&server, &token());
    let answer = json(server.data.path(), &["disclose", &paste.id]);
    for row in [&answer["paste"], &answer["leases"][0]] {
        for name in row.as_object().unwrap().keys() {
            assert!(manual.contains(&format!("`{name}`")), "{name}");
        }
    }
}

/// [B-119]
#[test]
fn the_control_socket_is_its_users_alone_goes_with_the_server_and_takes_nothing_malformed() {
    use std::io::{Read as _, Write as _};

    let server = Server::start();
    let socket = server.data.path().join("control");
    let about = fs::symlink_metadata(&socket).unwrap();
    assert!(about.file_type().is_socket());
    assert_eq!(about.permissions().mode() & 0o777, 0o600);
    for nonsense in [
        "",
        "{}",
        "\"everything\"",
        "{\"purge\":{\"all\":true,\"more\":1}}",
        &"x".repeat(100_000),
    ] {
        let mut stream = std::os::unix::net::UnixStream::connect(&socket).unwrap();
        let _ = stream.write_all(nonsense.as_bytes());
        let _ = stream.shutdown(std::net::Shutdown::Write);
        let mut answer = String::new();
        let _ = stream.read_to_string(&mut answer);
        assert!(answer.is_empty() || answer.contains("failed"), "{answer}");
    }
    assert_eq!(json(server.data.path(), &["stats"])["server"]["ok"], true);
    let data = killed(server);
    assert!(data.path().join("control").exists(), "a killed server leaves it");
    assert_eq!(json(data.path(), &["stats"])["server"], Value::Null);
    let data = stopped(Server::start_in(data, &[]));
    assert!(!data.path().join("control").exists());
}

/// [B-119]
#[test]
fn a_data_folder_with_a_long_path_has_a_control_socket_too() {
    let outer = TempDir::new().unwrap();
    let long = outer.path().join("x".repeat(120));
    fs::create_dir(&long).unwrap();
    let data = TempDir::new_in(&long).unwrap();
    let server = Server::start_in(data, &[]);
    assert_eq!(json(server.data.path(), &["stats"])["server"]["ok"], true);
}

/// [B-73]
#[test]
fn the_clock_is_accepted_while_the_server_runs_too() {
    let server = Server::start();
    Paste::on(&server, 2000, 1);
    let data = stopped(server);
    // The last mark is two days old: the clock is ahead of it.
    let conn = rusqlite::Connection::open(data.path().join("satchel.db")).unwrap();
    let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs();
    let mark = now / 3600 * 3600 - 2 * 86_400;
    conn.execute("UPDATE store SET value = ?1 WHERE name = 'mark'", [mark])
        .unwrap();
    drop(conn);
    let server = Server::start_in(data, &[]);
    let held = || json(server.data.path(), &["stats"])["server"]["clock_held"].clone();
    assert_eq!(held(), true);
    run(server.data.path(), &["clock", "accept"]);
    assert_eq!(held(), false);
}
