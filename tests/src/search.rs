//! Searches whole disks and memories for many things at once.

use std::collections::HashMap;

/// Things to look for, each at least 8 bytes long and different in its first 8.
pub struct Needles<'a> {
    all: Vec<&'a [u8]>,
    /// A bit for each beginning of three bytes.
    begins: Vec<u64>,
    by_head: HashMap<[u8; 8], usize>,
}

const HEAD_LEN: usize = 8;
const PAGE_LEN: usize = 4096;

impl<'a> Needles<'a> {
    /// Sorts them for the search.
    ///
    /// # Panics
    /// When two begin alike.
    #[must_use]
    pub fn new(needles: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let all: Vec<&[u8]> = needles.into_iter().collect();
        let mut begins = vec![0; 1 << 18];
        let mut by_head = HashMap::new();
        for (at, needle) in all.iter().enumerate() {
            let (word, bit) = begin_of(needle);
            begins[word] |= 1 << bit;
            assert!(by_head.insert(head_of(needle), at).is_none(), "two that begin alike");
        }
        Self { all, begins, by_head }
    }

    /// How often each is in `place`, in the order in which they were given.
    #[must_use]
    pub fn counted_in(&self, place: &[u8]) -> Vec<usize> {
        let mut counts = vec![0; self.all.len()];
        for start in (0..place.len()).step_by(PAGE_LEN) {
            let end = place.len().min(start + PAGE_LEN);
            // Most of a disk is empty.
            if place[start..end].iter().all(|byte| *byte == 0) {
                continue;
            }
            for at in start..end.min(place.len().saturating_sub(HEAD_LEN - 1)) {
                let (word, bit) = begin_of(&place[at..]);
                if self.begins[word] & (1 << bit) == 0 {
                    continue;
                }
                if let Some(found) = self.by_head.get(&head_of(&place[at..]))
                    && place[at..].starts_with(self.all[*found])
                {
                    counts[*found] += 1;
                }
            }
        }
        counts
    }
}

fn begin_of(bytes: &[u8]) -> (usize, usize) {
    let begin = usize::from(bytes[0]) << 16 | usize::from(bytes[1]) << 8 | usize::from(bytes[2]);
    (begin / 64, begin % 64)
}

fn head_of(bytes: &[u8]) -> [u8; HEAD_LEN] {
    bytes[..HEAD_LEN].try_into().unwrap()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_needle_is_counted_wherever_it_lies() {
        let (first, second, third) = (b"first needle", b"second needle", b"third needle");
        let mut place = vec![0; 3 * PAGE_LEN];
        for (at, needle) in [
            (0, &first[..]),
            (PAGE_LEN - 5, first),
            (3 * PAGE_LEN - second.len(), second),
        ] {
            place[at..at + needle.len()].copy_from_slice(needle);
        }
        let needles = Needles::new([&first[..], second, third]);
        assert_eq!(needles.counted_in(&place), [2, 1, 0]);
        assert_eq!(needles.counted_in(b"first"), [0, 0, 0]);
    }
}
