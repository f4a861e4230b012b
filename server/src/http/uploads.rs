//! tus 1.0: capabilities, creation (with upload), the offset, and going on.

use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse, web};
use satchel_api::{Code, header as name, metadata, route};

use super::body::{self, Arriving, Cut};
use super::gate::Asked;
use super::hall::{FREE_BYTES, Seat};
use super::tus::{self, Checksum};
use super::{Failure, Shared, creator, gate, proof};
use crate::storage::{
    BODY_BYTES_MAX, Created, Id, NewDocument, NewPaste, Progress, Storage, StoreError, TokenHash, Upload,
};

/// `OPTIONS`: what of tus is spoken.
pub(super) async fn capabilities(shared: web::Data<Shared>) -> HttpResponse {
    HttpResponse::NoContent()
        .insert_header((name::TUS_VERSION, name::TUS_VERSION_SPOKEN))
        .insert_header((name::TUS_EXTENSION, name::TUS_EXTENSIONS_SPOKEN))
        .insert_header((name::TUS_CHECKSUM_ALGORITHM, name::TUS_CHECKSUM_ALGORITHMS_SPOKEN))
        .insert_header((name::TUS_MAX_SIZE, shared.settings().size_bytes_max))
        .finish()
}

/// `POST /api/v1/pastes`.
pub(super) async fn create(
    request: HttpRequest,
    mut payload: web::Payload,
    shared: web::Data<Shared>,
) -> Result<HttpResponse, Failure> {
    let answer = create_from(&request, &mut payload, &shared, asked).await;
    body::drain(&request, &mut payload).await;
    answer
}

/// `POST /api/v1/documents`.
pub(super) async fn create_document(
    request: HttpRequest,
    mut payload: web::Payload,
    shared: web::Data<Shared>,
) -> Result<HttpResponse, Failure> {
    let answer = create_from(&request, &mut payload, &shared, asked_document).await;
    body::drain(&request, &mut payload).await;
    answer
}

/// Reads what is to be made out of a request's head, and where it will be.
type Asking = fn(&HeaderMap, &Shared) -> Result<(Making, String), Failure>;

/// What an upload makes.
enum Making {
    Paste(NewPaste),
    Document(NewDocument),
}

impl Making {
    const fn size(&self) -> u64 {
        match self {
            Self::Paste(new) => new.size,
            Self::Document(new) => new.size,
        }
    }

    const fn id(&self) -> Id {
        match self {
            Self::Paste(new) => new.id,
            Self::Document(new) => new.id,
        }
    }

    async fn create(
        self,
        storage: &dyn Storage,
        invite: Option<TokenHash>,
        body: Vec<u8>,
    ) -> Result<Created, StoreError> {
        match self {
            Self::Paste(new) => storage.create_by(invite, new, body).await,
            Self::Document(new) => storage.create_document_by(invite, new, body).await,
        }
    }
}

async fn create_from(
    request: &HttpRequest,
    payload: &mut web::Payload,
    shared: &Shared,
    asked: Asking,
) -> Result<HttpResponse, Failure> {
    let headers = request.headers();
    tus::version(headers)?;
    let (new, location) = asked(headers, shared)?;
    let size = new.size();
    let announced = announced(headers)?;
    if announced.is_none_or(|len| len > 0) {
        media_type(headers)?;
    }
    if announced.is_some_and(|len| len > size) {
        return Err(Failure::too_large(size));
    }
    let checksum = tus::checksum(headers)?;
    let asked = Asked { ids: &[new.id()], size };
    let invite = gate::admit(request, shared, &asked).await?;
    let created = if size <= BODY_BYTES_MAX {
        create_small((request, shared), new, invite, payload, checksum).await?
    } else {
        create_large((request, shared), new, invite, payload, checksum).await?
    };
    let mut response = stands(StatusCode::CREATED, created);
    let location = format!("{}{location}", shared.settings().path_prefix);
    if let Ok(value) = HeaderValue::from_str(&location) {
        response.headers_mut().insert(header::LOCATION, value);
    }
    Ok(response)
}

/// The paste that the headers describe, within this server's bounds, and where it will be.
fn asked(headers: &HeaderMap, shared: &Shared) -> Result<(Making, String), Failure> {
    let (size, text) = (asked_size(headers, shared)?, asked_metadata(headers)?);
    let (new, id) = tus::new_paste(size, text)?;
    check_expiry(new.expires_in, shared)?;
    Ok((Making::Paste(new), route::of(route::PASTE, &id)))
}

/// As [`asked`], for a document with several links.
fn asked_document(headers: &HeaderMap, shared: &Shared) -> Result<(Making, String), Failure> {
    let (size, text) = (asked_size(headers, shared)?, asked_metadata(headers)?);
    let (new, id) = tus::new_document(size, text)?;
    Ok((Making::Document(new), route::of(route::DOCUMENT, &id)))
}

fn asked_size(headers: &HeaderMap, shared: &Shared) -> Result<u64, Failure> {
    let size = tus::number(headers, name::UPLOAD_LENGTH)?;
    if size == 0 {
        return Err(Failure::field(name::UPLOAD_LENGTH));
    }
    let size_max = shared.settings().size_bytes_max;
    if size > size_max {
        return Err(Failure::too_large(size_max));
    }
    Ok(size)
}

fn asked_metadata(headers: &HeaderMap) -> Result<&str, Failure> {
    tus::one(headers, name::UPLOAD_METADATA).ok_or_else(|| Failure::field(name::UPLOAD_METADATA))
}

/// Within this server's bounds.
pub(super) fn check_expiry(expires_in: u64, shared: &Shared) -> Result<(), Failure> {
    let settings = shared.settings();
    let (min, max) = (settings.expires_in_secs_min, settings.expires_in_secs_max);
    if expires_in < min {
        return Err(Failure::policy(metadata::EXPIRES_IN, min));
    }
    if expires_in > max {
        return Err(Failure::policy(metadata::EXPIRES_IN, max));
    }
    Ok(())
}

/// One commit for all of it: what is cut off or does not match leaves nothing behind.
async fn create_small(
    (request, shared): (&HttpRequest, &Shared),
    new: Making,
    invite: Option<TokenHash>,
    payload: &mut web::Payload,
    mut checksum: Option<Checksum>,
) -> Result<Progress, Failure> {
    let size = new.size();
    let len = usize::try_from(size).unwrap_or(usize::MAX);
    let mut bytes = Vec::with_capacity(len.min(FREE_BYTES));
    let (mut arriving, mut seat) = (Arriving::new(request, payload), None::<Seat>);
    while let Some(chunk) = arriving.next_seated(&mut seat).await {
        let chunk = chunk.map_err(cut)?;
        if bytes.len() + chunk.len() > len {
            return Err(Failure::too_large(size));
        }
        if bytes.len() + chunk.len() > FREE_BYTES && seat.is_none() {
            seat = shared.hall.take(len).await;
            bytes.reserve_exact(len - bytes.len());
        }
        checksum.iter_mut().for_each(|sum| sum.update(&chunk));
        bytes.extend_from_slice(&chunk);
    }
    checksum.map_or(Ok(()), Checksum::verify)?;
    let Created {
        offset,
        size,
        expires_at,
        ..
    } = new.create(&*shared.storage, invite, bytes).await?;
    Ok(Progress {
        offset,
        size,
        expires_at,
    })
}

/// The creation is durable first, then the bytes as they arrive, so that a cut one can go on.
async fn create_large(
    (request, shared): (&HttpRequest, &Shared),
    new: Making,
    invite: Option<TokenHash>,
    payload: &mut web::Payload,
    checksum: Option<Checksum>,
) -> Result<Progress, Failure> {
    let created = new.create(&*shared.storage, invite, Vec::new()).await?;
    match created.upload {
        Some(upload) => receive((request, shared), upload, payload, checksum).await,
        None => Ok(Progress {
            offset: created.offset,
            size: created.size,
            expires_at: created.expires_at,
        }),
    }
}

/// `HEAD`: where an upload stands.
pub(super) async fn stand(request: HttpRequest, shared: web::Data<Shared>) -> Result<HttpResponse, Failure> {
    tus::version(request.headers())?;
    let (id, receipt) = (proof::id(&request)?, proof::bearer(&request)?);
    let progress = shared.storage.offset(id, &receipt).await?;
    let mut response = stands(StatusCode::OK, progress);
    response.headers_mut().insert(
        HeaderName::from_static(name::UPLOAD_LENGTH),
        HeaderValue::from(progress.size),
    );
    Ok(response)
}

/// `PATCH`: continues an upload.
pub(super) async fn resume(
    request: HttpRequest,
    mut payload: web::Payload,
    shared: web::Data<Shared>,
) -> Result<HttpResponse, Failure> {
    let answer = resume_from(&request, &mut payload, &shared).await;
    body::drain(&request, &mut payload).await;
    answer
}

async fn resume_from(
    request: &HttpRequest,
    payload: &mut web::Payload,
    shared: &Shared,
) -> Result<HttpResponse, Failure> {
    let headers = request.headers();
    tus::version(headers)?;
    let (id, receipt) = (proof::id(request)?, proof::bearer(request)?);
    // Who cannot prove the upload is told nothing about the rest of the request.
    let stand = shared.storage.offset(id, &receipt).await?;
    media_type(headers)?;
    let offset = tus::number(headers, name::UPLOAD_OFFSET)?;
    let checksum = tus::checksum(headers)?;
    if announced(headers)?.is_some_and(|len| len > stand.size.saturating_sub(offset)) && offset == stand.offset {
        return Err(Failure::too_large(stand.size));
    }
    let upload = shared.storage.upload(id, &receipt, offset).await?;
    Ok(stands(
        StatusCode::NO_CONTENT,
        receive((request, shared), upload, payload, checksum).await?,
    ))
}

/// `POST` with `X-HTTP-Method-Override`, as tus asks for the sake of old proxies.
pub(super) async fn overridden(
    request: HttpRequest,
    payload: web::Payload,
    shared: web::Data<Shared>,
) -> Result<HttpResponse, Failure> {
    match tus::one(request.headers(), "x-http-method-override") {
        Some(method) if method == Method::PATCH.as_str() => resume(request, payload, shared).await,
        Some(method) if method == Method::DELETE.as_str() => creator::burn(request, shared).await,
        _ => Err(Failure::method_not_allowed("DELETE, HEAD, OPTIONS, PATCH")),
    }
}

/// Bytes into the store as they arrive: those of a small one wait in memory until all of this request's are there, like a creation. What came before a cut
/// counts, unless a checksum was to vouch for it.
async fn receive(
    (request, shared): (&HttpRequest, &Shared),
    mut upload: Box<dyn Upload>,
    payload: &mut web::Payload,
    mut checksum: Option<Checksum>,
) -> Result<Progress, Failure> {
    let (mut arriving, mut seat, mut came) = (Arriving::new(request, payload), None::<Seat>, 0);
    let waits = upload.size() <= BODY_BYTES_MAX;
    while let Some(chunk) = arriving.next_seated(&mut seat).await {
        match chunk {
            Ok(chunk) => {
                came += chunk.len();
                if waits && came > FREE_BYTES && seat.is_none() {
                    let len = usize::try_from(upload.size()).unwrap_or(usize::MAX);
                    seat = shared.hall.take(len).await;
                    upload.make_room();
                }
                checksum.iter_mut().for_each(|sum| sum.update(&chunk));
                upload.write(&chunk).await?;
            }
            Err(why) => {
                if checksum.is_none() {
                    upload.commit().await?;
                }
                return Err(cut(why));
            }
        }
    }
    checksum.map_or(Ok(()), Checksum::verify)?;
    Ok(upload.commit().await?)
}

fn cut(why: Cut) -> Failure {
    match why {
        Cut::Idle => Failure::new(Code::RequestTimeout),
        Cut::Broken => Failure::field("body"),
    }
}

/// The body's length: 0 without a body, `None` when it is chunked and so not known.
fn announced(headers: &HeaderMap) -> Result<Option<u64>, Failure> {
    if headers.contains_key(header::TRANSFER_ENCODING) {
        return Ok(None);
    }
    if headers.contains_key(header::CONTENT_LENGTH) {
        return tus::number(headers, "content-length").map(Some);
    }
    Ok(Some(0))
}

fn media_type(headers: &HeaderMap) -> Result<(), Failure> {
    match tus::one(headers, "content-type") {
        Some(name::OFFSET_OCTET_STREAM) => Ok(()),
        _ => Err(Failure::new(Code::UnsupportedMediaType)),
    }
}

fn stands(status: StatusCode, progress: Progress) -> HttpResponse {
    let mut response = HttpResponse::new(status);
    let headers = response.headers_mut();
    headers.insert(
        HeaderName::from_static(name::UPLOAD_OFFSET),
        HeaderValue::from(progress.offset),
    );
    let at = std::time::UNIX_EPOCH + std::time::Duration::from_secs(progress.expires_at);
    if let Ok(value) = HeaderValue::from_str(&header::HttpDate::from(at).to_string()) {
        headers.insert(HeaderName::from_static(name::UPLOAD_EXPIRES), value);
    }
    response
}
