//! docs/format.md and this crate say the same: the verdicts are the same words, and each requirement has a test that names it.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use satchel_crypto::Verdict;

fn specification() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/format.md")).unwrap()
}

#[test]
fn the_verdicts_are_the_words_of_section_9() {
    let text = specification();
    let (_, table) = text.split_once("| verdict |").unwrap();
    let (table, _) = table.split_once("\n\n").unwrap();
    let rows = table.lines().skip(2).map(|row| row.split('|').nth(1).unwrap());
    let words: Vec<_> = rows.flat_map(|cell| cell.split('`').skip(1).step_by(2)).collect();
    assert_eq!(
        BTreeSet::from_iter(words),
        BTreeSet::from_iter(Verdict::WORDS.iter().copied())
    );
}

#[test]
fn each_requirement_has_a_test_that_names_it() {
    let text = specification();
    let ids: Vec<_> = text
        .lines()
        .filter_map(|line| line.strip_prefix("- [")?.split_once(']').map(|(id, _)| id))
        .collect();
    assert!(ids.len() > 30, "{ids:?}");
    let mut tests = String::new();
    for folder in ["src", "tests"] {
        for file in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)).unwrap() {
            let path = file.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            if path.is_file() && (folder == "tests" || name.ends_with("_tests.rs")) {
                tests += &fs::read_to_string(&path).unwrap();
            }
        }
    }
    let missing: Vec<_> = ids.iter().filter(|id| !tests.contains(&format!("[{id}]"))).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

///
#[test]
fn nothing_here_compresses() {
    let manifest = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml")).unwrap();
    for name in ["flate2", "brotli", "zstd", "lz4", "miniz", "lzma"] {
        assert!(!manifest.contains(name));
    }
}
