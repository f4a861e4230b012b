//! Manifest and archive of docs/format.md section 7.

use crate::cbor;

/// One entry and its content, as the sender had it.
#[derive(Clone)]
pub struct Document {
    /// Key 0; a text has none.
    pub name: Option<String>,
    /// Key 1.
    pub media_type: String,
    /// Key 2; `None` is null: to the end.
    pub size: Option<u64>,
    /// Key 3.
    pub modified: Option<u64>,
    /// What follows the manifest.
    pub content: Vec<u8>,
}

impl Document {
    /// A named file with its true size.
    #[must_use]
    pub fn file(name: &str, media_type: &str, content: impl Into<Vec<u8>>) -> Self {
        Self {
            name: Some(String::from(name)),
            modified: Some(1_767_225_600),
            ..Self::text(media_type, content)
        }
    }

    /// A content without a name.
    #[must_use]
    pub fn text(media_type: &str, content: impl Into<Vec<u8>>) -> Self {
        let content = content.into();
        let size = u64::try_from(content.len()).ok();
        Self {
            name: None,
            media_type: String::from(media_type),
            size,
            modified: None,
            content,
        }
    }

    /// The pairs of the entry's map, in order.
    #[must_use]
    pub fn pairs(&self) -> Vec<(u64, Vec<u8>)> {
        let name = self.name.as_ref().map(|name| (0, cbor::text(name)));
        let size = self.size.map_or(vec![cbor::NULL], cbor::uint);
        let modified = self.modified.map(|time| (3, cbor::uint(time)));
        name.into_iter()
            .chain([(1, cbor::text(&self.media_type)), (2, size)])
            .chain(modified)
            .collect()
    }

    /// The entry's map.
    #[must_use]
    pub fn entry(&self) -> Vec<u8> {
        cbor::map(&self.pairs())
    }
}

/// { 0: entries }
#[must_use]
pub fn manifest(entries: &[Vec<u8>]) -> Vec<u8> {
    cbor::map(&[(0, cbor::array(entries))])
}

/// manifest_len || manifest || contents
#[must_use]
pub fn archive(manifest: &[u8], contents: &[u8]) -> Vec<u8> {
    let manifest_len = u32::try_from(manifest.len()).expect("a manifest is shorter than 4 GiB");
    [&manifest_len.to_be_bytes()[..], manifest, contents].concat()
}

/// The archive of `documents`, rightly made.
#[must_use]
pub fn pack(documents: &[Document]) -> Vec<u8> {
    let entries: Vec<_> = documents.iter().map(Document::entry).collect();
    let contents: Vec<u8> = documents.iter().flat_map(|document| document.content.clone()).collect();
    archive(&manifest(&entries), &contents)
}
