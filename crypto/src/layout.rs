//! Reading the archive inside by position: where it ends and where each entry lies. docs/format.md sections 6 and 7.

use alloc::vec::Vec;
use core::ops::Range;

use crate::limit::SEGMENT_PLAINTEXT_LEN;
use crate::padding::{PaddedLen, TRAILER_LEN};
use crate::{Entry, Manifest, PlainSegment, Verdict};

/// The archive's length, from the end of the padding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trailer {
    pub(crate) archive_len: u64,
}

impl Trailer {
    /// Reads it from the last segment, and checks the padding in that segment.
    ///
    /// # Errors
    /// `BadPadding`; `BadSegment` when `last` is not the last segment.
    pub fn read(last: &PlainSegment) -> Result<Self, Verdict> {
        let Some((text, trailer)) = last
            .plaintext()
            .split_last_chunk::<TRAILER_LEN>()
            .filter(|_| last.is_final())
        else {
            return Err(Verdict::BadSegment(last.position()));
        };
        let archive_len = u64::from_be_bytes(*trailer);
        let start = last.position() * SEGMENT_PLAINTEXT_LEN as u64;
        let padded_len = start + (text.len() + TRAILER_LEN) as u64;
        if PaddedLen::of_archive(archive_len).map(PaddedLen::get) != Some(padded_len) {
            return Err(Verdict::BadPadding);
        }
        let padding = usize::try_from(archive_len.saturating_sub(start))
            .unwrap_or(usize::MAX)
            .min(text.len());
        if is_zero(&text[padding..]) {
            Ok(Self { archive_len })
        } else {
            Err(Verdict::BadPadding)
        }
    }

    /// Manifest length, manifest and contents together.
    pub const fn archive_len(&self) -> u64 {
        self.archive_len
    }
}

/// Where each entry lies, for reading one without the rest.
pub struct Layout {
    manifest: Manifest,
    /// Where each entry's content starts: added up once, not for each of them.
    starts: Vec<u64>,
    archive_len: u64,
}

impl Layout {
    /// `start` is where the first content starts.
    pub(crate) fn new(manifest: Manifest, mut start: u64, archive_len: u64) -> Self {
        let place = |entry: &Entry| {
            let place = start;
            start += entry.size.unwrap_or(0);
            place
        };
        Self {
            starts: manifest.entries().iter().map(place).collect(),
            manifest,
            archive_len,
        }
    }

    /// What the container holds.
    pub const fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Where the content of `entry` lies in the archive.
    pub fn content_range(&self, entry: usize) -> Option<Range<u64>> {
        let size = self.manifest.entries().get(entry)?.size;
        let start = *self.starts.get(entry)?;
        Some(start..size.map_or(self.archive_len, |size| start + size))
    }

    /// Which segments hold `range` of the archive.
    pub fn segments(range: &Range<u64>) -> Range<u64> {
        if range.is_empty() {
            return 0..0;
        }
        range.start / SEGMENT_PLAINTEXT_LEN as u64..range.end.div_ceil(SEGMENT_PLAINTEXT_LEN as u64)
    }

    /// The part of `segment` that lies in `range` of the archive.
    pub fn part<'a>(range: &Range<u64>, segment: &'a PlainSegment) -> &'a [u8] {
        let text = segment.plaintext();
        let start = segment.position() * SEGMENT_PLAINTEXT_LEN as u64;
        let within = |at: u64| {
            usize::try_from(at.saturating_sub(start))
                .unwrap_or(usize::MAX)
                .min(text.len())
        };
        &text[within(range.start)..within(range.end)]
    }
}

fn is_zero(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| *byte == 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Asked, limit};
    use alloc::format;

    #[test]
    fn the_places_of_all_entries_are_found_in_one_pass() {
        let entry = |number| Entry {
            name: Some(format!("{number}")),
            media_type: "text/plain".into(),
            size: (number + 1 < limit::ENTRIES_MAX).then_some(2),
            modified: None,
        };
        let entries = (0..limit::ENTRIES_MAX).map(entry).collect();
        let layout = Layout::new(Manifest::new(entries, Asked::default()).unwrap(), 100, 1_000_000);
        for entry in 0..limit::ENTRIES_MAX - 1 {
            let start = 100 + 2 * entry as u64;
            assert_eq!(layout.content_range(entry), Some(start..start + 2));
        }
        let last = limit::ENTRIES_MAX as u64 - 1;
        assert_eq!(
            layout.content_range(limit::ENTRIES_MAX - 1),
            Some(100 + 2 * last..1_000_000)
        );
        assert_eq!(layout.content_range(limit::ENTRIES_MAX), None);
    }
}
