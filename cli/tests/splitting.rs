//! `satchel split`: whatever fails and wherever it is cut off, one set of shares opens the container and is whole.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "program/making.rs"]
mod making;
mod program;

use std::fs::File;
use std::process::{Command, Output, Stdio};

use making::{Dice, Person, count, sealed};
use program::{Desk, good, noise, refused, said};

/// A desk with a container of two people, which is split into three shares already.
fn desk() -> Desk {
    let (desk, ana) = (Desk::new(), Person::new());
    ana.write(&desk, "ana");
    desk.write("members.satchel", &sealed(&[("members.csv", &noise(3000, 7))], &ana));
    good(split(&desk, &["-o", "old/"]));
    desk
}

fn command(desk: &Desk, more: &[&str]) -> Command {
    let mut arguments = vec!["split", "members.satchel", "-k", "2", "-n", "3", "-i", "ana.key"];
    arguments.extend(more);
    desk.command(&arguments)
}

fn split(desk: &Desk, more: &[&str]) -> Output {
    command(desk, more).output().unwrap()
}

/// Whether each two of the three shares in `folder` open it.
fn open(desk: &Desk, folder: &str) -> bool {
    let open = |one: u8, two: u8| {
        let share = |number: u8| format!("{folder}/members.share-{number}.txt");
        let output = desk.run(&["combine", "members.satchel", &share(one), &share(two), "-o", "-"]);
        output.status.success() && output.stdout == noise(3000, 7)
    };
    open(1, 2) && open(2, 3) && open(3, 1)
}

#[test]
fn shares_are_whole_where_their_names_cannot_be_printed() {
    let desk = desk();
    let full = File::options().write(true).open("/dev/full").unwrap();
    let output = command(&desk, &["-o", "new/", "--replace"])
        .stdout(full)
        .stderr(Stdio::piped())
        .output()
        .unwrap();
    assert!(refused(output, 1).contains("No space left"));
    assert!(open(&desk, "new") && !open(&desk, "old"));
    // Nobody listens.
    let mut child = command(&desk, &["-o", "newer/", "--replace"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    child.wait().unwrap();
    assert!(open(&desk, "newer") && !open(&desk, "new"));
}

#[test]
fn what_is_in_the_way_of_a_share_is_found_before_the_container_changes() {
    let desk = desk();
    let before = desk.read("members.satchel");
    desk.write("folder/members.share-2.txt/file", b"");
    desk.write("file/members.share-3.txt", b"a note");
    let cases: [(&[&str], &str); 4] = [
        (&["-o", "folder/", "--replace", "--force"], "is in the way"),
        (&["-o", "folder/", "--force"], "is in the way"),
        (&["-o", "file/", "--replace"], "exists"),
        (&["-o", "ana.key/", "--replace"], "is in the way"),
    ];
    for (more, why) in cases {
        let told = refused(split(&desk, more), 7);
        assert!(told.contains(why), "{more:?}: {told}");
        assert!(desk.read("members.satchel") == before, "{more:?}");
    }
    assert!(refused(split(&desk, &["-o", "-"]), 2).contains("go to a folder"));
    assert!(desk.read("members.satchel") == before && open(&desk, "old"));
    assert_eq!(desk.names("folder").len() + desk.names("file").len(), 2);

    // Its own name is as long as a name may be, so those of its shares are longer.
    let long = format!("{}.satchel", "n".repeat(245));
    std::fs::rename(desk.path("members.satchel"), desk.path(&long)).unwrap();
    let output = desk.run(&["split", &long, "-k", "2", "-n", "3", "-i", "ana.key", "--replace"]);
    assert!(refused(output, 1).contains("name too long"));
    assert!(desk.read(&long) == before);
}

#[test]
fn shares_of_a_larger_split_that_lie_beside_the_new_ones_are_named() {
    let desk = desk();
    let output = split(&desk, &["-o", "old/", "--replace", "--force", "-n", "2"]);
    assert_eq!(output.status.code(), Some(2), "-n is given twice");
    // Those in old/ open nothing any more.
    good(split(&desk, &["-o", "new/", "--replace"]));
    let two = ["split", "members.satchel", "-k", "2", "-n", "2", "-i", "ana.key"];
    let output = desk.run(&[&two[..], &["-o", "old/", "--replace", "--force"]].concat());
    assert!(output.status.success(), "{}", said(&output));
    assert!(
        said(&output).contains("note: old/members.share-3.txt opens nothing any more"),
        "{}",
        said(&output)
    );
}

#[test]
fn a_share_that_opens_something_is_never_replaced() {
    let desk = desk();
    let before = desk.read("members.satchel");
    let shares: Vec<_> = (1..4)
        .map(|number| desk.read(&format!("old/members.share-{number}.txt")))
        .collect();
    let eve = Person::new();
    eve.write(&desk, "eve");
    desk.write("other/members.satchel", &sealed(&[("members.csv", b"another")], &eve));
    let of_another = [
        "split",
        "other/members.satchel",
        "-k",
        "2",
        "-n",
        "3",
        "-i",
        "eve.key",
        "-o",
        "old/",
        "--force",
    ];
    // Somebody wrote on it where it went.
    let notes = "Kept by Ana, who moves house in May.\n".repeat(200);
    desk.write("old/members.share-2.txt", &[notes.as_bytes(), &shares[1]].concat());
    std::fs::rename(desk.path("old/members.share-1.txt"), desk.path("away")).unwrap();
    let told = refused(split(&desk, &["-o", "old/", "--force"]), 7);
    assert!(told.contains("old/members.share-2.txt is a recovery share"), "{told}");
    std::fs::rename(desk.path("away"), desk.path("old/members.share-1.txt")).unwrap();
    desk.write("old/members.share-2.txt", &shares[1]);
    for output in [
        split(&desk, &["-o", "old/"]),
        split(&desk, &["-o", "old/", "--force"]),
        split(&desk, &["-o", "old/", "--replace", "--force"]),
        desk.run(&of_another),
    ] {
        let told = refused(output, 7);
        assert!(told.contains("old/members.share-1.txt is a recovery share"), "{told}");
    }
    assert!(desk.read("members.satchel") == before && open(&desk, "old"));
    for (number, share) in (1..4).zip(shares) {
        assert!(desk.read(&format!("old/members.share-{number}.txt")) == share);
    }
}

#[test]
fn a_fourth_split_can_still_be_replaced() {
    let desk = desk();
    for folder in ["two/", "three/", "four/"] {
        good(split(&desk, &["-o", folder]));
    }
    assert!(open(&desk, "old") && open(&desk, "four"));
    let before = desk.read("members.satchel");
    refused(split(&desk, &["-o", "five/"]), 2);
    assert!(desk.read("members.satchel") == before && !desk.path("five").exists());
    good(split(&desk, &["-o", "new/", "--replace"]));
    assert!(open(&desk, "new"));
    for folder in ["old", "two", "three", "four"] {
        assert!(!open(&desk, folder), "{folder}");
    }
}

#[test]
fn a_split_that_is_killed_anywhere_leaves_one_set_of_shares_that_opens() {
    let (rounds, mut dice) = (count(25, 400), Dice::new(11));
    let (mut old, mut new) = (0, 0);
    let desk = desk();
    let before = desk.read("members.satchel");
    for round in 0..rounds {
        desk.write("members.satchel", &before);
        let _ = std::fs::remove_dir_all(desk.path("new"));
        let mut child = command(&desk, &["-o", "new/", "--replace"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // From before it has begun to after it is over.
        let until = std::time::Instant::now() + std::time::Duration::from_micros(dice.below(40_000) as u64);
        while std::time::Instant::now() < until {
            std::hint::spin_loop();
        }
        child.kill().unwrap();
        child.wait().unwrap();
        let by_old = open(&desk, "old");
        let by_new = open(&desk, "new");
        assert!(by_old || by_new, "round {round}");
        (old, new) = (old + usize::from(by_old), new + usize::from(by_new));
    }
    println!(
        "figure: splits killed with a set of shares that opens: {rounds} of {rounds} ({old} by the old, {new} by the new)"
    );
}
