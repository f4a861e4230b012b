//! Without a server: what is sealed opens to the same, and nothing is written over, beside or half.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod program;

use std::io::Write as _;
use std::os::unix::fs::symlink;
use std::process::{Command, Stdio};

use program::{Desk, good, mode, noise, refused, said};

const KEY: [&str; 2] = ["--passphrase-file", "words"];

/// Seals with the cheapest profile: its cost is not what is tested here.
fn seal(desk: &Desk, inputs: &[&str], output: &str) {
    let mut arguments = vec!["encrypt", "-o", output, "--profile", "1"];
    arguments.extend(KEY);
    arguments.extend(inputs);
    good(desk.run(&arguments));
}

fn open<'a>(desk: &Desk, arguments: &[&'a str]) -> std::process::Output {
    let mut all: Vec<&'a str> = vec!["decrypt"];
    all.extend(arguments);
    all.extend(KEY);
    desk.run(&all)
}

#[test]
fn files_and_folders_come_back_with_names_in_three_scripts() {
    let desk = Desk::new();
    desk.write("члены.csv", "имя;смена\n".as_bytes());
    desk.write("notes/会议/记录.md", "# 记录\n".as_bytes());
    desk.write("notes/ملاحظات.txt", "مساء الخير\n".as_bytes());
    desk.write("notes/large.bin", &noise(1_000_003, 1));
    desk.write("notes/empty.txt", b"");
    std::fs::create_dir(desk.path("notes/nothing in it")).unwrap();
    seal(&desk, &["члены.csv", "notes"], "sealed.satchel");
    assert_eq!(mode(&desk.path("sealed.satchel")), 0o600);

    good(open(&desk, &["sealed.satchel", "-o", "out"]));
    for name in [
        "члены.csv",
        "notes/会议/记录.md",
        "notes/ملاحظات.txt",
        "notes/large.bin",
        "notes/empty.txt",
    ] {
        assert!(desk.read(name) == desk.read(&format!("out/{name}")), "{name}");
        assert_eq!(mode(&desk.path(&format!("out/{name}"))), 0o600);
    }
    assert!(desk.names("out/notes/nothing in it").is_empty());
    assert_eq!(desk.names("out"), ["notes", "члены.csv"], "nothing is left beside");
    let times = |name: &str| std::fs::metadata(desk.path(name)).unwrap().modified().unwrap();
    let secs = |time: std::time::SystemTime| time.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    assert_eq!(
        secs(times("члены.csv")),
        secs(times("out/члены.csv")),
        "the time of a file is kept"
    );
}

#[test]
fn list_names_what_is_inside_and_inspect_does_not() {
    let desk = Desk::new();
    desk.write("a/plan.txt", b"at noon");
    seal(&desk, &["a"], "sealed");
    let mut arguments = vec!["list", "sealed", "--json"];
    arguments.extend(KEY);
    let listed = String::from_utf8(good(desk.run(&arguments))).unwrap();
    assert!(
        listed.contains(r#""name":"a/plan.txt""#) && listed.contains(r#""size":7"#),
        "{listed}"
    );
    let told = String::from_utf8(good(desk.run(&["inspect", "sealed", "--json"]))).unwrap();
    assert!(
        told.contains(r#""slots":[{"profile":1,"type":"passphrase"}]"#),
        "{told}"
    );
    assert!(!told.contains("plan"));
}

#[test]
fn only_takes_out_one_file_or_folder() {
    let desk = Desk::new();
    desk.write("all/a/1", &noise(400_000, 1));
    desk.write("all/b/2", &noise(400_000, 2));
    desk.write("all/b/3", &noise(400_000, 3));
    seal(&desk, &["all"], "sealed");
    good(open(&desk, &["sealed", "-o", "one", "--only", "all/b/2"]));
    assert!(desk.read("one") == desk.read("all/b/2"));
    good(open(&desk, &["sealed", "-o", "folder/", "--only", "all/b"]));
    assert!(desk.read("folder/all/b/3") == desk.read("all/b/3"));
    assert_eq!(desk.names("folder/all"), ["b"]);
    assert!(good(open(&desk, &["sealed", "-o", "-", "--only", "all/a/1"])) == desk.read("all/a/1"));
    refused(open(&desk, &["sealed", "-o", "no", "--only", "all/c"]), 2);
}

#[test]
fn standard_input_and_output_carry_any_length() {
    let desk = Desk::new();
    for len in [0, 1, 262_112 - 300, 1 << 20, (1 << 20) + 1, 3_000_000] {
        let content = noise(len, 7);
        let sealed = good(desk.run_with(&["encrypt", "--profile", "1", "--passphrase-file", "words"], &content));
        let opened = good(desk.run_with(&["decrypt", "-", "-o", "-", "--passphrase-file", "words"], &sealed));
        assert!(opened == content, "{len} bytes");
    }
}

#[test]
fn a_text_from_standard_input_is_printed_and_its_passphrase_may_come_from_there() {
    let desk = Desk::new();
    desk.write(
        "sealed",
        &good(desk.run_with(
            &["encrypt", "-", "--profile", "1", "--passphrase-file", "words"],
            "ночь 夜 ليل".as_bytes(),
        )),
    );
    let opened = desk.run_with(
        &["decrypt", "sealed", "--passphrase-file", "-"],
        b"four words are enough\r\n",
    );
    assert_eq!(good(opened), "ночь 夜 ليل".as_bytes());
}

#[test]
fn symlinks_inside_a_folder_are_skipped_and_said() {
    let desk = Desk::new();
    desk.write("secret", b"not named");
    desk.write("folder/a", b"a");
    symlink(desk.path("secret"), desk.path("folder/link")).unwrap();
    symlink(desk.path(""), desk.path("folder/up")).unwrap();
    let output = desk.run(&[
        "encrypt",
        "folder",
        "-o",
        "sealed",
        "--profile",
        "1",
        "--passphrase-file",
        "words",
    ]);
    assert_eq!(
        said(&output),
        "skipped: folder/link is a symlink\nskipped: folder/up is a symlink\n"
    );
    good(open(&desk, &["sealed", "-o", "out/"]));
    assert_eq!(desk.names("out/folder"), ["a"]);
}

#[test]
fn what_is_there_is_never_overwritten_without_force() {
    let desk = Desk::new();
    desk.write("a", b"new");
    desk.write("b", b"new");
    seal(&desk, &["a"], "sealed");
    let before = desk.read("sealed");
    let again = desk.run(&[
        "encrypt",
        "a",
        "-o",
        "sealed",
        "--profile",
        "1",
        "--passphrase-file",
        "words",
    ]);
    assert!(refused(again, 7).contains("sealed exists"));
    assert!(desk.read("sealed") == before);

    desk.write("a", b"mine");
    refused(open(&desk, &["sealed"]), 7);
    refused(open(&desk, &["sealed", "-o", "a"]), 7);
    symlink("nowhere", desk.path("dangling")).unwrap();
    refused(open(&desk, &["sealed", "-o", "dangling"]), 7);
    assert_eq!(desk.read("a"), b"mine");
    good(open(&desk, &["sealed", "--force"]));
    assert_eq!(desk.read("a"), b"new");

    // One of several that exists: none of them is put in place.
    seal(&desk, &["a", "b"], "two");
    desk.write("out/b", b"mine");
    refused(open(&desk, &["two", "-o", "out"]), 7);
    assert_eq!(desk.names("out"), ["b"]);
    refused(open(&desk, &["two", "-o", "a", "--force"]), 7);
}

#[test]
fn nothing_is_written_through_a_symlink_in_the_target() {
    let desk = Desk::new();
    desk.write("folder/a", b"a");
    seal(&desk, &["folder"], "sealed");
    std::fs::create_dir(desk.path("out")).unwrap();
    std::fs::create_dir(desk.path("elsewhere")).unwrap();
    symlink(desk.path("elsewhere"), desk.path("out/folder")).unwrap();
    assert!(!open(&desk, &["sealed", "-o", "out"]).status.success());
    assert!(desk.names("elsewhere").is_empty());
    assert_eq!(desk.names("out"), ["folder"]);
}

#[test]
fn what_stands_where_a_folder_has_to_be_is_noticed_before_any_file_is_in_place() {
    let desk = Desk::new();
    desk.write("a first", b"a");
    desk.write("folder/deep/b", b"b");
    seal(&desk, &["a first", "folder"], "sealed");
    desk.write("file/folder", b"mine");
    desk.write("below/folder/deep", b"mine");
    for (target, link) in [("link", "elsewhere"), ("dangling", "nowhere")] {
        std::fs::create_dir(desk.path(target)).unwrap();
        symlink(desk.path(link), desk.path(&format!("{target}/folder"))).unwrap();
    }
    std::fs::create_dir(desk.path("elsewhere")).unwrap();
    for target in ["file", "below", "link", "dangling"] {
        refused(open(&desk, &["sealed", "-o", target]), 7);
        refused(open(&desk, &["sealed", "-o", target, "--force"]), 7);
        assert_eq!(desk.names(target), ["folder"], "{target}");
    }
    assert!(desk.names("elsewhere").is_empty());
    assert_eq!(desk.read("file/folder"), b"mine");
}

#[test]
fn a_folder_that_was_made_for_what_turned_out_damaged_is_gone_again() {
    let desk = Desk::new();
    desk.write("two/a", &noise(900_000, 5));
    desk.write("two/b", b"b");
    seal(&desk, &["two"], "sealed");
    let mut damaged = desk.read("sealed");
    damaged[600_000] ^= 1;
    desk.write("damaged", &damaged);
    std::fs::create_dir(desk.path("empty")).unwrap();
    refused(open(&desk, &["damaged", "-o", "out/in/side"]), 4);
    refused(open(&desk, &["damaged", "-o", "empty"]), 4);
    desk.write("nothing", b"");
    let arguments = ["encrypt", "two", "-o", "new/", "--passphrase-file", "nothing"];
    refused(desk.run(&arguments), 2);
    assert!(!desk.path("out").exists() && !desk.path("new").exists());
    assert!(desk.names("empty").is_empty());
}

#[test]
fn a_wrong_passphrase_is_3_and_damage_is_4_and_both_leave_nothing() {
    let desk = Desk::new();
    desk.write("document", &noise(900_000, 5));
    seal(&desk, &["document"], "sealed");
    desk.write("other", b"another\n");
    refused(
        desk.run(&["decrypt", "sealed", "-o", "out", "--passphrase-file", "other"]),
        3,
    );
    let sealed = desk.read("sealed");
    for at in [100, 300, 300_000, sealed.len() - 10] {
        let mut damaged = sealed.clone();
        damaged[at] ^= 1;
        desk.write("damaged", &damaged);
        for verb in [&["decrypt", "-o", "out"][..], &["check"][..]] {
            let mut arguments = verb.to_vec();
            arguments.extend(["damaged", "--passphrase-file", "words"]);
            let output = desk.run(&arguments);
            assert!(matches!(output.status.code(), Some(3 | 4)), "{at}: {}", said(&output));
        }
    }
    for len in [0, 7, 8, 44, 100, 1000, sealed.len() - 1] {
        desk.write("cut", &sealed[..len]);
        refused(
            desk.run(&["decrypt", "cut", "-o", "out", "--passphrase-file", "words"]),
            4,
        );
    }
    assert_eq!(
        desk.names(""),
        ["cut", "damaged", "document", "other", "sealed", "words"]
    );
}

#[test]
fn check_says_that_it_is_whole_and_writes_nothing() {
    let desk = Desk::new();
    desk.write("document", &noise(900_000, 5));
    seal(&desk, &["document"], "sealed");
    let output = desk.run(&["check", "sealed", "--passphrase-file", "words"]);
    assert_eq!(said(&output), "whole and unchanged: 1 entry\n");
    assert!(good(output).is_empty());
    assert_eq!(desk.names(""), ["document", "sealed", "words"]);
}

#[test]
fn a_program_killed_while_it_writes_a_file_leaves_nothing_half_written() {
    let desk = Desk::new();
    let arguments = ["encrypt", "-o", "out", "--profile", "1", "--passphrase-file", "words"];
    let mut child = desk.command(&arguments).stdin(Stdio::piped()).spawn().unwrap();
    // More than a pipe holds went in, so most of it is sealed and written, and the end has not come.
    child.stdin.as_mut().unwrap().write_all(&noise(20_000_000, 9)).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    // A file system without unnamed files keeps the folder of what was on its way; nothing has the name that was asked for.
    let names: Vec<_> = desk
        .names("")
        .into_iter()
        .filter(|name| !name.starts_with(".satchel-"))
        .collect();
    assert_eq!(names, ["words"]);
}

#[test]
fn a_program_that_is_killed_puts_no_part_of_a_folder_in_place_and_one_that_is_told_to_end_tidies_up() {
    let desk = Desk::new();
    desk.write("two/a", &noise(30_000_000, 9));
    desk.write("two/b", &noise(30_000_000, 10));
    seal(&desk, &["two"], "sealed");
    for (target, signal) in [("killed", "-KILL"), ("told", "-TERM")] {
        std::fs::create_dir(desk.path(target)).unwrap();
        let arguments = ["decrypt", "sealed", "-o", target, "--passphrase-file", "words"];
        let mut child = desk.command(&arguments).spawn().unwrap();
        while desk.names(target).is_empty() {
            assert!(child.try_wait().unwrap().is_none(), "it ended by itself");
            std::thread::yield_now();
        }
        assert!(
            Command::new("kill")
                .args([signal, &child.id().to_string()])
                .status()
                .unwrap()
                .success()
        );
        let whole = child.wait().unwrap().success();
        let names = desk.names(target);
        assert!(whole || !names.contains(&"two".to_owned()), "whole or not there");
        assert!(signal == "-KILL" || names.iter().all(|name| name == "two"), "{names:?}");
    }
}

#[test]
fn devices_and_folders_are_good_outputs() {
    let desk = Desk::new();
    desk.write("document", b"content");
    seal(&desk, &["document"], "/dev/null");
    std::fs::create_dir(desk.path("folder")).unwrap();
    seal(&desk, &["document"], "folder");
    assert_eq!(desk.names("folder"), ["document.satchel"]);
    seal(&desk, &["document"], "new/");
    good(open(&desk, &["new/document.satchel", "-o", "renamed.txt"]));
    assert_eq!(desk.read("renamed.txt"), b"content");
    good(open(&desk, &["new/document.satchel", "-o", "/dev/null"]));
}

#[test]
fn completions_and_the_manual_name_every_verb() {
    let desk = Desk::new();
    for arguments in [
        &["completions", "bash"][..],
        &["completions", "zsh"],
        &["completions", "fish"],
        &["man"],
    ] {
        let text = String::from_utf8(good(desk.run(arguments))).unwrap().to_lowercase();
        for verb in [
            "encrypt", "decrypt", "list", "inspect", "check", "share", "get", "status", "burn",
        ] {
            assert!(text.contains(verb), "{arguments:?} without {verb}");
        }
    }
}

#[test]
fn a_file_that_changes_before_it_is_read_is_not_sealed_also_where_its_length_stays() {
    let desk = Desk::new();
    let made = Command::new("mkfifo").arg(desk.path("words later")).status();
    assert!(made.unwrap().success());
    for (new, says) in [("at ten", "changed"), ("at nine o'clock", "changed"), ("at", "changed")] {
        desk.write("plan", b"at six");
        let old = std::time::SystemTime::now() - std::time::Duration::from_secs(60);
        let plan = std::fs::File::options().write(true).open(desk.path("plan")).unwrap();
        plan.set_modified(old).unwrap();
        let child = desk
            .command(&[
                "encrypt",
                "plan",
                "-o",
                "out",
                "--profile",
                "1",
                "--passphrase-file",
                "words later",
            ])
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // Opened from here only when it is opened there, and by then the file was looked at.
        let mut words = std::fs::File::options()
            .write(true)
            .open(desk.path("words later"))
            .unwrap();
        desk.write("plan", new.as_bytes());
        words.write_all(b"vivid canyon sting mule oblige harbor").unwrap();
        drop(words);
        let told = refused(child.wait_with_output().unwrap(), 1);
        assert!(told.contains(says), "{new}: {told}");
        assert!(!desk.path("out").exists());
    }
}
