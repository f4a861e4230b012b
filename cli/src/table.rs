//! A table as people have it (CSV), split by the values of one column. Pure: bytes in, rows out as they were written.

use csv::{ByteRecord, ReaderBuilder};

use crate::quotes;
use crate::text::comparable;

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
    /// Until the end of the file, so that it may have swallowed rows.
    #[error("the quote that is opened on line {line} is never closed")]
    OpenQuote { line: u64 },
    /// Most often one that closes a quote that was never meant to be open, with rows in it.
    #[error("something other than a separator follows the quote that is closed on line {line}")]
    AfterQuote { line: u64 },
    /// As [`Table::swallowed`] finds it.
    #[error("the row from line {line} on seems to hold another one in its quotes")]
    Swallowed { line: u64 },
    /// A row that is longer or shorter than the line of column names: a quote is missing, most often.
    #[error("the row from line {line} on has {fields} fields, and there are {columns} columns")]
    Uneven { line: u64, fields: u64, columns: u64 },
}

/// Rows by value.
pub(crate) struct Table<'a> {
    /// The line of column names, with what stands before it.
    pub(crate) head: &'a [u8],
    /// Each with its value in the column, as it compares, and the line that it starts on.
    pub(crate) rows: Vec<Row<'a>>,
    separator: u8,
}

/// One row.
pub(crate) struct Row<'a> {
    pub(crate) value: String,
    pub(crate) line: u64,
    /// Its bytes, line break included.
    pub(crate) bytes: &'a [u8],
}

impl Table<'_> {
    /// The line of the first row that seems to hold another one in its quotes. Quotes that are missing or left over in two places do that.
    ///
    /// Of a field of several lines that is: a line that has separators, and a value that `is_known`, or nearly, between them. How many there are says nothing: a
    /// note or an address has as many.
    pub(crate) fn swallowed(&self, is_known: impl Fn(&str) -> bool) -> Option<u64> {
        let is_value = |piece: &&str| is_known(&comparable(piece.trim_matches('"')));
        let names_a_value = |line: Vec<&str>| line.len() > 1 && line.iter().any(is_value);
        let swallows = |row: &&Row<'_>| {
            let fields = self.fields(row.bytes);
            let mut fields = fields.iter().filter(|field| field.contains(['\r', '\n']));
            fields.any(|field| self.lines(field).any(names_a_value))
        };
        self.rows.iter().find(swallows).map(|row| row.line)
    }

    /// Each line, cut at its separators.
    fn lines<'a>(&self, text: &'a str) -> impl Iterator<Item = Vec<&'a str>> {
        let separator = char::from(self.separator);
        text.split(['\r', '\n'])
            .map(move |line| line.split(separator).collect())
    }

    /// Those of a row that has line breaks in it, as they are meant; none of another.
    fn fields(&self, row: &[u8]) -> Vec<String> {
        if !row.trim_ascii().contains(&b'\n') && !row.trim_ascii().contains(&b'\r') {
            return Vec::new();
        }
        let mut reader = ReaderBuilder::new()
            .has_headers(false)
            .delimiter(self.separator)
            .from_reader(row);
        let mut record = ByteRecord::new();
        let _ = reader.read_byte_record(&mut record);
        record
            .iter()
            .map(|field| String::from_utf8_lossy(field).into_owned())
            .collect()
    }
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
    let text = without_separator_line(bytes.strip_prefix(BOM).unwrap_or(bytes));
    let before = bytes.len() - text.len();
    let (separator, number, columns) = separator(text, column)?;
    let first_line = 1 + breaks(&bytes[..before]);
    quotes::check(text, separator, first_line)?;
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .delimiter(separator)
        .flexible(true)
        .from_reader(text);
    let mut record = ByteRecord::new();
    let (mut head, mut rows) = (None, Vec::<Row<'a>>::new());
    let (mut start, mut next_line) = (before, first_line);
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
            head = Some(&bytes[..end]);
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
    Ok(Table { head, rows, separator })
}

/// What follows a line that some spreadsheets write above the table, `sep=;`.
fn without_separator_line(text: &[u8]) -> &[u8] {
    let Some(rest) = text.strip_prefix(b"sep=").or_else(|| text.strip_prefix(b"SEP=")) else {
        return text;
    };
    match rest {
        [separator, b'\r', b'\n', rest @ ..] | [separator, b'\n', rest @ ..] if SEPARATORS.contains(separator) => rest,
        _ => text,
    }
}

/// The separator under which the first line has the column: it, the column's number, and how many there are.
fn separator(text: &[u8], column: &str) -> Result<(u8, usize, u64), TableError> {
    let (mut most, column) = (Vec::<String>::new(), comparable(column));
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
        let mut found = names.iter().enumerate().filter(|(_, name)| **name == column);
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
    comparable(&String::from_utf8_lossy(field))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use unicode_normalization::UnicodeNormalization as _;

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
    fn a_value_is_the_same_however_its_accents_are_written() {
        let table = read("Département\nCuisine été\n".as_bytes(), "De\u{301}partement").unwrap();
        assert_eq!(
            table.rows[0].value,
            "Cuisine e\u{301}te\u{301}".nfc().collect::<String>()
        );
        let table = read("sep=;\r\nName;Shift\r\nA,b;night\r\n".as_bytes(), "Shift").unwrap();
        assert_eq!(table.head, b"sep=;\r\nName;Shift\r\n");
        assert_eq!((table.rows[0].value.as_str(), table.rows[0].line), ("night", 3));
    }

    #[test]
    fn a_quote_that_swallows_rows_is_refused() {
        let open = read(b"Name;Dept\nA;Kitchen\nB;\"Care\nC;Kitchen\n", "Dept").err();
        assert_eq!(open, Some(TableError::OpenQuote { line: 3 }));
        let after = read(b"Name;Dept\nA;\"Care\nB;\"Kitchen\nC;Kitchen\n", "Dept").err();
        assert_eq!(after, Some(TableError::AfterQuote { line: 3 }));
        let known = |value: &str| ["Kitchen", "Care"].contains(&value);
        for (text, line) in [
            ("Name;Dept\nA;Care\n\"B;Care\nC\";Kitchen\n", Some(3)),
            ("Name;Dept\nA;Care\nB;\"Care\nC;Kitchen\"\n", Some(3)),
            ("Name;Dept\nA;Care\n\"B\nis;her name\";Kitchen\n", None),
            ("Name;Dept\nA;Care\n\"B\nC\";Kitchen\n", None),
            ("Name;Dept;Note\nA;Care;\"two\nlines; and more\"\nB;Care;\n", None),
            ("Name;Dept;Note\nB;\"Care;x\nC\";Kitchen\n", Some(2)),
            ("Name;Dept;Note;More\nA;Care;\"note; x\nmore\";y\n", None),
            ("Name;Dept;Note;More\nA;Care;\"x;y\nB;Kitchen;z\";w\n", Some(2)),
            ("Name;Dept\rA;Care\r\"B;Care\rC\";Kitchen\r", Some(1)),
            ("Name;Dept;Note\nB;Care;\"x\nC;Kitchen;y\"\n", Some(2)),
            // The swallowed row is short, long, or has quotes of its own.
            ("Name;Dept;Note\n\"A;Kitchen\nB\";Care;y\n", Some(2)),
            ("Name;Dept;Note\n\"A;Kitchen;x;z\nB\";Care;y\n", Some(2)),
            (
                "Name;Dept;Phone;Note\nA;Care;072;\"\nB;Kitchen;073;\"\"night; weekend\"\n",
                Some(2),
            ),
            ("Name;Dept;Note\nA;Care;\"Kitchen\nis next; by the way\"\n", None),
            // Notes and addresses as they are.
            (
                "Name;Dept;Note\nA;Care;\"first call; then write\nmornings; please; thanks\"\n",
                None,
            ),
            ("Name;Address;Dept\nA;\"12 Main St; Flat 4\nBerlin; DE\";Care\n", None),
        ] {
            assert_eq!(read(text.as_bytes(), "Dept").unwrap().swallowed(known), line, "{text}");
        }
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
