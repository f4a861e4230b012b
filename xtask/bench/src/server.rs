//! Creates, claims, contents and burn cycles a second over kept connections, every acknowledgement durable, beside what SQLite reaches alone.

use std::path::Path;

use crate::load::{self, Until};
use crate::paste::{self, Keys};
use crate::rounds::Rounds;
use crate::serving::Server;
use crate::shelf::{Leases, OnePaste, Shelf};
use crate::sqlite::{self, Work};
use crate::table::Table;
use crate::{Options, Trouble};

const SIZES: [(usize, &str); 2] = [(1 << 10, "1 KiB"), (100 << 10, "100 KiB")];
const CONNECTIONS: [u32; 3] = [1, 16, 64];

/// What the rows of one round share.
struct Round<'a> {
    options: &'a Options,
    server: &'a Server,
    rounds: &'a mut Rounds,
}

/// Every size at every number of connections, as often as there are runs, each on a new server.
pub(crate) fn measure(options: &Options, table: &mut Table) -> Result<(), Trouble> {
    let mut rounds = Rounds::default();
    for run in 1..=options.runs {
        eprintln!("bench: server, round {run} of {}", options.runs);
        let folder = tempfile::tempdir_in(&options.disk)?;
        limits(options, folder.path(), &mut rounds)?;
        let server = Server::start(&options.server, &folder.path().join("data"))?;
        rounds.add(
            "first answer",
            (server.first_answer.as_secs_f64() * 1e3, "ms"),
            None,
            None,
        );
        rounds.add("idle memory", (server.memory(), "MiB"), None, None);
        let mut round = Round {
            options,
            server: &server,
            rounds: &mut rounds,
        };
        for connections in CONNECTIONS {
            round.row(connections, "answer /api/v1/config", None, &paste::answer_config)?;
        }
        for (len, size) in SIZES {
            let body = paste::noise(len)?;
            let shelf = Shelf::fill(&server.host, &body)?;
            for connections in CONNECTIONS {
                round.writes(connections, size, &body)?;
                round.reads(connections, size, &body, &shelf)?;
            }
        }
        rounds.add("peak memory", (server.peak_memory(), "MiB"), None, None);
    }
    rounds.tell("server", table);
    Ok(())
}

/// What SQLite alone reaches: what as many connections could share of its commits.
fn limits(options: &Options, folder: &Path, rounds: &mut Rounds) -> Result<(), Trouble> {
    for (len, size) in SIZES {
        for (work, name) in [(Work::Create, "create"), (Work::BurnCycle, "burn cycle")] {
            for rows_each in CONNECTIONS {
                let what = limit_of(name, size, rows_each);
                if options.wants_row(&what) {
                    let rows = sqlite::rows_per_second(folder, len, work, rows_each, options.time)?;
                    rounds.add(&what, (rows, "/s"), None, None);
                }
            }
        }
    }
    Ok(())
}

/// One connection waits for each answer, so that nothing can share its commit.
fn limit_of(work: &str, size: &str, connections: u32) -> String {
    format!("SQLite {work} {size}, groups of {connections}")
}

impl Round<'_> {
    fn writes(&mut self, connections: u32, size: &str, body: &[u8]) -> Result<(), Trouble> {
        let limit = |work: &str| Some(limit_of(work, size, connections));
        let what = format!("create {size}");
        self.row(connections, &what, limit("create"), &|connection| {
            paste::create(connection, &Keys::generate()?, 1, body)
        })?;
        let what = format!("burn cycle {size}");
        self.row(connections, &what, limit("burn cycle"), &|connection| {
            let (keys, lease) = (Keys::generate()?, paste::random()?);
            paste::create(connection, &keys, 1, body)?;
            paste::claim(connection, &keys, &lease, body.len())?;
            paste::confirm(connection, &keys, &lease)
        })
    }

    fn reads(&mut self, connections: u32, size: &str, body: &[u8], shelf: &Shelf) -> Result<(), Trouble> {
        let limit = || Some(limit_of("create", size, connections));
        let one = OnePaste::make(&self.server.host, body)?;
        let what = format!("claim {size}, one paste");
        self.row(connections, &what, limit(), &|connection| {
            let keys = one.next(connection, body)?;
            paste::claim(connection, &keys, &paste::random()?, body.len())
        })?;
        let what = format!("claim {size}, {} pastes", shelf.len());
        self.row(connections, &what, limit(), &|connection| {
            paste::claim(connection, shelf.next(), &paste::random()?, body.len())
        })?;
        let what = format!("content {size} at {connections}");
        if !self.options.wants_row(&what) {
            return Ok(());
        }
        // A lease serves its content a few times only, so there have to be many.
        let leases = Leases::take(&self.server.host, shelf, body.len())?;
        let reached = load::run(
            &self.server.host,
            connections as usize,
            Until::Done,
            &|connection| match leases.next() {
                Some((keys, lease)) => paste::content(connection, keys, lease, body.len()).map(|()| true),
                None => Ok(false),
            },
        )?;
        leases.give_back(&self.server.host)?;
        let answer = format!("answer /api/v1/config at {connections}");
        let (rate, p99) = ((reached.per_second, "/s"), Some(reached.p99_ms));
        self.rounds.add(&what, rate, p99, Some(answer));
        Ok(())
    }

    /// One row: many connections do `work` as often as they can for a while.
    fn row(
        &mut self,
        connections: u32,
        what: &str,
        limit: Option<String>,
        work: &(dyn Fn(&mut crate::http::Connection) -> Result<(), Trouble> + Sync),
    ) -> Result<(), Trouble> {
        let what = format!("{what} at {connections}");
        if !self.options.wants_row(&what) {
            return Ok(());
        }
        let until = Until::Time(self.options.time);
        let reached = load::run(&self.server.host, connections as usize, until, &|connection| {
            work(connection).map(|()| true)
        })?;
        let rate = (reached.per_second, "/s");
        self.rounds.add(&what, rate, Some(reached.p99_ms), limit);
        Ok(())
    }
}
