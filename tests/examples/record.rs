//! `cargo run -p satchel-tests --example record`: tests/recorded/VERSION/*.json, what the command line of this version asks and how it is answered. Once for a release.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a recording fails by panicking")]

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use satchel_tests::process::{Server, binary};
use satchel_tests::recorded::{Exchange, Recorder};
use serde_json::Value;

/// More than the padding hides, and small enough for a repository.
const LARGE: usize = 20_000;

type Flow = fn(&Client);

fn main() {
    let place = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("recorded")
        .join(env!("CARGO_PKG_VERSION"));
    fs::create_dir_all(&place).unwrap();
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path());
    let recorder = Recorder::before(server.url());
    let client = Client {
        folder: tempfile::tempdir().unwrap(),
        url: recorder.url().to_owned(),
    };
    let flows: [(&str, Flow); 5] = [
        ("a-text-with-a-passphrase", passphrase),
        ("a-file-that-burns", burns),
        ("several-links", several),
        ("changed-and-burned", changed),
        ("under-a-panic-link", panicking),
    ];
    for (name, flow) in flows {
        flow(&client);
        let exchanges: Vec<Value> = recorder.take().iter().map(Exchange::to_json).collect();
        let text = serde_json::to_string_pretty(&exchanges).unwrap();
        fs::write(place.join(format!("{name}.json")), text + "\n").unwrap();
        println!("{name}: {} requests", exchanges.len());
    }
}

/// The command line, in a home of its own.
struct Client {
    folder: tempfile::TempDir,
    url: String,
}

impl Client {
    fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    }

    fn run(&self, arguments: &[&str], input: &str) -> Output {
        let mut child = Command::new(binary("satchel"))
            .args(arguments)
            .env("HOME", self.folder.path())
            .env("SATCHEL_SERVER", &self.url)
            .current_dir(self.folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    }

    fn done(&self, arguments: &[&str], input: &str) -> String {
        let output = self.run(arguments, input);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {said}");
        String::from_utf8(output.stdout).unwrap()
    }

    fn shared(&self, arguments: &[&str]) -> Value {
        let told = self.done(&[&["share", "--json"], arguments].concat(), "");
        serde_json::from_str(&told).unwrap()
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

fn passphrase(client: &Client) {
    client.file("note.txt", b"at noon, gate 4");
    client.file("right", b"cedar lantern otter");
    client.file("wrong", b"cedar lantern badger");
    let shared = client.shared(&["note.txt", "--reads", "2", "--passphrase-file", "right"]);
    let (link, receipt) = (text(&shared["link"]), text(&shared["receipt"]));
    client.done(&["status"], receipt);
    let refused = client.run(&["get", "-o", "-", "--passphrase-file", "wrong"], link);
    assert_eq!(refused.status.code(), Some(3));
    client.done(&["change", "--end-wait"], receipt);
    assert_eq!(
        client.done(&["get", "-o", "-", "--passphrase-file", "right"], link),
        "at noon, gate 4"
    );
    client.done(&["status"], receipt);
}

fn burns(client: &Client) {
    client.file("list.csv", &satchel_tests::noise(LARGE));
    let shared = client.shared(&["list.csv", "--burn"]);
    client.done(&["get", "-o", "got.csv"], text(&shared["link"]));
    let late = client.run(&["get", "-o", "late.csv"], text(&shared["link"]));
    assert_eq!(late.status.code(), Some(5));
    client.done(&["status"], text(&shared["receipt"]));
}

fn several(client: &Client) {
    client.file("plan.txt", &satchel_tests::noise(LARGE));
    client.file("names", b"Ada\nGrace\nRosa\n");
    let told = client.done(&["share", "--json", "plan.txt", "--names", "names"], "");
    let shared: Value = serde_json::from_str(&told).unwrap();
    let receipt = text(&shared["receipt"]);
    client.done(&["status"], receipt);
    client.done(&["link", "--links", "1"], receipt);
    client.done(&["change", "--link", "2", "--expires", "2d"], receipt);
    client.done(&["get", "-o", "plan.got"], text(&shared["links"][0]["link"]));
    client.done(&["status"], receipt);
    client.done(&["burn"], receipt);
}

fn changed(client: &Client) {
    client.file("soon.txt", b"sooner");
    let shared = client.shared(&["soon.txt", "--reads", "0", "--expires", "7d", "--burn-on-guessing"]);
    let receipt = text(&shared["receipt"]);
    client.done(&["change", "--expires", "1d", "--reads", "3"], receipt);
    client.done(&["burn"], receipt);
    let late = client.run(&["get", "-o", "-"], text(&shared["link"]));
    assert_eq!(late.status.code(), Some(5));
}

fn panicking(client: &Client) {
    let made = client.done(&["panic", "new", "--json"], "");
    let made: Value = serde_json::from_str(&made).unwrap();
    client.file("panic.link", text(&made["link"]).as_bytes());
    client.file("under.txt", b"under it");
    client.shared(&["under.txt", "--panic-file", "panic.link"]);
    client.done(&["panic", "burn"], text(&made["link"]));
}
