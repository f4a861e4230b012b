//! What a new container begins with: frame, header in its place, and the payload's header. docs/format.md sections 2 to 5.

use alloc::vec;
use alloc::vec::Vec;
use rand_core::CryptoRng;

use crate::container::{MAGIC, VERSION};
use crate::file_key::FileKey;
use crate::floe::{PRODUCTION, Stream};
use crate::limit::{IMMUTABLE_LEN, PASSPHRASE_SLOTS_MAX, PRELUDE_LEN};
use crate::link::LinkSlotSecret;
use crate::place::{Frame, Place, room_for, room_to_grow};
use crate::rekey::passphrase_slot;
use crate::slot::WRAPPED_LEN;
use crate::{Header, Locks, MemberDigest, Passphrase, SealError, SetId, Slot, UnlockedLink, slot};

/// Who will open a container: its id, its file key, and the header that wraps it. Nothing is in it yet.
///
/// The id of a set depends on the headers of all its members, so these come first.
pub struct Keyed {
    id: [u8; 16],
    file_key: FileKey,
    header: Header,
    is_link: bool,
}

impl Keyed {
    /// Draws container id, file key and salts, and wraps the file key; with passphrases, one run of Argon2id for each.
    ///
    /// # Errors
    /// `PassphraseCount`, `RecipientCount`, `Key`.
    pub fn new(locks: &Locks<'_>, rng: &mut (impl CryptoRng + ?Sized)) -> Result<Self, SealError> {
        let mut id = [0; 16];
        rng.fill_bytes(&mut id);
        let file_key = FileKey::random(rng);
        let header = Header::new(make_slots(locks, &id, &file_key, rng)?)?;
        Ok(Self {
            id,
            file_key,
            header,
            is_link: matches!(locks, Locks::Link(_)),
        })
    }

    /// What the id of its set says of it.
    pub fn digest(&self) -> MemberDigest {
        MemberDigest::of(&self.id, &self.header)
    }

    /// `immutable || room (4) || state (1) || place || place || FLOE header (74)`
    pub(crate) fn start(self, set: SetId, rng: &mut (impl CryptoRng + ?Sized)) -> (Stream, Vec<u8>) {
        let mut immutable = [0; IMMUTABLE_LEN];
        immutable[..8].copy_from_slice(&MAGIC);
        immutable[8] = VERSION;
        immutable[9..25].copy_from_slice(&self.id);
        immutable[25..].copy_from_slice(&set.0);

        // A paste's header is never changed, nor is that of a member of a set.
        let fixed = self.is_link || set != SetId::ALONE;
        let room = if fixed {
            room_for(&self.header)
        } else {
            room_to_grow(&self.header)
        };
        let frame = Frame { immutable, room };
        let mut prefix = frame.encode();
        prefix.extend_from_slice(&Place::encode(&self.header, &frame, &self.file_key));
        prefix.resize(PRELUDE_LEN + 2 * room, 0);
        let (stream, payload_header) = Stream::start_sealing(PRODUCTION, &self.file_key.payload_key(), &immutable, rng);
        prefix.extend_from_slice(&payload_header);
        (stream, prefix)
    }
}

/// What a new container under a link begins with, but for the wrapping of the file key: that may be another engine's, as a segment is.
pub struct LinkKeying {
    id: [u8; 16],
    file_key: FileKey,
    slot_secret: LinkSlotSecret,
}

/// What an engine takes to wrap a file key: AES-256-GCM under a nonce of 12 zero bytes, which no slot key meets twice.
pub struct WrapJob<'a> {
    /// Wraps one file key, once.
    pub key: &'a [u8; 32],
    /// `container id || I2BE(type, 2)`
    pub associated_data: [u8; 18],
    /// The file key.
    pub plaintext: &'a [u8; 32],
}

impl LinkKeying {
    /// Draws container id and file key.
    pub fn new(link: &UnlockedLink, rng: &mut (impl CryptoRng + ?Sized)) -> Self {
        let mut id = [0; 16];
        rng.fill_bytes(&mut id);
        Self {
            id,
            file_key: FileKey::random(rng),
            slot_secret: LinkSlotSecret::fill(|secret| secret.copy_from_slice(link.slot_secret().expose())),
        }
    }

    /// Hands what is to be done to another engine.
    ///
    /// # Security
    /// The engine must wipe or lock away what it keeps: either key opens the container.
    pub fn expose_to_engine<T>(&self, engine: impl FnOnce(&WrapJob<'_>) -> T) -> T {
        let (key, associated_data) = slot::slot_key(self.slot_secret.expose(), &self.id, Slot::LINK);
        engine(&WrapJob {
            key: key.expose(),
            associated_data,
            plaintext: self.file_key.expose(),
        })
    }

    /// Takes what the engine made: ciphertext, then tag. What is none of ours is a container that nobody opens, and nothing worse.
    pub fn wrapped_as(self, wrapped_key: [u8; WRAPPED_LEN]) -> Keyed {
        Keyed {
            id: self.id,
            file_key: self.file_key,
            header: Header::new(vec![Slot::Link { wrapped_key }]).expect("one slot is a header"),
            is_link: true,
        }
    }

    /// By `aes-gcm`, in here.
    pub fn wrap(self) -> Keyed {
        let wrapped_key = slot::wrap(self.slot_secret.expose(), &self.id, Slot::LINK, &self.file_key);
        self.wrapped_as(wrapped_key)
    }
}

fn make_slots(
    locks: &Locks<'_>,
    container_id: &[u8; 16],
    file_key: &FileKey,
    rng: &mut (impl CryptoRng + ?Sized),
) -> Result<Vec<Slot>, SealError> {
    match *locks {
        Locks::Link(link) => Ok(vec![Slot::Link {
            wrapped_key: slot::wrap(link.slot_secret().expose(), container_id, Slot::LINK, file_key),
        }]),
        Locks::Passphrases { passphrases, profile } => {
            if passphrases.is_empty() || passphrases.len() > PASSPHRASE_SLOTS_MAX {
                return Err(SealError::PassphraseCount(passphrases.len()));
            }
            let slot = |passphrase: &&Passphrase| passphrase_slot(passphrase, profile, container_id, file_key, rng);
            Ok(passphrases.iter().map(slot).collect::<Result<_, _>>()?)
        }
        #[cfg(feature = "recipients")]
        Locks::Recipients(recipients) => {
            if recipients.is_empty() || recipients.len() > crate::limit::SLOTS_MAX {
                return Err(SealError::RecipientCount(recipients.len()));
            }
            Ok(crate::recipient::slots(
                recipients,
                Vec::new(),
                container_id,
                file_key,
                rng,
            ))
        }
    }
}
