//! What a receipt's holder may do: look, burn, end the wait.

use satchel_api::{Receipt as State, route};
use satchel_crypto::Receipt;

use crate::http::{bearer, plain};
use crate::{Context, Error, Pause, Transport, Watch};

/// What became of the paste.
///
/// # Errors
/// `NotFound` when even the tombstone is gone; `Unreachable`, `BadAnswer`, `Refused`.
pub async fn receipt_status<T: Transport, P: Pause, W: Watch>(
    context: &Context<'_, T, P, W>,
    receipt: &Receipt,
) -> Result<State, Error> {
    let token = receipt.token().bearer();
    context
        .ask("GET", route::RECEIPT, &receipt.id(), || vec![bearer(&token)])
        .await
}

/// Destroys the paste for good, running downloads included. Burning what is burned succeeds.
///
/// # Errors
/// `NotFound`, `Unreachable`, `BadAnswer`, `Refused`.
pub async fn burn<T: Transport, P: Pause, W: Watch>(
    context: &Context<'_, T, P, W>,
    receipt: &Receipt,
) -> Result<(), Error> {
    let token = receipt.token().bearer();
    let headers = || {
        vec![
            bearer(&token),
            plain(
                satchel_api::header::TUS_RESUMABLE,
                satchel_api::header::TUS_VERSION_SPOKEN,
            ),
        ]
    };
    match context
        .send_until_answered("DELETE", route::PASTE, &receipt.id(), headers)
        .await
    {
        Ok(_) | Err(Error::Burned { .. }) => Ok(()),
        Err(error) => Err(error),
    }
}

/// Ends the wait that wrong passphrases have built up.
///
/// # Errors
/// `NotFound`, `Burned`, `Unreachable`, `BadAnswer`, `Refused`.
pub async fn reset_wait<T: Transport, P: Pause, W: Watch>(
    context: &Context<'_, T, P, W>,
    receipt: &Receipt,
) -> Result<(), Error> {
    let token = receipt.token().bearer();
    context
        .send_until_answered("POST", route::RESET_WAIT, &receipt.id(), || vec![bearer(&token)])
        .await
        .map(drop)
}
