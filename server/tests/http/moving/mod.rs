//! Moving house: two processes, a connection, and everything that can go wrong on the way.

mod cuts;
mod fence;
mod marks;
mod room;
mod strangers;
mod versions;
mod way;

use std::fs;

use serde_json::Value;
use tempfile::TempDir;

use super::documents::{self, Document};
use super::harness::{Paste, Server, command, token};
use super::operator::{json, run};
use way::{Receiving, attempt, hand_over, refuses_to_serve, said};

/// A place for keys, and a data folder that is not made yet.
pub(super) struct Places {
    pub(super) folder: TempDir,
}

impl Places {
    pub(super) fn new() -> Self {
        Self {
            folder: TempDir::new().unwrap(),
        }
    }

    pub(super) fn key(&self) -> std::path::PathBuf {
        self.folder.path().join("key")
    }
}

/// A server that runs, its data, and all that is in it after a move; the old folder too.
fn moved(old: Server) -> (TempDir, TempDir, Value) {
    let (places, new) = (Places::new(), TempDir::new().unwrap());
    let receiving = Receiving::start(new.path(), &places.key());
    let output = hand_over(old.data.path(), receiving.address, &places.key())
        .wait_with_output()
        .unwrap();
    assert!(output.status.success(), "{}", said(&output));
    let (code, out, text) = receiving.ended();
    assert_eq!(code, Some(0), "{text}");
    let received: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(received["told"], true);
    let (status, old) = old.ended();
    assert!(status.success(), "the old server was stopped cleanly");
    (old, new, serde_json::from_slice(&output.stdout).unwrap())
}

#[test]
fn everything_of_every_kind_is_on_the_new_server_and_nothing_on_the_old() {
    let old = Server::start();
    let once = Paste::on(&old, 2000, 1);
    let large = Paste::on(&old, 700_000, 3);
    let mut kept = Paste::new(90_000, 0);
    kept.policy.push(("keep", "1".to_owned()));
    assert_eq!(kept.create(&old, &kept.content).status, 201);
    let [by_reads, on_demand] = [300, 400].map(|len| Paste::on(&old, len, 1));
    documents::read(&by_reads, &old);
    on_demand.burn(&old);
    // Wrong tries are counted on.
    let guessed = Paste::on(&old, 500, 1);
    for _ in 0..3 {
        assert_eq!(guessed.claim_as(&old, &token(), &token()).status, 403);
    }
    // Leases go on, and what ended stays so.
    let [lease, ended] = [token(), token()];
    assert_eq!(large.claim(&old, &lease).status, 200);
    assert_eq!(large.claim(&old, &ended).status, 200);
    assert_eq!(large.confirm(&old, &ended).status, 204);
    // So do uploads.
    let [small, big] = [(150_000, 70_000), (900_000, 400_000)].map(|(len, sent)| {
        let paste = Paste::new(len, 1);
        assert_eq!(paste.create(&old, &[]).status, 201);
        assert_eq!(paste.patch(&old, 0, &paste.content[..sent], &[]).status, 204);
        (paste, sent)
    });
    let document = Document::on(&old, 700_000);
    let links = [document.link(1), document.link(2), document.link(1)];
    assert_eq!(document.make(&old, &[&links[0], &links[1], &links[2]]).status, 201);
    documents::read(&links[0], &old);
    let blocked = Paste::on(&old, 100, 1);
    run(old.data.path(), &["block", &blocked.id]);
    let invite = ["invite", "create", "--base-url", "https://satchel.example"];
    for _ in 0..2 {
        assert!(attempt(old.data.path(), &invite).status.success());
    }
    run(old.data.path(), &["invite", "revoke", "2"]);
    let before = json(old.data.path(), &["stats"]);
    let invites = run(old.data.path(), &["invite", "list", "--json"]).stdout;
    let states = document.states(&old);

    let (old, new, moved) = moved(old);
    assert_eq!((&moved["items"], &moved["taken_back"]), (&13.into(), &false.into()));
    let check = json(new.path(), &["check"]);
    assert_eq!(check["well"], true, "{check}");
    assert_eq!(run(new.path(), &["invite", "list", "--json"]).stdout, invites);
    let server = Server::start_in(new, &[]);
    let after = json(server.data.path(), &["stats"]);
    for name in [
        "stored",
        "documents",
        "uploading",
        "tombstones",
        "leases",
        "bytes",
        "mark",
    ] {
        assert_eq!(after[name], before[name], "{name}");
    }
    documents::read(&once, &server);
    documents::read(&kept, &server);
    assert_eq!(large.content(&server, &lease, None).body, large.content);
    assert_eq!(large.content(&server, &ended, None).code(), "lease_ended");
    assert_eq!(large.confirm(&server, &lease).status, 204);
    documents::read(&large, &server);
    assert_eq!(large.probe(&server).code(), "burned");
    for (paste, how) in [(&by_reads, "reads"), (&on_demand, "demand")] {
        assert_eq!(paste.claim(&server, &token()).code(), "burned");
        assert_eq!(paste.receipt(&server)["burned"], how);
    }
    assert_eq!(guessed.receipt(&server)["wrong_tries"], 3);
    for (paste, sent) in [small, big] {
        assert_eq!(paste.offset(&server), sent);
        assert_eq!(paste.patch(&server, sent, &paste.content[sent..], &[]).status, 204);
        documents::read(&paste, &server);
    }
    assert_eq!(document.states(&server), states);
    assert_eq!(links[0].probe(&server).code(), "burned");
    documents::read(&links[2], &server);
    documents::read(&links[1], &server);
    documents::read(&links[1], &server);
    assert_eq!(document.receipt(&server)["state"], "burned");
    assert_eq!(blocked.probe(&server).code(), "not_found");
    let next = attempt(server.data.path(), &invite);
    assert!(said(&next).starts_with("invite 3:"), "no number is given twice");

    let mut left: Vec<String> = fs::read_dir(old.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    left.sort();
    assert_eq!(left, ["lock", "moving"]);
    let why = refuses_to_serve(old.path());
    assert!(why.contains("has moved to 127.0.0.1:"), "{why}");
    for arguments in [
        &["stats"][..],
        &["check"],
        &["purge"],
        &["blocked"],
        &["backup", "/nowhere"],
        &["disclose", &once.id],
    ] {
        let why = said(&attempt(old.path(), arguments));
        assert!(why.contains("has moved to"), "{arguments:?}: {why}");
    }
}

#[test]
fn an_empty_store_moves_and_a_move_that_is_over_says_so_again() {
    let (old, new, first) = moved(Server::start());
    assert_eq!(first["items"], 0);
    drop(Server::start_in(new, &[]));
    let output = attempt(old.path(), &["move", "--json"]);
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(serde_json::from_slice::<Value>(&output.stdout).unwrap(), first);
}

#[test]
fn a_moved_store_moves_on_and_a_stopped_one_too_and_its_backups_go_on() {
    let old = Server::start();
    let mut kept = Paste::new(300_000, 0);
    kept.policy.push(("keep", "1".to_owned()));
    assert_eq!(kept.create(&old, &kept.content).status, 201);
    let vault = TempDir::new().unwrap();
    let to = vault.path().join("backup");
    json(old.data.path(), &["backup", to.to_str().unwrap()]);
    let (_, second, _) = moved(old);
    let (_, third, _) = moved(Server::start_in(second, &[]));
    let again = json(third.path(), &["backup", to.to_str().unwrap()]);
    assert_eq!((&again["kept"], &again["copied"]), (&1.into(), &0.into()));
    documents::read(&kept, &Server::start_in(third, &[]));
}

#[test]
fn the_key_is_printed_once_as_one_line_and_read_from_standard_input() {
    use std::io::{BufRead as _, BufReader, Write as _};
    use std::process::Stdio;

    let old = Server::start();
    let paste = Paste::on(&old, 500, 1);
    let new = TempDir::new().unwrap();
    let start = || {
        let mut child = command()
            .args(["receive", "--listen", "127.0.0.1:0", "--data"])
            .arg(new.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (mut ready, mut key) = (String::new(), String::new());
        let mut said = BufReader::new(child.stderr.take().unwrap());
        said.read_line(&mut ready).unwrap();
        BufReader::new(child.stdout.as_mut().unwrap())
            .read_line(&mut key)
            .unwrap();
        (child, said, ready.trim().rsplit(' ').next().unwrap().to_owned(), key)
    };
    let (mut first, _, _, key) = start();
    first.kill().unwrap();
    first.wait().unwrap();
    let (mut child, _said, address, again) = start();
    assert_eq!(key, again, "it stays over a restart");
    assert!(key.starts_with("satchel-move-") && key.len() == 60, "{key}");
    let mut moving = command()
        .args([
            "move",
            "--to",
            &format!("https://{address}/"),
            "--key-file",
            "-",
            "--data",
        ])
        .arg(old.data.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    moving.stdin.take().unwrap().write_all(key.as_bytes()).unwrap();
    let output = moving.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
    assert!(String::from_utf8_lossy(&output.stdout).starts_with("Moved to https://127.0.0.1:"));
    assert!(child.wait().unwrap().success());
    documents::read(&paste, &Server::start_in(new, &[]));
}
