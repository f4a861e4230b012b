//! Documents, containers, sinks and a lease keeper in memory.

use std::cell::RefCell;
use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use satchel_crypto::{
    ClosedSegment, Entry, LeaseToken, Manifest, OpenSegment, PasteId, PlainSegment, ProbeToken, SealError, SealedBytes,
    Verdict,
};

use crate::{Engine, Error, LeaseKeeper, Pause, SealedSink, Sink, Source, Spool, Stored};

/// No time passes in tests.
pub(crate) struct NoPause;

impl Pause for NoPause {
    async fn pause(&self, _time: Duration) {}
}

/// Named byte strings.
#[derive(Clone, Default)]
pub(crate) struct Document {
    pub(crate) files: Vec<(Option<String>, Vec<u8>)>,
    /// The last entry goes "to the end".
    pub(crate) open_ended: bool,
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

impl Source for Document {
    async fn read(&mut self, entry: usize, room: &mut [u8]) -> Result<usize, Error> {
        if entry != self.current {
            (self.current, self.read) = (entry, 0);
        }
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
    read_back: usize,
}

impl SealedSink for InMemory {
    async fn take(&mut self, bytes: SealedBytes) -> Result<Option<Vec<u8>>, Error> {
        self.bytes.extend_from_slice(bytes.as_slice());
        Ok(Some(bytes.into_vec()))
    }
}

impl Spool for InMemory {
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

/// What came out, and whether it was put in place.
#[derive(Default)]
pub(crate) struct Opened {
    pub(crate) files: Vec<(Option<String>, Vec<u8>)>,
    pub(crate) committed: bool,
    pub(crate) refuse_ready: bool,
    pub(crate) refuse_commit: bool,
}

impl Sink for Opened {
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
    fn in_flight(&self) -> usize {
        4
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
