//! Several links to one document: one upload, a head for each link, and what the owner may do later.

use rand_core::CryptoRng;
use satchel_api::limit::{LINKS_AT_ONCE_MAX, LINKS_MAX};
use satchel_api::{
    DocumentReceipt, LinkReceipt, LinkWanted, LinksMade, LinksWanted, PolicyChange, Receipt as State, header, metadata,
    route,
};
use satchel_crypto::limit::{LINK_NAME_LEN_MAX, PAYLOAD_HEADER_LEN};
use satchel_crypto::{Asked, HEAD_LEN, Heads, Invite, Link, Manifest, OwnerReceipt, Passphrase, Sealer};

use crate::backoff::Backoff;
use crate::creator::{changed_after, check_change};
use crate::http::{bearer, json, plain};
use crate::payment::Payment;
use crate::seal::{AnySink, seal_with};
use crate::share::{check, forward};
use crate::upload::{Upload, Uploading, encoded};
use crate::{
    Body, Context, Engine, Error, OnGuessing, Pause, Policy, Sharing, Source, Spool, Stage, Transport, Watch, config,
};

/// What sharing with several links gives back. Nobody else has these.
pub struct Several {
    /// In the order of their numbers.
    pub links: Vec<OneOfSeveral>,
    /// Looks at each link, burns them, and makes more.
    pub owner: OwnerReceipt,
}

/// One link to a document that has several.
pub struct OneOfSeveral {
    /// Which of them, from 1.
    pub number: u32,
    /// Opens it.
    pub link: Link,
    /// Unix seconds, as the server rounded it.
    pub expires_at: u64,
}

/// As [`share`](crate::share()), with `count` links, each for reads of its own.
///
/// # Errors
/// As [`share`](crate::share()); `LinksNotAllowed`.
pub async fn share_several<T: Transport, P: Pause, W: Watch, E: Engine>(
    context: &Context<'_, T, P, W>,
    sharing: Sharing<'_>,
    count: u32,
    source: &mut impl Source<E::Elsewhere>,
    spool: &mut impl Spool<E::Elsewhere>,
    engine: &E,
    rng: &mut (impl CryptoRng + ?Sized),
) -> Result<Several, Error> {
    let Sharing {
        entries,
        policy,
        passphrase,
        invite,
        panic,
        names,
    } = sharing;
    let limits = config(context).await?;
    check(&limits, &policy, invite.is_some())?;
    check_count(count)?;
    check_names(names)?;
    let asked = Asked {
        reads: Some(policy.reads),
        expires_in: Some(policy.expires_in),
    };
    let manifest = Manifest::new(entries, asked)?;
    let payload_max = limits.size_bytes_max.saturating_sub(HEAD_LEN as u64);
    if manifest.sized_len().is_none_or(|len| len > payload_max) {
        return Err(Error::TooLarge {
            limit: limits.size_bytes_max,
        });
    }

    let (owner, heads) = (OwnerReceipt::generate(rng), Heads::generate(rng));
    let mut pairs = vec![
        (metadata::ID, owner.id().encode()),
        (metadata::OWNER, owner.token().hash().encode()),
        (metadata::HEAD, in_base64url(&heads.for_owner(&owner))),
    ];
    pairs.extend(panic.map(|panic| (metadata::PANIC, panic.mark_of_document(&owner.id()))));
    let told = encoded(&pairs);
    let uploading = Uploading {
        id: owner.id(),
        proof: owner.token().bearer(),
        create: route::DOCUMENTS,
        go_on: route::DOCUMENT,
    };
    let payment = || Payment::new(invite, limits.invite_required);
    context.watch.document_begun(&owner).await;
    let mut upload = Upload::new(context, uploading, told, payment(), payload_max);
    let sealer = Sealer::payload_of(&manifest, &heads, rng)?;
    let out: &mut dyn AnySink<E::Elsewhere> = if manifest.is_open_ended() { spool } else { &mut upload };
    let sealed = seal_with(sealer, &manifest, source, out, engine, context.watch, rng).await;
    let done = match sealed {
        Ok(len) if manifest.is_open_ended() => forward(len, spool, &mut upload).await,
        Ok(_) => upload.finish().await,
        Err(error) => Err(error),
    };
    let made = match done {
        Ok(()) => {
            make(
                context,
                &owner,
                &heads,
                (&policy, passphrase, count, names),
                payment,
                rng,
            )
            .await
        }
        Err(error) => Err(error),
    };
    match made {
        Ok(links) => Ok(Several { links, owner }),
        Err(error) => {
            if upload.begun() && !matches!(error, Error::Unreachable) {
                let _ = burn_document(context, &owner).await;
            }
            Err(error)
        }
    }
}

/// Makes `count` more links to a document that lives, without uploading it again. An invite pays for them where the server takes creations by invite.
///
/// # Errors
/// `InviteRequired`, `InviteRefused`, `NotFound`, `Burned`, `LinksNotAllowed`, `ExpiryNotAllowed`, `ReadsNotAllowed`, `Verdict` where what the server keeps is not the owner's
/// head; `Unreachable`, `BadAnswer`, `Refused`.
pub async fn add_links<T: Transport, P: Pause, W: Watch>(
    context: &Context<'_, T, P, W>,
    owner: &OwnerReceipt,
    wanted: (&Policy, Option<&Passphrase>, u32),
    invite: Option<&Invite>,
    rng: &mut (impl CryptoRng + ?Sized),
) -> Result<Vec<OneOfSeveral>, Error> {
    add_named_links(context, owner, wanted, &[], invite, rng).await
}

/// As [`add_links`], each called what `names` has in its place; of them the rest, or all, have none.
///
/// # Errors
/// As [`add_links`]; `LinkNames`.
pub async fn add_named_links<T: Transport, P: Pause, W: Watch>(
    context: &Context<'_, T, P, W>,
    owner: &OwnerReceipt,
    (policy, passphrase, count): (&Policy, Option<&Passphrase>, u32),
    names: &[String],
    invite: Option<&Invite>,
    rng: &mut (impl CryptoRng + ?Sized),
) -> Result<Vec<OneOfSeveral>, Error> {
    check_names(names)?;
    let limits = config(context).await?;
    check(&limits, policy, invite.is_some())?;
    check_count(count)?;
    let heads = Heads::open(&owners_head(context, owner).await?, owner)?;
    let payment = || Payment::new(invite, limits.invite_required);
    make(context, owner, &heads, (policy, passphrase, count, names), payment, rng).await
}

/// What its owner called a link; none where it has no name, or not one that this receipt sealed.
#[must_use]
pub fn name_of(owner: &OwnerReceipt, link: &LinkReceipt) -> Option<String> {
    let label = <base64ct::Base64UrlUnpadded as base64ct::Encoding>::decode_vec(link.label.as_deref()?).ok()?;
    owner.open_name(&label).ok().filter(|name| !name.is_empty())
}

/// What became of a document and of each link to it.
///
/// # Errors
/// `NotFound` when even the tombstone is gone; `Unreachable`, `BadAnswer`, `Refused`.
pub async fn document_status<T: Transport, P: Pause, W: Watch>(
    context: &Context<'_, T, P, W>,
    owner: &OwnerReceipt,
) -> Result<DocumentReceipt, Error> {
    let token = owner.token().bearer();
    let found: DocumentReceipt = context
        .ask("GET", route::DOCUMENT_RECEIPT, &owner.id(), || vec![bearer(&token)])
        .await?;
    if are_numbers(found.links.iter().map(|link| link.number)) {
        Ok(found)
    } else {
        Err(Error::BadAnswer { status: 200 })
    }
}

/// Whether links may have these: whoever revokes one by its number is to hit that one.
fn are_numbers(mut numbers: impl Iterator<Item = u32>) -> bool {
    let mut before = 0;
    numbers.all(|number| (std::mem::replace(&mut before, number) + 1..=LINKS_MAX).contains(&number))
}

/// Destroys a document with all its links. Burning what is burned succeeds.
///
/// # Errors
/// `NotFound`, `Unreachable`, `BadAnswer`, `Refused`.
pub async fn burn_document<T: Transport, P: Pause, W: Watch>(
    context: &Context<'_, T, P, W>,
    owner: &OwnerReceipt,
) -> Result<(), Error> {
    let token = owner.token().bearer();
    let version = || plain(header::TUS_RESUMABLE, header::TUS_VERSION_SPOKEN);
    let headers = || vec![bearer(&token), version()];
    let id = owner.id();
    match context
        .send_until_answered("DELETE", route::DOCUMENT, &id, headers)
        .await
    {
        Ok(_) | Err(Error::Burned { .. }) => Ok(()),
        Err(error) => Err(error),
    }
}

/// Destroys one link; the document goes with its last one.
///
/// # Errors
/// `NotFound` also where there is no link of that number; `Unreachable`, `BadAnswer`, `Refused`.
pub async fn burn_link<T: Transport, P: Pause, W: Watch>(
    context: &Context<'_, T, P, W>,
    owner: &OwnerReceipt,
    number: u32,
) -> Result<(), Error> {
    let token = owner.token().bearer();
    let path = route::LINK.replace("{number}", &number.to_string());
    let id = owner.id();
    context
        .send_until_answered("DELETE", &path, &id, || vec![bearer(&token)])
        .await
        .map(drop)
}

/// As [`change_policy`](crate::change_policy), for one link.
///
/// # Errors
/// As [`change_policy`](crate::change_policy); `NotFound` also where there is no link of that number.
pub async fn change_link_policy<T: Transport, P: Pause, W: Watch>(
    context: &Context<'_, T, P, W>,
    owner: &OwnerReceipt,
    number: u32,
    change: PolicyChange,
) -> Result<State, Error> {
    check_change(context, change).await?;
    let (id, token) = (owner.id(), owner.token().bearer());
    let path = route::LINK_POLICY.replace("{number}", &number.to_string());
    match context.tell(&path, &id, &token, &change).await {
        Ok(state) => Ok(state),
        Err(error @ Error::ReadsNotFewer { .. }) => {
            let found = document_status(context, owner).await?.links.into_iter();
            let mut of_number = found.filter(|link| link.number == number);
            changed_after(error, change, of_number.next().map(|link| link.receipt))
        }
        Err(error) => Err(error),
    }
}

fn check_count(count: u32) -> Result<(), Error> {
    if (1..=LINKS_MAX).contains(&count) {
        Ok(())
    } else {
        Err(Error::LinksNotAllowed { max: LINKS_MAX })
    }
}

/// Each may be missing, and is called otherwise than the others; a number would be taken for a link's.
fn check_names(names: &[String]) -> Result<(), Error> {
    let is_good = |(at, name): (usize, &String)| {
        let is_number = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit());
        let is_first = name.is_empty() || !names[..at].contains(name);
        name.len() <= LINK_NAME_LEN_MAX
            && name.trim() == name
            && !name.contains(char::is_control)
            && !is_number
            && is_first
    };
    if names.iter().enumerate().all(is_good) {
        Ok(())
    } else {
        Err(Error::LinkNames)
    }
}

/// By requests of at most as many as a server takes at once; each can be repeated, because it names the ids.
async fn make<T: Transport, P: Pause, W: Watch>(
    context: &Context<'_, T, P, W>,
    owner: &OwnerReceipt,
    heads: &Heads,
    (policy, passphrase, count, names): (&Policy, Option<&Passphrase>, u32, &[String]),
    payment: impl Fn() -> Payment,
    rng: &mut (impl CryptoRng + ?Sized),
) -> Result<Vec<OneOfSeveral>, Error> {
    let mut made: Vec<OneOfSeveral> = Vec::new();
    let mut names = names.iter();
    let mut left = usize::try_from(count).unwrap_or(usize::MAX);
    while left > 0 {
        let some = left.min(LINKS_AT_ONCE_MAX);
        let links: Vec<Link> = (0..some).map(|_| Link::generate(rng, passphrase.is_some())).collect();
        let mut wanted = Vec::with_capacity(some);
        for link in &links {
            if passphrase.is_some() {
                // Each has a salt of its own, and so costs as much as one alone does.
                let derived = (made.len() + wanted.len()) as u64;
                context.watch.progress(Stage::Deriving, derived, Some(count.into()));
            }
            // One that has no name says so in as many bytes.
            let name = names.next().map_or("", String::as_str);
            let label = owner.seal_name(name, rng).ok_or(Error::LinkNames)?;
            wanted.push(LinkWanted {
                label: Some(in_base64url(&label)),
                ..wanted_by(link, heads, policy, passphrase)?
            });
        }
        let answer = ask_for(context, owner, &LinksWanted { links: wanted }, payment()).await?;
        let numbers = answer.links.iter().map(|link| link.number);
        if answer.links.len() != some || !are_numbers(numbers) {
            return Err(Error::BadAnswer { status: 201 });
        }
        made.extend(links.into_iter().zip(answer.links).map(|(link, made)| OneOfSeveral {
            number: made.number,
            link,
            expires_at: made.expires_at,
        }));
        left -= some;
    }
    Ok(made)
}

fn wanted_by(
    link: &Link,
    heads: &Heads,
    policy: &Policy,
    passphrase: Option<&Passphrase>,
) -> Result<LinkWanted, Error> {
    let unlocked = link.unlock(passphrase)?;
    Ok(LinkWanted {
        id: link.id().encode(),
        probe: link.probe_token().hash().encode(),
        claim: unlocked.claim_token().hash().encode(),
        head: in_base64url(&heads.for_link(&unlocked)),
        expires_in: policy.expires_in,
        reads: policy.reads,
        burns_on_guessing: policy.on_guessing == OnGuessing::Burn,
        label: None,
    })
}

async fn ask_for<T: Transport, P: Pause, W: Watch>(
    context: &Context<'_, T, P, W>,
    owner: &OwnerReceipt,
    wanted: &LinksWanted,
    mut payment: Payment,
) -> Result<LinksMade, Error> {
    let token = owner.token().bearer();
    let body = serde_json::to_vec(wanted).map_err(|_| Error::Write)?;
    let mut backoff = Backoff::default();
    loop {
        let mut headers = vec![bearer(&token), plain("content-type", "application/json")];
        payment.show(&mut headers);
        let tried = match context
            .send("POST", route::LINKS, &owner.id(), headers, Some(&body))
            .await
        {
            Ok(answer) => json(answer).await,
            Err(error) => Err(error),
        };
        let unpaid = match tried {
            Ok(made) => return Ok(made),
            Err(error) => payment.after(context, error).await,
        };
        if let Err(error) = unpaid {
            backoff.wait(context, error).await?;
        }
    }
}

async fn owners_head<T: Transport, P: Pause, W: Watch>(
    context: &Context<'_, T, P, W>,
    owner: &OwnerReceipt,
) -> Result<Vec<u8>, Error> {
    let token = owner.token().bearer();
    let id = owner.id();
    let answer = context
        .send_until_answered("GET", route::HEAD, &id, || vec![bearer(&token)])
        .await?;
    let mut body = answer.body;
    let mut head = Vec::new();
    while let Some(bytes) = body.next().await.map_err(|_| Error::Unreachable)? {
        head.extend_from_slice(&bytes);
        if head.len() > HEAD_LEN + PAYLOAD_HEADER_LEN {
            return Err(Error::BadAnswer { status: 200 });
        }
    }
    Ok(head)
}

fn in_base64url(bytes: &[u8]) -> String {
    <base64ct::Base64UrlUnpadded as base64ct::Encoding>::encode_string(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_would_stand_for_two_links_or_none_are_no_answer() {
        let are = |numbers: &[u32]| are_numbers(numbers.iter().copied());
        assert!(are(&[]) && are(&[1]) && are(&[2, 3, 1000]));
        for wrong in [&[1, 1][..], &[2, 1], &[0, 1], &[1001], &[1, 2, 2]] {
            assert!(!are(wrong), "{wrong:?}");
        }
    }
}
