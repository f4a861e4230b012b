//! Who may create, and how often: by invite where the operator chose that, within the limits of their network. Asked before the body is read.

use std::time::Instant;

use actix_web::HttpRequest;
use satchel_api::{Code, header as name};

use super::throttle::{self, Throttle, keys_of};
use super::{Failure, Shared, proof};
use crate::config::Uploads;
use crate::store::{Id, Random, TokenHash};

/// What it remembers, in memory alone.
pub struct Gate {
    throttle: Throttle,
}

impl Gate {
    /// Remembers nothing yet.
    pub fn with_random(random: impl Random) -> Self {
        Self {
            throttle: Throttle::new(keys_of(random)),
        }
    }
}

/// The invite that is to pay for a creation; none where nobody needs one. The writer spends it: this only turns away early.
///
/// # Errors
/// `rate_limited`, `invite_required`.
pub(super) async fn admit(
    request: &HttpRequest,
    shared: &Shared,
    id: Id,
    size: u64,
) -> Result<Option<TokenHash>, Failure> {
    let settings = shared.settings();
    if let Some(address) = throttle::client(request, &settings).filter(|_| settings.uploads_per_minute > 0) {
        shared
            .gate
            .throttle
            .take(address, settings.uploads_per_minute, Instant::now())?;
    }
    if settings.uploads == Uploads::Open {
        return Ok(None);
    }
    let invite = proof::token_in(request, name::INVITE)
        .ok_or_else(|| Failure::new(Code::InviteRequired))?
        .hash();
    shared.store.admits(invite, id, size).await?;
    Ok(Some(invite))
}
