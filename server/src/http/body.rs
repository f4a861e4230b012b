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
use super::hall::{FREE_BYTES, Hall, Seat};
use super::pace::Pace;
use super::wire::Line;

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
    line: Line,
    pace: Pace,
    /// The last bytes came too late: they are the last.
    late: bool,
}

impl<'a> Arriving<'a> {
    pub(super) fn new(request: &HttpRequest, payload: &'a mut Payload) -> Self {
        Self {
            payload,
            line: line(request),
            pace: Pace::new(IDLE, LEAST, Instant::now()),
            late: false,
        }
    }

    /// The next bytes; `None` at the end.
    pub(super) async fn next(&mut self) -> Option<Result<Bytes, Cut>> {
        if self.late {
            return Some(Err(Cut::Idle));
        }
        let next = within(self.payload, &self.line, IDLE).await;
        if let Some(Ok(bytes)) = &next {
            self.late = !self.pace.note(bytes.len(), Instant::now());
        }
        next
    }

    /// [`next`](Self::next), given up as well when the seat that it has is not earned.
    pub(super) async fn next_seated(&mut self, seat: &mut Option<Seat<'_>>) -> Option<Result<Bytes, Cut>> {
        self.next_while(|came, now| seat.as_mut().is_none_or(|seat| seat.is_earned(came, now)))
            .await
    }

    /// [`next`](Self::next), given up as well when `stays`, which is told what came, says so: also while nothing comes.
    async fn next_while(&mut self, mut stays: impl FnMut(usize, Instant) -> bool) -> Option<Result<Bytes, Cut>> {
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

/// A body in JSON. One that is long takes space in the hall while it arrives.
///
/// # Errors
/// `unsupported_media_type`, `too_large`, `request_timeout`; `invalid_request` when it is not what is asked for.
pub(super) async fn json<T: DeserializeOwned>(
    request: &HttpRequest,
    payload: &mut Payload,
    hall: &Hall,
) -> Result<T, Failure> {
    super::documents::is_json(request)?;
    let (mut bytes, mut arriving, mut seat) = (Vec::new(), Arriving::new(request, payload), None::<Seat>);
    while let Some(chunk) = arriving.next_seated(&mut seat).await {
        let chunk = chunk.map_err(|cut| match cut {
            Cut::Idle => Failure::new(Code::RequestTimeout),
            Cut::Broken => Failure::field("body"),
        })?;
        if bytes.len() + chunk.len() > JSON_LEN_MAX {
            return Err(Failure::too_large(u64::try_from(JSON_LEN_MAX).unwrap_or(u64::MAX)));
        }
        if bytes.len() + chunk.len() > FREE_BYTES && seat.is_none() {
            seat = hall.take(JSON_LEN_MAX).await;
            bytes.reserve_exact(JSON_LEN_MAX - bytes.len());
        }
        bytes.extend_from_slice(&chunk);
    }
    serde_json::from_slice(&bytes).map_err(|_| Failure::field("body"))
}

/// The connection that a request came by.
fn line(request: &HttpRequest) -> Line {
    request.conn_data::<Line>().cloned().unwrap_or_default()
}

/// Reads and forgets, within bounds, as long as bytes keep coming.
pub(super) async fn drain(request: &HttpRequest, payload: &mut Payload) {
    let (line, begun) = (line(request), Instant::now());
    let (mut left, mut pace) = (DRAINED_MAX, Pace::new(DRAIN_WINDOW, DRAINED_LEAST, begun));
    while let Some(Ok(bytes)) = within(payload, &line, DRAIN_IDLE).await {
        let now = Instant::now();
        match left.checked_sub(bytes.len()) {
            Some(rest) if pace.note(bytes.len(), now) && now.duration_since(begun) < DRAIN => left = rest,
            Some(_) | None => return,
        }
    }
}

/// The next bytes. More is read from the connection only while this waits for them.
async fn within(payload: &mut Payload, line: &Line, idle: Duration) -> Option<Result<Bytes, Cut>> {
    let _wanted = Wanted::new(line);
    match tokio::time::timeout(idle, poll_fn(|cx| Pin::new(&mut *payload).poll_next(cx))).await {
        Ok(Some(Ok(bytes))) => Some(Ok(bytes)),
        Ok(Some(Err(_))) => Some(Err(Cut::Broken)),
        Ok(None) => None,
        Err(_) => Some(Err(Cut::Idle)),
    }
}

/// As long as it lives a request waits for its body.
struct Wanted<'a>(&'a Line);

impl<'a> Wanted<'a> {
    fn new(line: &'a Line) -> Self {
        line.want();
        Self(line)
    }
}

impl Drop for Wanted<'_> {
    fn drop(&mut self) {
        self.0.wait();
    }
}
