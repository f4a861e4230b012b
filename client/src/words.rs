//! Generated passphrases: six words of 2048, so 66 bits; and secrets that are written down as words. Pure, given randomness.

use rand_core::CryptoRng;
use zeroize::Zeroizing;

/// How many words.
pub const COUNT: usize = 6;
/// log2 of the list's length.
const BITS_PER_WORD: usize = 11;

/// A passphrase that nobody had to invent.
pub struct Words {
    text: Zeroizing<String>,
}

impl Words {
    /// Draws [`COUNT`] words, each equally likely.
    #[must_use]
    pub fn generate(rng: &mut (impl CryptoRng + ?Sized)) -> Self {
        let list = bip39::Language::English.word_list();
        // No word is longer than 8 letters: the text never moves, and leaves no copy behind.
        let mut text = Zeroizing::new(String::with_capacity(COUNT * 9));
        let mut random = Zeroizing::new([0_u8; 2 * COUNT]);
        rng.fill_bytes(random.as_mut_slice());
        for (number, pair) in random.chunks_exact(2).enumerate() {
            if number > 0 {
                text.push('-');
            }
            let draw = usize::from(pair[0]) << 8 | usize::from(pair[1]);
            text.push_str(list[draw % list.len()]);
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

/// No word is longer.
const WORD_LEN_MAX: usize = 8;

/// `count` words for the first `11 * count` bits of `bytes`, joined by spaces.
pub(crate) fn spelled(bytes: &[u8], count: usize) -> Zeroizing<String> {
    let list = bip39::Language::English.word_list();
    let bit = |at: usize| usize::from(bytes[at / 8] >> (7 - at % 8) & 1);
    let mut text = Zeroizing::new(String::with_capacity(count * (WORD_LEN_MAX + 1)));
    for word in 0..count {
        let start = word * BITS_PER_WORD;
        let number = (start..start + BITS_PER_WORD).fold(0, |number, at| number << 1 | bit(at));
        if word > 0 {
            text.push(' ');
        }
        text.push_str(list[number]);
    }
    text
}

/// The mirror of [`spelled`], into zeros: anything but letters between the words, in any case. False where there are not `count` words of the list.
pub(crate) fn unspelled(text: &str, bytes: &mut [u8], count: usize) -> bool {
    let mut seen = 0;
    for word in text.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty()) {
        let word = Zeroizing::new(word.to_lowercase());
        let Some(number) = bip39::Language::English.find_word(&word).filter(|_| seen < count) else {
            return false;
        };
        for (i, at) in (seen * BITS_PER_WORD..(seen + 1) * BITS_PER_WORD).enumerate() {
            let bit = number >> (BITS_PER_WORD - 1 - i) & 1;
            bytes[at / 8] |= u8::from(bit == 1) << (7 - at % 8);
        }
        seen += 1;
    }
    seen == count
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Seeded;

    #[test]
    fn six_words_of_a_list_whose_length_divides_the_draw() {
        assert_eq!(bip39::Language::English.word_list().len(), 1 << BITS_PER_WORD);
        let words = Words::generate(&mut Seeded::new(1));
        assert_eq!(words.as_str().split('-').count(), COUNT);
        assert!(words.as_str().len() <= COUNT * 9);
        assert_ne!(words.as_str(), Words::generate(&mut Seeded::new(2)).as_str());
    }
}
