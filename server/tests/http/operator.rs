//! The operator's commands, on a running server and on a stopped one.

use std::fs;
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::path::Path;
use std::process::Output;

use rustix::process::Signal;
use serde_json::Value;
use tempfile::TempDir;

use super::documents::Document;
use super::harness::{Paste, Server, command, sha256, token};

pub(super) fn run(data: &Path, arguments: &[&str]) -> Output {
    let output = command().args(arguments).arg("--data").arg(data).output().unwrap();
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    output
}

pub(super) fn json(data: &Path, arguments: &[&str]) -> Value {
    let output = run(data, &[arguments, &["--json"]].concat());
    serde_json::from_slice(&output.stdout).unwrap()
}

pub(super) fn stopped(server: Server) -> TempDir {
    server.signal(Signal::TERM);
    server.ended().1
}

pub(super) fn killed(server: Server) -> TempDir {
    server.signal(Signal::KILL);
    server.ended().1
}

pub(super) fn violations(inspection: &Value) -> Vec<(String, Option<u64>)> {
    let all = inspection["violations"].as_array().unwrap().iter();
    all.map(|one| (one["code"].as_str().unwrap().to_owned(), one["item"].as_u64()))
        .collect()
}

/// A bit of everything: small, large, unfinished, claimed, confirmed, burned.
pub(super) fn busy(server: &Server) -> Vec<Paste> {
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

/// [B-116] [B-115] [B-118]
#[test]
fn documents_and_their_links_are_checked_counted_and_disclosed() {
    let server = Server::start();
    let documents = [Document::on(&server, 4096), Document::on(&server, 700_000)];
    let links: Vec<Paste> = documents
        .iter()
        .flat_map(|document| [document.linked(&server, 1), document.linked(&server, 2)])
        .collect();
    let lease = token();
    assert_eq!(links[3].claim(&server, &lease).status, 200);
    links[0].burn(&server);
    let stats = json(server.data.path(), &["stats"]);
    assert_eq!((&stats["documents"], &stats["stored"]), (&2.into(), &3.into()));
    assert_eq!(stats["bytes"], 4096 + 700_000 + 3 * 230);
    assert_eq!(violations(&json(server.data.path(), &["check"])), []);
    let of = |id: &str| json(server.data.path(), &["disclose", id])["paste"].clone();
    let (document, link) = (of(&documents[1].id), of(&links[3].id));
    assert_eq!(
        (&document["document"], &document["number"]),
        (&document["item"], &Value::Null)
    );
    assert_eq!(
        (&link["document"], &link["number"], &link["shared"]),
        (&document["item"], &2.into(), &700_000.into())
    );

    let whole = json(server.data.path(), &["disclose", &links[3].id]);
    assert_eq!(whole["payload"]["file_bytes"], 700_000 / 65_536 * (65_536 + 28));
    let item = document["item"].as_u64();
    let data = stopped(server);
    let conn = rusqlite::Connection::open(data.path().join("satchel.db")).unwrap();
    conn.execute("UPDATE paste SET running = 1 WHERE item = ?1", [item])
        .unwrap();
    drop(conn);
    assert_eq!(violations(&json(data.path(), &["check"])), [("links".to_owned(), item)]);
}

/// [B-117]
#[test]
fn a_purge_counts_links_that_burn_with_their_document_as_burned() {
    let server = Server::start();
    let document = Document::on(&server, 4096);
    let links = [document.linked(&server, 1), document.linked(&server, 2)];
    let gone = Paste::on(&server, 2000, 1);
    gone.burn(&server);
    let purged = json(server.data.path(), &["purge", "--all"]);
    assert_eq!((&purged["burned"], &purged["forgotten"]), (&3.into(), &1.into()));
    assert_eq!(links[0].probe(&server).code(), "not_found");
    let stats = json(server.data.path(), &["stats"]);
    assert_eq!(
        (&stats["documents"], &stats["stored"], &stats["tombstones"]),
        (&0.into(), &0.into(), &0.into())
    );
    assert_eq!(violations(&json(server.data.path(), &["check"])), []);
}

/// [B-118]
#[test]
fn disclose_prints_everything_that_is_kept_under_an_id_and_no_more_fields_than_these() {
    const PASTE: [&str; 26] = [
        "burned",
        "burned_at",
        "claim",
        "document",
        "due_at",
        "expires_in",
        "generation",
        "held",
        "id",
        "item",
        "keep",
        "label",
        "number",
        "on_guessing",
        "panic",
        "probe",
        "reads",
        "reads_used",
        "receipt",
        "running",
        "shared",
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
    assert_eq!(
        names(&answer),
        ["blocked", "content", "known", "leases", "paste", "payload"]
    );
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
    let data = server.data.path();
    let block = command()
        .args(["block", "--data"])
        .arg(data)
        .arg("--")
        .arg(&paste.id)
        .output()
        .unwrap();
    assert!(block.status.success(), "{}", String::from_utf8_lossy(&block.stderr));
    let answer = json(data, &["disclose", &paste.id]);
    assert_eq!(answer["blocked"], true);
    assert!(
        String::from_utf8(run(data, &["disclose", &paste.id]).stdout)
            .unwrap()
            .contains("The id is blocked")
    );
    assert_eq!(
        (&answer["paste"]["claim"], &answer["paste"]["size"]),
        (&Value::Null, &0.into())
    );
    for id in [
        "AAAAAAAAAAAAAAAAAAAAAA",
        "-hAAAAAAAAAAAAAAAAAAAA",
        "--AAAAAAAAAAAAAAAAAAAA",
        "-qAAAAAAAAAAAAAAAAAAAA",
    ] {
        let unknown = json(server.data.path(), &["disclose", id]);
        assert_eq!(unknown, serde_json::json!({ "known": false, "blocked": false }));
    }
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
fn a_command_that_takes_its_time_keeps_no_other_waiting() {
    use std::io::{BufRead as _, BufReader, Write as _};

    let server = Server::start();
    let mut slow = std::os::unix::net::UnixStream::connect(server.data.path().join("control")).unwrap();
    slow.write_all(b"\"st").unwrap();
    assert_eq!(json(server.data.path(), &["stats"])["server"]["ok"], true);
    // It was there all the time.
    slow.write_all(b"ate\"\n").unwrap();
    let mut answer = String::new();
    BufReader::new(slow).read_line(&mut answer).unwrap();
    assert!(answer.starts_with("{\"state\":"), "{answer}");
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

/// [B-73], [B-200]
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
    // Nothing is out of order that a restart would mend, so it is well.
    let health = |method| server.ask(method, "/healthz", &[], &[]);
    let (get, head) = (health("GET"), health("HEAD"));
    assert_eq!((get.status, &*get.body), (200, &b"ok, a jump of the clock is held"[..]));
    assert_eq!((head.status, head.body.len()), (200, 0));
    assert_eq!(head.header("content-length"), get.header("content-length"));
    run(server.data.path(), &["clock", "accept"]);
    assert_eq!(held(), false);
    assert_eq!(health("GET").body, b"ok");
}
