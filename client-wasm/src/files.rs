//! Files and Blobs, read from front to end, two pieces ahead.

use js_sys::{ArrayBuffer, Promise, Uint8Array};
use satchel_client::{Error, Stored, StoredElsewhere};
use satchel_crypto::limit;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::Blob;

use crate::engine::Bytes;
use crate::value::{Fields, field, number, to_u64};

/// How many segments the browser is asked for at a time.
const SEGMENTS: u32 = 4;
#[expect(clippy::cast_possible_truncation, reason = "a segment is far below 4 GiB")]
const PLAIN_LEN: u32 = limit::SEGMENT_PLAINTEXT_LEN as u32;
#[expect(clippy::cast_possible_truncation, reason = "a segment is far below 4 GiB")]
const SEALED_LEN: u32 = limit::SEGMENT_LEN as u32;

#[wasm_bindgen]
extern "C" {
    /// `ReadableStream`, of bytes where the browser has it so.
    pub(crate) type Stream;

    #[wasm_bindgen(method, catch, js_name = getReader)]
    fn reader_in(this: &Stream, mode: &JsValue) -> Result<Reader, JsValue>;

    #[wasm_bindgen(method, catch, js_name = getReader)]
    fn reader(this: &Stream) -> Result<Reader, JsValue>;

    /// `ReadableStreamBYOBReader`, or `ReadableStreamDefaultReader`, which takes no notice of the room it is given.
    pub(crate) type Reader;

    #[wasm_bindgen(method)]
    pub(crate) fn read(this: &Reader, room: &Uint8Array, options: &JsValue) -> Promise;

    #[wasm_bindgen(method)]
    pub(crate) fn cancel(this: &Reader) -> Promise;
}

/// The best reader that the stream has.
pub(crate) fn reader_of(stream: &Stream) -> Result<Reader, Error> {
    stream
        .reader_in(&Fields::new().with("mode", "byob").into())
        .or_else(|_| stream.reader())
        .map_err(|_| Error::Read)
}

/// The length of a Blob.
pub(crate) fn len(blob: &Blob) -> Result<u64, Error> {
    to_u64(blob.size()).ok_or(Error::Read)
}

/// A Blob that is being read. Three pieces of it are in memory, ever the same three: one that is used, two that the browser fills
/// meanwhile. In Chromium this is three times as fast as its own pieces, and twenty times as fast as slices.
pub(crate) struct Reading {
    reader: Reader,
    /// Not here yet, and how many bytes of it were asked for.
    left: u64,
    asked: u64,
    /// What was asked for, and how many bytes that was each time. Listened to from the start: its failure is not to be one that nobody heard.
    coming: Option<(JsFuture, u32)>,
    /// What comes after that.
    after: Option<(JsFuture, u32)>,
    /// Of a piece.
    len: u32,
    piece: Uint8Array,
    used: u32,
}

impl Reading {
    /// Of content that is to be sealed.
    pub(crate) fn of(blob: &Blob) -> Result<Self, Error> {
        Self::by(blob, SEGMENTS * PLAIN_LEN)
    }

    fn by(blob: &Blob, piece_len: u32) -> Result<Self, Error> {
        let stream: Stream = blob.stream().unchecked_into();
        Ok(Self {
            reader: reader_of(&stream)?,
            left: len(blob)?,
            asked: 0,
            coming: None,
            after: None,
            len: piece_len,
            piece: Uint8Array::new_with_length(0),
            used: 0,
        })
    }

    /// The next bytes; 0 at the end.
    pub(crate) async fn read(&mut self, room: &mut [u8]) -> Result<usize, Error> {
        let most = u32::try_from(room.len()).unwrap_or(u32::MAX);
        if self.used == self.piece.length() && !self.turn(most).await? {
            return Ok(0);
        }
        let part = self.take(most.min(self.piece.length() - self.used));
        let len = part.length() as usize;
        part.copy_to(&mut room[..len]);
        Ok(len)
    }

    /// The next bytes where they lie, until the next call: a multiple of `unit`, at most `most`. None where the piece has not that many left.
    pub(crate) async fn lend(&mut self, unit: u32, most: u64) -> Result<Option<Uint8Array>, Error> {
        if self.used == self.piece.length() && !self.turn(unit).await? {
            return Ok(None);
        }
        let here = self.piece.length() - self.used;
        let len = u32::try_from(most).unwrap_or(u32::MAX).min(here) / unit * unit;
        Ok((len > 0).then(|| self.take(len)))
    }

    fn take(&mut self, len: u32) -> Uint8Array {
        let part = self.piece.subarray(self.used, self.used + len);
        self.used += len;
        part
    }

    /// Takes the piece that the browser filled, and has it fill the one that is used up. False at the end. The first piece has the length
    /// that is asked for, so that the whole segments that follow it lie in one piece each.
    async fn turn(&mut self, first: u32) -> Result<bool, Error> {
        if self.coming.is_none() {
            self.coming = self.after.take().or_else(|| self.ask(None, first));
        }
        if self.after.is_none() {
            self.after = self.ask(None, self.len);
        }
        let Some((coming, asked)) = self.coming.take() else {
            return Ok(false);
        };
        self.coming = self.after.take();
        let read = coming.await.map_err(|_| Error::Read)?;
        if field(&read, "done").is_truthy() {
            return Ok(false);
        }
        let piece: Uint8Array = field(&read, "value").dyn_into().map_err(|_| Error::Read)?;
        // Browsers without such readers, or without `min`, give as much as they like.
        self.asked -= u64::from(asked);
        self.left = self.left.saturating_sub(u64::from(piece.length()));
        let used_up = std::mem::replace(&mut self.piece, piece);
        self.used = 0;
        self.after = self.ask(Some(used_up.buffer()), self.len);
        Ok(true)
    }

    /// Asks for `most` bytes, or what is left, into the memory of a piece that is used up.
    fn ask(&mut self, used_up: Option<ArrayBuffer>, most: u32) -> Option<(JsFuture, u32)> {
        let left = self.left.saturating_sub(self.asked);
        let len = u32::try_from(left).unwrap_or(u32::MAX).min(self.len).min(most);
        if len == 0 {
            return None;
        }
        self.asked += u64::from(len);
        let room = used_up
            .filter(|room| room.byte_length() >= len)
            .unwrap_or_else(|| ArrayBuffer::new(len));
        let room = Uint8Array::new_with_byte_offset_and_length(&room, 0, len);
        let whole = Fields::new().with("min", len);
        Some((self.reader.read(&room, &whole.into()).into(), len))
    }
}

/// A `.satchel` file.
pub(crate) struct StoredFile {
    blob: Blob,
    len: u64,
    /// What is being read, and where it is.
    reading: Option<(Reading, u64)>,
    /// Whether its pieces begin where segments do.
    even: bool,
}

impl StoredFile {
    pub(crate) fn of(value: JsValue) -> Result<Self, Error> {
        let blob: Blob = value.dyn_into().map_err(|_| Error::Read)?;
        let len = len(&blob)?;
        Ok(Self {
            blob,
            len,
            reading: None,
            even: false,
        })
    }

    /// What is read from `offset` on; anew where that is somewhere else.
    fn at(&mut self, offset: u64) -> Result<Reading, Error> {
        match self.reading.take() {
            Some((reading, at)) if at == offset => Ok(reading),
            _ => {
                self.even = false;
                let rest = self.blob.slice_with_f64(number(offset)).map_err(|_| Error::Read)?;
                Reading::by(&rest, SEGMENTS * SEALED_LEN)
            }
        }
    }
}

impl Stored for StoredFile {
    fn len(&self) -> u64 {
        self.len
    }

    async fn read_at(&mut self, offset: u64, room: &mut [u8]) -> Result<usize, Error> {
        let mut reading = self.at(offset)?;
        let got = reading.read(room).await?;
        self.reading = Some((reading, offset + got as u64));
        Ok(got)
    }
}

impl StoredElsewhere<Bytes> for StoredFile {
    async fn lend(&mut self, offset: u64, unit: usize, most: u64) -> Result<Option<Bytes>, Error> {
        let unit = u32::try_from(unit).map_err(|_| Error::Read)?;
        if !self.even {
            // What was read ahead of the header does not end where a segment does.
            self.reading = None;
        }
        let mut reading = self.at(offset)?;
        self.even = true;
        let lent = reading.lend(unit, most).await?;
        let given = lent.as_ref().map_or(0, Uint8Array::length);
        self.reading = Some((reading, offset + u64::from(given)));
        Ok(lent.map(Bytes))
    }
}
