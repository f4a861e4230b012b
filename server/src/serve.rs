//! Brings the server up, keeps it running, and takes it down: running requests finish, then the store closes.

use std::future::ready;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::time::Duration;

use actix_http::{HttpService, KeepAlive};
use actix_service::{IntoServiceFactory as _, ServiceFactoryExt as _, fn_service, map_config};
use actix_web::dev::{AppConfig, Service as _};
use actix_web::rt::net::TcpStream;
use actix_web::{App, Error, ResponseError as _, web};
use satchel_api::Code;
use tokio::signal::unix::{SignalKind, signal};

use crate::config::Settings;
use crate::disk;
use crate::http::wire::{HEAD, Line, Wire};
use crate::http::{self, Failure, Shared, Throttle};
use crate::report::{self, Event};
use crate::store::{self, OpenError, Store, SystemRandom};

/// An idle connection is kept so long.
const KEPT: Duration = Duration::from_secs(30);
/// After an answer that closes, so long is waited for the client to have read it.
const LINGER: Duration = Duration::from_secs(2);
/// Running requests may finish within this; all of the stop takes 5 s at most.
const STOP_SECS: u64 = 4;
const SWEEP: Duration = Duration::from_secs(20);

/// Why the server does not run. Each is a sentence.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {reason}")]
    Listen {
        /// Which.
        address: SocketAddr,
        /// Why.
        reason: String,
    },
    /// The data folder cannot be used.
    #[error("the data folder {folder} cannot be used: {source}")]
    Open {
        /// Which.
        folder: PathBuf,
        /// Why.
        source: OpenError,
    },
    /// The runtime failed.
    #[error("the server failed: {0}")]
    Io(#[from] io::Error),
}

/// Serves until SIGTERM or SIGINT.
///
/// # Errors
/// [`ServeError`].
pub fn serve(settings: Settings) -> Result<(), ServeError> {
    let listener = listen(settings.listen)?;
    let store = open(&settings, false)?;
    let address = listener.local_addr()?;
    if let Some(doubt) = disk::doubt(settings.shred_keys.as_deref().unwrap_or(&settings.data)) {
        report::say(Event::Disk(doubt));
    }
    if store.health().clock_held {
        report::say(Event::ClockHeld);
    }
    let done = actix_web::rt::System::new().block_on(run(settings, store.clone(), listener, address));
    store.close();
    report::say(Event::Stopped);
    Ok(done?)
}

/// Takes the wall clock as right, whatever the last mark says, and destroys what it expires.
///
/// # Errors
/// [`ServeError::Open`], [`ServeError::Io`] when what expired could not be destroyed.
pub fn accept_clock(settings: &Settings) -> Result<(), ServeError> {
    let store = open(settings, true)?;
    let swept = actix_web::rt::System::new().block_on(store.sweep());
    store.close();
    swept.map_err(|error| ServeError::Io(io::Error::other(error)))
}

fn listen(address: SocketAddr) -> Result<TcpListener, ServeError> {
    TcpListener::bind(address).map_err(|error| ServeError::Listen {
        address,
        reason: match error.kind() {
            io::ErrorKind::AddrInUse => "the port is in use by another program".to_owned(),
            io::ErrorKind::PermissionDenied => "this needs more rights than the server has".to_owned(),
            io::ErrorKind::AddrNotAvailable => "this machine does not have that address".to_owned(),
            _ => error.to_string(),
        },
    })
}

fn open(settings: &Settings, accept_clock: bool) -> Result<Store, ServeError> {
    let options = store::Options {
        slots: settings.shred_keys.clone(),
        bytes_max: settings.storage_bytes_max,
        items_max: settings.items_max,
        downtime_secs_max: settings.downtime_secs_max,
        accept_clock,
        ..store::Options::new(settings.data.clone())
    };
    // The writer thread and the blocking readers want a runtime around them.
    let system = actix_web::rt::System::new();
    system
        .block_on(async { Store::open(options) })
        .map_err(|source| ServeError::Open {
            folder: settings.data.clone(),
            source,
        })
}

async fn run(settings: Settings, store: Store, listener: TcpListener, address: SocketAddr) -> io::Result<()> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let workers = settings.workers;
    let shared = web::Data::new(Shared::new(
        store.clone(),
        settings,
        Throttle::with_random(SystemRandom),
    ));
    let mut builder = actix_server::Server::build()
        .workers(workers)
        .shutdown_timeout(STOP_SECS)
        .disable_signals();
    let stopping = builder.graceful_shutdown_signal();
    builder = builder.listen("satchel", listener, move || {
        connection(shared.clone(), stopping.clone(), address)
    })?;
    let server = builder.run();
    let handle = server.handle();
    report::ready(&format!("http://{address}"));
    let sweeper = actix_web::rt::spawn(sweep(store));
    actix_web::rt::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        report::say(Event::Stopping);
        handle.stop(true).await;
    });
    let done = server.await;
    sweeper.abort();
    done
}

async fn sweep(store: Store) {
    let mut tick = tokio::time::interval(SWEEP);
    loop {
        tick.tick().await;
        if store.sweep().await.is_err() {
            report::say(Event::SweepFailed);
        }
    }
}

/// What handles one accepted connection: actix-http's HTTP/1 over a [`Wire`], the application on top.
fn connection(
    shared: web::Data<Shared>,
    stopping: actix_server::GracefulShutdownSignal,
    address: SocketAddr,
) -> impl actix_service::ServiceFactory<
    TcpStream,
    Config = (),
    Response = (),
    Error = actix_http::error::DispatchError,
    InitError = (),
> {
    let hardening = shared.hardening();
    let app = App::new()
        .app_data(shared)
        .configure(http::configure)
        .wrap_fn(move |request, next| {
            let line = request.conn_data::<Line>().cloned();
            let has_body = request.headers().contains_key("transfer-encoding")
                || request.headers().get("content-length").is_some_and(|len| len != "0");
            let answering = line.map(|line| line.begin(has_body));
            let path = request.path().to_owned();
            let refused = http::head_is_too_large(request.uri().to_string().len(), request.headers());
            let request_or_answer = if refused {
                let answer = Failure::new(Code::HeadersTooLarge).error_response();
                Err(request.into_response(answer))
            } else {
                Ok(next.call(request))
            };
            async move {
                let mut response = match request_or_answer {
                    Ok(answer) => answer.await?,
                    Err(answer) => answer,
                };
                http::harden(&path, response.headers_mut(), hardening);
                Ok::<_, Error>(response.map_body(|_, body| http::Held::new(body, answering)))
            }
        })
        .into_factory()
        .map_err(|error: Error| error.error_response());
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
    fn_service(|io: TcpStream| {
        let peer = io.peer_addr().ok();
        // Small answers should not wait for more.
        let _ = io.set_nodelay(true);
        ready(Ok((Wire::new(io), peer)))
    })
    .and_then(http)
}
