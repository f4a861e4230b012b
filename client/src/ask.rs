//! Asking without using up: the server's configuration, and what a link leads to.

use satchel_api::{Config, Probed, route};
use satchel_crypto::{Link, PasteId, ProbeToken};

use crate::http::{bearer, json};
use crate::{Context, Error, Pause, Request, Transport, Watch};

/// `GET /api/v1/config`
///
/// # Errors
/// `Unreachable`, `BadAnswer`, `Refused`.
pub async fn config<T: Transport, P: Pause, W: Watch>(context: &Context<'_, T, P, W>) -> Result<Config, Error> {
    let mut backoff = crate::backoff::Backoff::default();
    loop {
        let url = [context.base.as_str(), route::CONFIG].concat();
        let request = Request {
            method: "GET",
            url,
            headers: Vec::new(),
            body: None,
        };
        let tried = match context.transport.send(request).await {
            Ok(answer) if answer.status == 200 => json(answer).await,
            Ok(answer) => Err(Error::BadAnswer { status: answer.status }),
            Err(_) => Err(Error::Unreachable),
        };
        match tried {
            Ok(config) => return Ok(config),
            Err(error) => backoff.wait(context, error).await?,
        }
    }
}

/// What a link leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// It is there: size, reads, expiry, tries.
    There(Probed),
    /// It burned.
    Gone {
        /// How.
        burned: Option<satchel_api::Burned>,
        /// In which hour, Unix seconds.
        burned_at: Option<u64>,
    },
    /// It never was, or its tombstone is gone too.
    NotThere,
}

/// `POST .../probe` with what the link derives. Changes nothing.
///
/// # Errors
/// `Unreachable`, `BadAnswer`, `Refused`.
pub async fn probe<T: Transport, P: Pause, W: Watch>(
    context: &Context<'_, T, P, W>,
    link: &Link,
) -> Result<Found, Error> {
    probe_with(context, &link.id(), &link.probe_token()).await
}

/// As [`probe`], with what is kept instead of the link (after a reload).
///
/// # Errors
/// As [`probe`].
pub async fn probe_with<T: Transport, P: Pause, W: Watch>(
    context: &Context<'_, T, P, W>,
    id: &PasteId,
    token: &ProbeToken,
) -> Result<Found, Error> {
    let token = token.bearer();
    match context.ask("POST", route::PROBE, id, || vec![bearer(&token)]).await {
        Ok(probed) => Ok(Found::There(probed)),
        Err(Error::Burned { burned, burned_at }) => Ok(Found::Gone { burned, burned_at }),
        Err(Error::NotFound) => Ok(Found::NotThere),
        Err(error) => Err(error),
    }
}
