//! The browser's randomness, `crypto.getRandomValues`.

use core::convert::Infallible;

use rand_core::{TryCryptoRng, TryRng};

/// What crypto is handed.
pub(crate) struct Random;

impl TryRng for Random {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        // Every browser that runs this has it; going on without would seal with a known key.
        getrandom::fill(bytes).expect("a browser has getRandomValues");
        Ok(())
    }
}

impl TryCryptoRng for Random {}
