//! Names on the way out, docs/format.md section 7.1: what a sender wrote is not trusted.

use alloc::format;
use alloc::string::String;
use unicode_normalization::UnicodeNormalization;

use crate::limit;

/// A relative path of safe components joined by `/`; a folder's ends in `/`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SafeName(String);

impl SafeName {
    /// The whole name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The whole name, to be kept.
    pub fn into_string(self) -> String {
        self.0
    }

    /// The components, without a folder's final empty one. At least one.
    pub fn components(&self) -> impl Iterator<Item = &str> {
        self.0.trim_end_matches('/').split('/')
    }

    /// Whether it stands for an empty folder.
    pub fn is_folder(&self) -> bool {
        self.0.ends_with('/')
    }

    /// NFC, then each character's upper case in lower case: two names with the same key must not overwrite one another [N-2].
    ///
    /// By way of upper case, as file systems compare: only so are a final sigma and a long s what they are elsewhere in a word.
    pub fn collision_key(&self) -> String {
        self.0
            .trim_end_matches('/')
            .nfc()
            .flat_map(char::to_uppercase)
            .flat_map(char::to_lowercase)
            .nfc()
            .collect()
    }
}

/// Why a name must not touch a file system or a screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UnsafeName {
    /// It is empty, or a component is.
    #[error("a part of the name is empty")]
    Empty,
    /// A component is `.` or `..`.
    #[error("a part of the name is . or ..")]
    Dots,
    /// It starts with `/`, or with a drive letter and `:`.
    #[error("the name is absolute")]
    Absolute,
    /// It or a component is longer than the limit.
    #[error("a part of the name has {0} bytes, more than the limit")]
    TooLong(usize),
    /// A component ends in a dot or a space.
    #[error("a part of the name ends in a dot or a space")]
    Ending,
    /// A component is a device on some system.
    #[error("a part of the name is a device")]
    Device,
    /// A control, separator or bidirectional character, or one of `\ : * ? " < > |`.
    #[error("the name has the character U+{:04X}", u32::from(*.0))]
    Character(char),
}

/// Takes a name that is safe as it is; changes nothing.
///
/// # Errors
/// What is unsafe in it, by [N-1].
pub fn sanitise(name: &str) -> Result<SafeName, UnsafeName> {
    if name.len() > limit::NAME_LEN_MAX {
        return Err(UnsafeName::TooLong(name.len()));
    }
    let mut start = name.chars();
    match (start.next(), start.next()) {
        (Some('/'), _) => return Err(UnsafeName::Absolute),
        (Some(drive), Some(':')) if drive.is_ascii_alphabetic() => return Err(UnsafeName::Absolute),
        _ => {}
    }
    if let Some(c) = name.chars().find(|c| is_unsafe(*c)) {
        return Err(UnsafeName::Character(c));
    }
    for component in name.strip_suffix('/').unwrap_or(name).split('/') {
        check_component(component)?;
    }
    Ok(SafeName(String::from(name)))
}

/// Longer endings say nothing to anybody.
const ENDING_LEN_MAX: usize = 10;

/// `file-NUMBER` in place of an unsafe name, with that name's ending where it is one to ten ASCII letters or digits: what opens a file goes by it.
pub fn substitute(name: &str, number: u32) -> SafeName {
    let ending = name.rfind('.').map_or("", |at| &name[at..]);
    let is_plain = (2..=1 + ENDING_LEN_MAX).contains(&ending.len())
        && ending.bytes().skip(1).all(|byte| byte.is_ascii_alphanumeric());
    SafeName(format!("file-{number}{}", if is_plain { ending } else { "" }))
}

fn check_component(component: &str) -> Result<(), UnsafeName> {
    match component {
        "" => Err(UnsafeName::Empty),
        "." | ".." => Err(UnsafeName::Dots),
        long if long.len() > limit::COMPONENT_LEN_MAX => Err(UnsafeName::TooLong(long.len())),
        ending if ending.ends_with(['.', ' ']) => Err(UnsafeName::Ending),
        device if is_device(device.split('.').next().unwrap_or(device)) => Err(UnsafeName::Device),
        _ => Ok(()),
    }
}

/// Windows drops spaces before the dot, so `CON .txt` is the console as well.
fn is_device(stem: &str) -> bool {
    let stem = stem.trim_end_matches(' ').as_bytes();
    let plain: [&[u8]; 4] = [b"CON", b"PRN", b"AUX", b"NUL"];
    plain.iter().any(|device| stem.eq_ignore_ascii_case(device))
        || matches!(stem, [port @ .., b'0'..=b'9']
            if port.eq_ignore_ascii_case(b"COM") || port.eq_ignore_ascii_case(b"LPT"))
}

fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{061c}' | '\u{200e}' | '\u{200f}')
        || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        || matches!(c, '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|')
}
