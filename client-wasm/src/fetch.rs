//! HTTP through `fetch`: same origin, no credentials, no cache, no redirect, no referrer.

use std::cell::{Cell, RefCell};

use js_sys::{Array, Date, Promise, Uint8Array};
use satchel_client::platform::HEADERS_READ;
use satchel_client::{Answer, Request, Transport, Unreachable};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, Response};

use crate::files::{Reader, reader_of};
use crate::value::{Fields, field};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(catch)]
    fn fetch(url: &str, init: &JsValue) -> Result<Promise, JsValue>;

    /// The slice arrives as a view of this memory.
    #[wasm_bindgen(js_namespace = Reflect, js_name = set)]
    fn set_view(target: &Array, index: u32, view: &[u8]) -> bool;
}

/// How much is sent at a time: at first, at least, and at most.
const PIECE_LEN: usize = 1 << 20;
const PIECE_LEN_MIN: usize = 256 << 10;
const PIECE_LEN_MAX: usize = 8 << 20;
/// The most that is taken of an answer at a time.
const ROOM_LEN: u32 = 256 << 10;
/// A request is to take about this long: a person sees how far an upload is only between two.
const QUICK_MS: f64 = 500.0;
const SLOW_MS: f64 = 4000.0;

/// The browser's `fetch`.
pub(crate) struct Fetch {
    piece_len: Cell<usize>,
    /// What the answer to the claim said, for the page to show beside the manifest.
    reads_left: RefCell<Option<String>>,
}

impl Default for Fetch {
    fn default() -> Self {
        Self {
            piece_len: Cell::new(PIECE_LEN),
            reads_left: RefCell::default(),
        }
    }
}

impl Fetch {
    /// Learns from a request that took this long. A shorter one than could be says nothing.
    fn learn(&self, sent: usize, millis: f64) {
        let len = self.piece_len.get();
        if sent < len {
            return;
        }
        if millis < QUICK_MS {
            self.piece_len.set(PIECE_LEN_MAX.min(len * 2));
        } else if millis > SLOW_MS {
            self.piece_len.set(PIECE_LEN_MIN.max(len / 2));
        }
    }

    /// Reads left after the claim; none for any number.
    pub(crate) fn reads_left(&self) -> Option<u32> {
        self.reads_left.borrow().as_deref()?.parse().ok()
    }
}

impl Transport for Fetch {
    type Body = Body;

    fn piece_len(&self) -> usize {
        self.piece_len.get()
    }

    async fn send(&self, request: Request<'_>) -> Result<Answer<Body>, Unreachable> {
        let headers = request
            .headers
            .iter()
            .fold(Fields::new(), |fields, (name, value)| fields.with(name, value.as_str()));
        let mut init = Fields::new()
            .with("method", request.method)
            .with("headers", headers)
            .with("mode", "same-origin")
            .with("credentials", "omit")
            .with("cache", "no-store")
            .with("redirect", "error")
            .with("referrerPolicy", "no-referrer");
        if let Some(body) = request.body {
            // A Blob moves to the browser's own process; bytes would stay with this one's requests until a collector comes by.
            let parts = Array::new();
            set_view(&parts, 0, body);
            let blob = Blob::new_with_u8_array_sequence(&parts).map_err(|_| Unreachable)?;
            init = init.with("body", blob);
        }
        let init = init.into();
        let began = Date::now();
        let answer = fetch(&request.url, &init).map_err(|_| Unreachable)?;
        let answer: Response = JsFuture::from(answer)
            .await
            .and_then(JsCast::dyn_into)
            .map_err(|_| Unreachable)?;
        self.learn(request.body.map_or(0, <[u8]>::len), Date::now() - began);
        let headers = HEADERS_READ
            .iter()
            .filter_map(|name| Some(((*name).to_owned(), answer.headers().get(name).ok().flatten()?)))
            .collect::<Vec<_>>();
        if let Some((_, left)) = headers.iter().find(|(name, _)| name == satchel_api::header::READS_LEFT) {
            *self.reads_left.borrow_mut() = Some(left.clone());
        }
        Ok(Answer {
            status: answer.status(),
            headers,
            body: Body::of(&answer),
        })
    }
}

/// An answer's body as it arrives, in ever the same memory where the browser can: a large one's pieces would be left for the collector. Dropped before
/// its end, it ends the download.
pub(crate) struct Body {
    reader: Option<Reader>,
    room: Option<Uint8Array>,
}

impl Body {
    fn of(response: &Response) -> Self {
        let stream = response.body();
        Self {
            reader: stream.and_then(|stream| reader_of(&stream.unchecked_into()).ok()),
            room: None,
        }
    }
}

impl satchel_client::Body for Body {
    async fn next(&mut self) -> Result<Option<Vec<u8>>, Unreachable> {
        let Some(reader) = &self.reader else { return Ok(None) };
        let room = match self.room.take() {
            Some(room) => Uint8Array::new(&room.buffer()),
            None => Uint8Array::new_with_length(ROOM_LEN),
        };
        let coming = reader.read(&room, &JsValue::UNDEFINED);
        let read = JsFuture::from(coming).await.map_err(|_| Unreachable)?;
        if field(&read, "done").is_truthy() {
            self.reader = None;
            return Ok(None);
        }
        let piece: Uint8Array = field(&read, "value").dyn_into().map_err(|_| Unreachable)?;
        let bytes = piece.to_vec();
        self.room = Some(piece);
        Ok(Some(bytes))
    }
}

impl Drop for Body {
    fn drop(&mut self) {
        if let Some(reader) = self.reader.take() {
            let ended = reader.cancel();
            // It rejects when the connection is gone already, which nobody needs to hear of.
            wasm_bindgen_futures::spawn_local(async move { drop(JsFuture::from(ended).await) });
        }
    }
}
