//! The browser's skin over satchel-client and satchel-crypto: fetch as its transport, WebCrypto as its engine, files as its
//! sources. It decides nothing.
//!
//! The page has it twice: with the feature `everything`, and without, which is less than half and does what the first view does.
//!
//! [`run`] is the one way in. One export instead of one for each operation: every async export costs some kilobytes of its own.

#![cfg_attr(
    not(feature = "everything"),
    allow(
        dead_code,
        reason = "sharing needs a part of what is here; the linker leaves the rest out"
    )
)]

mod aes;
#[cfg(feature = "everything")]
mod argon2id;
mod desk;
mod document;
mod engine;
mod failure;
mod fetch;
mod files;
#[cfg(feature = "everything")]
mod ops;
mod page;
#[cfg(feature = "everything")]
mod panic;
mod random;
#[cfg(feature = "everything")]
mod several;
mod sharing;
mod subtle;
mod value;
#[cfg(feature = "whole")]
mod whole;

pub use page::Page;
#[cfg(feature = "whole")]
pub use whole::{Keys, open_whole, read_key};

use std::future::Future;
use std::pin::Pin;

use wasm_bindgen::prelude::*;

use crate::desk::Desk;
use crate::failure::Failure;
use crate::sharing::Online;

/// Runs one operation, by its name in web/src/worker/protocol.ts, and gives what web/src/vault.ts says.
///
/// # Errors
/// A failure of web/src/failure.ts.
#[wasm_bindgen]
pub async fn run(operation: String, base: String, args: JsValue, page: Page) -> Result<JsValue, JsValue> {
    Ok(dispatch(&operation, &base, &args, Desk::new(page)).await?)
}

#[cfg(not(feature = "everything"))]
async fn dispatch(operation: &str, base: &str, args: &JsValue, desk: Desk) -> Result<JsValue, Failure> {
    let online = Online::new(base, desk)?;
    let coming = match operation {
        "serverConfig" => apart(online.server_config()),
        "share" => apart(online.share(args)),
        "burnBegun" => apart(async { online.burn_begun(args).await.map(nothing) }),
        _ => return Err(Failure::new("crashed")),
    };
    coming.await
}

#[cfg(feature = "everything")]
async fn dispatch(operation: &str, base: &str, args: &JsValue, desk: Desk) -> Result<JsValue, Failure> {
    let online;
    let coming = match operation {
        "generatePassphrase" => return Ok(ops::generate_passphrase().into()),
        "measure" => return ops::measure(args),
        "sealFile" => apart(ops::seal_file(args, &desk)),
        "inspectFile" => apart(ops::inspect_file(args)),
        "openFile" => apart(async { ops::open_file(args, &desk).await.map(nothing) }),
        _ => {
            online = Online::new(base, desk)?;
            match operation {
                "serverConfig" => apart(online.server_config()),
                "understand" => return Ok(online.understand(args).into()),
                "makePanic" => return Ok(online.make_panic().into()),
                "panic" => apart(online.panic(args)),
                "share" => apart(online.share(args)),
                "receiptStatus" => apart(online.receipt_status(args)),
                "burn" | "burnBegun" => apart(async { online.burn(args).await.map(nothing) }),
                "documentStatus" => apart(online.document_status(args)),
                "addLinks" => apart(online.add_links(args)),
                "changePolicy" => apart(online.change_policy(args)),
                "resetWait" => apart(async { online.reset_wait(args).await.map(nothing) }),
                "probe" => apart(online.probe(args)),
                "probeKept" => apart(online.probe_kept(args)),
                "open" => apart(async { online.open(args).await.map(nothing) }),
                _ => return Err(Failure::new("crashed")),
            }
        }
    };
    coming.await
}

/// An operation as code of its own. All of them as one function is what the browser would optimise as one, in the middle of a large
/// file: 50 ms of a core, and only one way through it was needed.
fn apart<'a, T: Into<JsValue>>(
    operation: impl Future<Output = Result<T, Failure>> + 'a,
) -> Pin<Box<dyn Future<Output = Result<JsValue, Failure>> + 'a>> {
    Box::pin(async { Ok(operation.await?.into()) })
}

const fn nothing((): ()) -> JsValue {
    JsValue::UNDEFINED
}

/// Whether a name may be used as it is.
#[cfg(feature = "everything")]
#[wasm_bindgen(js_name = isSafeName)]
#[must_use]
pub fn is_safe_name(name: &str) -> bool {
    satchel_crypto::sanitise(name).is_ok()
}
