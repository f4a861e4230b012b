//! Names on the way out: what a sender wrote, made safe; docs/format.md section 7.1.
//!
//! An unsafe name is changed, not refused: the document may open only once.

use std::collections::hash_map::RandomState;
use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher as _, Hasher as _};

use satchel_client::crypto::{Entry, SafeName, limit, sanitise};

/// A safe name for each entry, no two of which meet on any file system. Says on standard error what it changed of those that are wanted.
pub(crate) fn safe_names(entries: &[Entry], wanted: &[bool]) -> Vec<SafeName> {
    let mut taken = Taken::default();
    entries
        .iter()
        .enumerate()
        .map(|(number, entry)| {
            let sent = entry.name.as_deref().unwrap_or(unnamed(entry));
            let safe = safe(sent, number);
            let is_safe = safe.as_str() == sent;
            let name = free_name(safe, number, &mut taken);
            if name.as_str() != sent && wanted.get(number) == Some(&true) {
                let why = if is_safe {
                    ": on some systems it is another's"
                } else {
                    ""
                };
                eprintln!("renamed: {} to {}{why}", listed(entry), name.as_str());
            }
            name
        })
        .collect()
}

/// What an entry without a name is called where it needs one.
fn unnamed(entry: &Entry) -> &'static str {
    match entry.media_type.as_str() {
        kind if kind.starts_with("text/markdown") => "text.md",
        kind if kind.starts_with("text/") => "text.txt",
        _ => "document",
    }
}

/// A name as `satchel list` shows it.
pub(crate) fn listed(entry: &Entry) -> String {
    entry.name.as_deref().map_or_else(|| "(no name)".to_owned(), shown)
}

/// A name as it may be shown: no control or bidirectional character reaches the terminal.
pub(crate) fn shown(name: &str) -> String {
    name.chars()
        .map(|c| if is_hidden(c) { char::REPLACEMENT_CHARACTER } else { c })
        .collect()
}

/// Whether a terminal could take it for an order, or it turns a line around.
pub(crate) fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
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

/// One component without what makes it unsafe.
pub(crate) fn component(text: &str) -> String {
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

/// How many of `name-2`, `name-3`, ... are tried: many names that meet are not to cost their square.
const TRIES: u32 = 20;

/// `name`, or the next of `name-2`, `name-3`, ... that meets no other, or a name by its number; no file where another needs a folder.
fn free_name(name: SafeName, number: usize, taken: &mut Taken) -> SafeName {
    if taken.take(&name) {
        return name;
    }
    let whole = name.as_str().trim_end_matches('/');
    let (stem, ending) = match whole.rfind('.').filter(|at| !whole[*at..].contains('/') && *at > 0) {
        Some(at) => whole.split_at(at),
        None => (whole, ""),
    };
    let slash = if name.is_folder() { "/" } else { "" };
    let first = taken.next_number(&name);
    for next in first..first + TRIES {
        if let Ok(other) = sanitise(&format!("{stem}-{next}{ending}{slash}"))
            && taken.take(&other)
        {
            taken.used_number(&name, next);
            return other;
        }
    }
    (0_usize..)
        .find_map(|again| {
            let again = if again == 0 { String::new() } else { format!("-{again}") };
            let last = sanitise(&format!("file-{number}{again}")).expect("file-NUMBER is safe");
            taken.take(&last).then_some(last)
        })
        .expect("a document has fewer names than there are numbers")
}

/// The names in use, as keyed hashes of their folders and of themselves: a name of 512 folders would be kept 512 times over. Where
/// two hashes are equal by chance, a name is changed that need not have been.
#[derive(Default)]
struct Taken {
    keyed: RandomState,
    files: HashSet<u64>,
    folders: HashSet<u64>,
    /// The last number that a name was given.
    numbers: HashMap<u64, u32>,
}

impl Taken {
    /// Takes `name`, unless another has it or needs a folder there. Folders are shared.
    fn take(&mut self, name: &SafeName) -> bool {
        let key = name.collision_key();
        let (mut state, mut above) = (self.keyed.build_hasher(), Vec::new());
        for (depth, component) in key.split('/').enumerate() {
            if depth > 0 {
                above.push(state.finish());
                state.write(b"/");
            }
            state.write(component.as_bytes());
        }
        let itself = state.finish();
        if above.iter().any(|folder| self.files.contains(folder))
            || self.files.contains(&itself)
            || self.folders.contains(&itself) && !name.is_folder()
        {
            return false;
        }
        self.folders.extend(above);
        if name.is_folder() {
            self.folders.insert(itself)
        } else {
            self.files.insert(itself)
        };
        true
    }

    fn next_number(&self, name: &SafeName) -> u32 {
        let used = self.numbers.get(&self.keyed.hash_one(name.collision_key()));
        used.map_or(2, |used| used + 1)
    }

    fn used_number(&mut self, name: &SafeName, number: u32) {
        self.numbers.insert(self.keyed.hash_one(name.collision_key()), number);
    }
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
        safe_names(&entries, &[])
            .iter()
            .map(|name| name.as_str().to_owned())
            .collect()
    }

    #[test]
    fn a_text_without_a_name_is_called_by_how_it_is_written() {
        for (media_type, name) in [
            ("text/plain;charset=utf-8", "text.txt"),
            ("text/markdown;charset=utf-8", "text.md"),
            ("text/x-code;charset=utf-8", "text.txt"),
            ("application/octet-stream", "document"),
        ] {
            let entry = Entry {
                name: None,
                media_type: media_type.into(),
                size: Some(0),
                modified: None,
            };
            assert_eq!(unnamed(&entry), name, "{media_type}");
        }
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
        // A name that a changed one would get may be there already.
        assert_eq!(names(&["file-2", "a", "a/b"]), ["file-2", "a", "file-2-1"]);
    }

    #[test]
    fn many_names_that_meet_cost_neither_their_square_nor_their_folders_each() {
        let start = std::time::Instant::now();
        let meeting: Vec<String> = (0..20_000_u32)
            .map(|number| {
                (0..15)
                    .map(|bit| if number >> bit & 1 == 0 { 'a' } else { 'A' })
                    .collect()
            })
            .collect();
        let got = names(&meeting.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(got.iter().collect::<HashSet<_>>().len(), 20_000);
        let blocked: Vec<String> = (0..20_000).map(|number| format!("a/{number}")).collect();
        let mut sent = vec!["a"];
        sent.extend(blocked.iter().map(String::as_str));
        assert_eq!(names(&sent).iter().collect::<HashSet<_>>().len(), 20_001);
        assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
    }
}
