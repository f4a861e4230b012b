//! Who runs Argon2id: code in here, or where this was translated to JavaScript, a library of JavaScript's own. It takes a third of the time
//! (docs/decisions/0021-without-webassembly.md).

use satchel_crypto::{Passphrase, Verdict};

/// Of text in NFC.
#[cfg(feature = "argon2id")]
pub(crate) fn passphrase_of(nfc: &str) -> Result<Passphrase, Verdict> {
    Passphrase::from_nfc(nfc)
}

/// Of text in NFC.
#[cfg(not(feature = "argon2id"))]
pub(crate) fn passphrase_of(nfc: &str) -> Result<Passphrase, Verdict> {
    Passphrase::from_nfc_with(nfc, lent::derive)
}

#[cfg(not(feature = "argon2id"))]
mod lent {
    use js_sys::Uint8Array;
    use satchel_crypto::Argon2idJob;
    use wasm_bindgen::prelude::*;

    #[wasm_bindgen]
    extern "C" {
        /// web/src/worker/argon2id.js. The bytes are views of this memory.
        #[wasm_bindgen(catch, js_name = satchelArgon2id)]
        fn run(passphrase: &[u8], salt: &[u8], memory_kib: u32, passes: u32) -> Result<Uint8Array, JsValue>;
    }

    pub(super) fn derive(job: &Argon2idJob<'_>, key: &mut [u8; 32]) -> bool {
        match run(job.passphrase, job.salt, job.memory_kib, job.passes) {
            Ok(made) if made.length() == 32 => {
                made.copy_to(key);
                made.fill(0, 0, 32);
                true
            }
            _ => false,
        }
    }
}
