//! The page and its files, from inside the binary, packed when it was built. Any path but a file's is the page, so that all links look the same.

mod policy;

use actix_web::http::header::{self, HeaderMap, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse};
use satchel_api::Code;
use satchel_api::page::{INDEX, SERVICE_WORKER, SERVICE_WORKER_OFF};

use crate::http::Failure;

/// One file of web/dist.
struct Embedded {
    path: &'static str,
    media_type: &'static str,
    plain: &'static [u8],
    gzip: Option<&'static [u8]>,
    brotli: Option<&'static [u8]>,
}

mod built {
    use super::Embedded;
    include!(concat!(env!("OUT_DIR"), "/page.rs"));
}

const ALLOW: &str = "GET, HEAD";
const NO_PAGE: &str = "This Satchel server was built without its page. The command line works: satchel get LINK\n";

/// Headers of the page that an operator chooses.
#[derive(Clone, Default)]
pub(crate) struct Offers {
    /// `Onion-Location`.
    pub(crate) onion_location: Option<HeaderValue>,
    /// The service worker of who keeps the page for use without a connection.
    pub(crate) offline: bool,
}

/// Answers `GET` and `HEAD` of any path that is not the API's, and `OPTIONS` with what the path takes.
///
/// # Errors
/// `not_found` for a missing asset, `method_not_allowed` for another method.
pub(crate) fn serve(request: &HttpRequest, offers: &Offers) -> Result<HttpResponse, Failure> {
    match *request.method() {
        Method::GET | Method::HEAD => {}
        Method::OPTIONS => return Ok(HttpResponse::NoContent().insert_header((header::ALLOW, ALLOW)).finish()),
        _ => return Err(Failure::method_not_allowed(ALLOW)),
    }
    let path = file_path(request.path());
    match built::FILES.iter().find(|file| file.path == path) {
        Some(file) => Ok(answer(file, request, offers)),
        // A page that is newer than its files must fail loudly and not parse HTML as a script.
        None if path.starts_with("/assets/") => Err(Failure::new(Code::NotFound)),
        None => match built::FILES.iter().find(|file| file.path == INDEX) {
            Some(index) => Ok(answer(index, request, offers)),
            None => Ok(without_page()),
        },
    }
}

/// Answers a browser that asks for the script of a service worker, under whatever path: ours alone goes on. Another is of a server that stood here
/// before and meant harm: it would go on for good, for no other answer that we have is a script.
pub(crate) fn service_worker(request: &HttpRequest, offers: &Offers) -> Result<HttpResponse, Failure> {
    let goes_on = offers.offline && file_path(request.path()) == SERVICE_WORKER;
    let path = if goes_on { SERVICE_WORKER } else { SERVICE_WORKER_OFF };
    match built::FILES.iter().find(|file| file.path == path) {
        Some(file) => Ok(answer(file, request, offers)),
        None => Err(Failure::new(Code::NotFound)),
    }
}

/// The page names its files relatively, and any path is the page: so a file is found by its tail.
fn file_path(path: &str) -> &str {
    let from = path.rfind("/assets/").or_else(|| path.rfind('/')).unwrap_or(0);
    path.get(from..).unwrap_or(path)
}

fn without_page() -> HttpResponse {
    let mut response = HttpResponse::new(StatusCode::OK).set_body(actix_web::body::BoxBody::new(NO_PAGE));
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/plain; charset=utf-8"),
    );
    policy::page(response.headers_mut());
    response
}

fn answer(file: &'static Embedded, request: &HttpRequest, offers: &Offers) -> HttpResponse {
    let (bytes, encoding) = negotiate(file, request.headers());
    let mut response = HttpResponse::new(StatusCode::OK).set_body(actix_web::body::BoxBody::new(bytes));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(file.media_type));
    headers.insert(header::VARY, HeaderValue::from_static("Accept-Encoding"));
    if let Some(encoding) = encoding {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    policy::file(file.path, headers);
    if let (true, Some(onion)) = (file.path == INDEX, &offers.onion_location) {
        headers.insert(header::HeaderName::from_static("onion-location"), onion.clone());
    }
    response
}

fn negotiate(file: &Embedded, headers: &HeaderMap) -> (&'static [u8], Option<&'static str>) {
    if let (true, Some(packed)) = (accepts(headers, "br"), file.brotli) {
        return (packed, Some("br"));
    }
    if let (true, Some(packed)) = (accepts(headers, "gzip"), file.gzip) {
        return (packed, Some("gzip"));
    }
    (file.plain, None)
}

/// Whether `Accept-Encoding` names `coding` with a weight above zero. `*` alone is not taken as a wish for packed bytes.
fn accepts(headers: &HeaderMap, coding: &str) -> bool {
    headers
        .get_all(header::ACCEPT_ENCODING)
        .filter_map(|value| value.to_str().ok())
        .any(|value| {
            value.split(',').any(|item| {
                let mut parts = item.split(';').map(str::trim);
                let named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case(coding));
                let refused = parts.any(|part| {
                    part.strip_prefix("q=")
                        .is_some_and(|weight| weight.trim_matches(['0', '.']).is_empty())
                });
                named && !refused
            })
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(value: &'static str) -> HeaderMap {
        let mut map = HeaderMap::new();
        map.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(value));
        map
    }

    #[test]
    fn a_coding_is_accepted_unless_its_weight_is_zero() {
        assert!(accepts(&headers("gzip, deflate, br"), "br"));
        assert!(accepts(&headers("br;q=0.1"), "br"));
        assert!(!accepts(&headers("gzip, br;q=0"), "br"));
        assert!(!accepts(&headers("br;q=0.000"), "br"));
        assert!(!accepts(&headers("gzip"), "br"));
    }
}
