//! A request's body, chunk by chunk: one that stays silent too long is given up, what came before is kept.

use std::future::poll_fn;
use std::pin::Pin;
use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::web::Payload;
use bytes::Bytes;
use futures_core::Stream as _;
use satchel_api::Code;
use satchel_api::limit::JSON_LEN_MAX;
use serde::de::DeserializeOwned;

use super::Failure;

/// A body that is silent so long is given up.
pub(super) const IDLE: Duration = Duration::from_secs(30);
/// Bytes of a body that nobody wants are read up to here, so that its sender gets to read the answer.
const DRAINED_MAX: usize = 16 << 20;
/// A sender of such bytes that pauses so long is not waited for.
const DRAIN_IDLE: Duration = Duration::from_secs(1);

/// Why a body ended early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cut {
    /// Nothing came for [`IDLE`].
    Idle,
    /// The connection ended, or the framing was wrong.
    Broken,
}

/// The next bytes; `None` at the end.
pub(super) async fn next(payload: &mut Payload) -> Option<Result<Bytes, Cut>> {
    within(payload, IDLE).await
}

/// A body in JSON.
///
/// # Errors
/// `unsupported_media_type`, `too_large`, `request_timeout`; `invalid_request` when it is not what is asked for.
pub(super) async fn json<T: DeserializeOwned>(request: &HttpRequest, payload: &mut Payload) -> Result<T, Failure> {
    super::documents::is_json(request)?;
    let mut bytes = Vec::new();
    while let Some(chunk) = next(payload).await {
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
    let mut left = DRAINED_MAX;
    while let Some(Ok(bytes)) = within(payload, DRAIN_IDLE).await {
        match left.checked_sub(bytes.len()) {
            Some(rest) => left = rest,
            None => return,
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
