//! A rehearsal that does not come to its end, or does not begin: killed, stopped, failed, refused. Nothing of it stays, and the real store does not notice.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

use super::{Stage, is_empty, rehearsed, rehearsing};
use crate::backing_up::{kill_at_many_points, refused};
use crate::documents;
use crate::harness::{BINARY, Server};
use crate::operator::json;

#[test]
fn a_rehearsed_move_that_is_killed_at_any_point_is_cleaned_up_by_the_next() {
    let stage = Stage::new();
    let (place, left) = (stage.scratch.path().to_path_buf(), stage.left());
    let mut found = 0;
    let killed = kill_at_many_points(
        || rehearsing(stage.data(), &place, &[]),
        |_| {
            if let Ok(about) = fs::metadata(&left) {
                assert_eq!(about.permissions().mode() & 0o777, 0o700);
                found += 1;
            }
        },
    );
    assert!(killed >= 10 && found >= 3, "{killed} killed, {found} left something");
    assert!(rehearsed(stage.data(), &place, &[]).status.success());
    assert!(is_empty(&place));
    assert_eq!(json(stage.data(), &["check"])["well"], true);
    documents::read(&stage.once, &stage.server);
}

/// Whether it came before the process ended.
fn comes(path: &Path, child: &mut Child) -> bool {
    let until = Instant::now() + Duration::from_secs(60);
    while !path.exists() {
        assert!(Instant::now() < until, "{} did not come", path.display());
        if child.try_wait().unwrap().is_some() {
            return false;
        }
        std::thread::yield_now();
    }
    true
}

fn tell(child: &Child, signal: Signal) {
    kill_process(Pid::from_child(child), signal).unwrap();
}

/// One to which something was done in time: on a busy machine it may be over before.
fn caught(stage: &Stage, at: &str, more: &[&str], mut then: impl FnMut(&Child)) -> Output {
    let once = || {
        let mut child = rehearsing(stage.data(), stage.scratch.path(), more)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        if comes(&stage.left().join(at), &mut child) {
            then(&child);
        }
        let output = child.wait_with_output().unwrap();
        assert!(is_empty(stage.scratch.path()), "{at}");
        (!output.status.success()).then_some(output)
    };
    std::iter::repeat_with(once)
        .take(20)
        .find_map(|caught| caught)
        .expect("it is not always too late")
}

#[test]
fn ctrl_c_at_any_stage_leaves_nothing() {
    let stage = Stage::new();
    for (at, signal) in [
        ("here", Signal::INT),
        ("here/satchel.db", Signal::TERM),
        ("there", Signal::HUP),
        ("there/receiving", Signal::INT),
        ("there/satchel.db", Signal::INT),
        ("back", Signal::TERM),
    ] {
        let output = caught(&stage, at, &[], |child| tell(child, signal));
        let why = refused(&output);
        assert!(why.contains("stopped: nothing of the drill is left"), "{at}: {why}");
        assert!(output.stdout.is_empty(), "{at}");
    }
}

#[test]
fn a_way_that_fails_is_told_as_failed() {
    let stage = Stage::new();
    let slots = stage.left().join("here/shred-keys");
    for json in [false, true] {
        let more: &[&str] = if json { &["--json"] } else { &[] };
        let output = caught(&stage, "there", more, |child| {
            tell(child, Signal::STOP);
            // Keys that nobody can read any more.
            if let Ok(mut keys) = fs::read(&slots) {
                keys[64..].fill(0xa5);
                fs::write(&slots, keys).unwrap();
            }
            tell(child, Signal::CONT);
        });
        assert_eq!(output.status.code(), Some(1));
        if json {
            let found: Value = serde_json::from_slice(&output.stdout).unwrap();
            assert_eq!(
                (&found["well"], &found["failed"]["way"]),
                (&false.into(), &"there".into())
            );
            assert_eq!(found["real"], Value::Null, "nothing to reckon with");
        } else {
            let page = String::from_utf8(output.stdout).unwrap();
            assert!(page.starts_with("Moving house, rehearsed: FAILED\n"), "{page}");
            assert!(page.contains("The way there, and so may the real move:"), "{page}");
        }
    }
    documents::read(&stage.once, &stage.server);
}

#[test]
fn where_there_is_no_loopback_the_way_there_fails() {
    let stage = Stage::new();
    let alone = || {
        let mut command = Command::new("unshare");
        command.args(["--net", "--"]);
        command
    };
    if !alone().arg("true").output().is_ok_and(|output| output.status.success()) {
        let _ = writeln!(std::io::stderr(), "skipped: only root may take the network away");
        return;
    }
    let output = alone()
        .arg(BINARY)
        .args(["drill", "move", "--data"])
        .arg(stage.data())
        .arg("--scratch")
        .arg(stage.scratch.path())
        .output()
        .unwrap();
    let page = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{page}");
    assert!(page.contains("What failed"), "{page}");
    assert!(is_empty(stage.scratch.path()));
}

#[test]
fn wrong_arguments_and_places_are_refused_and_left_alone() {
    let stage = Stage::new();
    let (data, place) = (stage.data(), stage.scratch.path());
    for wrong in [
        &["--items", "0"][..],
        &["--mib", "0"],
        &["--mib", "much"],
        &["--mbit", "0"],
        &["--to", "127.0.0.1:7300"],
        &["/mnt/backup"],
    ] {
        let output = rehearsed(data, place, wrong);
        assert_eq!(output.status.code(), Some(2), "{wrong:?}");
    }
    let why = refused(&rehearsed(data, data, &[]));
    assert!(why.contains("lies in the data folder"), "{why}");
    assert!(!data.join("satchel-drill").exists());
    assert!(refused(&rehearsed(data, &place.join("nowhere"), &[])).contains("No such file"));
    let nothing = TempDir::new().unwrap();
    assert!(refused(&rehearsed(nothing.path(), place, &[])).contains("there is no store in it"));
    assert!(is_empty(nothing.path()) && is_empty(place));

    let mine = stage.left();
    fs::create_dir(&mine).unwrap();
    fs::set_permissions(&mine, fs::Permissions::from_mode(0o700)).unwrap();
    fs::write(mine.join("letter.txt"), "of somebody").unwrap();
    assert!(refused(&rehearsed(data, place, &[])).contains("no scratch folder of this user's"));
    assert_eq!(fs::read(mine.join("letter.txt")).unwrap(), b"of somebody");
    fs::remove_dir_all(&mine).unwrap();

    // Two at once in one place, of whatever kind.
    let mut first = rehearsing(data, place, &[]).stdout(Stdio::null()).spawn().unwrap();
    assert!(comes(&mine.join("here"), &mut first));
    tell(&first, Signal::STOP);
    assert!(refused(&rehearsed(data, place, &[])).contains("another drill is using"));
    tell(&first, Signal::CONT);
    assert!(first.wait().unwrap().success());
    assert!(is_empty(place));

    let memory = Server::start_with(&["--shred-keys", "memory"]);
    let why = refused(&rehearsed(memory.data.path(), place, &["--shred-keys", "memory"]));
    assert!(why.contains("the shred keys are in memory alone"), "{why}");
    let why = refused(&rehearsed(memory.data.path(), place, &[]));
    assert!(why.contains("the shred keys are in memory alone"), "{why}");
}
