//! Sizes and times as people write them: `100MiB`, `7d`, or a plain number of bytes or seconds.

use std::fmt;
use std::str::FromStr;

use serde::de::{Deserialize, Deserializer, Error, Visitor};

const SIZES: &[(&str, u64)] = &[
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("TiB", 1 << 40),
    ("B", 1),
    ("", 1),
];
const TIMES: &[(&str, u64)] = &[
    ("s", 1),
    ("m", 60),
    ("h", 3600),
    ("d", 24 * 3600),
    ("w", 7 * 24 * 3600),
    ("", 1),
];

/// A number of bytes: `4096`, `100MiB`, `1GiB`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bytes(pub u64);

/// A number of seconds: `90`, `15m`, `36h`, `7d`, `2w`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seconds(pub u64);

/// Why a size or time was not understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a whole number with a unit, one of {units}")]
pub struct UnitError {
    units: &'static str,
}

fn parse(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = text.get(digits.len()..)?;
    let (_, factor) = units.iter().find(|(name, _)| *name == unit)?;
    digits.trim_end().parse::<u64>().ok()?.checked_mul(*factor)
}

impl FromStr for Bytes {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        parse(text, SIZES).map(Self).ok_or(UnitError {
            units: "B, KiB, MiB, GiB, TiB",
        })
    }
}

impl FromStr for Seconds {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        parse(text, TIMES).map(Self).ok_or(UnitError { units: "s, m, h, d, w" })
    }
}

struct NumberOrText<T>(std::marker::PhantomData<T>);

impl<T: FromStr<Err = UnitError> + From<u64>> Visitor<'_> for NumberOrText<T> {
    type Value = T;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a whole number, or a text with a unit")
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<T, E> {
        u64::try_from(number)
            .map(T::from)
            .map_err(|_| E::custom("must not be negative"))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<T, E> {
        Ok(T::from(number))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        text.parse().map_err(E::custom)
    }
}

impl From<u64> for Bytes {
    fn from(number: u64) -> Self {
        Self(number)
    }
}

impl From<u64> for Seconds {
    fn from(number: u64) -> Self {
        Self(number)
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NumberOrText(std::marker::PhantomData))
    }
}

impl<'de> Deserialize<'de> for Seconds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NumberOrText(std::marker::PhantomData))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_times_take_their_units() {
        assert_eq!("100MiB".parse(), Ok(Bytes(100 << 20)));
        assert_eq!("4096".parse(), Ok(Bytes(4096)));
        assert_eq!("7d".parse(), Ok(Seconds(7 * 24 * 3600)));
        assert_eq!("90".parse(), Ok(Seconds(90)));
    }

    #[test]
    fn what_is_no_size_or_overflows_is_refused() {
        for text in ["", "MiB", "-1", "1.5GiB", "1MB", "99999999999TiB", "1d"] {
            assert!(text.parse::<Bytes>().is_err(), "{text}");
        }
        assert!("1y".parse::<Seconds>().is_err());
    }
}
