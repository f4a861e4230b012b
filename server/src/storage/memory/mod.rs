//! A backend in memory, for rehearsals and tests. It keeps every promise of [`Storage`](super::Storage) but one: all that it keeps goes with its process, and so
//! no option of the server leads to it.
//!
//! The rules are those of [`lifecycle`](crate::lifecycle), the answers those of `view`, times, leases and bounds those that the store on disk has: what is
//! written here anew is only where things lie. One lock is the order of everything [ST-3]. There are no shred keys, for what lies in memory can be wiped
//! where it lies [ST-18], and so no randomness.

mod acting;
mod creating;
mod inspecting;
mod kept;
mod pieces;
mod serving;
mod stream;
mod sweeping;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::leases::Leases;
use super::limits::Limits;
use super::timepiece::Timepiece;
use super::watch::Watch;
use super::{Clock, Id, SystemClock, TokenHash};
use crate::lifecycle::{LeasePhase, expires_at};
use acting::Desk;
use kept::{Invite, Kept};

/// What it is opened with.
#[derive(Clone)]
pub struct MemoryOptions {
    /// The most bytes of containers that are kept, by their declared sizes.
    pub bytes_max: u64,
    /// The most pastes that live at once, tombstones not counted.
    pub items_max: u64,
    /// How long it may have been off before its clock is doubted, in seconds.
    pub downtime_secs_max: u64,
    /// Time.
    pub clock: Arc<dyn Clock>,
}

impl Default for MemoryOptions {
    /// 1 GiB, a million pastes, a day, the system's clock.
    fn default() -> Self {
        Self {
            bytes_max: 1 << 30,
            items_max: 1_000_000,
            downtime_secs_max: 24 * 3600,
            clock: Arc::new(SystemClock),
        }
    }
}

/// Pastes, leases and tombstones in memory. Cheap to clone; clones are the same one.
#[derive(Clone)]
pub struct MemoryStorage(Arc<Shared>);

struct Shared {
    state: Mutex<State>,
    leases: Leases,
    limits: Limits,
    time: Timepiece,
}

/// What the lock is for.
#[derive(Default)]
struct State {
    kept: Kept,
    turns: HashMap<u64, u64>,
}

impl MemoryStorage {
    /// An empty one.
    #[must_use]
    pub fn new(options: MemoryOptions) -> Self {
        Self::over(Kept::default(), options)
    }

    /// Goes on with what this one kept, as a process that starts anew would find it; what a process only remembers is forgotten. Nothing is left here.
    #[must_use]
    pub fn restarted(&self, options: MemoryOptions) -> Self {
        let State { kept, .. } = std::mem::take(&mut *self.0.state());
        Self::over(kept, options)
    }

    fn over(kept: Kept, options: MemoryOptions) -> Self {
        let MemoryOptions {
            bytes_max,
            items_max,
            downtime_secs_max,
            clock,
        } = options;
        let (wall, boot) = (clock.now(), clock.boot());
        // Where there is nothing, no jump does harm.
        let mark = if kept.is_empty() { 0 } else { kept.mark };
        let watch = Watch::new(wall, boot, mark, downtime_secs_max, false);
        let leases = Leases::default();
        for (_, item) in kept.running() {
            start_again(&kept, &leases, item, boot);
        }
        Self(Arc::new(Shared {
            state: Mutex::new(State {
                kept,
                turns: HashMap::new(),
            }),
            leases,
            limits: Limits::new(bytes_max, items_max),
            time: Timepiece::new(clock, watch),
        }))
    }

    /// Makes an invite with this token's hash, as an operator does at `now`.
    pub fn invite(&self, token: TokenHash, uses: u32, bytes: Option<u64>, (now, expires_in): (u64, u64)) {
        let expires_at = expires_at(now, expires_in);
        let invite = Invite {
            uses_left: uses,
            bytes_left: bytes,
            expires_at,
        };
        self.0.state().kept.invites.insert(*token.bytes(), invite);
    }

    /// Blocks an id, as an operator does: it is as if it never was, to everybody.
    pub fn block(&self, id: Id) {
        self.0.state().kept.blocked.insert(id.hash());
    }
}

/// Leases that ran go on; how long they were idle, and what they fetched, nobody remembers.
fn start_again(kept: &Kept, leases: &Leases, item: u64, boot: u64) {
    let Some(found) = kept.item(item) else { return };
    for lease in found.leases.iter().filter(|lease| lease.phase == LeasePhase::Running) {
        leases.start(lease.number, item, found.paste.size, lease.ends_at, boot);
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does something to what is kept, in one step.
    fn act<T>(&self, work: impl FnOnce(&mut Desk<'_>) -> T) -> T {
        let mut state = self.state();
        let State { kept, turns } = &mut *state;
        let (now, boot) = (self.time.now(), self.time.boot());
        work(&mut Desk {
            kept,
            turns,
            leases: &self.leases,
            limits: &self.limits,
            now,
            boot,
        })
    }
}
