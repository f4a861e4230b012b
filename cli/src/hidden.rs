//! What is not repeated on a screen or in a log: links and receipts that were given in the wrong place.

use satchel_client::crypto::limit::{LINK_CHARS, RECEIPT_CHARS};
use satchel_client::crypto::{Link, Receipt};

/// `text` without the links and receipts in it: what was given in the wrong place is not repeated on a screen or in a log.
pub(crate) fn without_links(text: &str) -> String {
    let is_base64url = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(is_base64url) {
        let (before, from_run) = rest.split_at(start);
        let end = from_run.find(|c| !is_base64url(c)).unwrap_or(from_run.len());
        let (run, after) = from_run.split_at(end);
        out.push_str(before);
        let is_fragment =
            before.ends_with('#') || before.ends_with('%') && (run.starts_with("23") || run.starts_with("25"));
        let is_secret = is_fragment && run.len() >= 20 || holds_secret(run);
        out.push_str(if is_secret { "(hidden)" } else { run });
        rest = after;
    }
    out.push_str(rest);
    out
}

fn holds_secret(run: &str) -> bool {
    let is_whole = |at: usize| {
        let link = run
            .get(at..at + LINK_CHARS)
            .is_some_and(|text| Link::parse(text).is_ok());
        link || run
            .get(at..at + RECEIPT_CHARS)
            .is_some_and(|text| Receipt::parse(text).is_ok())
    };
    (0..run.len()).any(is_whole)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::random;

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
            let said = without_links(&text);
            assert!(
                !said.contains(&fragment[4..24]) && !said.contains(&receipt[4..24]),
                "{said}"
            );
            assert!(said.contains("(hidden)"));
        }
        let hash = "cannot read 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08.pdf: No such file";
        assert_eq!(without_links(hash), hash);
    }
}
