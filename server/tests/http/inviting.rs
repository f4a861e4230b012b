//! Uploads by invite alone: who gets in, what it costs, what is kept of it.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use base64ct::{Base64UrlUnpadded, Encoding as _};
use serde_json::Value;

use super::harness::{Answer, Paste, Server, command, sha256, token};

const SMALL: usize = 4096;
const LARGE: usize = 400_000;

fn started() -> Server {
    Server::start_with(&["--uploads", "invite", "--uploads-per-minute", "0"])
}

/// `satchel-server invite ...`, beside the running server: what it printed, and whether it went well.
fn invite(server: &Server, arguments: &[&str]) -> (String, bool) {
    let mut command = command();
    command
        .arg("invite")
        .args(arguments)
        .arg("--data")
        .arg(server.data.path());
    if arguments.first() == Some(&"create") {
        command.arg("--base-url").arg(format!("http://{}", server.address));
    }
    let output = command.output().unwrap();
    (String::from_utf8(output.stdout).unwrap(), output.status.success())
}

/// A new invite's token, as `Satchel-Invite` takes it.
fn made(server: &Server, arguments: &[&str]) -> String {
    let (link, good) = invite(server, &[&["create"], arguments].concat());
    assert!(good);
    let (base, fragment) = link.trim_end().split_once("/#").unwrap();
    assert_eq!(base, format!("http://{}", server.address));
    let bytes = Base64UrlUnpadded::decode_vec(fragment).unwrap();
    assert_eq!((bytes.len(), bytes[0]), (35, 0x1c));
    Base64UrlUnpadded::encode_string(&bytes[1..33])
}

fn listed(server: &Server) -> Vec<Value> {
    let (text, good) = invite(server, &["list", "--json"]);
    assert!(good);
    serde_json::from_str::<Value>(&text)
        .unwrap()
        .as_array()
        .unwrap()
        .clone()
}

fn create(server: &Server, paste: &Paste, invite: &str) -> Answer {
    let body = if paste.content.len() <= SMALL {
        &paste.content[..]
    } else {
        &[]
    };
    paste.create_with(server, body, &[("satchel-invite", invite)])
}

fn refused(answer: &Answer) -> Option<u64> {
    assert_eq!((answer.status, answer.code().as_str()), (403, "invite_required"));
    answer.json().get("limit").and_then(Value::as_u64)
}

/// [B-100]
#[test]
fn a_creation_takes_an_invite_and_nothing_else_does() {
    let server = started();
    let config = server.ask("GET", "/api/v1/config", &[], &[]).json();
    assert_eq!(config["invite_required"], true);
    let paste = Paste::new(LARGE, 1);
    let spelled = made(&server, &[]);
    refused(&paste.create(&server, &[]));
    for wrong in [&token()[..], "", "x", &spelled[..42], &format!("{spelled}=")] {
        refused(&create(&server, &paste, wrong));
        assert_eq!(paste.head(&server).status, 404, "{wrong}");
    }
    let twice = [("satchel-invite", &*spelled), ("satchel-invite", &*spelled)];
    refused(&paste.create_with(&server, &[], &twice));
    assert_eq!(create(&server, &paste, &spelled).status, 201);
    assert_eq!(paste.patch(&server, 0, &paste.content, &[]).status, 204);
    let lease = token();
    assert_eq!(paste.probe(&server).status, 200);
    assert!(paste.claim(&server, &lease).body == paste.content);
    assert_eq!(paste.confirm(&server, &lease).status, 204);
    assert_eq!(paste.burn(&server).status, 204);
    assert_eq!(
        Server::start().ask("GET", "/api/v1/config", &[], &[]).json()["invite_required"],
        false
    );
}

/// [B-101]
#[test]
fn a_creation_costs_one_use_and_its_length_and_a_burn_gives_nothing_back() {
    let server = started();
    let spelled = made(&server, &["--uses", "3", "--quota", "1MiB"]);
    let left = |server: &Server| {
        let all = listed(server);
        (
            all[0]["uses_left"].as_u64().unwrap(),
            all[0]["bytes_left"].as_u64().unwrap(),
        )
    };
    assert_eq!(left(&server), (3, 1 << 20));
    let first = Paste::new(SMALL, 1);
    assert_eq!(create(&server, &first, &spelled).status, 201);
    assert_eq!(left(&server), (2, (1 << 20) - 4096));
    // The same again, and another with the same id.
    assert_eq!(create(&server, &first, &spelled).status, 201);
    let other = Paste {
        id: first.id.clone(),
        ..Paste::new(SMALL, 1)
    };
    assert_eq!(create(&server, &other, &spelled).code(), "id_taken");
    assert_eq!(first.burn(&server).status, 204);
    assert_eq!(create(&server, &first, &spelled).code(), "burned");
    assert_eq!(left(&server), (2, (1 << 20) - 4096));
    // Declared, not sent.
    let unfinished = Paste::new(LARGE, 1);
    assert_eq!(create(&server, &unfinished, &spelled).status, 201);
    assert_eq!(left(&server), (1, (1 << 20) - 404_096));
    let too_large = Paste::new(700_000, 1);
    assert_eq!(
        refused(&create(&server, &too_large, &spelled)),
        Some((1 << 20) - 404_096)
    );
    let wrong = [
        ("satchel-invite", &*spelled),
        ("upload-checksum", "sha256 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="),
    ];
    let broken = Paste::new(SMALL, 1);
    assert_eq!(
        broken.create_with(&server, &broken.content, &wrong).code(),
        "checksum_mismatch"
    );
    assert_eq!(left(&server), (1, (1 << 20) - 404_096));
    assert_eq!(create(&server, &Paste::new(SMALL, 1), &spelled).status, 201);
    assert_eq!(refused(&create(&server, &Paste::new(SMALL, 1), &spelled)), None);
    // Used up, it still answers for what it made.
    assert_eq!(create(&server, &unfinished, &spelled).status, 201);
    assert_eq!(unfinished.patch(&server, 0, &unfinished.content, &[]).status, 204);
    let full = Server::start_with(&["--uploads", "invite", "--items-max", "1"]);
    let spelled = made(&full, &["--uses", "2"]);
    assert_eq!(create(&full, &Paste::new(SMALL, 1), &spelled).status, 201);
    assert_eq!(create(&full, &Paste::new(SMALL, 1), &spelled).status, 507);
    assert_eq!(listed(&full)[0]["uses_left"], 1);
}

/// [B-102]
#[test]
fn of_creations_at_once_no_more_succeed_than_there_are_uses() {
    let server = started();
    for _ in 0..5 {
        let spelled = made(&server, &["--uses", "7"]);
        let made = AtomicUsize::new(0);
        thread::scope(|scope| {
            for _ in 0..24 {
                scope.spawn(|| {
                    let answer = create(&server, &Paste::new(SMALL, 1), &spelled);
                    if answer.status == 201 {
                        made.fetch_add(1, Ordering::Relaxed);
                    } else {
                        assert_eq!(refused(&answer), None);
                    }
                });
            }
        });
        assert_eq!(made.load(Ordering::Relaxed), 7);
    }
}

/// [B-103]
#[test]
fn invites_are_made_listed_and_revoked_while_the_server_runs_under_load() {
    let server = started();
    let busy = made(&server, &["--uses", "1000000"]);
    let done = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while done.load(Ordering::Relaxed) == 0 {
                    assert_eq!(create(&server, &Paste::new(SMALL, 1), &busy).status, 201);
                }
            });
        }
        for number in 2..8_u64 {
            let spelled = made(&server, &["--uses", "1", "--expires", "2d"]);
            let all = listed(&server);
            assert_eq!(all.last().unwrap()["number"], number);
            assert!(invite(&server, &["revoke", &number.to_string()]).1);
            refused(&create(&server, &Paste::new(SMALL, 1), &spelled));
            assert!(!invite(&server, &["revoke", &number.to_string()]).1);
        }
        done.store(1, Ordering::Relaxed);
    });
    assert_eq!(listed(&server).len(), 1);
    let (text, good) = invite(&server, &["list"]);
    assert!(good && text.starts_with("invite 1: ") && text.contains("of 1000000 uploads left, no quota, until "));
    assert_eq!(server.ask("GET", "/healthz", &[], &[]).body, b"ok");
}

/// [B-103]
#[test]
fn only_hashes_and_counters_are_kept_and_no_paste_names_its_invite() {
    let server = started();
    let spelled = made(&server, &[]);
    let secret = Base64UrlUnpadded::decode_vec(&spelled).unwrap();
    let paste = Paste::new(SMALL, 1);
    assert_eq!(create(&server, &paste, &spelled).status, 201);
    let database = rusqlite::Connection::open(server.data.path().join("satchel.db")).unwrap();
    let mut tables = database
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
        .unwrap();
    let tables: Vec<String> = tables
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    let hash = sha256(&secret);
    let mut rows_with_it = Vec::new();
    for table in &tables {
        let mut query = database.prepare(&format!("SELECT * FROM {table}")).unwrap();
        let columns = query.column_count();
        assert!(table == "invite" || !query.column_names().any(|name| name.contains("invite")));
        let mut rows = query.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            for column in 0..columns {
                if row.get::<_, Vec<u8>>(column).is_ok_and(|value| value == hash) {
                    rows_with_it.push(table.clone());
                }
            }
        }
    }
    assert_eq!(rows_with_it, ["invite"]);
    for entry in std::fs::read_dir(server.data.path()).unwrap() {
        let path = entry.unwrap().path();
        let bytes = std::fs::read(&path).unwrap_or_default();
        assert!(!bytes.windows(32).any(|window| window == secret), "{}", path.display());
    }
}

/// [B-103]
#[test]
fn an_invite_that_cannot_be_made_is_a_sentence() {
    let empty = tempfile::tempdir().unwrap();
    let data = empty.path().to_str().unwrap();
    for (arguments, code) in [
        (&["invite", "create", "--data", data][..], 1),
        (&["invite", "list", "--data", data], 1),
        (&["invite", "create", "--data", data, "--uses", "0"], 2),
        (&["invite", "create", "--data", data, "--quota", "much"], 2),
        (&["invite", "revoke", "--data", data, "first"], 2),
    ] {
        let output = command().args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}");
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(
            output.stdout.is_empty() && said.starts_with("satchel-server: error: "),
            "{said}"
        );
    }
    assert_eq!(std::fs::read_dir(data).unwrap().count(), 0);
    let server = started();
    let output = command()
        .args(["invite", "create", "--data"])
        .arg(server.data.path())
        .env("SATCHEL_LISTEN", "0.0.0.0:8787")
        .output()
        .unwrap();
    // Where it listens was not asked here: the default is this machine.
    assert!(output.status.success() && output.stdout.starts_with(b"http://127.0.0.1:8787/#"));
}
