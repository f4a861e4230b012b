//! Reading a container up to its segments, docs/format.md sections 2 to 5. The writing side is in `sealer`.

use alloc::vec::Vec;
use core::ops::Range;
use hmac::Mac;

use crate::floe::{PRODUCTION, Stream};
use crate::header::{FileKey, check_len};
use crate::limit::{IMMUTABLE_LEN, MAC_LEN, PAYLOAD_HEADER_LEN, PRELUDE_LEN, SEGMENT_OVERHEAD};
use crate::padding::{PaddedLen, full_segment_range};
use crate::passphrase::derive_passphrase_key;
use crate::{ClosedSegment, Header, Passphrase, Profile, Slot, UnlockedLink, Verdict};

pub(crate) const MAGIC: [u8; 8] = *b"\x8bSATCHEL";
const SET_MAGIC: [u8; 8] = *b"\x8bSATCSET";
pub(crate) const VERSION: u8 = 1;

/// The first 45 bytes: `immutable (41) || header_len (4)`.
pub struct Prelude {
    immutable: [u8; IMMUTABLE_LEN],
    header_len: usize,
}

impl Prelude {
    /// Reads the first 45 bytes of `container`, or what there is of them.
    ///
    /// # Errors
    /// `NotAContainer`, `SetNotSupported`, `UnsupportedVersion`, `MemberOfASet`, `Truncated`, `HeaderTooLarge`.
    pub fn parse(container: &[u8]) -> Result<Self, Verdict> {
        match container.first_chunk::<8>() {
            Some(&MAGIC) => {}
            Some(&SET_MAGIC) => return Err(Verdict::SetNotSupported),
            _ => return Err(Verdict::NotAContainer),
        }
        match container.get(8) {
            Some(&VERSION) => {}
            Some(version) => return Err(Verdict::UnsupportedVersion(*version)),
            None => return Err(Verdict::Truncated),
        }
        let prelude = container.first_chunk::<PRELUDE_LEN>().ok_or(Verdict::Truncated)?;
        let (immutable, len) = prelude.split_first_chunk::<IMMUTABLE_LEN>().ok_or(Verdict::Truncated)?;
        if immutable[25..] != [0; 16] {
            return Err(Verdict::MemberOfASet);
        }
        let header_len = len.iter().fold(0, |len, byte| len << 8 | u32::from(*byte));
        check_len(header_len)?;
        Ok(Self {
            immutable: *immutable,
            header_len: header_len as usize,
        })
    }

    /// How many bytes stand before the first segment: what [`Container::parse`] takes.
    pub const fn prefix_len(&self) -> usize {
        PRELUDE_LEN + self.header_len + MAC_LEN + PAYLOAD_HEADER_LEN
    }
}

/// A container whose header parsed; nothing in it is verified yet.
pub struct Container {
    /// All that the header MAC covers.
    covered: Vec<u8>,
    immutable: [u8; IMMUTABLE_LEN],
    header: Header,
    mac: [u8; MAC_LEN],
    payload_header: [u8; PAYLOAD_HEADER_LEN],
    padded: Option<PaddedLen>,
}

impl Container {
    /// Reads the first [`prefix_len`](Prelude::prefix_len) bytes (more do no harm) of a container of `container_len` bytes.
    ///
    /// # Errors
    /// Those of [`Prelude::parse`] and [`Header::parse`], and `Truncated`.
    pub fn parse(prefix: &[u8], container_len: u64) -> Result<Self, Verdict> {
        Self::parse_prefix(prefix, Some(container_len))
    }

    /// As [`parse`](Self::parse), where the length shows only at the end: [`Opened::end_at`] gives it later.
    ///
    /// # Errors
    /// As [`parse`](Self::parse).
    pub fn parse_stream(prefix: &[u8]) -> Result<Self, Verdict> {
        Self::parse_prefix(prefix, None)
    }

    fn parse_prefix(prefix: &[u8], container_len: Option<u64>) -> Result<Self, Verdict> {
        let prelude = Prelude::parse(prefix)?;
        let padded = match container_len {
            Some(len) => Some(padded_len(&prelude, len)?),
            None => None,
        };
        let (covered, rest) = prefix
            .split_at_checked(PRELUDE_LEN + prelude.header_len)
            .ok_or(Verdict::Truncated)?;
        let (mac, rest) = rest.split_first_chunk::<MAC_LEN>().ok_or(Verdict::Truncated)?;
        let payload_header = rest.first_chunk::<PAYLOAD_HEADER_LEN>().ok_or(Verdict::Truncated)?;
        Ok(Self {
            header: Header::parse(&covered[PRELUDE_LEN..])?,
            covered: covered.to_vec(),
            immutable: prelude.immutable,
            mac: *mac,
            payload_header: *payload_header,
            padded,
        })
    }

    /// 16 random bytes.
    pub fn id(&self) -> &[u8] {
        &self.immutable[9..25]
    }

    /// The header.
    pub const fn header(&self) -> &Header {
        &self.header
    }

    /// The ways to open it.
    pub fn slots(&self) -> &[Slot] {
        self.header.slots()
    }

    /// Manifest, contents and padding together: all that its length tells. None in a stream.
    pub fn padded_len(&self) -> Option<u64> {
        self.padded.map(PaddedLen::get)
    }

    /// Finds the file key, then verifies the header and the payload's start.
    ///
    /// # Errors
    /// `NoMatchingSlot`, `ExcessiveWork`, `WrongKey`, `BadHeaderMac`, `BadPayloadHeader`, `OutOfMemory`.
    pub fn open(&self, key: &Key<'_>, allowed: Allowed) -> Result<Opened, Verdict> {
        let file_key = self.file_key(key, allowed)?;
        file_key
            .header_mac(&self.covered)
            .verify_slice(&self.mac)
            .map_err(|_| Verdict::BadHeaderMac)?;
        let stream = Stream::start_opening(
            PRODUCTION,
            &file_key.payload_key(),
            &self.immutable,
            &self.payload_header,
        )?;
        let prefix_len = self.covered.len() + MAC_LEN + PAYLOAD_HEADER_LEN;
        Ok(Opened {
            stream,
            prefix_len: prefix_len as u64,
            padded: self.padded,
        })
    }

    /// Each slot of the key's type in order, until one unwraps.
    fn file_key(&self, key: &Key<'_>, allowed: Allowed) -> Result<FileKey, Verdict> {
        let mut id = [0; 16];
        id.copy_from_slice(self.id());
        let mut matching = false;
        for slot in self.slots() {
            let found = match (key, slot) {
                (Key::Link(link), Slot::Link { .. }) => slot.unwrap(link.slot_secret().expose(), &id),
                (Key::Passphrase(passphrase), Slot::Passphrase { profile, salt, .. }) => {
                    if *profile > allowed.largest {
                        let (required, allowed) = (profile.memory_kib(), allowed.largest.memory_kib());
                        return Err(Verdict::ExcessiveWork { required, allowed });
                    }
                    slot.unwrap(derive_passphrase_key(passphrase, salt, *profile)?.expose(), &id)
                }
                _ => continue,
            };
            matching = true;
            if let Some(file_key) = found {
                return Ok(file_key);
            }
        }
        Err(if matching {
            Verdict::WrongKey
        } else {
            Verdict::NoMatchingSlot
        })
    }
}

fn padded_len(prelude: &Prelude, container_len: u64) -> Result<PaddedLen, Verdict> {
    let before_payload = (prelude.prefix_len() - PAYLOAD_HEADER_LEN) as u64;
    container_len
        .checked_sub(before_payload)
        .and_then(PaddedLen::of_payload)
        .ok_or(Verdict::Truncated)
}

/// What opens a container.
pub enum Key<'a> {
    /// Opens passphrase slots.
    Passphrase(&'a Passphrase),
    /// Opens link slots.
    Link(&'a UnlockedLink),
}

/// How much work the caller takes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowed {
    /// The costliest profile of a passphrase slot.
    pub largest: Profile,
}

impl Allowed {
    /// Every profile.
    pub const ALL: Self = Self {
        largest: Profile::Strong,
    };
}

/// A container whose header is verified and whose segments can be opened.
pub struct Opened {
    stream: Stream,
    prefix_len: u64,
    padded: Option<PaddedLen>,
}

impl Opened {
    /// Gives the length of a container that was parsed as a stream, before its last segment is closed.
    ///
    /// # Errors
    /// `Truncated` when no container has this length.
    pub fn end_at(&mut self, container_len: u64) -> Result<(), Verdict> {
        let payload_len = container_len
            .checked_sub(self.prefix_len)
            .map(|len| len + PAYLOAD_HEADER_LEN as u64);
        self.padded = Some(payload_len.and_then(PaddedLen::of_payload).ok_or(Verdict::Truncated)?);
        Ok(())
    }

    /// How many segments there are. None in a stream before its end is known.
    pub fn segment_count(&self) -> Option<u64> {
        self.padded.map(PaddedLen::segment_count)
    }

    /// Manifest, contents and padding together. None in a stream before its end is known.
    pub fn padded_len(&self) -> Option<u64> {
        self.padded.map(PaddedLen::get)
    }

    /// Where segment `position` lies in the container; full, while the end of a stream is not known.
    pub fn segment_range(&self, position: u64) -> Range<u64> {
        let Range { start, end } = full_segment_range(position);
        let segments_len = self
            .padded
            .map_or(u64::MAX, |padded| padded.payload_len() - PAYLOAD_HEADER_LEN as u64);
        let clamp = |at: u64| at.min(segments_len).saturating_add(self.prefix_len);
        clamp(start)..clamp(end)
    }

    /// The stored bytes of segment `position`, checked for length and length word. In a stream whose end is not known no
    /// segment is the last.
    ///
    /// # Errors
    /// `BadSegment`.
    pub fn closed_segment(&mut self, position: u64, bytes: Vec<u8>) -> Result<ClosedSegment, Verdict> {
        let bad = Err(Verdict::BadSegment(position));
        let is_final = match self.padded {
            None => false,
            Some(padded) => {
                let range = self.segment_range(position);
                if bytes.len() as u64 != range.end - range.start || bytes.len() <= SEGMENT_OVERHEAD {
                    return bad;
                }
                position + 1 == padded.segment_count()
            }
        };
        ClosedSegment::new(
            self.stream.params(),
            self.stream.segment_key(position),
            position,
            is_final,
            bytes,
        )
    }
}
