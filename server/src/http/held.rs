//! A body that keeps its connection's [`Answering`] until it was sent.

use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::body::{BodySize, BoxBody, MessageBody};
use bytes::Bytes;

use super::wire::Answering;

/// An answer's body, and the mark that an answer is under way.
pub struct Held {
    body: BoxBody,
    _answering: Option<Answering>,
}

impl Held {
    /// Holds the mark as long as the body lives.
    #[must_use]
    pub fn new(body: impl MessageBody + 'static, answering: Option<Answering>) -> Self {
        Self {
            body: BoxBody::new(body),
            _answering: answering,
        }
    }
}

impl MessageBody for Held {
    type Error = <BoxBody as MessageBody>::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Pin::new(&mut self.body).poll_next(cx)
    }
}
