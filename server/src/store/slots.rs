//! The shred keys: one file of fixed 64-byte slots, overwritten in place and synced.
//!
//! ```text
//! slot 0 = "SATSLOTS" || version (8) || store id (32) || zero (8) || check (8)
//! slot n = as in record.rs
//! ```
//!
//! A filled slot names the item it will serve before anybody takes it, so that a creation writes nothing here. Filled in batches and
//! synced ahead of need. Empty and filled slots that no row holds are filled anew, under the next generation.
//!
//! The file is longer than that: behind the slots that ever were filled lies room, of zeros that are on the disk (medium.rs). It is made
//! ahead of need too, by steps that nobody waits for who finds a slot or room for one. A crash leaves less of it, or more.

mod record;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use zeroize::{Zeroize as _, Zeroizing};

use super::medium::{Medium, PIECE_BYTES, STEP_BYTES};
use super::random::Random;
use super::rest::ShredKey;
use super::trace::without_trace;
use record::{EMPTY, FILLED, SLOT_BYTES, checked, finish, record, word};
pub(super) use record::{Held, Run, SLOT_LEN, SlotRef, filled, look};

const MAGIC: &[u8; 8] = b"SATSLOTS";
const VERSION: u64 = 1;
/// Slots that are filled with one sync.
const BATCH: usize = 1024;
/// Fewer than this many ready: time to fill.
const LOW: usize = 768;
/// Fewer than this many that can be filled: time to make room, until there is a piece of it.
const ROOM_LOW: u64 = 4096;

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
    /// Slots that ever were filled, slot 0 not counted.
    count: u64,
    /// Slots that the file has room for.
    room: u64,
    next_item: u64,
}

impl Stock {
    /// Slots that can be filled as the file is.
    fn fillable(&self) -> u64 {
        let spent = u64::try_from(self.spent.len()).unwrap_or(u64::MAX);
        spent.saturating_add(self.room.saturating_sub(self.count))
    }
}

pub(super) struct Slots {
    medium: Medium,
    stock: Mutex<Stock>,
    /// Held while slots are filled; true once the store is closed.
    filling: Mutex<bool>,
    /// Held while the file gets longer; true once the store is closed. Whoever fills may wait for it, never the other way round.
    growing: Mutex<bool>,
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

    /// Puts a key that was made elsewhere into a slot of a file that nobody uses yet. Not synced.
    pub(super) fn put(medium: &Medium, slot: SlotRef, key: &ShredKey) -> io::Result<()> {
        let mut bytes = Zeroizing::new([0; SLOT_LEN]);
        bytes[..32].copy_from_slice(key.expose());
        record(slot, FILLED, &mut bytes);
        medium.write_all_at(&bytes[..], slot.slot * SLOT_BYTES)
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
        without_trace(|| Self::read_all(medium, used, next_item))
    }

    fn read_all(medium: Medium, used: &[u64], next_item: u64) -> io::Result<Self> {
        let room = Self::count_in(medium.len()?);
        let mut count = used.last().copied().unwrap_or(0);
        let mut spent = Vec::new();
        let mut next_item = next_item;
        let mut used = used.iter().copied().peekable();
        let mut run = Run::new(&medium);
        for slot in 1..=room {
            let bytes = run.slot(slot)?;
            if *bytes != [0; SLOT_LEN] {
                count = count.max(slot);
            }
            let whole = checked(slot, bytes);
            if whole {
                next_item = next_item.max(word(bytes, 32).saturating_add(1));
            }
            if used.next_if_eq(&slot).is_none() {
                spent.push((slot, if whole { word(bytes, 40) } else { 0 }));
            }
        }
        drop(run);
        // What lies behind them all was never filled.
        spent.truncate(spent.partition_point(|(slot, _)| *slot <= count));
        let stock = Mutex::new(Stock {
            ready: VecDeque::new(),
            spent,
            count,
            room,
            next_item,
        });
        Ok(Self {
            medium,
            stock,
            filling: Mutex::new(false),
            growing: Mutex::new(false),
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

    /// Slots that were filled by now, slot 0 not counted.
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
        if !self.is_low() {
            return Ok(());
        }
        // Only who finds neither a slot nor room for one waits until there is some.
        self.grow(1)?;
        let batch = plan(&mut self.stock());
        match without_trace(|| self.write(&batch, random)) {
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

    /// Makes the file longer by one step, where fewer than `wanted` can be filled as it is. Blocking.
    fn grow(&self, wanted: u64) -> io::Result<bool> {
        if self.stock().fillable() >= wanted {
            return Ok(false);
        }
        let shut = self.growing.lock().unwrap_or_else(PoisonError::into_inner);
        if *shut {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        let room = {
            let stock = self.stock();
            if stock.fillable() >= wanted {
                return Ok(false);
            }
            stock.room
        };
        let len = self.medium.lengthen((room + 1) * SLOT_BYTES, STEP_BYTES)?;
        self.stock().room = Self::count_in(len);
        Ok(true)
    }

    /// Makes room before it is needed, and fills slots between the steps as they are. Blocking.
    pub(super) fn grow_ahead(&self, random: &dyn Random) -> io::Result<()> {
        if matches!(self.medium, Medium::Memory(_)) || self.stock().fillable() >= ROOM_LOW {
            return Ok(());
        }
        while self.grow(ROOM_LOW + PIECE_BYTES / SLOT_BYTES)? {
            self.fill(random)?;
        }
        Ok(())
    }

    /// At start nobody waits: a whole piece in one step.
    pub(super) fn grow_at_start(&self) -> io::Result<()> {
        let mut stock = self.stock();
        if matches!(self.medium, Medium::File(_)) && stock.fillable() < ROOM_LOW {
            let len = self.medium.lengthen((stock.room + 1) * SLOT_BYTES, PIECE_BYTES)?;
            stock.room = Self::count_in(len);
        }
        Ok(())
    }

    /// Waits for a fill that runs and allows no more: the file is about to be somebody else's.
    pub(super) fn shut(&self) {
        *self.filling.lock().unwrap_or_else(PoisonError::into_inner) = true;
        *self.growing.lock().unwrap_or_else(PoisonError::into_inner) = true;
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

    /// Slots that nothing holds and that were filled before.
    #[cfg(test)]
    pub(super) fn idle(&self) -> u64 {
        let stock = self.stock();
        (stock.ready.len() + stock.spent.len()) as u64
    }

    fn stock(&self) -> MutexGuard<'_, Stock> {
        self.stock.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The next batch: spent slots first, then new ones where there is room.
fn plan(stock: &mut Stock) -> Vec<SlotRef> {
    let keep = stock.spent.len().saturating_sub(BATCH);
    let mut places = stock.spent.split_off(keep);
    places.sort_unstable();
    let end = stock.count + u64::try_from(BATCH - places.len()).unwrap_or(0);
    let end = end.min(stock.room);
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
