//! A request's body, chunk by chunk: one that stays silent too long is given up, what came before is kept.

use std::future::poll_fn;
use std::pin::Pin;
use std::time::{Duration, Instant};

use actix_web::HttpRequest;
use actix_web::web::Payload;
use bytes::Bytes;
use futures_core::Stream as _;
use satchel_api::Code;
use satchel_api::limit::JSON_LEN_MAX;
use serde::de::DeserializeOwned;

use super::Failure;

use super::pace::Pace;

/// A body that is silent so long is given up.
pub(super) const IDLE: Duration = Duration::from_secs(30);
/// The least that has to come in each [`IDLE`]: 34 bytes in a second, which every line that people use carries.
const LEAST: usize = 1024;
/// Bytes of a body that nobody wants are read up to here, so that its sender gets to read the answer.
const DRAINED_MAX: usize = 16 << 20;
/// A sender of such bytes that pauses so long is not waited for.
const DRAIN_IDLE: Duration = Duration::from_secs(1);
/// Nor one that sends less than this in [`DRAIN_WINDOW`], or takes longer than [`DRAIN`] in all.
const DRAINED_LEAST: usize = 32 << 10;
const DRAIN_WINDOW: Duration = Duration::from_secs(2);
const DRAIN: Duration = Duration::from_secs(60);
/// How often it is asked whether a silent body may stay.
const LOOK: Duration = Duration::from_millis(500);

/// Why a body ended early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cut {
    /// Nothing came for [`IDLE`], or next to nothing.
    Idle,
    /// The connection ended, or the framing was wrong.
    Broken,
}

/// A body that is wanted.
pub(super) struct Arriving<'a> {
    payload: &'a mut Payload,
    pace: Pace,
    /// The last bytes came too late: they are the last.
    late: bool,
}

impl<'a> Arriving<'a> {
    pub(super) fn new(payload: &'a mut Payload) -> Self {
        Self {
            payload,
            pace: Pace::new(IDLE, LEAST, Instant::now()),
            late: false,
        }
    }

    /// The next bytes; `None` at the end.
    pub(super) async fn next(&mut self) -> Option<Result<Bytes, Cut>> {
        if self.late {
            return Some(Err(Cut::Idle));
        }
        let next = within(self.payload, IDLE).await;
        if let Some(Ok(bytes)) = &next {
            self.late = !self.pace.note(bytes.len(), Instant::now());
        }
        next
    }

    /// [`next`](Self::next), given up as well when `stays`, which is told what came, says so: also while nothing comes.
    pub(super) async fn next_while(
        &mut self,
        mut stays: impl FnMut(usize, Instant) -> bool,
    ) -> Option<Result<Bytes, Cut>> {
        let begun = Instant::now();
        while begun.elapsed() < IDLE {
            // Nothing is lost when it is dropped: it takes bytes only at its end.
            let Ok(next) = tokio::time::timeout(LOOK, self.next()).await else {
                if stays(0, Instant::now()) {
                    continue;
                }
                break;
            };
            let came = next
                .as_ref()
                .and_then(|bytes| bytes.as_ref().ok())
                .map_or(0, Bytes::len);
            return if stays(came, Instant::now()) {
                next
            } else {
                Some(Err(Cut::Idle))
            };
        }
        Some(Err(Cut::Idle))
    }
}

/// A body in JSON.
///
/// # Errors
/// `unsupported_media_type`, `too_large`, `request_timeout`; `invalid_request` when it is not what is asked for.
pub(super) async fn json<T: DeserializeOwned>(request: &HttpRequest, payload: &mut Payload) -> Result<T, Failure> {
    super::documents::is_json(request)?;
    let (mut bytes, mut arriving) = (Vec::new(), Arriving::new(payload));
    while let Some(chunk) = arriving.next().await {
        let chunk = chunk.map_err(|cut| match cut {
            Cut::Idle => Failure::new(Code::RequestTimeout),
            Cut::Broken => Failure::field("body"),
        })?;
        if bytes.len() + chunk.len() > JSON_LEN_MAX {
            return Err(Failure::too_large(u64::try_from(JSON_LEN_MAX).unwrap_or(u64::MAX)));
        }
        bytes.extend_from_slice(&chunk);
    }
    serde_json::from_slice(&bytes).map_err(|_| Failure::field("body"))
}

/// Reads and forgets, within bounds, as long as bytes keep coming.
pub(super) async fn drain(payload: &mut Payload) {
    let begun = Instant::now();
    let (mut left, mut pace) = (DRAINED_MAX, Pace::new(DRAIN_WINDOW, DRAINED_LEAST, begun));
    while let Some(Ok(bytes)) = within(payload, DRAIN_IDLE).await {
        let now = Instant::now();
        match left.checked_sub(bytes.len()) {
            Some(rest) if pace.note(bytes.len(), now) && now.duration_since(begun) < DRAIN => left = rest,
            Some(_) | None => return,
        }
    }
}

async fn within(payload: &mut Payload, idle: Duration) -> Option<Result<Bytes, Cut>> {
    match tokio::time::timeout(idle, poll_fn(|cx| Pin::new(&mut *payload).poll_next(cx))).await {
        Ok(Some(Ok(bytes))) => Some(Ok(bytes)),
        Ok(Some(Err(_))) => Some(Err(Cut::Broken)),
        Ok(None) => None,
        Err(_) => Some(Err(Cut::Idle)),
    }
}
