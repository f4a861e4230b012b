//! Words that people typed twice, on two systems, and mean as the same.

use unicode_normalization::UnicodeNormalization as _;

/// As it compares with others: normalised (NFC), without white space at its ends.
pub(crate) fn comparable(text: &str) -> String {
    text.trim().nfc().collect()
}

/// What stands after a byte order mark, which some editors write at the start of a text.
pub(crate) fn without_bom(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}
