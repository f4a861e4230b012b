//! Pages for people to print: a line fits the paper, and has a heading above it.

use std::fmt::Write as _;
use std::time::{Duration, UNIX_EPOCH};

use actix_web::http::header::HttpDate;

/// A line of the page.
const WIDTH: usize = 110;

/// Unix seconds.
pub(crate) fn date(secs: u64) -> HttpDate {
    HttpDate::from(UNIX_EPOCH + Duration::from_secs(secs))
}

/// A heading, and words that are broken into lines.
pub(crate) fn part(text: &mut String, heading: &str, said: &str) {
    let _ = write!(text, "\n{heading}\n\n");
    words(text, said);
}

/// Words that are broken into lines.
pub(crate) fn words(text: &mut String, said: &str) {
    let mut width = 0;
    for word in said.split(' ') {
        let len = word.chars().count();
        let fits = width > 0 && width + 1 + len <= WIDTH;
        text.push_str(match (width, fits) {
            (0, _) => "",
            (_, true) => " ",
            (_, false) => "\n",
        });
        width = if fits { width + 1 + len } else { len };
        text.push_str(word);
    }
    text.push('\n');
}
