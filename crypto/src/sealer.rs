//! The write path: manifest, then contents, then padding, as segments to be sealed. The reading side is in `container` and `archive`.

use alloc::vec;
use alloc::vec::Vec;
use rand_core::CryptoRng;

use crate::floe::Stream;
use crate::limit::{PAYLOAD_HEADER_LEN, SEGMENT_LEN, SEGMENT_PLAINTEXT_LEN};
use crate::padding::{PaddedLen, TRAILER_LEN};
use crate::segment::SEGMENT_HEAD_LEN;
use crate::{
    Heads, Keyed, LentSegment, Manifest, OpenSegment, Passphrase, Profile, SealedBytes, SetId, UnlockedLink, Verdict,
};

/// What will open the container. Kinds do not stand together.
pub enum Locks<'a> {
    /// One slot for each, 1 to 4.
    Passphrases {
        /// Any one of them opens.
        passphrases: &'a [&'a Passphrase],
        /// The cost of each.
        profile: Profile,
    },
    /// One slot.
    Link(&'a UnlockedLink),
    /// One slot for each, 1 to 64, and dummies up to the next power of two.
    #[cfg(feature = "recipients")]
    Recipients(&'a [crate::Recipient]),
}

/// Why sealing stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SealError {
    /// No passphrase, or more than 4.
    #[error("{0} passphrases were given, 1 to 4 are possible")]
    PassphraseCount(usize),
    /// No recipient, or more than 64.
    #[error("{0} recipients were given, 1 to 64 are possible")]
    RecipientCount(usize),
    /// More content than 2^50 bytes can hold.
    #[error("the document is too large")]
    TooLarge,
    /// The manifest's sizes are used up, and there is more.
    #[error("there is more content than was announced")]
    ContentTooLong,
    /// The manifest's sizes promise more.
    #[error("{missing} bytes of the announced content are missing")]
    ContentTooShort {
        /// How much more was announced.
        missing: u64,
    },
    /// Another engine returned something that cannot be this segment.
    #[error("the encryption engine returned {given} bytes instead of {expected}")]
    EngineOutput {
        /// Plaintext and tag.
        expected: usize,
        /// What came.
        given: usize,
    },
    /// A key could not be derived.
    #[error(transparent)]
    Key(#[from] Verdict),
}

/// Takes contents in the order of the manifest's entries, one after another, and gives out segments.
pub struct Sealer {
    work: Work,
    prefix: Vec<u8>,
    /// Announced and not yet given. None once an entry goes "to the end".
    expected: Option<u64>,
    head: Vec<u8>,
    head_used: usize,
    container_len: Option<u64>,
}

/// What sealing and finishing share: the segment that is being filled.
struct Work {
    stream: Stream,
    position: u64,
    /// Room for length word and nonce, then the plaintext; always a full segment's length.
    buffer: Vec<u8>,
    /// Plaintext in `buffer`.
    filled: usize,
    archive_len: u64,
    spare: Vec<Vec<u8>>,
}

impl Sealer {
    /// Draws file key, container id, salts and FLOE IV, and wraps the file key; with passphrases, one run of Argon2id for each.
    ///
    /// # Errors
    /// `PassphraseCount`, `RecipientCount`, `TooLarge`, `Key`.
    pub fn new(manifest: &Manifest, locks: &Locks<'_>, rng: &mut (impl CryptoRng + ?Sized)) -> Result<Self, SealError> {
        Self::start(
            manifest,
            |rng| Ok(Keyed::new(locks, rng)?.start(SetId::ALONE, rng)),
            rng,
        )
    }

    /// Seals the payload alone, whose heads are made apart: all lengths are the payload's, and [`prefix`](Self::prefix) is its own header.
    ///
    /// # Errors
    /// `TooLarge`.
    pub fn payload_of(
        manifest: &Manifest,
        heads: &Heads,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<Self, SealError> {
        Self::start(manifest, |rng| Ok(heads.start(rng)), rng)
    }

    /// As [`new`](Self::new), keyed already, for a container that is no member of a set.
    ///
    /// # Errors
    /// `TooLarge`.
    pub fn keyed(manifest: &Manifest, keyed: Keyed, rng: &mut (impl CryptoRng + ?Sized)) -> Result<Self, SealError> {
        Self::start(manifest, |rng| Ok(keyed.start(SetId::ALONE, rng)), rng)
    }

    /// As [`new`](Self::new), for a member of the set `set`. Its header has no room to grow.
    ///
    /// # Errors
    /// `TooLarge`.
    pub fn of_set(
        manifest: &Manifest,
        keyed: Keyed,
        set: SetId,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<Self, SealError> {
        Self::start(manifest, |rng| Ok(keyed.start(set, rng)), rng)
    }

    /// The key comes after the lengths are checked: it can cost runs of Argon2id.
    fn start<R: CryptoRng + ?Sized>(
        manifest: &Manifest,
        begin: impl FnOnce(&mut R) -> Result<(Stream, Vec<u8>), SealError>,
        rng: &mut R,
    ) -> Result<Self, SealError> {
        let mut head = vec![0; 4];
        head.extend_from_slice(&manifest.encode());
        let manifest_len = u32::try_from(head.len() - 4).map_err(|_| SealError::TooLarge)?;
        head[..4].copy_from_slice(&manifest_len.to_be_bytes());
        let sized_len = manifest.sized_len().ok_or(SealError::TooLarge)?;
        let archive_len = sized_len + head.len() as u64;
        let padded = PaddedLen::of_archive(archive_len).ok_or(SealError::TooLarge)?;

        let (stream, prefix) = begin(rng)?;
        let payload_len = padded.payload_len() - PAYLOAD_HEADER_LEN as u64;
        let sized = !manifest.is_open_ended();
        let container_len = sized.then(|| prefix.len() as u64 + payload_len);
        let buffer = fresh_buffer();
        let mut sealer = Self {
            work: Work {
                stream,
                position: 0,
                buffer,
                filled: 0,
                archive_len: 0,
                spare: Vec::new(),
            },
            prefix,
            expected: sized.then_some(sized_len),
            head,
            head_used: 0,
            container_len,
        };
        sealer.fill_head();
        Ok(sealer)
    }

    /// The whole container's length, where the manifest has every size.
    pub const fn container_len(&self) -> Option<u64> {
        self.container_len
    }

    /// What stands before the first segment.
    pub fn prefix(&self) -> SealedBytes {
        SealedBytes(self.prefix.clone())
    }

    /// Takes as much of `content` as the current segment has room for, and says how much; 0 when it is full.
    ///
    /// # Errors
    /// `ContentTooLong`, `TooLarge`.
    pub fn push(&mut self, content: &[u8]) -> Result<usize, SealError> {
        let room = self.room();
        let len = content.len().min(room.len());
        room[..len].copy_from_slice(&content[..len]);
        self.filled(len)?;
        if len == 0 && !content.is_empty() && self.expected == Some(0) && !self.work.is_full() {
            return Err(SealError::ContentTooLong);
        }
        Ok(len)
    }

    /// Where content may be written in place, to be followed by [`filled`](Self::filled). Empty when the segment is full.
    pub fn room(&mut self) -> &mut [u8] {
        let most = self
            .expected
            .map_or(usize::MAX, |left| usize::try_from(left).unwrap_or(usize::MAX));
        let room = &mut self.work.buffer[SEGMENT_HEAD_LEN + self.work.filled..];
        let len = room.len().min(most);
        &mut room[..len]
    }

    /// Takes the first `len` bytes of [`room`](Self::room) as content.
    ///
    /// # Errors
    /// `ContentTooLong` when `len` is more than there was room for; `TooLarge`.
    pub fn filled(&mut self, len: usize) -> Result<(), SealError> {
        if len > self.room().len() {
            return Err(SealError::ContentTooLong);
        }
        self.work.take(len);
        if let Some(expected) = &mut self.expected {
            *expected -= len as u64;
        } else if PaddedLen::of_archive(self.work.archive_len).is_none() {
            return Err(SealError::TooLarge);
        }
        Ok(())
    }

    /// The current segment, once it is full. The last one comes from [`finish`](Self::finish) alone.
    #[must_use]
    pub fn next_segment(&mut self, rng: &mut (impl CryptoRng + ?Sized)) -> Option<OpenSegment> {
        // The trailer follows, so a segment full of archive is never the last.
        let segment = self.work.is_full().then(|| self.work.emit(false, rng));
        self.fill_head();
        segment
    }

    /// Whether the next segment can be lent: it is empty, and the announced content fills it.
    pub fn can_lend(&self) -> bool {
        self.work.filled == 0
            && self.head_used == self.head.len()
            && self.expected.is_some_and(|left| left >= SEGMENT_PLAINTEXT_LEN as u64)
    }

    /// The next segment without its content, which stays where it lies and counts as given: the next [`SEGMENT_PLAINTEXT_LEN`] bytes. None
    /// where it [cannot be lent](Self::can_lend).
    #[must_use]
    pub fn lend(&mut self, rng: &mut (impl CryptoRng + ?Sized)) -> Option<LentSegment> {
        if !self.can_lend() {
            return None;
        }
        let expected = self.expected.as_mut()?;
        *expected -= SEGMENT_PLAINTEXT_LEN as u64;
        Some(self.work.lend(rng))
    }

    /// Hands back the allocation of a sealed segment, to be filled again.
    pub fn reuse(&mut self, buffer: Vec<u8>) {
        self.work.reuse(buffer);
    }

    /// No more content: what is left is padding.
    ///
    /// # Errors
    /// `ContentTooShort`, `TooLarge`.
    pub fn finish(self) -> Result<Finishing, SealError> {
        let left_of_head = self.head.len() - self.head_used;
        if let Some(missing @ 1..) = self.expected {
            return Err(SealError::ContentTooShort { missing });
        }
        let archive_len = self.work.archive_len + left_of_head as u64;
        let padded = PaddedLen::of_archive(archive_len).ok_or(SealError::TooLarge)?;
        Ok(Finishing {
            sealer: self,
            padded,
            archive_len,
            done: false,
        })
    }

    /// Manifest length and manifest go first.
    fn fill_head(&mut self) {
        let room = &mut self.work.buffer[SEGMENT_HEAD_LEN + self.work.filled..];
        let left = &self.head[self.head_used..];
        let len = left.len().min(room.len());
        room[..len].copy_from_slice(&left[..len]);
        self.head_used += len;
        self.work.take(len);
    }
}

/// What is left after the contents: padding and the last segment.
pub struct Finishing {
    sealer: Sealer,
    padded: PaddedLen,
    archive_len: u64,
    done: bool,
}

impl Finishing {
    /// The whole container's length.
    pub fn container_len(&self) -> u64 {
        self.sealer.prefix.len() as u64 + self.padded.payload_len() - PAYLOAD_HEADER_LEN as u64
    }

    /// The next segment, padded; none after the last.
    #[must_use]
    pub fn next_segment(&mut self, rng: &mut (impl CryptoRng + ?Sized)) -> Option<OpenSegment> {
        if self.done {
            return None;
        }
        self.sealer.fill_head();
        let work = &mut self.sealer.work;
        let start = work.position * SEGMENT_PLAINTEXT_LEN as u64;
        let left = self.padded.get() - start;
        let len = usize::try_from(left).map_or(SEGMENT_PLAINTEXT_LEN, |left| left.min(SEGMENT_PLAINTEXT_LEN));
        self.done = work.position + 1 == self.padded.segment_count();
        let end = SEGMENT_HEAD_LEN + len;
        work.buffer[SEGMENT_HEAD_LEN + work.filled..end].fill(0);
        if self.done {
            work.buffer.truncate(end);
            work.buffer[end - TRAILER_LEN..].copy_from_slice(&self.archive_len.to_be_bytes());
        }
        Some(work.emit(self.done, rng))
    }

    /// Hands back the allocation of a sealed segment, to be filled again.
    pub fn reuse(&mut self, buffer: Vec<u8>) {
        self.sealer.work.reuse(buffer);
    }
}

impl Work {
    fn is_full(&self) -> bool {
        self.filled == SEGMENT_PLAINTEXT_LEN
    }

    fn take(&mut self, len: usize) {
        self.filled += len;
        self.archive_len += len as u64;
    }

    fn emit(&mut self, is_final: bool, rng: &mut (impl CryptoRng + ?Sized)) -> OpenSegment {
        let mut nonce = [0; 12];
        rng.fill_bytes(&mut nonce);
        let next = if is_final {
            Vec::new()
        } else {
            self.spare.pop().unwrap_or_else(fresh_buffer)
        };
        let buffer = core::mem::replace(&mut self.buffer, next);
        let segment = OpenSegment::new(
            self.stream.segment_key(self.position),
            self.position,
            is_final,
            nonce,
            buffer,
        );
        self.position += 1;
        self.filled = 0;
        segment
    }

    fn lend(&mut self, rng: &mut (impl CryptoRng + ?Sized)) -> LentSegment {
        let mut nonce = [0; 12];
        rng.fill_bytes(&mut nonce);
        let segment = LentSegment::new(self.stream.segment_key(self.position), self.position, nonce);
        self.position += 1;
        self.archive_len += SEGMENT_PLAINTEXT_LEN as u64;
        segment
    }

    /// Keeps a few: more than are in flight at a time are of no use.
    fn reuse(&mut self, mut buffer: Vec<u8>) {
        if self.spare.len() < 8 && buffer.capacity() >= SEGMENT_LEN {
            buffer.resize(SEGMENT_HEAD_LEN + SEGMENT_PLAINTEXT_LEN, 0);
            self.spare.push(buffer);
        }
    }
}

/// Zeroed by the allocator, with room for the tag behind.
fn fresh_buffer() -> Vec<u8> {
    let mut buffer = vec![0; SEGMENT_LEN];
    buffer.truncate(SEGMENT_HEAD_LEN + SEGMENT_PLAINTEXT_LEN);
    buffer
}
