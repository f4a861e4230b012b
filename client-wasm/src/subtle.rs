//! AES-256-GCM of the browser's own, where it has one: `crypto.subtle` is there only on pages that came over TLS (or loopback).

use js_sys::{Array, Promise, Uint8Array};
use wasm_bindgen::prelude::*;

use crate::value::Fields;

#[wasm_bindgen]
extern "C" {
    /// `SubtleCrypto`.
    #[derive(Clone)]
    pub type Subtle;

    #[wasm_bindgen(thread_local_v2, js_namespace = crypto, js_name = subtle)]
    static SUBTLE: Option<Subtle>;

    // Slices arrive in JavaScript as views of this memory. WebCrypto copies them before it returns its promise.
    #[wasm_bindgen(method, catch, js_name = importKey)]
    fn import_key(
        this: &Subtle,
        format: &str,
        key: &[u8],
        algorithm: &str,
        extractable: bool,
        uses: &Array,
    ) -> Result<Promise, JsValue>;

    #[wasm_bindgen(method, catch)]
    fn encrypt(this: &Subtle, algorithm: &JsValue, key: &JsValue, bytes: &[u8]) -> Result<Promise, JsValue>;

    #[wasm_bindgen(method, catch, js_name = encrypt)]
    fn encrypt_elsewhere(
        this: &Subtle,
        algorithm: &JsValue,
        key: &JsValue,
        bytes: &Uint8Array,
    ) -> Result<Promise, JsValue>;

    #[wasm_bindgen(method, catch)]
    fn decrypt(this: &Subtle, algorithm: &JsValue, key: &JsValue, bytes: &[u8]) -> Result<Promise, JsValue>;
}

impl Subtle {
    /// The browser's, if the page may use it.
    pub(crate) fn here() -> Option<Self> {
        SUBTLE.with(Clone::clone)
    }

    /// Hands a key over; it cannot be taken out again.
    pub(crate) fn import(&self, key: &[u8; 32]) -> Result<Promise, JsValue> {
        let uses = Array::of2(&JsValue::from_str("encrypt"), &JsValue::from_str("decrypt"));
        self.import_key("raw", key, "AES-GCM", false, &uses)
    }

    /// Begins to encrypt; the promise gives an `ArrayBuffer` of ciphertext and tag.
    pub(crate) fn seal(
        &self,
        key: &JsValue,
        nonce: &[u8; 12],
        data: &[u8; 9],
        plaintext: &[u8],
    ) -> Result<Promise, JsValue> {
        self.encrypt(&algorithm(nonce, data), key, plaintext)
    }

    /// As [`seal`](Self::seal), of bytes that are JavaScript's.
    pub(crate) fn seal_elsewhere(
        &self,
        key: &JsValue,
        nonce: &[u8; 12],
        data: &[u8; 9],
        plaintext: &Uint8Array,
    ) -> Result<Promise, JsValue> {
        self.encrypt_elsewhere(&algorithm(nonce, data), key, plaintext)
    }

    /// Begins to decrypt; the promise gives an `ArrayBuffer` of plaintext, and rejects when the tag is wrong.
    pub(crate) fn open(
        &self,
        key: &JsValue,
        nonce: &[u8; 12],
        data: &[u8; 9],
        sealed: &[u8],
    ) -> Result<Promise, JsValue> {
        self.decrypt(&algorithm(nonce, data), key, sealed)
    }
}

/// Made anew for each call: a nonce that a browser read late must not be another segment's.
fn algorithm(nonce: &[u8; 12], associated_data: &[u8; 9]) -> JsValue {
    Fields::new()
        .with("name", "AES-GCM")
        .with("iv", Uint8Array::from(&nonce[..]))
        .with("additionalData", Uint8Array::from(&associated_data[..]))
        .with("tagLength", 128)
        .into()
}
