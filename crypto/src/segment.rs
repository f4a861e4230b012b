//! Segments, docs/format.md section 5: seal and its mirror, open. By the engine in this crate or by another (WebCrypto). Content that is to
//! stay where another engine has it is in `lent`.
//!
//! `segment = length word (4) || nonce (12) || ciphertext || tag (16)`

use aes_gcm::Aes256Gcm;
use aes_gcm::aead::{AeadInOut, KeyInit};
use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::floe::Params;
use crate::limit::SEGMENT_OVERHEAD;
use crate::secret::secret;
use crate::{SealError, Verdict};

const NONCE_LEN: usize = 12;
pub(crate) const TAG_LEN: usize = 16;
/// Length word and nonce.
pub(crate) const SEGMENT_HEAD_LEN: usize = 4 + NONCE_LEN;
const NOT_LAST: [u8; 4] = [0xff; 4];

secret! {
    /// `DERIVE_KEY(...)`, as an engine takes it.
    struct SegmentKeyBytes([u8; 32]);
}

/// The AES-256-GCM key of 2^20 segments.
pub struct SegmentKey(SegmentKeyBytes);

impl SegmentKey {
    pub(crate) fn derived(fill: impl FnOnce(&mut [u8; 32])) -> Self {
        Self(SegmentKeyBytes::fill(fill))
    }

    /// For one segment: a program whose segments all go to another engine has no AES of its own.
    fn cipher(&self) -> Aes256Gcm {
        Aes256Gcm::new(self.0.expose().into())
    }

    /// Hands the key to another AES-GCM engine.
    ///
    /// # Security
    /// The engine must wipe or lock away what it keeps of it: this key opens up to 2^20 segments.
    pub fn expose_to_engine<T>(&self, engine: impl FnOnce(&[u8; 32]) -> T) -> T {
        engine(self.0.expose())
    }
}

/// Bytes of a container; only sealing makes them.
pub struct SealedBytes(pub(crate) Vec<u8>);

impl SealedBytes {
    /// The bytes.
    pub fn as_slice(&self) -> &[u8] {
        &self.0
    }

    /// The bytes, in the allocation they were sealed in.
    pub fn into_vec(self) -> Vec<u8> {
        self.0
    }
}

/// What another engine takes beside the text.
pub struct EngineJob<'a> {
    /// AES-256-GCM's.
    pub key: &'a SegmentKey,
    /// 12 random bytes, fresh for each segment.
    pub nonce: [u8; NONCE_LEN],
    /// `I2BE(position, 8) || last (1)`
    pub associated_data: [u8; 9],
}

/// What one knows of a segment before and after.
macro_rules! placed {
    ($($segment:ident),+) => { $(impl $segment {
        /// Counted from 0.
        pub const fn position(&self) -> u64 {
            self.position
        }

        /// Whether it is the last.
        pub const fn is_final(&self) -> bool {
            self.is_final
        }
    })+ };
}

/// What an engine takes beside the text.
macro_rules! engine_input {
    ($($segment:ident),+) => { $(impl $segment {
        /// 12 random bytes, fresh for each segment.
        pub fn nonce(&self) -> [u8; NONCE_LEN] {
            let mut nonce = [0; NONCE_LEN];
            nonce.copy_from_slice(&self.bytes[4..SEGMENT_HEAD_LEN]);
            nonce
        }

        /// `I2BE(position, 8) || last (1)`
        pub const fn associated_data(&self) -> [u8; 9] {
            associated_data(self.position, self.is_final)
        }

        /// The key, the same for 2^20 segments: compare with [`Arc::ptr_eq`] to import it once.
        pub const fn key(&self) -> &Arc<SegmentKey> {
            &self.key
        }
    })+ };
}

placed!(OpenSegment, ClosedSegment, PlainSegment);
engine_input!(OpenSegment, ClosedSegment);

pub(crate) const fn associated_data(position: u64, is_final: bool) -> [u8; 9] {
    let [a, b, c, d, e, f, g, h] = position.to_be_bytes();
    [a, b, c, d, e, f, g, h, is_final as u8]
}

/// Length word and nonce of a segment that is not the last.
pub(crate) fn head_of_full(nonce: [u8; NONCE_LEN]) -> [u8; SEGMENT_HEAD_LEN] {
    let mut head = [0; SEGMENT_HEAD_LEN];
    head[..4].copy_from_slice(&NOT_LAST);
    head[4..].copy_from_slice(&nonce);
    head
}

/// The nonce in a head that [`head_of_full`] made; none in any other.
pub(crate) fn nonce_of_full(head: [u8; SEGMENT_HEAD_LEN]) -> Option<[u8; NONCE_LEN]> {
    let (word, nonce) = head.split_first_chunk::<4>()?;
    if *word == NOT_LAST { nonce.try_into().ok() } else { None }
}

/// A segment that is about to be sealed. Its nonce is drawn; sealing consumes it, so the nonce is used once.
pub struct OpenSegment {
    key: Arc<SegmentKey>,
    position: u64,
    is_final: bool,
    /// Room for length word and nonce, then the plaintext.
    bytes: Vec<u8>,
}

impl OpenSegment {
    /// `buffer` is room for length word and nonce, then the plaintext.
    pub(crate) fn new(
        key: Arc<SegmentKey>,
        position: u64,
        is_final: bool,
        nonce: [u8; 12],
        mut buffer: Vec<u8>,
    ) -> Self {
        let len = u32::try_from(buffer.len() + TAG_LEN).expect("a segment is far below 4 GiB");
        buffer[..4].copy_from_slice(&if is_final { len.to_be_bytes() } else { NOT_LAST });
        buffer[4..SEGMENT_HEAD_LEN].copy_from_slice(&nonce);
        Self {
            key,
            position,
            is_final,
            bytes: buffer,
        }
    }

    /// What is to be encrypted.
    pub fn plaintext(&self) -> &[u8] {
        &self.bytes[SEGMENT_HEAD_LEN..]
    }

    /// AES-256-GCM in place, by `aes-gcm`.
    #[must_use]
    pub fn seal(mut self) -> SealedBytes {
        let (aad, nonce) = (self.associated_data(), self.nonce());
        let text = &mut self.bytes[SEGMENT_HEAD_LEN..];
        let tag = self
            .key
            .cipher()
            .encrypt_inout_detached(&nonce.into(), &aad, text.into())
            .expect("a segment is far below AES-GCM's limits");
        self.bytes.extend_from_slice(&tag);
        SealedBytes(self.bytes)
    }

    /// Has another engine encrypt the text where it lies, and give back the tag; none where it could not.
    ///
    /// # Errors
    /// `EngineOutput` when there is no tag.
    ///
    /// # Security
    /// The engine has to have used this segment's key, nonce and associated data: a mistake there shows only on opening.
    pub fn sealed_in_place(
        self,
        seal: impl FnOnce(&EngineJob<'_>, &mut [u8]) -> Option<[u8; TAG_LEN]>,
    ) -> Result<SealedBytes, SealError> {
        let job = EngineJob {
            nonce: self.nonce(),
            associated_data: self.associated_data(),
            key: &self.key,
        };
        let mut bytes = self.bytes;
        let expected = bytes.len() - SEGMENT_HEAD_LEN + TAG_LEN;
        let tag = seal(&job, &mut bytes[SEGMENT_HEAD_LEN..]);
        let tag = tag.ok_or(SealError::EngineOutput { expected, given: 0 })?;
        bytes.extend_from_slice(&tag);
        Ok(SealedBytes(bytes))
    }

    /// Has `write` put the `len` bytes that another engine made of [`plaintext`](Self::plaintext) in its place: ciphertext, then tag.
    ///
    /// # Errors
    /// `EngineOutput` when that is another length than theirs.
    ///
    /// # Security
    /// The engine has to have used this segment's key, nonce and associated data, and `write` has to fill all of the room: a
    /// mistake there shows only on opening, and bytes left alone are plaintext.
    pub fn sealed_by(mut self, len: usize, write: impl FnOnce(&mut [u8])) -> Result<SealedBytes, SealError> {
        let expected = self.plaintext().len() + TAG_LEN;
        if len != expected {
            return Err(SealError::EngineOutput { expected, given: len });
        }
        self.bytes.resize(SEGMENT_HEAD_LEN + len, 0);
        write(&mut self.bytes[SEGMENT_HEAD_LEN..]);
        Ok(SealedBytes(self.bytes))
    }
}

/// A segment as it is stored, with length word and length checked, its tag not yet.
pub struct ClosedSegment {
    key: Arc<SegmentKey>,
    position: u64,
    is_final: bool,
    bytes: Vec<u8>,
}

impl ClosedSegment {
    /// `bytes` is the whole stored segment. Whether it is the last is what the container's length says, never the segment itself.
    pub(crate) fn new(
        params: Params,
        key: Arc<SegmentKey>,
        position: u64,
        is_final: bool,
        bytes: Vec<u8>,
    ) -> Result<Self, Verdict> {
        let full = params.segment_len as usize;
        let allowed = if is_final { SEGMENT_OVERHEAD..=full } else { full..=full };
        let word = match u32::try_from(bytes.len()) {
            Ok(len) if allowed.contains(&bytes.len()) => {
                if is_final {
                    len.to_be_bytes()
                } else {
                    NOT_LAST
                }
            }
            _ => return Err(Verdict::BadSegment(position)),
        };
        if bytes[..4] == word {
            Ok(Self {
                key,
                position,
                is_final,
                bytes,
            })
        } else {
            Err(Verdict::BadSegment(position))
        }
    }

    /// What is to be decrypted: ciphertext, then tag.
    pub fn ciphertext_and_tag(&self) -> &[u8] {
        &self.bytes[SEGMENT_HEAD_LEN..]
    }

    /// Verifies, then decrypts in place, by `aes-gcm`.
    ///
    /// # Errors
    /// `BadSegment`.
    pub fn open(mut self) -> Result<PlainSegment, Verdict> {
        let bad = Verdict::BadSegment(self.position);
        let (aad, nonce) = (self.associated_data(), self.nonce());
        let rest = &mut self.bytes[SEGMENT_HEAD_LEN..];
        let (text, tag) = rest.split_last_chunk_mut::<TAG_LEN>().ok_or(bad)?;
        self.key
            .cipher()
            .decrypt_inout_detached(&nonce.into(), &aad, text.into(), &(*tag).into())
            .map_err(|_| bad)?;
        let end = self.bytes.len() - TAG_LEN;
        self.bytes.truncate(end);
        Ok(PlainSegment {
            position: self.position,
            is_final: self.is_final,
            bytes: self.bytes,
        })
    }

    /// Has another engine verify and decrypt ciphertext and tag where they lie, and say whether the tag was right.
    ///
    /// # Errors
    /// `BadSegment` when it was not.
    ///
    /// # Security
    /// The engine has to have verified the tag under this segment's key, nonce and associated data.
    pub fn opened_in_place(
        self,
        open: impl FnOnce(&EngineJob<'_>, &mut [u8]) -> bool,
    ) -> Result<PlainSegment, Verdict> {
        let job = EngineJob {
            nonce: self.nonce(),
            associated_data: self.associated_data(),
            key: &self.key,
        };
        let mut bytes = self.bytes;
        if !open(&job, &mut bytes[SEGMENT_HEAD_LEN..]) {
            return Err(Verdict::BadSegment(self.position));
        }
        bytes.truncate(bytes.len() - TAG_LEN);
        Ok(PlainSegment {
            position: self.position,
            is_final: self.is_final,
            bytes,
        })
    }

    /// Has `write` put the `len` bytes that another engine verified and decrypted in the ciphertext's place.
    ///
    /// # Errors
    /// `BadSegment` when that is not the right length. When the engine refused the tag, the caller returns `BadSegment` itself.
    ///
    /// # Security
    /// The engine has to have verified the tag under this segment's key, nonce and associated data, and `write` has to fill all
    /// of the room.
    pub fn opened_by(mut self, len: usize, write: impl FnOnce(&mut [u8])) -> Result<PlainSegment, Verdict> {
        if len + SEGMENT_OVERHEAD != self.bytes.len() {
            return Err(Verdict::BadSegment(self.position));
        }
        self.bytes.truncate(SEGMENT_HEAD_LEN + len);
        write(&mut self.bytes[SEGMENT_HEAD_LEN..]);
        Ok(PlainSegment {
            position: self.position,
            is_final: self.is_final,
            bytes: self.bytes,
        })
    }
}

/// A segment whose tag was right.
pub struct PlainSegment {
    position: u64,
    is_final: bool,
    /// Length word and nonce, then the plaintext.
    bytes: Vec<u8>,
}

impl PlainSegment {
    /// Of one that was opened elsewhere, and is not the last: `bytes` is room for its head, then the plaintext.
    pub(crate) const fn brought_in(position: u64, bytes: Vec<u8>) -> Self {
        let is_final = false;
        Self {
            position,
            is_final,
            bytes,
        }
    }

    /// Its part of the padded archive.
    pub fn plaintext(&self) -> &[u8] {
        &self.bytes[SEGMENT_HEAD_LEN..]
    }

    /// The allocation it was opened in, to be used again.
    pub fn into_buffer(self) -> Vec<u8> {
        self.bytes
    }
}
