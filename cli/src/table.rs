//! A table as people have it (CSV), split by the values of one column. Pure: bytes in, rows out as they were written.

use csv::{ByteRecord, ReaderBuilder};

/// The separators that spreadsheets write.
const SEPARATORS: [u8; 4] = [b',', b';', b'\t', b'|'];
const BOM: &[u8] = b"\xef\xbb\xbf";

/// Why a table cannot be split.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TableError {
    /// UTF-16, or a spreadsheet's own format.
    #[error("it is not text in UTF-8, but UTF-16 or no text at all")]
    NotText,
    /// Windows-1252, Latin-1 or the like.
    #[error("line {line} is not text in UTF-8")]
    NotUtf8 { line: u64 },
    /// Not even a line of column names.
    #[error("it is empty")]
    Empty,
    /// The columns that there are.
    #[error("it has no column of this name; its columns are: {}", .0.join(", "))]
    NoColumn(Vec<String>),
    /// Two columns have the name.
    #[error("two of its columns have this name")]
    TwoColumns,
    /// A row that is longer or shorter than the line of column names: a quote is missing, most often.
    #[error("the row from line {line} on has {fields} fields, and there are {columns} columns")]
    Uneven { line: u64, fields: u64, columns: u64 },
}

/// Rows by value.
pub(crate) struct Table<'a> {
    /// The line of column names, with what stands before it.
    pub(crate) head: &'a [u8],
    /// Each with its value in the column, white space around that aside, and the line that it starts on.
    pub(crate) rows: Vec<Row<'a>>,
}

/// One row.
pub(crate) struct Row<'a> {
    pub(crate) value: String,
    pub(crate) line: u64,
    /// Its bytes, line break included.
    pub(crate) bytes: &'a [u8],
}

/// Splits a table into its rows.
pub(crate) fn read<'a>(bytes: &'a [u8], column: &str) -> Result<Table<'a>, TableError> {
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") || bytes.contains(&0) {
        return Err(TableError::NotText);
    }
    if let Err(error) = std::str::from_utf8(bytes) {
        let line = 1 + bytes[..error.valid_up_to()]
            .iter()
            .filter(|byte| **byte == b'\n')
            .count() as u64;
        return Err(TableError::NotUtf8 { line });
    }
    let text = bytes.strip_prefix(BOM).unwrap_or(bytes);
    let before = bytes.len() - text.len();
    let (separator, number, columns) = separator(text, column)?;
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .delimiter(separator)
        .flexible(true)
        .from_reader(text);
    let mut record = ByteRecord::new();
    let (mut head, mut rows) = (None, Vec::<Row<'a>>::new());
    let (mut start, mut next_line) = (0, 1);
    // Reading from memory does not fail, and any length of a row is taken.
    while reader.read_byte_record(&mut record).unwrap_or(false) {
        let mut end = before + usize::try_from(reader.position().byte()).unwrap_or(text.len());
        // The reader stops at the first byte of a line break.
        end += usize::from(bytes[..end].ends_with(b"\r") && bytes[end..].starts_with(b"\n"));
        let written = &bytes[start..end];
        // Empty lines before a row are skipped.
        let skipped = written.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        let line = next_line + breaks(&written[..skipped]);
        (start, next_line) = (end, next_line + breaks(written));
        if head.is_none() {
            head = Some(written);
            continue;
        }
        if record.len() as u64 != columns {
            return Err(TableError::Uneven {
                line,
                fields: record.len() as u64,
                columns,
            });
        }
        rows.push(Row {
            value: text_of(record.get(number).unwrap_or_default()),
            line,
            bytes: written,
        });
    }
    let head = head.ok_or(TableError::Empty)?;
    Ok(Table { head, rows })
}

/// The separator under which the first line has the column: it, the column's number, and how many there are.
fn separator(text: &[u8], column: &str) -> Result<(u8, usize, u64), TableError> {
    let mut most: Vec<String> = Vec::new();
    for separator in SEPARATORS {
        let mut reader = ReaderBuilder::new()
            .has_headers(false)
            .delimiter(separator)
            .from_reader(text);
        let mut record = ByteRecord::new();
        if !reader.read_byte_record(&mut record).unwrap_or(false) {
            return Err(TableError::Empty);
        }
        let names: Vec<_> = record.iter().map(text_of).collect();
        let mut found = names.iter().enumerate().filter(|(_, name)| *name == column.trim());
        if let Some((number, _)) = found.next() {
            return match found.next() {
                Some(_) => Err(TableError::TwoColumns),
                None => Ok((separator, number, names.len() as u64)),
            };
        }
        if names.len() > most.len() {
            most = names;
        }
    }
    Err(TableError::NoColumn(most))
}

fn breaks(bytes: &[u8]) -> u64 {
    bytes.iter().filter(|byte| **byte == b'\n').count() as u64
}

fn text_of(field: &[u8]) -> String {
    String::from_utf8_lossy(field).trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn values(text: &str, column: &str) -> Vec<String> {
        let table = read(text.as_bytes(), column).unwrap();
        let all: Vec<u8> = [table.head]
            .into_iter()
            .chain(table.rows.iter().map(|row| row.bytes))
            .flatten()
            .copied()
            .collect();
        assert_eq!(all, text.as_bytes(), "nothing is lost, added or moved");
        table.rows.into_iter().map(|row| row.value).collect()
    }

    #[test]
    fn tables_are_read_as_spreadsheets_write_them() {
        let german = "\u{feff}Name;Abteilung;Anmerkung\r\n\"Müller; Jo\";Küche;\"zwei\r\nZeilen\"\r\nÖz; Lager ;\r\n";
        assert_eq!(values(german, "Abteilung"), ["Küche", "Lager"]);
        assert_eq!(
            values(
                "name,Department\nA,Kitchen\nB,\"Care, night\"\n\nC,Kitchen",
                "Department"
            ),
            ["Kitchen", "Care, night", "Kitchen"]
        );
        assert_eq!(values("имя\tсмена\nИван\tночь\n", "смена"), ["ночь"]);
        assert_eq!(values("Department\nKitchen\n", " Department "), ["Kitchen"]);
        assert_eq!(values("a,b\n", "b"), Vec::<String>::new());
    }

    #[test]
    fn a_row_that_does_not_fit_is_named_by_its_line() {
        let uneven = read(b"a,b\n1,2\n1,2,3\n", "b").err();
        assert_eq!(
            uneven,
            Some(TableError::Uneven {
                line: 3,
                fields: 3,
                columns: 2
            })
        );
        // A quote that is never closed swallows the rest, and so a row more than fits.
        assert!(matches!(
            read(b"a,b\n\"1,2\n3,4\n", "b").err(),
            Some(TableError::Uneven { line: 2, fields: 1, .. })
        ));
        assert_eq!(
            read(b"a,b\n1,M\xfcller\n", "b").err(),
            Some(TableError::NotUtf8 { line: 2 })
        );
        assert_eq!(read(b"\xff\xfea\0", "a").err(), Some(TableError::NotText));
        assert_eq!(read(b"", "a").err(), Some(TableError::Empty));
        assert_eq!(read(b"a;b;b\n", "b").err(), Some(TableError::TwoColumns));
        let none = read(b"Name;Shift\n", "Department").err();
        assert_eq!(none, Some(TableError::NoColumn(vec!["Name".into(), "Shift".into()])));
    }

    proptest! {
        #[test]
        fn what_is_split_adds_up_to_what_was_there(text in "(\u{feff})?a,b\n([ab\",\r\n;]{0,40}\n?)*") {
            if let Ok(table) = read(text.as_bytes(), "b") {
                let len: usize = table.rows.iter().map(|row| row.bytes.len()).sum();
                // Empty lines after the last row belong to nobody.
                prop_assert!(table.head.len() + len <= text.len());
                let rest = &text.as_bytes()[table.head.len() + len..];
                prop_assert!(rest.iter().all(|byte| matches!(byte, b'\r' | b'\n')));
            }
        }
    }
}
