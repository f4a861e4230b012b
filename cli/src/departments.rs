//! Who opens which rows: the file that `--to` names.

use std::collections::BTreeMap;
use std::path::Path;

use satchel_client::crypto::Recipient;
use serde::Deserialize;

use crate::ask::text_of_file;
use crate::failure::Failure;
use crate::key::{not_a_recipient, recipients_in};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    committee: Keys,
    departments: BTreeMap<String, Keys>,
}

/// A recipient, or the name of a file with recipients beside this one; or several.
#[derive(Deserialize)]
#[serde(untagged)]
enum Keys {
    One(String),
    Several(Vec<String>),
}

/// Everybody, by the value of the column.
pub(crate) struct Departments {
    /// They open all of it.
    pub(crate) committee: Vec<Recipient>,
    /// They open the rows of their value.
    pub(crate) by_value: BTreeMap<String, Vec<Recipient>>,
}

impl Departments {
    /// Reads the file.
    pub(crate) fn read(path: &Path) -> Result<Self, Failure> {
        let text = text_of_file(path)?;
        let written: Written = toml::from_str(&text).map_err(|error| Failure::BadDepartments {
            path: path.to_owned(),
            line: error
                .span()
                .map_or(0, |span| 1 + text[..span.start].matches('\n').count()),
            why: error.message().to_owned(),
        })?;
        let folder = path.parent().unwrap_or(Path::new(""));
        let mut by_value = BTreeMap::new();
        for (value, keys) in &written.departments {
            by_value.insert(value.trim().to_owned(), keys.read(folder)?);
        }
        let committee = written.committee.read(folder)?;
        if committee.is_empty() || by_value.is_empty() {
            return Err(Failure::NobodyNamed(path.to_owned()));
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
    fn read(&self, folder: &Path) -> Result<Vec<Recipient>, Failure> {
        let texts = match self {
            Self::One(text) => std::slice::from_ref(text),
            Self::Several(texts) => texts,
        };
        let mut found = Vec::new();
        for text in texts {
            if text.starts_with("age1") || text.to_ascii_uppercase().starts_with("AGE-SECRET-KEY") {
                found.push(Recipient::parse(text.trim()).map_err(|_| not_a_recipient(text, None))?);
            } else {
                found.extend(recipients_in(&folder.join(text), false)?);
            }
        }
        Ok(found)
    }
}
