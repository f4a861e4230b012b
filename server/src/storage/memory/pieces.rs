//! Bytes in the pieces in which they came, so that none is moved as more arrive: each is wiped where it lies.

use zeroize::Zeroizing;

/// Pieces in order, each with where it begins.
#[derive(Default)]
pub(super) struct Pieces {
    pieces: Vec<(u64, Zeroizing<Vec<u8>>)>,
    len: u64,
}

impl Pieces {
    /// One piece.
    pub(super) fn of(bytes: Vec<u8>) -> Self {
        let mut pieces = Self::default();
        pieces.push(Zeroizing::new(bytes));
        pieces
    }

    pub(super) const fn len(&self) -> u64 {
        self.len
    }

    fn push(&mut self, bytes: Zeroizing<Vec<u8>>) {
        if bytes.is_empty() {
            return;
        }
        let start = self.len;
        self.len += u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        self.pieces.push((start, bytes));
    }

    /// A copy of these at the end.
    pub(super) fn extend_from(&mut self, bytes: &[u8]) {
        self.push(Zeroizing::new(bytes.to_vec()));
    }

    /// All of the other's at the end.
    pub(super) fn append(&mut self, other: Self) {
        other.pieces.into_iter().for_each(|(_, bytes)| self.push(bytes));
    }

    /// Copies bytes `from..to` to the end of `out`, as far as they are there.
    pub(super) fn read(&self, (from, to): (u64, u64), out: &mut Vec<u8>) {
        let first = self
            .pieces
            .partition_point(|(start, _)| *start <= from)
            .saturating_sub(1);
        for (start, bytes) in self.pieces.get(first..).unwrap_or_default() {
            if *start >= to {
                return;
            }
            let within = |at: u64| {
                usize::try_from(at.saturating_sub(*start))
                    .unwrap_or(usize::MAX)
                    .min(bytes.len())
            };
            out.extend_from_slice(&bytes[within(from)..within(to)]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_range_is_read_from_pieces_of_any_length() {
        let all: Vec<u8> = (0..=255).collect();
        let mut pieces = Pieces::default();
        for (from, to) in [(0, 1), (1, 1), (1, 90), (90, 91), (91, 255), (255, 256)] {
            pieces.extend_from(&all[from..to]);
        }
        assert_eq!(pieces.len(), 256);
        for from in 0..=256 {
            for to in from..=256 {
                let mut out = Vec::new();
                pieces.read((from as u64, to as u64), &mut out);
                assert_eq!(out, all[from..to]);
            }
        }
        let mut out = Vec::new();
        pieces.read((250, 1000), &mut out);
        assert_eq!(out, all[250..]);
    }
}
