//! Lengths of docs/format.md sections 5 and 6.

use crate::floe::{SEGMENT_LEN, SEGMENT_ROOM};

/// P = max(4096, padme(archive length + 8))
#[must_use]
pub fn padded_len(archive_len: u64) -> u64 {
    padme(archive_len + 8).max(4096)
}

/// E = floor(log2 L), S = floor(log2 E) + 1, L up to a multiple of 2^(E - S); `len` is at least 2.
#[must_use]
pub fn padme(len: u64) -> u64 {
    let e = len.ilog2();
    let s = e.ilog2() + 1;
    len.next_multiple_of(1 << e.saturating_sub(s))
}

/// n = ceil(P / 262112)
#[must_use]
pub fn segments(padded_len: u64) -> u64 {
    padded_len.div_ceil(SEGMENT_ROOM as u64)
}

/// 74 + P + 32 n
#[must_use]
pub fn payload_len(padded_len: u64) -> u64 {
    74 + padded_len + (SEGMENT_LEN - SEGMENT_ROOM) as u64 * segments(padded_len)
}

/// archive || zero bytes || I2BE(archive length, 8)
#[must_use]
pub fn pad(archive: &[u8]) -> Vec<u8> {
    let archive_len = u64::try_from(archive.len()).expect("a length fits 64 bits");
    let padded_len = usize::try_from(padded_len(archive_len)).expect("vectors fit memory");
    let mut padded = archive.to_vec();
    padded.resize(padded_len - 8, 0);
    padded.extend_from_slice(&archive_len.to_be_bytes());
    padded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padme_rounds_as_the_paper_does() {
        // by hand from the formula: 9 has E 3 and S 2, 4097 has E 12 and S 4, 262112 has E 17 and S 5
        for (len, padded) in [
            (9, 10),
            (4096, 4096),
            (4097, 4352),
            (262_112, 262_144),
            (262_145, 270_336),
        ] {
            assert_eq!(padme(len), padded, "{len}");
        }
    }

    #[test]
    fn up_to_one_gib_there_are_513_lengths() {
        let (mut padded, mut count) = (4096, 1);
        while padded < 1 << 30 {
            padded = padme(padded + 1);
            count += 1;
        }
        assert_eq!(count, 513);
    }
}
