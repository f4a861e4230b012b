//! Where the server is found: by which host, and below which path. A proxy may take the path's prefix off, or leave it on.

use actix_web::dev::ServiceRequest;
use actix_web::http::header::{self, HeaderMap};
use actix_web::http::uri::PathAndQuery;
use actix_web::http::{Method, Uri};
use actix_web::{HttpRequest, HttpResponse, web};
use satchel_api::Code;

use super::{Failure, Shared};

/// Whether somebody came by the onion service: the host is what they typed.
pub(super) fn is_onion(headers: &HeaderMap) -> bool {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    host.is_some_and(|host| {
        let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
        name.trim_end_matches('.').to_ascii_lowercase().ends_with(".onion")
    })
}

/// Takes the prefix off where the proxy left it on. Of the prefix alone, without its slash, the page would look for its files elsewhere: an answer
/// that leads there instead.
pub fn enter(request: &mut ServiceRequest, prefix: &str) -> Option<HttpResponse> {
    let rest = request.path().strip_prefix(prefix).filter(|_| !prefix.is_empty())?;
    if rest.is_empty() {
        let reads = matches!(*request.method(), Method::GET | Method::HEAD);
        return reads.then(|| lead(&format!("{prefix}/")));
    }
    if !rest.starts_with('/') {
        return None;
    }
    let within = match request.uri().query() {
        Some(query) => format!("{rest}?{query}"),
        None => rest.to_owned(),
    };
    let mut parts = request.uri().clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(within).ok()?);
    let uri = Uri::from_parts(parts).ok()?;
    request.match_info_mut().get_mut().update(&uri);
    request.head_mut().uri = uri;
    None
}

fn lead(to: &str) -> HttpResponse {
    HttpResponse::PermanentRedirect()
        .insert_header((header::LOCATION, to))
        .finish()
}

/// What the listener without TLS answers: every path is sent to the page's, and nothing of the request along.
pub fn configure_redirect(app: &mut web::ServiceConfig) {
    app.default_service(web::to(|request: HttpRequest, shared: web::Data<Shared>| async move {
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            return Err(Failure::method_not_allowed("GET, HEAD"));
        }
        let settings = shared.settings();
        let base = settings.base_url.as_deref().ok_or(Failure::new(Code::NotFound))?;
        Ok(lead(&format!("{}/", base.trim_end_matches('/'))))
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_onion_service_is_known_by_its_host() {
        let asked = |host: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, header::HeaderValue::from_static(host));
            is_onion(&headers)
        };
        assert!(asked("abc.onion") && asked("abc.onion:80") && asked("ABC.Onion."));
        assert!(!asked("abc.onion.example.org") && !asked("onion") && !asked("[::1]:8787"));
        assert!(!is_onion(&HeaderMap::new()));
    }
}
