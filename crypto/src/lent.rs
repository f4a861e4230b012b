//! Segments whose content never enters this program's memory: another engine seals it, or opens it, where it lies. Docs/format.md section 5.
//!
//! In a browser, WebCrypto takes its input from JavaScript and puts its output there: bringing both through WebAssembly's memory
//! would copy everything three times more than sealing needs.

use alloc::sync::Arc;
use alloc::vec;

use crate::limit::{SEGMENT_LEN, SEGMENT_PLAINTEXT_LEN};
use crate::segment::{SEGMENT_HEAD_LEN, TAG_LEN, associated_data, head_of_full, nonce_of_full};
use crate::{OpenSegment, PlainSegment, SealError, SegmentKey, Verdict};

/// What AES-256-GCM takes for a full segment, never the last, beside its text.
pub struct CipherInputs {
    key: Arc<SegmentKey>,
    position: u64,
    nonce: [u8; 12],
}

impl CipherInputs {
    /// Counted from 0.
    pub const fn position(&self) -> u64 {
        self.position
    }

    /// 12 random bytes, fresh for each segment that is sealed; as it is stored, of one that is opened.
    pub const fn nonce(&self) -> [u8; 12] {
        self.nonce
    }

    /// `I2BE(position, 8) || 0`
    pub const fn associated_data(&self) -> [u8; 9] {
        associated_data(self.position, false)
    }

    /// The key, the same for 2^20 segments: compare with [`Arc::ptr_eq`] to import it once.
    pub const fn key(&self) -> &Arc<SegmentKey> {
        &self.key
    }
}

/// A full segment, never the last, that holds content alone and does not hold it itself. Its nonce is drawn; it is consumed, so the nonce
/// is used once.
pub struct LentSegment {
    inputs: CipherInputs,
}

impl LentSegment {
    pub(crate) const fn new(key: Arc<SegmentKey>, position: u64, nonce: [u8; 12]) -> Self {
        Self {
            inputs: CipherInputs { key, position, nonce },
        }
    }

    /// What an engine seals it with.
    pub const fn inputs(&self) -> &CipherInputs {
        &self.inputs
    }

    /// Takes `sealed`, the `len` bytes that the engine made of the content: ciphertext, then tag.
    ///
    /// # Errors
    /// `EngineOutput` when that is another length than theirs.
    ///
    /// # Security
    /// The engine has to have used this segment's key, nonce and associated data on the [`SEGMENT_PLAINTEXT_LEN`] bytes of content that come
    /// next in the archive: a mistake there shows only on opening.
    pub fn sealed_as<B>(self, len: usize, sealed: B) -> Result<SealedElsewhere<B>, SealError> {
        let expected = SEGMENT_PLAINTEXT_LEN + TAG_LEN;
        if len != expected {
            return Err(SealError::EngineOutput { expected, given: len });
        }
        Ok(SealedElsewhere {
            head: head_of_full(self.inputs.nonce),
            sealed,
        })
    }

    /// Brings the content in after all: `fill` puts all of it into the room it is given.
    pub fn bring_in(self, fill: impl FnOnce(&mut [u8])) -> OpenSegment {
        let mut buffer = vec![0; SEGMENT_LEN];
        buffer.truncate(SEGMENT_HEAD_LEN + SEGMENT_PLAINTEXT_LEN);
        fill(&mut buffer[SEGMENT_HEAD_LEN..]);
        let CipherInputs { key, position, nonce } = self.inputs;
        OpenSegment::new(key, position, false, nonce, buffer)
    }
}

/// `length word (4) || nonce (12)` of a sealed segment, and what holds its `ciphertext || tag`; only sealing makes it.
pub struct SealedElsewhere<B> {
    head: [u8; SEGMENT_HEAD_LEN],
    sealed: B,
}

impl<B> SealedElsewhere<B> {
    /// What goes first, and what follows it.
    pub fn into_parts(self) -> ([u8; SEGMENT_HEAD_LEN], B) {
        (self.head, self.sealed)
    }
}

/// A full segment, never the last, as it is stored: its ciphertext and tag are where they lie. Its length word is checked, its tag not yet.
pub struct ClosedElsewhere {
    inputs: CipherInputs,
}

impl ClosedElsewhere {
    pub(crate) fn new(key: Arc<SegmentKey>, position: u64, head: [u8; SEGMENT_HEAD_LEN]) -> Result<Self, Verdict> {
        let nonce = nonce_of_full(head).ok_or(Verdict::BadSegment(position))?;
        Ok(Self {
            inputs: CipherInputs { key, position, nonce },
        })
    }

    /// What an engine opens it with.
    pub const fn inputs(&self) -> &CipherInputs {
        &self.inputs
    }

    /// Takes `plain`, the `len` bytes that the engine verified and decrypted.
    ///
    /// # Errors
    /// `BadSegment` when that is another length than theirs. When the engine refused the tag, there is nothing to call this with.
    ///
    /// # Security
    /// The engine has to have verified the tag under this segment's key, nonce and associated data.
    pub fn opened_as<B>(self, len: usize, plain: B) -> Result<PlainElsewhere<B>, Verdict> {
        if len != SEGMENT_PLAINTEXT_LEN {
            return Err(Verdict::BadSegment(self.inputs.position));
        }
        let position = self.inputs.position;
        Ok(PlainElsewhere { position, plain })
    }
}

/// A full segment whose tag was right, and what holds its plaintext; only opening makes it.
pub struct PlainElsewhere<B> {
    position: u64,
    plain: B,
}

impl<B> PlainElsewhere<B> {
    /// Counted from 0.
    pub const fn position(&self) -> u64 {
        self.position
    }

    pub(crate) fn into_content(self) -> B {
        self.plain
    }

    /// Brings the plaintext in after all: `fill` puts all of it into the room it is given.
    pub fn bring_in(self, fill: impl FnOnce(&B, &mut [u8])) -> PlainSegment {
        let mut bytes = vec![0; SEGMENT_HEAD_LEN + SEGMENT_PLAINTEXT_LEN];
        fill(&self.plain, &mut bytes[SEGMENT_HEAD_LEN..]);
        PlainSegment::brought_in(self.position, bytes)
    }
}
