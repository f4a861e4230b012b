//! The browser's skin over satchel-client and satchel-crypto: fetch as its transport, WebCrypto as its engine, files as its
//! sources. It decides nothing.
//!
//! Each operation of web/src/worker/protocol.ts is one export here: `operation(base, args, page)`, which rejects with a failure.

mod desk;
mod document;
mod engine;
mod failure;
mod fetch;
mod files;
mod ops;
mod page;
mod random;
mod subtle;
mod value;

pub use page::Page;

use wasm_bindgen::prelude::*;

use crate::desk::Desk;
use crate::ops::Online;

/// What the server allows.
///
/// # Errors
/// A failure of web/src/failure.ts.
#[wasm_bindgen(js_name = serverConfig)]
pub async fn server_config(base: String, _args: JsValue, page: Page) -> Result<JsValue, JsValue> {
    let online = Online::new(&base, Desk::new(page))?;
    Ok(online.server_config().await?.into())
}

/// Seals and uploads.
///
/// # Errors
/// A failure of web/src/failure.ts.
#[wasm_bindgen]
pub async fn share(base: String, args: JsValue, page: Page) -> Result<JsValue, JsValue> {
    let online = Online::new(&base, Desk::new(page))?;
    Ok(online.share(&args).await?.into())
}

/// What became of a paste.
///
/// # Errors
/// A failure of web/src/failure.ts.
#[wasm_bindgen(js_name = receiptStatus)]
pub async fn receipt_status(base: String, args: JsValue, page: Page) -> Result<JsValue, JsValue> {
    let online = Online::new(&base, Desk::new(page))?;
    Ok(online.receipt_status(&args).await?.into())
}

/// Destroys a paste.
///
/// # Errors
/// A failure of web/src/failure.ts.
#[wasm_bindgen]
pub async fn burn(base: String, args: JsValue, page: Page) -> Result<JsValue, JsValue> {
    let online = Online::new(&base, Desk::new(page))?;
    online.burn(&args).await?;
    Ok(JsValue::UNDEFINED)
}

/// Ends the wait of wrong passphrases.
///
/// # Errors
/// A failure of web/src/failure.ts.
#[wasm_bindgen(js_name = resetWait)]
pub async fn reset_wait(base: String, args: JsValue, page: Page) -> Result<JsValue, JsValue> {
    let online = Online::new(&base, Desk::new(page))?;
    online.reset_wait(&args).await?;
    Ok(JsValue::UNDEFINED)
}

/// What a link leads to.
///
/// # Errors
/// A failure of web/src/failure.ts.
#[wasm_bindgen]
pub async fn probe(base: String, args: JsValue, page: Page) -> Result<JsValue, JsValue> {
    let online = Online::new(&base, Desk::new(page))?;
    Ok(online.probe(&args).await?.into())
}

/// What an unfinished read leads to.
///
/// # Errors
/// A failure of web/src/failure.ts.
#[wasm_bindgen(js_name = probeKept)]
pub async fn probe_kept(base: String, args: JsValue, page: Page) -> Result<JsValue, JsValue> {
    let online = Online::new(&base, Desk::new(page))?;
    Ok(online.probe_kept(&args).await?.into())
}

/// Claims one read and hands over what it gives.
///
/// # Errors
/// A failure of web/src/failure.ts.
#[wasm_bindgen]
pub async fn open(base: String, args: JsValue, page: Page) -> Result<JsValue, JsValue> {
    let online = Online::new(&base, Desk::new(page))?;
    online.open(&args).await?;
    Ok(JsValue::UNDEFINED)
}

/// What a text is.
///
/// # Errors
/// A failure of web/src/failure.ts.
#[wasm_bindgen]
pub async fn understand(base: String, args: JsValue, page: Page) -> Result<JsValue, JsValue> {
    let online = Online::new(&base, Desk::new(page))?;
    Ok(online.understand(&args).into())
}

/// Words for a passphrase.
///
/// # Errors
/// A failure of web/src/failure.ts.
#[wasm_bindgen(js_name = generatePassphrase)]
pub async fn generate_passphrase(_base: String, _args: JsValue, _page: Page) -> Result<JsValue, JsValue> {
    Ok(ops::generate_passphrase().into())
}

/// Seals into a `.satchel` file.
///
/// # Errors
/// A failure of web/src/failure.ts.
#[wasm_bindgen(js_name = sealFile)]
pub async fn seal_file(_base: String, args: JsValue, page: Page) -> Result<JsValue, JsValue> {
    Ok(ops::seal_file(&args, &Desk::new(page)).await?.into())
}

/// What can be told of a `.satchel` file without a key.
///
/// # Errors
/// A failure of web/src/failure.ts.
#[wasm_bindgen(js_name = inspectFile)]
pub async fn inspect_file(_base: String, args: JsValue, _page: Page) -> Result<JsValue, JsValue> {
    Ok(ops::inspect_file(&args).await?.into())
}

/// Opens a `.satchel` file.
///
/// # Errors
/// A failure of web/src/failure.ts.
#[wasm_bindgen(js_name = openFile)]
pub async fn open_file(_base: String, args: JsValue, page: Page) -> Result<JsValue, JsValue> {
    ops::open_file(&args, &Desk::new(page)).await?;
    Ok(JsValue::UNDEFINED)
}

/// Whether a name may be used as it is.
#[wasm_bindgen(js_name = isSafeName)]
#[must_use]
pub fn is_safe_name(name: &str) -> bool {
    satchel_crypto::sanitise(name).is_ok()
}
