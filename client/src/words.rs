//! Generated passphrases: six words of 2048, so 66 bits. Pure, given randomness.

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
