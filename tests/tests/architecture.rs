//! Who may use whom, by what cargo says: design and docs/architecture.md state it, this makes it a fact of the graph.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;

/// Package -> (kind of dependency, package), ours alone.
type Graph = BTreeMap<String, BTreeSet<(String, String)>>;

/// What a package may use of ours to be built. Whoever is not named here may use anything: tests, tools.
const MAY_USE: [(&str, &[&str]); 7] = [
    ("satchel-crypto", &[]),
    ("satchel-api", &[]),
    ("satchel-testkit", &[]),
    ("satchel-client", &["satchel-api", "satchel-crypto"]),
    ("satchel", &["satchel-api", "satchel-client", "satchel-crypto"]),
    (
        "satchel-client-wasm",
        &["satchel-api", "satchel-client", "satchel-crypto"],
    ),
    ("satchel-server", &["satchel-api"]),
];

fn metadata() -> Value {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["metadata", "--no-deps", "--format-version", "1"]);
    let output = cargo.current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn graph() -> Graph {
    let metadata = metadata();
    let packages = metadata["packages"].as_array().unwrap();
    let name = |package: &Value| package["name"].as_str().unwrap().to_owned();
    let ours: BTreeSet<String> = packages.iter().map(name).collect();
    let uses = |package: &Value| {
        let dependencies = package["dependencies"].as_array().unwrap().iter();
        // `name` is that of the package, also where a dependency was given another one.
        dependencies
            .map(|one| (one["kind"].as_str().unwrap_or("normal").to_owned(), name(one)))
            .filter(|(_, used)| ours.contains(used))
            .collect()
    };
    packages.iter().map(|package| (name(package), uses(package))).collect()
}

/// Everything of ours that `package` is built from; with its tests, when `tests` is set.
fn reached(graph: &Graph, package: &str, tests: bool) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut next: Vec<(String, bool)> = vec![(package.to_owned(), tests)];
    while let Some((package, tests)) = next.pop() {
        for (kind, used) in &graph[&package] {
            if (tests || kind != "dev") && found.insert(used.clone()) {
                next.push((used.clone(), false));
            }
        }
    }
    found
}

#[test]
fn each_crate_uses_only_what_it_may() {
    let graph = graph();
    for (package, allowed) in MAY_USE {
        let allowed = allowed.iter().map(|&name| name.to_owned()).collect();
        let reached = reached(&graph, package, false);
        assert!(
            reached.is_subset(&allowed),
            "{package} reaches {reached:?}, may reach {allowed:?}"
        );
    }
}

#[test]
fn the_server_cannot_decrypt_not_even_in_its_tests() {
    let reached = reached(&graph(), "satchel-server", true);
    for forbidden in ["satchel-crypto", "satchel-client", "satchel"] {
        assert!(
            !reached.contains(forbidden),
            "satchel-server reaches {forbidden}: {reached:?}"
        );
    }
}

#[test]
fn the_testkit_shares_no_code_with_what_it_tests() {
    let reached = reached(&graph(), "satchel-testkit", true);
    assert!(reached.is_empty(), "satchel-testkit reaches {reached:?}");
}

#[test]
fn crypto_does_no_io_and_keeps_no_clock() {
    let library = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../crypto/src/lib.rs")).unwrap();
    assert!(library.contains("#![no_std]") || library.contains("#![cfg_attr(not(test), no_std)]"));
}

#[test]
fn the_unfinished_floe_reaches_no_binary() {
    let metadata = metadata();
    for package in metadata["packages"].as_array().unwrap() {
        for dependency in package["dependencies"].as_array().unwrap() {
            let built_in = dependency["name"] == "floe-rs" && dependency["kind"] != "dev";
            assert!(!built_in, "{} uses floe-rs outside its tests", package["name"]);
        }
    }
}
