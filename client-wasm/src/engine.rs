//! Who does the AES-GCM of a segment: the browser where it may, else `aes-gcm` in here. The bytes are the same.

use std::cell::RefCell;
use std::future::Future;
use std::sync::Arc;

use js_sys::{ArrayBuffer, Promise};
use satchel_crypto::{ClosedSegment, OpenSegment, PlainSegment, SealError, SealedBytes, SegmentKey, Verdict};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

use crate::subtle::Subtle;
use crate::value::drain;

/// The one of this page, with the key it was given last.
pub(crate) struct PageEngine {
    subtle: Option<Subtle>,
    imported: RefCell<Option<(Arc<SegmentKey>, Promise)>>,
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

    /// The browser's engine and its handle of `key` to come: imported once for the 2^20 segments that share it.
    fn key_for(&self, key: &Arc<SegmentKey>) -> Option<(Subtle, Promise)> {
        let subtle = self.subtle.clone()?;
        let mut imported = self.imported.borrow_mut();
        if let Some((known, handle)) = imported.as_ref()
            && Arc::ptr_eq(known, key)
        {
            return Some((subtle, handle.clone()));
        }
        let handle = key.expose_to_engine(|bytes| subtle.import(bytes)).ok()?;
        *imported = Some((Arc::clone(key), handle.clone()));
        Some((subtle, handle))
    }
}

impl satchel_client::Engine for PageEngine {
    /// More than four gains nothing, and each holds half a megabyte.
    fn in_flight(&self) -> usize {
        if self.subtle.is_some() { 4 } else { 1 }
    }

    fn seal(&self, segment: OpenSegment) -> impl Future<Output = Result<SealedBytes, SealError>> + 'static {
        let work = self.key_for(segment.key());
        async move {
            // A browser that gives up (no memory) leaves the segment as it was.
            let Some((subtle, key)) = with_handle(work).await else {
                return Ok(segment.seal());
            };
            let promise = subtle.seal(&key, segment.nonce(), &segment.associated_data(), segment.plaintext());
            match bytes_of(promise).await {
                Some(bytes) => segment.sealed_by(&bytes),
                None => Ok(segment.seal()),
            }
        }
    }

    fn open(&self, segment: ClosedSegment) -> impl Future<Output = Result<PlainSegment, Verdict>> + 'static {
        let work = self.key_for(segment.key());
        async move {
            let Some((subtle, key)) = with_handle(work).await else {
                return segment.open();
            };
            let promise = subtle.open(
                &key,
                segment.nonce(),
                &segment.associated_data(),
                segment.ciphertext_and_tag(),
            );
            match bytes_of(promise).await {
                Some(bytes) => segment.opened_by(bytes),
                // A wrong tag, or a browser that gave up: the other engine tells which.
                None => segment.open(),
            }
        }
    }
}

async fn with_handle(work: Option<(Subtle, Promise)>) -> Option<(Subtle, JsValue)> {
    let (subtle, handle) = work?;
    Some((subtle, JsFuture::from(handle).await.ok()?))
}

async fn bytes_of(promise: Result<Promise, JsValue>) -> Option<Vec<u8>> {
    let buffer: ArrayBuffer = JsFuture::from(promise.ok()?).await.ok()?.dyn_into().ok()?;
    Some(drain(buffer))
}
