//! What is not repeated on a screen or in a log: links, receipts, invites, identities and shares that were given in the wrong place.
//!
//! Whole ones are found by parsing them. One that is cut, mistyped or in another case is as secret, and is found by how it looks: rather too much is hidden.

use std::ops::{Range, RangeInclusive};

use satchel_client::crypto::limit::{LINK_CHARS, RECEIPT_CHARS};
use satchel_client::crypto::{Invite, Link, OwnerReceipt, PanicSecret, Receipt, Share};
use satchel_client::share_text::is_word;

const HIDDEN: &str = "(hidden)";
/// What every identity begins with, age's older ones too.
const IDENTITY: &str = "age-secret-key-";
/// So many characters behind that are more than a kind of key, as a sentence may name it.
const IDENTITY_CHARS_MIN: usize = 10;
const SHARE_CHARS: usize = 74;
/// What is shorter or longer is no code of a share with a few characters too few or too many.
const LIKE_A_SHARE: RangeInclusive<usize> = 64..=128;
/// So many words of a share in a row are no sentence.
const ROW_MIN: usize = 12;

/// `text` without the secrets in it.
pub(crate) fn without_secrets(text: &str) -> String {
    without_rows_of_words(&without_codes(&without_identities(text)))
}

/// Whether there is a secret in it.
pub(crate) fn holds_a_secret(text: &str) -> bool {
    without_secrets(text) != text
}

/// Each up to the next white space or quote mark: a wrong character ends none.
fn without_identities(text: &str) -> String {
    // Only the case of ASCII changes, so that what is found in one is at the same place in the other.
    let lower = text.to_ascii_lowercase();
    let (mut out, mut from) = (String::with_capacity(text.len()), 0);
    while let Some(found) = lower[from..].find(IDENTITY) {
        let start = from + found;
        let rest = &text[start..];
        let len = rest
            .find(|c: char| c.is_whitespace() || matches!(c, '\'' | '"' | '`'))
            .unwrap_or(rest.len());
        // The colon of a sentence.
        let identity = rest[..len].trim_end_matches(':');
        out.push_str(&text[from..start]);
        out.push_str(if identity.len() >= IDENTITY.len() + IDENTITY_CHARS_MIN {
            HIDDEN
        } else {
            identity
        });
        from = start + identity.len();
    }
    out.push_str(&text[from..]);
    out
}

/// Without links, receipts, invites and the codes of shares.
fn without_codes(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(is_base64url) {
        let (before, from_run) = rest.split_at(start);
        let end = end_of_run(from_run);
        let run = &from_run[..end];
        let is_fragment =
            before.ends_with('#') || before.ends_with('%') && (run.starts_with("23") || run.starts_with("25"));
        let mistyped = end_of_mistyped_share(from_run, end);
        let is_secret = is_fragment && run.len() >= 20 || holds_code(run) || mistyped.is_some();
        let end = mistyped.unwrap_or(end);
        out.push_str(before);
        out.push_str(if is_secret { HIDDEN } else { run });
        rest = &from_run[end..];
    }
    out.push_str(rest);
    out
}

const fn is_base64url(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '-' || c == '_'
}

fn end_of_run(text: &str) -> usize {
    text.find(|c| !is_base64url(c)).unwrap_or(text.len())
}

fn holds_code(run: &str) -> bool {
    let is_whole = |at: usize| {
        let from = |len: usize| run.get(at..at + len);
        from(LINK_CHARS).is_some_and(|text| {
            Link::parse(text).is_ok() || Invite::parse(text).is_ok() || PanicSecret::parse(text).is_ok()
        }) || from(RECEIPT_CHARS).is_some_and(|text| Receipt::parse(text).is_ok() || OwnerReceipt::parse(text).is_ok())
            || from(SHARE_CHARS).is_some_and(|text| Share::parse(text).is_ok())
    };
    (0..run.len()).any(is_whole)
}

/// Where a share's code ends that begins at the start of `text`, if it looks like one: a run that ends at `end`, or such a run and the next with one
/// wrong character between them.
fn end_of_mistyped_share(text: &str, end: usize) -> Option<usize> {
    if is_like_a_share(&text[..end]) {
        return Some(end);
    }
    let between = text[end..].chars().next()?;
    if between.is_whitespace() || matches!(between, '\'' | '"' | '`' | ':') {
        return None;
    }
    let next = end + between.len_utf8();
    let end = next + end_of_run(&text[next..]);
    // A folder before a share is no part of it.
    (is_like_a_share(&text[..end]) && !is_like_a_share(&text[next..end])).then_some(end)
}

/// Letters of all of the alphabet with digits among them everywhere, unlike a hash in hexadecimal or a file's name of words and dates.
fn is_like_a_share(run: &str) -> bool {
    let bytes = run.as_bytes();
    let beyond_hex = bytes.iter().filter(|byte| matches!(byte, b'g'..=b'z' | b'G'..=b'Z'));
    let is_mixed = |pair: &&[u8]| {
        pair[0].is_ascii_digit() && pair[1].is_ascii_alphabetic()
            || pair[0].is_ascii_alphabetic() && pair[1].is_ascii_digit()
    };
    LIKE_A_SHARE.contains(&run.len()) && beyond_hex.count() >= 16 && bytes.windows(2).filter(is_mixed).count() >= 6
}

/// Without what may be the words of a share: many of them in a row, with any one word between two of them that may be mistyped.
fn without_rows_of_words(text: &str) -> String {
    let words = words_in(text);
    let is_known: Vec<bool> = words.iter().map(|word| is_word(&text[word.clone()])).collect();
    let goes_on = |at: usize| {
        let is_between = is_known[at - 1] && is_known.get(at + 1) == Some(&true);
        (is_known[at] || is_between) && !ends_a_quotation(&text[words[at - 1].end..words[at].start])
    };
    let (mut out, mut from, mut at) = (String::with_capacity(text.len()), 0, 0);
    while at < words.len() {
        let mut end = at + 1;
        while is_known[at] && end < words.len() && goes_on(end) {
            end += 1;
        }
        if end - at >= ROW_MIN {
            out.push_str(&text[from..words[at].start]);
            out.push_str(HIDDEN);
            from = words[end - 1].end;
        }
        at = end;
    }
    out.push_str(&text[from..]);
    out
}

/// Whether a sentence goes on after what it names.
fn ends_a_quotation(between: &str) -> bool {
    let rest = between.strip_prefix([':', '\'', '"', '`']);
    rest.is_some_and(|rest| rest.starts_with(char::is_whitespace))
}

/// Where each run of letters starts and ends.
fn words_in(text: &str) -> Vec<Range<usize>> {
    let (mut words, mut from) = (Vec::new(), 0);
    while let Some(start) = text[from..].find(char::is_alphabetic).map(|at| from + at) {
        let rest = &text[start..];
        let end = start + rest.find(|c: char| !c.is_alphabetic()).unwrap_or(rest.len());
        words.push(start..end);
        from = end;
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::random;
    use satchel_client::crypto::Identity;

    /// A page with a share, as `satchel split` writes it.
    const PAGE: &str = include_str!("../tests/files/shared.share-1.txt");

    #[test]
    fn no_link_is_repeated_where_it_was_given_in_the_wrong_place() {
        let link = Link::generate(&mut random(), false);
        let (fragment, receipt) = (link.encode(), Receipt::generate(link.id(), &mut random()).encode());
        for text in [
            format!("unrecognized subcommand 'https://a.example/#{}'", fragment.as_str()),
            format!("cannot read {}: No such file", fragment.as_str()),
            format!("cannot read https:/a.example/%23{}: No such file", fragment.as_str()),
            format!("unexpected argument 'https://a.example/#{}' found", &fragment[..30]),
            format!("cannot read x_{}.txt", receipt.as_str()),
        ] {
            let said = without_secrets(&text);
            assert!(
                !said.contains(&fragment[4..24]) && !said.contains(&receipt[4..24]),
                "{said}"
            );
            assert!(said.contains("(hidden)"));
        }
        let hash = "cannot read 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08.pdf: No such file";
        assert_eq!(without_secrets(hash), hash);
    }

    #[test]
    fn no_identity_is_repeated_whole_cut_mistyped_or_in_small_letters() {
        let identity = Identity::generate(&mut random()).encode();
        let older = "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX";
        for identity in [
            identity.to_string(),
            identity.to_lowercase(),
            identity[..40].to_owned(),
            format!("{}.{}", &identity[..30], &identity[30..]),
            older.to_owned(),
        ] {
            let said = without_secrets(&format!("cannot read {identity}: No such file"));
            assert_eq!(said, "cannot read (hidden): No such file");
            let said = without_secrets(&format!("unexpected argument '{identity}' found, not '{identity}'"));
            assert_eq!(said, "unexpected argument '(hidden)' found, not '(hidden)'");
        }
        let named = "it begins with AGE-SECRET-KEY-PQ-1";
        assert_eq!(without_secrets(named), named);
    }

    #[test]
    fn no_share_s_code_is_repeated_whole_cut_mistyped_or_in_another_case() {
        let code = PAGE.split_whitespace().find(|part| part.len() == SHARE_CHARS).unwrap();
        assert!(Share::parse(code).is_ok());
        for code in [
            code.to_owned(),
            code.to_lowercase(),
            code.to_uppercase(),
            code[..70].to_owned(),
            format!("share_{code}"),
            format!("{}{}", code, &code[..9]),
            format!("{}B{}", &code[..30], &code[31..]),
            format!("{}+{}", &code[..30], &code[31..]),
            format!("{}Ä{}", &code[..30], &code[31..]),
        ] {
            let said = without_secrets(&format!("cannot read here/{code}: No such file"));
            assert_eq!(said, "cannot read here/(hidden): No such file");
            let said = without_secrets(&format!("unexpected argument '{code}' found, not '{code}'"));
            assert_eq!(said, "unexpected argument '(hidden)' found, not '(hidden)'");
        }
    }

    #[test]
    fn names_of_files_are_repeated_however_long_they_are() {
        for name in [
            "Protokoll_der_Mitgliederversammlung_vom_2026-03-04_mit_allen_Anlagen_und_Nachtraegen.pdf",
            "IMG_20260304_123456_burst_0001_cover_IMG_20260304_123456_burst_0002_cover.jpeg",
            "550e8400-e29b-41d4-a716-446655440000_550e8400-e29b-41d4-a716-446655440001",
            "ee26b0dd4af7e749aa1a8ee3c10ae9923f618980772e473f8819a5d4940e0db27ac185f8a0e1d5f84f88bc887fd67b143732c304cc5fa9ad8e6f57f50028a8ff",
            "ana/wage claims of the night shift and the early shift/what we said and what they said.odt",
        ] {
            let text = format!("cannot read {name}: No such file");
            assert_eq!(without_secrets(&text), text);
        }
    }

    #[test]
    fn the_words_of_a_share_are_not_repeated_numbered_mistyped_or_in_capitals() {
        let lines = PAGE.lines().skip_while(|line| !line.contains(" 1."));
        let page = lines.take(8).collect::<Vec<_>>().join("\n");
        let mut words: Vec<String> = words_in(&page)
            .iter()
            .map(|word| page[word.clone()].to_owned())
            .collect();
        assert_eq!(words.len(), 40);
        let plain = words.join(" ");
        words[7] = "abondon".to_owned();
        for text in [
            plain.clone(),
            plain.to_uppercase(),
            plain.replace(' ', "-"),
            words[..20].join(" "),
            words.join("\u{fffd}"),
        ] {
            let said = without_secrets(&format!("cannot read {text}: No such file"));
            assert_eq!(said, "cannot read (hidden): No such file");
            assert!(holds_a_secret(&text));
        }
        let said = without_secrets(&format!("unexpected argument '{page}' found"));
        assert!(words.iter().all(|word| !said.contains(word.as_str())), "{said}");
    }
}
