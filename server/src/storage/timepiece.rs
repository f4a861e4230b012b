//! What time it is for a backend: the clock that was handed in, as far as it is believed.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::clock::Clock;
use super::watch::Watch;
use crate::lifecycle::Now;

pub(crate) struct Timepiece {
    clock: Arc<dyn Clock>,
    watch: Mutex<Watch>,
    /// A clock that was ahead was set right, or nobody looked since the start.
    set_right: AtomicBool,
}

impl Timepiece {
    pub(crate) fn new(clock: Arc<dyn Clock>, watch: Watch) -> Self {
        Self {
            clock,
            watch: Mutex::new(watch),
            set_right: AtomicBool::new(true),
        }
    }

    pub(crate) fn now(&self) -> Now {
        let (wall, boot) = (self.clock.now(), self.clock.boot());
        let mut watch = self.watch();
        let held = watch.is_held();
        let now = watch.now(wall, boot);
        if held && !watch.is_held() {
            self.look_again();
        }
        now
    }

    /// Seconds since boot: never set by anybody.
    pub(crate) fn boot(&self) -> u64 {
        self.clock.boot()
    }

    /// The wall clock is right, whatever was held.
    pub(crate) fn accept(&self) {
        let (wall, boot) = (self.clock.now(), self.clock.boot());
        self.watch().accept(wall, boot);
    }

    /// Whether a jump ahead is held, as of now.
    pub(crate) fn is_held(&self) -> bool {
        self.now();
        self.watch().is_held()
    }

    /// Whether the clock was set right since this was last asked, or never was looked at: then no expiry may be further away than it was asked for.
    pub(crate) fn take_set_right(&self) -> bool {
        self.now();
        self.set_right.swap(false, Ordering::Relaxed)
    }

    /// What was taken came to nothing: it is to be asked for again.
    pub(crate) fn look_again(&self) {
        self.set_right.store(true, Ordering::Relaxed);
    }

    fn watch(&self) -> MutexGuard<'_, Watch> {
        self.watch.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
