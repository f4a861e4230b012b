//! Who does the AES-GCM of a segment: the browser where it may, else `aes-gcm` in here. The bytes are the same.

use std::cell::{OnceCell, RefCell};
use std::future::Future;
use std::rc::Rc;
use std::sync::Arc;

use js_sys::{Array, ArrayBuffer, Promise, Uint8Array};
use satchel_client::{Elsewhere, Engine, Sealed};
use satchel_crypto::limit::SEGMENT_PLAINTEXT_LEN;
use satchel_crypto::{
    ClosedSegment, Keyed, LentSegment, LinkKeying, OpenSegment, PlainSegment, SealError, SealedBytes, SegmentKey,
    Verdict,
};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

use crate::aes;
use crate::subtle::Subtle;

/// The one of this page, with the key it was given last.
pub(crate) struct PageEngine {
    subtle: Option<Subtle>,
    imported: RefCell<Option<Rc<Imported>>>,
}

/// A key in the browser's hands.
struct Imported {
    key: Arc<SegmentKey>,
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

    /// Begins on all of `segments`, where the browser has the key; the promise gives an array of `ArrayBuffer`s. One promise for all of
    /// them: each costs two closures and a turn through here.
    fn begin(&self, segments: &[LentSegment], content: &Bytes) -> Option<Promise> {
        let handle = self.handle.get()?;
        let mut public = Vec::new();
        for segment in segments {
            public.extend_from_slice(&segment.nonce());
            public.extend_from_slice(&segment.associated_data());
        }
        let public = Uint8Array::from(&public[..]);
        let begun = Array::new();
        for (number, segment) in segments.iter().enumerate() {
            if !Arc::ptr_eq(segment.key(), &self.key) {
                return None;
            }
            let at = number * PUBLIC_LEN;
            let (nonce, data) = (part(&public, at, NONCE_LEN), part(&public, at + NONCE_LEN, DATA_LEN));
            let content = part(&content.0, number * SEGMENT_PLAINTEXT_LEN, SEGMENT_PLAINTEXT_LEN);
            let promise = self.subtle.seal_elsewhere(handle, nonce, data, &content).ok()?;
            begun.push(&promise.into());
        }
        Some(Promise::all(&begun))
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
        if let Some(known) = imported.as_ref()
            && Arc::ptr_eq(&known.key, key)
        {
            return Some(Rc::clone(known));
        }
        let begun = Rc::new(Imported {
            coming: key.expose_to_engine(|bytes| subtle.import(bytes)).ok()?,
            key: Arc::clone(key),
            subtle,
            handle: OnceCell::new(),
        });
        *imported = Some(Rc::clone(&begun));
        Some(begun)
    }
}

/// Bytes of JavaScript's own.
pub(crate) struct Bytes(pub(crate) Uint8Array);

impl Elsewhere for Bytes {
    fn len(&self) -> usize {
        self.0.length() as usize
    }

    fn copy_to(&self, at: usize, room: &mut [u8]) {
        part(&self.0, at, room.len()).copy_to(room);
    }
}

impl Engine for PageEngine {
    type Elsewhere = Bytes;

    /// More than four gains nothing, and each holds half a megabyte. Lent ones go by eight (client-wasm/src/files.rs).
    fn in_flight(&self) -> usize {
        if self.subtle.is_some() { 4 } else { 1 }
    }

    fn wrap(&self, keying: LinkKeying) -> impl Future<Output = Result<Keyed, SealError>> + 'static {
        let subtle = self.subtle.clone();
        async move {
            match wrapped_by_browser(subtle, &keying).await {
                Some(wrapped_key) => Ok(keying.wrapped_as(wrapped_key)),
                None => aes::wrap(keying),
            }
        }
    }

    fn seal(&self, segment: OpenSegment) -> impl Future<Output = Result<SealedBytes, SealError>> + 'static {
        let imported = self.key_for(segment.key());
        async move {
            let data = segment.associated_data();
            let seal = |subtle: &Subtle, key: &JsValue| subtle.seal(key, &segment.nonce(), &data, segment.plaintext());
            match by_browser(imported, seal).await {
                Some(sealed) => segment.sealed_by(len_of(&sealed), |room| copy_into(room, &sealed)),
                // A browser that gives up (no memory) leaves the segment as it was.
                None => aes::seal(segment),
            }
        }
    }

    fn seal_lent(
        &self,
        segments: Vec<LentSegment>,
        content: Bytes,
    ) -> impl Future<Output = Result<Vec<Sealed<Bytes>>, SealError>> + 'static {
        let begun = match segments.first().and_then(|first| self.key_for(first.key())) {
            None => Err(aes::seal_lent(segments, &content)),
            Some(imported) => Ok(match imported.begin(&segments, &content) {
                Some(promise) => (segments, content, imported, Some(promise)),
                // Its memory is soon used again.
                None => (segments, Bytes(content.0.slice(0, content.0.length())), imported, None),
            }),
        };
        async move {
            let (segments, content, imported, mut promise) = match begun {
                Ok(begun) => begun,
                Err(here) => return here,
            };
            if promise.is_none() {
                imported.handle().await;
                promise = imported.begin(&segments, &content);
            }
            let Some(promise) = promise else {
                return aes::seal_lent(segments, &content);
            };
            let made: Array = landed(promise).await.unwrap_or_default();
            let with_its_own = |(number, segment)| sealed_lent(segment, made.get(number));
            (0..).zip(segments).map(with_its_own).collect()
        }
    }

    fn open(&self, segment: ClosedSegment) -> impl Future<Output = Result<PlainSegment, Verdict>> + 'static {
        let imported = self.key_for(segment.key());
        async move {
            let (data, sealed) = (segment.associated_data(), segment.ciphertext_and_tag());
            let open = |subtle: &Subtle, key: &JsValue| subtle.open(key, &segment.nonce(), &data, sealed);
            match by_browser(imported, open).await {
                Some(opened) => segment.opened_by(len_of(&opened), |room| copy_into(room, &opened)),
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

/// The file key under the link's slot key; none where there is no such engine, or it gave up.
async fn wrapped_by_browser(subtle: Option<Subtle>, keying: &LinkKeying) -> Option<[u8; 48]> {
    let subtle = subtle?;
    let importing = keying.expose_to_engine(|job| subtle.import(job.key)).ok()?;
    let key = JsFuture::from(importing).await.ok()?;
    let wrapping =
        keying.expose_to_engine(|job| subtle.seal(&key, &[0; NONCE_LEN], &job.associated_data, job.plaintext));
    let made: ArrayBuffer = landed(wrapping.ok()?).await?;
    let mut wrapped_key = [0; 48];
    (len_of(&made) == wrapped_key.len()).then(|| Uint8Array::new(&made).copy_to(&mut wrapped_key))?;
    Some(wrapped_key)
}

const NONCE_LEN: usize = 12;
const DATA_LEN: usize = 9;
const PUBLIC_LEN: usize = NONCE_LEN + DATA_LEN;

/// What the browser made of a lent segment; something of another length where it gave up.
fn sealed_lent(segment: LentSegment, made: JsValue) -> Result<Sealed<Bytes>, SealError> {
    let made = made.dyn_into().unwrap_or_else(|_| ArrayBuffer::new(0));
    let sealed = Bytes(Uint8Array::new(&made));
    Ok(Sealed::Elsewhere(segment.sealed_as(len_of(&made), sealed)?))
}

/// `len` bytes of it from `at` on.
#[expect(clippy::cast_possible_truncation, reason = "lent content is far below 4 GiB")]
fn part(bytes: &Uint8Array, at: usize, len: usize) -> Uint8Array {
    bytes.subarray(at as u32, (at + len) as u32)
}

async fn landed<T: JsCast>(promise: Promise) -> Option<T> {
    JsFuture::from(promise).await.ok()?.dyn_into().ok()
}

fn len_of(buffer: &ArrayBuffer) -> usize {
    buffer.byte_length() as usize
}

/// The only copy on the way back. The buffer is left to the collector: freed at once, by `transfer(0)`, Chromium no longer counts it and yet
/// keeps its memory, and a file of 300 MB takes 700.
fn copy_into(room: &mut [u8], buffer: &ArrayBuffer) {
    Uint8Array::new(buffer).copy_to(room);
}
