//! The test randomness: SHA-256 in counter mode, seeded with the vector's name, so that no vector depends on another.

use sha2::{Digest, Sha256};

/// block i = SHA-256("satchel test vectors: not random" || 0 || name || 0 || I2BE(i, 8))
pub struct Dice {
    name: String,
    block: u64,
    left: Vec<u8>,
}

impl Dice {
    /// The stream that belongs to `name`.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self {
            name: String::from(name),
            block: 0,
            left: Vec::new(),
        }
    }

    /// The next `len` bytes of the stream.
    pub fn bytes(&mut self, len: usize) -> Vec<u8> {
        while self.left.len() < len {
            let block = Sha256::new()
                .chain_update(b"satchel test vectors: not random\0")
                .chain_update(self.name.as_bytes())
                .chain_update(b"\0")
                .chain_update(self.block.to_be_bytes())
                .finalize();
            self.left.extend_from_slice(&block);
            self.block += 1;
        }
        self.left.drain(..len).collect()
    }

    /// The next `N` bytes of the stream.
    pub fn array<const N: usize>(&mut self) -> [u8; N] {
        let mut array = [0; N];
        array.copy_from_slice(&self.bytes(N));
        array
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_name_gives_the_same_bytes_however_they_are_asked_for() {
        let (mut at_once, mut in_parts) = (Dice::new("a"), Dice::new("a"));
        let parts = [in_parts.bytes(1), in_parts.bytes(40), in_parts.array::<9>().to_vec()].concat();
        assert_eq!(at_once.bytes(50), parts);
        assert_ne!(Dice::new("b").bytes(50), parts);
    }
}
