//! What is for a terminal alone: progress, colour, and questions for secrets, after which it shows again what is typed.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "program/making.rs"]
mod making;
mod program;

use std::io::{Read as _, Write as _};
use std::process::{Command, Stdio};

use making::Person;
use program::{Desk, good};
use rustix::process::{Pid, Signal, kill_process};
use rustix::termios::{LocalModes, tcgetattr, tcgetwinsize, tcsetwinsize};

/// Both ends of a new terminal.
fn terminal() -> (std::fs::File, std::fs::File) {
    use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
    let outer = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
    grantpt(&outer).unwrap();
    unlockpt(&outer).unwrap();
    let name = ptsname(&outer, Vec::new()).unwrap();
    let flags = rustix::fs::OFlags::RDWR | rustix::fs::OFlags::NOCTTY | rustix::fs::OFlags::CLOEXEC;
    let inner = rustix::fs::open(name.as_c_str(), flags, rustix::fs::Mode::empty()).unwrap();
    (outer.into(), inner.into())
}

/// Whether a program can have a terminal of its own here; says so when not.
fn can_give_a_terminal() -> bool {
    let can = Command::new("setsid").arg("--version").output().is_ok();
    if !can {
        println!("skipped: there is no setsid to give a program a terminal of its own");
    }
    can
}

#[test]
fn a_question_for_a_secret_that_is_interrupted_gives_the_terminal_its_echo_back() {
    let (desk, ana) = (Desk::new(), Person::new());
    ana.write(&desk, "ana");
    if !can_give_a_terminal() {
        return;
    }
    desk.write("plan", b"at noon");
    good(desk.run(&[
        "encrypt",
        "plan",
        "-o",
        "sealed",
        "--profile",
        "1",
        "--passphrase-file",
        "words",
    ]));
    good(desk.run(&["encrypt", "plan", "-o", "to ana", "-R", "ana.pub"]));
    good(desk.run(&[
        "split", "to ana", "-k", "2", "-n", "2", "-i", "ana.key", "-o", "shares/",
    ]));
    let before = desk.names("");
    let mut asked = 0;
    for (arguments, answers, question) in [
        (&["encrypt", "plan", "-p", "-o", "out"][..], &[][..], "Passphrase"),
        (
            &["encrypt", "plan", "-p", "-o", "out"],
            &["four words are enough\n"],
            "Once more",
        ),
        (&["decrypt", "sealed", "-o", "out"], &[], "Passphrase"),
        (
            &["rekey", "sealed", "--passphrase-file", "words", "--add-passphrase"],
            &[],
            "Passphrase",
        ),
        (&["combine", "to ana", "-o", "out"], &[], "Share 1"),
    ] {
        let signals = [Signal::INT, Signal::TERM, Signal::HUP, Signal::QUIT];
        for signal in [None].into_iter().chain(signals.map(Some)) {
            let (mut outer, inner) = terminal();
            let echoes = || tcgetattr(&inner).unwrap().local_modes.contains(LocalModes::ECHO);
            assert!(echoes());
            let ours = || Stdio::from(inner.try_clone().unwrap());
            let mut child = Command::new("setsid");
            child
                .args(["--ctty", "--wait", env!("CARGO_BIN_EXE_satchel")])
                .args(arguments);
            let child = child
                .current_dir(desk.path(""))
                .stdin(ours())
                .stdout(ours())
                .stderr(ours());
            let mut child = child.spawn().unwrap();
            for answer in answers {
                read_until(&mut outer, "Passphrase");
                until(|| !echoes());
                outer.write_all(answer.as_bytes()).unwrap();
            }
            read_until(&mut outer, question);
            // Before it reads, the terminal may be silent already.
            until(|| !tcgetattr(&inner).unwrap().local_modes.contains(LocalModes::ICANON));
            match signal {
                // As it comes from the keyboard.
                None => outer.write_all(b"\x03").unwrap(),
                Some(signal) => kill_process(Pid::from_child(&child), signal).unwrap(),
            }
            assert_eq!(child.wait().unwrap().code(), Some(130), "{arguments:?}, {signal:?}");
            assert!(echoes(), "{arguments:?}, {signal:?}");
            assert_eq!(desk.names(""), before);
            asked += 1;
        }
    }
    println!(
        "figure: questions for a secret interrupted, after which the terminal shows again what is typed: {asked} of {asked}"
    );
}

/// All that a run shows where its standard output and error are a terminal of 80 columns.
fn shown(desk: &Desk, arguments: &[&str]) -> String {
    shown_with(desk, arguments, &[])
}

/// The same, with variables set.
fn shown_with(desk: &Desk, arguments: &[&str], variables: &[(&str, &str)]) -> String {
    let (mut outer, inner) = terminal();
    let mut size = tcgetwinsize(&inner).unwrap();
    (size.ws_col, size.ws_row) = (80, 24);
    tcsetwinsize(&inner, size).unwrap();
    let mut command = desk.command(arguments);
    command
        .stdout(inner.try_clone().unwrap())
        .stderr(inner)
        .env("TERM", "xterm-256color")
        .env_remove("NO_COLOR")
        .envs(variables.iter().copied());
    let mut child = command.spawn().unwrap();
    // It holds the program's end of the terminal.
    drop(command);
    let (mut shown, mut bytes) = (Vec::new(), [0; 4096]);
    // Once nobody has the other end any more this fails, or gives nothing.
    while let Ok(len @ 1..) = outer.read(&mut bytes) {
        shown.extend_from_slice(&bytes[..len]);
    }
    child.wait().unwrap();
    String::from_utf8_lossy(&shown).into_owned()
}

#[test]
fn progress_shows_on_a_terminal_from_a_mebibyte_on_and_leaves_nothing_behind() {
    let (desk, ana) = (Desk::new(), Person::new());
    ana.write(&desk, "ana");
    desk.write("large", &vec![7; 24 << 20]);
    desk.write("small", &vec![7; 900_000]);
    let sealing = |name: &'static str| ["encrypt", name, "-R", "ana.pub", "-o", "out", "--force"];
    let large = shown(&desk, &sealing("large"));
    for part in ["sealing", "/24.5", "B/s ", "s\r"] {
        assert!(large.contains(part), "{part} is not in {large:?}");
    }
    assert!(large.ends_with("\r\u{1b}[2K"), "the line is empty again: {large:?}");
    let opened = shown(&desk, &["decrypt", "out", "-i", "ana.key", "-o", "opened"]);
    assert!(opened.contains("/24."), "{opened:?}");
    assert_eq!(shown(&desk, &sealing("small")), "");
    let output = desk.run(&sealing("large"));
    assert!(output.status.success() && output.stderr.is_empty(), "not a terminal");
}

#[test]
fn help_is_styled_on_a_terminal_alone_and_no_color_turns_it_off() {
    let desk = Desk::new();
    for arguments in [&["--help"][..], &["encrypt", "--help"]] {
        let styled = shown(&desk, arguments);
        assert!(styled.contains("\u{1b}[1m"), "{styled:?}");
        let plain = shown_with(&desk, arguments, &[("NO_COLOR", "1")]);
        assert!(plain.contains("Usage:") && !plain.contains('\u{1b}'), "{plain:?}");
        assert!(!good(desk.run(arguments)).contains(&0x1b), "not a terminal");
    }
}

#[test]
fn what_went_wrong_is_plain_on_a_terminal_too() {
    let desk = Desk::new();
    for (arguments, part) in [
        (["encrypt", "--nonsense"], "--nonsense"),
        (["inspect", "missing"], "missing"),
    ] {
        let shown = shown(&desk, &arguments);
        assert!(shown.contains(part) && !shown.contains('\u{1b}'), "{shown:?}");
    }
}

fn until(condition: impl Fn() -> bool) {
    while !condition() {
        std::thread::yield_now();
    }
}

/// Reads what a program shows until `text` is among it.
fn read_until(terminal: &mut std::fs::File, text: &str) -> String {
    let (mut shown, mut bytes) = (Vec::new(), [0; 4096]);
    while !String::from_utf8_lossy(&shown).contains(text) {
        let len = terminal.read(&mut bytes).unwrap();
        shown.extend_from_slice(&bytes[..len]);
    }
    String::from_utf8(shown).unwrap()
}

/// A run with a terminal of its own, whose other output goes nowhere.
fn asked(desk: &Desk, arguments: &[&str]) -> (std::process::Child, std::fs::File, std::fs::File) {
    let (outer, inner) = terminal();
    let mut child = Command::new("setsid");
    child
        .args(["--ctty", "--wait", env!("CARGO_BIN_EXE_satchel")])
        .args(arguments)
        .current_dir(desk.path(""))
        .stdin(inner.try_clone().unwrap())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    (child.spawn().unwrap(), outer, inner)
}

#[test]
fn a_passphrase_that_is_made_is_shown_on_the_terminal_wherever_errors_go() {
    let desk = Desk::new();
    if !can_give_a_terminal() {
        return;
    }
    desk.write("plan", b"at noon");
    for (arguments, opening) in [
        (
            &["encrypt", "plan", "-p", "--profile", "1", "-o", "out"][..],
            &["decrypt", "out", "-o", "-"][..],
        ),
        (&["keygen", "-p", "-o", "key"], &["keygen", "-y", "key"]),
    ] {
        let (mut child, mut outer, inner) = asked(&desk, arguments);
        read_until(&mut outer, "Passphrase");
        until(|| !tcgetattr(&inner).unwrap().local_modes.contains(LocalModes::ECHO));
        outer.write_all(b"\n").unwrap();
        let shown = read_until(&mut outer, "another way than the document.");
        assert!(child.wait().unwrap().success());
        let words = shown.split("passphrase: ").nth(1).unwrap().lines().next().unwrap();
        desk.write("made", words.as_bytes());
        let mut opening = opening.to_vec();
        opening.extend(["--passphrase-file", "made"]);
        good(desk.run(&opening));
    }
}

#[test]
fn an_end_of_input_at_a_question_is_no_answer() {
    let desk = Desk::new();
    if !can_give_a_terminal() {
        return;
    }
    desk.write("plan", b"at noon");
    let (mut child, mut outer, inner) = asked(&desk, &["encrypt", "plan", "-p", "-o", "out"]);
    read_until(&mut outer, "Passphrase");
    until(|| !tcgetattr(&inner).unwrap().local_modes.contains(LocalModes::ECHO));
    outer.write_all(b"\x04").unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(2));
    assert!(!desk.path("out").exists());
}

/// A desk with a container of a plan, which any three of four shares open.
fn desk_with_shares() -> Desk {
    let (desk, ana) = (Desk::new(), Person::new());
    ana.write(&desk, "ana");
    desk.write("plan", b"at noon");
    good(desk.run(&["encrypt", "plan", "-o", "sealed", "-R", "ana.pub"]));
    good(desk.run(&["split", "sealed", "-k", "3", "-n", "4", "-i", "ana.key"]));
    desk
}

#[test]
fn shares_that_are_not_named_are_asked_for_until_there_are_enough() {
    if !can_give_a_terminal() {
        return;
    }
    let desk = desk_with_shares();
    let share = |number: u8| format!("sealed.share-{number}.txt");
    let code = |number: u8| {
        let page = String::from_utf8(desk.read(&share(number))).unwrap();
        let code = page.split_whitespace().find(|part| part.len() == 74).unwrap();
        format!("{code}\n")
    };
    for named in 0..=3 {
        let files: Vec<String> = (1..=named).map(share).collect();
        let mut arguments = vec!["combine", "sealed", "-o", "out"];
        arguments.extend(files.iter().map(String::as_str));
        let (mut child, mut outer, inner) = asked(&desk, &arguments);
        for next in named + 1..=3 {
            read_until(&mut outer, &format!("Share {next}, its 40 words"));
            until(|| !tcgetattr(&inner).unwrap().local_modes.contains(LocalModes::ECHO));
            outer.write_all(code(next + 1).as_bytes()).unwrap();
        }
        assert!(child.wait().unwrap().success(), "{named} named");
        assert_eq!(desk.read("out"), b"at noon");
        std::fs::remove_file(desk.path("out")).unwrap();
    }
    // More would not help one that is another container's.
    good(desk.run(&["encrypt", "plan", "-o", "other", "-R", "ana.pub"]));
    let (mut child, _outer, _inner) = asked(&desk, &["combine", "other", &share(1), "-o", "out"]);
    assert_eq!(child.wait().unwrap().code(), Some(3));
}

#[test]
fn a_share_may_be_pasted_as_its_page_or_typed_row_by_row_and_nothing_of_it_is_left_for_the_shell() {
    if !can_give_a_terminal() {
        return;
    }
    let desk = desk_with_shares();
    let page = |number: u8| String::from_utf8(desk.read(&format!("sealed.share-{number}.txt"))).unwrap();
    let rows = |number: u8| {
        let page = page(number);
        let rows = page
            .split("Words")
            .nth(1)
            .unwrap()
            .split("Code")
            .next()
            .unwrap()
            .to_owned();
        rows.trim_matches('\n').to_owned() + "\n"
    };
    let mistyped = rows(2).replacen(" 7.", " 7.x", 1);
    // Mistyped, and then with an empty line between, as on paper.
    let again = format!("{mistyped}\n{}", rows(2).replacen("\n", "\n\n", 4));
    let (mut child, mut outer, inner) = asked(&desk, &["combine", "sealed", "-o", "out"]);
    let writer = outer.try_clone().unwrap();
    for (number, pasted) in [(1, page(1)), (2, again), (3, page(4))] {
        read_until(&mut outer, &format!("Share {number}, its 40 words"));
        until(|| !tcgetattr(&inner).unwrap().local_modes.contains(LocalModes::ECHO));
        let mut writer = writer.try_clone().unwrap();
        // It waits while nobody reads.
        std::thread::spawn(move || writer.write_all(pasted.as_bytes()));
    }
    assert!(child.wait().unwrap().success());
    assert_eq!(desk.read("out"), b"at noon");
    assert!(tcgetattr(&inner).unwrap().local_modes.contains(LocalModes::ECHO));
    assert_eq!(rustix::io::ioctl_fionread(&inner).unwrap(), 0, "the shell gets nothing");
}
