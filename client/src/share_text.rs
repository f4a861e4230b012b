//! Recovery shares as people keep them: forty words, or a code. docs/format.md section 4.5.

mod search;

pub use search::{NoShare, share_in};

use satchel_crypto::limit::SHARE_LEN;
use satchel_crypto::{Share, Verdict};
use zeroize::Zeroizing;

use crate::words::{find, spelled, unspelled};

/// How many words a share is.
pub const WORDS: usize = SHARE_LEN * 8 / BITS_PER_WORD;
const BITS_PER_WORD: usize = 11;
const CODE_CHARS: usize = 74;

/// The share as forty words, joined by spaces.
#[must_use]
pub fn words_of(share: &Share) -> Zeroizing<String> {
    spelled(share.to_bytes().as_slice(), WORDS)
}

/// The mirror of [`words_of`]: anything but letters between the words, in any case.
///
/// # Errors
/// `MalformedShare`.
pub fn share_of_words(text: &str) -> Result<Share, Verdict> {
    let mut bytes = Zeroizing::new([0_u8; SHARE_LEN]);
    if unspelled(text, bytes.as_mut_slice(), WORDS).is_ok() {
        Share::from_bytes(&bytes)
    } else {
        Err(Verdict::MalformedShare)
    }
}

/// Whether a share may have this word, in any case.
#[must_use]
pub fn is_word(text: &str) -> bool {
    let lower = Zeroizing::new(text.to_lowercase());
    find(&lower).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn share(body: &[u8; 51]) -> Option<Share> {
        use sha2::Digest as _;
        let mut bytes = [0; SHARE_LEN];
        bytes[..51].copy_from_slice(body);
        bytes[0] = 0x19;
        bytes[17] = body[17] % 32 + 1;
        bytes[18] = body[18] % 31 + 2;
        let sum = sha2::Sha256::new()
            .chain_update(b"satchel/v1/checksum")
            .chain_update(&bytes[..51])
            .finalize();
        bytes[51..].copy_from_slice(&sum[..4]);
        Share::from_bytes(&bytes).ok()
    }

    proptest! {
        #[test]
        fn words_and_code_come_back_as_the_share_that_they_are(body in any::<[u8; 51]>()) {
            let share = share(&body).unwrap();
            let words = words_of(&share);
            prop_assert_eq!(words.split(' ').count(), 40);
            prop_assert_eq!(share_in(&words.to_uppercase()).unwrap().to_bytes(), share.to_bytes());
            let page = format!("Share 2\n\n  {}\n\nkeep it\n", share.encode().as_str());
            prop_assert_eq!(share_in(&page).unwrap().to_bytes(), share.to_bytes());
        }

        /// [S-2]
        #[test]
        fn another_word_in_the_place_of_one_is_noticed(body in any::<[u8; 51]>(), at in 0..40_usize, by in 1..2048_usize) {
            let words = words_of(&share(&body).unwrap());
            let mut words: Vec<_> = words.split(' ').collect();
            let list = bip39::Language::English.word_list();
            let number = usize::from(bip39::Language::English.find_word(words[at]).unwrap());
            words[at] = list[(number + by) % 2048];
            prop_assert_eq!(share_in(&words.join(" ")).err(), Some(NoShare::Mistyped));
        }
    }

    /// [S-2]
    #[test]
    fn each_share_s_vector_comes_to_its_verdict() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../vectors/share");
        let mut seen = 0;
        for file in std::fs::read_dir(folder).unwrap() {
            let bytes = std::fs::read(file.unwrap().path()).unwrap();
            let at = bytes.windows(2).position(|two| two == b"\n\n").unwrap();
            let head = std::str::from_utf8(&bytes[..at]).unwrap();
            let value = |key: &str| head.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(": "));
            let text = String::from_utf8_lossy(&bytes[at + 2..]);
            let read = match value("form") {
                Some("words") => share_of_words(&text),
                Some("text") => share_in(&text).map_err(|_| Verdict::MalformedShare),
                _ => Share::parse(&text),
            };
            let word = read.as_ref().map_or_else(|verdict| verdict.word(), |_| "ok");
            assert_eq!(Some(word), value("verdict"), "{head}");
            if let (Ok(share), Some(code)) = (&read, value("code")) {
                assert_eq!(share.encode().as_str(), code);
            }
            if let (Ok(share), Some(words)) = (&read, value("words")) {
                assert_eq!(words_of(share).as_str(), words);
            }
            seen += 1;
        }
        assert!(seen > 50, "{seen}");
    }

    #[test]
    fn what_is_no_share_is_refused_for_what_is_nearest() {
        for (text, why) in [
            ("", NoShare::Nothing),
            ("abandon", NoShare::Nothing),
            ("Thirty hours, full pay.", NoShare::Nothing),
            (&"abandon ".repeat(39), NoShare::WordCount(39)),
            (&"abandon ".repeat(40), NoShare::Mistyped),
            (&"abandon ".repeat(41), NoShare::WordCount(41)),
            (
                &["abandon ".repeat(16), "abondon ".into(), "abandon ".repeat(23)].concat(),
                NoShare::UnknownWord(17),
            ),
        ] {
            assert_eq!(share_in(text).err(), Some(why), "{text}");
        }
    }

    #[test]
    fn a_code_that_is_mistyped_is_called_that_and_not_nothing() {
        let share = share(&[7; 51]).unwrap();
        let code = share.encode();
        let with = |at: usize, c: char| -> String {
            let of = |(i, was)| if i == at { c } else { was };
            code.chars().enumerate().map(of).collect()
        };
        let other = if code.as_bytes()[20] == b'a' { 'b' } else { 'a' };
        for (text, why) in [
            (with(20, other), NoShare::MistypedCode),
            (code.to_lowercase(), NoShare::MistypedCode),
            (code.to_uppercase(), NoShare::MistypedCode),
            (
                format!("> {}\n> {}\n", &with(20, other)[..40], &code[40..]),
                NoShare::MistypedCode,
            ),
            (format!("my share: {}\n", with(0, 'H')), NoShare::MistypedCode),
            (with(20, '+'), NoShare::UnknownCharacter(21)),
            (with(73, '.'), NoShare::UnknownCharacter(74)),
            (format!("\"{}\"", with(5, 'ö')), NoShare::UnknownCharacter(6)),
            (code[..73].to_owned(), NoShare::Nothing),
            (
                "We ask for more pay and for a shorter shift, and for rooms that are warm in winter.".into(),
                NoShare::Nothing,
            ),
        ] {
            assert_eq!(share_in(&text).err(), Some(why), "{text}");
        }
        // Words that are nearly a share are what is said, whatever the code beside them.
        let page = format!("{}\n{}", "abandon ".repeat(39), with(20, other));
        assert_eq!(share_in(&page).err(), Some(NoShare::WordCount(39)));
    }

    #[test]
    fn a_page_opens_by_what_can_still_be_read_of_it() {
        let share = share(&[7; 51]).unwrap();
        let (words, code) = (words_of(&share), share.encode());
        let lines: Vec<String> = words
            .split(' ')
            .enumerate()
            .map(|(number, word)| format!("{:2}.{word:<8}{}", number + 1, if number % 5 == 4 { "\n" } else { " " }))
            .collect();
        let page = |code: &str| {
            format!(
                "Recovery share 1 of plan.satchel\n\nWords\n\n{}\nCode\n\n    {code}\n",
                lines.concat()
            )
        };
        let is_it = |text: &str| share_in(text).is_ok_and(|found| found.to_bytes() == share.to_bytes());
        assert!(is_it(&page(&code)) && is_it(&page(&code[..73])) && is_it(&page("")));
        // Columns that were copied one after the other.
        let (odd, even): (Vec<_>, Vec<_>) = lines.iter().enumerate().partition(|(number, _)| number % 2 == 0);
        let columns: String = odd.into_iter().chain(even).map(|(_, word)| word.as_str()).collect();
        assert!(is_it(&columns));
        let quoted = format!("> my share:\n> \"{}\n> {}\"\n> bye", &code[..40], &code[40..]);
        assert!(is_it(&quoted));
        assert!(is_it(&format!("Dear all, here it is: {} and keep it.", words.as_str())));
        let torn = page(&code[..70]).replace(&lines[11], "12.@@@@ ");
        assert_eq!(share_in(&torn).err(), Some(NoShare::WordCount(39)));
        let smudged = page(&code[..70]).replace(&lines[11], "12.abondon ");
        assert_eq!(share_in(&smudged).err(), Some(NoShare::UnknownWord(12)));
    }
}
