//! Writes that fail: a file that may not grow, a full disk, a reader that goes away. Exit code 1, a sentence, and nothing left behind.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "program/making.rs"]
mod making;
mod program;

use std::io::Read as _;
use std::process::{Command, Output, Stdio};

use making::{Dice, Person, count, sealed};
use program::{Desk, noise, said};

const LEN: usize = 3_000_000;

/// A desk with one person's key, a file and a folder as they are and in containers for that person, and the keys of eight more.
fn desk() -> Desk {
    let (desk, ana) = (Desk::new(), Person::new());
    ana.write(&desk, "ana");
    let eight: Vec<_> = (0..8).map(|_| Person::new().recipients[0].encode()).collect();
    desk.write("eight.pub", eight.join("\n").as_bytes());
    let (one, two) = (noise(LEN, 1), noise(LEN, 2));
    desk.write("large", &one);
    desk.write("folder/a", &one);
    desk.write("folder/b", &two);
    desk.write("sealed", &sealed(&[("large", &one)], &ana));
    desk.write("both", &sealed(&[("folder/a", &one), ("folder/b", &two)], &ana));
    desk
}

/// What each writes more than a third of `LEN`; the last is the only one whose target is there before.
const RUNS: [&[&str]; 5] = [
    &["encrypt", "large", "-R", "ana.pub", "-o", "OUT/out"],
    &["encrypt", "folder", "-R", "ana.pub", "-o", "OUT/new/"],
    &["decrypt", "sealed", "-i", "ana.key", "-o", "OUT/out"],
    &["decrypt", "both", "-i", "ana.key", "-o", "OUT/new/"],
    // Nine headers do not fit the room that there is, so all of it moves.
    &["rekey", "OUT/kept", "-i", "ana.key", "-R", "eight.pub"],
];

fn run_in(run: &[&str], out: &str) -> Vec<String> {
    run.iter().map(|argument| argument.replace("OUT", out)).collect()
}

/// Exit code 1, one sentence that has `reason`, and nothing on standard output.
#[track_caller]
fn failed(output: &Output, reason: &str, about: &str) {
    let said = said(output);
    assert_eq!(output.status.code(), Some(1), "{about}: {said}");
    let lines: Vec<_> = said.lines().collect();
    assert!(
        matches!(lines[..], [one] if one.starts_with("satchel: error: cannot write ") && one.ends_with(reason)),
        "{about}: {said}"
    );
}

#[test]
fn a_file_that_may_not_grow_is_a_failure_that_leaves_nothing() {
    let desk = desk();
    desk.write("out/kept", &desk.read("sealed"));
    let before = (desk.names(""), desk.names("out"));
    let (rounds, mut dice) = (count(12, 100), Dice::new(3));
    for round in 0..rounds {
        let run = run_in(RUNS[round % RUNS.len()], "out");
        // In blocks of 512 bytes, in some shells of 1024: less than any of them writes.
        let blocks = 1 + dice.below(LEN / 1024 - 1);
        let shell = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"");
        let mut command = Command::new("sh");
        command.args(["-c", &shell, env!("CARGO_BIN_EXE_satchel")]).args(&run);
        let output = command.current_dir(desk.path("")).output().unwrap();
        failed(&output, "File too large", &format!("{run:?}, {blocks} blocks"));
        assert!(output.stdout.is_empty());
        assert_eq!((desk.names(""), desk.names("out")), before, "{run:?}");
        assert!(desk.read("out/kept") == desk.read("sealed"), "{run:?}");
    }
    println!("figure: writes that failed at a byte, with nothing left: {rounds} of {rounds}");
}

/// How to get a name space for mounts, if this user can have one.
fn mount_space() -> Option<&'static [&'static str]> {
    let ways = [&["-m"][..], &["-r", "-m"]];
    ways.into_iter().find(|way| {
        let mut command = Command::new("unshare");
        command.args(*way).args(["sh", "-c", "mount -t tmpfs tmpfs /mnt"]);
        command.output().is_ok_and(|output| output.status.success())
    })
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_a_failure_that_leaves_nothing() {
    let desk = desk();
    std::fs::create_dir(desk.path("disk")).unwrap();
    let Some(space) = mount_space() else {
        println!("skipped: this user cannot mount a small disk");
        return;
    };
    let (rounds, mut dice) = (count(10, 100), Dice::new(4));
    for round in 0..rounds {
        let is_rekey = round % RUNS.len() == 4;
        let run = run_in(RUNS[round % RUNS.len()], "disk");
        // Some room, but not for all; beside the container that is there before, not for another one.
        let kib = 64 + dice.below(LEN / 1024 - 128) + if is_rekey { 3100 } else { 0 };
        let kept = if is_rekey {
            "cp sealed disk/kept"
        } else {
            ": > disk/kept"
        };
        let shell = format!(
            "mount -t tmpfs -o size={kib}k tmpfs disk && {kept} || exit 99
            \"$0\" \"$@\"; code=$?
            ls -A disk > left; cat disk/kept > kept
            exit $code"
        );
        let mut command = Command::new("unshare");
        command
            .args(space)
            .args(["sh", "-c", &shell, env!("CARGO_BIN_EXE_satchel")])
            .args(&run);
        let output = command.current_dir(desk.path("")).output().unwrap();
        failed(&output, "No space left on device", &format!("{run:?}, {kib} KiB"));
        assert_eq!(desk.read("left"), b"kept\n", "{run:?}, {kib} KiB");
        let kept = if is_rekey { desk.read("sealed") } else { Vec::new() };
        assert!(desk.read("kept") == kept, "{run:?}");
    }
    println!("figure: writes to a full disk, with nothing left: {rounds} of {rounds}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_device_that_is_full_is_a_failure() {
    let desk = desk();
    for run in [
        &["decrypt", "sealed", "-i", "ana.key", "-o", "/dev/full"][..],
        &["encrypt", "large", "-R", "ana.pub", "-o", "/dev/full"],
    ] {
        failed(&desk.run(run), "No space left on device", &format!("{run:?}"));
    }
    for run in [
        &["decrypt", "sealed", "-i", "ana.key", "-o", "-"][..],
        &["encrypt", "large", "-R", "ana.pub"],
        &["list", "sealed", "-i", "ana.key"],
        &["list", "sealed", "-i", "ana.key", "--json"],
        &["inspect", "sealed"],
        &["keygen"],
        &["man"],
        &["completions", "bash"],
        &["--help"],
    ] {
        let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
        let output = desk.command(run).stdout(full).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{run:?}: {}", said(&output));
        assert!(!said(&output).contains("panicked"), "{run:?}: {}", said(&output));
    }
}

#[test]
fn a_reader_that_goes_away_is_a_failure_that_leaves_nothing() {
    let desk = desk();
    let before = desk.names("");
    let (rounds, mut dice) = (count(12, 100), Dice::new(5));
    for round in 0..rounds {
        let run = match round % 3 {
            0 => &["encrypt", "large", "-R", "ana.pub", "-o", "-"][..],
            1 => &["decrypt", "sealed", "-i", "ana.key", "-o", "-"],
            _ => &["decrypt", "both", "-i", "ana.key", "--only", "folder/b", "-o", "-"],
        };
        // A pipe holds a megabyte at most, so the rest cannot be in it already.
        let mut taken = vec![0; dice.below(LEN - (1 << 20) - 4096)];
        let mut child = desk.command(run).spawn().unwrap();
        let mut stdout = child.stdout.take().unwrap();
        stdout.read_exact(&mut taken).unwrap();
        drop(stdout);
        let output = child.wait_with_output().unwrap();
        failed(&output, "Broken pipe", &format!("{run:?}, {} bytes", taken.len()));
        assert_eq!(desk.names(""), before);
    }
    println!("figure: readers that went away at a byte, with nothing left: {rounds} of {rounds}");
    for run in [
        &["list", "sealed", "-i", "ana.key"][..],
        &["list", "sealed", "-i", "ana.key", "--json"],
        &["inspect", "sealed"],
        &["keygen"],
        &["man"],
        &["completions", "zsh"],
        &["--help"],
    ] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = desk.command(run).stdout(writer).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{run:?}: {}", said(&output));
        assert!(!said(&output).contains("panicked"), "{run:?}: {}", said(&output));
    }
}

#[test]
fn what_is_said_to_nobody_is_no_failure_of_its_own() {
    let desk = desk();
    desk.write("damaged", &desk.read("sealed")[..1000]);
    for (run, code) in [
        (&["check", "sealed", "-i", "ana.key"][..], 0),
        (&["check", "damaged", "-i", "ana.key"], 4),
        (&["check", "missing", "-i", "ana.key"], 1),
        (&["keygen"], 0),
        (&["no such verb"], 2),
        (
            &[
                "encrypt",
                "large",
                "--passphrase-file",
                "words",
                "--profile",
                "1",
                "-o",
                "out",
            ],
            0,
        ),
    ] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let status = desk.command(run).stderr(writer).stdout(Stdio::null()).status().unwrap();
        assert_eq!(status.code(), Some(code), "{run:?}");
    }
}
