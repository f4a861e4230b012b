//! How long a passphrase that a person made up holds: an estimate, and a warning where that is not long. Never a refusal.

use zxcvbn::Score;

/// Each guess costs Argon2id: a hundred a second is what an adversary with some money does.
const GUESSES_PER_SECOND: u64 = 100;

/// Says so on standard error where `passphrase` would be guessed.
pub(crate) fn warn(passphrase: &str) {
    if let Some(warning) = warning(passphrase) {
        eprintln!("{warning}");
    }
}

fn warning(passphrase: &str) -> Option<String> {
    // Beyond this it is long enough, and the estimate would take long.
    if passphrase.len() > 100 || passphrase.is_empty() {
        return None;
    }
    let estimate = zxcvbn::zxcvbn(passphrase, &[]);
    if estimate.score() >= Score::Four {
        return None;
    }
    let holds = duration(estimate.guesses() / GUESSES_PER_SECOND);
    Some(format!(
        "warning: this passphrase is weak: somebody with some money guesses it in about {holds}. Six random words are safe: -p, and an empty answer."
    ))
}

fn duration(secs: u64) -> String {
    let (count, unit) = match secs {
        0..60 => return "a moment".to_owned(),
        60..3_600 => (secs / 60, "minute"),
        3_600..86_400 => (secs / 3_600, "hour"),
        86_400..31_536_000 => (secs / 86_400, "day"),
        _ => (secs / 31_536_000, "year"),
    };
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_make_up_is_warned_of_and_what_is_drawn_is_not() {
        for weak in ["password", "Kitchen2024!", "qwertzuiop", "Müller1987"] {
            assert!(
                warning(weak).is_some_and(|text| text.contains("weak") && !text.contains(weak)),
                "{weak}"
            );
        }
        for strong in ["vivid-canyon-sting-mule-oblige-harbor", "four words are enough", ""] {
            assert_eq!(warning(strong), None, "{strong}");
        }
        assert_eq!(warning(&"a".repeat(1000)), None);
    }

    #[test]
    fn durations_are_read_as_people_say_them() {
        for (secs, text) in [
            (0, "a moment"),
            (90, "1 minute"),
            (7_300, "2 hours"),
            (400 * 86_400, "1 year"),
        ] {
            assert_eq!(duration(secs), text);
        }
    }
}
