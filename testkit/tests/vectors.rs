//! vectors/ is what the kit makes, and leaves nothing of docs/format.md out.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use satchel_testkit::tree;
use satchel_testkit::vector::VERDICTS;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../vectors")
}

fn specification() -> String {
    fs::read_to_string(root().join("../docs/format.md")).unwrap()
}

#[test]
fn the_vectors_on_disk_are_those_that_the_kit_makes() {
    let differences = tree::differences(&root()).unwrap();
    assert!(
        differences.is_empty(),
        "run `cargo run -p satchel-testkit -- vectors` for {differences:?}"
    );
}

#[test]
fn the_vectors_stay_small() {
    let len = |folder: &str| -> u64 {
        fs::read_dir(root().join(folder))
            .unwrap()
            .map(|entry| entry.unwrap().metadata().unwrap().len())
            .sum()
    };
    let total: u64 = tree::FOLDERS.into_iter().map(len).sum();
    assert!(total < 10 << 20, "{total} bytes");
}

#[test]
fn every_verdict_of_section_9_is_known_and_has_a_vector() {
    let text = specification();
    let section = text
        .split("## 9. Verdicts")
        .nth(1)
        .unwrap()
        .split("\n## ")
        .next()
        .unwrap();
    let rows = section
        .lines()
        .filter(|line| line.starts_with("| `") && !line.contains("no vector has them"));
    let words = rows.flat_map(|row| row.split('|').nth(1).unwrap().split('`').skip(1).step_by(2));
    let specified: BTreeSet<&str> = words.chain(["ok", "unsafe", "collide"]).collect();
    assert_eq!(specified, VERDICTS.into_iter().collect());

    let vectors = headers();
    let shown: BTreeSet<&str> = vectors.iter().map(|(verdict, _)| verdict.as_str()).collect();
    assert_eq!(shown, specified);
}

#[test]
fn every_requirement_of_the_specification_has_a_vector() {
    let text = specification();
    let ids = text
        .lines()
        .filter_map(|line| line.strip_prefix("- [")?.split_once(']').map(|(id, _)| id));
    let specified: BTreeSet<&str> = ids.collect();
    let vectors = headers();
    let shown: BTreeSet<&str> = vectors.iter().flat_map(|(_, must)| must.split(' ')).collect();
    assert_eq!(shown, specified);
}

/// Verdict and requirements of every vector on disk.
fn headers() -> Vec<(String, String)> {
    let header_of = |path: PathBuf| {
        let bytes = fs::read(path).unwrap();
        let mut lines = bytes
            .split(|byte| *byte == b'\n')
            .map(|line| String::from_utf8_lossy(line).into_owned());
        let mut value = |key: &str| lines.next().unwrap().strip_prefix(key).unwrap().to_owned();
        (value("verdict: "), value("must: "))
    };
    let entries = tree::FOLDERS
        .into_iter()
        .flat_map(|folder| fs::read_dir(root().join(folder)).unwrap());
    entries.map(|entry| header_of(entry.unwrap().path())).collect()
}
