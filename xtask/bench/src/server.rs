//! Creates, reads and burn cycles a second over kept connections, every acknowledgement durable, beside what SQLite reaches alone.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use base64ct::{Base64, Base64UrlUnpadded, Encoding as _};
use satchel_api::{header, metadata, route};
use sha2::{Digest as _, Sha256};

use crate::http::Connection;
use crate::process;
use crate::sqlite::{self, Work};
use crate::table::Table;
use crate::{Options, Trouble};

const SIZES: [(usize, &str); 2] = [(1 << 10, "1 KiB"), (100 << 10, "100 KiB")];
const CONNECTIONS: [usize; 3] = [1, 16, 64];
/// Reads that one paste allows: creating pastes must not be part of measuring reads.
const READS: u32 = 1000;

/// A running server, killed when this goes.
struct Server {
    child: Child,
    host: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Every size at every number of connections.
pub(crate) fn measure(options: &Options, table: &mut Table) -> Result<(), Trouble> {
    let folder = tempfile::tempdir_in(&options.disk)?;
    for (len, size) in SIZES {
        for (work, name) in [(Work::Create, "create"), (Work::BurnCycle, "burn cycle")] {
            let rows = sqlite::rows_per_second(folder.path(), len, work, options.time)?;
            table.add(
                "server",
                &format!("SQLite {name}, groups of 64, {size}"),
                rows,
                "/s",
                String::new(),
            );
        }
    }
    let begun = Instant::now();
    let server = start(&options.server, &folder.path().join("data"))?;
    let first = begun.elapsed().as_millis();
    let idle = f64::from(process::status_kib(server.child.id(), "VmRSS:").unwrap_or(0)) / 1024.0;
    table.add("server", "idle memory", idle, "MiB", format!("ready after {first} ms"));
    for connections in CONNECTIONS {
        row(
            table,
            options,
            &server,
            connections,
            "answer /api/v1/config",
            None,
            &answer_config,
        )?;
    }
    for (len, size) in SIZES {
        for connections in CONNECTIONS {
            let body = noise(len)?;
            let limit = |work: &str| Some(format!("SQLite {work}, groups of 64, {size}"));
            row(
                table,
                options,
                &server,
                connections,
                &format!("create {size}"),
                limit("create"),
                &|connection| create(connection, &Keys::generate()?, 1, &body),
            )?;
            let shared = Keys::generate()?;
            prepare_read(&server, &shared, &body)?;
            let answer = Some(format!("answer /api/v1/config at {connections}"));
            let reads = std::sync::atomic::AtomicU32::new(0);
            let current = std::sync::Mutex::new(shared);
            row(
                table,
                options,
                &server,
                connections,
                &format!("read {size}"),
                answer,
                &|connection| {
                    let keys = next_to_read(connection, &reads, &current, &body)?;
                    claim(connection, &keys, &random()?, body.len())
                },
            )?;
            let what = format!("burn cycle {size}");
            row(
                table,
                options,
                &server,
                connections,
                &what,
                limit("burn cycle"),
                &|connection| {
                    let (keys, lease) = (Keys::generate()?, random()?);
                    create(connection, &keys, 1, &body)?;
                    claim(connection, &keys, &lease, body.len())?;
                    confirm(connection, &keys, &lease)
                },
            )?;
        }
    }
    Ok(())
}

/// The paste to read from, and a new one when its reads are used up.
fn next_to_read(
    connection: &mut Connection,
    reads: &std::sync::atomic::AtomicU32,
    current: &std::sync::Mutex<Keys>,
    body: &[u8],
) -> Result<Keys, Trouble> {
    let mut keys = current.lock().map_err(|_| "another connection failed")?;
    if reads.fetch_add(1, Ordering::Relaxed) % READS == READS - 1 {
        let used_up = keys.clone();
        let fresh = Keys::generate()?;
        create(connection, &fresh, READS, body)?;
        *keys = fresh;
        return Ok(used_up);
    }
    Ok(keys.clone())
}

/// One row: many threads do `work` as often as they can for a while.
fn row(
    table: &mut Table,
    options: &Options,
    server: &Server,
    connections: usize,
    what: &str,
    limit: Option<String>,
    work: &(dyn Fn(&mut Connection) -> Result<(), Trouble> + Sync),
) -> Result<(), Trouble> {
    let stop = AtomicBool::new(false);
    let begun = Instant::now();
    let mut times: Vec<Duration> = std::thread::scope(|scope| {
        let running: Vec<_> = (0..connections)
            .map(|_| scope.spawn(|| one(&server.host, &stop, work)))
            .collect();
        std::thread::sleep(options.time);
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
    table.add(
        "server",
        &format!("{what} at {connections}"),
        done / seconds,
        "/s",
        note,
    );
    if let Some(limit) = limit {
        table.against(&limit);
    }
    Ok(())
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

/// A paste's id and tokens: any client may choose them, the server can't tell how they were made.
#[derive(Clone)]
struct Keys {
    id: String,
    probe: [u8; 32],
    claim: [u8; 32],
    receipt: [u8; 32],
}

impl Keys {
    fn generate() -> Result<Self, Trouble> {
        let mut id = [0; 16];
        getrandom::fill(&mut id)?;
        Ok(Self {
            id: text(&id),
            probe: random()?,
            claim: random()?,
            receipt: random()?,
        })
    }
}

fn answer_config(connection: &mut Connection) -> Result<(), Trouble> {
    expect("config", connection.ask("GET", route::CONFIG, "", &[])?.0, 200)
}

fn create(connection: &mut Connection, keys: &Keys, reads: u32, body: &[u8]) -> Result<(), Trouble> {
    let hash = |token: &[u8; 32]| text(&Sha256::digest(token));
    let pairs = [
        (metadata::ID, keys.id.clone()),
        (metadata::PROBE, hash(&keys.probe)),
        (metadata::CLAIM, hash(&keys.claim)),
        (metadata::RECEIPT, hash(&keys.receipt)),
        (metadata::EXPIRES_IN, "86400".to_owned()),
        (metadata::READS, reads.to_string()),
    ];
    let told = pairs
        .map(|(key, value)| format!("{key} {}", Base64::encode_string(value.as_bytes())))
        .join(",");
    let headers = format!(
        "{}: {}\r\n{}: {}\r\n{}: {told}\r\ncontent-type: {}\r\n",
        header::TUS_RESUMABLE,
        header::TUS_VERSION_SPOKEN,
        header::UPLOAD_LENGTH,
        body.len(),
        header::UPLOAD_METADATA,
        header::OFFSET_OCTET_STREAM,
    );
    expect("create", connection.ask("POST", route::PASTES, &headers, body)?.0, 201)
}

fn claim(connection: &mut Connection, keys: &Keys, lease: &[u8; 32], len: usize) -> Result<(), Trouble> {
    let headers = format!(
        "authorization: Bearer {}\r\n{}: {}\r\n{}: {}\r\n",
        text(&keys.claim),
        header::PROBE,
        text(&keys.probe),
        header::LEASE,
        text(lease),
    );
    let (status, read) = connection.ask("POST", &route::of(route::CLAIM, &keys.id), &headers, &[])?;
    expect("claim", status, 200)?;
    if read == len {
        Ok(())
    } else {
        Err(format!("claim: {read} bytes of {len}").into())
    }
}

fn confirm(connection: &mut Connection, keys: &Keys, lease: &[u8; 32]) -> Result<(), Trouble> {
    let headers = format!("authorization: Bearer {}\r\n", text(lease));
    let (status, _) = connection.ask("POST", &route::of(route::CONFIRM, &keys.id), &headers, &[])?;
    if status / 100 == 2 {
        Ok(())
    } else {
        Err(format!("confirm: {status}").into())
    }
}

fn prepare_read(server: &Server, keys: &Keys, body: &[u8]) -> Result<(), Trouble> {
    create(&mut Connection::open(&server.host)?, keys, READS, body)
}

fn expect(what: &str, status: u16, right: u16) -> Result<(), Trouble> {
    if status == right {
        Ok(())
    } else {
        Err(format!("{what}: answered {status}").into())
    }
}

fn text(bytes: &[u8]) -> String {
    Base64UrlUnpadded::encode_string(bytes)
}

fn random() -> Result<[u8; 32], Trouble> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes)?;
    Ok(bytes)
}

fn noise(len: usize) -> Result<Vec<u8>, Trouble> {
    let mut bytes = vec![0; len];
    getrandom::fill(&mut bytes)?;
    Ok(bytes)
}
