//! The header: slots in deterministic CBOR, and the wrapping of the file key, docs/format.md section 4.

use aes_gcm::Aes256Gcm;
use aes_gcm::aead::AeadInOut;
use alloc::vec::Vec;
use hmac::{Hmac, KeyInit, Mac};
use minicbor::encode::Write;
use minicbor::{Decoder, Encoder};
use sha2::Sha256;

use crate::floe::PayloadKey;
use crate::manifest::Expected;
use crate::secret::secret;
use crate::{Profile, Verdict, kdf, limit};

/// Length of a wrapped key: ciphertext, then tag.
pub(crate) const WRAPPED_LEN: usize = 48;
const PASSPHRASE: u16 = 1;
const LINK: u16 = 2;

secret! {
    /// 32 fresh random bytes for each container.
    pub(crate) struct FileKey([u8; 32]);
}
secret! {
    /// `X(slot secret, "slot" || container id || I2BE(type, 2))`
    struct SlotKey([u8; 32]);
}
secret! {
    /// `X(file key, "header mac")`
    struct HeaderMacKey([u8; 32]);
}

impl FileKey {
    /// `X(file key, "payload")`
    pub(crate) fn payload_key(&self) -> PayloadKey {
        PayloadKey::fill(|key| kdf::derive(self.expose(), &[b"payload"], key))
    }

    /// `HMAC-SHA-256(X(file key, "header mac"), covered)`; `covered` is all that stands before the MAC.
    pub(crate) fn header_mac(&self, covered: &[u8]) -> Hmac<Sha256> {
        let key = HeaderMacKey::fill(|key| kdf::derive(self.expose(), &[b"header mac"], key));
        let mac = Hmac::<Sha256>::new_from_slice(key.expose()).expect("HMAC takes keys of any length");
        mac.chain_update(covered)
    }
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
    /// Any other type: skipped, kept as it is.
    Unknown {
        /// Its type.
        kind: u16,
        /// Its fields, unread.
        fields: Vec<u8>,
    },
}

impl Slot {
    /// The slot's type as a number.
    pub const fn kind(&self) -> u16 {
        match self {
            Self::Passphrase { .. } => PASSPHRASE,
            Self::Link { .. } => LINK,
            Self::Unknown { kind, .. } => *kind,
        }
    }

    /// A link slot that wraps `file_key`.
    pub(crate) fn wrap_link(slot_secret: &[u8], container_id: &[u8; 16], file_key: &FileKey) -> Self {
        Self::Link {
            wrapped_key: wrap(slot_secret, container_id, LINK, file_key),
        }
    }

    /// A passphrase slot that wraps `file_key`.
    pub(crate) fn wrap_passphrase(
        slot_secret: &[u8],
        container_id: &[u8; 16],
        file_key: &FileKey,
        (profile, salt): (Profile, [u8; 16]),
    ) -> Self {
        Self::Passphrase {
            profile,
            salt,
            wrapped_key: wrap(slot_secret, container_id, PASSPHRASE, file_key),
        }
    }

    /// The file key, where `slot_secret` is this slot's.
    pub(crate) fn unwrap(&self, slot_secret: &[u8], container_id: &[u8; 16]) -> Option<FileKey> {
        let (Self::Passphrase { wrapped_key, .. } | Self::Link { wrapped_key }) = self else {
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

    fn parse(kind: u16, fields: &[u8]) -> Result<Self, Verdict> {
        let malformed = |_| Verdict::MalformedSlot;
        let mut d = Decoder::new(fields);
        let slot = match kind {
            PASSPHRASE => {
                head(&mut d, 3)?;
                let profile = d.u64().map_err(malformed)?;
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
            LINK => {
                head(&mut d, 1)?;
                Self::Link {
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

    fn fields(&self) -> Vec<u8> {
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

/// `[ 1*64 slot ]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    slots: Vec<Slot>,
}

impl Header {
    /// Checks number and mix.
    pub(crate) fn new(slots: Vec<Slot>) -> Result<Self, Verdict> {
        if slots.is_empty() || slots.len() > limit::SLOTS_MAX {
            return Err(Verdict::BadSlotCount);
        }
        let mut profiles = slots.iter().filter_map(|slot| match slot {
            Slot::Passphrase { profile, .. } => Some(profile),
            _ => None,
        });
        let passphrases = profiles.clone().count();
        let one_profile = profiles
            .next()
            .is_none_or(|first| profiles.all(|profile| profile == first));
        let has_link = slots.iter().any(|slot| slot.kind() == LINK);
        if passphrases > limit::PASSPHRASE_SLOTS_MAX || !one_profile || has_link && passphrases > 0 {
            return Err(Verdict::BadSlotMix);
        }
        Ok(Self { slots })
    }

    /// The slots, in order.
    pub fn slots(&self) -> &[Slot] {
        &self.slots
    }

    /// Deterministic CBOR.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.write(&mut Encoder::new(&mut bytes))
            .expect("writing into memory does not fail");
        bytes
    }

    /// The mirror of [`encode`](Self::encode): what it takes encodes to the same bytes.
    ///
    /// # Errors
    /// `HeaderTooLarge`, `MalformedHeader`, `BadSlotCount`, `MalformedSlot`, `UnknownProfile`, `BadSlotMix`.
    pub fn parse(bytes: &[u8]) -> Result<Self, Verdict> {
        check_len(u32::try_from(bytes.len()).unwrap_or(u32::MAX))?;
        let malformed = |_| Verdict::MalformedHeader;
        let mut d = Decoder::new(bytes);
        let count = d.array().map_err(malformed)?.ok_or(Verdict::MalformedHeader)?;
        if !(1..=limit::SLOTS_MAX as u64).contains(&count) {
            return Err(Verdict::BadSlotCount);
        }
        // First the whole shape, then each slot's fields: a header cut short is malformed whatever its slots are.
        let mut raw = Vec::new();
        for _ in 0..count {
            if d.array().map_err(malformed)? != Some(2) {
                return Err(Verdict::MalformedHeader);
            }
            raw.push((d.u16().map_err(malformed)?, d.bytes().map_err(malformed)?));
        }
        let mut rest = Expected(bytes);
        write_slots(&raw, &mut Encoder::new(&mut rest)).map_err(|_| Verdict::MalformedHeader)?;
        if !rest.0.is_empty() {
            return Err(Verdict::MalformedHeader);
        }
        if raw.iter().any(|(_, fields)| fields.len() > limit::FIELDS_LEN_MAX) {
            return Err(Verdict::MalformedSlot);
        }
        Self::new(
            raw.into_iter()
                .map(|(kind, fields)| Slot::parse(kind, fields))
                .collect::<Result<_, _>>()?,
        )
    }

    fn write<W: Write>(&self, e: &mut Encoder<W>) -> Result<(), minicbor::encode::Error<W::Error>> {
        let fields: Vec<_> = self.slots.iter().map(|slot| (slot.kind(), slot.fields())).collect();
        let raw: Vec<_> = fields.iter().map(|(kind, fields)| (*kind, fields.as_slice())).collect();
        write_slots(&raw, e)
    }
}

/// `HeaderTooLarge` where a header's length is outside the limits.
pub(crate) const fn check_len(len: u32) -> Result<(), Verdict> {
    if len == 0 || len as usize > limit::HEADER_LEN_MAX {
        Err(Verdict::HeaderTooLarge(len))
    } else {
        Ok(())
    }
}

fn write_slots<W: Write>(raw: &[(u16, &[u8])], e: &mut Encoder<W>) -> Result<(), minicbor::encode::Error<W::Error>> {
    e.array(raw.len() as u64)?;
    for (kind, fields) in raw {
        e.array(2)?.u16(*kind)?.bytes(fields)?;
    }
    Ok(())
}

/// `AES-256-GCM(slot key, nonce = 12 zero bytes, plaintext = file key, associated data = container id || I2BE(type, 2))`
fn wrap(slot_secret: &[u8], container_id: &[u8; 16], kind: u16, file_key: &FileKey) -> [u8; WRAPPED_LEN] {
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

fn slot_cipher(slot_secret: &[u8], container_id: &[u8; 16], kind: u16) -> (Aes256Gcm, [u8; 18]) {
    let mut aad = [0; 18];
    aad[..16].copy_from_slice(container_id);
    aad[16..].copy_from_slice(&kind.to_be_bytes());
    let key = SlotKey::fill(|key| kdf::derive(slot_secret, &[b"slot", &aad], key));
    (Aes256Gcm::new(key.expose().into()), aad)
}

#[cfg(test)]
#[path = "header_tests.rs"]
mod tests;
