//! Generated passphrases: six words of 2048, so 66 bits; and secrets that are written down as words. Pure, given randomness.

use rand_core::CryptoRng;
use zeroize::Zeroizing;

/// How many words.
pub const COUNT: usize = 6;
/// log2 of the list's length.
const BITS_PER_WORD: usize = 11;
/// The English list of BIP 39, a word in each line. As an array of words it would be twice as long in the page's WebAssembly: each would come with a pointer and a
/// length.
const LIST: &str = include_str!("words.txt");
/// No word is longer.
const WORD_LEN_MAX: usize = 8;

/// A passphrase that nobody had to invent.
pub struct Words {
    text: Zeroizing<String>,
}

impl Words {
    /// Draws [`COUNT`] words, each equally likely.
    #[must_use]
    pub fn generate(rng: &mut (impl CryptoRng + ?Sized)) -> Self {
        // No word is longer than 8 letters: the text never moves, and leaves no copy behind.
        let mut text = Zeroizing::new(String::with_capacity(COUNT * 9));
        let mut random = Zeroizing::new([0_u8; 2 * COUNT]);
        rng.fill_bytes(random.as_mut_slice());
        for (number, pair) in random.chunks_exact(2).enumerate() {
            if number > 0 {
                text.push('-');
            }
            let draw = usize::from(pair[0]) << 8 | usize::from(pair[1]);
            text.push_str(word(draw % (1 << BITS_PER_WORD)));
        }
        Self { text }
    }

    /// The words, joined by `-`: as they are shown and typed.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Its strength: 66.
    #[must_use]
    pub const fn bits(&self) -> usize {
        COUNT * BITS_PER_WORD
    }
}

/// Why a text is not the words of a secret. Holds no word of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Misspelled {
    /// Few of its words are of the list: it is something else.
    NotWords,
    /// The word of this number, from 1, is not in the list.
    Unknown(usize),
    /// All are of the list, but there are this many.
    Count(usize),
    /// All are of the list and as many as they should be, but together they are nobody's secret: one is another's, or in another's place.
    Check,
}

/// Fewer words of the list than this are no attempt at a secret.
const ATTEMPT_MIN: usize = 6;

/// The word of a number below 2048.
fn word(number: usize) -> &'static str {
    let word = LIST.split_terminator('\n').nth(number);
    word.expect("a number of 11 bits, and the list has a word for each")
}

/// The mirror of [`word`].
pub(crate) fn find(word: &str) -> Option<usize> {
    LIST.split_terminator('\n').position(|each| each == word)
}

/// `count` words for the first `11 * count` bits of `bytes`, joined by spaces.
pub(crate) fn spelled(bytes: &[u8], count: usize) -> Zeroizing<String> {
    let bit = |at: usize| usize::from(bytes[at / 8] >> (7 - at % 8) & 1);
    let mut text = Zeroizing::new(String::with_capacity(count * (WORD_LEN_MAX + 1)));
    for at in 0..count {
        let start = at * BITS_PER_WORD;
        let number = (start..start + BITS_PER_WORD).fold(0, |number, at| number << 1 | bit(at));
        if at > 0 {
            text.push(' ');
        }
        text.push_str(word(number));
    }
    text
}

/// The mirror of [`spelled`], into zeros: anything but letters between the words, in any case.
///
/// # Errors
/// All of [`Misspelled`] but `Check`.
pub(crate) fn unspelled(text: &str, bytes: &mut [u8], count: usize) -> Result<(), Misspelled> {
    let (mut seen, mut of_list, mut unknown) = (0, 0, None);
    for typed in text
        .split(|c: char| !c.is_alphabetic())
        .filter(|typed| !typed.is_empty())
    {
        let typed = Zeroizing::new(typed.to_lowercase());
        match find(&typed) {
            Some(number) if seen < count => {
                write(number, bytes, seen);
                of_list += 1;
            }
            Some(_) => of_list += 1,
            None => unknown = unknown.or(Some(seen + 1)),
        }
        seen += 1;
    }
    match unknown {
        _ if of_list < ATTEMPT_MIN || of_list * 2 < seen => Err(Misspelled::NotWords),
        Some(number) => Err(Misspelled::Unknown(number)),
        None if seen != count => Err(Misspelled::Count(seen)),
        None => Ok(()),
    }
}

/// The bits of one word, into zeros, behind `before` others.
fn write(number: usize, bytes: &mut [u8], before: usize) {
    for (i, at) in (before * BITS_PER_WORD..(before + 1) * BITS_PER_WORD).enumerate() {
        let bit = number >> (BITS_PER_WORD - 1 - i) & 1;
        bytes[at / 8] |= u8::from(bit == 1) << (7 - at % 8);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Seeded;

    #[test]
    fn the_list_is_that_of_bip_39() {
        let list = bip39::Language::English.word_list();
        assert_eq!(LIST, list.join("\n") + "\n");
        assert!(list.iter().all(|word| word.len() <= WORD_LEN_MAX));
        for (number, each) in list.iter().enumerate() {
            assert_eq!((word(number), find(each)), (*each, Some(number)));
        }
        assert_eq!((find(""), find("satchel")), (None, None));
    }

    #[test]
    fn six_words_of_a_list_whose_length_divides_the_draw() {
        assert_eq!(LIST.split_terminator('\n').count(), 1 << BITS_PER_WORD);
        let words = Words::generate(&mut Seeded::new(1));
        assert_eq!(words.as_str().split('-').count(), COUNT);
        assert!(words.as_str().len() <= COUNT * 9);
        assert_ne!(words.as_str(), Words::generate(&mut Seeded::new(2)).as_str());
    }
}
