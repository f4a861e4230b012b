//! Many connections that each send their next request when they have the answer to the last.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::Trouble;
use crate::http::Connection;

/// How long a load lasts: a time, or until there is nothing more to do.
#[derive(Clone, Copy)]
pub(crate) enum Until {
    Time(Duration),
    Done,
}

/// What a load reached.
pub(crate) struct Reached {
    pub(crate) per_second: f64,
    pub(crate) p99_ms: f64,
}

/// Does `work` over so many connections at once; false ends a connection's share.
pub(crate) fn run(
    host: &str,
    connections: usize,
    until: Until,
    work: &(dyn Fn(&mut Connection) -> Result<bool, Trouble> + Sync),
) -> Result<Reached, Trouble> {
    let stop = AtomicBool::new(false);
    let begun = Instant::now();
    let mut times: Vec<Duration> = std::thread::scope(|scope| {
        let running: Vec<_> = (0..connections)
            .map(|_| scope.spawn(|| one(host, &stop, work)))
            .collect();
        if let Until::Time(time) = until {
            std::thread::sleep(time);
            stop.store(true, Ordering::Relaxed);
        }
        let mut all = Vec::new();
        for thread in running {
            all.extend(thread.join().map_err(|_| "a connection's thread died")??);
        }
        Ok::<_, Trouble>(all)
    })?;
    let seconds = begun.elapsed().as_secs_f64();
    times.sort();
    let p99 = times.get(times.len() * 99 / 100).copied().unwrap_or_default();
    Ok(Reached {
        per_second: f64::from(u32::try_from(times.len())?) / seconds,
        p99_ms: p99.as_secs_f64() * 1e3,
    })
}

fn one(
    host: &str,
    stop: &AtomicBool,
    work: &(dyn Fn(&mut Connection) -> Result<bool, Trouble> + Sync),
) -> Result<Vec<Duration>, Trouble> {
    let mut connection = Connection::open(host)?;
    let mut times = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        let begun = Instant::now();
        if !work(&mut connection)? {
            break;
        }
        times.push(begun.elapsed());
    }
    Ok(times)
}
