//! A container in the making (docs/format.md section 2): right by itself, and every part can be set wrong.

use crate::cbor;
use crate::dice::Dice;
use crate::floe::{Floe, PARAMETERS, SEGMENT_ROOM};
use crate::keys::{argon2id, hmac_sha256, wrap, x};
use crate::link::Link;
use crate::padding::pad;

/// The magic of a container.
pub const MAGIC: [u8; 8] = *b"\x8BSATCHEL";
/// The magic that is reserved for a set.
pub const SET_MAGIC: [u8; 8] = *b"\x8BSATCSET";
/// The slot type of a passphrase.
pub const PASSPHRASE: u16 = 1;
/// The slot type of a link.
pub const LINK: u16 = 2;

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

    /// immutable || header_len || header || header MAC
    #[must_use]
    pub fn prefix(&self) -> Vec<u8> {
        let header = self.header.clone().unwrap_or_else(|| cbor::array(&self.slots));
        let header_len = u32::try_from(header.len()).expect("a header is shorter than 4 GiB");
        let header_len = self.header_len.unwrap_or(header_len).to_be_bytes();
        let covered = [&self.immutable()[..], &header_len, &header].concat();
        let mac_key = self.mac_key.unwrap_or_else(|| x(&self.file_key, b"header mac"));
        [&covered[..], &hmac_sha256(&mac_key, &covered)].concat()
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
