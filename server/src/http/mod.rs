//! The requests of docs/api.md: routes, and what they share. Decides nothing about a paste; the storage does.

mod body;
mod connections;
mod content;
mod creator;
mod documents;
mod failure;
mod gate;
mod hall;
mod harden;
mod head;
mod held;
mod openapi;
mod pace;
mod place;
mod proof;
mod range;
mod readers;
mod throttle;
mod tus;
mod uploads;
pub mod wire;
mod work;

use std::sync::{Arc, PoisonError, RwLock};

use actix_web::http::Method;
use actix_web::http::header::HeaderValue;
use actix_web::{HttpRequest, HttpResponse, guard, web};
use satchel_api::page::AS_SERVICE_WORKER;
use satchel_api::{Code, Config, route};

pub use connections::Connections;
pub use failure::Failure;
pub use gate::Gate;
pub use harden::{Hardening, harden, head_is_too_large};
pub use held::Held;
pub use place::{configure_redirect, enter};

use crate::config::{Settings, Uploads};
use crate::metrics::{Machine, Metrics};
use crate::page::{self, Offers};
use crate::storage::Storage;

/// What every handler can reach.
pub struct Shared {
    storage: Arc<dyn Storage>,
    settings: RwLock<Arc<Settings>>,
    gate: Gate,
    openapi: String,
    metrics: Metrics,
    hall: hall::Hall,
}

impl Shared {
    /// For all workers together.
    #[must_use]
    pub fn new(storage: Arc<dyn Storage>, settings: Settings, gate: Gate) -> Self {
        Self {
            storage,
            gate,
            openapi: openapi::document(),
            settings: RwLock::new(Arc::new(settings)),
            metrics: Metrics::default(),
            hall: hall::Hall::default(),
        }
    }

    /// What the server runs with now.
    #[must_use]
    pub fn settings(&self) -> Arc<Settings> {
        Arc::clone(&self.settings.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// From now on it runs with these; requests that are under way end with the old ones.
    pub fn set_settings(&self, settings: Settings) {
        self.storage.set_limits(settings.storage_bytes_max, settings.items_max);
        *self.settings.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(settings);
    }

    pub(crate) const fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    fn offers(&self, request: &HttpRequest) -> Offers {
        let settings = self.settings();
        // Who is there need not be told of it.
        let url = settings
            .onion_location
            .as_deref()
            .filter(|_| !place::is_onion(request.headers()));
        Offers {
            onion_location: url.and_then(|url| HeaderValue::from_str(url).ok()),
            offline: settings.offline,
        }
    }
}

/// Registers every route. Those with an id are tried one after the other, each by an expression of its own: the most frequent come first.
pub fn configure(app: &mut web::ServiceConfig) {
    let (asked, script) = AS_SERVICE_WORKER;
    let as_service_worker = guard::All(guard::Get()).and(guard::Header(asked, script));
    app.service(web::resource("/{any}*").guard(as_service_worker).to(service_worker))
        .service(resource(route::HEALTH, "GET, HEAD").route(reading().to(health)))
        .service(resource(route::CONFIG, "GET, HEAD").route(reading().to(config)))
        .service(resource(route::OPENAPI, "GET, HEAD").route(reading().to(document)))
        .service(
            resource(route::PASTES, "OPTIONS, POST")
                .route(web::method(Method::OPTIONS).to(uploads::capabilities))
                .route(web::post().to(uploads::create)),
        )
        .service(resource(route::CLAIM, "POST").route(web::post().to(readers::claim)))
        .service(resource(route::CONFIRM, "POST").route(web::post().to(readers::confirm)))
        .service(resource(route::CONTENT, "GET").route(web::get().to(readers::content)))
        .service(resource(route::PROBE, "POST").route(web::post().to(readers::probe)))
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
        .service(resource(route::POLICY, "POST").route(web::post().to(creator::change)))
        .service(
            resource(route::DOCUMENTS, "OPTIONS, POST")
                .route(web::method(Method::OPTIONS).to(uploads::capabilities))
                .route(web::post().to(uploads::create_document)),
        )
        .service(
            resource(route::DOCUMENT, "DELETE, HEAD, OPTIONS, PATCH")
                .route(web::method(Method::OPTIONS).to(uploads::capabilities))
                .route(web::head().to(uploads::stand))
                .route(web::patch().to(uploads::resume))
                .route(web::delete().to(creator::burn)),
        )
        .service(resource(route::DOCUMENT_RECEIPT, "GET, HEAD").route(reading().to(documents::receipt)))
        .service(resource(route::HEAD, "GET, HEAD").route(reading().to(documents::head)))
        .service(resource(route::LINKS, "POST").route(web::post().to(documents::make)))
        .service(resource(route::LINK, "DELETE").route(web::delete().to(documents::burn_link)))
        .service(resource(route::PANIC, "POST").route(web::post().to(creator::panic)))
        .service(resource(route::LINK_POLICY, "POST").route(web::post().to(creator::change_link)))
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
    page::serve(&request, &shared.offers(&request))
}

async fn service_worker(request: HttpRequest, shared: web::Data<Shared>) -> Result<HttpResponse, Failure> {
    page::service_worker(&request, &shared.offers(&request))
}

async fn health(shared: web::Data<Shared>) -> Result<HttpResponse, Failure> {
    let health = shared.storage.health();
    if health.ok {
        let word = if health.clock_held {
            "ok, a jump of the clock is held"
        } else {
            "ok"
        };
        return Ok(HttpResponse::Ok().content_type("text/plain; charset=utf-8").body(word));
    }
    Err(Failure::new(Code::Unavailable).retry_after(5))
}

async fn config(shared: web::Data<Shared>) -> HttpResponse {
    let settings = shared.settings();
    HttpResponse::Ok().json(Config {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        size_bytes_max: settings.size_bytes_max,
        expires_in_secs_min: settings.expires_in_secs_min,
        expires_in_secs_max: settings.expires_in_secs_max,
        expires_in_secs_default: settings.expires_in_secs_default,
        reads_max: satchel_api::limit::READS_MAX,
        invite_required: settings.uploads == Uploads::Invite,
    })
}

/// What the second listener answers: one path.
pub fn configure_metrics(app: &mut web::ServiceConfig) {
    app.service(resource("/metrics", "GET, HEAD").route(reading().to(metrics)))
        .default_service(web::to(|| async {
            Err::<HttpResponse, _>(Failure::new(Code::NotFound))
        }));
}

async fn metrics(shared: web::Data<Shared>) -> HttpResponse {
    let health = shared.storage.health();
    let machine = Machine {
        ok: health.ok,
        clock_held: health.clock_held,
        damaged: shared.storage.damaged(),
    };
    HttpResponse::Ok()
        .content_type("text/plain; version=0.0.4; charset=utf-8")
        .body(shared.metrics.text(machine))
}

async fn document(shared: web::Data<Shared>) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("application/json")
        .body(shared.openapi.clone())
}
