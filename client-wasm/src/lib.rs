//! The browser's skin over satchel-client and satchel-crypto: fetch as its transport, WebCrypto as its engine, files as its
//! sources. It decides nothing.
//!
//! [`run`] is the one way in. One export instead of one for each operation: every async export costs some kilobytes of its own.

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
use crate::failure::Failure;
use crate::ops::Online;

/// Runs one operation, by its name in web/src/worker/protocol.ts, and gives what web/src/vault.ts says.
///
/// # Errors
/// A failure of web/src/failure.ts.
#[wasm_bindgen]
pub async fn run(operation: String, base: String, args: JsValue, page: Page) -> Result<JsValue, JsValue> {
    Ok(dispatch(&operation, &base, &args, Desk::new(page)).await?)
}

async fn dispatch(operation: &str, base: &str, args: &JsValue, desk: Desk) -> Result<JsValue, Failure> {
    let answer = match operation {
        "generatePassphrase" => ops::generate_passphrase(),
        "sealFile" => ops::seal_file(args, &desk).await?,
        "inspectFile" => ops::inspect_file(args).await?,
        "openFile" => return ops::open_file(args, &desk).await.map(nothing),
        _ => {
            let online = Online::new(base, desk)?;
            match operation {
                "serverConfig" => online.server_config().await?,
                "understand" => online.understand(args),
                "share" => online.share(args).await?,
                "receiptStatus" => online.receipt_status(args).await?,
                "burn" => return online.burn(args).await.map(nothing),
                "resetWait" => return online.reset_wait(args).await.map(nothing),
                "probe" => online.probe(args).await?,
                "probeKept" => online.probe_kept(args).await?,
                "open" => return online.open(args).await.map(nothing),
                _ => return Err(Failure::new("crashed")),
            }
        }
    };
    Ok(answer.into())
}

const fn nothing((): ()) -> JsValue {
    JsValue::UNDEFINED
}

/// Whether a name may be used as it is.
#[wasm_bindgen(js_name = isSafeName)]
#[must_use]
pub fn is_safe_name(name: &str) -> bool {
    satchel_crypto::sanitise(name).is_ok()
}
