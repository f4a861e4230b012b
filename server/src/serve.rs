//! Brings the server up, keeps it running, and takes it down: running requests finish, then the store closes.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;

use actix_web::web;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::Notify;

use crate::accept::{self, Door};
use crate::config::{Settings, ShredKeys, Source};
use crate::confine::confine;
use crate::control;
use crate::doctor::{self, Finding};
use crate::duties::{Pulse, keep_watchdog, reload_when_told, sweep};
use crate::http::{Connections, Gate, Shared};
use crate::report::{self, Event};
use crate::storage::Storage;
use crate::store::{self, OpenError, Store, SystemRandom};
use crate::supervisor::{self, Passed};
use crate::tls::{self, PairError, Tls};

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
    /// There is no certificate to serve with.
    #[error(transparent)]
    Tls(#[from] PairError),
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
        redirect: match passed.listener(2)? {
            Some(listener) => Some(listener),
            None => settings.redirect_listen.map(listen).transpose()?,
        },
        onion: settings.onion_listen.map(listen).transpose()?,
    };
    let tls = settings.tls.clone().map(Tls::new).transpose()?;
    // The folder must be there to be within reach.
    store::make_data_folder(&settings.data).map_err(|source| ServeError::Open {
        folder: settings.data.clone(),
        source,
    })?;
    let confined = confine(&settings, source.file.as_deref());
    let store = open(
        &settings,
        Opening {
            accept_lost_keys,
            ..Opening::default()
        },
    )?;
    let address = listeners.people.local_addr()?;
    report::say(Event::Confined(confined));
    for doubt in doubts.into_iter().chain(doctor::judge_certificate(&settings)) {
        report::say(Event::Doubt(doubt));
    }
    if store.health().clock_held {
        report::say(Event::ClockHeld);
    }
    let done = actix_web::rt::System::new().block_on(run(
        settings,
        source,
        Arc::new(store.clone()),
        (listeners, tls),
        address,
    ));
    store.close();
    report::say(Event::Stopped);
    Ok(done?)
}

/// What is listened on.
struct Listeners {
    people: TcpListener,
    metrics: Option<TcpListener>,
    redirect: Option<TcpListener>,
    onion: Option<TcpListener>,
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

pub(crate) fn listen(address: SocketAddr) -> Result<TcpListener, ServeError> {
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
    past_fence: bool,
}

impl Opening {
    /// For the move that put up the fence.
    pub(crate) fn past_fence() -> Self {
        Self {
            past_fence: true,
            ..Self::default()
        }
    }
}

pub(crate) fn open(settings: &Settings, opening: Opening) -> Result<Store, ServeError> {
    let Opening {
        accept_clock,
        accept_lost_keys,
        past_fence,
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
        .block_on(async {
            if past_fence {
                Store::open_past_fence(options)
            } else {
                Store::open(options)
            }
        })
        .map_err(|source| ServeError::Open {
            folder: settings.data.clone(),
            source,
        })
}

async fn run(
    settings: Settings,
    source: Source,
    storage: Arc<dyn Storage>,
    (listeners, tls): (Listeners, Option<Tls>),
    address: SocketAddr,
) -> io::Result<()> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let hangup = signal(SignalKind::hangup())?;
    let control = control::open(&settings.data)?;
    let told_to_stop = Arc::new(Notify::new());
    let control = actix_web::rt::spawn(control.serve(Arc::clone(&storage), Arc::clone(&told_to_stop)));
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
    let shared = web::Data::new(Shared::new(
        Arc::clone(&storage),
        settings,
        Gate::with_random(SystemRandom),
    ));
    let mut builder = actix_server::Server::build()
        .workers(workers)
        .shutdown_timeout(STOP_SECS)
        .disable_signals();
    let door = Door {
        shared: shared.clone(),
        connections,
        stopping: builder.graceful_shutdown_signal(),
        tls: tls.clone(),
    };
    if let Some(listener) = listeners.metrics {
        let shared = shared.clone();
        builder = builder.listen("metrics", listener, move || accept::metrics(shared.clone()))?;
    }
    if let Some(listener) = listeners.redirect {
        let door = Door {
            tls: None,
            ..door.clone()
        };
        builder = builder.listen("redirect", listener, move || accept::redirect(door.clone()))?;
    }
    if let Some(listener) = listeners.onion {
        let address = listener.local_addr()?;
        let door = Door {
            tls: None,
            ..door.clone()
        };
        builder = builder.listen("onion", listener, move || accept::people(door.clone(), address))?;
    }
    builder = builder.listen("satchel", listeners.people, move || {
        accept::people(door.clone(), address)
    })?;
    let server = builder.run();
    let handle = server.handle();
    let scheme = if tls.is_some() { "https" } else { "http" };
    report::ready(&format!("{scheme}://{address}"));
    supervisor::ready();
    let pulse = Pulse::default();
    let mut tasks = vec![
        actix_web::rt::spawn(sweep(storage, shared.clone(), pulse.clone())),
        actix_web::rt::spawn(reload_when_told(hangup, source, shared, tls.clone())),
        actix_web::rt::spawn(keep_watchdog(pulse)),
    ];
    tasks.extend(tls.map(|tls| actix_web::rt::spawn(tls::keep_current(tls))));
    actix_web::rt::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
            () = told_to_stop.notified() => {}
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
