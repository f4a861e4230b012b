//! Section 4.2, P-3: what is derived from of a passphrase that was typed or read from a file. The body is what was read.

use crate::vector::Vector;

pub(super) fn vectors() -> Vec<Vector> {
    let (from_file, typed) = ("file", "typed");
    let decomposed = "e\u{301}".repeat(512);
    let excluded = "\u{958}".repeat(171);
    vec![
        ok("plain", "nothing to do", typed, "correct horse", "correct horse"),
        ok(
            "file_without_line_break",
            "nothing to drop",
            from_file,
            "correct horse",
            "correct horse",
        ),
        ok(
            "file_with_lf",
            "one LF is dropped",
            from_file,
            "correct horse\n",
            "correct horse",
        ),
        ok(
            "file_with_crlf",
            "one CR LF is dropped",
            from_file,
            "correct horse\r\n",
            "correct horse",
        ),
        ok(
            "file_with_two_lf",
            "only one is dropped",
            from_file,
            "correct horse\n\n",
            "correct horse\n",
        ),
        ok(
            "file_with_cr",
            "a CR alone is no line break",
            from_file,
            "correct horse\r",
            "correct horse\r",
        ),
        ok(
            "file_with_lf_inside",
            "lines inside stay",
            from_file,
            "correct\nhorse\n",
            "correct\nhorse",
        ),
        ok(
            "file_with_byte_order_mark",
            "nothing else is dropped",
            from_file,
            "\u{FEFF}a",
            "\u{FEFF}a",
        ),
        ok(
            "typed_with_lf",
            "dropped of a file only",
            typed,
            "correct horse\n",
            "correct horse\n",
        ),
        ok(
            "spaces_around",
            "nothing is trimmed",
            from_file,
            " correct horse ",
            " correct horse ",
        ),
        ok("one_byte", "as short as may be", typed, "a", "a"),
        ok("decomposed", "NFD of é becomes NFC", typed, "cafe\u{301}", "caf\u{e9}"),
        ok(
            "decomposed_hangul",
            "three jamo become one syllable",
            typed,
            "\u{1112}\u{1161}\u{11AB}",
            "\u{D55C}",
        ),
        ok(
            "marks_in_another_order",
            "dot below sorts before dot above",
            typed,
            "q\u{307}\u{323}",
            "q\u{323}\u{307}",
        ),
        ok("angstrom_sign", "U+212B becomes U+00C5", typed, "\u{212B}", "\u{C5}"),
        ok(
            "compatibility_stays",
            "NFC, not NFKC: the ligature ﬁ stays",
            typed,
            "\u{FB01}",
            "\u{FB01}",
        ),
        ok(
            "composition_excluded",
            "U+0958 falls apart, even in NFC",
            typed,
            "\u{958}",
            "\u{915}\u{93C}",
        ),
        ok("cyrillic", "UTF-8", typed, "пароль", "пароль"),
        ok("longest", "1,024 bytes", typed, &"a".repeat(1024), &"a".repeat(1024)),
        ok(
            "longest_after_nfc",
            "1,536 bytes become 1,024",
            typed,
            &decomposed,
            &"\u{e9}".repeat(512),
        ),
        bad("empty", "empty_passphrase P-3", "no byte", typed, ""),
        bad("file_empty", "empty_passphrase P-3", "no byte", from_file, ""),
        bad(
            "file_with_lf_only",
            "empty_passphrase P-3",
            "nothing is left",
            from_file,
            "\n",
        ),
        bad(
            "file_with_crlf_only",
            "empty_passphrase P-3",
            "nothing is left",
            from_file,
            "\r\n",
        ),
        bad(
            "too_long",
            "passphrase_too_long P-3",
            "1,025 bytes",
            typed,
            "a".repeat(1025),
        ),
        bad(
            "too_long_after_nfc",
            "passphrase_too_long P-3",
            "513 bytes become 1,026",
            typed,
            excluded,
        ),
        bad(
            "file_not_utf8",
            "malformed_passphrase P-3",
            "FF",
            from_file,
            [b'a', 0xFF],
        ),
        bad(
            "file_of_utf16",
            "malformed_passphrase P-3",
            "FF FE first",
            from_file,
            [0xFF, 0xFE, b'a', 0],
        ),
    ]
}

fn ok(name: &str, comment: &str, from: &str, read: &str, in_nfc: &str) -> Vector {
    bad(name, "ok P-3", comment, from, read).with("nfc_hex", hex::encode(in_nfc))
}

fn bad(name: &str, verdict_and_must: &'static str, comment: &str, from: &str, read: impl Into<Vec<u8>>) -> Vector {
    Vector::new("passphrase", name, verdict_and_must, comment)
        .with("from", from)
        .body(read)
}
