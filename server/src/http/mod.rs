//! The requests of docs/api.md: routes, and what they share. Decides nothing about a paste; the store does.

mod body;
mod content;
mod creator;
mod failure;
mod harden;
mod head;
mod held;
mod openapi;
mod proof;
mod range;
mod readers;
mod throttle;
mod tus;
mod uploads;
pub mod wire;

use actix_web::http::Method;
use actix_web::http::header::HeaderValue;
use actix_web::{HttpRequest, HttpResponse, guard, web};
use satchel_api::{Code, Config, route};

pub use failure::Failure;
pub use harden::{Hardening, harden, head_is_too_large};
pub use held::Held;
pub use throttle::Throttle;

use crate::config::Settings;
use crate::page::{self, Offers};
use crate::store::Store;

/// What every handler can reach.
pub struct Shared {
    store: Store,
    settings: Settings,
    throttle: Throttle,
    offers: Offers,
    openapi: String,
}

impl Shared {
    /// For all workers together.
    #[must_use]
    pub fn new(store: Store, settings: Settings, throttle: Throttle) -> Self {
        let onion_location = settings
            .onion_location
            .as_deref()
            .and_then(|url| HeaderValue::from_str(url).ok());
        Self {
            store,
            throttle,
            offers: Offers { onion_location },
            openapi: openapi::document(),
            settings,
        }
    }

    /// What the operator chose for every answer's headers.
    #[must_use]
    pub fn hardening(&self) -> Hardening {
        Hardening {
            hsts: self.settings.hsts,
        }
    }
}

/// Registers every route.
pub fn configure(app: &mut web::ServiceConfig) {
    app.service(resource(route::HEALTH, "GET, HEAD").route(reading().to(health)))
        .service(resource(route::CONFIG, "GET, HEAD").route(reading().to(config)))
        .service(resource(route::OPENAPI, "GET, HEAD").route(reading().to(document)))
        .service(
            resource(route::PASTES, "OPTIONS, POST")
                .route(web::method(Method::OPTIONS).to(uploads::capabilities))
                .route(web::post().to(uploads::create)),
        )
        .service(
            resource(route::PASTE, "DELETE, HEAD, OPTIONS, PATCH, POST")
                .route(web::method(Method::OPTIONS).to(uploads::capabilities))
                .route(web::head().to(uploads::stand))
                .route(web::patch().to(uploads::resume))
                .route(web::delete().to(creator::burn))
                .route(web::post().to(uploads::overridden)),
        )
        .service(resource(route::RECEIPT, "GET, HEAD").route(reading().to(creator::receipt)))
        .service(resource(route::RESET_WAIT, "POST").route(web::post().to(creator::reset_wait)))
        .service(resource(route::PROBE, "POST").route(web::post().to(readers::probe)))
        .service(resource(route::CLAIM, "POST").route(web::post().to(readers::claim)))
        .service(resource(route::CONTENT, "GET").route(web::get().to(readers::content)))
        .service(resource(route::CONFIRM, "POST").route(web::post().to(readers::confirm)))
        .default_service(web::to(elsewhere));
}

fn reading() -> actix_web::Route {
    web::route().guard(guard::Any(guard::Get()).or(guard::Head()))
}

/// A resource that answers other methods with 405 and what it allows, and `OPTIONS` where nothing else does with just that.
fn resource(path: &str, allow: &'static str) -> actix_web::Resource {
    web::resource(path).default_service(web::to(move |request: HttpRequest| async move {
        if request.method() == Method::OPTIONS {
            return Ok(HttpResponse::NoContent().insert_header(("allow", allow)).finish());
        }
        Err(Failure::method_not_allowed(allow))
    }))
}

async fn elsewhere(request: HttpRequest, shared: web::Data<Shared>) -> Result<HttpResponse, Failure> {
    let path = request.path();
    if path == "/api" || path.starts_with("/api/") {
        return Err(Failure::new(Code::NotFound));
    }
    page::serve(&request, &shared.offers)
}

async fn health(shared: web::Data<Shared>) -> Result<HttpResponse, Failure> {
    if shared.store.health().ok {
        return Ok(HttpResponse::Ok().content_type("text/plain; charset=utf-8").body("ok"));
    }
    Err(Failure::new(Code::Unavailable).retry_after(5))
}

async fn config(shared: web::Data<Shared>) -> HttpResponse {
    let settings = &shared.settings;
    HttpResponse::Ok().json(Config {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        size_bytes_max: settings.size_bytes_max,
        expires_in_secs_min: settings.expires_in_secs_min,
        expires_in_secs_max: settings.expires_in_secs_max,
        expires_in_secs_default: settings.expires_in_secs_default,
        reads_max: satchel_api::limit::READS_MAX,
        invite_required: false,
    })
}

async fn document(shared: web::Data<Shared>) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("application/json")
        .body(shared.openapi.clone())
}
