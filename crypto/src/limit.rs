//! Limits and lengths, docs/format.md sections 1, 2 and 5. Lengths are in bytes.

/// Most slots of a container.
pub const SLOTS_MAX: usize = 64;
/// Most passphrase slots of a container.
pub const PASSPHRASE_SLOTS_MAX: usize = 4;
/// Most share slots of a container.
pub const SHARE_SLOTS_MAX: usize = 4;
/// Most shares of a share slot.
pub const SHARES_MAX: usize = 32;
/// Longest header.
pub const HEADER_LEN_MAX: usize = 131_072;
/// Longest fields of one slot.
pub const FIELDS_LEN_MAX: usize = 2_048;
/// Longest manifest.
pub const MANIFEST_LEN_MAX: usize = 16_777_216;
/// Most entries of a manifest.
pub const ENTRIES_MAX: usize = 65_536;
/// Longest name.
pub const NAME_LEN_MAX: usize = 1_024;
/// Longest component of a safe name.
pub const COMPONENT_LEN_MAX: usize = 255;
/// Longest media type.
pub const MEDIA_TYPE_LEN_MAX: usize = 127;
/// Most reads that a sender can have asked for.
pub const READS_MAX: u32 = 1_000;
/// Shortest padded length.
pub const PADDED_LEN_MIN: u64 = 4_096;
/// Longest padded length.
pub const PADDED_LEN_MAX: u64 = 1 << 50;
/// Longest passphrase, in UTF-8 after NFC.
pub const PASSPHRASE_LEN_MAX: usize = 1_024;

/// Most members of a set.
pub const SET_MEMBERS_MAX: usize = 256;

/// Most slots of a set's members together: each may cost whoever has a key a decapsulation.
pub const SET_SLOTS_MAX: usize = 1_024;

/// The start of a page in which the element with the container begins.
pub const PAGE_START_LEN: usize = 1_048_576;

/// Magic, version, container id and set id.
pub const IMMUTABLE_LEN: usize = 41;
/// A set's magic, version, id and count.
pub const SET_HEAD_LEN: usize = 27;
/// The immutable part, the length of a place and the state: what [`Prelude`](crate::Prelude) reads.
pub const PRELUDE_LEN: usize = IMMUTABLE_LEN + 5;
/// The header MAC.
pub const MAC_LEN: usize = 32;
/// The FLOE header at the payload's start.
pub const PAYLOAD_HEADER_LEN: usize = 74;
/// A full segment as it is stored.
pub const SEGMENT_LEN: usize = 262_144;
/// What a segment holds besides its plaintext: length word, nonce and tag.
pub const SEGMENT_OVERHEAD: usize = 32;
/// The plaintext of a full segment.
pub const SEGMENT_PLAINTEXT_LEN: usize = SEGMENT_LEN - SEGMENT_OVERHEAD;
/// A link or an invite, in characters.
pub const LINK_CHARS: usize = 47;
/// The name of a link to a document that has several, in bytes of UTF-8.
pub const LINK_NAME_LEN_MAX: usize = 127;
/// A recovery share.
pub const SHARE_LEN: usize = 55;
/// A receipt, in characters.
pub const RECEIPT_CHARS: usize = 68;
