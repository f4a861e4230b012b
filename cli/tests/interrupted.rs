//! Runs that end before their end: by Ctrl-C and Ctrl-\ anywhere, by kill -9 while a header is changed.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "program/making.rs"]
mod making;
mod program;

use std::io::{Read as _, Write as _};
use std::os::unix::fs::FileExt as _;
use std::process::{Child, Stdio};

use making::{Dice, Person, count, is_long, sealed};
use program::{Desk, good, noise};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, waitid};

/// A desk with the key of one person, and that person.
fn desk() -> (Desk, Person) {
    let (desk, ana) = (Desk::new(), Person::new());
    ana.write(&desk, "ana");
    (desk, ana)
}

fn send(child: &Child, signal: Signal) {
    kill_process(Pid::from_child(child), signal).unwrap();
}

/// Ctrl-C and Ctrl-\, in turn.
const fn signal(round: usize) -> Signal {
    if round % 4 < 2 { Signal::INT } else { Signal::QUIT }
}

/// Sends a signal. Either all is as it was before, or all is whole because everything was being put in place already; says whether
/// it is the former.
#[track_caller]
fn interrupt(
    child: Child,
    signal: Signal,
    is_as_before: impl FnOnce() -> bool,
    is_whole: impl FnOnce() -> bool,
) -> bool {
    send(&child, signal);
    let output = child.wait_with_output().unwrap();
    let code = output.status.code();
    assert!(matches!(code, Some(0 | 130)), "{code:?}: {}", program::said(&output));
    let as_before = code == Some(130) && is_as_before();
    assert!(as_before || is_whole(), "{code:?}, neither whole nor as before");
    as_before
}

/// Whether it is over, and still to be waited for.
fn is_over(child: &Child) -> bool {
    let how = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
    waitid(WaitId::Pid(Pid::from_child(child)), how).unwrap().is_some()
}

/// How large files are: long enough to be met on the way.
fn file_len() -> usize {
    if is_long() { 64_000_000 } else { 24_000_000 }
}

#[test]
fn a_seal_of_a_stream_that_is_interrupted_leaves_nothing() {
    let (desk, _) = desk();
    let (rounds, content, mut dice) = (count(12, 100), noise(file_len(), 1), Dice::new(2));
    desk.write("kept", b"what was there before");
    let before = desk.names("");
    for round in 0..rounds {
        // More than a pipe holds: the program has begun.
        let len = 200_000 + dice.below(content.len() - 200_000);
        let output = if round % 3 == 0 { "kept" } else { "new" };
        let mut child = desk
            .command(&["encrypt", "-R", "ana.pub", "--force", "-o", output])
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(&content[..len]).unwrap();
        // The stream has no end yet.
        assert!(
            interrupt(child, signal(round), || desk.names("") == before, || false),
            "{len} bytes"
        );
        drop(stdin);
        assert_eq!(desk.read("kept"), b"what was there before");
    }
    println!("figure: seals of a stream interrupted at a byte, with nothing left: {rounds} of {rounds}");
}

/// Bytes that a process wrote; none where the system does not tell.
fn written(child: &Child) -> Option<u64> {
    let told = std::fs::read_to_string(format!("/proc/{}/io", child.id())).ok()?;
    let line = told.lines().find_map(|line| line.strip_prefix("wchar: "))?;
    line.parse().ok()
}

#[test]
fn a_seal_or_opening_of_a_file_that_is_interrupted_leaves_nothing() {
    let (desk, ana) = desk();
    let content = noise(file_len(), 3);
    desk.write("large", &content);
    desk.write("sealed", &sealed(&[("large", &content)], &ana));
    let before = desk.names("");
    let (rounds, mut dice) = (count(12, 100), Dice::new(4));
    let mut interrupted = 0;
    for round in 0..rounds {
        let (arguments, is_seal) = match round % 2 {
            0 => (["encrypt", "large", "-R", "ana.pub", "-o", "out"], true),
            _ => (["decrypt", "sealed", "-i", "ana.key", "-o", "out"], false),
        };
        let place = 1 + dice.below(content.len() * 9 / 10) as u64;
        let child = desk.command(&arguments).spawn().unwrap();
        while written(&child).is_some_and(|written| written < place) && !is_over(&child) {
            std::thread::yield_now();
        }
        if written(&child).is_none() {
            println!("skipped: this system does not tell what another process wrote");
            send(&child, Signal::KILL);
            child.wait_with_output().unwrap();
            return;
        }
        let is_whole = || {
            let key: &[_] = if is_seal {
                &["check", "out", "-i", "ana.key"]
            } else {
                &["inspect", "sealed"]
            };
            good(desk.run(key));
            is_seal || desk.read("out") == content
        };
        interrupted += usize::from(interrupt(child, signal(round), || desk.names("") == before, is_whole));
        let _ = std::fs::remove_file(desk.path("out"));
    }
    assert!(interrupted >= rounds / 4, "{interrupted} of {rounds}");
    println!(
        "figure: seals and openings of a file interrupted at a byte, with nothing left or all of it there: {rounds} of {rounds} ({interrupted} with nothing)"
    );
}

/// Bytes that are aside in `folder`.
fn aside(desk: &Desk, folder: &str) -> u64 {
    let Ok(entries) = std::fs::read_dir(desk.path(folder)) else {
        return 0;
    };
    let files = entries
        .filter_map(|entry| std::fs::read_dir(entry.ok()?.path()).ok())
        .flatten();
    files.filter_map(|file| Some(file.ok()?.metadata().ok()?.len())).sum()
}

#[test]
fn an_opening_of_several_files_that_is_interrupted_leaves_nothing() {
    let (desk, ana) = desk();
    let half = noise(file_len() / 2, 5);
    desk.write("sealed", &sealed(&[("folder/a", &half), ("folder/b", &half)], &ana));
    desk.write("kept/mine", b"mine");
    let state = || (desk.names(""), desk.names("kept"));
    let before = state();
    let (rounds, mut dice, mut interrupted) = (count(12, 100), Dice::new(6), 0);
    for round in 0..rounds {
        let target = if round % 2 == 0 { "kept" } else { "new/er/" };
        let place = dice.below(half.len() * 9 / 5) as u64;
        let child = desk
            .command(&["decrypt", "sealed", "-i", "ana.key", "-o", target])
            .spawn()
            .unwrap();
        while aside(&desk, target) <= place && !is_over(&child) {
            std::thread::yield_now();
        }
        let folder = desk.path(target).join("folder");
        let is_whole = || {
            ["a", "b"]
                .iter()
                .all(|name| std::fs::read(folder.join(name)).unwrap() == half)
        };
        interrupted += usize::from(interrupt(child, signal(round), || state() == before, is_whole));
        let _ = std::fs::remove_dir_all(desk.path("new"));
        let _ = std::fs::remove_dir_all(desk.path("kept/folder"));
        assert_eq!(desk.names("kept"), ["mine"], "nothing aside");
    }
    assert!(interrupted >= rounds / 4, "{interrupted} of {rounds}");
    println!(
        "figure: openings of a folder interrupted at a byte, with nothing left or all of it there: {rounds} of {rounds} ({interrupted} with nothing)"
    );
}

#[test]
fn files_that_are_put_in_place_are_all_there_or_none_of_them() {
    let (desk, ana) = desk();
    let names: Vec<_> = (0..count(3000, 30_000)).map(|number| format!("{number}")).collect();
    let files: Vec<_> = names.iter().map(|name| (name.as_str(), &b"x"[..])).collect();
    desk.write("sealed", &sealed(&files, &ana));
    let (rounds, mut met) = (count(3, 10), 0);
    for round in 0..rounds {
        let target = format!("out-{round}");
        std::fs::create_dir(desk.path(&target)).unwrap();
        let child = desk
            .command(&["decrypt", "sealed", "-i", "ana.key", "-o", &target])
            .spawn()
            .unwrap();
        while !desk.path(&target).join("0").exists() && !is_over(&child) {
            std::thread::yield_now();
        }
        met += usize::from(!is_over(&child));
        send(&child, if round % 2 == 0 { Signal::INT } else { Signal::QUIT });
        let output = child.wait_with_output().unwrap();
        assert!(
            output.status.success(),
            "nothing was interrupted: {}",
            program::said(&output)
        );
        assert_eq!(desk.names(&target).len(), files.len(), "all or none");
    }
    println!(
        "figure: interruptions while {} files were put in place, with all of them there: {rounds} of {rounds} ({met} on the way)",
        files.len()
    );
}

#[test]
fn a_run_whose_reader_is_slow_can_be_interrupted() {
    let (desk, ana) = desk();
    let content = noise(4_000_000, 7);
    desk.write("large", &content);
    desk.write("sealed", &sealed(&[("large", &content)], &ana));
    let before = desk.names("");
    let (rounds, mut dice) = (count(12, 100), Dice::new(8));
    for round in 0..rounds {
        let arguments = match round % 2 {
            0 => ["encrypt", "large", "-R", "ana.pub", "-o", "-"],
            _ => ["decrypt", "sealed", "-i", "ana.key", "-o", "-"],
        };
        // A pipe holds no more than a megabyte on any system, so there is always more to come.
        let mut taken = vec![0; 1 + dice.below(2_000_000)];
        let mut child = desk.command(&arguments).spawn().unwrap();
        let mut stdout = child.stdout.take().unwrap();
        stdout.read_exact(&mut taken).unwrap();
        assert!(
            interrupt(child, signal(round), || desk.names("") == before, || false),
            "{} bytes",
            taken.len()
        );
    }
    println!("figure: runs interrupted while their reader waited, with nothing left: {rounds} of {rounds}");
}

const KEYS: [&str; 2] = ["ana.key", "bo.key"];
/// Of a container for few recipients [H-8].
const ROOM: usize = 16_384;

/// [K-1] [H-7]
#[test]
fn a_rekey_killed_anywhere_leaves_what_the_old_or_the_new_key_opens() {
    let (desk, ana) = desk();
    let people = [ana, Person::new()];
    people[1].write(&desk, "bo");
    let content = noise(300_000, 9);
    desk.write("members", &sealed(&[("members.csv", &content)], &people[0]));
    let payload = |desk: &Desk| desk.read("members")[46 + 2 * ROOM..].to_vec();
    let sealed_payload = payload(&desk);
    let rekey = |from: usize| {
        let (key, to) = (KEYS[from], ["bo.pub", "ana.pub"][from]);
        let arguments = ["rekey", "members", "-i", key, "--remove-this", "-R", to];
        desk.command(&arguments)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap()
    };
    let file = std::fs::File::open(desk.path("members")).unwrap();
    let prefix = || {
        let mut prefix = [0; 46 + 2 * ROOM];
        file.read_exact_at(&mut prefix, 0).unwrap();
        prefix
    };
    let (rounds, mut dice, mut opener) = (count(25, 100), Dice::new(10), 0);
    let (mut old, mut new, mut both, mut cut) = (0, 0, 0, 0);
    for round in 0..rounds {
        // What the last round left half-way is settled first, or not.
        if dice.below(2) == 0 {
            good(desk.run(&["rekey", "members", "-i", KEYS[opener], "--settle"]));
        }
        // A whole one writes four times. It is killed once so many of them show, and a few looks later.
        let (mut writes, mut last) = (dice.below(5), prefix());
        let mut looks = dice.below(if writes == 0 { 1000 } else { 10 });
        let mut child = rekey(opener);
        while (writes > 0 || looks > 0) && !is_over(&child) {
            let now = prefix();
            if now != last {
                writes = writes.saturating_sub(1);
                last = now;
            }
            if writes == 0 {
                looks = looks.saturating_sub(1);
            }
        }
        child.kill().unwrap();
        child.wait().unwrap();
        cut += usize::from(prefix()[45] == 0xff);
        let opens = KEYS.map(|key| {
            let output = desk.run(&["decrypt", "members", "-i", key, "-o", "-"]);
            output.status.success() && output.stdout == content
        });
        match (opens[opener], opens[1 - opener]) {
            (true, true) => both += 1,
            (true, false) => old += 1,
            (false, true) => new += 1,
            (false, false) => panic!("neither key opens it after round {round}"),
        }
        opener = if opens[opener] && (!opens[1 - opener] || dice.below(2) == 0) {
            opener
        } else {
            1 - opener
        };
        assert!(payload(&desk) == sealed_payload, "the payload stays");
    }
    assert!(old > 0 && new > 0, "killed before and after the change: {old}, {new}");
    let key = KEYS[opener];
    good(desk.run(&["rekey", "members", "-i", key, "--settle"]));
    assert!(good(desk.run(&["decrypt", "members", "-i", key, "-o", "-"])) == content);
    println!(
        "figure: rekeyings killed anywhere after which the old or the new key opens: {rounds} of {rounds} ({old} the old, {new} the new, {both} either; {cut} half-way)"
    );
}

#[test]
fn an_opening_of_several_files_that_is_killed_leaves_whole_files_alone() {
    let (desk, ana) = desk();
    let files: Vec<_> = (0..40u64)
        .map(|number| (format!("{number}"), noise(file_len() / 40, number)))
        .collect();
    let named: Vec<_> = files
        .iter()
        .map(|(name, content)| (name.as_str(), content.as_slice()))
        .collect();
    desk.write("sealed", &sealed(&named, &ana));
    let (rounds, mut dice, mut met) = (count(12, 100), Dice::new(11), 0);
    for round in 0..rounds {
        let target = format!("out-{round}");
        let mut child = desk
            .command(&["decrypt", "sealed", "-i", "ana.key", "-o", &format!("{target}/")])
            .spawn()
            .unwrap();
        // Anywhere on the way, or as soon as the first file is in place.
        let place = if round % 2 == 0 {
            u64::MAX
        } else {
            dice.below(file_len()) as u64
        };
        while aside(&desk, &target) <= place && !desk.path(&target).join("0").exists() && !is_over(&child) {
            std::thread::yield_now();
        }
        child.kill().unwrap();
        met += usize::from(!child.wait().unwrap().success());
        for (name, content) in &files {
            let there = std::fs::read(desk.path(&target).join(name));
            assert!(there.is_err() || there.unwrap() == *content, "{name} is there in part");
        }
        let _ = std::fs::remove_dir_all(desk.path(&target));
    }
    assert!(met > 0, "none was killed in time");
    println!(
        "figure: openings of a folder killed anywhere, with each file there whole or not at all: {rounds} of {rounds} ({met} before their end)"
    );
}

/// [K-1]
#[test]
fn a_rekey_that_moves_the_container_and_is_killed_leaves_what_the_old_or_the_new_key_opens() {
    let (desk, ana) = desk();
    let content = noise(file_len(), 12);
    let others: String = (0..20)
        .map(|_| good(desk.run(&["keygen"])))
        .map(|key| recipient_in(&key))
        .collect();
    desk.write("others.txt", others.as_bytes());
    let (rounds, mut dice, mut moved, mut killed) = (count(8, 100), Dice::new(13), 0, 0);
    let original = sealed(&[("members.csv", &content)], &ana);
    for round in 0..rounds {
        desk.write("members", &original);
        let place = dice.below(original.len() * 11 / 10) as u64;
        let mut child = desk
            .command(&["rekey", "members", "-i", "ana.key", "-R", "others.txt"])
            .spawn()
            .unwrap();
        while written(&child).is_some_and(|written| written < place) && !is_over(&child) {
            std::thread::yield_now();
        }
        child.kill().unwrap();
        killed += usize::from(!child.wait().unwrap().success());
        let now = desk.read("members");
        if now != original {
            moved += 1;
            assert!(now.len() > original.len(), "a part of it in round {round}");
        }
        assert!(good(desk.run(&["decrypt", "members", "-i", "ana.key", "-o", "-"])) == content);
    }
    assert!(killed > 0, "none was killed in time");
    println!(
        "figure: rekeyings that move a container, killed anywhere, after which it opens: {rounds} of {rounds} ({moved} moved, {killed} before their end)"
    );
}

/// The recipient's line of a key file.
fn recipient_in(key: &[u8]) -> String {
    let text = String::from_utf8(key.to_vec()).unwrap();
    let start = text.find("age1pq1").unwrap();
    format!("{}\n", text[start..].lines().next().unwrap())
}
