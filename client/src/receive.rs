//! Receiving: check what can be checked, save a lease, claim, open, put in place, confirm.

use rand_core::CryptoRng;
use satchel_api::{Burned, Probed};
use satchel_crypto::{Allowed, Key, LeaseToken, Link, Passphrase, UnlockedLink};

use crate::ask::{Found, probe};
use crate::download::Download;
use crate::{Context, Engine, Error, LeaseKeeper, Pause, Reader, Sink, Stage, Transport, Watch};

/// What is to be received.
pub struct Receiving<'a> {
    /// What leads to it.
    pub link: &'a Link,
    /// What it is locked with beside the link.
    pub passphrase: Option<&'a Passphrase>,
}

/// What receiving came to. Everything is in place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Received {
    /// Reads that are left after this one; none for any number.
    pub reads_left: Option<u32>,
    /// Whether the server knows that this reader has everything. Else the lease ends by itself.
    pub confirmed: bool,
    /// Whether an earlier lease was gone on with.
    pub resumed: bool,
}

/// Claims one read of `link` (or goes on with the lease that `keeper` has), and opens it into `sink`.
///
/// The read is used up by the claim: before it come the probe and [`Sink::ready`]. Confirmed is only what the sink committed.
///
/// # Errors
/// Before the claim: `Verdict`, `NotFound`, `Burned`, `BeingRead`, `Wait`, `TooLargeHere`, `Write`, `Keep`. By it: `WrongPassphrase`,
/// `Wait`, `Burned`, `LeaseEnded`, `Refused`. After it: `Verdict`, `Write`, `LeaseEnded`; the lease is then kept, and may be gone on with.
pub async fn receive<T: Transport, P: Pause, W: Watch, E: Engine>(
    context: &Context<'_, T, P, W>,
    receiving: &Receiving<'_>,
    sink: &mut impl Sink<E::Elsewhere>,
    keeper: &mut impl LeaseKeeper,
    engine: &E,
    rng: &mut (impl CryptoRng + ?Sized),
) -> Result<Received, Error> {
    let Receiving { link, passphrase } = *receiving;
    let (id, probe_token) = (link.id(), link.probe_token());
    let kept = keeper.load(&id).await?;
    let found = match probe(context, link).await? {
        Found::There(found) => Ok(found),
        // Expiry stops claims, not a lease that runs.
        Found::Gone {
            burned: burned @ Some(Burned::Expiry),
            burned_at,
        } if kept.is_some() => Err(Error::Burned { burned, burned_at }),
        gone => {
            if kept.is_some() {
                keeper.forget(&id).await?;
            }
            return Err(match gone {
                Found::Gone { burned, burned_at } => Error::Burned { burned, burned_at },
                _ => Error::NotFound,
            });
        }
    };
    if let Ok(found) = &found {
        if found.retry_after > 0 && kept.is_none() {
            return Err(Error::Wait {
                retry_after: found.retry_after,
            });
        }
        if found.reads_left == Some(0) && kept.is_none() {
            return Err(Error::BeingRead);
        }
        sink.ready(found.size).await?;
    }
    if passphrase.is_some() {
        context.watch.progress(Stage::Deriving, 0, None);
    }
    let unlocked = link.unlock(passphrase)?;

    let resumed = kept.is_some();
    let lease = match kept {
        Some(lease) => lease,
        None => {
            let lease = LeaseToken::generate(rng);
            keeper.save(&id, &probe_token, &lease).await?;
            lease
        }
    };
    let begun = begin(context, link, &unlocked, &lease, resumed, found).await;
    let (download, reads_left) = match begun {
        Ok(begun) => begun,
        Err(error) => {
            // Without an answer the claim may have happened. With a refusal it has not, or its lease is over.
            let only_mistyped = resumed && matches!(error, Error::WrongPassphrase { .. });
            if !may_have_happened(&error) && !only_mistyped {
                keeper.forget(&id).await?;
            }
            return Err(error);
        }
    };
    let outcome = open_and_confirm(download, Key::Link(&unlocked), sink, engine, context.watch).await;
    match outcome {
        Ok(confirmed) => {
            keeper.forget(&id).await?;
            Ok(Received {
                reads_left,
                confirmed,
                resumed,
            })
        }
        Err(error) => {
            if matches!(error, Error::LeaseEnded | Error::Burned { .. } | Error::NotFound) {
                keeper.forget(&id).await?;
            }
            Err(error)
        }
    }
}

/// Goes on with an earlier lease or, where the server does not know it, claims with it.
async fn begin<'a, T: Transport, P: Pause, W: Watch>(
    context: &'a Context<'a, T, P, W>,
    link: &Link,
    unlocked: &UnlockedLink,
    lease: &LeaseToken,
    resumed: bool,
    found: Result<Probed, Error>,
) -> Result<(Download<'a, T, P, W>, Option<u32>), Error> {
    let id = link.id();
    if resumed {
        let size = found.as_ref().ok().map(|found| found.size);
        match Download::go_on(context, id, lease, size).await {
            // What has expired opens for nobody else.
            Ok(download) => return Ok((download, found.map_or(Some(0), |found| found.reads_left))),
            Err(Error::NotFound) => {}
            Err(error) => return Err(error),
        }
    }
    let found = found?;
    let (probe, claim) = (link.probe_token(), unlocked.claim_token());
    let (download, claimed) = Download::claim(context, id, &probe, &claim, lease, found.size).await?;
    Ok((download, claimed.reads_left))
}

const fn may_have_happened(error: &Error) -> bool {
    matches!(
        error,
        Error::Unreachable | Error::BadAnswer { .. } | Error::Refused(_) | Error::Wait { .. }
    )
}

async fn open_and_confirm<T: Transport, P: Pause, W: Watch, E: Engine>(
    download: Download<'_, T, P, W>,
    key: Key<'_>,
    sink: &mut impl Sink<E::Elsewhere>,
    engine: &E,
    watch: &W,
) -> Result<bool, Error> {
    // A link slot costs nothing to try, whatever else the container claims.
    let mut reader = Reader::open(download, &key, Allowed::ALL, watch).await?;
    reader.unpack(engine, sink, watch).await?;
    Ok(reader.into_stored().confirm().await.is_ok())
}
