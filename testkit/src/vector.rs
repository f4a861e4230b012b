//! One vector: a header of `key: value` lines, an empty line, then the bytes. vectors/README.md describes it.

use std::fmt::Write as _;

use crate::archive::Document;
use crate::keys::sha256;
use crate::link::Link;

/// Every verdict on a file or a key: docs/format.md section 9, in its order, after `ok`.
pub const VERDICTS: [&str; 38] = [
    "ok",
    "not_a_container",
    "set_not_supported",
    "malformed_set",
    "unsupported_version",
    "member_of_a_set",
    "truncated",
    "header_too_large",
    "malformed_header",
    "bad_slot_count",
    "malformed_slot",
    "bad_slot_mix",
    "unknown_profile",
    "no_matching_slot",
    "wrong_key",
    "excessive_work",
    "malformed_passphrase",
    "empty_passphrase",
    "passphrase_too_long",
    "malformed_recipient",
    "malformed_identity",
    "malformed_share",
    "share_of_another_container",
    "wrong_share",
    "mixed_shares",
    "too_few_shares",
    "bad_header_mac",
    "bad_payload_header",
    "bad_segment",
    "bad_padding",
    "manifest_too_large",
    "malformed_manifest",
    "bad_archive_length",
    "malformed_link",
    "unsupported_link_version",
    "unsupported_link_flags",
    // of names alone: section 7.1
    "unsafe",
    "collide",
];

/// One file under vectors/.
pub struct Vector {
    /// The folder that it lies in.
    pub folder: &'static str,
    /// Its file name: the one defect, or what is remarkable about a good one.
    pub name: String,
    /// One of [`VERDICTS`].
    pub verdict: &'static str,
    /// Ids of the requirements that it tests, joined by a space.
    pub must: &'static str,
    fields: Vec<(&'static str, String)>,
    body: Vec<u8>,
}

impl Vector {
    /// A vector without keys and bytes yet; `verdict_and_must` are words joined by a space, the verdict first.
    #[must_use]
    pub fn new(folder: &'static str, name: &str, verdict_and_must: &'static str, comment: &str) -> Self {
        let (verdict, must) = verdict_and_must.split_once(' ').expect("a verdict, then ids");
        let fields = vec![("comment", String::from(comment))];
        Self {
            folder,
            name: String::from(name),
            verdict,
            must,
            fields,
            body: Vec::new(),
        }
    }

    /// Adds one line to the header.
    #[must_use]
    pub fn with(mut self, key: &'static str, value: impl ToString) -> Self {
        self.fields.push((key, value.to_string()));
        self
    }

    /// Adds the lines that name the key: the link and, where it has one, the passphrase.
    #[must_use]
    pub fn opened_by(self, link: &Link) -> Self {
        let vector = self.with("link", link.encode());
        match link.passphrase {
            Some(passphrase) => vector.with("passphrase", passphrase),
            None => vector,
        }
    }

    /// Adds the lines of each document that comes out.
    #[must_use]
    pub fn holding(mut self, documents: &[Document]) -> Self {
        for document in documents {
            self = self.with("entry", document.name.as_deref().unwrap_or_default());
            self = self.with("media_type", &document.media_type);
            self = self.with(
                "size",
                document.size.map_or(String::from("null"), |size| size.to_string()),
            );
            if let Some(modified) = document.modified {
                self = self.with("modified", modified);
            }
            self = self.with("sha256", hex::encode(sha256(&document.content)));
        }
        self
    }

    /// Sets what stands after the empty line.
    #[must_use]
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// The file's path under vectors/.
    #[must_use]
    pub fn path(&self) -> String {
        format!("{}/{}", self.folder, self.name)
    }

    /// The file's bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut header = format!("verdict: {}\nmust: {}\n", self.verdict, self.must);
        for (key, value) in &self.fields {
            let space = if value.is_empty() { "" } else { " " };
            writeln!(header, "{key}:{space}{value}").expect("a String takes all that is written");
        }
        [header.as_bytes(), b"\n", &self.body].concat()
    }
}
