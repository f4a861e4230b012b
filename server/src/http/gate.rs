//! Who may create: by invite, where the operator chose that. Asked before the body is read.

use actix_web::HttpRequest;
use satchel_api::{Code, header as name};

use super::{Failure, Shared, proof};
use crate::config::Uploads;
use crate::store::{Id, TokenHash};

/// The invite that is to pay for a creation; none where nobody needs one. The writer spends it: this only turns away early.
///
/// # Errors
/// `invite_required`.
pub(super) async fn admit(
    request: &HttpRequest,
    shared: &Shared,
    id: Id,
    size: u64,
) -> Result<Option<TokenHash>, Failure> {
    if shared.settings().uploads == Uploads::Open {
        return Ok(None);
    }
    let invite = proof::token_in(request, name::INVITE)
        .ok_or_else(|| Failure::new(Code::InviteRequired))?
        .hash();
    shared.store.admits(invite, id, size).await?;
    Ok(Some(invite))
}
