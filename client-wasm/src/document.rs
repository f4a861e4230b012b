//! A document as the page hands it over: a text, or files with their paths. Never more than one piece of it is in memory.

use js_sys::Array;
use satchel_client::{Body as _, Error, Source};
use satchel_crypto::{Entry, limit};
use wasm_bindgen::prelude::*;
use web_sys::Blob;

use crate::failure::Failure;
use crate::fetch::Body;
use crate::files;
use crate::value::{field, text, whole};

/// What is to be sealed.
pub(crate) struct Document {
    contents: Vec<Content>,
    entry: usize,
    piece: Vec<u8>,
    used: usize,
}

enum Content {
    Text(Vec<u8>),
    File(Blob),
    /// As a stream, which the browser reads ahead: measured in Chromium, five times as fast as slice by slice.
    Reading(Body),
}

impl Document {
    /// `{ text }` or `{ files: [{ file, path }] }`, and the entries of its manifest.
    pub(crate) fn of(value: &JsValue) -> Result<(Vec<Entry>, Self), Failure> {
        let parts = match text(value, "text") {
            Some(text) => vec![of_text(text)],
            None => Array::from(&field(value, "files"))
                .iter()
                .map(|file| of_file(&file))
                .collect::<Result<_, _>>()?,
        };
        if parts.is_empty() {
            return Err(Failure::new("unusable_document"));
        }
        let (entries, contents) = parts.into_iter().unzip();
        Ok((
            entries,
            Self {
                contents,
                entry: 0,
                piece: Vec::new(),
                used: 0,
            },
        ))
    }
}

impl Content {
    /// The next piece; empty at the end.
    async fn next(&mut self) -> Result<Vec<u8>, Error> {
        if let Self::File(blob) = self {
            *self = Self::Reading(Body::of_blob(blob));
        }
        match self {
            Self::Text(bytes) => Ok(std::mem::take(bytes)),
            Self::Reading(body) => Ok(body.next().await.map_err(|_| Error::Read)?.unwrap_or_default()),
            Self::File(_) => Err(Error::Read),
        }
    }
}

impl Source for Document {
    async fn read(&mut self, entry: usize, room: &mut [u8]) -> Result<usize, Error> {
        if self.entry != entry {
            (self.entry, self.used) = (entry, 0);
            self.piece = Vec::new();
        }
        if self.used == self.piece.len() {
            self.piece = self.contents.get_mut(entry).ok_or(Error::Read)?.next().await?;
            self.used = 0;
        }
        let len = room.len().min(self.piece.len() - self.used);
        room[..len].copy_from_slice(&self.piece[self.used..self.used + len]);
        self.used += len;
        Ok(len)
    }
}

fn of_text(text: String) -> (Entry, Content) {
    let bytes = text.into_bytes();
    let size = Some(bytes.len() as u64);
    let entry = Entry {
        name: None,
        media_type: "text/plain;charset=utf-8".to_owned(),
        size,
        modified: None,
    };
    (entry, Content::Text(bytes))
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
