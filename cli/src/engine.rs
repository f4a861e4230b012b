//! AES on threads beside the one that reads and writes.

use std::future::Future;
use std::pin::Pin;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::thread;

use satchel_client::crypto::{ClosedSegment, OpenSegment, PlainSegment, SealError, SealedBytes, Verdict};
use satchel_client::{Engine, Nowhere};

use crate::aes;

type Job = Box<dyn FnOnce() + Send>;

/// A few threads that seal and open segments. They end with the program.
pub(crate) struct Threads {
    jobs: Sender<Job>,
    count: usize,
}

impl Threads {
    /// One for each core, at most 8.
    pub(crate) fn start() -> Self {
        let count = thread::available_parallelism().map_or(1, |cores| cores.get().min(8));
        let (jobs, waiting) = channel::<Job>();
        let waiting = Arc::new(Mutex::new(waiting));
        for _ in 0..count {
            let waiting = Arc::clone(&waiting);
            thread::spawn(move || {
                while let Some(job) = next(&waiting) {
                    job();
                }
            });
        }
        Self { jobs, count }
    }

    fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Landing<T> {
        let landing = Landing(Arc::default());
        let there = Arc::clone(&landing.0);
        let job = Box::new(move || {
            let outcome = work();
            let mut landed = there.lock().unwrap_or_else(PoisonError::into_inner);
            landed.0 = Some(outcome);
            if let Some(waker) = landed.1.take() {
                waker.wake();
            }
        });
        if let Err(unsent) = self.jobs.send(job) {
            (unsent.0)();
        }
        landing
    }
}

fn next(waiting: &Mutex<Receiver<Job>>) -> Option<Job> {
    waiting.lock().unwrap_or_else(PoisonError::into_inner).recv().ok()
}

/// What a thread will have made.
struct Landing<T>(Arc<Mutex<(Option<T>, Option<Waker>)>>);

impl<T> Future for Landing<T> {
    type Output = T;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        let mut landed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match landed.0.take() {
            Some(outcome) => Poll::Ready(outcome),
            None => {
                landed.1 = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }
}

impl Engine for Threads {
    type Elsewhere = Nowhere;

    fn in_flight(&self) -> usize {
        self.count * 2
    }

    fn seal(&self, segment: OpenSegment) -> impl Future<Output = Result<SealedBytes, SealError>> + 'static {
        self.run(move || aes::seal(segment))
    }

    fn open(&self, segment: ClosedSegment) -> impl Future<Output = Result<PlainSegment, Verdict>> + 'static {
        self.run(move || aes::open(segment))
    }
}
