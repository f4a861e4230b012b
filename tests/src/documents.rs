//! Documents with several links, for the client that knows no cryptography: heads and payloads are noise.

use base64ct::{Base64, Encoding as _};
use satchel_api::{LinkReceipt, LinkWanted, LinksWanted, header, metadata, route};
use sha2::{Digest as _, Sha256};

use crate::wire::{Answer, Keys, Lost, Wire, bearer, text, whole};
use crate::{noise, random};

const HEAD_LEN: usize = 300;
const LABEL_LEN: usize = 60;

/// A document as its owner knows it.
#[derive(Clone)]
pub struct Document {
    /// Its id.
    pub id: [u8; 16],
    /// Proves its owner.
    pub owner: [u8; 32],
}

/// A link that is to be made: what its reader gets is `head` and the document's payload.
#[derive(Clone)]
pub struct Link {
    /// Its id and the tokens of its reader. It has no receipt of its own.
    pub keys: Keys,
    /// What stands before the payload.
    pub head: Vec<u8>,
    /// For so many reads.
    pub reads: u32,
    /// What its owner is told of it.
    pub label: Option<Vec<u8>>,
}

impl Document {
    /// A fresh one.
    #[must_use]
    pub fn generate() -> Self {
        Self {
            id: random(),
            owner: random(),
        }
    }
}

impl Link {
    /// A fresh one.
    #[must_use]
    pub fn generate(reads: u32) -> Self {
        Self {
            keys: Keys::generate(),
            head: noise(HEAD_LEN),
            reads,
            label: None,
        }
    }

    /// A fresh one with a label.
    #[must_use]
    pub fn labelled(reads: u32) -> Self {
        Self {
            label: Some(noise(LABEL_LEN)),
            ..Self::generate(reads)
        }
    }

    fn wanted(&self) -> LinkWanted {
        LinkWanted {
            id: text(&self.keys.id),
            probe: text(&Sha256::digest(self.keys.probe)),
            claim: text(&Sha256::digest(self.keys.claim)),
            head: text(&self.head),
            expires_in: 7 * 24 * 3600,
            reads: self.reads,
            burns_on_guessing: false,
            label: self.label.as_deref().map(text),
        }
    }

    /// Whether its line of a document's receipt has its label.
    #[must_use]
    pub fn is_labelled_in(&self, line: &LinkReceipt) -> bool {
        line.label == self.label.as_deref().map(text)
    }
}

impl Wire {
    /// Creates a document with all of its payload.
    ///
    /// # Errors
    /// When no answer came.
    pub fn create_document(&self, document: &Document, payload: &[u8]) -> Result<Answer, Lost> {
        let metadata = [
            (metadata::ID, text(&document.id)),
            ("owner", text(&Sha256::digest(document.owner))),
            ("head", text(&noise(100))),
        ]
        .map(|(key, value)| format!("{key} {}", Base64::encode_string(value.as_bytes())))
        .join(",");
        let response = self
            .agent
            .post(format!("{}{}", self.url, route::DOCUMENTS))
            .header(header::TUS_RESUMABLE, header::TUS_VERSION_SPOKEN)
            .header(header::UPLOAD_LENGTH, payload.len().to_string())
            .header(header::UPLOAD_METADATA, metadata)
            .header("content-type", header::OFFSET_OCTET_STREAM)
            .send(payload)?;
        whole(response)
    }

    /// Makes links, numbered from 1 in their order where they are the document's first.
    ///
    /// # Errors
    /// When no answer came.
    ///
    /// # Panics
    /// Never: links are always written as JSON.
    pub fn make_links(&self, document: &Document, links: &[Link]) -> Result<Answer, Lost> {
        let links = links.iter().map(Link::wanted).collect();
        let response = self
            .agent
            .post(format!("{}{}", self.url, route::of(route::LINKS, &text(&document.id))))
            .header("authorization", bearer(&document.owner))
            .header("content-type", "application/json")
            .send(serde_json::to_vec(&LinksWanted { links }).unwrap())?;
        whole(response)
    }

    /// Burns one link.
    ///
    /// # Errors
    /// When no answer came.
    pub fn burn_link(&self, document: &Document, number: u32) -> Result<Answer, Lost> {
        self.delete_as_owner(document, &route::of_link(route::LINK, &text(&document.id), number))
    }

    /// Burns a document with all its links.
    ///
    /// # Errors
    /// When no answer came.
    pub fn burn_document(&self, document: &Document) -> Result<Answer, Lost> {
        self.delete_as_owner(document, &route::of(route::DOCUMENT, &text(&document.id)))
    }

    /// What its owner may know.
    ///
    /// # Errors
    /// When no answer came.
    pub fn document_receipt(&self, document: &Document) -> Result<Answer, Lost> {
        let path = route::of(route::DOCUMENT_RECEIPT, &text(&document.id));
        let request = self.agent.get(format!("{}{path}", self.url));
        whole(request.header("authorization", bearer(&document.owner)).call()?)
    }

    fn delete_as_owner(&self, document: &Document, path: &str) -> Result<Answer, Lost> {
        let request = self.agent.delete(format!("{}{path}", self.url));
        whole(request.header("authorization", bearer(&document.owner)).call()?)
    }
}
