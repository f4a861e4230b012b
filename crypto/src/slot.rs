//! One slot: its fields in deterministic CBOR, and the wrapping of the file key. docs/format.md sections 4.1 to 4.5.

use aes_gcm::Aes256Gcm;
use aes_gcm::aead::AeadInOut;
use alloc::boxed::Box;
use alloc::vec::Vec;
use hmac::KeyInit;
use minicbor::{Decoder, Encoder};

use crate::file_key::FileKey;
use crate::secret::secret;
use crate::{Profile, Verdict, kdf, limit};

/// Length of a wrapped key: ciphertext, then tag.
pub(crate) const WRAPPED_LEN: usize = 48;
/// Length of an encapsulated key of MLKEM768-X25519.
pub(crate) const ENCAPSULATED_LEN: usize = 1120;
/// Length of a share's commitment.
pub(crate) const COMMITMENT_LEN: usize = 16;

secret! {
    /// `X(slot secret, "slot" || container id || I2BE(type, 2))`
    pub(crate) struct SlotKey([u8; 32]);
}

/// One way to open a container.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Slot {
    /// Type 1.
    Passphrase {
        /// The cost of deriving its key.
        profile: Profile,
        /// 16 fresh random bytes.
        salt: [u8; 16],
        /// The file key under this slot's key.
        wrapped_key: [u8; WRAPPED_LEN],
    },
    /// Type 2.
    Link {
        /// The file key under this slot's key.
        wrapped_key: [u8; WRAPPED_LEN],
    },
    /// Type 3. Whose it is, and whether it is anybody's, does not show.
    Recipient {
        /// What the recipient's identity decapsulates.
        encapsulated: Box<[u8; ENCAPSULATED_LEN]>,
        /// The file key under this slot's key.
        wrapped_key: [u8; WRAPPED_LEN],
    },
    /// Type 4. How many shares there are, and how many it takes, does not show.
    Share {
        /// One for each share, and random ones: ascending.
        commitments: Box<[[u8; COMMITMENT_LEN]; limit::SHARES_MAX]>,
        /// The file key under this slot's key.
        wrapped_key: [u8; WRAPPED_LEN],
    },
    /// Any other type: skipped, kept as it is.
    Unknown {
        /// Its type.
        kind: u16,
        /// Its fields, unread.
        fields: Vec<u8>,
    },
}

impl Slot {
    /// The type of a passphrase slot.
    pub const PASSPHRASE: u16 = 1;
    /// The type of a link slot.
    pub const LINK: u16 = 2;
    /// The type of a recipient slot.
    pub const RECIPIENT: u16 = 3;
    /// The type of a share slot.
    pub const SHARE: u16 = 4;

    /// The slot's type as a number.
    pub const fn kind(&self) -> u16 {
        match self {
            Self::Passphrase { .. } => Self::PASSPHRASE,
            Self::Link { .. } => Self::LINK,
            Self::Recipient { .. } => Self::RECIPIENT,
            Self::Share { .. } => Self::SHARE,
            Self::Unknown { kind, .. } => *kind,
        }
    }

    /// The file key, where `slot_secret` is this slot's. Recipient slots are HPKE's: see `recipient`.
    pub(crate) fn unwrap(&self, slot_secret: &[u8], container_id: &[u8; 16]) -> Option<FileKey> {
        let (Self::Passphrase { wrapped_key, .. } | Self::Link { wrapped_key } | Self::Share { wrapped_key, .. }) =
            self
        else {
            return None;
        };
        let (cipher, aad) = slot_cipher(slot_secret, container_id, self.kind());
        let (text, tag) = wrapped_key.split_last_chunk::<16>()?;
        let mut failed = false;
        let file_key = FileKey::fill(|key| {
            key.copy_from_slice(text);
            failed = cipher
                .decrypt_inout_detached(&[0; 12].into(), &aad, key.as_mut_slice().into(), &(*tag).into())
                .is_err();
        });
        (!failed).then_some(file_key)
    }

    pub(crate) fn parse(kind: u16, fields: &[u8]) -> Result<Self, Verdict> {
        let mut d = Decoder::new(fields);
        let slot = match kind {
            Self::PASSPHRASE => {
                head(&mut d, 3)?;
                let profile = d.u64().map_err(|_| Verdict::MalformedSlot)?;
                let salt = exact(&mut d)?;
                let wrapped_key = exact(&mut d)?;
                // Only once the rest is well-formed is a strange profile an unknown one.
                (d.position() == fields.len())
                    .then_some(())
                    .ok_or(Verdict::MalformedSlot)?;
                Self::Passphrase {
                    profile: Profile::from_number(profile)?,
                    salt,
                    wrapped_key,
                }
            }
            Self::LINK => {
                head(&mut d, 1)?;
                Self::Link {
                    wrapped_key: exact(&mut d)?,
                }
            }
            Self::RECIPIENT => {
                head(&mut d, 2)?;
                Self::Recipient {
                    encapsulated: Box::new(exact(&mut d)?),
                    wrapped_key: exact(&mut d)?,
                }
            }
            Self::SHARE => {
                head(&mut d, 2)?;
                let joined: [u8; COMMITMENT_LEN * limit::SHARES_MAX] = exact(&mut d)?;
                let mut commitments = Box::new([[0; COMMITMENT_LEN]; limit::SHARES_MAX]);
                commitments.as_flattened_mut().copy_from_slice(&joined);
                if !commitments.is_sorted_by(|one, next| one < next) {
                    return Err(Verdict::MalformedSlot);
                }
                Self::Share {
                    commitments,
                    wrapped_key: exact(&mut d)?,
                }
            }
            _ => Self::Unknown {
                kind,
                fields: fields.to_vec(),
            },
        };
        if slot.fields() == fields {
            Ok(slot)
        } else {
            Err(Verdict::MalformedSlot)
        }
    }

    pub(crate) fn fields(&self) -> Vec<u8> {
        let mut fields = Vec::new();
        let mut e = Encoder::new(&mut fields);
        let written = match self {
            Self::Passphrase {
                profile,
                salt,
                wrapped_key,
            } => e
                .array(3)
                .and_then(|e| e.u8(profile.number())?.bytes(salt)?.bytes(wrapped_key)?.ok()),
            Self::Link { wrapped_key } => e.array(1).and_then(|e| e.bytes(wrapped_key)?.ok()),
            Self::Recipient {
                encapsulated,
                wrapped_key,
            } => e
                .array(2)
                .and_then(|e| e.bytes(encapsulated.as_slice())?.bytes(wrapped_key)?.ok()),
            Self::Share {
                commitments,
                wrapped_key,
            } => e
                .array(2)
                .and_then(|e| e.bytes(commitments.as_flattened())?.bytes(wrapped_key)?.ok()),
            Self::Unknown { fields, .. } => return fields.clone(),
        };
        written.expect("writing into memory does not fail");
        fields
    }
}

fn head(d: &mut Decoder<'_>, len: u64) -> Result<(), Verdict> {
    if d.array().is_ok_and(|stated| stated == Some(len)) {
        Ok(())
    } else {
        Err(Verdict::MalformedSlot)
    }
}

fn exact<const N: usize>(d: &mut Decoder<'_>) -> Result<[u8; N], Verdict> {
    let bytes = d.bytes().map_err(|_| Verdict::MalformedSlot)?;
    bytes.try_into().map_err(|_| Verdict::MalformedSlot)
}

/// `AES-256-GCM(slot key, nonce = 12 zero bytes, plaintext = file key, associated data = container id || I2BE(type, 2))`
pub(crate) fn wrap(slot_secret: &[u8], container_id: &[u8; 16], kind: u16, file_key: &FileKey) -> [u8; WRAPPED_LEN] {
    let (cipher, aad) = slot_cipher(slot_secret, container_id, kind);
    let mut wrapped = [0; WRAPPED_LEN];
    let (text, tag) = wrapped.split_at_mut(32);
    text.copy_from_slice(file_key.expose());
    let made = cipher
        .encrypt_inout_detached(&[0; 12].into(), &aad, text.into())
        .expect("32 bytes are below the limits");
    tag.copy_from_slice(&made);
    wrapped
}

/// `container id || I2BE(type, 2)`: where a slot stands.
pub(crate) fn place_of(container_id: &[u8; 16], kind: u16) -> [u8; 18] {
    let mut place = [0; 18];
    place[..16].copy_from_slice(container_id);
    place[16..].copy_from_slice(&kind.to_be_bytes());
    place
}

/// The key of a slot, and where it stands.
pub(crate) fn slot_key(slot_secret: &[u8], container_id: &[u8; 16], kind: u16) -> (SlotKey, [u8; 18]) {
    let place = place_of(container_id, kind);
    let key = SlotKey::fill(|key| kdf::derive(slot_secret, &[b"slot", &place], key));
    (key, place)
}

fn slot_cipher(slot_secret: &[u8], container_id: &[u8; 16], kind: u16) -> (Aes256Gcm, [u8; 18]) {
    let (key, place) = slot_key(slot_secret, container_id, kind);
    (Aes256Gcm::new(key.expose().into()), place)
}
