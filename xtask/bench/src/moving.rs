//! What a move to another machine takes, both sides on this one, beside a plain copy of the data folder.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use crate::load::{self, Until};
use crate::paste::{self, Keys};
use crate::rounds::Rounds;
use crate::serving::Server;
use crate::table::Table;
use crate::{Options, Trouble};

const CONNECTIONS: usize = 16;

/// Fills a store, copies it, and moves it.
pub(crate) fn measure(options: &Options, table: &mut Table) -> Result<(), Trouble> {
    let folder = tempfile::tempdir_in(&options.disk)?;
    let [old, new, copy] = ["old", "new", "copy"].map(|name| folder.path().join(name));
    let len = usize::try_from((options.mib << 20) / options.items.max(1))?;
    let server = Server::start(&options.server, &old)?;
    let (body, next) = (paste::noise(len)?, AtomicU64::new(0));
    load::run(&server.host, CONNECTIONS, Until::Done, &|connection| {
        if next.fetch_add(1, Ordering::Relaxed) >= options.items {
            return Ok(false);
        }
        paste::create(connection, &Keys::generate()?, 1, &body)?;
        Ok(true)
    })?;
    server.stop()?;

    let mut rounds = Rounds::default();
    let what = format!("{} items, {} MiB", options.items, options.mib);
    let begun = Instant::now();
    copied(&old, &copy)?;
    let limit = format!("copy of the data folder, {what}");
    rounds.add(&limit, (begun.elapsed().as_secs_f64(), "s"), None, None);
    fs::remove_dir_all(&copy)?;

    let key = folder.path().join("key");
    let (receiving, address) = receive(options, &new, &key)?;
    let begun = Instant::now();
    let moving = Command::new(&options.server)
        .args(["move", "--to", &address, "--key-file"])
        .arg(&key)
        .arg("--data")
        .arg(&old)
        .stdout(Stdio::null())
        .status()?;
    let secs = begun.elapsed().as_secs_f64();
    let output = receiving.wait_with_output()?;
    if !moving.success() || !output.status.success() {
        return Err("the move failed".into());
    }
    rounds.add(&format!("move, {what}"), (secs, "s"), None, Some(limit));
    rounds.tell("move", table);
    Ok(())
}

fn receive(options: &Options, data: &Path, key: &Path) -> Result<(Child, String), Trouble> {
    let mut child = Command::new(&options.server)
        .args(["receive", "--listen", "127.0.0.1:0", "--key-file"])
        .arg(key)
        .arg("--data")
        .arg(data)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()?;
    let mut said = BufReader::new(child.stderr.take().ok_or("nothing is said")?);
    let mut line = String::new();
    said.read_line(&mut line)?;
    let address = line.trim().rsplit(' ').next().ok_or("no address")?.to_owned();
    std::thread::spawn(move || {
        let mut rest = String::new();
        let _ = said.read_to_string(&mut rest);
    });
    Ok((child, address))
}

/// Each file copied and synced.
fn copied(from: &Path, to: &Path) -> Result<(), Trouble> {
    fs::create_dir(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copied(&entry.path(), &target)?;
        } else if entry.file_type()?.is_file() {
            fs::copy(entry.path(), &target)?;
            File::open(&target)?.sync_all()?;
        }
    }
    Ok(())
}
