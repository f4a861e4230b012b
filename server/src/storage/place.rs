//! What an item is to others.

/// A paste by itself, or a part of a document with several links.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// All of a container.
    Alone,
    /// The payload of a container with several links.
    Document,
    /// The head of a container, whose payload is a document's.
    Link {
        /// The document's item.
        document: u64,
        /// Which of its links, from 1.
        number: u32,
        /// The payload's length.
        shared: u64,
    },
}

impl Place {
    /// Of an item whose container is `size` long, the bytes that are its own.
    pub(crate) const fn own_bytes(self, size: u64) -> u64 {
        match self {
            Self::Alone | Self::Document => size,
            Self::Link { shared, .. } => size.saturating_sub(shared),
        }
    }
}
