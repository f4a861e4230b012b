//! Durations and times as people write and read them.

use std::str::FromStr;

/// A number and a unit: `90s`, `5m`, `12h`, `7d`, `2w`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Seconds(pub(crate) u64);

/// It was written otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a time is a number and one of s, m, h, d, w, as in 12h or 7d")]
pub(crate) struct NotATime;

impl FromStr for Seconds {
    type Err = NotATime;

    fn from_str(text: &str) -> Result<Self, NotATime> {
        let unit = text.chars().last().ok_or(NotATime)?;
        let secs = match unit {
            's' => 1,
            'm' => 60,
            'h' => 3600,
            'd' => 86_400,
            'w' => 604_800,
            _ => return Err(NotATime),
        };
        let digits = &text[..text.len() - 1];
        if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(NotATime);
        }
        let number: u64 = digits.parse().map_err(|_| NotATime)?;
        number
            .checked_mul(secs)
            .filter(|secs| *secs > 0)
            .map(Self)
            .ok_or(NotATime)
    }
}

/// `once`, `twice`, `3 times`.
pub(crate) fn times(count: u32) -> String {
    match count {
        1 => "once".to_owned(),
        2 => "twice".to_owned(),
        count => format!("{count} times"),
    }
}

/// `45 s`, `12 min`, `2 h`: rounded up.
pub(crate) fn time(secs: u64) -> String {
    match secs {
        0..120 => format!("{secs} s"),
        120..7200 => format!("{} min", secs.div_ceil(60)),
        _ => format!("{} h", secs.div_ceil(3600)),
    }
}

/// `2026-11-30 14:00 UTC`, of Unix seconds.
///
/// Source: the civil calendar by 400-year eras that start on 1 March.
pub(crate) fn date(unix: u64) -> String {
    let (days, secs) = (unix / 86_400, unix % 86_400);
    let day = days + 719_468;
    let (era, day) = (day / 146_097, day % 146_097);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (month, carried) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    let year = era * 400 + year + carried;
    format!(
        "{year}-{month:02}-{day:02} {:02}:{:02} UTC",
        secs / 3600,
        secs / 60 % 60
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_a_number_and_a_unit() {
        for (text, secs) in [
            ("90s", 90),
            ("5m", 300),
            ("12h", 43_200),
            ("7d", 604_800),
            ("2w", 1_209_600),
        ] {
            assert_eq!(text.parse(), Ok(Seconds(secs)));
        }
        for text in [
            "",
            "7",
            "d",
            "0d",
            "-1d",
            "+1d",
            "7 d",
            "7y",
            "99999999999999999999d",
            "9999999999999999999d",
            "7д",
        ] {
            assert_eq!(text.parse::<Seconds>(), Err(NotATime), "{text}");
        }
    }

    #[test]
    fn times_are_said_in_the_unit_that_fits() {
        assert_eq!([1, 2, 3].map(times), ["once", "twice", "3 times"]);
        let said = [1, 119, 121, 3600, 7199, 7201].map(time);
        assert_eq!(said, ["1 s", "119 s", "3 min", "60 min", "120 min", "3 h"]);
    }

    #[test]
    fn dates_are_those_of_the_calendar() {
        for (unix, text) in [
            (0, "1970-01-01 00:00 UTC"),
            (951_782_400, "2000-02-29 00:00 UTC"),
            (1_709_251_199, "2024-02-29 23:59 UTC"),
            (1_795_996_800, "2026-11-30 00:00 UTC"),
            (4_107_542_400, "2100-03-01 00:00 UTC"),
        ] {
            assert_eq!(date(unix), text);
        }
    }
}
