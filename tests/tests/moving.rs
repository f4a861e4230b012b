//! A move between two machines whose clocks do not agree: nothing lives longer for it, nothing burns before its time, and what burned stays so.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use satchel_api::Receipt;
use satchel_tests::process::{Server, binary};
use satchel_tests::shim::Shim;
use satchel_tests::wire::{Keys, Wire};
use satchel_tests::{noise, random};
use tempfile::TempDir;

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;
const TEN_YEARS: i64 = 3653 * DAY;
const WEEK_SECS: u64 = 7 * 24 * 3600;

/// `satchel-server receive` behind a clock of its own; killed when dropped.
struct Receiving {
    child: Child,
    address: String,
    key: PathBuf,
}

impl Receiving {
    fn start(shim: &Shim, data: &Path, key: &Path) -> Self {
        let mut child = Command::new(binary("satchel-server"))
            .envs(shim.environment(data))
            .args(["receive", "--listen", "127.0.0.1:0", "--json", "--key-file"])
            .arg(key)
            .arg("--data")
            .arg(data)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // The shim's variables are warned of first.
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let ready = lines.find_map(|line| {
            let line = line.unwrap();
            line.strip_prefix("satchel-server: ready to receive at ")
                .map(str::to_owned)
        });
        let address = ready.expect("a line that says ready");
        // What it says is read, so that it never waits for that.
        std::thread::spawn(move || lines.for_each(drop));
        Self {
            child,
            address,
            key: key.to_owned(),
        }
    }

    fn hand_over(&self, data: &Path) -> Output {
        Command::new(binary("satchel-server"))
            .args(["move", "--patience", "0", "--to", &self.address, "--key-file"])
            .arg(&self.key)
            .arg("--data")
            .arg(data)
            .output()
            .unwrap()
    }
}

impl Drop for Receiving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn made(wire: &Wire, expires_in: u64) -> (Keys, Vec<u8>) {
    let (keys, content) = (Keys::generate(), noise(1000));
    let created = wire
        .create_for(&keys, (1, expires_in), content.len(), &content)
        .unwrap();
    assert_eq!(created.status, 201);
    (keys, content)
}

fn receipt(wire: &Wire, keys: &Keys) -> Receipt {
    serde_json::from_slice(&wire.receipt(keys).unwrap().body).unwrap()
}

#[test]
fn a_new_machine_whose_clock_is_hours_off_is_refused_before_anything_stops_and_taken_once_it_is_right() {
    let [old, new, keys] = [(); 3].map(|()| TempDir::new().unwrap());
    let server = Server::start(old.path());
    let wire = Wire::new(server.url());
    let (paste, content) = made(&wire, WEEK_SECS);
    let shim = Shim::default();
    let mut receiving = Receiving::start(&shim, new.path(), &keys.path().join("key"));
    for (secs, why) in [
        (-TEN_YEARS, "seconds before the one here"),
        (-2 * HOUR, "seconds before the one here"),
        // What is not due would burn at once, or be held back for nobody knows why.
        (2 * HOUR, "seconds ahead of the one here"),
        (20 * HOUR, "seconds ahead of the one here"),
        (TEN_YEARS, "seconds ahead of the one here"),
    ] {
        shim.set_wall_offset(secs);
        let output = receiving.hand_over(old.path());
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{secs} s: {said}");
        assert!(said.contains(why) && said.contains("set it right"), "{secs} s: {said}");
        assert_eq!(wire.probe(&paste).unwrap().status, 200, "{secs} s: it serves");
        assert!(!old.path().join("moving").exists(), "{secs} s");
    }
    shim.set_wall_offset(0);
    let output = receiving.hand_over(old.path());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(receiving.child.wait().unwrap().success());
    let moved = Server::start(new.path());
    assert!(Wire::new(moved.url()).claim(&paste, &random()).unwrap().body == content);
}

#[test]
fn a_clock_that_is_a_little_off_or_set_back_afterwards_changes_no_life_and_brings_nothing_back() {
    for secs in [-HOUR / 2, HOUR / 2] {
        let [old, new, keys] = [(); 3].map(|()| TempDir::new().unwrap());
        let server = Server::start(old.path());
        let wire = Wire::new(server.url());
        let (paste, content) = made(&wire, WEEK_SECS);
        let (gone, _) = made(&wire, WEEK_SECS);
        assert_eq!(wire.burn(&gone).unwrap().status, 204);
        let before = receipt(&wire, &paste);
        let shim = Shim::default();
        shim.set_wall_offset(secs);
        let mut receiving = Receiving::start(&shim, new.path(), &keys.path().join("key"));
        let output = receiving.hand_over(old.path());
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert!(receiving.child.wait().unwrap().success());
        for offset in [secs, -TEN_YEARS, 0] {
            shim.set_wall_offset(offset);
            let moved = Server::start_behind(&shim, new.path());
            let wire = Wire::new(moved.url());
            assert_eq!(
                receipt(&wire, &paste).expires_at,
                before.expires_at,
                "{secs} s, then {offset} s"
            );
            assert_eq!(wire.probe(&paste).unwrap().status, 200, "{secs} s, then {offset} s");
            assert_eq!(
                wire.claim(&gone, &random()).unwrap().status,
                410,
                "{secs} s, then {offset} s"
            );
        }
        let moved = Server::start(new.path());
        assert!(Wire::new(moved.url()).claim(&paste, &random()).unwrap().body == content);
    }
}
