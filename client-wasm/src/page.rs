//! What the worker's script answers: the other half of `page` in web/src/worker/worker.ts. Each call rejects with a failure.

use js_sys::{Array, Object, Promise};
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// The page, as the worker's script stands for it.
    pub type Page;

    /// How far it is. `done` and `total` are bytes.
    #[wasm_bindgen(method)]
    pub fn progress(this: &Page, stage: &str, done: f64, total: f64);

    /// Keeps what a reload needs, before the claim.
    #[wasm_bindgen(method, catch, js_name = saveLease)]
    pub async fn save_lease(this: &Page, id: &str, probe: &str, lease: &str) -> Result<JsValue, JsValue>;

    /// What was kept: an object with `lease`, or undefined.
    #[wasm_bindgen(method, catch, js_name = loadLease)]
    pub async fn load_lease(this: &Page, id: &str) -> Result<JsValue, JsValue>;

    /// Drops what was kept.
    #[wasm_bindgen(method, catch, js_name = forgetLease)]
    pub async fn forget_lease(this: &Page, id: &str) -> Result<JsValue, JsValue>;

    /// An upload begins that this receipt burns.
    #[wasm_bindgen(method, catch, js_name = uploadBegun)]
    pub async fn upload_begun(this: &Page, receipt: &str) -> Result<JsValue, JsValue>;

    /// Shows the manifest, and waits until a person wants the content.
    #[wasm_bindgen(method, catch)]
    pub async fn manifest(this: &Page, found: &Object) -> Result<JsValue, JsValue>;

    /// Begins the content of an entry; false when nobody wants it.
    #[wasm_bindgen(method, catch)]
    pub async fn entry(this: &Page, index: u32) -> Result<JsValue, JsValue>;

    /// Hands over bytes, in parts that are lost to this side; the promise holds until there is room for more, and may give the memory of
    /// the one part back.
    #[wasm_bindgen(method)]
    pub fn write(this: &Page, parts: Array) -> Promise;

    /// All is verified; waits until the page has it in place.
    #[wasm_bindgen(method, catch)]
    pub async fn verified(this: &Page) -> Result<JsValue, JsValue>;

    /// Waits.
    #[wasm_bindgen(method, catch)]
    pub async fn pause(this: &Page, millis: f64) -> Result<JsValue, JsValue>;
}
