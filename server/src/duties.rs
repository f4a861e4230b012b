//! What the server does beside answering: it sweeps, tells systemd that it goes on, and reads its configuration again.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::web;
use tokio::signal::unix::Signal;

use crate::config::{self, Source};
use crate::http::Shared;
use crate::lifecycle::hour_of;
use crate::metrics::Level;
use crate::report::{self, Event};
use crate::storage::{Clock as _, Storage, SystemClock};
use crate::supervisor;
use crate::tls::Tls;

const SWEEP: Duration = Duration::from_secs(20);

/// When the store last answered the sweep.
#[derive(Clone)]
pub(crate) struct Pulse(Rc<Cell<Instant>>);

impl Default for Pulse {
    fn default() -> Self {
        Self(Rc::new(Cell::new(Instant::now())))
    }
}

pub(crate) async fn sweep(storage: Arc<dyn Storage>, shared: web::Data<Shared>, pulse: Pulse) {
    let mut tick = tokio::time::interval(SWEEP);
    loop {
        tick.tick().await;
        if storage.sweep().await.is_err() {
            shared.metrics().sweep_failed();
            report::say(Event::SweepFailed);
        }
        pulse.0.set(Instant::now());
        shared.metrics().turn(hour_of(SystemClock.now()), || Level {
            items: storage.totals().items,
            bytes: storage.totals().bytes,
            bytes_max: shared.settings().storage_bytes_max,
        });
    }
}

/// Tells systemd that it goes on, as long as the store answers the sweep: a disk that fails is no reason to start anew, a store that hangs is.
pub(crate) async fn keep_watchdog(pulse: Pulse) {
    let Some(pause) = supervisor::watchdog() else { return };
    let mut tick = tokio::time::interval(pause);
    loop {
        tick.tick().await;
        if pulse.0.get().elapsed() < 3 * SWEEP {
            supervisor::alive();
        }
    }
}

/// SIGHUP: the configuration is read again, and the certificate. What is wrong in either changes nothing.
pub(crate) async fn reload_when_told(mut hangup: Signal, source: Source, shared: web::Data<Shared>, tls: Option<Tls>) {
    while hangup.recv().await.is_some() {
        supervisor::reloading();
        let source = source.clone();
        let asked = tokio::task::spawn_blocking(move || source.read().map_err(|error| error.to_string()));
        match asked.await.unwrap_or_else(|error| Err(error.to_string())) {
            Ok(asked) => {
                let (settings, restart) = config::reload(&shared.settings(), asked);
                report::configure(settings.log_format, settings.log_level);
                shared.set_settings(settings);
                restart
                    .into_iter()
                    .for_each(|option| report::say(Event::NeedsRestart(option)));
                report::say(Event::Reloaded);
            }
            Err(why) => report::say(Event::ReloadRefused(why)),
        }
        if let Some(tls) = &tls {
            tls.renew().await;
        }
        supervisor::ready();
    }
}
