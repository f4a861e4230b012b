//! How much a test does, and randomness that a seed repeats.

use base64ct::{Base64UrlUnpadded, Encoding as _};
use sha2::{Digest as _, Sha256};

/// `full` where the full counts were asked for, else `reduced`.
pub(crate) fn count(reduced: usize, full: usize) -> usize {
    if is_long() { full } else { reduced }
}

pub(crate) fn is_long() -> bool {
    std::env::var_os("SATCHEL_LONG").is_some()
}

/// Bytes that follow from a seed: SHA-256(seed || number of the throw).
pub(crate) struct Dice {
    seed: u64,
    thrown: u64,
}

impl Dice {
    /// From `SATCHEL_SEED` where a failure is to be repeated, else from a fresh seed. Printed: a test that fails shows it.
    pub(crate) fn new() -> Self {
        let told = std::env::var("SATCHEL_SEED").ok().and_then(|text| text.parse().ok());
        let seed = told.unwrap_or_else(|| u64::from_le_bytes(super::harness::random()));
        println!("again with SATCHEL_SEED={seed}");
        Self { seed, thrown: 0 }
    }

    pub(crate) fn bytes(&mut self) -> [u8; 32] {
        self.thrown += 1;
        Sha256::new()
            .chain_update(self.seed.to_le_bytes())
            .chain_update(self.thrown.to_le_bytes())
            .finalize()
            .into()
    }

    /// Below `sides`.
    pub(crate) fn below(&mut self, sides: usize) -> usize {
        let bytes = self.bytes();
        let thrown = u64::from_le_bytes(std::array::from_fn(|at| bytes[at]));
        usize::try_from(thrown % u64::try_from(sides).unwrap()).unwrap()
    }

    pub(crate) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }

    pub(crate) fn id(&mut self) -> String {
        Base64UrlUnpadded::encode_string(&self.bytes()[..16])
    }

    pub(crate) fn token(&mut self) -> String {
        Base64UrlUnpadded::encode_string(&self.bytes())
    }
}
