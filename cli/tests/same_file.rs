//! Nothing that a command reads is lost to what it writes, also with `--force`.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "program/making.rs"]
mod making;
mod program;

use std::fs::File;

use making::{Person, sealed};
use program::{Desk, good, refused, said};

fn desk() -> Desk {
    let (desk, ana) = (Desk::new(), Person::new());
    ana.write(&desk, "ana");
    desk.write("plan", b"at noon");
    desk.write("words", b"correct horse");
    desk.write("table.csv", b"Name,Department\nJo,Kitchen\n");
    desk.write(
        "departments.toml",
        b"committee = \"ana.pub\"\n[departments]\nKitchen = \"ana.pub\"\n",
    );
    desk.write("sealed", &sealed(&[("plan", b"at noon")], &ana));
    desk.write("again/sealed", &sealed(&[("sealed", b"at noon")], &ana));
    std::fs::hard_link(desk.path("plan"), desk.path("same plan")).unwrap();
    std::os::unix::fs::symlink("plan", desk.path("link to plan")).unwrap();
    good(desk.run(&["split", "sealed", "-k", "2", "-n", "2", "-i", "ana.key"]));
    desk
}

#[test]
fn what_is_read_is_not_written_over() {
    let desk = desk();
    let names = desk.names("");
    let before: Vec<_> = names
        .iter()
        .filter(|name| desk.path(name).is_file())
        .map(|name| desk.read(name))
        .collect();
    let runs: [&[&str]; 13] = [
        &[
            "encrypt",
            "table.csv",
            "--split-by",
            "Department",
            "--to",
            "departments.toml",
            "-o",
            "ana.pub",
            "--force",
        ],
        &["encrypt", "plan", "-R", "ana.pub", "-o", "plan", "--force"],
        &["encrypt", "plan", "-R", "ana.pub", "-o", "same plan", "--force"],
        &["encrypt", "link to plan", "-R", "ana.pub", "-o", "./plan", "--force"],
        &["encrypt", "plan", "-R", "ana.pub", "-o", "ana.pub", "--force"],
        &[
            "encrypt",
            "plan",
            "--passphrase-file",
            "words",
            "-o",
            "words",
            "--force",
        ],
        &[
            "encrypt",
            "plan",
            "--passphrase-file",
            "words",
            "--html",
            "plan",
            "--force",
        ],
        &[
            "encrypt",
            "table.csv",
            "--split-by",
            "Department",
            "--to",
            "departments.toml",
            "-o",
            "departments.toml",
            "--force",
        ],
        &["decrypt", "sealed", "-i", "ana.key", "-o", "sealed", "--force"],
        &["decrypt", "sealed", "-i", "ana.key", "-o", "ana.key", "--force"],
        &["decrypt", "again/sealed", "-i", "ana.key", "-o", "again/", "--force"],
        &[
            "combine",
            "sealed",
            "sealed.share-1.txt",
            "sealed.share-2.txt",
            "-o",
            "sealed.share-1.txt",
            "--force",
        ],
        &["keygen", "--passphrase-file", "words", "-o", "words", "--force"],
    ];
    for run in runs {
        let told = refused(desk.run(run), 7);
        assert!(
            told.contains("is read for this, and would be replaced"),
            "{run:?}: {told}"
        );
        assert!(!told.contains("--force"), "{told}");
        assert_eq!(desk.names(""), names, "{run:?}");
        let after = names
            .iter()
            .filter(|name| desk.path(name).is_file())
            .map(|name| desk.read(name));
        assert!(after.eq(before.iter().cloned()), "{run:?}");
    }
    // Also where standard input is that file.
    let mut piped = desk.command(&["decrypt", "-", "-i", "ana.key", "-o", "sealed", "--force"]);
    let told = refused(
        piped.stdin(File::open(desk.path("sealed")).unwrap()).output().unwrap(),
        7,
    );
    assert!(told.contains("sealed is read for this"), "{told}");
    // Without -o a document comes into the present folder.
    let mut here = desk.command(&["decrypt", "sealed", "-i", "../ana.key", "--force"]);
    let told = refused(here.current_dir(desk.path("again")).output().unwrap(), 7);
    assert!(told.contains("sealed is read for this"), "{told}");
}

#[test]
fn a_container_in_the_folder_that_is_sealed_is_not_sealed_into_itself() {
    let desk = desk();
    desk.write("plans/spring.md", b"at noon");
    let listed = |container: &str| {
        let listed = good(desk.run(&["list", container, "-i", "ana.key"]));
        String::from_utf8(listed).unwrap().lines().count()
    };
    for round in 0..2 {
        for out in ["plans/all.satchel", "plans/"] {
            let output = desk.run(&["encrypt", "plans", "-R", "ana.pub", "-o", out, "--force"]);
            let skips = said(&output).contains("skipped: plans/");
            assert_eq!(skips, round > 0, "{}", said(&output));
            good(output);
        }
    }
    // The other of the two is a file like any.
    assert_eq!((listed("plans/all.satchel"), listed("plans/plans.satchel")), (2, 2));
    let out = File::create(desk.path("plans/by the shell")).unwrap();
    let output = desk
        .command(&["encrypt", "plans", "-R", "ana.pub"])
        .stdout(out)
        .output()
        .unwrap();
    assert!(
        said(&output).contains("skipped: plans/by the shell is what this writes"),
        "{}",
        said(&output)
    );
    assert_eq!(listed("plans/by the shell"), 3);
}

#[test]
fn a_folder_that_holds_nothing_but_what_is_written_has_nothing_to_seal() {
    let desk = desk();
    let earlier = desk.read("sealed");
    desk.write("plans/all.satchel", &earlier);
    let seal = |folder: &str| desk.run(&["encrypt", folder, "-R", "ana.pub", "-o", "plans/all.satchel", "--force"]);
    let told = refused(seal("plans"), 2);
    assert!(
        told.contains("skipped: plans/all.satchel is what this writes"),
        "{told}"
    );
    assert!(told.contains("there is nothing to seal in plans\n"), "{told}");
    assert!(desk.read("plans/all.satchel") == earlier);
    std::fs::create_dir(desk.path("empty")).unwrap();
    good(seal("empty"));
}

/// What is in a sealed folder and not of our making is a document like the others in it.
#[test]
fn a_document_in_the_sealed_folder_is_not_written_over() {
    let desk = desk();
    desk.write("folder/plan", b"at noon");
    desk.write("folder/other", b"at night");
    desk.write("folder/deep/letter.html", b"<p>by hand");
    let encrypt = |more: &[&str]| desk.run(&[&["encrypt", "folder"], more].concat());
    for more in [
        &["-R", "ana.pub", "-o", "folder/plan", "--force"][..],
        &["-R", "ana.pub", "-o", "folder/deep/letter.html", "--force"],
    ] {
        let told = refused(encrypt(more), 7);
        assert!(told.contains("is read for this, and would be replaced"), "{told}");
    }
    assert!(desk.read("folder/plan") == b"at noon" && desk.read("folder/deep/letter.html") == b"<p>by hand");
    // A container of an earlier run is what this writes anew.
    let to = ["-R", "ana.pub", "-o", "folder/all.satchel", "--force"];
    good(encrypt(&to));
    let output = encrypt(&to);
    assert!(said(&output).contains("skipped: folder/all.satchel is what this writes"));
    good(output);
    let listed = good(desk.run(&["list", "folder/all.satchel", "-i", "ana.key"]));
    assert_eq!(String::from_utf8(listed).unwrap().lines().count(), 3);
}
