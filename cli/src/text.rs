//! Words that people typed twice, on two systems, and mean as the same.

use unicode_normalization::UnicodeNormalization as _;

/// As it compares with others: [`normalised`], and white space of any kind and length between words as one plain space. A spreadsheet writes a
/// no-break space where somebody sees a space.
pub(crate) fn comparable(text: &str) -> String {
    normalised(&text.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// Normalised (NFC), without white space at its ends.
pub(crate) fn normalised(text: &str) -> String {
    text.trim().nfc().collect()
}

/// What stands after a byte order mark, which some editors write at the start of a text.
pub(crate) fn without_bom(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_space_of_any_kind_compares_as_one_space() {
        for text in [
            "Night shift",
            "Night  shift",
            "\u{a0}Night\u{a0}shift ",
            "Night\u{2009}shift",
            "Night\u{202f} \u{3000}shift\u{2003}",
            "Night\tshift",
            "Night\r\nshift",
        ] {
            assert_eq!(comparable(text), "Night shift", "{text:?}");
        }
        assert_ne!(comparable("Nightshift"), comparable("Night shift"));
        assert_eq!(normalised(" a  b "), "a  b");
    }
}
