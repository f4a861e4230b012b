//! What the owner of a document with several links asks, with the owner token: its links, made, looked at and burned one by one.

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, web};
use base64ct::{Base64UrlUnpadded, Encoding as _};
use satchel_api::limit::{LABEL_LEN_MAX, LINKS_AT_ONCE_MAX, READS_MAX};
use satchel_api::{Code, DocumentReceipt, LinkMade, LinkReceipt, LinkWanted, LinksMade, LinksWanted, metadata};

use super::gate::Asked;
use super::{Failure, Shared, body, gate, proof, uploads};
use crate::storage::{Id, NewLink, NewPaste, OnGuessing, TokenHash};

/// `GET .../receipt` of a document.
pub(super) async fn receipt(request: HttpRequest, shared: web::Data<Shared>) -> Result<HttpResponse, Failure> {
    let (id, owner) = (proof::id(&request)?, proof::bearer(&request)?);
    let (state, size, links) = shared.storage.document(id, &owner).await?;
    let links = links.into_iter();
    let links = links.map(|link| LinkReceipt {
        number: link.number,
        receipt: link.receipt,
        label: link.label.as_deref().map(Base64UrlUnpadded::encode_string),
    });
    Ok(HttpResponse::Ok().json(DocumentReceipt {
        state,
        size,
        links: links.collect(),
    }))
}

/// `GET .../head`: the owner's, to make more heads from.
pub(super) async fn head(request: HttpRequest, shared: web::Data<Shared>) -> Result<HttpResponse, Failure> {
    let (id, owner) = (proof::id(&request)?, proof::bearer(&request)?);
    let head = shared.storage.owners_head(id, &owner).await?;
    let mut response = HttpResponse::Ok().body(head);
    let octets = HeaderValue::from_static("application/octet-stream");
    response.headers_mut().insert(header::CONTENT_TYPE, octets);
    Ok(response)
}

/// `POST .../links`: all of them, or none.
pub(super) async fn make(
    request: HttpRequest,
    mut payload: web::Payload,
    shared: web::Data<Shared>,
) -> Result<HttpResponse, Failure> {
    let answer = make_from(&request, &mut payload, &shared).await;
    body::drain(&request, &mut payload).await;
    answer
}

async fn make_from(
    request: &HttpRequest,
    payload: &mut web::Payload,
    shared: &Shared,
) -> Result<HttpResponse, Failure> {
    let (id, owner) = (proof::id(request)?, proof::bearer(request)?);
    // Who cannot prove the document is told nothing about what is malformed.
    shared.storage.offset(id, &owner).await?;
    let wanted: LinksWanted = body::json(request, payload, &shared.hall).await?;
    if wanted.links.is_empty() || wanted.links.len() > LINKS_AT_ONCE_MAX {
        return Err(Failure::policy(
            "links",
            u64::try_from(LINKS_AT_ONCE_MAX).unwrap_or(u64::MAX),
        ));
    }
    let links = wanted.links.iter().map(|link| new_link(link, shared));
    let links: Vec<NewLink> = links.collect::<Result<_, _>>()?;
    let ids: Vec<Id> = links.iter().map(|link| link.paste.id).collect();
    let asked = Asked {
        ids: &ids,
        size: links.iter().map(NewLink::size).sum(),
    };
    // Each is an item of the store like an upload.
    let invite = gate::admit(request, shared, &asked).await?;
    let made = shared.storage.add_links_by(invite, id, &owner, links).await?;
    let links = made.into_iter().map(|made| LinkMade {
        number: made.number,
        expires_at: made.expires_at,
    });
    let links = links.collect();
    Ok(HttpResponse::build(StatusCode::CREATED).json(LinksMade { links }))
}

/// `DELETE .../links/{number}`: 204 again where it had burned.
pub(super) async fn burn_link(request: HttpRequest, shared: web::Data<Shared>) -> Result<HttpResponse, Failure> {
    let (id, owner, number) = (proof::id(&request)?, proof::bearer(&request)?, proof::number(&request)?);
    shared.storage.burn_link(id, &owner, number).await?;
    Ok(HttpResponse::NoContent().finish())
}

fn new_link(wanted: &LinkWanted, shared: &Shared) -> Result<NewLink, Failure> {
    let hash = |text: &str, field: &'static str| {
        proof::decode(text)
            .map(TokenHash::new)
            .ok_or_else(|| Failure::field(field))
    };
    uploads::check_expiry(wanted.expires_in, shared)?;
    if wanted.reads > READS_MAX {
        return Err(Failure::policy(metadata::READS, u64::from(READS_MAX)));
    }
    let head = proof::head(&wanted.head).ok_or_else(|| Failure::field(metadata::HEAD))?;
    let paste = NewPaste {
        id: proof::secret(&wanted.id, Id::new).ok_or_else(|| Failure::field(metadata::ID))?,
        probe: hash(&wanted.probe, metadata::PROBE)?,
        claim: hash(&wanted.claim, metadata::CLAIM)?,
        // The store puts the owner token's and the head's length in their place.
        receipt: TokenHash::new([0; 32]),
        size: 0,
        expires_in: wanted.expires_in,
        reads: wanted.reads,
        on_guessing: if wanted.burns_on_guessing {
            OnGuessing::Burn
        } else {
            OnGuessing::Lock
        },
        keep: false,
        panic: None,
    };
    let label = wanted.label.as_deref().map(|text| proof::short(text, LABEL_LEN_MAX));
    let label = label
        .map(|label| label.ok_or_else(|| Failure::field("label")))
        .transpose()?;
    Ok(NewLink { paste, head, label })
}

/// A media type that is JSON's, with or without a charset.
pub(super) fn is_json(request: &HttpRequest) -> Result<(), Failure> {
    let value = request.headers().get(header::CONTENT_TYPE);
    let essence = value.and_then(|value| value.to_str().ok()?.split(';').next().map(str::trim));
    if essence.is_some_and(|essence| essence.eq_ignore_ascii_case("application/json")) {
        return Ok(());
    }
    Err(Failure::new(Code::UnsupportedMediaType))
}
