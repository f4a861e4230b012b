//! The shred keys: one file of fixed 64-byte slots, overwritten in place and synced.
//!
//! ```text
//! slot 0 = "SATSLOTS" || version (8) || store id (32) || zero (8) || check (8)
//! slot n = key (32) || item number (8) || generation (8) || state (1: 1 filled, 2 empty) || zero (7) || check (8)
//! check  = first 8 bytes of SHA-256("satchel/slot" || n (8) || the 56 bytes before it)
//! ```
//!
//! A filled slot names the item it will serve before anybody takes it, so that a creation writes nothing here. Filled in batches and
//! synced ahead of need. Empty and filled slots that no row holds are filled anew, under the next generation.

use std::collections::VecDeque;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use sha2::{Digest as _, Sha256};
use zeroize::{Zeroize as _, Zeroizing};

use super::medium::Medium;
use super::random::Random;
use super::rest::ShredKey;

pub(super) const SLOT_LEN: usize = 64;
const SLOT_BYTES: u64 = 64;
const MAGIC: &[u8; 8] = b"SATSLOTS";
const VERSION: u64 = 1;
const FILLED: u8 = 1;
const EMPTY: u8 = 2;
/// Slots that are filled with one sync.
const BATCH: usize = 1024;
/// Fewer than this many ready: time to fill.
const LOW: usize = 768;

/// Which slot, and what it must hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct SlotRef {
    pub(super) slot: u64,
    pub(super) item: u64,
    pub(super) generation: u64,
}

/// What a slot was found to hold.
pub(super) enum Held {
    /// The key.
    Key(ShredKey),
    /// Overwritten: the item is burned, or its burn was cut off.
    Nothing,
    /// Another item's key.
    Other,
    /// Not a slot: damaged.
    Damaged,
}

/// Why a key cannot be had.
pub(super) enum SlotFault {
    /// It was overwritten.
    Gone,
    /// The slot does not fit the row, or is damaged.
    Unfit,
    Io,
}

/// Whose slots they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Head {
    Ours,
    /// Whole, and of another store: its keys are not ours to destroy.
    Foreign,
    /// Not the head of a slot file.
    Broken,
}

struct Stock {
    ready: VecDeque<SlotRef>,
    /// Slots to fill anew, with their last generation.
    spent: Vec<(u64, u64)>,
    /// Slots that the file has, slot 0 not counted.
    count: u64,
    next_item: u64,
}

pub(super) struct Slots {
    medium: Medium,
    stock: Mutex<Stock>,
    /// Held while slots are filled; true once the store is closed.
    filling: Mutex<bool>,
    count: AtomicU64,
}

impl Slots {
    /// Writes the header of a new file, or of one that lost it.
    pub(super) fn create(medium: &Medium, store_id: &[u8; 32]) -> io::Result<()> {
        let mut slot = [0; SLOT_LEN];
        slot[..8].copy_from_slice(MAGIC);
        slot[8..16].copy_from_slice(&VERSION.to_be_bytes());
        slot[16..48].copy_from_slice(store_id);
        finish(0, &mut slot);
        medium.write_all_at(&slot, 0)?;
        medium.sync()
    }

    /// Whether the header of a new file never came to be there: a power cut may leave its length, and zeros for it.
    pub(super) fn is_unmade(medium: &Medium) -> bool {
        let mut slot = [0; SLOT_LEN];
        match medium.len() {
            Ok(SLOT_BYTES) => medium.read_exact_at(&mut slot, 0).is_ok() && slot == [0; SLOT_LEN],
            Ok(len) => len < SLOT_BYTES,
            Err(_) => false,
        }
    }

    /// Whose slots these are, as far as slot 0 says.
    pub(super) fn head(medium: &Medium, store_id: Option<&[u8; 32]>) -> Head {
        let mut slot = [0; SLOT_LEN];
        let whole = medium.read_exact_at(&mut slot, 0).is_ok()
            && checked(0, &slot)
            && slot[..8] == *MAGIC
            && slot[8..16] == VERSION.to_be_bytes();
        match store_id {
            _ if !whole => Head::Broken,
            Some(store_id) if slot[16..48] == *store_id => Head::Ours,
            _ => Head::Foreign,
        }
    }

    /// Slots in a file of this length, slot 0 not counted.
    pub(super) fn count_in(len: u64) -> u64 {
        (len / SLOT_BYTES).saturating_sub(1)
    }

    /// Takes over a file whose slots `used` are held by rows; all others are to be filled anew.
    pub(super) fn adopt(medium: Medium, used: &[u64], next_item: u64) -> io::Result<Self> {
        let count = Self::count_in(medium.len()?);
        let mut spent = Vec::new();
        let mut next_item = next_item;
        let mut used = used.iter().copied().peekable();
        let mut run = Run::new(&medium);
        for slot in 1..=count {
            let bytes = run.slot(slot)?;
            let whole = checked(slot, bytes);
            if whole {
                next_item = next_item.max(word(bytes, 32).saturating_add(1));
            }
            if used.next_if_eq(&slot).is_none() {
                spent.push((slot, if whole { word(bytes, 40) } else { 0 }));
            }
        }
        drop(run);
        let stock = Mutex::new(Stock {
            ready: VecDeque::new(),
            spent,
            count,
            next_item,
        });
        Ok(Self {
            medium,
            stock,
            filling: Mutex::new(false),
            count: AtomicU64::new(count),
        })
    }

    /// Overwrites whatever no row holds: a file from elsewhere may bring keys of what was burned.
    pub(super) fn scrub(&self) -> io::Result<()> {
        let spent = self.stock().spent.clone();
        let spent = spent.iter().map(|(slot, generation)| SlotRef {
            slot: *slot,
            item: 0,
            generation: *generation,
        });
        self.overwrite(&spent.collect::<Vec<_>>())
    }

    /// What they lie in.
    pub(super) fn medium(&self) -> &Medium {
        &self.medium
    }

    /// Slots that the file has by now, slot 0 not counted.
    pub(super) fn count(&self) -> u64 {
        self.count.load(Ordering::Acquire)
    }

    /// A slot whose key is on disk, if one is ready.
    pub(super) fn take(&self) -> Option<SlotRef> {
        self.stock().ready.pop_front()
    }

    /// The slot's item is burned and that is durable, or never came to be: it may be filled anew.
    pub(super) fn free(&self, slot: SlotRef) {
        self.stock().spent.push((slot.slot, slot.generation));
    }

    pub(super) fn is_low(&self) -> bool {
        self.stock().ready.len() < LOW
    }

    /// Fills a batch and syncs it, unless another thread just did. Blocking.
    pub(super) fn fill(&self, random: &dyn Random) -> io::Result<()> {
        let shut = self.filling.lock().unwrap_or_else(PoisonError::into_inner);
        if *shut {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        let batch = {
            let mut stock = self.stock();
            if stock.ready.len() >= LOW {
                return Ok(());
            }
            plan(&mut stock)
        };
        match self.write(&batch, random) {
            Ok(()) => {
                let mut stock = self.stock();
                stock.count = stock.count.max(batch.iter().map(|slot| slot.slot).max().unwrap_or(0));
                self.count.store(stock.count, Ordering::Release);
                stock.ready.extend(batch);
                Ok(())
            }
            Err(error) => {
                let mut stock = self.stock();
                let count = stock.count;
                let again = batch
                    .iter()
                    .filter(|slot| slot.slot <= count)
                    .map(|slot| (slot.slot, slot.generation));
                stock.spent.extend(again);
                Err(error)
            }
        }
    }

    /// Waits for a fill that runs and allows no more: the file is about to be somebody else's.
    pub(super) fn shut(&self) {
        *self.filling.lock().unwrap_or_else(PoisonError::into_inner) = true;
        // Contents that are still being read may keep the file open for a while.
        self.medium.unlock();
    }

    fn write(&self, batch: &[SlotRef], random: &dyn Random) -> io::Result<()> {
        let mut run = Zeroizing::new(Vec::with_capacity(batch.len() * SLOT_LEN));
        let mut start = 0;
        for (at, slot) in batch.iter().enumerate() {
            let mut bytes = Zeroizing::new([0; SLOT_LEN]);
            random.fill(&mut bytes[..32]).map_err(io::Error::other)?;
            record(*slot, FILLED, &mut bytes);
            if run.is_empty() {
                start = slot.slot;
            }
            run.extend_from_slice(&bytes[..]);
            if batch.get(at + 1).is_none_or(|next| next.slot != slot.slot + 1) {
                self.medium.write_all_at(&run, start * SLOT_BYTES)?;
                run.zeroize();
                run.clear();
            }
        }
        self.medium.sync()
    }

    /// What the slot holds for this item.
    pub(super) fn look(&self, slot: SlotRef) -> io::Result<Held> {
        look(&self.medium, slot)
    }

    /// The item's key.
    pub(super) fn key(&self, slot: SlotRef) -> Result<ShredKey, SlotFault> {
        match self.look(slot) {
            Ok(Held::Key(key)) => Ok(key),
            Ok(Held::Nothing) => Err(SlotFault::Gone),
            Ok(Held::Other | Held::Damaged) => Err(SlotFault::Unfit),
            Err(_) => Err(SlotFault::Io),
        }
    }

    /// Overwrites the slots and syncs once. Each was looked at before.
    pub(super) fn overwrite(&self, doomed: &[SlotRef]) -> io::Result<()> {
        for slot in doomed {
            let mut bytes = [0; SLOT_LEN];
            record(*slot, EMPTY, &mut bytes);
            self.medium.write_all_at(&bytes, slot.slot * SLOT_BYTES)?;
        }
        if doomed.is_empty() { Ok(()) } else { self.medium.sync() }
    }

    fn stock(&self) -> MutexGuard<'_, Stock> {
        self.stock.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a slot holds for an item.
pub(super) fn look(medium: &Medium, slot: SlotRef) -> io::Result<Held> {
    let bytes = read_slot(medium, slot.slot)?;
    Ok(held(slot, &bytes))
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
    let mut key = Zeroizing::new([0; 32]);
    key.copy_from_slice(&bytes[..32]);
    Held::Key(ShredKey::new(key))
}

/// Slots that are looked at one after the other, and so are read many at once: a start looks at all of them.
pub(super) struct Run<'a> {
    medium: &'a Medium,
    /// The first slot that is read.
    first: u64,
    bytes: Zeroizing<Vec<u8>>,
}

impl<'a> Run<'a> {
    pub(super) fn new(medium: &'a Medium) -> Self {
        Self {
            medium,
            first: 0,
            bytes: Zeroizing::new(Vec::new()),
        }
    }

    /// [`look`], cheap where the slots come in their order.
    pub(super) fn look(&mut self, slot: SlotRef) -> io::Result<Held> {
        Ok(held(slot, self.slot(slot.slot)?))
    }

    fn slot(&mut self, slot: u64) -> io::Result<&[u8; SLOT_LEN]> {
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

/// The next batch: spent slots first, then new ones at the end.
fn plan(stock: &mut Stock) -> Vec<SlotRef> {
    let keep = stock.spent.len().saturating_sub(BATCH);
    let mut places = stock.spent.split_off(keep);
    places.sort_unstable();
    let end = stock.count + u64::try_from(BATCH - places.len()).unwrap_or(0);
    places.extend((stock.count + 1..=end).map(|slot| (slot, 0)));
    let first = stock.next_item;
    stock.next_item += u64::try_from(places.len()).unwrap_or(0);
    let filled = (first..).zip(places);
    filled
        .map(|(item, (slot, generation))| SlotRef {
            slot,
            item,
            generation: generation + 1,
        })
        .collect()
}

fn read_slot(medium: &Medium, slot: u64) -> io::Result<Zeroizing<[u8; SLOT_LEN]>> {
    let mut bytes = Zeroizing::new([0; SLOT_LEN]);
    medium.read_exact_at(&mut bytes[..], slot * SLOT_BYTES)?;
    Ok(bytes)
}

fn record(slot: SlotRef, state: u8, bytes: &mut [u8; SLOT_LEN]) {
    bytes[32..40].copy_from_slice(&slot.item.to_be_bytes());
    bytes[40..48].copy_from_slice(&slot.generation.to_be_bytes());
    bytes[48] = state;
    finish(slot.slot, bytes);
}

fn finish(slot: u64, bytes: &mut [u8; SLOT_LEN]) {
    let check = check(slot, bytes);
    bytes[56..].copy_from_slice(&check);
}

fn checked(slot: u64, bytes: &[u8; SLOT_LEN]) -> bool {
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

fn word(bytes: &[u8; SLOT_LEN], at: usize) -> u64 {
    let mut word = [0; 8];
    word.copy_from_slice(&bytes[at..at + 8]);
    u64::from_be_bytes(word)
}
