//! `figure: NAME: VALUE` lines of a long run -> the table between the markers of docs/reliability.md.

use std::fs;

use crate::failure::Failure;
use crate::shell;

const PAGE: &str = "docs/reliability.md";
const BEGIN: &str = "<!-- figures: written by `cargo xtask test --long` -->\n";
const END: &str = "<!-- end of figures -->";
const FRESH: &str = "# Reliability\n\nWhat the long run counted, last time that it passed as a whole. Each line is printed by \
    the test that\ncounted it; run them with `cargo xtask test --long`.\n\n";

/// Name and value of a line that holds one.
pub(crate) fn figure(line: &str) -> Option<(String, String)> {
    let (name, value) = line.trim().strip_prefix("figure: ")?.split_once(": ")?;
    Some((name.trim().to_owned(), value.trim().to_owned()))
}

/// Replaces the table; everything outside the markers is left as it is.
pub(crate) fn write(figures: &[(String, String)]) -> Result<(), Failure> {
    let path = shell::root().join(PAGE);
    let before = fs::read_to_string(&path).unwrap_or_else(|_| format!("{FRESH}{BEGIN}{END}\n"));
    let after = replaced(&before, figures)
        .ok_or_else(|| Failure::Findings(vec![format!("{PAGE}: the markers of the figures are missing")]))?;
    fs::write(&path, after).map_err(|source| Failure::File { path, source })
}

fn replaced(page: &str, figures: &[(String, String)]) -> Option<String> {
    let (head, rest) = page.split_once(BEGIN)?;
    let (_, tail) = rest.split_once(END)?;
    let mut sorted = figures.to_vec();
    sorted.sort();
    sorted.dedup();
    let rows: String = sorted
        .iter()
        .map(|(name, value)| format!("| {name} | {value} |\n"))
        .collect();
    Some(format!(
        "{head}{BEGIN}\n| what | figure |\n|---|---|\n{rows}\n{END}{tail}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_line_is_taken_apart_at_its_first_colon() {
        let found = figure("figure: readers of one paste: 200 of 200: one each");
        assert_eq!(
            found,
            Some(("readers of one paste".to_owned(), "200 of 200: one each".to_owned()))
        );
        assert_eq!(figure("a figure: b: c"), None);
    }

    #[test]
    fn only_what_is_between_the_markers_changes() {
        let page = format!("before\n{BEGIN}old{END}\nafter\n");
        let new = replaced(
            &page,
            &[("b".to_owned(), "2".to_owned()), ("a".to_owned(), "1".to_owned())],
        )
        .unwrap();
        assert!(new.starts_with("before\n") && new.ends_with("\nafter\n") && !new.contains("old"));
        assert!(new.find("| a | 1 |").unwrap() < new.find("| b | 2 |").unwrap());
    }
}
