//! Prometheus metrics: sums alone, and so coarse that watching them tells nobody's moment.
//!
//! Whoever scrapes, or seizes what was scraped, must not see one person's paste come or go. So what people do is published once an
//! hour, by the server's own timer and not by who asks, and in tens. What concerns the machine alone is as it is. No label but the kind of
//! an event, no time, no size: docs/decisions/0011-metrics.md.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use actix_web::http::{Method, StatusCode};
use satchel_api::route;

/// Counts are rounded down to a multiple of this.
const GRAIN: u64 = 10;

/// What people do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Deed {
    Created,
    Claimed,
    WrongPassphrase,
    BurnedOnDemand,
    RefusedForRoom,
    RefusedForRate,
}

const DEEDS: [(Deed, &str); 6] = [
    (Deed::Created, "created"),
    (Deed::Claimed, "claimed"),
    (Deed::WrongPassphrase, "wrong_passphrase"),
    (Deed::BurnedOnDemand, "burned_on_demand"),
    (Deed::RefusedForRoom, "refused_for_room"),
    (Deed::RefusedForRate, "refused_for_rate"),
];

/// How much there is, at the hour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Level {
    pub(crate) items: u64,
    pub(crate) bytes: u64,
    pub(crate) bytes_max: u64,
}

/// What concerns the machine: as it is now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Machine {
    pub(crate) ok: bool,
    pub(crate) clock_held: bool,
    pub(crate) damaged: u64,
}

/// The counters, and what of them is published.
#[derive(Default)]
pub(crate) struct Metrics {
    deeds: [AtomicU64; DEEDS.len()],
    failures: AtomicU64,
    sweeps_failed: AtomicU64,
    published: Mutex<Option<Published>>,
}

#[derive(Clone, Copy)]
struct Published {
    hour: u64,
    deeds: [u64; DEEDS.len()],
    level: Level,
}

impl Metrics {
    /// An answer went out.
    pub(crate) fn answered(&self, method: &Method, path: &str, status: StatusCode) {
        if status == StatusCode::INTERNAL_SERVER_ERROR {
            self.failures.fetch_add(1, Ordering::Relaxed);
        }
        if let Some(deed) = deed(method, path, status) {
            let at = DEEDS.iter().position(|(one, _)| *one == deed);
            if let Some(count) = at.and_then(|at| self.deeds.get(at)) {
                count.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    /// The sweep could not write.
    pub(crate) fn sweep_failed(&self) {
        self.sweeps_failed.fetch_add(1, Ordering::Relaxed);
    }

    /// Publishes, when an hour has begun since the last time. Called by a timer, never by who asks: else they would choose the moment.
    pub(crate) fn turn(&self, hour: u64, level: impl FnOnce() -> Level) {
        let mut published = self.published.lock().unwrap_or_else(PoisonError::into_inner);
        if published.as_ref().is_none_or(|last| last.hour != hour) {
            let deeds = std::array::from_fn(|at| self.deeds[at].load(Ordering::Relaxed) / GRAIN * GRAIN);
            *published = Some(Published {
                hour,
                deeds,
                level: level(),
            });
        }
    }

    /// The text format of Prometheus, version 0.0.4.
    pub(crate) fn text(&self, machine: Machine) -> String {
        let mut text = String::new();
        let mut put = |name: &str, kind: &str, help: &str, value: u64| {
            let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}\n{name} {value}");
        };
        put(
            "satchel_ok",
            "gauge",
            "The last write and the last read went well.",
            machine.ok.into(),
        );
        put(
            "satchel_clock_held",
            "gauge",
            "A clock jump is held.",
            machine.clock_held.into(),
        );
        put(
            "satchel_damaged_items",
            "gauge",
            "Items found damaged since the start.",
            machine.damaged,
        );
        let failures = self.failures.load(Ordering::Relaxed);
        put(
            "satchel_failures_total",
            "counter",
            "Requests that failed inside the server.",
            failures,
        );
        let sweeps = self.sweeps_failed.load(Ordering::Relaxed);
        put(
            "satchel_sweeps_failed_total",
            "counter",
            "Sweeps that could not write.",
            sweeps,
        );
        let published = *self.published.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(published) = published {
            published.put(&mut text);
        }
        text
    }
}

impl Published {
    fn put(&self, text: &mut String) {
        let mut gauge = |name: &str, help: &str, value: u64| {
            let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} gauge\n{name} {value}");
        };
        let items = self.level.items / GRAIN * GRAIN;
        gauge("satchel_pastes", "Pastes that live, at the hour, in tens.", items);
        let percent = self.level.bytes.saturating_mul(100) / self.level.bytes_max.max(1);
        gauge("satchel_storage_percent", "Of --storage-max, at the hour.", percent);
        let name = "satchel_deeds_total";
        let _ = writeln!(
            text,
            "# HELP {name} What was done, up to the hour, in tens.\n# TYPE {name} counter"
        );
        for ((_, word), count) in DEEDS.iter().zip(self.deeds) {
            let _ = writeln!(text, "{name}{{deed=\"{word}\"}} {count}");
        }
    }
}

/// What an answer says was done. A path is looked at by its end alone.
fn deed(method: &Method, path: &str, status: StatusCode) -> Option<Deed> {
    let rest = path
        .strip_prefix(route::PASTES)
        .or_else(|| path.strip_prefix(route::DOCUMENTS))?;
    Some(match (status.as_u16(), method, rest) {
        (201, &Method::POST, "") => Deed::Created,
        (200, &Method::POST, rest) if rest.ends_with("/claim") => Deed::Claimed,
        (403, _, rest) if rest.ends_with("/claim") => Deed::WrongPassphrase,
        (204, &Method::DELETE, _) => Deed::BurnedOnDemand,
        (507, ..) => Deed::RefusedForRoom,
        (429, _, "") => Deed::RefusedForRate,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(metrics: &Metrics, name: &str) -> u64 {
        let text = metrics.text(Machine::default());
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.unwrap().parse().unwrap()
    }

    fn create(metrics: &Metrics, times: usize) {
        for _ in 0..times {
            metrics.answered(&Method::POST, "/api/v1/pastes", StatusCode::CREATED);
        }
    }

    const CREATED: &str = "satchel_deeds_total{deed=\"created\"}";

    #[test]
    fn what_people_do_shows_at_the_hour_and_in_tens() {
        let metrics = Metrics::default();
        metrics.turn(3600, Level::default);
        create(&metrics, 19);
        metrics.turn(3600, || panic!("not within the hour"));
        assert_eq!(value(&metrics, CREATED), 0);
        let level = Level {
            items: 19,
            bytes: 1 << 30,
            bytes_max: 10 << 30,
        };
        metrics.turn(7200, || level);
        assert_eq!((value(&metrics, CREATED), value(&metrics, "satchel_pastes")), (10, 10));
        assert_eq!(value(&metrics, "satchel_storage_percent"), 10);
    }

    #[test]
    fn nobody_who_scrapes_chooses_when_it_is_published() {
        let metrics = Metrics::default();
        metrics.turn(3600, Level::default);
        let before = metrics.text(Machine::default());
        create(&metrics, 500);
        assert_eq!(metrics.text(Machine::default()), before);
    }

    #[test]
    fn what_concerns_the_machine_shows_at_once() {
        let metrics = Metrics::default();
        metrics.answered(&Method::GET, "/", StatusCode::INTERNAL_SERVER_ERROR);
        metrics.sweep_failed();
        assert_eq!(value(&metrics, "satchel_failures_total"), 1);
        assert_eq!(value(&metrics, "satchel_sweeps_failed_total"), 1);
        let text = metrics.text(Machine {
            ok: true,
            clock_held: true,
            damaged: 3,
        });
        assert!(text.contains("satchel_ok 1\n") && text.contains("satchel_clock_held 1\n"));
        assert!(text.contains("satchel_damaged_items 3\n"));
    }

    #[test]
    fn each_deed_is_told_by_its_route_and_status() {
        let of = |method, path, status| deed(&method, path, StatusCode::from_u16(status).unwrap());
        let claim = "/api/v1/pastes/AAAAAAAAAAAAAAAAAAAAAA/claim";
        assert_eq!(of(Method::POST, claim, 200), Some(Deed::Claimed));
        assert_eq!(of(Method::POST, claim, 403), Some(Deed::WrongPassphrase));
        assert_eq!(of(Method::POST, claim, 404), None);
        assert_eq!(of(Method::DELETE, "/api/v1/pastes/A", 204), Some(Deed::BurnedOnDemand));
        assert_eq!(of(Method::PATCH, "/api/v1/pastes/A", 507), Some(Deed::RefusedForRoom));
        assert_eq!(of(Method::POST, "/api/v1/pastes", 429), Some(Deed::RefusedForRate));
        assert_eq!(of(Method::POST, "/api/v1/documents", 201), Some(Deed::Created));
        assert_eq!(
            of(Method::DELETE, "/api/v1/documents/A/links/3", 204),
            Some(Deed::BurnedOnDemand)
        );
        assert_eq!(of(Method::GET, "/claim", 200), None);
    }
}
