//! Who opens which rows: the file that `--to` names.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use satchel_client::crypto::Recipient;
use serde::Deserialize;

use crate::ask::text_of_file;
use crate::failure::Failure;
use crate::key::{not_a_recipient, recipients_in};
use crate::place_in_text::Where;
use crate::text::{comparable, without_bom};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    committee: Option<Keys>,
    #[serde(default)]
    departments: BTreeMap<String, Keys>,
}

/// A recipient, or the name of a file with recipients beside this one; or several.
#[derive(Deserialize)]
#[serde(
    untagged,
    expecting = "here belongs a recipient or the name of a file in quotes, or several of them in [ ]"
)]
enum Keys {
    One(String),
    Several(Vec<String>),
}

/// Everybody, by the value of the column.
pub(crate) struct Departments {
    /// They open all of it.
    pub(crate) committee: Vec<Recipient>,
    /// They open the rows of their value, as it compares.
    pub(crate) by_value: BTreeMap<String, Vec<Recipient>>,
    /// The files that name them.
    pub(crate) files: Vec<PathBuf>,
}

impl Departments {
    /// Reads the file.
    pub(crate) fn read(path: &Path) -> Result<Self, Failure> {
        let text = text_of_file(path)?;
        let text = without_bom(&text);
        let written: Written = toml::from_str(text).map_err(|error| not_read(path, text, &error))?;
        let nobody = |whom: &str| Failure::NobodyNamed {
            path: path.to_owned(),
            whom: whom.to_owned(),
        };
        let mut files = Vec::new();
        let mut read = |whom: &str, keys: &Keys| {
            let found = keys.read(whom, path.parent().unwrap_or(Path::new("")), &mut files)?;
            (!found.is_empty()).then_some(found).ok_or_else(|| nobody(whom))
        };
        let committee = match &written.committee {
            Some(committee) => read("the committee", committee)?,
            None if written.departments.contains_key("committee") => {
                let is_committee = |line: &str| line.trim_start().starts_with("committee");
                return Err(Failure::BadDepartments {
                    path: path.to_owned(),
                    line: text.lines().position(is_committee).map_or(1, |line| line + 1),
                    why: "committee has to stand above [departments]".to_owned(),
                });
            }
            None => return Err(nobody("the committee")),
        };
        let mut by_value = BTreeMap::new();
        for (value, keys) in &written.departments {
            if by_value.insert(comparable(value), read(value, keys)?).is_some() {
                return Err(Failure::DepartmentTwice {
                    path: path.to_owned(),
                    value: comparable(value),
                });
            }
        }
        if by_value.is_empty() {
            return Err(nobody("any department"));
        }
        Ok(Self {
            committee,
            by_value,
            files,
        })
    }

    /// Whether it is one of the values, or one that is mistyped.
    pub(crate) fn resembles(&self, value: &str) -> bool {
        let letters = value.chars().count();
        let mistakes = match letters {
            0..=3 => 0,
            4 | 5 => 1,
            _ => 2,
        };
        let asked = value.to_lowercase();
        // What is much longer is another text, and dear to compare.
        let is_near = |known: &String| {
            known.chars().count().abs_diff(letters) <= mistakes
                && strsim::osa_distance(&known.to_lowercase(), &asked) <= mistakes
        };
        self.by_value.contains_key(value) || self.by_value.keys().any(is_near)
    }

    /// Who opens the rows of `value`: each once.
    pub(crate) fn recipients(&self, value: &str) -> Option<Vec<Recipient>> {
        let mut all = self.committee.clone();
        for recipient in self.by_value.get(value)? {
            if !all.contains(recipient) {
                all.push(recipient.clone());
            }
        }
        Some(all)
    }
}

/// What is wrong with the file as TOML; where it is a name without quotes, that name.
fn not_read(path: &Path, text: &str, error: &toml::de::Error) -> Failure {
    let start = error.span().map_or(0, |span| span.start);
    let number = text[..start].matches('\n').count();
    let (path, line) = (path.to_owned(), number + 1);
    match text.lines().nth(number).and_then(bare_name) {
        Some(name) => Failure::BareName { path, line, name },
        None => Failure::BadDepartments {
            path,
            line,
            why: error.message().to_owned(),
        },
    }
}

/// The name in a line `Night shift = "..."`, if it needs quotes and has none; those of a word processor are none.
fn bare_name(line: &str) -> Option<String> {
    let line = line.trim();
    let value = line.find(['"', '\'']).unwrap_or(line.len());
    let is_value = |c: char| c.is_whitespace() || c == '[';
    let before = line[..value].trim_end_matches(is_value);
    let name = match before.strip_suffix('=') {
        Some(name) => name,
        None => before.split_once('=')?.0,
    };
    let name = name.trim().trim_matches(['“', '”', '„', '‘', '’', '‚', '«', '»']);
    let needs_none = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let is_name = !name.is_empty() && !name.starts_with(['#', '[']) && !name.chars().all(needs_none);
    is_name.then(|| name.to_owned())
}

/// As a name stands in quotes.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""))
}

impl Keys {
    fn read(&self, whom: &str, folder: &Path, files: &mut Vec<PathBuf>) -> Result<Vec<Recipient>, Failure> {
        let texts = match self {
            Self::One(text) => std::slice::from_ref(text),
            Self::Several(texts) => texts,
        };
        let mut found = Vec::new();
        for text in texts.iter().map(|text| text.trim()).filter(|text| !text.is_empty()) {
            let is_key = text.starts_with("age1");
            let is_secret = text.to_ascii_uppercase().starts_with("AGE-SECRET-KEY");
            // The name of a file may have blanks.
            if !is_secret && (text.contains('\n') || is_key && text.contains([' ', '\t', ',', ';'])) {
                return Err(Failure::SeveralInOne(whom.to_owned()));
            }
            if is_key || is_secret {
                let place = || Where::For(whom.to_owned());
                found.push(Recipient::parse(text).map_err(|_| not_a_recipient(text, place()))?);
            } else {
                let file = folder.join(text);
                found.extend(recipients_in(&file, false)?);
                files.push(file);
            }
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_needs_quotes_and_has_none_is_found_in_its_line() {
        for (line, name) in [
            ("Night shift = \"age1pq1...\"", Some("Night shift")),
            ("  Küche=[\"a.pub\", 'b.pub']", Some("Küche")),
            ("A/B = kitchen.pub", Some("A/B")),
            ("A=B = \"kitchen.pub\"", Some("A=B")),
            ("Care, night = 'care.pub'", Some("Care, night")),
            ("Floor 2. = \"two.pub\"", Some("Floor 2.")),
            ("“Night shift” = \"age1pq1...\"", Some("Night shift")),
            ("Kitchen = \"age1pq1...", None),
            ("Kitchen = “age1pq1...”", None),
            ("\"Night shift\" = age1pq1...", None),
            ("[departments", None),
            ("# Night shift = \"a.pub\"", None),
            ("no equals sign", None),
            ("= \"a.pub\"", None),
        ] {
            assert_eq!(bare_name(line).as_deref(), name, "{line}");
        }
        assert_eq!(quoted("the \"late\" shift"), "\"the \\\"late\\\" shift\"");
    }
}
