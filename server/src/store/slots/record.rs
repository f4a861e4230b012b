//! One slot as it lies in the file, and slots that are read one after the other.
//!
//! ```text
//! slot n = key (32) || item number (8) || generation (8) || state (1: 1 filled, 2 empty) || zero (7) || check (8)
//! check  = first 8 bytes of SHA-256("satchel/slot" || n (8) || the 56 bytes before it)
//! ```

use std::io;

use sha2::{Digest as _, Sha256};
use zeroize::{Zeroize as _, Zeroizing};

use super::{BATCH, Slots};
use crate::store::medium::Medium;
use crate::store::rest::ShredKey;
use crate::store::trace::without_trace;

pub(in crate::store) const SLOT_LEN: usize = 64;
pub(super) const SLOT_BYTES: u64 = 64;
pub(super) const FILLED: u8 = 1;
pub(super) const EMPTY: u8 = 2;

/// Which slot, and what it must hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::store) struct SlotRef {
    pub(in crate::store) slot: u64,
    pub(in crate::store) item: u64,
    pub(in crate::store) generation: u64,
}

/// What a slot was found to hold.
pub(in crate::store) enum Held {
    /// The key.
    Key(ShredKey),
    /// Overwritten: the item is burned, or its burn was cut off.
    Nothing,
    /// Another item's key.
    Other,
    /// Not a slot: damaged.
    Damaged,
}

/// What a slot holds for an item.
pub(in crate::store) fn look(medium: &Medium, slot: SlotRef) -> io::Result<Held> {
    without_trace(|| {
        let bytes = read_slot(medium, slot.slot)?;
        Ok(held(slot, &bytes))
    })
}

fn held(slot: SlotRef, bytes: &[u8; SLOT_LEN]) -> Held {
    if !checked(slot.slot, bytes) {
        return Held::Damaged;
    }
    if word(bytes, 32) != slot.item || word(bytes, 40) != slot.generation {
        return Held::Other;
    }
    if bytes[48] != FILLED {
        return Held::Nothing;
    }
    Held::Key(ShredKey::new(bytes))
}

/// How many slots hold a key, whoever's.
pub(in crate::store) fn filled(medium: &Medium) -> io::Result<u64> {
    let mut run = Run::new(medium);
    let mut count = 0;
    for slot in 1..=Slots::count_in(medium.len()?) {
        let bytes = run.slot(slot)?;
        count += u64::from(bytes[48] == FILLED && checked(slot, bytes));
    }
    Ok(count)
}

/// Slots that are looked at one after the other, and so are read many at once: a start looks at all of them.
pub(in crate::store) struct Run<'a> {
    medium: &'a Medium,
    /// The first slot that is read.
    first: u64,
    bytes: Zeroizing<Vec<u8>>,
}

impl<'a> Run<'a> {
    pub(in crate::store) fn new(medium: &'a Medium) -> Self {
        Self {
            medium,
            first: 0,
            bytes: Zeroizing::new(Vec::new()),
        }
    }

    /// [`look`], cheap where the slots come in their order.
    pub(in crate::store) fn look(&mut self, slot: SlotRef) -> io::Result<Held> {
        Ok(held(slot, self.slot(slot.slot)?))
    }

    pub(super) fn slot(&mut self, slot: u64) -> io::Result<&[u8; SLOT_LEN]> {
        let place = |first: u64| usize::try_from(slot.checked_sub(first)?).ok();
        let within = |at: usize, len: usize| at < len / SLOT_LEN;
        if !place(self.first).is_some_and(|at| within(at, self.bytes.len())) {
            let left = Slots::count_in(self.medium.len()?)
                .saturating_add(1)
                .saturating_sub(slot);
            let many = usize::try_from(left).map_or(BATCH, |left| left.clamp(1, BATCH));
            self.bytes.zeroize();
            self.bytes.resize(many * SLOT_LEN, 0);
            self.first = slot;
            let read = self.medium.read_exact_at(&mut self.bytes, slot * SLOT_BYTES);
            if read.is_err() {
                self.bytes.zeroize();
                self.bytes.clear();
            }
            read?;
        }
        let (slots, _) = self.bytes.as_chunks::<SLOT_LEN>();
        let found = place(self.first).and_then(|at| slots.get(at));
        found.ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }
}

fn read_slot(medium: &Medium, slot: u64) -> io::Result<Zeroizing<[u8; SLOT_LEN]>> {
    let mut bytes = Zeroizing::new([0; SLOT_LEN]);
    medium.read_exact_at(&mut bytes[..], slot * SLOT_BYTES)?;
    Ok(bytes)
}

pub(super) fn record(slot: SlotRef, state: u8, bytes: &mut [u8; SLOT_LEN]) {
    bytes[32..40].copy_from_slice(&slot.item.to_be_bytes());
    bytes[40..48].copy_from_slice(&slot.generation.to_be_bytes());
    bytes[48] = state;
    finish(slot.slot, bytes);
}

pub(super) fn finish(slot: u64, bytes: &mut [u8; SLOT_LEN]) {
    let check = check(slot, bytes);
    bytes[56..].copy_from_slice(&check);
}

pub(super) fn checked(slot: u64, bytes: &[u8; SLOT_LEN]) -> bool {
    bytes[56..] == check(slot, bytes)
}

fn check(slot: u64, bytes: &[u8; SLOT_LEN]) -> [u8; 8] {
    let digest = Sha256::new()
        .chain_update(b"satchel/slot")
        .chain_update(slot.to_be_bytes())
        .chain_update(&bytes[..56])
        .finalize();
    let mut check = [0; 8];
    check.copy_from_slice(&digest[..8]);
    check
}

pub(super) fn word(bytes: &[u8; SLOT_LEN], at: usize) -> u64 {
    let mut word = [0; 8];
    word.copy_from_slice(&bytes[at..at + 8]);
    u64::from_be_bytes(word)
}
