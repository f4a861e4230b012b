//! What the command says of itself.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod program;

use std::process::Command;

use program::{Desk, good, refused};

const VERBS: [&str; 21] = [
    "encrypt",
    "decrypt",
    "list",
    "inspect",
    "check",
    "rekey",
    "keygen",
    "split",
    "combine",
    "share",
    "link",
    "get",
    "status",
    "change",
    "burn",
    "panic",
    "ledger",
    "list-mine",
    "verify-server",
    "completions",
    "man",
];

#[test]
fn the_help_of_each_verb_fits_on_a_screen_and_has_an_example() {
    let desk = Desk::new();
    let all = String::from_utf8(good(desk.run(&["--help"]))).unwrap();
    for verb in VERBS {
        assert!(all.contains(&format!("\n  {verb}")), "{verb}");
        // A terminal of 80 columns.
        let output = desk.command(&[verb, "--help"]).env("COLUMNS", "80").output().unwrap();
        let help = String::from_utf8(good(output)).unwrap();
        let lines = help.lines().count();
        // 24 lines, but for verbs that have more options than that.
        let most = match verb {
            "rekey" => 36,
            "encrypt" => 28,
            "share" => 51,
            "link" => 38,
            "panic" => 48,
            "ledger" => 28,
            _ => 24,
        };
        assert!(lines <= most, "{verb}: {lines} lines");
        assert!(help.lines().all(|line| line.chars().count() <= 80), "{help}");
        assert!(
            help.contains("Example") && help.contains(&format!("  satchel {verb}")) || verb == "share",
            "{help}"
        );
        assert!(!help.contains('\u{1b}'), "no colours where no terminal is");
    }
}

#[test]
fn there_is_a_manual_page_for_each_verb() {
    let desk = Desk::new();
    good(desk.run(&["man", "-o", "man1/"]));
    assert_eq!(desk.names("man1").len(), VERBS.len() + 1);
    let whole = String::from_utf8(good(desk.run(&["man"]))).unwrap();
    for verb in VERBS {
        let page = String::from_utf8(desk.read(&format!("man1/satchel-{verb}.1"))).unwrap();
        assert!(page.contains(".TH") && page.contains("OPTIONS"), "{verb}");
        assert!(whole.contains(&format!("SATCHEL {}", verb.to_uppercase())));
        assert_eq!(page.as_bytes(), good(desk.run(&["man", verb])));
    }
    let rekey = String::from_utf8(desk.read("man1/satchel-rekey.1")).unwrap();
    assert!(rekey.contains("Removing takes nothing back"));
    refused(desk.run(&["man", "-o", "man1/"]), 7);
    refused(desk.run(&["man", "open"]), 2);
}

#[test]
fn completions_are_scripts_that_their_shells_take() {
    let desk = Desk::new();
    for shell in ["bash", "zsh", "fish"] {
        let script = good(desk.run(&["completions", shell]));
        let text = String::from_utf8_lossy(&script).into_owned();
        assert!(VERBS.iter().all(|verb| text.contains(verb)), "{shell}");
        desk.write(shell, &script);
        match Command::new(shell).arg("-n").arg(desk.path(shell)).output() {
            Ok(checked) => assert!(
                checked.status.success(),
                "{shell}: {}",
                String::from_utf8_lossy(&checked.stderr)
            ),
            Err(_) => println!("skipped: {shell} is not installed"),
        }
    }
}

#[test]
fn whose_work_is_built_in_is_told_and_on_which_terms() {
    let desk = Desk::new();
    let told = good(desk.run(&["--licences"]));
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../web/public/third-party.txt");
    assert!(told == std::fs::read(file).unwrap());
    assert!(String::from_utf8(told).unwrap().contains("\nclap "));
    refused(desk.run(&["--licences", "man"]), 2);
}
