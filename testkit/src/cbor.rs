//! CBOR by hand (RFC 8949), so that what is not deterministic can be written too. Nothing here parses.

/// An unsigned integer in its shortest form.
#[must_use]
pub fn uint(value: u64) -> Vec<u8> {
    head(0, value)
}

/// A byte string.
#[must_use]
pub fn bytes(value: &[u8]) -> Vec<u8> {
    [head(2, len_of(value)), value.to_vec()].concat()
}

/// A text string; the bytes need not be UTF-8.
#[must_use]
pub fn text(value: impl AsRef<[u8]>) -> Vec<u8> {
    [head(3, len_of(value.as_ref())), value.as_ref().to_vec()].concat()
}

/// An array of encoded items.
#[must_use]
pub fn array(items: &[Vec<u8>]) -> Vec<u8> {
    [head(4, len_of(items)), items.concat()].concat()
}

/// A map of encoded values under small keys, in the order given.
#[must_use]
pub fn map(pairs: &[(u64, Vec<u8>)]) -> Vec<u8> {
    let pairs_encoded: Vec<u8> = pairs
        .iter()
        .flat_map(|(key, value)| [uint(*key), value.clone()].concat())
        .collect();
    [head(5, len_of(pairs)), pairs_encoded].concat()
}

/// The simple value null.
pub const NULL: u8 = 0xF6;

/// Major type and argument in the shortest form: 1, 2, 3, 5 or 9 bytes.
#[must_use]
pub fn head(major: u8, argument: u64) -> Vec<u8> {
    match argument {
        0..=23 => vec![major << 5 | argument.to_be_bytes()[7]],
        24..=0xFF => wide_head(major, argument, 1),
        0x100..=0xFFFF => wide_head(major, argument, 2),
        0x1_0000..=0xFFFF_FFFF => wide_head(major, argument, 4),
        _ => wide_head(major, argument, 8),
    }
}

/// Major type and argument in 1, 2, 4 or 8 bytes, needed or not.
#[must_use]
pub fn wide_head(major: u8, argument: u64, width: usize) -> Vec<u8> {
    let additional = match width {
        1 => 24,
        2 => 25,
        4 => 26,
        _ => 27,
    };
    [&[major << 5 | additional][..], &argument.to_be_bytes()[8 - width..]].concat()
}

fn len_of<T>(items: &[T]) -> u64 {
    u64::try_from(items.len()).expect("a length fits 64 bits")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_are_those_of_the_rfc() {
        // RFC 8949 appendix A
        for (value, hex) in [
            (23, "17"),
            (24, "1818"),
            (100, "1864"),
            (1000, "1903e8"),
            (1_000_000, "1a000f4240"),
        ] {
            assert_eq!(hex::encode(uint(value)), hex);
        }
        assert_eq!(hex::encode(uint(1_000_000_000_000)), "1b000000e8d4a51000");
        assert_eq!(
            hex::encode(array(&[uint(1), text("a"), bytes(&[1, 2])])),
            "83016161420102"
        );
        assert_eq!(hex::encode(map(&[(1, uint(2)), (3, uint(4))])), "a201020304");
    }
}
