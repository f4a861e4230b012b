//! A document as the page hands it over: a text, or files with their paths. Never more than two pieces of a file are in memory.

use js_sys::Array;
use satchel_client::{Error, Source};
use satchel_crypto::{Entry, limit};
use wasm_bindgen::prelude::*;
use web_sys::Blob;

use crate::engine::Bytes;
use crate::failure::Failure;
use crate::files::{self, Reading};
use crate::value::{field, text, whole};

/// What is to be sealed.
pub(crate) struct Document(Vec<Content>);

enum Content {
    /// How much of it was read.
    Text(Vec<u8>, usize),
    File(Blob),
    Reading(Reading),
    /// Nothing of a file stays in memory behind its end.
    Over,
}

impl Document {
    /// `{ text, mediaType? }` or `{ files: [{ file, path }] }`, and the entries of its manifest.
    pub(crate) fn of(value: &JsValue) -> Result<(Vec<Entry>, Self), Failure> {
        let parts = match text(value, "text") {
            Some(content) => vec![of_text(content, text(value, "mediaType"))],
            None => Array::from(&field(value, "files"))
                .iter()
                .map(|file| of_file(&file))
                .collect::<Result<_, _>>()?,
        };
        if parts.is_empty() {
            return Err(Failure::new("unusable_document"));
        }
        let (entries, contents) = parts.into_iter().unzip();
        Ok((entries, Self(contents)))
    }
}

impl Content {
    fn begin(&mut self) -> Result<(), Error> {
        if let Self::File(blob) = self {
            *self = Self::Reading(Reading::of(blob)?);
        }
        Ok(())
    }

    async fn lend(&mut self, unit: usize, most: u64) -> Result<Option<Bytes>, Error> {
        self.begin()?;
        match (self, u32::try_from(unit)) {
            (Self::Reading(reading), Ok(unit)) => Ok(reading.lend(unit, most).await?.map(Bytes)),
            _ => Ok(None),
        }
    }

    async fn read(&mut self, room: &mut [u8]) -> Result<usize, Error> {
        self.begin()?;
        let len = match self {
            Self::Text(bytes, used) => {
                let len = room.len().min(bytes.len() - *used);
                room[..len].copy_from_slice(&bytes[*used..*used + len]);
                *used += len;
                len
            }
            Self::Reading(reading) => reading.read(room).await?,
            Self::File(_) | Self::Over => 0,
        };
        if len == 0 {
            *self = Self::Over;
        }
        Ok(len)
    }
}

impl Source<Bytes> for Document {
    async fn lend(&mut self, entry: usize, unit: usize, most: u64) -> Result<Option<Bytes>, Error> {
        self.0.get_mut(entry).ok_or(Error::Read)?.lend(unit, most).await
    }

    async fn read(&mut self, entry: usize, room: &mut [u8]) -> Result<usize, Error> {
        self.0.get_mut(entry).ok_or(Error::Read)?.read(room).await
    }
}

/// `kind` is what its writer says it is; a text without one is plain.
fn of_text(text: String, kind: Option<String>) -> (Entry, Content) {
    let bytes = text.into_bytes();
    let size = Some(bytes.len() as u64);
    let entry = Entry {
        name: None,
        media_type: kind.map_or_else(|| "text/plain;charset=utf-8".to_owned(), media_type),
        size,
        modified: None,
    };
    (entry, Content::Text(bytes, 0))
}

fn of_file(value: &JsValue) -> Result<(Entry, Content), Failure> {
    let file = field(value, "file");
    let modified = whole(&file, "lastModified").map(|millis| millis / 1000);
    let blob: Blob = file.dyn_into().map_err(|_| Failure::new("unusable_document"))?;
    let entry = Entry {
        name: Some(text(value, "path").unwrap_or_default()),
        media_type: media_type(blob.type_()),
        size: Some(files::len(&blob)?),
        modified,
    };
    Ok((entry, Content::File(blob)))
}

/// What the browser thinks it is, where the format can say it.
fn media_type(told: String) -> String {
    let length_fits = (1..=limit::MEDIA_TYPE_LEN_MAX).contains(&told.len());
    let sayable = length_fits && told.bytes().all(|byte| (0x20..0x7f).contains(&byte));
    if sayable {
        told
    } else {
        "application/octet-stream".to_owned()
    }
}
