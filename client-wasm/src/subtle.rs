//! AES-256-GCM of the browser's own, where it has one: `crypto.subtle` is there only on pages that came over TLS (or loopback).

use js_sys::{Array, Promise, Uint8Array};
use wasm_bindgen::prelude::*;

use crate::value::Fields;

#[wasm_bindgen]
extern "C" {
    #[derive(Clone)]
    type SubtleCrypto;

    #[wasm_bindgen(thread_local_v2, js_namespace = crypto, js_name = subtle)]
    static SUBTLE: Option<SubtleCrypto>;

    // Slices arrive in JavaScript as views of this memory. WebCrypto copies them before it returns its promise.
    #[wasm_bindgen(method, catch, js_name = importKey)]
    fn import_key(
        this: &SubtleCrypto,
        format: &str,
        key: &[u8],
        algorithm: &str,
        extractable: bool,
        uses: &Array,
    ) -> Result<Promise, JsValue>;

    #[wasm_bindgen(method, catch)]
    fn encrypt(this: &SubtleCrypto, algorithm: &JsValue, key: &JsValue, bytes: &[u8]) -> Result<Promise, JsValue>;

    #[wasm_bindgen(method, catch, js_name = encrypt)]
    fn encrypt_elsewhere(
        this: &SubtleCrypto,
        algorithm: &JsValue,
        key: &JsValue,
        bytes: &Uint8Array,
    ) -> Result<Promise, JsValue>;

    #[wasm_bindgen(method, catch)]
    fn decrypt(this: &SubtleCrypto, algorithm: &JsValue, key: &JsValue, bytes: &[u8]) -> Result<Promise, JsValue>;
}

/// The engine, and what each call tells it: WebCrypto copies that before it returns its promise, so one object serves all.
#[derive(Clone)]
pub(crate) struct Subtle {
    engine: SubtleCrypto,
    algorithm: JsValue,
    nonce: Uint8Array,
    associated_data: Uint8Array,
}

impl Subtle {
    /// The browser's, if the page may use it.
    pub(crate) fn here() -> Option<Self> {
        let engine = SUBTLE.with(Clone::clone)?;
        let (nonce, associated_data) = (Uint8Array::new_with_length(12), Uint8Array::new_with_length(9));
        let algorithm = Fields::new()
            .with("name", "AES-GCM")
            .with("iv", &nonce)
            .with("additionalData", &associated_data)
            .with("tagLength", 128)
            .into();
        Some(Self {
            engine,
            algorithm,
            nonce,
            associated_data,
        })
    }

    /// Hands a key over; it cannot be taken out again.
    pub(crate) fn import(&self, key: &[u8; 32]) -> Result<Promise, JsValue> {
        let uses = Array::of2(&JsValue::from_str("encrypt"), &JsValue::from_str("decrypt"));
        self.engine.import_key("raw", key, "AES-GCM", false, &uses)
    }

    /// Begins to encrypt; the promise gives an `ArrayBuffer` of ciphertext and tag.
    pub(crate) fn seal(
        &self,
        key: &JsValue,
        nonce: &[u8; 12],
        data: &[u8; 9],
        plaintext: &[u8],
    ) -> Result<Promise, JsValue> {
        self.engine.encrypt(self.algorithm(nonce, data), key, plaintext)
    }

    /// As [`seal`](Self::seal), of bytes that are JavaScript's.
    pub(crate) fn seal_elsewhere(
        &self,
        key: &JsValue,
        nonce: &[u8; 12],
        data: &[u8; 9],
        plaintext: &Uint8Array,
    ) -> Result<Promise, JsValue> {
        self.engine
            .encrypt_elsewhere(self.algorithm(nonce, data), key, plaintext)
    }

    /// Begins to decrypt; the promise gives an `ArrayBuffer` of plaintext, and rejects when the tag is wrong.
    pub(crate) fn open(
        &self,
        key: &JsValue,
        nonce: &[u8; 12],
        data: &[u8; 9],
        sealed: &[u8],
    ) -> Result<Promise, JsValue> {
        self.engine.decrypt(self.algorithm(nonce, data), key, sealed)
    }

    fn algorithm(&self, nonce: &[u8; 12], associated_data: &[u8; 9]) -> &JsValue {
        self.nonce.copy_from(nonce);
        self.associated_data.copy_from(associated_data);
        &self.algorithm
    }
}
