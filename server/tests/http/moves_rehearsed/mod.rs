//! `drill move`, by the command as it is typed: made-up items go to a scratch server and back, and the real ones do not notice.

mod ended_early;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::SystemTime;

use base64ct::{Base64UrlUnpadded, Encoding as _};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::backing_up::{attempt, keep_on, refused};
use super::documents::{self, Document};
use super::harness::{Paste, Server, command, random};
use super::operator::{busy, json, run, stopped};
use super::small_disk::SmallDisk;

/// A store with items of every kind, and room for a scratch folder.
struct Stage {
    server: Server,
    scratch: TempDir,
    once: Paste,
}

impl Stage {
    fn new() -> Self {
        let server = Server::start();
        let once = busy(&server).swap_remove(0);
        keep_on(&server, 300_000);
        let document = Document::on(&server, 4096);
        let mut named = document.wanted(&document.link(1));
        named["label"] = Base64UrlUnpadded::encode_string(&random::<156>()).into();
        let links = json!({ "links": [named, document.wanted(&document.link(2))] });
        assert_eq!(document.ask(&server, "POST", "/links", &links).status, 201);
        let mut marked = Paste::new(700, 1);
        let mark = Base64UrlUnpadded::encode_string(&random::<32>());
        marked.policy.push(("panic", mark));
        assert_eq!(marked.create(&server, &marked.content).status, 201);
        let invite = ["invite", "create", "--base-url", "https://satchel.example"];
        assert!(attempt(server.data.path(), &invite).status.success());
        run(server.data.path(), &["block", &Paste::new(1, 1).id]);
        Self {
            server,
            scratch: TempDir::new().unwrap(),
            once,
        }
    }

    fn data(&self) -> &Path {
        self.server.data.path()
    }

    fn left(&self) -> PathBuf {
        self.scratch.path().join("satchel-drill")
    }
}

/// A drill with the scratch folder made in `place`.
fn rehearsing(data: &Path, place: &Path, more: &[&str]) -> Command {
    let mut command = command();
    command.args(["drill", "move", "--data"]).arg(data);
    command.arg("--scratch").arg(place).args(more);
    command
}

fn rehearsed(data: &Path, place: &Path, more: &[&str]) -> Output {
    rehearsing(data, place, more).output().unwrap()
}

fn said(output: &Output) -> Value {
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.stderr.is_empty(), "{text}");
    serde_json::from_slice(&output.stdout).unwrap()
}

fn is_empty(folder: &Path) -> bool {
    fs::read_dir(folder).unwrap().next().is_none()
}

/// Each file of a folder: its name, what is in it, and when that was written.
fn all_of(folder: &Path) -> Vec<(PathBuf, Vec<u8>, SystemTime)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let about = fs::metadata(&path).unwrap();
                found.push((path.clone(), fs::read(&path).unwrap(), about.modified().unwrap()));
            }
        }
    }
    found.sort();
    found
}

#[test]
fn items_of_every_kind_go_there_and_back_while_the_server_serves() {
    let stage = Stage::new();
    let keys = fs::read(stage.data().join("shred-keys")).unwrap();
    let output = rehearsed(stage.data(), stage.scratch.path(), &["--json"]);
    let found = said(&output);
    assert!(output.status.success(), "{found}");
    assert_eq!((&found["well"], &found["server_runs"]), (&true.into(), &true.into()));
    let lot = |name: &str| {
        assert_eq!(found["store"][name], found["rehearsed"][name], "{name}");
        let lot = &found["store"][name];
        (lot["count"].as_u64().unwrap(), lot["bytes"].as_u64().unwrap())
    };
    assert_eq!(lot("single_read"), (3, 2000 + 700_000 + 700));
    assert_eq!(lot("several_reads"), (1, 200_000));
    assert_eq!(lot("any_reads"), (1, 1000));
    assert_eq!(lot("kept"), (1, 300_000));
    assert_eq!(lot("documents"), (1, 4096));
    assert_eq!(lot("links"), (2, 460));
    assert_eq!(lot("uploads"), (2, 70_000 + 400_000));
    for (name, count) in [("tombstones", 1), ("invites", 1), ("blocked", 1), ("rows", 12)] {
        assert_eq!(found["store"][name], count, "{name}");
        assert_eq!(found["rehearsed"][name], count, "{name}");
    }
    assert_eq!(found["caps"], Value::Array(vec![]));
    let legs = found["legs"].as_array().unwrap();
    assert_eq!(legs.len(), 2);
    for (leg, way) in legs.iter().zip(["there", "back"]) {
        assert_eq!(
            (&leg["way"], &leg["items"]),
            (&way.into(), &14.into()),
            "and two to be opened"
        );
        assert!(leg["opened"].as_u64().unwrap() >= 2, "{leg}");
        assert!(leg["blocks_verified"].as_u64().unwrap() >= 20, "{leg}");
        assert!(leg["carried_bytes"].as_u64().unwrap() > 1_400_000, "{leg}");
    }
    assert!(
        legs[1]["gone"].as_u64().unwrap() >= 2,
        "what burned there did not come back"
    );
    assert_eq!(found["real"]["estimates"].as_array().unwrap().len(), 4);
    assert!(is_empty(stage.scratch.path()));
    // Nobody noticed.
    assert!(fs::read(stage.data().join("shred-keys")).unwrap() == keys);
    assert_eq!(stage.server.ask("GET", "/healthz", &[], &[]).status, 200);
    assert_eq!(json(stage.data(), &["check"])["well"], true);
    documents::read(&stage.once, &stage.server);
}

#[test]
fn nothing_of_a_stopped_store_is_changed_and_its_keys_are_not_opened() {
    let Stage { server, scratch, .. } = Stage::new();
    let data = stopped(server);
    let vault = TempDir::new().unwrap();
    // Where they are is not even known.
    fs::rename(data.path().join("shred-keys"), vault.path().join("keys")).unwrap();
    let before = all_of(data.path());
    let found = said(&rehearsed(data.path(), scratch.path(), &["--json"]));
    assert_eq!((&found["well"], &found["server_runs"]), (&true.into(), &false.into()));
    assert!(all_of(data.path()) == before);
    assert!(is_empty(scratch.path()));
}

#[test]
fn the_page_says_what_was_rehearsed_what_it_will_take_and_what_to_have_ready() {
    let stage = Stage::new();
    let output = rehearsed(stage.data(), stage.scratch.path(), &[]);
    let page = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{page}");
    assert!(page.lines().count() <= 66, "{page}");
    assert!(page.lines().all(|line| line.chars().count() <= 110), "{page}");
    let words = page.split_whitespace().collect::<Vec<_>>().join(" ");
    for sentence in [
        "Moving house, rehearsed: well",
        "The server runs, and nothing of it was touched",
        "the keys on the giving side destroyed",
        "to be read once 3, 702700 bytes 3, 702700 bytes",
        "on arrival counts and digest were the same",
        "told as gone, for they had burned before:",
        "on a line of 1000 Mbit/s",
        "Both sides were this machine and the disk of the scratch folder, on loopback",
        "the move key",
        "tell people: while it moves they can neither read nor upload",
        "Not rehearsed The stop of the running server",
    ] {
        assert!(words.contains(sentence), "{sentence}: {words}");
    }
    let slow = said(&rehearsed(
        stage.data(),
        stage.scratch.path(),
        &["--json", "--mbit", "1"],
    ));
    let estimates = slow["real"]["estimates"].as_array().unwrap();
    assert_eq!((estimates.len(), &estimates[0]["mbit"]), (1, &1.into()));
    let carried = slow["real"]["carried_bytes"].as_u64().unwrap();
    assert!(estimates[0]["secs"].as_u64().unwrap() >= carried * 8 / 1_000_000);
}

#[test]
fn an_empty_store_is_rehearsed_too() {
    let (server, scratch) = (Server::start(), TempDir::new().unwrap());
    let found = said(&rehearsed(server.data.path(), scratch.path(), &["--json"]));
    assert_eq!((&found["well"], &found["store"]["rows"]), (&true.into(), &0.into()));
    for leg in found["legs"].as_array().unwrap() {
        assert_eq!((&leg["items"], &leg["opened"]), (&2.into(), &1.into()));
    }
    assert!(is_empty(scratch.path()));
}

#[test]
fn of_more_than_was_asked_for_a_part_is_rehearsed_and_the_page_says_why() {
    let server = Server::start();
    for n in 0..20 {
        Paste::on(&server, 100_000 + n, 1);
    }
    keep_on(&server, 900);
    let scratch = TempDir::new().unwrap();
    let part = |more: &[&str]| {
        said(&rehearsed(
            server.data.path(),
            scratch.path(),
            &[&["--json"], more].concat(),
        ))
    };
    let items = part(&["--items", "11"]);
    assert_eq!(items["caps"], json!(["items"]));
    assert_eq!(
        (
            &items["rehearsed"]["single_read"]["count"],
            &items["rehearsed"]["kept"]["count"]
        ),
        (&10.into(), &1.into())
    );
    let bytes = part(&["--mib", "1"]);
    assert_eq!(bytes["caps"], json!(["mib"]));
    assert!(bytes["rehearsed"]["bytes"].as_u64().unwrap() <= 1 << 20);
    // The real one is reckoned with in full.
    let carried = bytes["real"]["carried_bytes"].as_u64().unwrap();
    assert!(carried >= 2_000_000, "{carried}");
    let page = rehearsed(server.data.path(), scratch.path(), &["--items", "11"]);
    let page = String::from_utf8(page.stdout).unwrap();
    assert!(page.contains("Not all, for --items was 11."), "{page}");
}

#[test]
fn without_room_it_is_refused_before_it_begins_and_with_little_room_a_part_is_rehearsed() {
    let server = Server::start_with(&["--uploads-per-minute", "0"]);
    for _ in 0..30 {
        Paste::on(&server, 1_000_000, 1);
    }
    let Some(small) = SmallDisk::of(100, "a drill without room") else {
        return;
    };
    let why = refused(&rehearsed(server.data.path(), &small.folder(), &[]));
    assert!(
        why.contains("bytes free, and ") && why.contains("nothing was begun"),
        "{why}"
    );
    assert!(is_empty(&small.folder()));
    let Some(larger) = SmallDisk::of(320, "a drill with little room") else {
        return;
    };
    let found = said(&rehearsed(server.data.path(), &larger.folder(), &["--json"]));
    assert_eq!((&found["well"], &found["caps"]), (&true.into(), &json!(["room"])));
    let bytes = found["rehearsed"]["bytes"].as_u64().unwrap();
    assert!((1_000_000..25_000_000).contains(&bytes), "{bytes}");
    assert!(is_empty(&larger.folder()));
}
