//! What a paste's creator asks, with the receipt token: how it stands, burn it, clear its wait.

use actix_web::{HttpRequest, HttpResponse, web};
use satchel_api::{Panicked, PolicyChange};

use super::{Failure, Shared, body, gate, proof, tus, uploads};
use crate::storage::Change;

/// `GET .../receipt`.
pub(super) async fn receipt(request: HttpRequest, shared: web::Data<Shared>) -> Result<HttpResponse, Failure> {
    let (id, token) = (proof::id(&request)?, proof::bearer(&request)?);
    Ok(HttpResponse::Ok().json(shared.storage.receipt(id, &token).await?))
}

/// `DELETE`: burns, an unfinished upload too. What burned before stays burned: 204 again.
pub(super) async fn burn(request: HttpRequest, shared: web::Data<Shared>) -> Result<HttpResponse, Failure> {
    tus::version_if_any(request.headers())?;
    let (id, token) = (proof::id(&request)?, proof::bearer(&request)?);
    shared.storage.burn(id, &token).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// `POST .../reset-wait`.
pub(super) async fn reset_wait(request: HttpRequest, shared: web::Data<Shared>) -> Result<HttpResponse, Failure> {
    let (id, token) = (proof::id(&request)?, proof::bearer(&request)?);
    shared.storage.reset_wait(id, &token).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// `POST .../policy`: answers with the receipt as it is from now on.
pub(super) async fn change(
    request: HttpRequest,
    mut payload: web::Payload,
    shared: web::Data<Shared>,
) -> Result<HttpResponse, Failure> {
    let (id, token) = (proof::id(&request)?, proof::bearer(&request)?);
    shared.storage.receipt(id, &token).await?;
    let change = asked(&request, &mut payload, &shared).await?;
    Ok(HttpResponse::Ok().json(shared.storage.change(id, &token, change).await?))
}

/// `POST /api/v1/panic`: burns everything that was made under a secret. One that nothing was made under burns nothing, and is answered alike.
pub(super) async fn panic(request: HttpRequest, shared: web::Data<Shared>) -> Result<HttpResponse, Failure> {
    gate::admit_panic(&request, &shared)?;
    let burned = match proof::panic_secret(&request) {
        Some(secret) => shared.storage.panic(secret).await?,
        // As for any other that nothing was made under.
        None => 0,
    };
    Ok(HttpResponse::Ok().json(Panicked { burned }))
}

/// `POST .../links/{number}/policy`: the same, by the document's owner.
pub(super) async fn change_link(
    request: HttpRequest,
    mut payload: web::Payload,
    shared: web::Data<Shared>,
) -> Result<HttpResponse, Failure> {
    let (id, owner, number) = (proof::id(&request)?, proof::bearer(&request)?, proof::number(&request)?);
    shared.storage.offset(id, &owner).await?;
    let change = asked(&request, &mut payload, &shared).await?;
    Ok(HttpResponse::Ok().json(shared.storage.change_link(id, &owner, number, change).await?))
}

async fn asked(request: &HttpRequest, payload: &mut web::Payload, shared: &Shared) -> Result<Change, Failure> {
    let PolicyChange { expires_in, reads_left } = body::json(request, payload, &shared.hall).await?;
    if expires_in.is_none() && reads_left.is_none() {
        return Err(Failure::field("body"));
    }
    expires_in.map_or(Ok(()), |secs| uploads::check_expiry(secs, shared))?;
    Ok(Change { expires_in, reads_left })
}
