//! All of the format, for its vectors: recipients, shares, sets and containers in pages, in memory. The page does without, and so does its
//! WebAssembly.

use js_sys::{Array, Uint8Array};
use satchel_client::share_text::{share_in, share_of_words};
use satchel_crypto::{
    Allowed, Container, Event, Identity, Key, Link, Opened, Passphrase, Recipient, SetHead, Share, Unpacker, Verdict,
    container_in_page,
};
use wasm_bindgen::prelude::*;

use crate::value::Fields;

/// What opens a container, as a vector names it.
#[wasm_bindgen]
pub struct Keys {
    link: Option<String>,
    passphrase: Option<String>,
    identities: Vec<String>,
    shares: Vec<String>,
}

#[wasm_bindgen]
impl Keys {
    /// Of whichever kind there is.
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new(link: Option<String>, passphrase: Option<String>, identities: Vec<String>, shares: Vec<String>) -> Self {
        Self {
            link,
            passphrase,
            identities,
            shares,
        }
    }
}

/// Opens a container, a set or a page: `{ name, mediaType, content }` for each entry.
///
/// # Errors
/// The verdict's word.
#[wasm_bindgen(js_name = openWhole)]
pub fn open_whole(body: &[u8], keys: &Keys) -> Result<Array, JsValue> {
    open(body, keys).map_err(|verdict| verdict.word().into())
}

/// What a recipient, an identity or a share comes to: the recipient, or the share's code.
///
/// # Errors
/// The verdict's word.
#[wasm_bindgen(js_name = readKey)]
pub fn read_key(kind: &str, text: &str) -> Result<String, JsValue> {
    let read = match kind {
        "recipient" => Recipient::parse(text).map(|recipient| recipient.encode()),
        "identity" => Identity::parse(text).map(|identity| identity.recipient().encode()),
        "code" => Share::parse(text).map(|share| share.encode().to_string()),
        "text" => share_in(text)
            .map(|share| share.encode().to_string())
            .map_err(|_| Verdict::MalformedShare),
        _ => share_of_words(text).map(|share| share.encode().to_string()),
    };
    read.map_err(|verdict| verdict.word().into())
}

fn open(body: &[u8], keys: &Keys) -> Result<Array, Verdict> {
    let identities: Vec<_> = keys
        .identities
        .iter()
        .map(|text| Identity::parse(text))
        .collect::<Result<_, _>>()?;
    let shares: Vec<_> = keys
        .shares
        .iter()
        .map(|code| Share::parse(code))
        .collect::<Result<_, _>>()?;
    let passphrase = keys.passphrase.as_deref().map(Passphrase::new).transpose()?;
    let unlocked = match &keys.link {
        Some(link) => Some(Link::parse(link)?.unlock(passphrase.as_ref())?),
        None => None,
    };
    let key = match (&unlocked, &passphrase) {
        (Some(unlocked), _) => Key::Link(unlocked),
        (None, Some(passphrase)) => Key::Passphrase(passphrase),
        (None, None) if shares.is_empty() => Key::Identities(&identities),
        (None, None) => Key::Shares(&shares),
    };
    let inside;
    let body = if body.first() == Some(&0x8b) {
        body
    } else {
        inside = container_in_page(body)?;
        &inside
    };
    let entries = Array::new();
    if SetHead::is_set(body) {
        open_set(body, &key, &entries)?;
    } else {
        let container = Container::parse(body, body.len() as u64)?;
        take_out(container.open(&key, Allowed::ALL)?, body, &entries)?;
    }
    Ok(entries)
}

fn open_set(set: &[u8], key: &Key<'_>, entries: &Array) -> Result<(), Verdict> {
    let (mut last, mut opens) = (Verdict::NoMatchingSlot, false);
    for (member, container) in SetHead::members(set)? {
        match container.open(key, Allowed::ALL) {
            Ok(opened) => {
                take_out(opened, member, entries)?;
                opens = true;
            }
            Err(why @ (Verdict::WrongKey | Verdict::NoMatchingSlot | Verdict::ShareOfAnotherContainer(_))) => {
                last = why
            }
            Err(why) => return Err(why),
        }
    }
    if opens { Ok(()) } else { Err(last) }
}

fn take_out(mut opened: Opened, container: &[u8], entries: &Array) -> Result<(), Verdict> {
    let mut unpacker = Unpacker::new();
    let mut contents: Vec<Vec<u8>> = Vec::new();
    for position in 0..opened.segment_count().unwrap_or(0) {
        let range = opened.segment_range(position);
        let at = |at: u64| usize::try_from(at).map_err(|_| Verdict::Truncated);
        let segment = container
            .get(at(range.start)?..at(range.end)?)
            .ok_or(Verdict::Truncated)?;
        unpacker.push(opened.closed_segment(position, segment.to_vec())?.open()?)?;
        while let Some(event) = unpacker.next()? {
            match event {
                Event::Begin(_) => contents.push(Vec::new()),
                Event::Content(entry, bytes) => contents[entry].extend_from_slice(bytes),
                _ => {}
            }
        }
    }
    let manifest = unpacker.manifest().ok_or(Verdict::Truncated)?;
    for (entry, content) in manifest.entries().iter().zip(contents) {
        let fields = Fields::new()
            .with("name", entry.name.clone().unwrap_or_default())
            .with("mediaType", entry.media_type.clone())
            .with("content", Uint8Array::from(content.as_slice()));
        entries.push(&fields.done());
    }
    Ok(())
}
