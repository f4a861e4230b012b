//! What `--only` chooses: files and folders by their names, or as `satchel list` shows them where that is one alone.

use std::collections::BTreeSet;

use satchel_client::crypto::Entry;

use crate::failure::Failure;
use crate::naming::listed;
use crate::text::normalised;

/// Which of the entries are meant.
///
/// # Errors
/// `NoSuchEntry`; `LooksAlike` where several are shown by what is no name of one.
pub(crate) fn chosen(entries: &[Entry], only: &[String]) -> Result<Vec<bool>, Failure> {
    let mut wanted = vec![only.is_empty(); entries.len()];
    for name in only {
        let asked = normalised(name);
        let is_called = |entry: &Entry| is_at_or_below(&normalised(written(entry)), &asked);
        let is_shown = |entry: &Entry| is_at_or_below(&normalised(&listed(entry)), &asked);
        if mark(entries, is_called, &mut wanted) {
            continue;
        }
        let depth = asked.trim_end_matches('/').split('/').count();
        let shown = entries.iter().filter(|entry| is_shown(entry));
        let meant: BTreeSet<String> = shown.map(|entry| normalised(up_to(written(entry), depth))).collect();
        if meant.len() > 1 {
            return Err(Failure::LooksAlike(name.clone()));
        }
        if !mark(entries, is_shown, &mut wanted) {
            return Err(Failure::NoSuchEntry(name.clone()));
        }
    }
    Ok(wanted)
}

fn written(entry: &Entry) -> &str {
    entry.name.as_deref().unwrap_or_default()
}

/// Marks what is meant; whether there is any.
fn mark(entries: &[Entry], is_meant: impl Fn(&Entry) -> bool, wanted: &mut [bool]) -> bool {
    let mut found = false;
    for (entry, wanted) in entries.iter().zip(wanted) {
        if is_meant(entry) {
            (*wanted, found) = (true, true);
        }
    }
    found
}

fn is_at_or_below(name: &str, asked: &str) -> bool {
    let below = name.strip_prefix(asked.trim_end_matches('/'));
    name == asked || below.is_some_and(|below| below.starts_with('/'))
}

/// The first `depth` components.
fn up_to(name: &str, depth: usize) -> &str {
    let end = name.match_indices('/').nth(depth - 1);
    end.map_or(name, |(at, _)| &name[..at])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn only(names: &[&str], asked: &str) -> Result<Vec<String>, Failure> {
        let entry = |name: &&str| Entry {
            name: (!name.is_empty()).then(|| (*name).to_owned()),
            media_type: "text/plain".into(),
            size: Some(0),
            modified: None,
        };
        let entries: Vec<Entry> = names.iter().map(entry).collect();
        let wanted = chosen(&entries, &[asked.to_owned()])?;
        let found = names.iter().zip(wanted).filter(|(_, wanted)| *wanted);
        Ok(found.map(|(name, _)| (*name).to_owned()).collect())
    }

    #[test]
    fn a_name_or_a_folder_is_chosen_as_it_is_written() {
        let names = ["a", "a/b", "ab", "c d/e", "c d/", "c  d/e"];
        assert_eq!(only(&names, "a").unwrap(), ["a", "a/b"]);
        assert_eq!(only(&names, "a/").unwrap(), ["a/b"]);
        assert_eq!(only(&names, "c d").unwrap(), ["c d/e", "c d/"]);
        assert_eq!(only(&["e\u{301}"], "é").unwrap(), ["e\u{301}"]);
        assert!(matches!(only(&names, "b"), Err(Failure::NoSuchEntry(_))));
    }

    #[test]
    fn a_name_that_cannot_be_shown_is_chosen_as_it_is_shown_where_that_is_one_alone() {
        let names = ["a\nb", "d\u{1b}/x", "d\u{1b}/y", "f\u{1b}/x", "f\u{9b}/x", "f\u{9b}/y"];
        assert_eq!(only(&names, "a\u{fffd}b").unwrap(), ["a\nb"]);
        assert_eq!(only(&names, "a\nb").unwrap(), ["a\nb"]);
        assert_eq!(only(&names, "d\u{fffd}").unwrap(), ["d\u{1b}/x", "d\u{1b}/y"]);
        assert_eq!(only(&names, "d\u{fffd}/y").unwrap(), ["d\u{1b}/y"]);
        assert_eq!(only(&names, "f\u{fffd}/y").unwrap(), ["f\u{9b}/y"]);
        for asked in ["f\u{fffd}", "f\u{fffd}/", "f\u{fffd}/x"] {
            assert!(matches!(only(&names, asked), Err(Failure::LooksAlike(_))), "{asked}");
        }
        // One that is written like this is not one of those that only look so.
        assert_eq!(only(&["a\nb", "a\u{fffd}b"], "a\u{fffd}b").unwrap(), ["a\u{fffd}b"]);
        assert_eq!(only(&[""], "(no name)").unwrap(), [""]);
    }
}
