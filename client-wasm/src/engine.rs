//! Who does the AES-GCM of a segment: the browser where it may, else `aes-gcm` in here. The bytes are the same.

use std::cell::{OnceCell, RefCell};
use std::future::Future;
use std::rc::Rc;
use std::sync::Arc;

use js_sys::{ArrayBuffer, Promise, Uint8Array};
use satchel_client::{Elsewhere, Engine, Sealed};
use satchel_crypto::{
    ClosedSegment, LentSegment, OpenSegment, PlainSegment, SealError, SealedBytes, SegmentKey, Verdict,
};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

use crate::subtle::Subtle;
use crate::value::free;

/// The one of this page, with the key it was given last.
pub(crate) struct PageEngine {
    subtle: Option<Subtle>,
    imported: RefCell<Option<(Arc<SegmentKey>, Rc<Imported>)>>,
}

/// A key in the browser's hands.
struct Imported {
    subtle: Subtle,
    coming: Promise,
    /// Kept, so that later segments are begun where they are handed in and not a turn of the event loop later.
    handle: OnceCell<JsValue>,
}

impl Imported {
    async fn handle(&self) -> Option<&JsValue> {
        if self.handle.get().is_none() {
            let handle = JsFuture::from(self.coming.clone()).await.ok()?;
            return Some(self.handle.get_or_init(|| handle));
        }
        self.handle.get()
    }
}

impl PageEngine {
    /// The browser's where it is there.
    pub(crate) fn here() -> Self {
        Self {
            subtle: Subtle::here(),
            imported: RefCell::new(None),
        }
    }

    /// What web/src/vault.ts calls it.
    pub(crate) const fn name(&self) -> &'static str {
        if self.subtle.is_some() { "webcrypto" } else { "wasm" }
    }

    /// The browser's handle of `key`: imported once for the 2^20 segments that share it.
    fn key_for(&self, key: &Arc<SegmentKey>) -> Option<Rc<Imported>> {
        let subtle = self.subtle.clone()?;
        let mut imported = self.imported.borrow_mut();
        if let Some((known, handle)) = imported.as_ref()
            && Arc::ptr_eq(known, key)
        {
            return Some(Rc::clone(handle));
        }
        let coming = key.expose_to_engine(|bytes| subtle.import(bytes)).ok()?;
        let handle = OnceCell::new();
        let begun = Rc::new(Imported { subtle, coming, handle });
        *imported = Some((Arc::clone(key), Rc::clone(&begun)));
        Some(begun)
    }
}

/// Bytes of JavaScript's own.
pub(crate) struct Bytes(pub(crate) Uint8Array);

impl Elsewhere for Bytes {
    fn len(&self) -> usize {
        self.0.length() as usize
    }

    fn copy_to(&self, room: &mut [u8]) {
        self.0.copy_to(room);
    }
}

impl Engine for PageEngine {
    type Elsewhere = Bytes;

    /// More than four gains nothing, and each holds half a megabyte.
    fn in_flight(&self) -> usize {
        if self.subtle.is_some() { 4 } else { 1 }
    }

    fn seal(&self, segment: OpenSegment) -> impl Future<Output = Result<SealedBytes, SealError>> + 'static {
        let imported = self.key_for(segment.key());
        async move {
            let data = segment.associated_data();
            let seal = |subtle: &Subtle, key: &JsValue| subtle.seal(key, &segment.nonce(), &data, segment.plaintext());
            match by_browser(imported, seal).await {
                Some(sealed) => segment.sealed_by(len_of(&sealed), |room| move_into(room, sealed)),
                // A browser that gives up (no memory) leaves the segment as it was.
                None => Ok(segment.seal()),
            }
        }
    }

    fn seal_lent(
        &self,
        segment: LentSegment,
        content: Bytes,
    ) -> impl Future<Output = Result<Sealed<Bytes>, SealError>> + 'static {
        let imported = self.key_for(segment.key());
        let begun = imported.as_ref().and_then(|imported| {
            let (nonce, data) = (segment.nonce(), segment.associated_data());
            let key = imported.handle.get()?;
            imported.subtle.seal_elsewhere(key, &nonce, &data, &content.0).ok()
        });
        // The content's memory is soon used again: what the browser does not begin on at once is brought in.
        let begun = match begun {
            Some(promise) => Ok((segment, promise)),
            None => Err(self.seal(segment.bring_in(|room| content.copy_to(room)))),
        };
        async {
            match begun {
                Ok((segment, promise)) => {
                    let sealed = landed(promise).await.unwrap_or_else(|| ArrayBuffer::new(0));
                    let (len, sealed) = (len_of(&sealed), Bytes(Uint8Array::new(&sealed)));
                    Ok(Sealed::Elsewhere(segment.sealed_as(len, sealed)?))
                }
                Err(here) => Ok(Sealed::Here(here.await?)),
            }
        }
    }

    fn open(&self, segment: ClosedSegment) -> impl Future<Output = Result<PlainSegment, Verdict>> + 'static {
        let imported = self.key_for(segment.key());
        async move {
            let (data, sealed) = (segment.associated_data(), segment.ciphertext_and_tag());
            let open = |subtle: &Subtle, key: &JsValue| subtle.open(key, &segment.nonce(), &data, sealed);
            match by_browser(imported, open).await {
                Some(opened) => segment.opened_by(len_of(&opened), |room| move_into(room, opened)),
                // A wrong tag, or a browser that gave up: the other engine tells which.
                None => segment.open(),
            }
        }
    }
}

/// What the browser made of it; none where there is no such engine, or it gave up.
async fn by_browser(
    imported: Option<Rc<Imported>>,
    begin: impl FnOnce(&Subtle, &JsValue) -> Result<Promise, JsValue>,
) -> Option<ArrayBuffer> {
    let imported = imported?;
    landed(begin(&imported.subtle, imported.handle().await?).ok()?).await
}

async fn landed(promise: Promise) -> Option<ArrayBuffer> {
    JsFuture::from(promise).await.ok()?.dyn_into().ok()
}

fn len_of(buffer: &ArrayBuffer) -> usize {
    buffer.byte_length() as usize
}

/// The only copy on the way back.
fn move_into(room: &mut [u8], buffer: ArrayBuffer) {
    Uint8Array::new(&buffer).copy_to(room);
    free(buffer);
}
