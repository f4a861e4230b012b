//! What a receipt's holder may do: look, change how it ends, burn, end the wait.

use satchel_api::{PolicyChange, Receipt as State, route};
use satchel_crypto::Receipt;

use crate::http::{bearer, plain};
use crate::{Context, Error, Pause, Transport, Watch, config};

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

/// Changes how a paste ends, and says how it stands then: the expiry both ways within the server's bounds, the reads that are left to fewer.
///
/// # Errors
/// `ExpiryNotAllowed` before anything is asked for, `ReadsNotFewer`, `NotFound`, `Burned`, `Unreachable`, `BadAnswer`, `Refused`.
pub async fn change_policy<T: Transport, P: Pause, W: Watch>(
    context: &Context<'_, T, P, W>,
    receipt: &Receipt,
    change: PolicyChange,
) -> Result<State, Error> {
    check_change(context, change).await?;
    let token = receipt.token().bearer();
    match context.tell(route::POLICY, &receipt.id(), &token, &change).await {
        Ok(state) => Ok(state),
        Err(error @ Error::ReadsNotFewer { .. }) => {
            let state = receipt_status(context, receipt).await?;
            changed_after(error, change, Some(state))
        }
        Err(error) => Err(error),
    }
}

pub(crate) async fn check_change<T: Transport, P: Pause, W: Watch>(
    context: &Context<'_, T, P, W>,
    change: PolicyChange,
) -> Result<(), Error> {
    let Some(expires_in) = change.expires_in else {
        return Ok(());
    };
    let limits = config(context).await?;
    let (min, max) = (limits.expires_in_secs_min, limits.expires_in_secs_max);
    if (min..=max).contains(&expires_in) {
        Ok(())
    } else {
        Err(Error::ExpiryNotAllowed { min, max })
    }
}

/// A change whose answer was lost is refused when it is repeated: there are as few reads already.
pub(crate) fn changed_after(error: Error, change: PolicyChange, state: Option<State>) -> Result<State, Error> {
    match (error, state) {
        (Error::ReadsNotFewer { most }, Some(state)) => {
            let as_wanted = change.reads_left.is_some() && state.reads_left == change.reads_left;
            if as_wanted {
                Ok(state)
            } else {
                Err(Error::ReadsNotFewer { most })
            }
        }
        (error, _) => Err(error),
    }
}
