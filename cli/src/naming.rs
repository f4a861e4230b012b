//! Names on the way out: what a sender wrote, made safe; docs/format.md section 7.1.
//!
//! An unsafe name is changed, not refused: the document may open only once.

use std::collections::HashSet;

use satchel_client::crypto::{Entry, SafeName, limit, sanitise};

/// A safe name for each entry, no two of which meet on any file system. Says on standard error what it changed.
pub(crate) fn safe_names(entries: &[Entry]) -> Vec<SafeName> {
    let mut taken = HashSet::new();
    entries
        .iter()
        .enumerate()
        .map(|(number, entry)| {
            let sent = entry.name.as_deref().unwrap_or(unnamed(entry));
            let name = free_name(safe(sent, number), number, &mut taken);
            if name.as_str() != sent {
                eprintln!("renamed: an unsafe name to {}", name.as_str());
            }
            name
        })
        .collect()
}

/// What an entry without a name is called where it needs one.
fn unnamed(entry: &Entry) -> &'static str {
    if entry.media_type.starts_with("text/plain") {
        "text.txt"
    } else {
        "document"
    }
}

/// A name as it may be shown: no control or bidirectional character reaches the terminal.
pub(crate) fn shown(name: &str) -> String {
    let hidden = |c: char| {
        c.is_control()
            || matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    name.chars()
        .map(|c| if hidden(c) { char::REPLACEMENT_CHARACTER } else { c })
        .collect()
}

fn safe(name: &str, number: usize) -> SafeName {
    sanitise(name)
        .or_else(|_| sanitise(&changed(name)))
        .or_else(|_| sanitise(&format!("file-{number}")))
        .expect("file-NUMBER is safe")
}

/// Each component without what makes it unsafe; empty ones, `.` and `..` dropped.
fn changed(name: &str) -> String {
    let is_folder = name.ends_with('/');
    let components: Vec<String> = name
        .split('/')
        .map(component)
        .filter(|component| !component.is_empty())
        .collect();
    let mut out = components.join("/");
    if is_folder {
        out.push('/');
    }
    out
}

fn component(text: &str) -> String {
    let safe_char = |c: char| {
        if sanitise(c.encode_utf8(&mut [0; 4])).is_ok() || c == '.' || c == ' ' {
            c
        } else {
            '_'
        }
    };
    let mut out = String::new();
    for c in text.trim_end_matches(['.', ' ']).chars().map(safe_char) {
        if out.len() + c.len_utf8() > limit::COMPONENT_LEN_MAX {
            break;
        }
        out.push(c);
    }
    let kept = out.trim_end_matches(['.', ' ']).len();
    out.truncate(kept);
    if !out.is_empty() && sanitise(&out).is_err() {
        out.insert(0, '_');
    }
    out
}

/// `name`, or the first of `name-2`, `name-3`, ... that meets no other; no file where another needs a folder.
fn free_name(name: SafeName, number: usize, taken: &mut HashSet<String>) -> SafeName {
    if take(&name, taken) {
        return name;
    }
    let whole = name.as_str().trim_end_matches('/');
    let (stem, ending) = match whole.rfind('.').filter(|at| !whole[*at..].contains('/') && *at > 0) {
        Some(at) => whole.split_at(at),
        None => (whole, ""),
    };
    let slash = if name.is_folder() { "/" } else { "" };
    for next in 2..1000 {
        if let Ok(name) = sanitise(&format!("{stem}-{next}{ending}{slash}"))
            && take(&name, taken)
        {
            return name;
        }
    }
    let last = sanitise(&format!("file-{number}")).expect("file-NUMBER is safe");
    take(&last, taken);
    last
}

/// Every folder above is marked with a slash: a file may not take its name, other files may share it.
fn take(name: &SafeName, taken: &mut HashSet<String>) -> bool {
    let key = name.collision_key();
    let above: Vec<&str> = key.match_indices('/').map(|(at, _)| &key[..at]).collect();
    if above.iter().any(|folder| taken.contains(*folder)) {
        return false;
    }
    let as_folder = format!("{key}/");
    if taken.contains(&key) || (taken.contains(&as_folder) && !name.is_folder()) {
        return false;
    }
    taken.extend(above.iter().map(|folder| format!("{folder}/")));
    taken.insert(if name.is_folder() { as_folder } else { key });
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(sent: &[&str]) -> Vec<String> {
        let entry = |name: &&str| Entry {
            name: Some((*name).to_owned()),
            media_type: "text/plain".into(),
            size: Some(0),
            modified: None,
        };
        let entries: Vec<Entry> = sent.iter().map(entry).collect();
        safe_names(&entries)
            .iter()
            .map(|name| name.as_str().to_owned())
            .collect()
    }

    #[test]
    fn safe_names_stay_as_they_are() {
        let good = ["a.txt", "заметки/члены.csv", "ملاحظات.txt", "会议/记录.md", "empty/"];
        assert_eq!(names(&good), good);
    }

    #[test]
    fn unsafe_names_lose_what_is_unsafe_and_nothing_escapes() {
        for (sent, got) in [
            ("../../etc/passwd", "etc/passwd"),
            ("/etc/passwd", "etc/passwd"),
            ("a//b", "a/b"),
            ("C:\\x", "C__x"),
            ("con.txt", "_con.txt"),
            ("end. ", "end"),
            ("\u{202e}gpj.exe", "_gpj.exe"),
            ("..", "file-0"),
            ("a\nb", "a_b"),
        ] {
            assert_eq!(names(&[sent]), [got], "{sent:?}");
        }
        assert_eq!(names(&[&"я".repeat(300)])[0].len(), 254);
    }

    #[test]
    fn names_that_meet_on_some_file_system_are_told_apart() {
        assert_eq!(names(&["a.txt", "A.TXT", "a.Txt"]), ["a.txt", "A-2.TXT", "a-3.Txt"]);
        assert_eq!(names(&["é", "e\u{301}"]), ["é", "e\u{301}-2"]);
        assert_eq!(names(&["a", "a/b"]), ["a", "file-1"]);
        assert_eq!(names(&["a/b", "a", "a/c"]), ["a/b", "a-2", "a/c"]);
        assert_eq!(names(&["d/", "d/x"]), ["d/", "d/x"]);
    }
}
