//! Checks of the documents: every requirement is named in a test, links lead somewhere, nobody's paths are in.
//!
//! A requirement is `[C-1]` at its place in docs/format.md or docs/api.md. A test names it as `C-1`: in the `must` line
//! of a vector, in a test's name or in a comment beside it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use crate::failure::Failure;
use crate::shell;

/// Where requirements are written.
const SPECIFICATIONS: [&str; 2] = ["docs/format.md", "docs/api.md"];
/// Starts of paths that only one machine has. Written apart, so that this file does not hold them.
const FOREIGN: [&str; 4] = [
    concat!("/wo", "rk/"),
    concat!("/ro", "ot/"),
    concat!("/tm", "p/w/"),
    concat!("/ho", "me/"),
];
/// What a person who opens the project looks for first.
const EXPECTED: [&str; 9] = [
    "README.md",
    "CHANGELOG.md",
    "SECURITY.md",
    "CONTRIBUTING.md",
    "LICENSE-MIT",
    "LICENSE-APACHE",
    "docs/architecture.md",
    "docs/threat-model.md",
    "docs/glossary.md",
];

/// What is wrong, one line each.
pub(crate) fn findings() -> Result<Vec<String>, Failure> {
    let files = sources()?;
    let mut found = Vec::new();
    for name in EXPECTED {
        if !shell::root().join(name).exists() {
            found.push(format!("{name}: is missing"));
        }
    }
    if !files
        .get("CHANGELOG.md")
        .is_some_and(|text| text.contains("## [Unreleased]"))
    {
        found.push("CHANGELOG.md: has no section Unreleased".to_owned());
    }
    untested(&files, &mut found);
    for (name, text) in &files {
        if name.ends_with(".md") {
            broken_links(name, text, &mut found);
        }
        foreign_paths(name, text, &mut found);
    }
    Ok(found)
}

/// Every text file that git knows or would take.
fn sources() -> Result<BTreeMap<String, String>, Failure> {
    let mut git = shell::at_root("git");
    git.args(["ls-files", "--cached", "--others", "--exclude-standard"]);
    let line = shell::line_of(&git);
    let listed = shell::answer(&mut git).ok_or(Failure::Command {
        line,
        ended: "failed".to_owned(),
    })?;
    let read = |name: &str| fs::read_to_string(shell::root().join(name)).ok();
    let text = |name: &str| {
        // A vector's body is bytes; its header, which names requirements, is text.
        let vector = name.starts_with("vectors/");
        if vector {
            fs::read(shell::root().join(name)).ok().map(|bytes| head(&bytes))
        } else {
            read(name)
        }
    };
    Ok(listed
        .lines()
        .filter_map(|name| Some((name.to_owned(), text(name)?)))
        .collect())
}

fn head(bytes: &[u8]) -> String {
    let end = bytes.windows(2).position(|pair| pair == b"\n\n").unwrap_or(bytes.len());
    String::from_utf8_lossy(&bytes[..end]).into_owned()
}

fn untested(files: &BTreeMap<String, String>, found: &mut Vec<String>) {
    let named: BTreeSet<String> = files
        .iter()
        .filter_map(|(name, text)| test_part(name, text))
        .flat_map(requirement_words)
        .collect();
    for specification in SPECIFICATIONS {
        let Some(text) = files.get(specification) else { continue };
        for id in requirements(text) {
            if !named.contains(&id) {
                found.push(format!("{specification}: no test names {id}"));
            }
        }
    }
}

/// The part of a file that is a test: vectors, files in a tests folder, what follows `#[cfg(test)]`.
fn test_part<'a>(name: &str, text: &'a str) -> Option<&'a str> {
    let whole = name.starts_with("vectors/") && !name.ends_with(".md")
        || name.starts_with("tests/")
        || name.contains("/tests/")
        || name.ends_with("/tests.rs")
        || name.ends_with("_tests.rs")
        || name.contains(".test.")
        || name.starts_with("testkit/reader/");
    if whole {
        Some(text)
    } else {
        text.find("#[cfg(test)]").map(|start| &text[start..])
    }
}

/// `C-1` and its like: capital letters, a hyphen, digits and perhaps a small letter.
fn requirement_words(text: &str) -> impl Iterator<Item = String> + '_ {
    let outside = |c: char| !(c.is_ascii_alphanumeric() || c == '-');
    text.split(outside)
        .filter(|word| is_requirement(word))
        .map(str::to_owned)
}

fn is_requirement(word: &str) -> bool {
    let Some((letters, digits)) = word.split_once('-') else {
        return false;
    };
    let digits = digits.strip_suffix(|c: char| c.is_ascii_lowercase()).unwrap_or(digits);
    !letters.is_empty()
        && letters.len() <= 4
        && letters.bytes().all(|byte| byte.is_ascii_uppercase())
        && !digits.is_empty()
        && digits.len() <= 3
        && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// Those that a specification states, as opposed to mentions: `[C-1]`.
fn requirements(text: &str) -> BTreeSet<String> {
    let bracketed = text.split('[').skip(1).filter_map(|rest| rest.split_once(']'));
    bracketed
        .map(|(id, _)| id)
        .filter(|id| is_requirement(id))
        .map(str::to_owned)
        .collect()
}

fn broken_links(name: &str, text: &str, found: &mut Vec<String>) {
    let folder = name.rsplit_once('/').map_or("", |(folder, _)| folder);
    for rest in text.split("](").skip(1) {
        let Some((target, _)) = rest.split_once(')') else {
            continue;
        };
        let path = target.split('#').next().unwrap_or("");
        if path.is_empty() || path.contains("://") || path.starts_with("mailto:") || path.contains(char::is_whitespace)
        {
            continue;
        }
        if !shell::root().join(folder).join(path).exists() {
            found.push(format!("{name}: a link leads nowhere: {target}"));
        }
    }
}

fn foreign_paths(name: &str, text: &str, found: &mut Vec<String>) {
    for (number, line) in text.lines().enumerate() {
        if let Some(path) = FOREIGN.iter().find(|path| starts_a_path(line, path)) {
            found.push(format!("{name}:{}: a path of somebody's machine: {path}", number + 1));
        }
    }
}

/// `/wo..`, but not as the middle of a longer path or address.
fn starts_a_path(line: &str, path: &str) -> bool {
    line.match_indices(path).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        before.is_none_or(|c| !(c.is_alphanumeric() || "._-~$})/".contains(c)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requirements_are_those_in_brackets() {
        let text = "- [C-1] The magic MUST. See C-2 and [here](x.md), [H-12b], [RFC-9106].";
        assert_eq!(requirements(text).into_iter().collect::<Vec<_>>(), ["C-1", "H-12b"]);
    }

    #[test]
    fn a_test_names_a_requirement_as_a_word() {
        let named: Vec<_> = requirement_words("must: C-1 F-3\n// (A-5): names. XC-1x-2 c-9").collect();
        assert_eq!(named, ["C-1", "F-3", "A-5"]);
    }

    #[test]
    fn only_the_test_part_of_a_source_counts() {
        let source = "//! C-1\nfn f() {}\n#[cfg(test)]\nmod tests { /* C-2 */ }";
        let named: Vec<_> = requirement_words(test_part("crypto/src/a.rs", source).unwrap()).collect();
        assert_eq!(named, ["C-2"]);
        assert!(test_part("crypto/src/b.rs", "// C-1").is_none());
    }

    #[test]
    fn a_path_inside_another_is_nobodys() {
        let foreign = concat!("/ho", "me/");
        assert!(starts_a_path(&format!("see {foreign}x"), foreign));
        assert!(!starts_a_path(&format!("https://example.org{foreign}x"), foreign));
    }
}
