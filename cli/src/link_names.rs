//! What links of one document are called: read from a file with one name on each line, and found again by it. A name may be a person's, so none is ever
//! an option of `share`; on the way to the server they are sealed.

use std::path::Path;
use std::str::FromStr;

use satchel_client::api::DocumentReceipt;
use satchel_client::crypto::OwnerReceipt;
use satchel_client::crypto::limit::LINK_NAME_LEN_MAX;
use satchel_client::name_of;

use crate::ask::text_file;
use crate::failure::Failure;
use crate::text::{comparable, without_bom};

/// A link of several, as somebody names it.
#[derive(Clone)]
pub(crate) enum OneLink {
    Number(u32),
    Name(String),
}

impl FromStr for OneLink {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            let name = comparable(text);
            return if name.is_empty() {
                Err("it is empty")
            } else {
                Ok(Self::Name(name))
            };
        }
        let number = text.parse().ok().filter(|number| *number > 0);
        number.map(Self::Number).ok_or("links are numbered from 1")
    }
}

impl OneLink {
    /// Its number.
    pub(crate) fn number(&self, owner: &OwnerReceipt, found: &DocumentReceipt) -> Result<u32, Failure> {
        let name = match self {
            Self::Number(number) => return Ok(*number),
            Self::Name(name) => name,
        };
        let called = found
            .links
            .iter()
            .filter(|link| name_of(owner, link).is_some_and(|its| comparable(&its) == *name));
        let numbers: Vec<u32> = called.map(|link| link.number).collect();
        match numbers[..] {
            [] => Err(Failure::NoSuchLink(name.clone())),
            [number] => Ok(number),
            _ => Err(Failure::LinkTwice {
                name: name.clone(),
                numbers,
            }),
        }
    }
}

/// Names and the number of links; without a file there are no names. What is wrong is said by its line, never by a name.
pub(crate) fn wanted(
    file: Option<&Path>,
    links: Option<u32>,
    stdin_taken: bool,
) -> Result<(Vec<String>, Option<u32>), Failure> {
    let Some(path) = file else {
        return Ok((Vec::new(), links));
    };
    let text = text_file(path, stdin_taken)?;
    let mut names: Vec<String> = Vec::new();
    for (at, line) in without_bom(&text).trim_end().lines().enumerate() {
        let name = comparable(line);
        let is_number = name.bytes().all(|byte| byte.is_ascii_digit());
        let is_good = !is_number && name.len() <= LINK_NAME_LEN_MAX && !name.contains(char::is_control);
        if !is_good || names.contains(&name) {
            return Err(Failure::BadLinkName {
                path: path.to_owned(),
                line: at + 1,
            });
        }
        names.push(name);
    }
    let count = u32::try_from(names.len()).unwrap_or(u32::MAX);
    match links {
        Some(links) if links != count => Err(Failure::NameCount {
            path: path.to_owned(),
            names: names.len(),
            links,
        }),
        _ => Ok((names, Some(count))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_a_number_is_one_and_the_rest_are_names() {
        let of = |text: &str| match OneLink::from_str(text) {
            Ok(OneLink::Number(number)) => number.to_string(),
            Ok(OneLink::Name(name)) => format!("called {name}"),
            Err(_) => "refused".to_owned(),
        };
        for (text, meant) in [
            ("12", "12"),
            ("0", "refused"),
            ("", "refused"),
            (" ", "refused"),
            ("99999999999", "refused"),
            ("12a", "called 12a"),
            (" Maria  G. ", "called Maria G."),
            ("Jose\u{301}", "called José"),
        ] {
            assert_eq!(of(text), meant, "{text:?}");
        }
    }

    #[test]
    fn each_line_is_a_name_and_a_wrong_one_is_named_by_its_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("names");
        let read = |text: &str, links| {
            std::fs::write(&path, text).unwrap();
            wanted(Some(&path), links, false)
        };
        let (names, count) = read("\u{feff}Maria\r\nJose\u{301}\n", None).unwrap();
        assert_eq!((names, count), (vec!["Maria".to_owned(), "José".to_owned()], Some(2)));
        let line = |text: &str| match read(text, None) {
            Err(Failure::BadLinkName { line, .. }) => line,
            _ => 0,
        };
        assert_eq!(line("Maria\n\nJose\n"), 2);
        assert_eq!(line("Maria\nMaria\n"), 2);
        assert_eq!(line("Maria\n7\n"), 2);
        assert_eq!(line(""), 0);
        assert_eq!(line(&"n".repeat(128)), 1);
        assert_eq!(line(&"n".repeat(127)), 0);
        assert!(matches!(
            read("Maria\n", Some(2)),
            Err(Failure::NameCount { names: 1, links: 2, .. })
        ));
    }
}
