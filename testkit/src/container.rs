//! A container in the making (docs/format.md sections 2 and 4): right by itself, and every part can be set wrong.

use crate::cbor;
use crate::dice::Dice;
use crate::floe::{Floe, PARAMETERS, SEGMENT_ROOM};
use crate::hpke;
use crate::keys::{argon2id, hmac_sha256, wrap, x};
use crate::link::Link;
use crate::padding::pad;
use crate::share::{Share, Split};
use crate::xwing::public_key;

/// The magic of a container.
pub const MAGIC: [u8; 8] = *b"\x8BSATCHEL";
/// The magic of a set.
pub const SET_MAGIC: [u8; 8] = *b"\x8BSATCSET";
/// The longest room: a header of 131,072 bytes, its length and its MAC.
pub const ROOM_MAX: u32 = 131_108;
/// The slot type of a passphrase.
pub const PASSPHRASE: u16 = 1;
/// The slot type of a link.
pub const LINK: u16 = 2;
/// The slot type of a recipient.
pub const RECIPIENT: u16 = 3;
/// The slot type of shares.
pub const SHARE: u16 = 4;

/// The parts of one container; `None` is what the specification says.
pub struct Draft {
    /// Where nonces and salts come from.
    pub dice: Dice,
    /// 8 bytes.
    pub magic: [u8; 8],
    /// 1 byte.
    pub version: u8,
    /// 16 bytes.
    pub container_id: [u8; 16],
    /// 16 bytes.
    pub set_id: [u8; 16],
    /// Wrapped in the slots.
    pub file_key: [u8; 32],
    /// Encoded slots.
    pub slots: Vec<Vec<u8>>,
    /// Instead of the array of `slots`.
    pub header: Option<Vec<u8>>,
    /// Instead of the header's length.
    pub header_len: Option<u32>,
    /// Instead of the room of H-8: the length of each place, and what the room field says.
    pub room: Option<u32>,
    /// Instead of `room`, in the room field alone.
    pub room_stated: Option<u32>,
    /// 1 byte: 0, or FF while a header takes another's place.
    pub state: u8,
    /// Which place holds the header: 0 or 1.
    pub place: usize,
    /// Instead of what the first and the second place hold, each filled up with zeros to `room`.
    pub places: [Option<Vec<u8>>; 2],
    /// Instead of the header MAC.
    pub mac: Option<[u8; 32]>,
    /// Instead of X(file key, "header mac").
    pub mac_key: Option<[u8; 32]>,
    /// Instead of X(file key, "payload").
    pub payload_key: Option<[u8; 32]>,
    /// Instead of the immutable part.
    pub floe_associated_data: Option<Vec<u8>>,
    /// FLOE's first 10 bytes.
    pub floe_parameters: [u8; 10],
    /// manifest_len || manifest || contents
    pub archive: Vec<u8>,
    /// Instead of the padded archive.
    pub padded: Option<Vec<u8>>,
}

impl Draft {
    /// A container without slots and with an empty archive.
    #[must_use]
    pub fn new(name: &str) -> Self {
        let mut dice = Dice::new(name);
        Self {
            magic: MAGIC,
            version: 1,
            container_id: dice.array(),
            set_id: [0; 16],
            file_key: dice.array(),
            slots: Vec::new(),
            header: None,
            header_len: None,
            room: None,
            room_stated: None,
            state: 0,
            place: 0,
            places: [None, None],
            mac: None,
            mac_key: None,
            payload_key: None,
            floe_associated_data: None,
            floe_parameters: PARAMETERS,
            archive: Vec::new(),
            padded: None,
            dice,
        }
    }

    /// [ type, fields ], the fields being any bytes
    #[must_use]
    pub fn slot(slot_type: u64, fields: &[u8]) -> Vec<u8> {
        cbor::array(&[cbor::uint(slot_type), cbor::bytes(fields)])
    }

    /// Adds a slot of type 1; `passphrase` is in NFC already.
    pub fn add_passphrase_slot(&mut self, passphrase: &[u8], profile: u64) {
        let salt: [u8; 16] = self.dice.array();
        let wrapped = self.wrapped(&argon2id(passphrase, &salt, profile), PASSPHRASE);
        self.slots.push(Self::slot(
            1,
            &Self::passphrase_fields(cbor::uint(profile), &salt, &wrapped),
        ));
    }

    /// Adds a slot of type 1 that nothing opens, without the work.
    pub fn add_unopened_passphrase_slot(&mut self, profile: u64) {
        let (salt, wrapped) = (self.dice.bytes(16), self.dice.bytes(48));
        self.slots.push(Self::slot(
            1,
            &Self::passphrase_fields(cbor::uint(profile), &salt, &wrapped),
        ));
    }

    /// [ profile, salt, wrapped key ]
    #[must_use]
    pub fn passphrase_fields(profile: Vec<u8>, salt: &[u8], wrapped: &[u8]) -> Vec<u8> {
        cbor::array(&[profile, cbor::bytes(salt), cbor::bytes(wrapped)])
    }

    /// Adds a slot of type 2.
    pub fn add_link_slot(&mut self, link: &Link) {
        let wrapped = self.wrapped(&link.slot_secret(), LINK);
        self.slots.push(Self::slot(2, &cbor::array(&[cbor::bytes(&wrapped)])));
    }

    /// Adds a slot of type 3 for the recipient of this public key.
    pub fn add_recipient_slot(&mut self, public_key: &[u8]) {
        let place = self.slot_place(RECIPIENT);
        let info = [b"satchel/v1/slot", &place[..]].concat();
        let (encapsulated, wrapped) = hpke::seal(public_key, &self.dice.array(), &info, &place, &self.file_key);
        self.slots
            .push(Self::slot(3, &Self::two_fields(&encapsulated, &wrapped)));
    }

    /// Adds a slot of type 3 that fills up their number: for a key that nobody has, of 32 other bytes.
    pub fn add_dummy_recipient_slot(&mut self) {
        let nobody = public_key(&self.dice.array());
        let file_key = std::mem::replace(&mut self.file_key, self.dice.array());
        self.add_recipient_slot(&nobody);
        self.file_key = file_key;
    }

    /// Adds a slot of type 4 that the shares 1 to `count` of `split` open.
    pub fn add_share_slot(&mut self, split: &Split, count: u8) {
        let shares: Vec<_> = (1..=count).map(|number| split.share(number)).collect();
        self.add_share_slot_of(&shares, &split.secret);
    }

    /// Adds a slot of type 4 that commits to these shares, filled up to 32 and sorted, and wraps under `slot_secret`.
    pub fn add_share_slot_of(&mut self, shares: &[Share], slot_secret: &[u8; 32]) {
        let mut commitments: Vec<[u8; 16]> = shares.iter().map(Share::commitment).collect();
        commitments.resize_with(32, || self.dice.array());
        commitments.sort_unstable();
        let wrapped = self.wrapped(slot_secret, SHARE);
        self.slots
            .push(Self::slot(4, &Self::two_fields(&commitments.concat(), &wrapped)));
    }

    /// [ encapsulated key, wrapped key ] or [ commitments, wrapped key ]
    #[must_use]
    pub fn two_fields(one: &[u8], wrapped: &[u8]) -> Vec<u8> {
        cbor::array(&[cbor::bytes(one), cbor::bytes(wrapped)])
    }

    /// container id || I2BE(type, 2)
    #[must_use]
    pub fn slot_place(&self, slot_type: u16) -> Vec<u8> {
        [&self.container_id[..], &slot_type.to_be_bytes()].concat()
    }

    /// The wrapped key of a slot.
    #[must_use]
    pub fn wrapped(&self, slot_secret: &[u8], slot_type: u16) -> Vec<u8> {
        wrap(slot_secret, &self.container_id, slot_type, &self.file_key)
    }

    /// magic || version || container id || set id
    #[must_use]
    pub fn immutable(&self) -> Vec<u8> {
        [&self.magic[..], &[self.version], &self.container_id, &self.set_id].concat()
    }

    /// The header: the array of the slots, where it is not set otherwise.
    #[must_use]
    pub fn header(&self) -> Vec<u8> {
        self.header.clone().unwrap_or_else(|| cbor::array(&self.slots))
    }

    /// H-8: header_len + 36 where only links open it and in a member of a set; else the least power of two from 4,096, or 16,384 with recipients, that
    /// holds twice as much.
    #[must_use]
    pub fn room(&self) -> u32 {
        let taken = u32::try_from(self.header().len() + 36).expect("a header is shorter than 4 GiB");
        // 82 (two parts), then the type: one byte for each type that this version knows.
        let grows = |slot: &Vec<u8>| matches!(slot.get(1), Some(1 | 3 | 4));
        let right = if self.set_id == [0; 16] && self.slots.iter().any(grows) {
            let has_recipients = self.slots.iter().any(|slot| slot.get(1) == Some(&3));
            let least = if has_recipients { 16_384 } else { 4096 };
            (2 * taken).next_power_of_two().clamp(least, ROOM_MAX)
        } else {
            taken
        };
        self.room.unwrap_or(right)
    }

    /// immutable || room: what the header MAC covers before the place
    #[must_use]
    pub fn prelude(&self) -> Vec<u8> {
        let room = self.room_stated.unwrap_or_else(|| self.room());
        [&self.immutable()[..], &room.to_be_bytes()].concat()
    }

    /// header_len || header || header MAC
    #[must_use]
    pub fn header_in_its_place(&self) -> Vec<u8> {
        let header = self.header();
        let header_len = u32::try_from(header.len()).expect("a header is shorter than 4 GiB");
        let place = [&self.header_len.unwrap_or(header_len).to_be_bytes()[..], &header].concat();
        let mac_key = self.mac_key.unwrap_or_else(|| x(&self.file_key, b"header mac"));
        let right = hmac_sha256(&mac_key, &[self.prelude(), place.clone()].concat());
        [&place[..], &self.mac.unwrap_or(right)].concat()
    }

    /// immutable || room || state || place || place
    #[must_use]
    pub fn prefix(&self) -> Vec<u8> {
        let room = usize::try_from(self.room()).expect("a room fits memory");
        let mut prefix = [self.prelude(), vec![self.state]].concat();
        for (number, raw) in self.places.iter().enumerate() {
            let place = match raw {
                Some(raw) => raw.clone(),
                None if number == self.place => self.header_in_its_place(),
                None => Vec::new(),
            };
            prefix.extend(&place);
            prefix.resize(prefix.len() + room.saturating_sub(place.len()), 0);
        }
        prefix
    }

    /// FLOE's state for this container.
    pub fn floe(&mut self) -> Floe {
        let payload_key = self.payload_key.unwrap_or_else(|| x(&self.file_key, b"payload"));
        let associated_data = self.floe_associated_data.clone().unwrap_or_else(|| self.immutable());
        Floe::start(&payload_key, &associated_data, self.floe_parameters, self.dice.array())
    }

    /// FLOE header, then the padded archive's segments.
    pub fn payload(&mut self) -> (Vec<u8>, Vec<Vec<u8>>) {
        let floe = self.floe();
        let padded = self.padded.clone().unwrap_or_else(|| pad(&self.archive));
        let last = padded.len().div_ceil(SEGMENT_ROOM) - 1;
        let numbered = (0..).zip(padded.chunks(SEGMENT_ROOM));
        let segments = numbered
            .map(|(position, plaintext)| floe.segment(plaintext, position, position == last as u64, &self.dice.array()))
            .collect();
        (floe.header(), segments)
    }

    /// The whole container.
    pub fn finish(&mut self) -> Vec<u8> {
        let (floe_header, segments) = self.payload();
        [self.prefix(), floe_header, segments.concat()].concat()
    }
}
