//! What readers ask: probe, claim, content, confirm.

use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, web};
use satchel_api::{Code, header as name};

use super::content::ContentBody;
use super::range::{self, Asked};
use super::{Failure, Shared, proof};
use crate::storage::{Content, StoreError};

/// `POST .../probe`: changes nothing.
pub(super) async fn probe(request: HttpRequest, shared: web::Data<Shared>) -> Result<HttpResponse, Failure> {
    let (id, token) = (proof::id(&request)?, proof::bearer(&request)?);
    Ok(HttpResponse::Ok().json(shared.storage.probe(id, &token).await?))
}

/// `POST .../claim`: the one request that uses up a read.
pub(super) async fn claim(request: HttpRequest, shared: web::Data<Shared>) -> Result<HttpResponse, Failure> {
    let id = proof::id(&request)?;
    let probe = proof::token_in(&request, name::PROBE).ok_or_else(|| Failure::new(Code::NotFound))?;
    let (claim, lease) = (proof::bearer_if_any(&request), proof::token_in(&request, name::LEASE));
    let (Some(claim), Some(lease)) = (&claim, &lease) else {
        // Only who proves the link is told what is malformed.
        shared.storage.probe(id, &probe).await?;
        return Err(Failure::field(if claim.is_none() {
            "authorization"
        } else {
            name::LEASE
        }));
    };
    let claimed = shared.storage.claim(id, &probe, claim, lease).await?;
    let left = claimed
        .reads_left
        .map_or_else(|| HeaderValue::from_static("unlimited"), HeaderValue::from);
    let mut response = answer(StatusCode::OK, claimed.content).await?;
    response
        .headers_mut()
        .insert(HeaderName::from_static(name::READS_LEFT), left);
    Ok(response)
}

/// `GET .../content`: again, whole or in part, under a lease. Writes nothing.
pub(super) async fn content(request: HttpRequest, shared: web::Data<Shared>) -> Result<HttpResponse, Failure> {
    let (id, lease) = (proof::id(&request)?, proof::bearer(&request)?);
    let mut ranges = request.headers().get_all(header::RANGE);
    let asked = match (ranges.next(), ranges.next()) {
        (Some(value), None) => range::parse(value.to_str().ok()),
        _ => Asked::Whole,
    };
    let (from, to) = match asked {
        Asked::Whole => (0, None),
        Asked::From(from) => (from, None),
        Asked::Between(from, last) => (from, Some(last.saturating_add(1))),
        Asked::Last(count) => {
            let size = shared.storage.content_size(id, &lease).await?;
            if count == 0 {
                return Err(StoreError::Range { size }.into());
            }
            (size.saturating_sub(count), None)
        }
    };
    let content = shared.storage.content(id, &lease, from, to).await?;
    if asked == Asked::Whole {
        return answer(StatusCode::OK, content).await;
    }
    let ((from, to), size) = (content.range(), content.size());
    let mut response = answer(StatusCode::PARTIAL_CONTENT, content).await?;
    if let Ok(value) = HeaderValue::from_str(&format!("bytes {from}-{}/{size}", to.saturating_sub(1))) {
        response.headers_mut().insert(header::CONTENT_RANGE, value);
    }
    Ok(response)
}

/// `POST .../confirm`: ends the lease.
pub(super) async fn confirm(request: HttpRequest, shared: web::Data<Shared>) -> Result<HttpResponse, Failure> {
    let (id, lease) = (proof::id(&request)?, proof::bearer(&request)?);
    shared.storage.confirm(id, &lease).await?;
    Ok(HttpResponse::NoContent().finish())
}

async fn answer(status: StatusCode, content: Box<dyn Content>) -> Result<HttpResponse, Failure> {
    let ends = HeaderValue::from(content.lease_ends_at());
    let body = ContentBody::begin(content).await?;
    let mut response = HttpResponse::new(status).set_body(BoxBody::new(body));
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/octet-stream"),
    );
    headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment"));
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    headers.insert(HeaderName::from_static(name::LEASE_ENDS), ends);
    Ok(response)
}
