//! Names that a sender chose with bad intent, and folders that somebody swaps meanwhile: nothing is written outside the target, and no
//! order reaches the terminal.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "program/making.rs"]
mod making;
mod program;

use std::collections::BTreeMap;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::time::Instant;

use making::{Person, sealed};
use program::{Desk, good, refused, said};

fn names() -> Vec<String> {
    let mut names: Vec<_> = [
        "../x",
        "../../../../x",
        "a/../../x",
        "/x-of-satchel-tests",
        "//x-of-satchel-tests",
        "C:\\x",
        "C:/x",
        "\\\\server\\share\\x",
        "..\\x",
        "file.txt:stream",
        "con",
        "CON.txt",
        "a/nul.tar.gz",
        "com1 .txt",
        ".",
        "..",
        "a//b",
        "./a",
        "ends in a dot.",
        "ends in a space ",
        ".satchel-0000000000000000/0",
        "~/.bashrc",
        "-rf",
        "a\0b",
        "a\nsatchel: error: nothing is wrong",
        "a\rb",
        "a\u{8}\u{8}b",
        "\u{1b}[2J\u{1b}]0;owned\u{7}",
        "\u{9b}2J",
        "\u{7f}",
        "\u{85}",
        "\u{202e}txt.exe",
        "\u{2066}a\u{2069}",
        "\u{61c}a\u{200f}b\u{200e}",
        "a\u{2028}b\u{2029}c",
        "\u{feff}a",
    ]
    .map(str::to_owned)
    .into();
    names.extend([
        "n".repeat(300),
        "я".repeat(300),
        "d/".repeat(500) + "x",
        "../".repeat(300) + "x",
    ]);
    names
}

/// Every path below `folder` without following symlinks; of a file, its content.
fn tree(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let (mut found, mut folders) = (BTreeMap::new(), vec![folder.to_path_buf()]);
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(&next).unwrap().map(Result::unwrap) {
            let (path, kind) = (entry.path(), entry.file_type().unwrap());
            let content = if kind.is_file() {
                std::fs::read(&path).unwrap()
            } else {
                Vec::new()
            };
            if kind.is_dir() {
                folders.push(path.clone());
            }
            found.insert(path, content);
        }
    }
    found
}

/// Neither orders to a terminal nor what turns a line around.
#[track_caller]
fn harmless(bytes: &[u8], about: &str) {
    let text = std::str::from_utf8(bytes).unwrap();
    let harmful = |c: char| {
        c.is_control() && c != '\n'
            || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    assert!(!text.contains(harmful), "{about}: {text:?}");
}

/// Takes `files` out of a container, three folders down: what is there, and what was said.
fn taken_out(files: &[(&str, &[u8])], about: &str) -> BTreeMap<PathBuf, Vec<u8>> {
    let (desk, ana) = (Desk::new(), Person::new());
    ana.write(&desk, "ana");
    desk.write("sealed", &sealed(files, &ana));
    desk.write("down/here/beside", b"mine");
    let before = tree(&desk.path(""));
    for arguments in [&["list"][..], &["list", "--json"], &["check"]] {
        let output = desk.run(&[arguments, &["sealed", "-i", "ana.key"]].concat());
        harmless(&output.stdout, about);
        harmless(&output.stderr, about);
        good(output);
    }
    let mut command = desk.command(&["decrypt", "../../sealed", "-i", "../../ana.key", "-o", "out/"]);
    let output = command.current_dir(desk.path("down/here")).output().unwrap();
    harmless(&output.stdout, about);
    harmless(&output.stderr, about);
    assert!(output.status.success(), "{about}: {}", said(&output));
    let out = desk.path("down/here/out");
    let (inside, outside): (BTreeMap<_, _>, _) = tree(&desk.path(""))
        .into_iter()
        .partition(|(path, _)| path.starts_with(&out));
    assert_eq!(outside, before, "{about}");
    for path in ["/x-of-satchel-tests", "/x"] {
        assert!(!Path::new(path).exists(), "{about}");
    }
    inside
        .into_iter()
        .filter(|(path, _)| path.is_file() || !path.is_dir())
        .map(|(path, content)| (path.strip_prefix(&out).unwrap().to_owned(), content))
        .collect()
}

/// [A-6] [N-1]
#[test]
fn an_unsafe_name_writes_nothing_outside_and_gives_the_terminal_no_orders() {
    let names = names();
    for name in &names {
        let found = taken_out(&[(name, b"theirs")], &format!("{name:?}"));
        assert_eq!(found.values().collect::<Vec<_>>(), [b"theirs"], "{name:?}");
        for path in found.keys() {
            harmless(path.to_str().unwrap().as_bytes(), &format!("{name:?}"));
        }
    }
    println!("figure: unsafe names that led out of the target: 0 of {}", names.len());
}

/// [A-6] [N-1] [N-2]
#[test]
fn unsafe_names_in_one_container_take_nothing_from_each_other() {
    let names = names();
    let contents: Vec<_> = (0..names.len()).map(|number| number.to_string()).collect();
    let files: Vec<_> = names
        .iter()
        .zip(&contents)
        .map(|(name, content)| (name.as_str(), content.as_bytes()))
        .collect();
    let found = taken_out(&files, "all of them");
    let mut came: Vec<_> = found.into_values().collect();
    came.sort_by_key(|content| String::from_utf8_lossy(content).parse::<usize>().unwrap());
    assert!(came.iter().eq(contents.iter().map(String::as_bytes)));
}

#[test]
fn a_name_that_is_changed_is_said_as_it_was_shown_and_only_where_it_is_written() {
    let (desk, ana) = (Desk::new(), Person::new());
    ana.write(&desk, "ana");
    let files: [(&str, &[u8]); 5] = [
        ("d/a?b", b"1"),
        ("d/\u{1b}[2J", b"2"),
        ("d/same", b"3"),
        ("d/SAME", b"4"),
        ("e/c*", b"5"),
    ];
    desk.write("sealed", &sealed(&files, &ana));
    let decrypt = |more: &[&'static str]| {
        let output = desk.run(&[&["decrypt", "sealed", "-i", "ana.key"][..], more].concat());
        assert!(output.status.success(), "{}", said(&output));
        said(&output)
    };
    assert_eq!(
        decrypt(&["-o", "all/"]),
        "renamed: d/a?b to d/a_b\n\
         renamed: d/\u{fffd}[2J to d/_[2J\n\
         renamed: d/SAME to d/SAME-2: on some systems it is another's\n\
         renamed: e/c* to e/c_\n"
    );
    assert_eq!(decrypt(&["-o", "some/", "--only", "d/same"]), "");
    assert_eq!(decrypt(&["-o", "some/", "--only", "e"]), "renamed: e/c* to e/c_\n");
}

#[test]
fn only_takes_a_name_as_list_shows_it_unless_several_look_alike() {
    let (desk, ana) = (Desk::new(), Person::new());
    ana.write(&desk, "ana");
    let files: [(&str, &[u8]); 3] = [("a\nb", b"1"), ("c\u{1b}", b"2"), ("c\u{9b}", b"3")];
    desk.write("sealed", &sealed(&files, &ana));
    let only = |name: &str| desk.run(&["decrypt", "sealed", "-i", "ana.key", "-o", "-", "--only", name]);
    let listed = String::from_utf8(good(desk.run(&["list", "sealed", "-i", "ana.key"]))).unwrap();
    let last = |line: &str| line.split_whitespace().last().unwrap().to_owned();
    let shown: Vec<_> = listed.lines().map(last).collect();
    assert_eq!(good(only(&shown[0])), b"1");
    let told = refused(only(&shown[1]), 2);
    assert!(
        told.contains("several that are shown as c\u{fffd}\nhint: they look alike"),
        "{told}"
    );
    assert_eq!(good(only("c\u{9b}")), b"3");
}

///
#[test]
fn as_many_entries_as_fit_open() {
    let (desk, ana) = (Desk::new(), Person::new());
    ana.write(&desk, "ana");
    let names: Vec<_> = (0..65_536).map(|number| format!("{number:05}")).collect();
    let files: Vec<_> = names.iter().map(|name| (name.as_str(), &b"x"[..])).collect();
    desk.write("full", &sealed(&files, &ana));
    let start = Instant::now();
    let listed = good(desk.run(&["list", "full", "-i", "ana.key"]));
    assert_eq!(String::from_utf8(listed).unwrap().lines().count(), 65_536);
    good(desk.run(&["check", "full", "-i", "ana.key"]));
    assert_eq!(
        good(desk.run(&["decrypt", "full", "-i", "ana.key", "--only", "65535", "-o", "-"])),
        b"x"
    );
    if making::is_long() {
        good(desk.run(&["decrypt", "full", "-i", "ana.key", "-o", "out/"]));
        assert_eq!(desk.names("out").len(), 65_536);
        std::fs::remove_dir_all(desk.path("out")).unwrap();
    }
    println!(
        "65,536 entries: listed, checked and one taken out in {:?}",
        start.elapsed()
    );
}

#[test]
fn a_symlink_where_a_file_or_folder_is_to_be_leads_nowhere() {
    let (desk, ana) = (Desk::new(), Person::new());
    ana.write(&desk, "ana");
    desk.write(
        "sealed",
        &sealed(
            &[("a", b"theirs"), ("folder/b", b"theirs"), ("folder/deep/c", b"theirs")],
            &ana,
        ),
    );
    desk.write("outside/a", b"mine");
    let before = tree(&desk.path("outside"));
    let outside = desk.path("outside");
    let decrypt =
        |force: &[&'static str]| desk.run(&[&["decrypt", "sealed", "-i", "ana.key", "-o", "out"][..], force].concat());
    for (link, to) in [
        ("out/folder", outside.clone()),
        ("out/folder", PathBuf::from("../outside")),
        ("out/folder/deep", outside.clone()),
        ("out/folder/deep", PathBuf::from("../../outside")),
        // Within the target, too: the present folder is one, and has .git/hooks in it.
        ("out/folder", PathBuf::from("other")),
        ("out/folder/deep", PathBuf::from("../other")),
    ] {
        std::fs::create_dir_all(desk.path("out/other")).unwrap();
        std::fs::create_dir_all(desk.path(link).parent().unwrap()).unwrap();
        symlink(&to, desk.path(link)).unwrap();
        for force in [&[][..], &["--force"]] {
            refused(decrypt(force), 7);
        }
        assert_eq!(tree(&outside), before, "{link}");
        assert!(desk.names("out/other").is_empty(), "{link}");
        assert!(!desk.path("out/a").exists(), "all or nothing");
        std::fs::remove_dir_all(desk.path("out")).unwrap();
    }
    // A symlink where a file is to be goes itself.
    std::fs::create_dir(desk.path("out")).unwrap();
    symlink(outside.join("a"), desk.path("out/a")).unwrap();
    refused(decrypt(&[]), 7);
    good(decrypt(&["--force"]));
    assert_eq!(tree(&outside), before);
    assert!(!desk.path("out/a").is_symlink() && desk.read("out/a") == b"theirs");
}

/// Stops who looks at it, also when the test fails.
#[cfg(target_os = "linux")]
struct Stop<'a>(&'a std::sync::atomic::AtomicBool);

#[cfg(target_os = "linux")]
impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.store(true, std::sync::atomic::Ordering::Relaxed);
    }
}

/// The folder and the symlink change places in one step, again and again, while the program writes below them.
#[cfg(target_os = "linux")]
#[test]
fn nothing_goes_through_a_folder_that_becomes_a_symlink_meanwhile() {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
    let (desk, ana) = (Desk::new(), Person::new());
    ana.write(&desk, "ana");
    let names: Vec<_> = (0..40).map(|number| format!("folder/{number}")).collect();
    let mut files: Vec<_> = names.iter().map(|name| (name.as_str(), &b"theirs"[..])).collect();
    files.push(("folder/deep/er/c", b"theirs"));
    desk.write("sealed", &sealed(&files, &ana));
    std::fs::create_dir_all(desk.path("out/folder")).unwrap();
    std::fs::create_dir(desk.path("outside")).unwrap();
    let rounds = making::count(60, 300);
    let (stop, swaps) = (AtomicBool::new(false), AtomicU64::new(0));
    let (mut whole, mut stopped) = (0, 0);
    for to in [desk.path("outside"), PathBuf::from("../outside")] {
        symlink(to, desk.path("out/link")).unwrap();
        let (folder, link) = (desk.path("out/folder"), desk.path("out/link"));
        stop.store(false, Ordering::Relaxed);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let mut dice = making::Dice::new(1);
                let swap = || renameat_with(CWD, &folder, CWD, &link, RenameFlags::EXCHANGE).unwrap();
                while !stop.load(Ordering::Relaxed) {
                    swap();
                    (0..1 + dice.below(100)).for_each(|_| std::thread::yield_now());
                    swap();
                    swaps.fetch_add(2, Ordering::Relaxed);
                    // A folder for most of the time, so that the program comes to write into it.
                    (0..dice.below(300)).for_each(|_| std::thread::yield_now());
                }
            });
            let _stop = Stop(&stop);
            for _ in 0..rounds / 2 {
                let output = desk.run(&["decrypt", "sealed", "-i", "ana.key", "-o", "out", "--force"]);
                match output.status.code() {
                    Some(0) => whole += 1,
                    Some(1 | 7) => stopped += 1,
                    other => panic!("{other:?}: {}", said(&output)),
                }
                assert!(desk.names("outside").is_empty(), "{}", said(&output));
            }
        });
        std::fs::remove_file(link).unwrap();
    }
    assert!(stopped > 0, "the swap was met");
    assert_eq!(desk.names("out"), ["folder"], "nothing is left beside");
    println!(
        "figure: files written through a folder that was swapped for a symlink meanwhile: 0 in {rounds} runs ({whole} whole, {stopped} stopped, {} swaps)",
        swaps.into_inner()
    );
}
