//! Several links to one document: a head for each before one payload, docs/format.md section 8.1.

use alloc::vec;
use alloc::vec::Vec;
use rand_core::CryptoRng;

use crate::container::{MAGIC, VERSION, headers};
use crate::file_key::FileKey;
use crate::floe::{PRODUCTION, Stream};
use crate::limit::{IMMUTABLE_LEN, PRELUDE_LEN};
use crate::link::LinkSlotSecret;
use crate::place::{Frame, Place, room_for};
use crate::{Header, OwnerReceipt, Prelude, SetId, Slot, UnlockedLink, Verdict, slot};

/// `immutable (41) || room (4) || state (1) || place || place`, with one link slot: what stands before a container's payload.
pub const HEAD_LEN: usize = PRELUDE_LEN + 2 * ROOM;
/// A header of one link slot, its length and its MAC.
const ROOM: usize = 4 + HEADER_LEN + 32;
/// `[[2, h'81 58 30 || 48 bytes']]`
const HEADER_LEN: usize = 56;

/// Container id and file key of a document with several links. Every head that it makes stands before the same payload.
pub struct Heads {
    frame: Frame,
    file_key: FileKey,
}

impl Heads {
    /// Draws container id and file key.
    pub fn generate(rng: &mut (impl CryptoRng + ?Sized)) -> Self {
        let mut immutable = [0; IMMUTABLE_LEN];
        immutable[..8].copy_from_slice(&MAGIC);
        immutable[8] = VERSION;
        rng.fill_bytes(&mut immutable[9..25]);
        immutable[25..].copy_from_slice(&SetId::ALONE.0);
        Self {
            frame: Frame { immutable, room: ROOM },
            file_key: FileKey::random(rng),
        }
    }

    /// Head and payload together are a container that this link opens, and no other.
    pub fn for_link(&self, link: &UnlockedLink) -> Vec<u8> {
        self.head(link.slot_secret())
    }

    /// What the owner keeps on the server, to make more heads from later.
    pub fn for_owner(&self, receipt: &OwnerReceipt) -> Vec<u8> {
        self.head(&receipt.slot_secret())
    }

    /// The mirror of [`for_owner`](Self::for_owner).
    ///
    /// # Errors
    /// Those of [`Prelude::parse`] and [`Header::parse`]; `Truncated`, `NoMatchingSlot`, `WrongKey`, `BadHeaderMac`.
    pub fn open(head: &[u8], receipt: &OwnerReceipt) -> Result<Self, Verdict> {
        let frame = Prelude::parse(head)?.settled_frame()?;
        let places = &head[PRELUDE_LEN..];
        if places.len() != 2 * frame.room {
            return Err(Verdict::Truncated);
        }
        let found = headers(places, frame.room, false)?;
        let place = found
            .first()
            .map(|(_, place)| place)
            .ok_or(Verdict::HeaderTooLarge(0))?;
        let [link @ Slot::Link { .. }] = place.header.slots() else {
            return Err(Verdict::NoMatchingSlot);
        };
        let file_key = link
            .unwrap(receipt.slot_secret().expose(), &frame.id())
            .ok_or(Verdict::WrongKey)?;
        place.verify(&frame, &file_key)?;
        Ok(Self { frame, file_key })
    }

    fn head(&self, slot_secret: &LinkSlotSecret) -> Vec<u8> {
        let wrapped_key = slot::wrap(slot_secret.expose(), &self.frame.id(), Slot::LINK, &self.file_key);
        let header = Header::new(vec![Slot::Link { wrapped_key }]).expect("one slot is a header");
        debug_assert_eq!(room_for(&header), ROOM);
        let mut head = self.frame.encode();
        head.extend_from_slice(&Place::encode(&header, &self.frame, &self.file_key));
        head.resize(HEAD_LEN, 0);
        head
    }

    /// The payload's own header; the segments follow it.
    pub(crate) fn start(&self, rng: &mut (impl CryptoRng + ?Sized)) -> (Stream, Vec<u8>) {
        let (stream, payload_header) =
            Stream::start_sealing(PRODUCTION, &self.file_key.payload_key(), &self.frame.immutable, rng);
        (stream, payload_header.to_vec())
    }
}
