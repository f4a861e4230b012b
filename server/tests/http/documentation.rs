//! docs/api.md against the tests and the code: no id without a test, no test of an id that is not there, no option left out.

use std::collections::BTreeSet;
use std::path::Path;

use satchel_api::Code;

use super::harness::command;

const DOCUMENT: &str = include_str!("../../../docs/api.md");

/// Every `[B-n]` that follows `before`.
fn ids(text: &str, before: &str) -> BTreeSet<u32> {
    text.split(before)
        .skip(1)
        .filter_map(|rest| rest.split_once(']')?.0.parse().ok())
        .collect()
}

/// [B-60]
#[test]
fn each_id_of_the_specification_stands_at_a_test_and_each_test_names_one_that_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut tested = BTreeSet::new();
    // What the command line, the build and the page promise about the page of a server is tested where they are.
    for folder in [
        "server/tests/http",
        "server/tests/store_backup",
        "cli/tests",
        "xtask/src",
        "tests/browser",
    ] {
        for entry in std::fs::read_dir(root.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if !path.extension().is_some_and(|kind| kind == "rs" || kind == "ts") {
                continue;
            }
            let source = std::fs::read_to_string(path).unwrap();
            for line in source.lines().map(str::trim_start) {
                if line.starts_with("/// [B-") || line.starts_with("/** [B-") {
                    tested.extend(ids(line, "[B-"));
                }
            }
        }
    }
    assert_eq!(ids(DOCUMENT, "- [B-"), tested);
}

/// [B-1]
#[test]
fn each_code_stands_in_the_table_beside_its_status() {
    for code in Code::ALL {
        let row = DOCUMENT
            .lines()
            .find(|line| line.starts_with(&format!("| {} | `", code.status())));
        assert!(
            row.is_some_and(|row| row.contains(&format!("`{}`", code.as_str()))),
            "{}",
            code.as_str()
        );
    }
}

/// [B-70]
#[test]
fn each_option_stands_in_the_table() {
    let help = command().args(["serve", "--help"]).output().unwrap().stdout;
    let help = String::from_utf8(help).unwrap();
    let flags: BTreeSet<&str> = help
        .split_whitespace()
        .filter(|word| word.starts_with("--") && !["--help", "--version", "--config"].contains(word))
        .collect();
    let listed: BTreeSet<&str> = DOCUMENT
        .lines()
        .filter_map(|line| line.strip_prefix("| `--")?.split_once('`'))
        .map(|(name, _)| name)
        .collect();
    assert_eq!(
        flags
            .iter()
            .map(|flag| flag.trim_start_matches('-'))
            .collect::<BTreeSet<_>>(),
        listed
    );
}

/// The manual page has what `--help` lists, each word of a word by itself.
#[test]
fn the_manual_page_has_a_section_for_each_command() {
    let page = command().arg("man").output().unwrap();
    assert!(page.status.success());
    let page = String::from_utf8(page.stdout).unwrap();
    assert!(
        page.starts_with(".ie") && page.contains(".TH satchel-server 1"),
        "{page}"
    );
    let sections: BTreeSet<&str> = page
        .lines()
        .filter_map(|line| line.strip_prefix(".SH \"SATCHEL-SERVER ")?.strip_suffix('"'))
        .collect();
    let help = String::from_utf8(command().arg("--help").output().unwrap().stdout).unwrap();
    let listed = help.split_once("Commands:\n").unwrap().1.split_once("\n\n").unwrap().0;
    // What goes on in a second line is further in: whether lines are wrapped depends on what else was built.
    for verb in listed.lines().filter_map(|line| {
        line.strip_prefix("  ")
            .filter(|rest| !rest.starts_with(' '))?
            .split_whitespace()
            .next()
    }) {
        let verb = verb.to_uppercase();
        let found = sections
            .iter()
            .any(|section| **section == verb || section.starts_with(&format!("{verb} ")));
        assert!(found || verb == "HELP", "{verb} has no section");
    }
    assert!(sections.contains("DRILL SEIZURE") && sections.contains("CLOCK ACCEPT"));
}
