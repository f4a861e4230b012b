//! Whether the quotes of a table (CSV) are closed where a reader and a person both take them to be. Pure.

use crate::table::TableError;

enum At {
    /// Where a quote opens one that is quoted.
    FieldStart,
    Field,
    Quoted {
        opened: u64,
    },
    /// Either it was the last of the field, or the first of two that stand for one.
    Quote {
        opened: u64,
    },
}

/// Refuses a quote that stays open and text after one that is closed: readers guess there, each in another way, and rows change their owners.
///
/// # Errors
/// `OpenQuote`, `AfterQuote`.
///
/// Source: RFC 4180 section 2, 5 to 7.
pub(crate) fn check(text: &[u8], separator: u8, first_line: u64) -> Result<(), TableError> {
    let mut line = first_line;
    let mut at = At::FieldStart;
    for byte in text {
        at = match (at, *byte) {
            (At::FieldStart, b'"') => At::Quoted { opened: line },
            (At::Quoted { opened }, b'"') => At::Quote { opened },
            (At::Quote { opened }, b'"') | (At::Quoted { opened }, _) => At::Quoted { opened },
            (_, b'\r' | b'\n') => At::FieldStart,
            (_, byte) if byte == separator => At::FieldStart,
            (At::Quote { .. }, _) => return Err(TableError::AfterQuote { line }),
            (At::FieldStart | At::Field, _) => At::Field,
        };
        line += u64::from(*byte == b'\n');
    }
    match at {
        At::Quoted { opened } => Err(TableError::OpenQuote { line: opened }),
        _ => Ok(()),
    }
}
