//! Ciphertext on its way out: the next block is fetched when the last one was taken, so memory stays bounded.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::body::{BodySize, MessageBody};
use bytes::Bytes;

use crate::storage::{Content, StoreError};

type Fetched = (Box<dyn Content>, Option<Result<Vec<u8>, StoreError>>);

enum State {
    First(Box<dyn Content>, Bytes),
    Idle(Box<dyn Content>),
    Busy(Pin<Box<dyn Future<Output = Fetched>>>),
    Done,
}

/// A [`Content`] as a body of known length.
pub(super) struct ContentBody {
    len: u64,
    state: State,
}

impl ContentBody {
    /// With its first block at hand, so that what is wrong from the start is an answer and not a cut connection.
    ///
    /// # Errors
    /// As [`Content::next`].
    pub(super) async fn begin(mut content: Box<dyn Content>) -> Result<Self, StoreError> {
        let (from, to) = content.range();
        let state = match content.next().await {
            Some(first) => State::First(content, Bytes::from(first?)),
            None => State::Done,
        };
        Ok(Self {
            len: to.saturating_sub(from),
            state,
        })
    }
}

impl MessageBody for ContentBody {
    type Error = StoreError;

    fn size(&self) -> BodySize {
        BodySize::Sized(self.len)
    }

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, StoreError>>> {
        let this = self.get_mut();
        loop {
            match std::mem::replace(&mut this.state, State::Done) {
                State::First(content, bytes) => {
                    this.state = State::Idle(content);
                    return Poll::Ready(Some(Ok(bytes)));
                }
                State::Idle(mut content) => {
                    this.state = State::Busy(Box::pin(async move {
                        let next = content.next().await;
                        (content, next)
                    }));
                }
                State::Busy(mut fetching) => match fetching.as_mut().poll(cx) {
                    Poll::Pending => {
                        this.state = State::Busy(fetching);
                        return Poll::Pending;
                    }
                    Poll::Ready((content, Some(Ok(bytes)))) => {
                        this.state = State::Idle(content);
                        return Poll::Ready(Some(Ok(Bytes::from(bytes))));
                    }
                    Poll::Ready((_, Some(Err(error)))) => return Poll::Ready(Some(Err(error))),
                    Poll::Ready((_, None)) => return Poll::Ready(None),
                },
                State::Done => return Poll::Ready(None),
            }
        }
    }
}
