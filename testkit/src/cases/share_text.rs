//! Section 4.5, S-2: shares as they are written. The body is the code, or the 40 words.

use bip39::Language;

use crate::dice::Dice;
use crate::keys::sha256;
use crate::link::base64url;
use crate::share::{Share, Split, words};
use crate::vector::Vector;

pub(super) fn vectors() -> Vec<Vector> {
    [good(), written(), codes(), other_words(), parts(), checksums()]
        .into_iter()
        .flatten()
        .collect()
}

/// Number 2 of a split of this vector's own.
fn share_of(name: &str) -> Share {
    let mut dice = Dice::new(&format!("share/{name}"));
    let container_id = dice.array();
    Split::new(&mut dice, container_id, 3).share(2)
}

/// A share in one form, with what follows from it.
fn parsed(name: &str, form: &str, comment: &str, share: &Share) -> Vector {
    let (body, other, text) = if form == "code" {
        (share.code(), "words", share.words())
    } else {
        (share.words(), "code", share.code())
    };
    Vector::new("share", name, "ok S-2", comment)
        .with("form", form)
        .with("container_id", hex::encode(share.container_id))
        .with("number", share.number)
        .with("threshold", share.threshold)
        .with("value", hex::encode(share.value))
        .with(other, text)
        .body(body)
}

/// A share's code among other things.
fn in_a_text(name: &str, comment: &str, before: &[&str], after: &str) -> Vector {
    let share = share_of(name);
    let text = [&before.concat(), &*share.code(), after].concat();
    parsed(name, "text", comment, &share).body(text)
}

fn good() -> Vec<Vector> {
    let numbered = |number, threshold| Share {
        number,
        threshold,
        ..share_of("numbered")
    };
    let filled = |byte| Share {
        container_id: [byte; 16],
        value: [byte; 32],
        ..share_of("filled")
    };
    vec![
        in_a_text(
            "text_around_a_code",
            "a page with the words as well, numbered",
            &[
                "Share 2\n\n  1.",
                &share_of("text_around_a_code").words(),
                "\n\nCode\n\n    ",
            ],
            "\n\nKeep it.\n",
        ),
        in_a_text(
            "text_before_and_no_line_break_after",
            "the code is the last word",
            &["Kept by Ana: "],
            "",
        ),
        parsed("code", "code", "74 characters", &share_of("code")),
        parsed(
            "words",
            "words",
            "40 words of BIP 39's English list",
            &share_of("words"),
        ),
        parsed("code_of_number_32", "code", "as high as may be", &numbered(32, 2)),
        parsed(
            "code_of_threshold_32",
            "code",
            "32 of 32, the first of them",
            &numbered(1, 32),
        ),
        parsed(
            "code_of_number_1",
            "code",
            "as low as may be, and so is the threshold",
            &numbered(1, 2),
        ),
        parsed(
            "code_of_zeros",
            "code",
            "container id and value of 00 bytes",
            &filled(0),
        ),
        parsed(
            "words_of_zeros",
            "words",
            "container id and value of 00 bytes",
            &filled(0),
        ),
        parsed(
            "words_of_ones",
            "words",
            "container id and value of FF bytes",
            &filled(0xFF),
        ),
    ]
}

/// Words as people write them: anything but letters between them, in either case.
fn written() -> Vec<Vector> {
    let written = |name: &str, comment, write: fn(&str) -> String| {
        let share = share_of(name);
        parsed(name, "words", comment, &share).body(write(&share.words()))
    };
    vec![
        written("words_in_capitals", "ABANDON", str::to_uppercase),
        written("words_with_a_capital_each", "Abandon", |words| {
            each(words, " ", |_, word| [&word[..1].to_uppercase(), &word[1..]].concat())
        }),
        written("words_numbered", "1. abandon 2. ability", |words| {
            each(words, " ", |at, word| format!("{}. {word}", at + 1))
        }),
        written(
            "words_numbered_without_spaces",
            "1abandon2ability: a digit is no letter",
            |words| each(words, "", |at, word| format!("{}{word}", at + 1)),
        ),
        written("words_one_a_line", "LF after each", |words| {
            words.replace(' ', "\n") + "\n"
        }),
        written("words_with_crlf", "CR LF between them", |words| {
            words.replace(' ', "\r\n")
        }),
        written("words_in_a_table", "five in a row, as a share is printed", |words| {
            each(words, "", |at, word| {
                format!("{:2}.{word:<8}{}", at + 1, if at % 5 == 4 { "\n" } else { " " })
            })
        }),
        written("words_with_commas_and_hyphens", "and no space", |words| {
            each(words, "", |at, word| {
                format!("{word}{}", if at % 2 == 0 { "," } else { "-" })
            })
        }),
        written("words_with_many_spaces", "before, between and after", |words| {
            format!("  {}\t ", words.replace(' ', "  \t"))
        }),
        written(
            "words_with_white_space_past_ascii",
            "U+00A0, U+2003 and U+FEFF, none of which is a letter",
            |words| format!("\u{FEFF}{}", words.replace(' ', "\u{A0}\u{2003}")),
        ),
    ]
}

/// Each word by `write`, given its place, and joined.
fn each(words: &str, between: &str, write: impl Fn(usize, &str) -> String) -> String {
    let written: Vec<_> = words.split(' ').enumerate().map(|(at, word)| write(at, word)).collect();
    written.join(between)
}

fn malformed(name: &str, form: &str, comment: &str, text: String) -> Vector {
    Vector::new("share", name, "malformed_share S-2", comment)
        .with("form", form)
        .body(text)
}

fn codes() -> Vec<Vector> {
    let changed = |name: &str, comment, change: fn(String) -> String| {
        malformed(name, "code", comment, change(share_of(name).code()))
    };
    vec![
        changed("code_empty", "no character", |_| String::new()),
        changed("code_cut_by_a_character", "73 characters", |code| {
            code[..73].to_string()
        }),
        changed("code_cut_in_the_middle", "40 characters", |code| code[..40].to_string()),
        changed("code_longer_by_a_character", "75 characters", |code| code + "A"),
        changed("code_longer_by_two_characters", "76 characters, 57 bytes", |code| {
            code + "AA"
        }),
        changed("code_padded", "== at the end, as base64 has it", |code| code + "=="),
        changed("code_mistyped", "one character is another", |code| {
            let other = if &code[30..31] == "A" { "B" } else { "A" };
            [&code[..30], other, &code[31..]].concat()
        }),
        changed("code_of_the_other_alphabet", "+ in place of a character", |code| {
            [&code[..30], "+", &code[31..]].concat()
        }),
        changed("code_in_lower_case", "base64url has case", |code| code.to_lowercase()),
        changed("code_not_ascii", "a Cyrillic а among the letters", |code| {
            [&code[..30], "а", &code[32..]].concat()
        }),
        changed(
            "code_of_spare_bits_not_zero",
            "the last character's lowest bit",
            |code| {
                let last = code.chars().next_back().expect("a code has characters");
                let next = match last {
                    'A' => "B",
                    'Q' => "R",
                    'g' => "h",
                    _ => "x",
                };
                assert!("AQgw".contains(last), "the last two bits of 440 and four of nothing");
                [&code[..73], next].concat()
            },
        ),
        malformed(
            "words_as_a_code",
            "code",
            "they are not base64url",
            share_of("words_as_a_code").words(),
        ),
    ]
}

fn other_words() -> Vec<Vector> {
    let changed = |name: &str, comment, change: fn(&mut Vec<String>)| {
        let text = share_of(name).words();
        let mut words: Vec<_> = text.split(' ').map(String::from).collect();
        change(&mut words);
        malformed(name, "words", comment, words.join(" "))
    };
    vec![
        changed("words_empty", "no word", Vec::clear),
        changed("words_39", "the last one is missing", |words| words.truncate(39)),
        changed("words_41", "the last one twice", |words| words.push(words[39].clone())),
        changed("words_24", "as many as a wallet has", |words| words.truncate(24)),
        changed("words_with_another_word", "of the list, the next one", |words| {
            let list = Language::English.word_list();
            let at = list
                .iter()
                .position(|word| *word == words[20])
                .expect("it is of the list");
            words[20] = list[(at + 1) % 2048].to_string();
        }),
        changed("words_with_two_swapped", "at 10 and 11", |words| {
            assert_ne!(words[10], words[11], "two equal words would change nothing");
            words.swap(10, 11);
        }),
        changed("words_with_one_outside_the_list", "satchel", |words| {
            words[5] = String::from("satchel")
        }),
        changed("words_with_one_misspelt", "a letter more", |words| words[5] += "s"),
        changed(
            "words_with_one_of_another_list",
            "abaisser, of the French one",
            |words| words[0] = String::from("abaisser"),
        ),
        changed("words_with_two_run_together", "no space at 10", |words| {
            let next = words.remove(11);
            words[10] += &next;
        }),
        changed("words_with_one_hyphenated", "its letters are apart", |words| {
            words[5].insert(1, '-')
        }),
        changed(
            "words_with_one_letter_of_another_script",
            "a Cyrillic е before the first word, which is a letter",
            |words| words[0].insert(0, 'е'),
        ),
        changed("words_with_a_word_before", "share, and then the 40", |words| {
            words.insert(0, String::from("share"))
        }),
        changed("words_with_one_empty", "39 and nothing", |words| words[7].clear()),
        malformed(
            "code_as_words",
            "words",
            "one word, and none of the list",
            share_of("code_as_words").code(),
        ),
    ]
}

/// The same defect in both forms, its checksum right.
fn part(name: &str, comment: &str, change: fn(&mut Share)) -> [Vector; 2] {
    let mut share = share_of(name);
    change(&mut share);
    [
        malformed(&format!("code_of_{name}"), "code", comment, share.code()),
        malformed(&format!("words_of_{name}"), "words", comment, share.words()),
    ]
}

fn parts() -> Vec<Vector> {
    [
        part("kind_18", "a receipt's, the length a share's", |share| {
            share.kind = 0x18
        }),
        part("kind_29", "a newer one", |share| share.kind = 0x29),
        part("kind_0", "no kind", |share| share.kind = 0),
        part("number_0", "that would be the secret", |share| share.number = 0),
        part("number_33", "one past the limit", |share| share.number = 33),
        part("number_255", "as high as a byte goes", |share| share.number = 255),
        part("threshold_0", "no share at all", |share| share.threshold = 0),
        part("threshold_1", "one share would be enough", |share| share.threshold = 1),
        part("threshold_33", "one past the limit", |share| share.threshold = 33),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn checksums() -> Vec<Vector> {
    let both = |name: &str, comment, sum: fn(&[u8]) -> [u8; 32]| {
        let body = share_of(name).body();
        let bytes = [&body[..], &sum(&body)[..4]].concat();
        [
            malformed(&format!("code_{name}"), "code", comment, base64url(&bytes)),
            malformed(&format!("words_{name}"), "words", comment, words(&bytes)),
        ]
    };
    let right = |body: &[u8]| sha256(&[b"satchel/v1/checksum", body].concat());
    [
        both(
            "with_a_checksum_without_its_label",
            "SHA-256 of the bytes alone",
            sha256,
        ),
        both("with_a_checksum_flipped", "one bit of its last byte", |body| {
            let mut sum = sha256(&[b"satchel/v1/checksum", body].concat());
            sum[3] ^= 1;
            sum
        }),
        {
            // A share of 53 bytes: two of checksum, as a link has.
            let name = "code_with_a_checksum_of_two_bytes";
            let body = share_of(name).body();
            let bytes = [&body[..], &right(&body)[..2]].concat();
            let text = base64url(&bytes);
            [
                malformed(name, "code", "as a link has it: 71 characters", text),
                malformed(
                    "words_with_a_checksum_of_two_bytes",
                    "words",
                    "as a link has it: 38 words",
                    words(&bytes),
                ),
            ]
        },
    ]
    .into_iter()
    .flatten()
    .collect()
}
