//! Padded lengths and what follows from them, docs/format.md sections 5 and 6.

use core::ops::Range;

use crate::limit::{
    PADDED_LEN_MAX, PADDED_LEN_MIN, PAYLOAD_HEADER_LEN, SEGMENT_LEN, SEGMENT_OVERHEAD, SEGMENT_PLAINTEXT_LEN,
};

/// The length of the trailer: the archive's length at the end of the padding.
pub(crate) const TRAILER_LEN: usize = 8;

/// `E = floor(log2 L), S = floor(log2 E) + 1`, L rounded up to a multiple of `2^(E - S)`. For 2 to 2^62.
///
/// Source: Nikitin et al., "Reducing Metadata Leakage from Encrypted Files and Communication with PURBs", section 4.
const fn padme(len: u64) -> u64 {
    let e = len.ilog2();
    let s = e.ilog2() + 1;
    let mask = (1 << e.saturating_sub(s)) - 1;
    (len + mask) & !mask
}

/// `P = max(4096, padme(archive length + 8))`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PaddedLen(u64);

impl PaddedLen {
    /// The padded length of an archive; none above 2^50.
    pub(crate) fn of_archive(archive_len: u64) -> Option<Self> {
        let with_trailer = archive_len
            .checked_add(TRAILER_LEN as u64)
            .filter(|len| *len <= PADDED_LEN_MAX)?;
        Some(Self(padme(with_trailer).max(PADDED_LEN_MIN)))
    }

    /// The mirror of [`payload_len`](Self::payload_len); none where no padded length gives `payload_len`.
    pub(crate) fn of_payload(payload_len: u64) -> Option<Self> {
        let segments_len = payload_len.checked_sub(PAYLOAD_HEADER_LEN as u64)?;
        let overhead = segments_len.div_ceil(SEGMENT_LEN as u64) * SEGMENT_OVERHEAD as u64;
        let padded = Self(segments_len.checked_sub(overhead)?);
        let allowed = (PADDED_LEN_MIN..=PADDED_LEN_MAX).contains(&padded.0) && padme(padded.0) == padded.0;
        (allowed && padded.payload_len() == payload_len).then_some(padded)
    }

    /// `74 + P + 32 n`
    pub(crate) const fn payload_len(self) -> u64 {
        PAYLOAD_HEADER_LEN as u64 + self.0 + SEGMENT_OVERHEAD as u64 * self.segment_count()
    }

    /// `n = ceil(P / 262112)`
    pub(crate) const fn segment_count(self) -> u64 {
        self.0.div_ceil(SEGMENT_PLAINTEXT_LEN as u64)
    }

    /// `P`
    pub(crate) const fn get(self) -> u64 {
        self.0
    }
}

/// Where segment `position` lies, counted from the first segment's start; a segment that is not the last is full.
pub(crate) const fn full_segment_range(position: u64) -> Range<u64> {
    let start = position.saturating_mul(SEGMENT_LEN as u64);
    start..start.saturating_add(SEGMENT_LEN as u64)
}

#[cfg(test)]
#[path = "padding_tests.rs"]
mod tests;
