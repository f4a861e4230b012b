//! What a reload changes, and what takes a restart.

use std::path::Path;

use super::Settings;

/// The settings to go on with, and the options whose change takes a restart.
#[must_use]
pub fn reload(running: &Settings, asked: Settings) -> (Settings, Vec<&'static str>) {
    let fixed = [
        ("--listen", asked.listen != running.listen),
        ("--tls-cert", paths(&asked).0 != paths(running).0),
        ("--tls-key", paths(&asked).1 != paths(running).1),
        ("--redirect-listen", asked.redirect_listen != running.redirect_listen),
        ("--onion-listen", asked.onion_listen != running.onion_listen),
        ("--data", asked.data != running.data),
        ("--shred-keys", asked.shred_keys != running.shred_keys),
        ("--strict", asked.strict != running.strict),
        ("--connections-max", asked.connections_max != running.connections_max),
        ("--workers", asked.workers != running.workers),
        ("--max-downtime", asked.downtime_secs_max != running.downtime_secs_max),
        ("--metrics", asked.metrics != running.metrics),
    ];
    let changed = fixed.into_iter().filter(|(_, changed)| *changed);
    let settings = Settings {
        listen: running.listen,
        tls: running.tls.clone(),
        redirect_listen: running.redirect_listen,
        onion_listen: running.onion_listen,
        data: running.data.clone(),
        shred_keys: running.shred_keys.clone(),
        strict: running.strict,
        connections_max: running.connections_max,
        workers: running.workers,
        downtime_secs_max: running.downtime_secs_max,
        metrics: running.metrics,
        ..asked
    };
    (settings, changed.map(|(option, _)| option).collect())
}

fn paths(settings: &Settings) -> (Option<&Path>, Option<&Path>) {
    let files = settings.tls.as_ref();
    (files.map(|files| &*files.cert), files.map(|files| &*files.key))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Bytes, Options, load};

    fn settings(options: Options) -> Settings {
        load(options, None).unwrap()
    }

    #[test]
    fn limits_change_and_what_the_server_stands_on_does_not() {
        let running = settings(Options::default());
        let asked = settings(Options {
            listen: Some("127.0.0.1:1".parse().unwrap()),
            workers: Some(7),
            strict: Some(true),
            size_max: Some(Bytes(5)),
            base_url: Some("https://example.org/box".to_owned()),
            ..Options::default()
        });
        let (settings, restart) = reload(&running, asked.clone());
        assert_eq!(restart, ["--listen", "--strict", "--workers"]);
        assert_eq!(
            (settings.size_bytes_max, settings.path_prefix.as_str(), settings.hsts),
            (5, "/box", true)
        );
        assert_eq!((settings.listen, settings.workers), (running.listen, running.workers));
        assert_eq!(reload(&asked, asked.clone()), (asked, vec![]));
    }
}
