//! The share in a text as people keep it: the page that `satchel split` wrote, copied, typed, quoted in a mail or in part unreadable.

use satchel_crypto::{Share, Verdict};
use zeroize::Zeroizing;

use super::{CODE_CHARS, WORDS, is_word, share_of_words};

/// More than a page, or a mail that quotes one. The search may take its square.
const TEXT_LEN_MAX: usize = 64 * 1024;
/// So many of the forty words, each with its number before it, are a page and no accident.
const NUMBERED_MIN: usize = 20;
/// So many words of the list in a row are meant as a share.
const ROW_MIN: usize = 10;
/// In so few pieces a code that is mistyped is looked for: more are likely to be a sentence that happens to be as long.
const PIECES_MAX: usize = 4;
/// So many wrong characters are no code.
const UNKNOWN_MAX: usize = 4;

/// Why there is no share in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoShare {
    /// Nothing like one.
    #[error("it is neither 40 words nor a code of 74 characters")]
    Nothing,
    /// Words, but not forty.
    #[error("it has {0} words, and 40 belong to a share")]
    WordCount(usize),
    /// The number of a word, from 1, that is not in the list.
    #[error("word {0} of the 40 is not one that a share has")]
    UnknownWord(usize),
    /// Forty words of the list, but not those that were written: their checksum is another.
    #[error("one of its 40 words is another than it was, or two changed places")]
    Mistyped,
    /// As many characters as a code has, but not those that were written: their checksum is another.
    #[error("its code is mistyped: at least one of the 74 characters is wrong, or small instead of capital")]
    MistypedCode,
    /// The number of a character, from 1, that no code has.
    #[error("its code is mistyped: character {0} of the 74 is not one that a code has")]
    UnknownCharacter(usize),
}

/// The share in a text: a code, whole or broken by line breaks and quote marks, or else forty words, with numbers or without, whatever stands around them.
///
/// # Errors
/// What is nearest to a share, and what is wrong with it.
pub fn share_in(text: &str) -> Result<Share, NoShare> {
    if text.len() > TEXT_LEN_MAX {
        return Err(NoShare::Nothing);
    }
    if let Some(share) = codes_in(text, usize::MAX).find_map(|code| Share::parse(&code).ok()) {
        return Ok(share);
    }
    by_words(text).map_err(|why| match why {
        NoShare::Nothing => mistyped_code(text).unwrap_or(why),
        why => why,
    })
}

const fn is_code(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '-' || c == '_'
}

/// What has the length of a code, in as many pieces at most.
fn codes_in(text: &str, pieces: usize) -> impl Iterator<Item = Zeroizing<String>> {
    let parts: Vec<_> = text
        .split_whitespace()
        .map(|part| part.trim_matches(|c| !is_code(c)))
        .filter(|part| !part.is_empty())
        .collect();
    (0..parts.len()).filter_map(move |at| {
        let mut code = Zeroizing::new(String::with_capacity(CODE_CHARS));
        for part in parts[at..].iter().take(pieces) {
            if code.len() + part.len() > CODE_CHARS || !part.chars().all(is_code) {
                break;
            }
            code.push_str(part);
        }
        (code.len() == CODE_CHARS).then_some(code)
    })
}

/// What is wrong with a code that is there in its length.
fn mistyped_code(text: &str) -> Option<NoShare> {
    let unknown = |part: &str| {
        let is_wrong = |c: char| !is_code(c);
        let few = (1..=UNKNOWN_MAX).contains(&part.chars().filter(|c| is_wrong(*c)).count());
        let first = part.chars().position(is_wrong).filter(|_| few);
        first.filter(|_| part.chars().count() == CODE_CHARS)
    };
    let mut parts = text
        .split_whitespace()
        .map(|part| part.trim_matches(['"', '\'', '>', '`']));
    match parts.find_map(unknown) {
        Some(at) => Some(NoShare::UnknownCharacter(at + 1)),
        None => codes_in(text, PIECES_MAX).next().map(|_| NoShare::MistypedCode),
    }
}

/// A run of letters, and the number that stands before it.
struct Word<'a> {
    text: &'a str,
    number: Option<usize>,
}

impl Word<'_> {
    fn is_known(&self) -> bool {
        is_word(self.text)
    }
}

fn by_words(text: &str) -> Result<Share, NoShare> {
    let words = words_in(text);
    let mut numbered: Vec<&Word<'_>> = Vec::new();
    for number in 1..=WORDS {
        numbered.extend(words.iter().find(|word| word.number == Some(number)));
    }
    if numbered.len() >= NUMBERED_MIN {
        return share_of(&numbered);
    }
    let known: Vec<_> = words.iter().map(Word::is_known).collect();
    for (at, row) in words.windows(WORDS).enumerate() {
        if known[at..at + WORDS].iter().all(|known| *known)
            && let Ok(share) = share_of(&row.iter().collect::<Vec<_>>())
        {
            return Ok(share);
        }
    }
    // The longest row of words that are known, a single one between two such aside.
    let mut best = 0..0;
    let mut start = 0;
    for (at, is_known) in known.iter().enumerate() {
        let is_between = at > start && known.get(at + 1) == Some(&true);
        if !is_known && !is_between {
            start = at + 1;
        }
        if at + 1 > start && at + 1 - start > best.len() {
            best = start..at + 1;
        }
    }
    if best.len() < ROW_MIN {
        return Err(NoShare::Nothing);
    }
    share_of(&words[best].iter().collect::<Vec<_>>())
}

fn share_of(words: &[&Word<'_>]) -> Result<Share, NoShare> {
    if words.len() != WORDS {
        return Err(NoShare::WordCount(words.len()));
    }
    if let Some(unknown) = words.iter().position(|word| !word.is_known()) {
        return Err(NoShare::UnknownWord(unknown + 1));
    }
    let mut joined = Zeroizing::new(String::with_capacity(
        words.iter().map(|word| word.text.len() + 1).sum(),
    ));
    for word in words {
        joined.push_str(word.text);
        joined.push(' ');
    }
    share_of_words(&joined).map_err(|_: Verdict| NoShare::Mistyped)
}

fn words_in(text: &str) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find(char::is_alphabetic) {
        let (before, from) = rest.split_at(start);
        let (text, after) = from.split_at(from.find(|c: char| !c.is_alphabetic()).unwrap_or(from.len()));
        words.push(Word {
            text,
            number: number_at_the_end(before),
        });
        rest = after;
    }
    words
}

/// Of `... 12.` or `12) `.
fn number_at_the_end(before: &str) -> Option<usize> {
    let before = before.trim_end_matches(' ').strip_suffix(['.', ')', ':'])?;
    let digits = before.len() - before.bytes().rev().take_while(u8::is_ascii_digit).count();
    before[digits..].parse().ok()
}
