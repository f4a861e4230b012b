//! `Range` of RFC 9110 section 14, as far as it is honoured: one range of bytes. Anything else is answered whole.

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// Everything: no `Range`, another unit, several ranges, or what does not parse.
    Whole,
    /// `bytes=A-B`: from A to B, both included.
    Between(u64, u64),
    /// `bytes=A-`.
    From(u64),
    /// `bytes=-N`: the last N.
    Last(u64),
}

pub(super) fn parse(value: Option<&str>) -> Asked {
    value.and_then(one).unwrap_or(Asked::Whole)
}

fn one(value: &str) -> Option<Asked> {
    let (unit, set) = value.split_once('=')?;
    let (first, last) = set.trim().split_once('-')?;
    if !unit.eq_ignore_ascii_case("bytes") {
        return None;
    }
    match (first, last) {
        ("", last) => Some(Asked::Last(number(last)?)),
        (first, "") => Some(Asked::From(number(first)?)),
        (first, last) => {
            let (first, last) = (number(first)?, number(last)?);
            (first <= last).then_some(Asked::Between(first, last))
        }
    }
}

/// Digits only; what overflows is past any end.
fn number(text: &str) -> Option<u64> {
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    Some(text.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_range_is_understood() {
        assert_eq!(parse(Some("bytes=0-0")), Asked::Between(0, 0));
        assert_eq!(parse(Some("bytes=5-")), Asked::From(5));
        assert_eq!(parse(Some("BYTES=-7")), Asked::Last(7));
        assert_eq!(
            parse(Some("bytes=0-99999999999999999999999")),
            Asked::Between(0, u64::MAX)
        );
    }

    #[test]
    fn anything_else_is_everything() {
        for value in [
            "bytes=0-1,3-4",
            "lines=0-1",
            "bytes=5-4",
            "bytes=-",
            "bytes=a-b",
            "bytes 0-1",
            "bytes=+1-2",
        ] {
            assert_eq!(parse(Some(value)), Asked::Whole, "{value}");
        }
        assert_eq!(parse(None), Asked::Whole);
    }
}
