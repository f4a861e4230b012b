//! Where headers stand: two places of one length before the payload, of which one is empty but while a header is replaced.
//! docs/format.md section 4.

use alloc::vec;
use alloc::vec::Vec;
use hmac::Mac;

use crate::file_key::FileKey;
use crate::header::check_len;
use crate::limit::{HEADER_LEN_MAX, IMMUTABLE_LEN, MAC_LEN};
use crate::{Header, Slot, Verdict};

/// What a place holds besides the header: its length and its MAC.
pub(crate) const PLACE_OVERHEAD: usize = 4 + MAC_LEN;

/// The state of a container whose header stands alone.
pub(crate) const SETTLED: u8 = 0;
/// The state while a header takes another's place. No single bit makes one of the other.
pub(crate) const CHANGING: u8 = 0xff;

/// The part of a container that never changes, and the length of each place.
#[derive(Clone, Copy)]
pub(crate) struct Frame {
    pub(crate) immutable: [u8; IMMUTABLE_LEN],
    pub(crate) room: usize,
}

/// A header in its place; its MAC is not verified yet.
pub(crate) struct Place {
    pub(crate) header: Header,
    /// header_len || header
    bytes: Vec<u8>,
    mac: [u8; MAC_LEN],
}

impl Place {
    /// `header_len (4) || header || header MAC (32) || zeros`; none in a place of zeros.
    pub(crate) fn parse(place: &[u8]) -> Result<Option<Self>, Verdict> {
        if is_empty(place) {
            return Ok(None);
        }
        let (len, rest) = place.split_first_chunk::<4>().ok_or(Verdict::Truncated)?;
        let len = u32::from_be_bytes(*len);
        check_len(len)?;
        let after = |len: u32| rest.split_at_checked(len as usize)?.1.split_first_chunk::<MAC_LEN>();
        let (mac, fill) = after(len).ok_or(Verdict::HeaderTooLarge(len))?;
        if !is_empty(fill) {
            return Err(Verdict::MalformedHeader);
        }
        let header = &rest[..len as usize];
        Ok(Some(Self {
            header: Header::parse(header)?,
            bytes: place[..4 + header.len()].to_vec(),
            mac: *mac,
        }))
    }

    /// The mirror of [`parse`](Self::parse). `room` holds the header.
    pub(crate) fn encode(header: &Header, frame: &Frame, file_key: &FileKey) -> Vec<u8> {
        let header = header.encode();
        let mut place = vec![0; frame.room];
        let len = u32::try_from(header.len()).expect("a header is checked to be shorter");
        place[..4].copy_from_slice(&len.to_be_bytes());
        let (before, rest) = place.split_at_mut(4 + header.len());
        before[4..].copy_from_slice(&header);
        let mac = frame.mac(file_key, before).finalize().into_bytes();
        rest[..MAC_LEN].copy_from_slice(&mac);
        place
    }

    /// The header as it stands there.
    pub(crate) fn header_bytes(&self) -> &[u8] {
        &self.bytes[4..]
    }

    /// In constant time.
    pub(crate) fn verify(&self, frame: &Frame, file_key: &FileKey) -> Result<(), Verdict> {
        frame
            .mac(file_key, &self.bytes)
            .verify_slice(&self.mac)
            .map_err(|_| Verdict::BadHeaderMac)
    }
}

impl Frame {
    pub(crate) fn id(&self) -> [u8; 16] {
        let mut id = [0; 16];
        id.copy_from_slice(&self.immutable[9..25]);
        id
    }

    /// `immutable || room (4) || state (1)`, settled.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut bytes = self.immutable.to_vec();
        bytes.extend_from_slice(&self.room_bytes());
        bytes.push(SETTLED);
        bytes
    }

    fn room_bytes(&self) -> [u8; 4] {
        u32::try_from(self.room)
            .expect("a room is checked to be shorter")
            .to_be_bytes()
    }

    fn mac(&self, file_key: &FileKey, place: &[u8]) -> hmac::Hmac<sha2::Sha256> {
        file_key.header_mac(&[&self.immutable, &self.room_bytes(), place])
    }
}

/// The room for a header that grows [H-8]: the least power of two that holds twice as much, or the most that there is. At least what four
/// passphrase and four share slots take; with recipients, what eight of them and the shares do, so that a few can join without a copy.
pub(crate) fn room_to_grow(header: &Header) -> usize {
    let twice = 2 * (header.encode().len() + PLACE_OVERHEAD);
    let has_recipients = header.slots().iter().any(|slot| slot.kind() == Slot::RECIPIENT);
    let least = if has_recipients { 16_384 } else { 4_096 };
    twice.next_power_of_two().clamp(least, HEADER_LEN_MAX + PLACE_OVERHEAD)
}

/// The room for a header that stays as it is.
pub(crate) fn room_for(header: &Header) -> usize {
    header.encode().len() + PLACE_OVERHEAD
}

/// `HeaderTooLarge` where a room is outside the limits.
pub(crate) fn check_room(room: u32) -> Result<usize, Verdict> {
    if (PLACE_OVERHEAD + 1..=HEADER_LEN_MAX + PLACE_OVERHEAD).contains(&(room as usize)) {
        Ok(room as usize)
    } else {
        Err(Verdict::HeaderTooLarge(room))
    }
}

fn is_empty(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| *byte == 0)
}
