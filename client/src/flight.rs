//! Segments in flight: started one after another, polled together, taken out in order.

use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll};

enum Slot<T> {
    Running(Pin<Box<dyn Future<Output = T>>>),
    Landed(T),
}

/// A queue of running futures.
pub(crate) struct Flight<T>(VecDeque<Slot<T>>);

impl<T: 'static> Flight<T> {
    pub(crate) const fn new() -> Self {
        Self(VecDeque::new())
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Adds one and gives it its first poll.
    pub(crate) async fn start(&mut self, work: impl Future<Output = T> + 'static) {
        self.0.push_back(Slot::Running(Box::pin(work)));
        poll_fn(|context| {
            self.poll_all(context);
            Poll::Ready(())
        })
        .await;
    }

    /// The oldest one's outcome; none when none is in flight.
    pub(crate) async fn next(&mut self) -> Option<T> {
        poll_fn(|context| {
            self.poll_all(context);
            match self.0.pop_front() {
                None => Poll::Ready(None),
                Some(Slot::Landed(outcome)) => Poll::Ready(Some(outcome)),
                Some(running) => {
                    self.0.push_front(running);
                    Poll::Pending
                }
            }
        })
        .await
    }

    fn poll_all(&mut self, context: &mut Context<'_>) {
        for slot in &mut self.0 {
            if let Slot::Running(work) = slot
                && let Poll::Ready(outcome) = work.as_mut().poll(context)
            {
                *slot = Slot::Landed(outcome);
            }
        }
    }
}
