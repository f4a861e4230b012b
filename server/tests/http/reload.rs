//! SIGHUP: what changes at once, what takes a restart, and what is wrong.

use std::fs::{self, File};
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::Value;
use tempfile::TempDir;

use super::harness::{Paste, Server, command};

const PATIENCE: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(5);

/// A server with a configuration file, whose standard error is a file too.
struct Configured {
    server: Server,
    folder: TempDir,
}

impl Configured {
    fn start(text: &str) -> Self {
        let (folder, data) = (TempDir::new().unwrap(), TempDir::new().unwrap());
        fs::write(folder.path().join("satchel.toml"), text).unwrap();
        let mut command = command();
        command
            .args(["serve", "--listen", "127.0.0.1:0", "--data"])
            .arg(data.path())
            .arg("--config")
            .arg(folder.path().join("satchel.toml"))
            .stderr(File::create(folder.path().join("said")).unwrap());
        Self {
            server: Server::spawn(command, data),
            folder,
        }
    }

    fn said(&self) -> String {
        fs::read_to_string(self.folder.path().join("said")).unwrap()
    }

    /// Waits until it has said this so often.
    fn until_said(&self, sentence: &str, times: usize) {
        let since = Instant::now();
        while self.said().matches(sentence).count() < times {
            assert!(since.elapsed() < PATIENCE, "{sentence}: {}", self.said());
            std::thread::sleep(PAUSE);
        }
    }

    fn reload(&self, text: &str) {
        fs::write(self.folder.path().join("satchel.toml"), text).unwrap();
        self.server.signal(Signal::HUP);
    }

    fn config(&self, name: &str) -> Value {
        self.server.ask("GET", "/api/v1/config", &[], &[]).json()[name].clone()
    }
}

const READ_AGAIN: &str = "the configuration was read again\n";
const NOT_TAKEN: &str = "error: the configuration was read again and is not taken: ";

/// [B-122]
#[test]
fn limits_change_at_once_for_who_comes_next() {
    let configured = Configured::start("size_max = \"1MiB\"\nitems_max = 2\n");
    let server = &configured.server;
    Paste::on(server, 2000, 1);
    Paste::on(server, 2000, 1);
    let third = Paste::new(2000, 1);
    assert_eq!(third.create(server, &third.content).code(), "storage_full");
    configured.reload(
        "size_max = \"2MiB\"\nitems_max = 3\nexpires_max = \"30d\"\nhsts = true\nbase_url = \"https://example.org/box\"\n\
         onion_location = \"http://example.onion\"\n",
    );
    configured.until_said(READ_AGAIN, 1);
    assert_eq!(configured.config("size_bytes_max"), 2 << 20);
    assert_eq!(configured.config("expires_in_secs_max"), 30 * 86_400);
    let created = third.create(server, &third.content);
    assert_eq!(created.status, 201);
    assert!(created.header("location").unwrap().starts_with("/box/api/v1/pastes/"));
    assert!(created.header("strict-transport-security").is_some());
}

/// [B-122]
#[test]
fn what_takes_a_restart_is_named_and_all_else_is_taken() {
    let configured = Configured::start("size_max = \"1MiB\"\n");
    configured
        .reload("size_max = \"3MiB\"\nworkers = 3\nshred_keys = \"memory\"\nstrict = true\nlisten = \"127.0.0.1:1\"\n");
    configured.until_said(READ_AGAIN, 1);
    assert_eq!(configured.config("size_bytes_max"), 3 << 20);
    let paste = Paste::on(&configured.server, 2000, 1);
    assert_eq!(paste.probe(&configured.server).status, 200);
    assert!(configured.server.data.path().join("shred-keys").exists());
    let said = configured.said();
    for option in ["--workers", "--shred-keys", "--strict"] {
        assert!(
            said.contains(&format!("warning: {option} was changed, which takes a restart")),
            "{said}"
        );
    }
    // It was said on the command line, which is stronger than the file.
    assert!(!said.contains("--listen") && !said.contains("--data"), "{said}");
}

/// [B-122]
#[test]
fn a_configuration_that_is_wrong_changes_nothing_and_is_a_sentence() {
    let configured = Configured::start("size_max = \"1MiB\"\n");
    let wrong = [
        "size_max = \"4MiB\"\ncolour = \"red\"\n",
        "size_max = \"1.5 apples\"",
        "size_max = 0",
    ];
    for (times, wrong) in wrong.into_iter().enumerate() {
        configured.reload(wrong);
        configured.until_said(NOT_TAKEN, times + 1);
        assert_eq!(configured.config("size_bytes_max"), 1 << 20);
    }
    assert!(
        configured.said().contains("in line 2: unknown field `colour`"),
        "{}",
        configured.said()
    );
    fs::remove_file(configured.folder.path().join("satchel.toml")).unwrap();
    configured.server.signal(Signal::HUP);
    configured.until_said(NOT_TAKEN, 4);
    configured.reload("size_max = \"5MiB\"\n");
    configured.until_said(READ_AGAIN, 1);
    assert_eq!(configured.config("size_bytes_max"), 5 << 20);
}
