//! Files and Blobs, read piece by piece.

use js_sys::ArrayBuffer;
use satchel_client::{Error, Stored};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::Blob;

use crate::value::{drain, number, to_u64};

/// The length of a Blob.
pub(crate) fn len(blob: &Blob) -> Result<u64, Error> {
    to_u64(blob.size()).ok_or(Error::Read)
}

/// The bytes at `from`, up to `to`. Fewer only at the end.
pub(crate) async fn read(blob: &Blob, from: u64, to: u64) -> Result<Vec<u8>, Error> {
    let slice = blob
        .slice_with_f64_and_f64(number(from), number(to))
        .map_err(|_| Error::Read)?;
    let buffer = JsFuture::from(slice.array_buffer()).await.map_err(|_| Error::Read)?;
    let buffer: ArrayBuffer = buffer.dyn_into().map_err(|_| Error::Read)?;
    Ok(drain(buffer))
}

/// A `.satchel` file.
pub(crate) struct StoredFile {
    blob: Blob,
    len: u64,
}

impl StoredFile {
    pub(crate) fn of(value: JsValue) -> Result<Self, Error> {
        let blob: Blob = value.dyn_into().map_err(|_| Error::Read)?;
        Ok(Self { len: len(&blob)?, blob })
    }
}

impl Stored for StoredFile {
    fn len(&self) -> u64 {
        self.len
    }

    async fn read_at(&mut self, offset: u64, room: &mut [u8]) -> Result<usize, Error> {
        let end = self.len.min(offset + room.len() as u64);
        if end <= offset {
            return Ok(0);
        }
        let bytes = read(&self.blob, offset, end).await?;
        room.get_mut(..bytes.len()).ok_or(Error::Read)?.copy_from_slice(&bytes);
        Ok(bytes.len())
    }
}
