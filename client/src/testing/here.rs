//! Documents, containers, sinks and a lease keeper in memory.

use std::cell::RefCell;
use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use aes_gcm::Aes256Gcm;
use aes_gcm::aead::{Aead, KeyInit, Payload};
use satchel_crypto::limit::{SEGMENT_LEN, SEGMENT_PLAINTEXT_LEN};
use satchel_crypto::{
    ClosedElsewhere, ClosedSegment, Entry, LeaseToken, LentSegment, Manifest, OpenSegment, PasteId, PlainElsewhere,
    PlainSegment, ProbeToken, SealError, SealedBytes, Verdict,
};

use crate::{
    Elsewhere, Engine, Error, LeaseKeeper, Pause, Sealed, SealedSink, Sink, Source, Spool, Stored, StoredElsewhere,
};

/// No time passes in tests.
pub(crate) struct NoPause;

impl Pause for NoPause {
    async fn pause(&self, _time: Duration) {}
}

/// Bytes that an engine has somewhere else.
pub(crate) struct Lump(pub(crate) Vec<u8>);

impl Elsewhere for Lump {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn copy_to(&self, at: usize, room: &mut [u8]) {
        room.copy_from_slice(&self.0[at..at + room.len()]);
    }
}

/// Named byte strings.
#[derive(Clone, Default)]
pub(crate) struct Document {
    pub(crate) files: Vec<(Option<String>, Vec<u8>)>,
    /// The last entry goes "to the end".
    pub(crate) open_ended: bool,
    /// Whole segments may stay where they lie.
    pub(crate) lends: bool,
    /// How many bytes more it lends than it may.
    pub(crate) lends_too_much: usize,
    read: usize,
    current: usize,
}

impl Document {
    pub(crate) fn of(files: Vec<Vec<u8>>) -> Self {
        let named = |(number, bytes)| (Some(format!("file {number}")), bytes);
        Self {
            files: files.into_iter().enumerate().map(named).collect(),
            ..Self::default()
        }
    }

    fn turn_to(&mut self, entry: usize) {
        if entry != self.current {
            (self.current, self.read) = (entry, 0);
        }
    }

    pub(crate) fn entries(&self) -> Vec<Entry> {
        let last = self.files.len() - 1;
        let entry = |(number, (name, bytes)): (usize, &(Option<String>, Vec<u8>))| Entry {
            name: name.clone(),
            media_type: "application/octet-stream".into(),
            size: (!(self.open_ended && number == last)).then_some(bytes.len() as u64),
            modified: None,
        };
        self.files.iter().enumerate().map(entry).collect()
    }
}

impl Source<Lump> for Document {
    async fn lend(&mut self, entry: usize, unit: usize, most: u64) -> Result<Option<Lump>, Error> {
        if !self.lends {
            return Ok(None);
        }
        self.turn_to(entry);
        let left = &self.files[entry].1[self.read..];
        // Never all that there is: a file is lent in pieces.
        let most = usize::try_from(most).unwrap().min(left.len()).min(3 * unit);
        let lent = left[..most / unit * unit + self.lends_too_much].to_vec();
        self.read += lent.len();
        Ok((!lent.is_empty()).then_some(Lump(lent)))
    }

    async fn read(&mut self, entry: usize, room: &mut [u8]) -> Result<usize, Error> {
        self.turn_to(entry);
        let left = &self.files[entry].1[self.read..];
        // Never all that there is room for: files may be read in pieces.
        let len = left.len().min(room.len()).min(100_000);
        room[..len].copy_from_slice(&left[..len]);
        self.read += len;
        Ok(len)
    }
}

/// A container in memory, as it is sealed, spooled and read.
#[derive(Clone, Default)]
pub(crate) struct InMemory {
    pub(crate) bytes: Vec<u8>,
    /// Whole segments may stay where they lie.
    pub(crate) lends: bool,
    read_back: usize,
}

impl<B: Elsewhere> SealedSink<B> for InMemory {
    async fn take(&mut self, bytes: Sealed<B>) -> Result<Option<Vec<u8>>, Error> {
        let bytes = bytes.into_vec();
        self.bytes.extend_from_slice(&bytes);
        Ok(Some(bytes))
    }
}

impl<B: Elsewhere> Spool<B> for InMemory {
    async fn read_back(&mut self, room: &mut [u8]) -> Result<usize, Error> {
        let left = &self.bytes[self.read_back..];
        let len = left.len().min(room.len());
        room[..len].copy_from_slice(&left[..len]);
        self.read_back += len;
        Ok(len)
    }
}

impl Stored for InMemory {
    fn len(&self) -> u64 {
        self.bytes.len() as u64
    }

    async fn read_at(&mut self, offset: u64, room: &mut [u8]) -> Result<usize, Error> {
        let left = self.bytes.get(usize::try_from(offset).unwrap()..).unwrap_or_default();
        let len = left.len().min(room.len()).min(70_001);
        room[..len].copy_from_slice(&left[..len]);
        Ok(len)
    }
}

impl StoredElsewhere<Lump> for InMemory {
    async fn lend(&mut self, offset: u64, unit: usize, most: u64) -> Result<Option<Lump>, Error> {
        // Not always, and never all that there is.
        let number = offset / unit as u64;
        if !self.lends || number.is_multiple_of(7) {
            return Ok(None);
        }
        let left = &self.bytes[usize::try_from(offset).unwrap()..];
        let most = usize::try_from(most).unwrap().min(left.len()).min(3 * unit);
        let lent = left[..most / unit * unit].to_vec();
        Ok((!lent.is_empty()).then_some(Lump(lent)))
    }
}

/// What came out, and whether it was put in place.
#[derive(Default)]
pub(crate) struct Opened {
    pub(crate) files: Vec<(Option<String>, Vec<u8>)>,
    pub(crate) committed: bool,
    pub(crate) refuse_ready: bool,
    pub(crate) refuse_commit: bool,
}

impl<B: Elsewhere> Sink<B> for Opened {
    async fn ready(&mut self, size: u64) -> Result<(), Error> {
        if self.refuse_ready {
            Err(Error::TooLargeHere { size, limit: 1 })
        } else {
            Ok(())
        }
    }

    async fn manifest(&mut self, manifest: &Manifest) -> Result<(), Error> {
        self.files = manifest
            .entries()
            .iter()
            .map(|entry| (entry.name.clone(), Vec::new()))
            .collect();
        Ok(())
    }

    async fn begin(&mut self, entry: usize) -> Result<(), Error> {
        assert!(self.files[entry].1.is_empty());
        Ok(())
    }

    async fn write(&mut self, entry: usize, bytes: &[u8]) -> Result<(), Error> {
        self.files[entry].1.extend_from_slice(bytes);
        Ok(())
    }

    async fn end(&mut self, _entry: usize) -> Result<(), Error> {
        Ok(())
    }

    async fn commit(&mut self) -> Result<(), Error> {
        if self.refuse_commit {
            return Err(Error::Write);
        }
        self.committed = true;
        Ok(())
    }
}

/// Saved leases; the model of the server looks into it when a claim comes.
#[derive(Default)]
pub(crate) struct Keeper(pub(crate) RefCell<HashMap<PasteId, String>>);

impl LeaseKeeper for &Keeper {
    async fn load(&mut self, id: &PasteId) -> Result<Option<LeaseToken>, Error> {
        Ok(self.0.borrow().get(id).map(|text| LeaseToken::parse(text).unwrap()))
    }

    async fn save(&mut self, id: &PasteId, _probe: &ProbeToken, lease: &LeaseToken) -> Result<(), Error> {
        self.0.borrow_mut().insert(*id, lease.bearer().to_string());
        Ok(())
    }

    async fn forget(&mut self, id: &PasteId) -> Result<(), Error> {
        self.0.borrow_mut().remove(id);
        Ok(())
    }
}

/// An engine whose segments land late and out of order, some at the first poll.
pub(crate) struct Late;

struct After<T>(usize, Option<T>);

impl<T: Unpin> Future for After<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        if self.0 > 0 {
            self.0 -= 1;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(self.1.take().unwrap())
    }
}

impl Engine for Late {
    type Elsewhere = Lump;

    fn seal_lent(
        &self,
        segments: Vec<LentSegment>,
        content: Lump,
    ) -> impl Future<Output = Result<Vec<Sealed<Lump>>, SealError>> + 'static {
        // What another engine does: the same AES, its output somewhere else. Some it gives up on.
        let position = segments[0].inputs().position();
        let seal = |(number, segment): (usize, LentSegment)| {
            let at = number * SEGMENT_PLAINTEXT_LEN;
            if segment.inputs().position() % 3 == 2 {
                Ok(segment.bring_in(|room| content.copy_to(at, room)).seal().into())
            } else {
                seal_elsewhere(segment, &content.0[at..at + SEGMENT_PLAINTEXT_LEN])
            }
        };
        let sealed = segments.into_iter().enumerate().map(seal).collect();
        After(usize::try_from(position * 7 % 5).unwrap(), Some(sealed))
    }

    fn in_flight(&self) -> usize {
        4
    }

    fn opens_elsewhere(&self) -> bool {
        true
    }

    fn open_elsewhere(
        &self,
        segments: Vec<ClosedElsewhere>,
        sealed: Lump,
    ) -> impl Future<Output = Option<Vec<PlainElsewhere<Lump>>>> + 'static {
        let position = segments[0].inputs().position();
        // Some it gives up on.
        let opened = if position % 5 == 3 {
            None
        } else {
            let stored = sealed.0.chunks(SEGMENT_LEN);
            segments
                .into_iter()
                .zip(stored)
                .map(|(segment, stored)| open_elsewhere(segment, stored))
                .collect()
        };
        After(usize::try_from(position * 3 % 5).unwrap(), Some(opened))
    }

    fn seal(&self, segment: OpenSegment) -> impl Future<Output = Result<SealedBytes, SealError>> + 'static {
        After(
            usize::try_from(segment.position() * 7 % 5).unwrap(),
            Some(Ok(segment.seal())),
        )
    }

    fn open(&self, segment: ClosedSegment) -> impl Future<Output = Result<PlainSegment, Verdict>> + 'static {
        After(
            usize::try_from(segment.position() * 3 % 5).unwrap(),
            Some(segment.open()),
        )
    }
}

fn seal_elsewhere(segment: LentSegment, content: &[u8]) -> Result<Sealed<Lump>, SealError> {
    let key = segment
        .inputs()
        .key()
        .expose_to_engine(|bytes| Aes256Gcm::new(bytes.into()));
    let nonce = segment.inputs().nonce();
    let aad = segment.inputs().associated_data();
    let payload = Payload {
        msg: content,
        aad: &aad,
    };
    let sealed = key.encrypt(&nonce.into(), payload).unwrap();
    Ok(Sealed::Elsewhere(segment.sealed_as(sealed.len(), Lump(sealed))?))
}

/// None where the tag is wrong.
fn open_elsewhere(segment: ClosedElsewhere, stored: &[u8]) -> Option<PlainElsewhere<Lump>> {
    let key = segment
        .inputs()
        .key()
        .expose_to_engine(|bytes| Aes256Gcm::new(bytes.into()));
    let nonce = segment.inputs().nonce();
    let aad = segment.inputs().associated_data();
    let payload = Payload {
        msg: &stored[16..],
        aad: &aad,
    };
    let plain = key.decrypt(&nonce.into(), payload).ok()?;
    segment.opened_as(plain.len(), Lump(plain)).ok()
}
