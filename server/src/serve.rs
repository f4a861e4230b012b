//! Brings the server up, keeps it running, and takes it down: running requests finish, then the store closes.

use std::future::ready;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_http::error::DispatchError;
use actix_http::{ConnectionType, HttpService, KeepAlive};
use actix_service::{IntoServiceFactory as _, ServiceFactoryExt as _, fn_service, map_config};
use actix_web::dev::{AppConfig, Service as _};
use actix_web::rt::net::TcpStream;
use actix_web::{App, Error, ResponseError as _, web};
use satchel_api::Code;
use tokio::signal::unix::{SignalKind, signal};

use crate::config::{Settings, ShredKeys, Source};
use crate::control;
use crate::doctor::{self, Finding};
use crate::duties::{Pulse, keep_watchdog, reload_when_told, sweep};
use crate::http::wire::{HEAD, Line, Wire};
use crate::http::{self, Connections, Failure, Gate, Shared};
use crate::report::{self, Event};
use crate::store::{self, OpenError, Store, SystemRandom};
use crate::supervisor::{self, Passed};

/// An idle connection is kept so long.
const KEPT: Duration = Duration::from_secs(30);
/// After an answer that closes, so long is waited for the client to have read it.
const LINGER: Duration = Duration::from_secs(2);
/// Running requests may finish within this; all of the stop takes 5 s at most.
const STOP_SECS: u64 = 4;
/// Open files that are not connections.
const FILES_KEPT: usize = 64;

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
    /// `--strict`, and the promise does not hold here.
    #[error("--strict: {}", .0.iter().map(|finding| finding.meaning()).collect::<Vec<_>>().join("; and "))]
    Strict(Vec<Finding>),
    /// The runtime failed.
    #[error("the server failed: {0}")]
    Io(#[from] io::Error),
}

/// Serves until SIGTERM or SIGINT.
///
/// # Errors
/// [`ServeError`].
pub fn serve(settings: Settings, source: Source, accept_lost_keys: bool) -> Result<(), ServeError> {
    report::configure(settings.log_format, settings.log_level);
    let mut passed = Passed::take();
    let doubts = doubts(&settings);
    if settings.strict && !doubts.is_empty() {
        return Err(ServeError::Strict(doubts));
    }
    let listeners = Listeners {
        people: match passed.listener(0)? {
            Some(listener) => listener,
            None => listen(settings.listen)?,
        },
        metrics: match passed.listener(1)? {
            Some(listener) => Some(listener),
            None => settings.metrics.map(listen).transpose()?,
        },
    };
    let store = open(
        &settings,
        Opening {
            accept_lost_keys,
            ..Opening::default()
        },
    )?;
    let address = listeners.people.local_addr()?;
    for doubt in doubts {
        report::say(Event::Doubt(doubt));
    }
    if store.health().clock_held {
        report::say(Event::ClockHeld);
    }
    let done = actix_web::rt::System::new().block_on(run(settings, source, store.clone(), listeners, address));
    store.close();
    report::say(Event::Stopped);
    Ok(done?)
}

/// What is listened on.
struct Listeners {
    people: TcpListener,
    metrics: Option<TcpListener>,
}

/// Takes the wall clock as right, whatever the last mark says, and destroys what it expires.
///
/// # Errors
/// [`ServeError::Open`], [`ServeError::Io`] when what expired could not be destroyed.
pub fn accept_clock(settings: &Settings) -> Result<(), ServeError> {
    let store = open(
        settings,
        Opening {
            accept_clock: true,
            ..Opening::default()
        },
    )?;
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

/// What makes "burned means gone" doubtful here.
fn doubts(settings: &Settings) -> Vec<Finding> {
    let mut found = doctor::judge(&doctor::look_at_machine(settings));
    found.retain(|finding| finding.breaks_burning());
    found
}

/// What an operator takes upon themselves.
#[derive(Clone, Copy, Default)]
pub(crate) struct Opening {
    accept_clock: bool,
    accept_lost_keys: bool,
}

pub(crate) fn open(settings: &Settings, opening: Opening) -> Result<Store, ServeError> {
    let Opening {
        accept_clock,
        accept_lost_keys,
    } = opening;
    let options = store::Options {
        slots: match &settings.shred_keys {
            ShredKeys::File(path) => Some(path.clone()),
            ShredKeys::Folder | ShredKeys::Memory => None,
        },
        keys_in_memory: settings.shred_keys == ShredKeys::Memory,
        accept_lost_keys,
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

async fn run(
    settings: Settings,
    source: Source,
    store: Store,
    listeners: Listeners,
    address: SocketAddr,
) -> io::Result<()> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let hangup = signal(SignalKind::hangup())?;
    let control = control::open(&settings.data)?;
    let control = actix_web::rt::spawn(control.serve(store.clone()));
    let workers = settings.workers;
    // Each connection is an open file, and the store has some of its own.
    let files = usize::try_from(crate::open_files_max())
        .unwrap_or(usize::MAX)
        .saturating_sub(FILES_KEPT)
        .max(1);
    let connections = Arc::new(Connections::new(
        usize::try_from(settings.connections_max)
            .unwrap_or(usize::MAX)
            .min(files),
        SystemRandom,
    ));
    let shared = web::Data::new(Shared::new(store.clone(), settings, Gate::with_random(SystemRandom)));
    let mut builder = actix_server::Server::build()
        .workers(workers)
        .shutdown_timeout(STOP_SECS)
        .disable_signals();
    let stopping = builder.graceful_shutdown_signal();
    if let Some(listener) = listeners.metrics {
        let shared = shared.clone();
        builder = builder.listen("metrics", listener, move || metrics_connection(shared.clone()))?;
    }
    let served = shared.clone();
    builder = builder.listen("satchel", listeners.people, move || {
        connection(served.clone(), Arc::clone(&connections), stopping.clone(), address)
    })?;
    let server = builder.run();
    let handle = server.handle();
    report::ready(&format!("http://{address}"));
    supervisor::ready();
    let pulse = Pulse::default();
    let tasks = [
        actix_web::rt::spawn(sweep(store, shared.clone(), pulse.clone())),
        actix_web::rt::spawn(reload_when_told(hangup, source, shared)),
        actix_web::rt::spawn(keep_watchdog(pulse)),
    ];
    actix_web::rt::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        supervisor::stopping();
        report::say(Event::Stopping);
        handle.stop(true).await;
    });
    let done = server.await;
    tasks.iter().for_each(actix_web::rt::task::JoinHandle::abort);
    // Its socket goes with it, once it is off the runtime.
    control.abort();
    let _ = control.await;
    done
}

/// The second listener: one path, no page.
fn metrics_connection(
    shared: web::Data<Shared>,
) -> impl actix_service::ServiceFactory<TcpStream, Config = (), Response = (), Error = DispatchError, InitError = ()> {
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

/// What handles one accepted connection: actix-http's HTTP/1 over a [`Wire`], the application on top.
fn connection(
    shared: web::Data<Shared>,
    connections: Arc<Connections>,
    stopping: actix_server::GracefulShutdownSignal,
    address: SocketAddr,
) -> impl actix_service::ServiceFactory<TcpStream, Config = (), Response = (), Error = DispatchError, InitError = ()> {
    let (counted, asked) = (shared.clone(), shared.clone());
    let app = App::new()
        .app_data(shared)
        .configure(http::configure)
        .wrap_fn(move |request, next| {
            let line = request.conn_data::<Line>().cloned();
            let has_body = request.headers().contains_key("transfer-encoding")
                || request.headers().get("content-length").is_some_and(|len| len != "0");
            let answering = line.as_ref().map(|line| line.begin(has_body));
            let shared = counted.clone();
            let is_last = line.is_some_and(|line| line.has_made(shared.requests_per_connection()));
            let (method, path) = (request.method().clone(), request.path().to_owned());
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
                shared.metrics().answered(&method, &path, response.status());
                http::harden(&path, response.headers_mut(), shared.hardening());
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
    fn_service(move |stream: TcpStream| {
        let peer = stream.peer_addr().ok();
        let settings = asked.settings();
        let admitted = connections.admit(peer.map(|peer| peer.ip()), &settings.trusted_proxies, Instant::now());
        let Some(connected) = admitted else {
            // Closed unanswered: an answer would cost what there is too little of.
            return ready(Err(DispatchError::Io(io::ErrorKind::ResourceBusy.into())));
        };
        // Small answers should not wait for more.
        let _ = stream.set_nodelay(true);
        ready(Ok((Wire::new(stream, connected), peer)))
    })
    .and_then(http)
}
