//! A server that is killed and started again under its clients: which run is on, and when each before it was dead.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex};
use std::time::Duration;

use satchel_api::Code;

use crate::history::Saw;
use crate::wire::{Answer, Lost};

/// The runs of one server, and the moments on which its clients' calls begin and end.
pub struct Runs {
    /// Counts up with each begin, end and death.
    moments: AtomicU64,
    known: Mutex<Known>,
    restarted: Condvar,
}

struct Known {
    urls: Vec<String>,
    deaths: Vec<u64>,
}

/// When a call began and ended, and what it saw.
pub struct Made {
    /// What was answered.
    pub saw: Saw,
    /// Before it was sent.
    pub began: u64,
    /// After it was answered, or after the server was dead.
    pub ended: u64,
    /// False when the server was killed.
    pub answered: bool,
}

impl Made {
    /// What began when the server was dead reached nobody.
    #[must_use]
    pub const fn reached_somebody(&self) -> bool {
        self.began < self.ended
    }
}

impl Runs {
    /// Of a server that is there.
    #[must_use]
    pub fn of(url: &str) -> Self {
        Self {
            moments: AtomicU64::new(1),
            known: Mutex::new(Known {
                urls: vec![url.to_owned()],
                deaths: Vec::new(),
            }),
            restarted: Condvar::new(),
        }
    }

    /// The next moment.
    pub fn moment(&self) -> u64 {
        self.moments.fetch_add(1, Ordering::SeqCst)
    }

    /// Which run is on, and where.
    ///
    /// # Panics
    /// When another thread did.
    #[must_use]
    pub fn now(&self) -> (usize, String) {
        let known = self.known.lock().unwrap();
        (known.urls.len() - 1, known.urls.last().unwrap().clone())
    }

    /// The server is dead.
    ///
    /// # Panics
    /// When another thread did.
    pub fn died(&self) {
        let mut known = self.known.lock().unwrap();
        known.deaths.push(self.moment());
    }

    /// The next one is there.
    ///
    /// # Panics
    /// When another thread did.
    pub fn restarted(&self, url: &str) {
        self.known.lock().unwrap().urls.push(url.to_owned());
        self.restarted.notify_all();
    }

    /// When run `run` was dead; waits for the next one to be there.
    fn death_of(&self, run: usize, error: &Lost) -> u64 {
        let known = self.known.lock().unwrap();
        let patience = Duration::from_secs(20);
        let (known, waited) = self
            .restarted
            .wait_timeout_while(known, patience, |known| known.urls.len() <= run + 1)
            .unwrap();
        assert!(!waited.timed_out(), "nobody killed the server and yet: {error}");
        known.deaths[run]
    }

    /// Makes one call in run `run`.
    ///
    /// # Panics
    /// When it came to no answer although nobody killed the server.
    pub fn call(&self, run: usize, ask: impl FnOnce() -> Result<Saw, Lost>) -> Made {
        let began = self.moment();
        let saw = ask();
        let ended = self.moment();
        let answered = saw.is_ok();
        let (saw, ended) = match saw {
            Ok(saw) => (saw, ended),
            Err(error) => (Saw::Nothing, self.death_of(run, &error)),
        };
        Made {
            saw,
            began,
            ended,
            answered,
        }
    }
}

/// What a refusal says of a paste; none when it was not refused.
///
/// # Panics
/// When it says what no reader or owner with the right tokens may be told.
#[must_use]
pub fn refused(answer: &Answer) -> Option<Saw> {
    if answer.status < 400 {
        return None;
    }
    Some(match answer.problem().code {
        Code::Burned => Saw::Burned,
        Code::LeaseEnded => Saw::LeaseEnded,
        Code::NotFound => Saw::NotFound,
        // A burn is on its way, and takes the key from under a reader.
        Code::Unavailable => Saw::Nothing,
        code => panic!("{code:?}"),
    })
}
