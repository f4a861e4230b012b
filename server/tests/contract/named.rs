//! The contract against its tests and its users: no promise without a test, no test of one that is not there, and nothing that answers knows a backend.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

const CONTRACT: &str = include_str!("../../src/storage/mod.rs");

/// Promises that the suite cannot ask for through `Storage`, and where they are held.
const ELSEWHERE: [(u32, &str); 1] = [(5, "what lies on the disk is looked at in store_disk.rs")];

fn sources(folder: &str) -> Vec<PathBuf> {
    let (mut found, mut left) = (Vec::new(), vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)]);
    while let Some(path) = left.pop() {
        if path.is_dir() {
            left.extend(std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
        } else if path.extension().is_some_and(|kind| kind == "rs") {
            found.push(path);
        }
    }
    found
}

/// Every `[ST-n]` in a text.
fn ids(text: &str) -> impl Iterator<Item = u32> {
    text.split("[ST-").skip(1).filter_map(|rest| {
        let digits = rest.split_once([']', '\\']).map(|(digits, _)| digits);
        digits.and_then(|digits| digits.parse().ok())
    })
}

#[test]
fn each_promise_stands_at_a_test_and_each_test_names_one_that_is_there() {
    let promised: BTreeSet<u32> = CONTRACT
        .lines()
        .filter(|line| line.starts_with("//! - **"))
        .flat_map(ids)
        .collect();
    assert!(promised.iter().copied().eq(1..=promised.len() as u32), "{promised:?}");
    let mut tested: BTreeSet<u32> = ELSEWHERE.into_iter().map(|(id, _)| id).collect();
    for path in sources("tests/contract/suite") {
        let source = std::fs::read_to_string(path).unwrap();
        for line in source.lines().filter(|line| line.starts_with("/// [ST-")) {
            tested.extend(ids(line));
        }
    }
    assert_eq!(promised, tested);
    let operations = include_str!("../../src/storage/contract.rs");
    let said = ids(operations).chain(ids(include_str!("../../src/storage/stream.rs")));
    assert!(said.collect::<BTreeSet<_>>().is_subset(&promised));
}

/// What code of a file holds one of these, its comments left out.
fn naming(folders: &[&str], words: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for path in folders.iter().flat_map(|folder| sources(folder)) {
        let source = std::fs::read_to_string(&path).unwrap();
        let code = source.lines().filter(|line| !line.trim_start().starts_with("//"));
        let named = code.filter(|line| words.iter().any(|word| line.contains(word)));
        found.extend(named.map(|line| format!("{}: {line}", path.display())));
    }
    found
}

#[test]
fn nothing_that_answers_names_the_store_on_disk() {
    let answers = ["src/http", "src/control", "src/duties.rs", "src/storage"];
    assert_eq!(naming(&answers, &["crate::store", "rusqlite"]), [""; 0]);
    assert_eq!(naming(&["src/storage"], &["std::fs", "std::path"]), [""; 0]);
    assert!(
        !naming(&["src/serve.rs"], &["crate::store"]).is_empty(),
        "this would be seen"
    );
}

/// What it keeps goes with its process.
#[test]
fn nothing_that_an_operator_starts_leads_to_the_backend_in_memory() {
    let mut started = sources("src");
    started.retain(|path| !path.components().any(|part| part.as_os_str() == "storage"));
    let named = started
        .iter()
        .filter(|path| std::fs::read_to_string(path).unwrap().contains("MemoryStorage"));
    assert_eq!(named.count(), 0);
}
