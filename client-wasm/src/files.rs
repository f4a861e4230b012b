//! Files and Blobs, read from front to end, one piece ahead.

use js_sys::{Promise, Uint8Array};
use satchel_client::{Error, Stored};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::Blob;

use crate::value::{Fields, field, number, to_u64};

/// What the browser is asked for at a time.
const PIECE_LEN: u32 = 1 << 20;

#[wasm_bindgen]
extern "C" {
    /// `ReadableStream`, of bytes where the browser has it so.
    type Stream;

    #[wasm_bindgen(method, catch, js_name = getReader)]
    fn reader_in(this: &Stream, mode: &JsValue) -> Result<Reader, JsValue>;

    #[wasm_bindgen(method, catch, js_name = getReader)]
    fn reader(this: &Stream) -> Result<Reader, JsValue>;

    /// `ReadableStreamBYOBReader`, or `ReadableStreamDefaultReader`, which takes no notice of the room it is given.
    type Reader;

    #[wasm_bindgen(method)]
    fn read(this: &Reader, room: &Uint8Array) -> Promise;
}

/// The length of a Blob.
pub(crate) fn len(blob: &Blob) -> Result<u64, Error> {
    to_u64(blob.size()).ok_or(Error::Read)
}

/// A Blob that is being read. Two pieces of it are in memory, ever the same two: one that is used, one that the browser fills
/// meanwhile. In Chromium this is three times as fast as its own pieces, and twenty times as fast as slices.
pub(crate) struct Reading {
    reader: Reader,
    coming: Promise,
    piece: Uint8Array,
    used: u32,
}

impl Reading {
    pub(crate) fn of(blob: &Blob) -> Result<Self, Error> {
        let stream: Stream = blob.stream().unchecked_into();
        let reader = stream
            .reader_in(&Fields::new().with("mode", "byob").into())
            .or_else(|_| stream.reader())
            .map_err(|_| Error::Read)?;
        let len = u32::try_from(len(blob)?).unwrap_or(PIECE_LEN).clamp(1, PIECE_LEN);
        Ok(Self {
            coming: reader.read(&Uint8Array::new_with_length(len)),
            reader,
            piece: Uint8Array::new_with_length(len),
            used: len,
        })
    }

    /// The next bytes; 0 at the end.
    pub(crate) async fn read(&mut self, room: &mut [u8]) -> Result<usize, Error> {
        if self.used == self.piece.length() && !self.turn().await? {
            return Ok(0);
        }
        let most = u32::try_from(room.len()).unwrap_or(u32::MAX);
        let end = self.piece.length().min(self.used.saturating_add(most));
        let part = self.piece.subarray(self.used, end);
        self.used = end;
        let len = part.length() as usize;
        part.copy_to(&mut room[..len]);
        Ok(len)
    }

    /// Takes the piece that the browser filled, and has it fill the one that is used up. False at the end.
    async fn turn(&mut self) -> Result<bool, Error> {
        let read = JsFuture::from(self.coming.clone()).await.map_err(|_| Error::Read)?;
        if field(&read, "done").is_truthy() {
            return Ok(false);
        }
        let piece: Uint8Array = field(&read, "value").dyn_into().map_err(|_| Error::Read)?;
        let used_up = std::mem::replace(&mut self.piece, piece);
        self.used = 0;
        self.coming = self.reader.read(&Uint8Array::new(&used_up.buffer()));
        Ok(true)
    }
}

/// A `.satchel` file.
pub(crate) struct StoredFile {
    blob: Blob,
    len: u64,
    /// What is being read, and where it is.
    reading: Option<(Reading, u64)>,
}

impl StoredFile {
    pub(crate) fn of(value: JsValue) -> Result<Self, Error> {
        let blob: Blob = value.dyn_into().map_err(|_| Error::Read)?;
        let len = len(&blob)?;
        let reading = None;
        Ok(Self { blob, len, reading })
    }
}

impl Stored for StoredFile {
    fn len(&self) -> u64 {
        self.len
    }

    async fn read_at(&mut self, offset: u64, room: &mut [u8]) -> Result<usize, Error> {
        let (mut reading, at) = match self.reading.take() {
            Some((reading, at)) if at == offset => (reading, at),
            _ => {
                let rest = self.blob.slice_with_f64(number(offset)).map_err(|_| Error::Read)?;
                (Reading::of(&rest)?, offset)
            }
        };
        let got = reading.read(room).await?;
        self.reading = Some((reading, at + got as u64));
        Ok(got)
    }
}
