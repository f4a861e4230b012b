//! What handles one accepted connection, for each thing that is listened on: actix-http's HTTP/1 below, an application on top.

use std::future::ready;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_http::error::DispatchError;
use actix_http::{ConnectionType, HttpService, KeepAlive};
use actix_server::GracefulShutdownSignal;
use actix_service::{IntoServiceFactory as _, ServiceFactory, ServiceFactoryExt as _, fn_service, map_config};
use actix_web::dev::{AppConfig, Service as _};
use actix_web::rt::net::TcpStream;
use actix_web::{App, Error, ResponseError as _, web};
use satchel_api::Code;

use crate::http::wire::{HEAD, Line, Wire};
use crate::http::{self, Connections, Failure, Shared};
use crate::tls::{Stream, Tls};

/// An idle connection is kept so long.
const KEPT: Duration = Duration::from_secs(30);
/// After an answer that closes, so long is waited for the client to have read it.
const LINGER: Duration = Duration::from_secs(2);

/// What all connections of the server share.
#[derive(Clone)]
pub(crate) struct Door {
    pub(crate) shared: web::Data<Shared>,
    pub(crate) connections: Arc<Connections>,
    pub(crate) stopping: GracefulShutdownSignal,
    pub(crate) tls: Option<Tls>,
}

impl Door {
    /// Counts a connection in and brings it to where HTTP begins.
    async fn let_in(self, stream: TcpStream) -> Result<(Wire, Option<SocketAddr>), DispatchError> {
        let peer = stream.peer_addr().ok();
        let proxies = &self.shared.settings().trusted_proxies;
        let admitted = self
            .connections
            .admit(peer.map(|peer| peer.ip()), proxies, Instant::now());
        // Closed unanswered: an answer would cost what there is too little of.
        let connected = admitted.ok_or(DispatchError::Io(io::ErrorKind::ResourceBusy.into()))?;
        // Small answers should not wait for more.
        let _ = stream.set_nodelay(true);
        let stream = match &self.tls {
            None => Stream::Plain(stream),
            // Who has not said anything yet is no running request.
            Some(tls) => tokio::select! {
                agreed = tls.shake(stream) => agreed.map_err(DispatchError::Io)?,
                () = self.stopping.notified() => return Err(DispatchError::Io(io::ErrorKind::ConnectionAborted.into())),
            },
        };
        Ok((Wire::new(stream, connected), peer))
    }
}

/// For people: the page and the API.
pub(crate) fn people(
    door: Door,
    address: SocketAddr,
) -> impl ServiceFactory<TcpStream, Config = (), Response = (), Error = DispatchError, InitError = ()> {
    let counted = door.shared.clone();
    let app = App::new()
        .app_data(door.shared.clone())
        .configure(http::configure)
        .wrap_fn(move |mut request, next| {
            let line = request.conn_data::<Line>().cloned();
            let has_body = request.headers().contains_key("transfer-encoding")
                || request.headers().get("content-length").is_some_and(|len| len != "0");
            let answering = line.as_ref().map(|line| line.begin(has_body));
            let shared = counted.clone();
            let settings = shared.settings();
            let is_last = line.is_some_and(|line| line.has_made(settings.requests_per_connection));
            let hardening = http::Hardening::of(&settings, request.headers());
            let refused = http::head_is_too_large(request.uri().to_string().len(), request.headers());
            let led = http::enter(&mut request, &settings.path_prefix);
            let (method, path) = (request.method().clone(), request.path().to_owned());
            let request_or_answer = if refused {
                let answer = Failure::new(Code::HeadersTooLarge).error_response();
                Err(request.into_response(answer))
            } else if let Some(answer) = led {
                Err(request.into_response(answer))
            } else {
                Ok(next.call(request))
            };
            async move {
                let mut response = match request_or_answer {
                    Ok(answer) => answer.await?,
                    Err(answer) => answer,
                };
                shared.metrics().answered(&method, &path, response.status());
                http::harden(&path, response.headers_mut(), hardening);
                if is_last {
                    response
                        .response_mut()
                        .head_mut()
                        .set_connection_type(ConnectionType::Close);
                }
                Ok::<_, Error>(response.map_body(|_, body| http::Held::new(body, answering)))
            }
        })
        .into_factory()
        .map_err(|error: Error| error.error_response());
    let stopping = door.stopping.clone();
    let http = HttpService::<Wire, _, _>::build()
        .graceful_shutdown_signal(move || {
            let stopping = stopping.clone();
            async move { stopping.notified().await }
        })
        .keep_alive(KeepAlive::Timeout(KEPT))
        .client_request_timeout(HEAD)
        .client_disconnect_timeout(LINGER)
        .local_addr(address)
        .on_connect_ext(|wire: &Wire, data| {
            data.insert(wire.line());
        })
        .h1(map_config(app, |()| AppConfig::default()));
    fn_service(move |stream: TcpStream| door.clone().let_in(stream)).and_then(http)
}

/// For those who come without TLS to a server that has it: where to go, and nothing else.
pub(crate) fn redirect(
    door: Door,
) -> impl ServiceFactory<TcpStream, Config = (), Response = (), Error = DispatchError, InitError = ()> {
    let app = App::new()
        .app_data(door.shared.clone())
        .configure(http::configure_redirect)
        .wrap_fn(|request, next| {
            let line = request.conn_data::<Line>().cloned();
            let answering = line.as_ref().map(|line| line.begin(false));
            let answer = next.call(request);
            async move {
                let mut response = answer.await?;
                http::harden("/", response.headers_mut(), http::Hardening::default());
                // One request is all that there is to say here.
                response
                    .response_mut()
                    .head_mut()
                    .set_connection_type(ConnectionType::Close);
                Ok::<_, Error>(response.map_body(|_, body| http::Held::new(body, answering)))
            }
        })
        .into_factory()
        .map_err(|error: Error| error.error_response());
    let http = HttpService::<Wire, _, _>::build()
        .keep_alive(KeepAlive::Disabled)
        .client_request_timeout(HEAD)
        .client_disconnect_timeout(LINGER)
        .on_connect_ext(|wire: &Wire, data| {
            data.insert(wire.line());
        })
        .h1(map_config(app, |()| AppConfig::default()));
    fn_service(move |stream: TcpStream| door.clone().let_in(stream)).and_then(http)
}

/// For Prometheus: one path, no page.
pub(crate) fn metrics(
    shared: web::Data<Shared>,
) -> impl ServiceFactory<TcpStream, Config = (), Response = (), Error = DispatchError, InitError = ()> {
    let app = App::new()
        .app_data(shared)
        .configure(http::configure_metrics)
        .wrap_fn(|request, next| {
            let answer = next.call(request);
            async move {
                let mut response = answer.await?;
                http::harden("/metrics", response.headers_mut(), http::Hardening::default());
                Ok::<_, Error>(response)
            }
        })
        .into_factory()
        .map_err(|error: Error| error.error_response());
    let http = HttpService::<TcpStream, _, _>::build()
        .keep_alive(KeepAlive::Timeout(KEPT))
        .client_request_timeout(HEAD)
        .client_disconnect_timeout(LINGER)
        .h1(map_config(app, |()| AppConfig::default()));
    fn_service(|io: TcpStream| {
        let peer = io.peer_addr().ok();
        ready(Ok((io, peer)))
    })
    .and_then(http)
}
