//! What a backup costs with many items that are kept: all of it, and after one item in a hundred changed; and what claims notice of it.

use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::load::{self, Until};
use crate::paste::{self, Keys};
use crate::rounds::Rounds;
use crate::serving::Server;
use crate::table::Table;
use crate::{Options, Trouble};

/// The length of every body.
const BODY_LEN: usize = 4 << 10;
const CONNECTIONS: usize = 16;
/// How often the command's memory is looked at.
const LOOK: Duration = Duration::from_millis(20);

/// One run of the command.
struct Ran {
    secs: f64,
    /// Written to the folder.
    bytes: f64,
    peak_mib: f64,
}

/// Fills a store with kept items, backs it up, changes one in a hundred, and backs up again.
pub(crate) fn measure(options: &Options, table: &mut Table) -> Result<(), Trouble> {
    let folder = tempfile::tempdir_in(&options.disk)?;
    let (data, backup) = (folder.path().join("data"), folder.path().join("backup"));
    let mut rounds = Rounds::default();
    let server = Server::start(&options.server, &data)?;
    let body = paste::noise(BODY_LEN)?;
    let changed = (options.items / 200).max(1);
    let burns = fill(&server, options.items, changed, &body)?;

    let full = run(options, &data, &backup)?;
    let named = |what: &str| format!("{what}, {} items of 4 KiB", options.items);
    rounds.add(&named("full backup"), (full.secs, "s"), None, None);
    rounds.add(&named("bytes of a full backup"), (full.bytes, "bytes"), None, None);
    rounds.add(
        &named("peak memory of a full backup"),
        (full.peak_mib, "MiB"),
        None,
        None,
    );

    fill(&server, changed, 1, &body)?;
    let next = Mutex::new(burns);
    load::run(&server.host, CONNECTIONS, Until::Done, &|connection| {
        let keys = next.lock().map_err(|_| "another connection failed")?.pop();
        keys.map_or(Ok(false), |keys| paste::burn(connection, &keys).map(|()| true))
    })?;
    let more = run(options, &data, &backup)?;
    let against = |what: &str| Some(named(what));
    rounds.add(
        &named("backup after 1 % changed"),
        (more.secs, "s"),
        None,
        against("full backup"),
    );
    rounds.add(
        &named("bytes of a backup after 1 % changed"),
        (more.bytes, "bytes"),
        None,
        against("bytes of a full backup"),
    );
    rounds.add(
        &named("peak memory of a backup after 1 % changed"),
        (more.peak_mib, "MiB"),
        None,
        None,
    );
    claims(options, &server, (&data, folder.path()), &mut rounds)?;
    server.stop()?;
    rounds.tell("backup", table);
    Ok(())
}

/// Creates so many, and returns `some` of them.
fn fill(server: &Server, items: u64, some: u64, body: &[u8]) -> Result<Vec<Keys>, Trouble> {
    let (next, every) = (AtomicU64::new(0), (items / some).max(1));
    let picked = Mutex::new(Vec::new());
    load::run(&server.host, CONNECTIONS, Until::Done, &|connection| {
        let at = next.fetch_add(1, Ordering::Relaxed);
        if at >= items {
            return Ok(false);
        }
        let keys = Keys::generate()?;
        paste::keep(connection, &keys, body)?;
        if at.is_multiple_of(every) {
            picked.lock().map_err(|_| "another connection failed")?.push(keys);
        }
        Ok(true)
    })?;
    Ok(picked.into_inner().map_err(|_| "a connection failed")?)
}

/// Backs up once.
fn run(options: &Options, data: &Path, to: &Path) -> Result<Ran, Trouble> {
    let begun = Instant::now();
    let mut child = Command::new(&options.server)
        .arg("backup")
        .arg(to)
        .args(["--json", "--data"])
        .arg(data)
        .stdout(Stdio::piped())
        .spawn()?;
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0.0;
    while child.try_wait()?.is_none() {
        let found = std::fs::read_to_string(&status).unwrap_or_default();
        let line = found.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<f64>().ok());
        peak = kib.map_or(peak, |kib| kib / 1024.0);
        std::thread::sleep(LOOK);
    }
    let secs = begun.elapsed().as_secs_f64();
    let output = child.wait_with_output()?;
    if !output.status.success() {
        return Err("the backup failed".into());
    }
    let said = String::from_utf8(output.stdout)?;
    let bytes = said
        .split("\"bytes\": ")
        .nth(1)
        .and_then(|rest| rest.split(['\n', '}']).next());
    Ok(Ran {
        secs,
        bytes: bytes.ok_or("the backup said no bytes")?.trim().parse()?,
        peak_mib: peak,
    })
}

/// Claims a second with a backup beside them, one after the other into new folders, against claims alone.
fn claims(
    options: &Options,
    server: &Server,
    (data, folder): (&Path, &Path),
    rounds: &mut Rounds,
) -> Result<(), Trouble> {
    let body = paste::noise(BODY_LEN)?;
    let read = fill(server, 200, 200, &body)?;
    let turn = AtomicU64::new(0);
    let claim_all = || {
        load::run(&server.host, CONNECTIONS, Until::Time(options.time), &|connection| {
            let at = usize::try_from(turn.fetch_add(1, Ordering::Relaxed))? % read.len();
            let lease = paste::random()?;
            paste::claim(connection, &read[at], &lease, BODY_LEN)?;
            paste::confirm(connection, &read[at], &lease)?;
            Ok(true)
        })
    };
    for n in 0..options.runs {
        let alone = claim_all()?;
        let stop = AtomicBool::new(false);
        let beside = std::thread::scope(|scope| {
            let backups = scope.spawn(|| -> Result<(), Trouble> {
                while !stop.load(Ordering::Relaxed) {
                    let to = folder.join(format!("beside-{n}"));
                    run(options, data, &to)?;
                    std::fs::remove_dir_all(&to)?;
                }
                Ok(())
            });
            let beside = claim_all();
            stop.store(true, Ordering::Relaxed);
            backups.join().map_err(|_| "the backups failed")??;
            beside
        })?;
        let name = "claim and confirm 4 KiB at 16";
        rounds.add(name, (alone.per_second, "/s"), Some(alone.p99_ms), None);
        let against = Some(name.to_owned());
        rounds.add(
            "the same while a full backup is made",
            (beside.per_second, "/s"),
            Some(beside.p99_ms),
            against,
        );
    }
    let database = std::fs::metadata(data.join("satchel.db"))?.size();
    #[expect(clippy::cast_precision_loss, reason = "a count of bytes, told to three places")]
    rounds.add("bytes of the database", (database as f64, "bytes"), None, None);
    Ok(())
}
