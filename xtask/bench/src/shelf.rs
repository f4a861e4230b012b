//! Pastes to read from: one that everybody reads, and many that each is read now and then.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

use crate::Trouble;
use crate::http::Connection;
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
