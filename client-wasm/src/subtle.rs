//! AES-256-GCM of the browser's own, where it has one: `crypto.subtle` is there only on pages that came over TLS (or loopback).

use js_sys::{Array, Object, Promise, Uint8Array};
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// `SubtleCrypto`.
    #[derive(Clone)]
    pub type Subtle;

    #[wasm_bindgen(thread_local_v2, js_namespace = crypto, js_name = subtle)]
    static SUBTLE: Option<Subtle>;

    /// Field by field without a name that has to be brought over each time: there are as many of them as segments.
    type AesGcmParams;

    #[wasm_bindgen(method, setter)]
    fn set_name(this: &AesGcmParams, name: &str);

    #[wasm_bindgen(method, setter, js_name = iv)]
    fn set_nonce(this: &AesGcmParams, nonce: Uint8Array);

    #[wasm_bindgen(method, setter, js_name = additionalData)]
    fn set_associated_data(this: &AesGcmParams, data: Uint8Array);

    /// In bits.
    #[wasm_bindgen(method, setter, js_name = tagLength)]
    fn set_tag_len(this: &AesGcmParams, bits: u32);

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

    #[wasm_bindgen(method, catch, js_name = decrypt)]
    fn decrypt_elsewhere(
        this: &Subtle,
        algorithm: &JsValue,
        key: &JsValue,
        bytes: &Uint8Array,
    ) -> Result<Promise, JsValue>;
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
        data: &[u8],
        plaintext: &[u8],
    ) -> Result<Promise, JsValue> {
        self.encrypt(&algorithm(nonce[..].into(), data.into()), key, plaintext)
    }

    /// As [`seal`](Self::seal), of bytes that are JavaScript's.
    pub(crate) fn seal_elsewhere(
        &self,
        key: &JsValue,
        nonce: Uint8Array,
        data: Uint8Array,
        plaintext: &Uint8Array,
    ) -> Result<Promise, JsValue> {
        self.encrypt_elsewhere(&algorithm(nonce, data), key, plaintext)
    }

    /// As [`open`](Self::open), of bytes that are JavaScript's.
    pub(crate) fn open_elsewhere(
        &self,
        key: &JsValue,
        nonce: Uint8Array,
        data: Uint8Array,
        sealed: &Uint8Array,
    ) -> Result<Promise, JsValue> {
        self.decrypt_elsewhere(&algorithm(nonce, data), key, sealed)
    }

    /// Begins to decrypt; the promise gives an `ArrayBuffer` of plaintext, and rejects when the tag is wrong.
    pub(crate) fn open(
        &self,
        key: &JsValue,
        nonce: &[u8; 12],
        data: &[u8; 9],
        sealed: &[u8],
    ) -> Result<Promise, JsValue> {
        self.decrypt(&algorithm(nonce[..].into(), data[..].into()), key, sealed)
    }
}

/// Made anew for each call, as the arrays are: a nonce that a browser read late must not be another segment's.
fn algorithm(nonce: Uint8Array, associated_data: Uint8Array) -> JsValue {
    let algorithm: AesGcmParams = Object::new().unchecked_into();
    algorithm.set_name("AES-GCM");
    algorithm.set_nonce(nonce);
    algorithm.set_associated_data(associated_data);
    algorithm.set_tag_len(128);
    algorithm.into()
}
