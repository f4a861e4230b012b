//! systemd's side of the house: sockets that it hands over, and what it wants to be told. Nothing happens where it is not there.

use std::io;
use std::net::TcpListener;
use std::time::Duration;

use sd_notify::NotifyState;

/// The sockets of `LISTEN_FDS`, in their order: the first is listened on for people, the second for metrics.
pub(crate) struct Passed(listenfd::ListenFd);

impl Passed {
    /// What was handed to this very process.
    pub(crate) fn take() -> Self {
        Self(listenfd::ListenFd::from_env())
    }

    /// A TCP listener, if so many were handed over.
    pub(crate) fn listener(&mut self, number: usize) -> io::Result<Option<TcpListener>> {
        if number < self.0.len() {
            self.0.take_tcp_listener(number)
        } else {
            Ok(None)
        }
    }
}

/// Requests are answered from now on; also after a reload.
pub(crate) fn ready() {
    tell(&[NotifyState::Ready]);
}

/// No more requests are taken.
pub(crate) fn stopping() {
    tell(&[NotifyState::Stopping]);
}

/// The configuration is read again; [`ready`] follows.
pub(crate) fn reloading() {
    if let Ok(now) = NotifyState::monotonic_usec_now() {
        tell(&[NotifyState::Reloading, now]);
    }
}

/// It goes on.
pub(crate) fn alive() {
    tell(&[NotifyState::Watchdog]);
}

/// How often it wants to hear that; twice as often as it waits.
pub(crate) fn watchdog() -> Option<Duration> {
    sd_notify::watchdog_enabled().map(|longest| longest / 2)
}

fn tell(state: &[NotifyState<'_>]) {
    // Whoever does not listen has no need of it.
    let _ = sd_notify::notify(state);
}
