//! Who may create, and how often: by invite where the operator chose that, within the limits of their network. Asked before the body is read.

use std::time::Instant;

use actix_web::HttpRequest;
use satchel_api::limit::PANICS_PER_MINUTE;
use satchel_api::{Code, header as name};

use super::throttle::{self, Throttle, keys_of};
use super::work::{Gauge, Redeemed};
use super::{Failure, Shared, proof, tus};
use crate::config::Uploads;
use crate::storage::{Id, Random, TokenHash};

/// What it remembers, in memory alone.
pub struct Gate {
    throttle: Throttle,
    panics: Throttle,
    work: Gauge,
}

impl Gate {
    /// Remembers nothing yet.
    pub fn with_random(random: impl Random + Clone) -> Self {
        Self {
            throttle: Throttle::new(keys_of(random.clone())),
            panics: Throttle::new(keys_of(random.clone())),
            work: Gauge::new(keys_of(random), Instant::now()),
        }
    }
}

/// What is to be created: one upload, or links to a document.
pub(super) struct Asked<'a> {
    /// At least one, and each of them new unless the request is repeated.
    pub(super) ids: &'a [Id],
    /// Bytes in all.
    pub(super) size: u64,
}

impl Asked<'_> {
    fn count(&self) -> u32 {
        u32::try_from(self.ids.len()).unwrap_or(u32::MAX)
    }

    /// What work is done for.
    fn first(&self) -> Result<Id, Failure> {
        self.ids
            .first()
            .copied()
            .ok_or_else(|| Failure::new(Code::InvalidRequest))
    }
}

/// The invite that is to pay for a creation; none where nobody needs one. The writer spends it: this only turns away early, the cheapest
/// looks first.
///
/// # Errors
/// `rate_limited`, `invite_required`, `work_required`.
pub(super) async fn admit(
    request: &HttpRequest,
    shared: &Shared,
    asked: &Asked<'_>,
) -> Result<Option<TokenHash>, Failure> {
    let (settings, gate, now) = (shared.settings(), &shared.gate, Instant::now());
    let (client, allowed) = (throttle::client(request, &settings), settings.uploads_per_minute);
    if let Some(address) = client.filter(|_| allowed > 0) {
        gate.throttle.take(address, allowed, asked.count(), now)?;
    }
    let invite = proof::token_in(request, name::INVITE).map(|token| token.hash());
    if settings.uploads == Uploads::Invite {
        let invite = invite.ok_or_else(|| Failure::new(Code::InviteRequired))?;
        shared.storage.admits(invite, asked.ids.to_vec(), asked.size).await?;
        return Ok(Some(invite));
    }
    let alone = client.is_some();
    let bits = gate.work.bits(settings.work, allowed, alone, now);
    let paid = if bits == 0 {
        None
    } else {
        pay(request, shared, asked, invite, bits, now).await?
    };
    gate.work.note(alone, asked.count(), now);
    Ok(paid)
}

/// Whether a network may send a panic request now. It costs the server a look at every paste.
///
/// # Errors
/// `rate_limited`.
pub(super) fn admit_panic(request: &HttpRequest, shared: &Shared) -> Result<(), Failure> {
    match throttle::client(request, &shared.settings()) {
        Some(address) => shared.gate.panics.take(address, PANICS_PER_MINUTE, 1, Instant::now()),
        None => Ok(()),
    }
}

/// By work, or by an invite; a creation that is repeated with the work that it showed before is let through to be told so.
async fn pay(
    request: &HttpRequest,
    shared: &Shared,
    asked: &Asked<'_>,
    invite: Option<TokenHash>,
    bits: u8,
    now: Instant,
) -> Result<Option<TokenHash>, Failure> {
    let (work, id) = (&shared.gate.work, asked.first()?);
    let shown = tus::one(request.headers(), name::WORK).map(|text| work.redeem(id, text, asked.count(), now));
    match shown {
        Some(Redeemed::Now) => return Ok(None),
        Some(Redeemed::Before) if shared.storage.knows(asked.ids.to_vec()).await? => return Ok(None),
        Some(Redeemed::Before | Redeemed::Not) | None => {}
    }
    if let Some(invite) = invite
        && shared
            .storage
            .admits(invite, asked.ids.to_vec(), asked.size)
            .await
            .is_ok()
    {
        return Ok(Some(invite));
    }
    Err(work.refusal(id, bits, asked.count(), now))
}
