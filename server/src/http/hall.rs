//! Space in memory for bodies that wait there until they are whole: creations that are all or nothing, what goes on with a small upload, JSON. So much for
//! all of them together.
//!
//! Who fills it and then takes its time gives it up as soon as somebody else waits for it. The smallest take none.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::{Semaphore, SemaphorePermit};

use super::pace::Pace;

/// For all connections together.
const HALL_BYTES: usize = 48 << 20;
/// The first bytes of each take no space: most creations are no longer, and never wait.
pub(super) const FREE_BYTES: usize = 16 << 10;
/// Space is counted in these.
const UNIT_BYTES: usize = 1 << 10;
/// The least that has to come in each [`WINDOW`] where somebody waits.
const LEAST: usize = 8 << 10;
const WINDOW: Duration = Duration::from_secs(2);

pub(super) struct Hall {
    units: Semaphore,
    waiting: AtomicUsize,
}

impl Default for Hall {
    fn default() -> Self {
        Self {
            units: Semaphore::new(HALL_BYTES / UNIT_BYTES),
            waiting: AtomicUsize::new(0),
        }
    }
}

impl Hall {
    /// Waits until there is space for a body of `size` bytes, in the order of asking. `None` only if there never will be.
    pub(super) async fn take(&self, size: usize) -> Option<Seat<'_>> {
        let units = u32::try_from(size.div_ceil(UNIT_BYTES)).ok()?;
        if let Ok(permit) = self.units.try_acquire_many(units) {
            return Some(Seat::new(self, permit));
        }
        let _waiting = Waiting::new(&self.waiting);
        let permit = self.units.acquire_many(units).await.ok()?;
        Some(Seat::new(self, permit))
    }

    #[cfg(test)]
    fn left_bytes(&self) -> usize {
        self.units.available_permits() * UNIT_BYTES
    }
}

/// Counted as long as it lives: a connection may end while it waits.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn new(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Space that one creation has; free again when dropped.
pub(super) struct Seat<'a> {
    hall: &'a Hall,
    pace: Pace,
    _permit: SemaphorePermit<'a>,
}

impl<'a> Seat<'a> {
    fn new(hall: &'a Hall, permit: SemaphorePermit<'a>) -> Self {
        Self {
            hall,
            pace: Pace::new(WINDOW, LEAST, Instant::now()),
            _permit: permit,
        }
    }

    /// So many bytes came by now, or none did for a while. False when the seat is to be given up: it is wanted, and too little comes.
    pub(super) fn is_earned(&mut self, bytes: usize, now: Instant) -> bool {
        self.pace.note(bytes, now) || self.hall.waiting.load(Ordering::Relaxed) == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_place_that_somebody_waits_for_is_lost_to_who_is_slow_and_kept_by_who_is_not() {
        let hall = Hall::default();
        let (start, size) = (Instant::now(), HALL_BYTES / 2);
        let mut slow = hall.take(size).await.unwrap();
        let mut quick = hall.take(size).await.unwrap();
        let later = |windows: u32| start + WINDOW * windows + Duration::from_secs(1);
        assert!(slow.is_earned(0, later(1)), "nobody waits");
        let waits = hall.take(1);
        tokio::pin!(waits);
        let polled = std::future::poll_fn(|cx| std::task::Poll::Ready(waits.as_mut().poll(cx).is_pending()));
        assert!(polled.await);
        assert!(quick.is_earned(LEAST, later(1)));
        assert!(!slow.is_earned(LEAST - 1, later(2)));
        drop(slow);
        assert!(waits.await.is_some());
        assert!(quick.is_earned(0, later(9)), "nobody waits any more");
    }

    #[tokio::test]
    async fn who_goes_away_while_it_waits_waits_no_more_and_space_comes_back() {
        let hall = Hall::default();
        let all = hall.take(HALL_BYTES).await.unwrap();
        let gone = tokio::time::timeout(Duration::from_millis(1), hall.take(1)).await;
        assert!(gone.is_err());
        assert_eq!((hall.waiting.load(Ordering::Relaxed), hall.left_bytes()), (0, 0));
        drop(all);
        assert_eq!(hall.left_bytes(), HALL_BYTES);
    }
}
