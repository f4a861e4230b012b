//! Reading a container up to its segments, docs/format.md sections 2 to 5. The writing side is in `sealer`.

use alloc::vec::Vec;
use core::ops::Range;

use crate::file_key::FileKey;
use crate::floe::{PRODUCTION, Stream};
use crate::key::find_file_key;
use crate::limit::{IMMUTABLE_LEN, PAYLOAD_HEADER_LEN, PRELUDE_LEN, SEGMENT_OVERHEAD};
use crate::padding::{PaddedLen, full_segment_range};
use crate::place::{CHANGING, Frame, Place, SETTLED, check_room};
use crate::segment::SEGMENT_HEAD_LEN;
use crate::{Allowed, ClosedElsewhere, ClosedSegment, Key, MemberDigest, Rekeying, SetId, Slot, Verdict};

pub(crate) const MAGIC: [u8; 8] = *b"\x8bSATCHEL";
pub(crate) const SET_MAGIC: [u8; 8] = *b"\x8bSATCSET";
pub(crate) const VERSION: u8 = 1;

/// The first 46 bytes: `immutable (41) || room (4) || state (1)`.
pub struct Prelude {
    frame: Frame,
    /// Whether a header is taking another's place.
    changing: bool,
}

impl Prelude {
    /// Reads the first 46 bytes of `container`, or what there is of them.
    ///
    /// # Errors
    /// `NotAContainer`, `SetNotSupported`, `UnsupportedVersion`, `MemberOfASet`, `Truncated`, `HeaderTooLarge`, `MalformedHeader`.
    pub fn parse(container: &[u8]) -> Result<Self, Verdict> {
        Self::parse_member(container, &SetId::ALONE)
    }

    /// As [`parse`](Self::parse), for a member of the set `set`.
    ///
    /// # Errors
    /// As [`parse`](Self::parse); `MemberOfASet` when it is of another set or of none.
    pub fn parse_member(container: &[u8], set: &SetId) -> Result<Self, Verdict> {
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
        let (immutable, rest) = prelude.split_first_chunk::<IMMUTABLE_LEN>().ok_or(Verdict::Truncated)?;
        if immutable[25..] != set.0 {
            return Err(Verdict::MemberOfASet);
        }
        let [room @ .., state] = rest else {
            return Err(Verdict::Truncated);
        };
        let room = room.iter().fold(0, |room, byte| room << 8 | u32::from(*byte));
        let frame = Frame {
            immutable: *immutable,
            room: check_room(room)?,
        };
        let changing = match *state {
            SETTLED => false,
            CHANGING => true,
            _ => return Err(Verdict::MalformedHeader),
        };
        Ok(Self { frame, changing })
    }

    /// Where no header is taking another's place.
    pub(crate) fn settled_frame(&self) -> Result<Frame, Verdict> {
        if self.changing {
            return Err(Verdict::MalformedHeader);
        }
        Ok(self.frame)
    }

    /// How many bytes stand before the first segment: what [`Container::parse`] takes.
    pub const fn prefix_len(&self) -> usize {
        PRELUDE_LEN + 2 * self.frame.room + PAYLOAD_HEADER_LEN
    }
}

/// A container whose header parsed; nothing in it is verified yet.
pub struct Container {
    frame: Frame,
    /// Both, only while one header takes the other's place: each with where it stands, 0 or 1.
    places: Vec<(usize, Place)>,
    payload_header: [u8; PAYLOAD_HEADER_LEN],
    padded: Option<PaddedLen>,
    changing: bool,
}

impl Container {
    /// Reads the first [`prefix_len`](Prelude::prefix_len) bytes (more do no harm) of a container of `container_len` bytes.
    ///
    /// # Errors
    /// Those of [`Prelude::parse`] and [`Header::parse`](crate::Header::parse), and `Truncated`.
    pub fn parse(prefix: &[u8], container_len: u64) -> Result<Self, Verdict> {
        Self::parse_prefix(&Prelude::parse(prefix)?, prefix, Some(container_len))
    }

    /// As [`parse`](Self::parse), where the length shows only at the end: [`Opened::end_at`] gives it later.
    ///
    /// # Errors
    /// As [`parse`](Self::parse).
    pub fn parse_stream(prefix: &[u8]) -> Result<Self, Verdict> {
        Self::parse_prefix(&Prelude::parse(prefix)?, prefix, None)
    }

    /// As [`parse`](Self::parse), for a member of the set `set`.
    ///
    /// # Errors
    /// As [`parse`](Self::parse) and [`Prelude::parse_member`].
    pub fn parse_member(prefix: &[u8], container_len: u64, set: &SetId) -> Result<Self, Verdict> {
        Self::parse_prefix(&Prelude::parse_member(prefix, set)?, prefix, Some(container_len))
    }

    fn parse_prefix(prelude: &Prelude, prefix: &[u8], container_len: Option<u64>) -> Result<Self, Verdict> {
        let padded = match container_len {
            Some(len) => Some(padded_len(prelude, len)?),
            None => None,
        };
        let room = prelude.frame.room;
        let (places, rest) = prefix[PRELUDE_LEN..]
            .split_at_checked(2 * room)
            .ok_or(Verdict::Truncated)?;
        let payload_header = rest.first_chunk::<PAYLOAD_HEADER_LEN>().ok_or(Verdict::Truncated)?;
        Ok(Self {
            frame: prelude.frame,
            places: headers(places, room, prelude.changing)?,
            changing: prelude.changing,
            payload_header: *payload_header,
            padded,
        })
    }

    /// 16 random bytes.
    pub fn id(&self) -> [u8; 16] {
        self.frame.id()
    }

    /// What a set's id says of it; none while a header takes another's place, which no member's may.
    pub(crate) fn digest(&self) -> Option<MemberDigest> {
        let ([(_, place)], false) = (&self.places[..], self.changing) else {
            return None;
        };
        Some(MemberDigest::new(&self.id(), place.header_bytes()))
    }

    /// The ways to open it. Where a change of them was cut off: those before and after it.
    pub fn slots(&self) -> impl Iterator<Item = &Slot> {
        self.places.iter().flat_map(|(_, place)| place.header.slots())
    }

    /// Whether a change of the header was cut off. It opens all the same, and another change settles it.
    pub const fn is_unsettled(&self) -> bool {
        self.changing
    }

    /// Manifest, contents and padding together: all that its length tells. None in a stream.
    pub fn padded_len(&self) -> Option<u64> {
        self.padded.map(PaddedLen::get)
    }

    /// Finds the file key, then verifies the header and the payload's start.
    ///
    /// # Errors
    /// `NoMatchingSlot`, `ExcessiveWork`, `WrongKey`, `BadHeaderMac`, `BadPayloadHeader`, `OutOfMemory`; with shares
    /// `ShareOfAnotherContainer`, `WrongShare`, `MixedShares`, `TooFewShares` as well.
    pub fn open(&self, key: &Key<'_>, allowed: Allowed) -> Result<Opened, Verdict> {
        let Unlocked { stream, .. } = self.unlock(key, allowed)?;
        let prefix_len = PRELUDE_LEN + 2 * self.frame.room + PAYLOAD_HEADER_LEN;
        Ok(Opened {
            stream,
            prefix_len: prefix_len as u64,
            padded: self.padded,
        })
    }

    /// Finds the file key and verifies the header and the payload's start, to change the slots.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn rekey(&self, key: &Key<'_>, allowed: Allowed) -> Result<Rekeying, Verdict> {
        let Unlocked { place, file_key, .. } = self.unlock(key, allowed)?;
        let slots = self
            .places
            .iter()
            .find(|(number, _)| *number == place)
            .map_or(&[][..], |(_, place)| place.header.slots());
        Ok(Rekeying::new(self.frame, place, slots.to_vec(), file_key))
    }

    /// Of the first place that opens and verifies. The payload's start says whose file key is the right one: a header for somebody's public
    /// key can be made by anybody, around a file key of their own.
    fn unlock(&self, key: &Key<'_>, allowed: Allowed) -> Result<Unlocked, Verdict> {
        let mut verdict = Verdict::NoMatchingSlot;
        for (number, place) in &self.places {
            let found = find_file_key(&place.header, &self.frame.id(), key, allowed).and_then(|file_key| {
                place.verify(&self.frame, &file_key)?;
                let (payload_key, immutable) = (file_key.payload_key(), &self.frame.immutable);
                Ok(Unlocked {
                    stream: Stream::start_opening(PRODUCTION, &payload_key, immutable, &self.payload_header)?,
                    place: *number,
                    file_key,
                })
            });
            match found {
                Ok(found) => return Ok(found),
                Err(why) => verdict = why,
            }
        }
        Err(verdict)
    }
}

/// What a header came to that is verified, as is the payload's start.
struct Unlocked {
    stream: Stream,
    place: usize,
    file_key: FileKey,
}

/// The headers that parse, each with its place's number: one, and the other place empty, unless a change was cut off.
pub(crate) fn headers(places: &[u8], room: usize, changing: bool) -> Result<Vec<(usize, Place)>, Verdict> {
    let (mut found, mut refused) = (Vec::new(), None);
    for (number, place) in places.chunks_exact(room).enumerate() {
        match Place::parse(place) {
            Ok(Some(place)) => found.push((number, place)),
            Ok(None) => {}
            Err(verdict) => refused = refused.or(Some(verdict)),
        }
    }
    match refused {
        Some(verdict) if found.is_empty() => Err(verdict),
        None if found.is_empty() => Err(Verdict::HeaderTooLarge(0)),
        _ if changing => Ok(found),
        None if found.len() == 1 => Ok(found),
        _ => Err(Verdict::MalformedHeader),
    }
}

fn padded_len(prelude: &Prelude, container_len: u64) -> Result<PaddedLen, Verdict> {
    let before_payload = (prelude.prefix_len() - PAYLOAD_HEADER_LEN) as u64;
    container_len
        .checked_sub(before_payload)
        .and_then(PaddedLen::of_payload)
        .ok_or(Verdict::Truncated)
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

    /// Segment `position`, whose stored bytes stay where they lie, but for the `head` that it starts with: a full one, not the last.
    ///
    /// # Errors
    /// `BadSegment` when it is the last, or may be, and when its length word is not a full segment's.
    pub fn closed_elsewhere(
        &mut self,
        position: u64,
        head: [u8; SEGMENT_HEAD_LEN],
    ) -> Result<ClosedElsewhere, Verdict> {
        let is_full = self.segment_count().is_some_and(|count| position + 1 < count);
        if !is_full {
            return Err(Verdict::BadSegment(position));
        }
        ClosedElsewhere::new(self.stream.segment_key(position), position, head)
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
