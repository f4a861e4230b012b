//! The panic secret: as people keep it, and what it is for. docs/format.md section 8.3.

use satchel_api::{Panicked, route};
use satchel_crypto::{PANIC_WORDS_LEN, PanicSecret};
use zeroize::Zeroizing;

use crate::backoff::Backoff;
use crate::http::{bearer, json};
use crate::words::{Misspelled, spelled, unspelled};
use crate::{Context, Error, Pause, Transport, Watch};

/// How many words a panic secret is.
pub const PANIC_WORDS: usize = 25;

/// The secret as 25 words, joined by spaces.
#[must_use]
pub fn panic_words(panic: &PanicSecret) -> Zeroizing<String> {
    spelled(panic.to_bytes().as_slice(), PANIC_WORDS)
}

/// The mirror of [`panic_words`]: anything but letters between the words, in any case. docs/format.md calls whatever is wrong `malformed_link`; people are told what.
///
/// # Errors
/// All of [`Misspelled`].
pub fn panic_of_words(text: &str) -> Result<PanicSecret, Misspelled> {
    let mut bytes = Zeroizing::new([0; PANIC_WORDS_LEN]);
    unspelled(text, bytes.as_mut_slice(), PANIC_WORDS)?;
    PanicSecret::from_bytes(&bytes).map_err(|_| Misspelled::Check)
}

/// Burns everything on this server that was made under the secret, and says how many that were: 0 also where nothing was. Repeating is fine, and burns what
/// a crash left.
///
/// # Errors
/// `Unreachable`, `BadAnswer`, `Refused`.
pub async fn panic<T: Transport, P: Pause, W: Watch>(
    context: &Context<'_, T, P, W>,
    panic: &PanicSecret,
) -> Result<u64, Error> {
    let token = panic.bearer();
    let mut backoff = Backoff::default();
    loop {
        let tried = match context.send_to("POST", route::PANIC, vec![bearer(&token)], None).await {
            Ok(answer) => json(answer).await,
            Err(error) => Err(error),
        };
        match tried {
            Ok(Panicked { burned }) => return Ok(burned),
            Err(error) => backoff.wait(context, error).await?,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn list() -> &'static [&'static str; 2048] {
        bip39::Language::English.word_list()
    }

    proptest! {
        /// [L-10]
        #[test]
        fn words_come_back_as_the_secret_and_another_word_is_noticed(seed: u64, at in 0..25_usize, by in 1..2048_usize) {
            let panic = PanicSecret::generate(&mut crate::testing::Seeded::new(seed));
            let words = panic_words(&panic);
            let typed = words.to_uppercase().replace(' ', " - \n3. ");
            prop_assert_eq!(panic_of_words(&typed).unwrap().bearer(), panic.bearer());
            let mut words: Vec<_> = words.split(' ').collect();
            prop_assert_eq!(words.len(), PANIC_WORDS);
            prop_assert_eq!(panic_of_words(&words[..24].join(" ")).err(), Some(Misspelled::Count(24)));
            prop_assert_eq!(panic_of_words(&(words.join(" ") + " zoo")).err(), Some(Misspelled::Count(26)));
            let number = usize::from(bip39::Language::English.find_word(words[at]).unwrap());
            words[at] = list()[(number + by) % 2048];
            // One in 500,000 is another secret's.
            prop_assert!(panic_of_words(&words.join(" ")).is_ok_and(|other| other.bearer() != panic.bearer()) || panic_of_words(&words.join(" ")).is_err());
            words[at] = "nurse-rota-shift";
            prop_assert_eq!(panic_of_words(&words.join(" ")).err(), Some(Misspelled::Unknown(at + 2)));
        }
    }

    /// [L-10]
    #[test]
    fn a_text_that_is_something_else_is_no_attempt_at_words() {
        let mut rng = crate::testing::Seeded::new(3);
        for _ in 0..500 {
            let link = PanicSecret::generate(&mut rng).encode();
            assert_eq!(panic_of_words(&link).err(), Some(Misspelled::NotWords));
            let passed_on = format!(
                "Look, this is what we make; please open it soon: https://satchel.example/#{}",
                *link
            );
            assert_eq!(panic_of_words(&passed_on).err(), Some(Misspelled::NotWords));
        }
        for text in [
            "",
            "zoo",
            "zoo zoo zoo zoo zoo",
            "\u{202e}",
            "рота смен медсестёр на май и июнь",
        ] {
            assert_eq!(panic_of_words(text).err(), Some(Misspelled::NotWords), "{text}");
        }
    }

    /// [L-10]
    #[test]
    fn a_thousand_mistakes_of_one_word_are_noticed() {
        let words = panic_words(&PanicSecret::generate(&mut crate::testing::Seeded::new(7)));
        for mistake in 0..1000 {
            let mut words: Vec<_> = words.split(' ').collect();
            let at = mistake % PANIC_WORDS;
            let number = usize::from(bip39::Language::English.find_word(words[at]).unwrap());
            words[at] = list()[(number + 1 + mistake) % 2048];
            assert_eq!(
                panic_of_words(&words.join(" ")).err(),
                Some(Misspelled::Check),
                "{mistake}"
            );
        }
    }

    /// [L-10]
    #[test]
    fn the_words_of_the_vector_are_its_bits_eleven_at_a_time() {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../vectors/link/panic_link");
        let vector = std::fs::read_to_string(path).unwrap();
        let (head, link) = vector.split_once("\n\n").unwrap();
        let hex = head.lines().find_map(|line| line.strip_prefix("word_bits: ")).unwrap();
        let bits: String = hex
            .chars()
            .map(|c| format!("{:04b}", c.to_digit(16).unwrap()))
            .collect();
        let word = |at: usize| list()[usize::from_str_radix(&bits[11 * at..11 * at + 11], 2).unwrap()];
        let words: Vec<_> = (0..PANIC_WORDS).map(word).collect();
        assert_eq!(
            panic_words(&PanicSecret::parse(link).unwrap()).as_str(),
            words.join(" ")
        );
    }
}
