//! Who does the AES-GCM of a segment: the browser where it may, else `aes-gcm` in here. The bytes are the same.

use std::cell::{OnceCell, RefCell};
use std::future::Future;
use std::rc::Rc;
use std::sync::Arc;

use js_sys::{Array, ArrayBuffer, Promise, Uint8Array};
use satchel_client::{Elsewhere, Engine, Sealed};
use satchel_crypto::limit::{SEGMENT_LEN, SEGMENT_PLAINTEXT_LEN};
use satchel_crypto::{
    CipherInputs, ClosedElsewhere, ClosedSegment, Keyed, LentSegment, LinkKeying, OpenSegment, PlainElsewhere,
    PlainSegment, SealError, SealedBytes, SegmentKey, Verdict,
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

    /// Begins on all of `segments`, which lie one after another in `bytes`, where the browser has the key; the promise gives an array of
    /// `ArrayBuffer`s. One promise for all of them: each costs two closures and a turn through here.
    fn begin<S: Lent>(&self, segments: &[S], bytes: &Bytes) -> Option<Promise> {
        let handle = self.handle.get()?;
        let mut public = Vec::new();
        for segment in segments {
            let inputs = segment.inputs();
            if !Arc::ptr_eq(inputs.key(), &self.key) {
                return None;
            }
            public.extend_from_slice(&inputs.nonce());
            public.extend_from_slice(&inputs.associated_data());
        }
        let public = Uint8Array::from(&public[..]);
        let begun = Array::new();
        for number in 0..segments.len() {
            let at = number * PUBLIC_LEN;
            let (nonce, data) = (part(&public, at, NONCE_LEN), part(&public, at + NONCE_LEN, DATA_LEN));
            let text = part(&bytes.0, number * S::LEN + S::HEAD_LEN, S::LEN - S::HEAD_LEN);
            let promise = S::begin(&self.subtle, handle, nonce, data, &text).ok()?;
            begun.push(&promise.into());
        }
        Some(Promise::all(&begun))
    }
}

/// A segment whose bytes are JavaScript's.
trait Lent {
    /// How many bytes each has, and how many of them go before the text.
    const LEN: usize;
    const HEAD_LEN: usize;

    fn inputs(&self) -> &CipherInputs;
    fn begin(
        subtle: &Subtle,
        key: &JsValue,
        nonce: Uint8Array,
        data: Uint8Array,
        text: &Uint8Array,
    ) -> Result<Promise, JsValue>;
}

macro_rules! lent {
    ($segment:ident, $len:expr, $head_len:expr, $begin:ident) => {
        impl Lent for $segment {
            const LEN: usize = $len;
            const HEAD_LEN: usize = $head_len;

            fn inputs(&self) -> &CipherInputs {
                self.inputs()
            }

            fn begin(
                subtle: &Subtle,
                key: &JsValue,
                nonce: Uint8Array,
                data: Uint8Array,
                text: &Uint8Array,
            ) -> Result<Promise, JsValue> {
                subtle.$begin(key, nonce, data, text)
            }
        }
    };
}

lent!(LentSegment, SEGMENT_PLAINTEXT_LEN, 0, seal_elsewhere);
lent!(ClosedElsewhere, SEGMENT_LEN, 4 + NONCE_LEN, open_elsewhere);

/// Segments that the browser began on, or will when it has the key.
struct Begun<S> {
    segments: Vec<S>,
    bytes: Bytes,
    imported: Rc<Imported>,
    promise: Option<Promise>,
}

impl<S: Lent> Begun<S> {
    fn new(segments: Vec<S>, bytes: Bytes, imported: Rc<Imported>) -> Self {
        let promise = imported.begin(&segments, &bytes);
        let bytes = match promise {
            Some(_) => bytes,
            // Its memory is soon used again.
            None => Bytes(bytes.0.slice(0, bytes.0.length())),
        };
        Self {
            segments,
            bytes,
            imported,
            promise,
        }
    }

    /// What the browser made of each; nothing where it gave up. The bytes are given back where they may still be used: it never had the key.
    async fn landed(self) -> (Vec<S>, Result<Array, Bytes>) {
        let mut promise = self.promise;
        if promise.is_none() {
            self.imported.handle().await;
            promise = self.imported.begin(&self.segments, &self.bytes);
        }
        let made = match promise {
            Some(promise) => Ok(landed(promise).await.unwrap_or_default()),
            None => Err(self.bytes),
        };
        (self.segments, made)
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

    /// More than four gains nothing, and each holds half a megabyte. Lent ones go by as many (client-wasm/src/files.rs).
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
        let begun = match segments.first().and_then(|first| self.key_for(first.inputs().key())) {
            Some(imported) => Ok(Begun::new(segments, content, imported)),
            None => Err(aes::seal_lent(segments, &content)),
        };
        async move {
            let (segments, made) = match begun {
                Ok(begun) => begun.landed().await,
                Err(here) => return here,
            };
            let made = match made {
                Ok(made) => made,
                Err(content) => return aes::seal_lent(segments, &content),
            };
            let with_its_own = |(number, segment)| sealed_lent(segment, made.get(number));
            (0..).zip(segments).map(with_its_own).collect()
        }
    }

    fn opens_elsewhere(&self) -> bool {
        self.subtle.is_some()
    }

    fn open_elsewhere(
        &self,
        segments: Vec<ClosedElsewhere>,
        sealed: Bytes,
    ) -> impl Future<Output = Option<Vec<PlainElsewhere<Bytes>>>> + 'static {
        let imported = segments.first().and_then(|first| self.key_for(first.inputs().key()));
        let begun = imported.map(|imported| Begun::new(segments, sealed, imported));
        async move {
            let (segments, made) = begun?.landed().await;
            let made = made.ok()?;
            let with_its_own = |(number, segment)| opened_elsewhere(segment, made.get(number));
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

/// What the browser made of a segment that lies elsewhere; none where it refused one of those that were begun together.
fn opened_elsewhere(segment: ClosedElsewhere, made: JsValue) -> Option<PlainElsewhere<Bytes>> {
    let made: ArrayBuffer = made.dyn_into().ok()?;
    segment.opened_as(len_of(&made), Bytes(Uint8Array::new(&made))).ok()
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
