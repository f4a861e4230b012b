//! What a paste's creator asks, with the receipt token: how it stands, burn it, clear its wait.

use actix_web::{HttpRequest, HttpResponse, web};

use super::{Failure, Shared, proof, tus};

/// `GET .../receipt`.
pub(super) async fn receipt(request: HttpRequest, shared: web::Data<Shared>) -> Result<HttpResponse, Failure> {
    let (id, token) = (proof::id(&request)?, proof::bearer(&request)?);
    Ok(HttpResponse::Ok().json(shared.store.receipt(id, &token).await?))
}

/// `DELETE`: burns, an unfinished upload too. What burned before stays burned: 204 again.
pub(super) async fn burn(request: HttpRequest, shared: web::Data<Shared>) -> Result<HttpResponse, Failure> {
    tus::version_if_any(request.headers())?;
    let (id, token) = (proof::id(&request)?, proof::bearer(&request)?);
    shared.store.burn(id, &token).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// `POST .../reset-wait`.
pub(super) async fn reset_wait(request: HttpRequest, shared: web::Data<Shared>) -> Result<HttpResponse, Failure> {
    let (id, token) = (proof::id(&request)?, proof::bearer(&request)?);
    shared.store.reset_wait(id, &token).await?;
    Ok(HttpResponse::NoContent().finish())
}
