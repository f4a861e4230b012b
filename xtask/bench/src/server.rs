//! Creates, reads and burn cycles a second over kept connections, every acknowledgement durable, beside what SQLite reaches alone.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::http::Connection;
use crate::paste::{self, Keys};
use crate::process;
use crate::shelf::{OnePaste, Shelf};
use crate::sqlite::{self, Work};
use crate::table::Table;
use crate::{Options, Trouble};

const SIZES: [(usize, &str); 2] = [(1 << 10, "1 KiB"), (100 << 10, "100 KiB")];
const CONNECTIONS: [usize; 3] = [1, 16, 64];

/// A running server, killed when this goes.
pub(crate) struct Server {
    child: Child,
    pub(crate) host: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What every row of one server shares.
struct Bench<'a> {
    options: &'a Options,
    server: Server,
    table: &'a mut Table,
}

/// Every size at every number of connections.
pub(crate) fn measure(options: &Options, table: &mut Table) -> Result<(), Trouble> {
    let folder = tempfile::tempdir_in(&options.disk)?;
    limits(options, folder.path(), table)?;
    let begun = Instant::now();
    let server = start(&options.server, &folder.path().join("data"))?;
    let first = begun.elapsed().as_millis();
    let idle = f64::from(process::status_kib(server.child.id(), "VmRSS:").unwrap_or(0)) / 1024.0;
    table.add("server", "idle memory", idle, "MiB", format!("ready after {first} ms"));
    let mut bench = Bench { options, server, table };
    for connections in CONNECTIONS {
        bench.row(connections, "answer /api/v1/config", None, &paste::answer_config)?;
    }
    for (len, size) in SIZES {
        let body = paste::noise(len)?;
        let shelf = Shelf::fill(&bench.server.host, &body)?;
        for connections in CONNECTIONS {
            bench.one_size(connections, size, &body, &shelf)?;
        }
    }
    let peak = f64::from(process::status_kib(bench.server.child.id(), "VmHWM:").unwrap_or(0)) / 1024.0;
    bench
        .table
        .add("server", "peak memory", peak, "MiB", "after all of it".to_owned());
    Ok(())
}

/// What SQLite alone reaches: the limit of many connections in groups of 64, that of one connection in commits of one row.
fn limits(options: &Options, folder: &Path, table: &mut Table) -> Result<(), Trouble> {
    for (len, size) in SIZES {
        for (work, name) in [(Work::Create, "create"), (Work::BurnCycle, "burn cycle")] {
            for (connections, rows_each) in [(1, 1), (sqlite::GROUP as usize, sqlite::GROUP)] {
                let rows = sqlite::rows_per_second(folder, len, work, rows_each, options.time)?;
                table.add("server", &limit_of(name, size, connections), rows, "/s", String::new());
            }
        }
    }
    Ok(())
}

/// One connection waits for each answer, so that nothing can share its commit.
fn limit_of(work: &str, size: &str, connections: usize) -> String {
    let how = if connections == 1 { "one by one" } else { "groups of 64" };
    format!("SQLite {work} {size}, {how}")
}

impl Bench<'_> {
    fn one_size(&mut self, connections: usize, size: &str, body: &[u8], shelf: &Shelf) -> Result<(), Trouble> {
        let limit = |work: &str| Some(limit_of(work, size, connections));
        let answer = || Some(format!("answer /api/v1/config at {connections}"));
        self.row(connections, &format!("create {size}"), limit("create"), &|connection| {
            paste::create(connection, &Keys::generate()?, 1, body)
        })?;
        let one = OnePaste::make(&self.server.host, body)?;
        self.row(
            connections,
            &format!("read {size}, one paste"),
            answer(),
            &|connection| {
                let keys = one.next(connection, body)?;
                paste::claim(connection, &keys, &paste::random()?, body.len())
            },
        )?;
        let what = format!("read {size}, {} pastes", shelf.len());
        self.row(connections, &what, answer(), &|connection| {
            paste::claim(connection, shelf.next(), &paste::random()?, body.len())
        })?;
        let what = format!("burn cycle {size}");
        self.row(connections, &what, limit("burn cycle"), &|connection| {
            let (keys, lease) = (Keys::generate()?, paste::random()?);
            paste::create(connection, &keys, 1, body)?;
            paste::claim(connection, &keys, &lease, body.len())?;
            paste::confirm(connection, &keys, &lease)
        })
    }

    /// One row: many threads do `work` as often as they can for a while.
    fn row(
        &mut self,
        connections: usize,
        what: &str,
        limit: Option<String>,
        work: &(dyn Fn(&mut Connection) -> Result<(), Trouble> + Sync),
    ) -> Result<(), Trouble> {
        let stop = AtomicBool::new(false);
        let begun = Instant::now();
        let mut times: Vec<Duration> = std::thread::scope(|scope| {
            let host = self.server.host.as_str();
            let running: Vec<_> = (0..connections)
                .map(|_| scope.spawn(|| one(host, &stop, work)))
                .collect();
            std::thread::sleep(self.options.time);
            stop.store(true, Ordering::Relaxed);
            let mut all = Vec::new();
            for thread in running {
                all.extend(thread.join().map_err(|_| "a connection's thread died")??);
            }
            Ok::<_, Trouble>(all)
        })?;
        let seconds = begun.elapsed().as_secs_f64();
        times.sort();
        let p99 = times.get(times.len() * 99 / 100).copied().unwrap_or_default();
        let done = f64::from(u32::try_from(times.len())?);
        let note = format!("p99 {:.1} ms", p99.as_secs_f64() * 1e3);
        let what = format!("{what} at {connections}");
        self.table.add("server", &what, done / seconds, "/s", note);
        if let Some(limit) = limit {
            self.table.against(&limit);
        }
        Ok(())
    }
}

fn one(
    host: &str,
    stop: &AtomicBool,
    work: &(dyn Fn(&mut Connection) -> Result<(), Trouble> + Sync),
) -> Result<Vec<Duration>, Trouble> {
    let mut connection = Connection::open(host)?;
    let mut times = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        let begun = Instant::now();
        work(&mut connection)?;
        times.push(begun.elapsed());
    }
    Ok(times)
}

fn start(program: &Path, data: &Path) -> Result<Server, Trouble> {
    let mut command = Command::new(program);
    command
        .args([
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--uploads-per-minute",
            "0",
            "--data",
        ])
        .arg(data);
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
    let mut line = String::new();
    let stdout = child.stdout.take().ok_or("the server has no output")?;
    BufReader::new(stdout).read_line(&mut line)?;
    let host = line
        .split("http://")
        .nth(1)
        .and_then(|rest| rest.split(['/', ' ', '\n']).next())
        .map(str::to_owned);
    match host {
        Some(host) => Ok(Server { child, host }),
        None => Err(format!("the server said: {line}").into()),
    }
}
