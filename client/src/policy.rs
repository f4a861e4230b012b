//! How a paste is to end from now on: its expiry both ways, its reads to fewer.

use satchel_api::{PolicyChange, Receipt as State, route};
use satchel_crypto::{OwnerReceipt, PasteId, Receipt};
use zeroize::Zeroizing;

use crate::backoff::Backoff;
use crate::http::{bearer, json, plain};
use crate::{Context, Error, Pause, Transport, Watch};

/// Changes how a paste ends, and says how it stands then.
///
/// # Errors
/// `Refused` with `policy_not_allowed` where the server does not allow it, `NotFound`, `Burned`, `Unreachable`, `BadAnswer`.
pub async fn change_policy<T: Transport, P: Pause, W: Watch>(
    context: &Context<'_, T, P, W>,
    receipt: &Receipt,
    change: PolicyChange,
) -> Result<State, Error> {
    tell(context, route::POLICY, &receipt.id(), &receipt.token().bearer(), change).await
}

/// As [`change_policy`], for one link to a document that has several.
///
/// # Errors
/// As [`change_policy`]; `NotFound` also where there is no link of that number.
pub async fn change_link_policy<T: Transport, P: Pause, W: Watch>(
    context: &Context<'_, T, P, W>,
    owner: &OwnerReceipt,
    number: u32,
    change: PolicyChange,
) -> Result<State, Error> {
    let path = route::LINK_POLICY.replace("{number}", &number.to_string());
    tell(context, &path, &owner.id(), &owner.token().bearer(), change).await
}

async fn tell<T: Transport, P: Pause, W: Watch>(
    context: &Context<'_, T, P, W>,
    pattern: &str,
    id: &PasteId,
    token: &Zeroizing<String>,
    change: PolicyChange,
) -> Result<State, Error> {
    let body = serde_json::to_vec(&change).map_err(|_| Error::Write)?;
    let mut backoff = Backoff::default();
    loop {
        let headers = vec![bearer(token), plain("content-type", "application/json")];
        let tried = match context.send("POST", pattern, id, headers, Some(&body)).await {
            Ok(answer) => json(answer).await,
            Err(error) => Err(error),
        };
        match tried {
            Ok(state) => return Ok(state),
            Err(error) => backoff.wait(context, error).await?,
        }
    }
}
