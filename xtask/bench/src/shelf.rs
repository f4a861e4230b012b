//! Pastes to read from: one that everybody reads, and many that each is read now and then.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

use crate::Trouble;
use crate::http::Connection;
use crate::load::{self, Until};
use crate::paste::{self, Keys};

/// Reads that one paste allows: creating pastes must not be part of measuring reads.
const READS: u32 = 1000;
/// Pastes on the shelf. Read in turn, none is read again before all of the others were.
const PASTES: usize = 1000;

/// Many pastes, read in turn.
pub(crate) struct Shelf {
    pastes: Vec<Keys>,
    next: AtomicUsize,
}

impl Shelf {
    /// Creates them all.
    pub(crate) fn fill(host: &str, body: &[u8]) -> Result<Self, Trouble> {
        let mut connection = Connection::open(host)?;
        let mut pastes = Vec::with_capacity(PASTES);
        for _ in 0..PASTES {
            let keys = Keys::generate()?;
            paste::create(&mut connection, &keys, READS, body)?;
            pastes.push(keys);
        }
        Ok(Self {
            pastes,
            next: AtomicUsize::new(0),
        })
    }

    pub(crate) fn len(&self) -> usize {
        self.pastes.len()
    }

    /// The one whose turn it is.
    pub(crate) fn next(&self) -> &Keys {
        &self.pastes[self.next.fetch_add(1, Ordering::Relaxed) % self.pastes.len()]
    }
}

/// One paste that every connection reads, and a new one when its reads are used up.
pub(crate) struct OnePaste {
    current: Mutex<Keys>,
    reads: AtomicU32,
}

impl OnePaste {
    pub(crate) fn make(host: &str, body: &[u8]) -> Result<Self, Trouble> {
        let keys = Keys::generate()?;
        paste::create(&mut Connection::open(host)?, &keys, READS, body)?;
        Ok(Self {
            current: Mutex::new(keys),
            reads: AtomicU32::new(0),
        })
    }

    /// The paste to read from.
    pub(crate) fn next(&self, connection: &mut Connection, body: &[u8]) -> Result<Keys, Trouble> {
        let mut keys = self.current.lock().map_err(|_| "another connection failed")?;
        if self.reads.fetch_add(1, Ordering::Relaxed) % READS == READS - 1 {
            let fresh = Keys::generate()?;
            paste::create(connection, &fresh, READS, body)?;
            return Ok(std::mem::replace(&mut *keys, fresh));
        }
        Ok(keys.clone())
    }
}

/// Leases of pastes on a shelf, each with as many answers as it has left after its claim.
pub(crate) struct Leases<'a> {
    leases: Vec<(&'a Keys, [u8; 32])>,
    next: AtomicUsize,
}

/// Times that a lease serves its content, the claim's own answer not counted.
const SERVED: usize = 3;
/// Leases that are taken: enough for a second or more.
const LEASES: usize = 8000;
/// What of their content may be moved in all, so that large ones do not take minutes.
const BYTES: usize = 512 << 20;

impl<'a> Leases<'a> {
    /// Claims them.
    pub(crate) fn take(host: &str, shelf: &'a Shelf, len: usize) -> Result<Self, Trouble> {
        let count = LEASES.min(BYTES / len);
        let taken = Mutex::new(Vec::with_capacity(count));
        load::run(host, 16, Until::Done, &|connection| {
            let (keys, lease) = (shelf.next(), paste::random()?);
            paste::claim(connection, keys, &lease, len)?;
            let mut taken = taken.lock().map_err(|_| "another connection failed")?;
            taken.push((keys, lease));
            Ok(taken.len() < count)
        })?;
        Ok(Self {
            leases: taken.into_inner().map_err(|_| "a connection failed")?,
            next: AtomicUsize::new(0),
        })
    }

    /// The one whose turn it is, until all were served as often as they may.
    pub(crate) fn next(&self) -> Option<(&'a Keys, &[u8; 32])> {
        let at = self.next.fetch_add(1, Ordering::Relaxed);
        let (keys, lease) = self.leases.get(at % self.leases.len())?;
        (at < self.leases.len() * SERVED).then_some((*keys, lease))
    }

    /// Confirms them, so that the rows after this one find no more leases running than those before.
    pub(crate) fn give_back(&self, host: &str) -> Result<(), Trouble> {
        let at = AtomicUsize::new(0);
        load::run(
            host,
            16,
            Until::Done,
            &|connection| match self.leases.get(at.fetch_add(1, Ordering::Relaxed)) {
                Some((keys, lease)) => paste::confirm(connection, keys, lease).map(|()| true),
                None => Ok(false),
            },
        )?;
        Ok(())
    }
}
