//! What a store with many items costs: time for each operation, memory, room on disk, and the start.

use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use crate::load::{self, Until};
use crate::paste::{self, Keys};
use crate::rounds::Rounds;
use crate::serving::Server;
use crate::table::Table;
use crate::{Options, Trouble};

/// The length of every body.
const BODY_LEN: usize = 1 << 10;
/// Connections of every load.
const CONNECTIONS: usize = 16;
/// A few of the items; and as many again for each step.
const FEW: u64 = 10_000;
/// Where memory and room are looked at.
const SOME: u64 = 100_000;
/// Pastes that are read, spread over all of them.
const READ: usize = 5_000;
/// Reads that each of them allows: more than any load makes.
const READS: u32 = 1000;

/// A store that is being filled.
struct Filling<'a> {
    options: &'a Options,
    body: Vec<u8>,
    items: u64,
    /// Some pastes out of all.
    read: Mutex<Vec<Keys>>,
}

/// Fills a store and looks at it when it has few, some, and all of its items.
pub(crate) fn measure(options: &Options, table: &mut Table) -> Result<(), Trouble> {
    let folder = tempfile::tempdir_in(&options.disk)?;
    let data = folder.path().join("data");
    let mut rounds = Rounds::default();
    let server = Server::start(&options.server, &data)?;
    let mut filling = Filling {
        options,
        body: paste::noise(BODY_LEN)?,
        items: 0,
        read: Mutex::default(),
    };
    filling.fill(&server, FEW)?;
    filling.operations(&server, FEW, None, &mut rounds)?;
    filling.fill(&server, SOME)?;
    rounds.add("memory after 100000 items", (server.memory(), "MiB"), None, None);
    filling.fill(&server, options.items)?;
    filling.operations(&server, options.items, Some(FEW), &mut rounds)?;
    let count = filling.items;
    rounds.add("memory with all items", (server.memory(), "MiB"), None, None);
    server.stop()?;
    let server = Server::start(&options.server, &data)?;
    let what = format!("first answer with {count} items");
    rounds.add(&what, (server.first_answer.as_secs_f64() * 1e3, "ms"), None, None);
    server.stop()?;
    #[expect(clippy::cast_precision_loss, reason = "a count of bytes, told to three places")]
    let each = room(&data)? as f64 / count as f64;
    rounds.add("room on disk for an item of 1 KiB", (each, "bytes"), None, None);
    rounds.tell("many", table);
    Ok(())
}

impl Filling<'_> {
    /// Creates until there are so many.
    fn fill(&mut self, server: &Server, to: u64) -> Result<(), Trouble> {
        let next = AtomicU64::new(self.items);
        let every = (to / u64::try_from(READ)?).max(1);
        let read = Mutex::new(Vec::with_capacity(READ));
        load::run(&server.host, CONNECTIONS, Until::Done, &|connection| {
            let at = next.fetch_add(1, Ordering::Relaxed);
            if at >= to {
                return Ok(false);
            }
            let keys = Keys::generate()?;
            paste::create(connection, &keys, READS, &self.body)?;
            if at.is_multiple_of(every) {
                read.lock().map_err(|_| "another connection failed")?.push(keys);
            }
            Ok(true)
        })?;
        let read = read.into_inner().map_err(|_| "a connection failed")?;
        self.read.lock().map_err(|_| "a connection failed")?.extend(read);
        self.items = self.items.max(to);
        Ok(())
    }

    /// Creates, claims and contents a second, with so many items; against those with `before` items.
    fn operations(
        &mut self,
        server: &Server,
        items: u64,
        before: Option<u64>,
        rounds: &mut Rounds,
    ) -> Result<(), Trouble> {
        let named = |what: &str, items: u64| format!("{what} 1 KiB at 16, {items} items");
        let against = |what: &str| before.map(|before| named(what, before));
        let read = self.read.lock().map_err(|_| "a connection failed")?;
        let turn = AtomicUsize::new(0);
        let next = || &read[turn.fetch_add(1, Ordering::Relaxed) % read.len()];
        for _ in 0..self.options.runs {
            let made = AtomicU64::new(0);
            let until = Until::Time(self.options.time);
            let reached = load::run(&server.host, CONNECTIONS, until, &|connection| {
                paste::create(connection, &Keys::generate()?, 1, &self.body)?;
                made.fetch_add(1, Ordering::Relaxed);
                Ok(true)
            })?;
            self.items += made.into_inner();
            let rate = (reached.per_second, "/s");
            rounds.add(&named("create", items), rate, Some(reached.p99_ms), against("create"));
            let leases = Mutex::new(Vec::new());
            let reached = load::run(&server.host, CONNECTIONS, until, &|connection| {
                let (keys, lease) = (next(), paste::random()?);
                paste::claim(connection, keys, &lease, BODY_LEN)?;
                leases
                    .lock()
                    .map_err(|_| "another connection failed")?
                    .push((keys, lease));
                Ok(true)
            })?;
            let rate = (reached.per_second, "/s");
            rounds.add(&named("claim", items), rate, Some(reached.p99_ms), against("claim"));
            let leases = leases.into_inner().map_err(|_| "a connection failed")?;
            let at = AtomicUsize::new(0);
            let reached = load::run(&server.host, CONNECTIONS, Until::Done, &|connection| match leases
                .get(at.fetch_add(1, Ordering::Relaxed))
            {
                Some((keys, lease)) => paste::content(connection, keys, lease, BODY_LEN).map(|()| true),
                None => Ok(false),
            })?;
            let rate = (reached.per_second, "/s");
            rounds.add(&named("content", items), rate, Some(reached.p99_ms), against("content"));
            let at = AtomicUsize::new(0);
            load::run(&server.host, CONNECTIONS, Until::Done, &|connection| match leases
                .get(at.fetch_add(1, Ordering::Relaxed))
            {
                Some((keys, lease)) => paste::confirm(connection, keys, lease).map(|()| true),
                None => Ok(false),
            })?;
        }
        Ok(())
    }
}

/// Bytes that a folder takes on the disk.
fn room(folder: &Path) -> Result<u64, Trouble> {
    let mut room = 0;
    for entry in std::fs::read_dir(folder)? {
        let (path, about) = {
            let entry = entry?;
            (entry.path(), entry.metadata()?)
        };
        // The system counts in blocks of 512 bytes. What is kept free for a full disk is no item's.
        if about.is_dir() {
            room += self::room(&path)?;
        } else if path.file_name().is_none_or(|name| name != "reserve") {
            room += about.blocks() * 512;
        }
    }
    Ok(room)
}
