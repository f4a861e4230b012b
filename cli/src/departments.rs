//! Who opens which rows: the file that `--to` names.

use std::collections::BTreeMap;
use std::path::Path;

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
}

impl Departments {
    /// Reads the file.
    pub(crate) fn read(path: &Path) -> Result<Self, Failure> {
        let text = text_of_file(path)?;
        let text = without_bom(&text);
        let written: Written = toml::from_str(text).map_err(|error| Failure::BadDepartments {
            path: path.to_owned(),
            line: error
                .span()
                .map_or(1, |span| 1 + text[..span.start].matches('\n').count()),
            why: error.message().to_owned(),
        })?;
        let nobody = |whom: &str| Failure::NobodyNamed {
            path: path.to_owned(),
            whom: whom.to_owned(),
        };
        let read = |whom: &str, keys: &Keys| {
            let found = keys.read(whom, path.parent().unwrap_or(Path::new("")))?;
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
        Ok(Self { committee, by_value })
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

impl Keys {
    fn read(&self, whom: &str, folder: &Path) -> Result<Vec<Recipient>, Failure> {
        let texts = match self {
            Self::One(text) => std::slice::from_ref(text),
            Self::Several(texts) => texts,
        };
        let mut found = Vec::new();
        for text in texts.iter().map(|text| text.trim()).filter(|text| !text.is_empty()) {
            if text.starts_with("age1") || text.to_ascii_uppercase().starts_with("AGE-SECRET-KEY") {
                let place = || Where::For(whom.to_owned());
                found.push(Recipient::parse(text).map_err(|_| not_a_recipient(text, place()))?);
            } else {
                found.extend(recipients_in(&folder.join(text), false)?);
            }
        }
        Ok(found)
    }
}
