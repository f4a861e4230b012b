//! Ctrl-C in a drill: whatever is under way ends, and what is left to clear is cleared.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Mutex, PoisonError};

use actix_web::rt::System;
use tokio::signal::unix::{SignalKind, signal};

use super::error::MoveDrillError;
use crate::moving::door::Served;

/// Whether it was asked to stop.
#[derive(Clone, Default)]
pub(super) struct Stop {
    asked: Arc<AtomicBool>,
    /// The leg that is under way.
    door: Arc<Mutex<Option<Served>>>,
}

impl Stop {
    /// From now on SIGINT, SIGTERM and SIGHUP end a drill, and not the process.
    pub(super) fn on_signals() -> io::Result<Self> {
        let stop = Self::default();
        let (told, heard) = sync_channel(1);
        let by_signal = stop.clone();
        std::thread::spawn(move || {
            System::new().block_on(async {
                let kinds = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()];
                let [mut interrupt, mut terminate, mut hangup] = match kinds.map(signal) {
                    [Ok(interrupt), Ok(terminate), Ok(hangup)] => [interrupt, terminate, hangup],
                    [one, two, three] => {
                        let failed = [one, two, three].into_iter().find_map(Result::err);
                        let _ = told.send(failed);
                        return;
                    }
                };
                let _ = told.send(None);
                tokio::select! {
                    _ = interrupt.recv() => {}
                    _ = terminate.recv() => {}
                    _ = hangup.recv() => {}
                }
                by_signal.ask();
            });
        });
        match heard.recv() {
            Ok(None) => Ok(stop),
            Ok(Some(error)) => Err(error),
            Err(error) => Err(io::Error::other(error)),
        }
    }

    fn ask(&self) {
        self.asked.store(true, Ordering::SeqCst);
        let door = self.door.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(served) = &*door {
            served.close();
        }
    }

    pub(super) fn is_asked(&self) -> bool {
        self.asked.load(Ordering::SeqCst)
    }

    pub(super) fn check(&self) -> Result<(), MoveDrillError> {
        if self.is_asked() {
            return Err(MoveDrillError::Stopped);
        }
        Ok(())
    }

    /// A leg begins, behind this door.
    pub(super) fn enter(&self, served: &Served) {
        let mut door = self.door.lock().unwrap_or_else(PoisonError::into_inner);
        if self.is_asked() {
            served.close();
        }
        *door = Some(served.clone());
    }

    /// The leg is over.
    pub(super) fn leave(&self) {
        *self.door.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}
