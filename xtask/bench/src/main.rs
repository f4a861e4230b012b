//! `satchel-bench --satchel BIN --server BIN [--only PART] ...`: speeds as ratios to a known limit of the same machine in the same run.
//!
//! Absolute figures of a virtual machine drift by a quarter from one hour to the next; a ratio says whether we got better.

mod backup;
mod browser;
mod files;
mod http;
mod load;
mod many;
mod moving;
mod paste;
mod process;
mod rounds;
mod server;
mod serving;
mod shelf;
mod sqlite;
mod table;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use table::Table;

const USAGE: &str = "usage: satchel-bench --satchel BIN --server BIN [--only files|server|many|backup|move|browser|page] [--runs 5] [--mib 1024] \
    [--seconds 2] [--rows WORD] [--items 1000000] [--ram-disk /dev/shm] [--disk FOLDER] \
    [--browser-tests FOLDER] [--json FILE]";

/// Whatever stops a measurement: there is nobody to handle it but the person who reads it.
pub(crate) type Trouble = Box<dyn std::error::Error + Send + Sync>;

/// What to measure, with what, where.
pub(crate) struct Options {
    satchel: PathBuf,
    server: PathBuf,
    only: Option<String>,
    /// Of the server's rows those alone whose name has this in it.
    rows: Option<String>,
    runs: usize,
    mib: u64,
    /// Items of the large store.
    items: u64,
    time: Duration,
    ram_disk: PathBuf,
    disk: PathBuf,
    browser_tests: PathBuf,
    json: Option<PathBuf>,
}

impl Options {
    fn parse(mut words: impl Iterator<Item = String>) -> Result<Self, Trouble> {
        let mut options = Self {
            satchel: "target/release/satchel".into(),
            server: "target/release/satchel-server".into(),
            only: None,
            rows: None,
            runs: 5,
            mib: 1024,
            items: 1_000_000,
            time: Duration::from_secs(2),
            ram_disk: "/dev/shm".into(),
            disk: "target".into(),
            browser_tests: "tests/browser".into(),
            json: None,
        };
        while let Some(option) = words.next() {
            let value = words.next().ok_or(USAGE)?;
            match option.as_str() {
                "--satchel" => options.satchel = value.into(),
                "--server" => options.server = value.into(),
                "--only" => options.only = Some(value),
                "--rows" => options.rows = Some(value),
                "--runs" => options.runs = value.parse()?,
                "--items" => options.items = value.parse()?,
                "--mib" => options.mib = value.parse()?,
                "--seconds" => options.time = Duration::from_secs(value.parse()?),
                "--ram-disk" => options.ram_disk = value.into(),
                "--disk" => options.disk = value.into(),
                "--browser-tests" => options.browser_tests = value.into(),
                "--json" => options.json = Some(value.into()),
                _ => return Err(USAGE.into()),
            }
        }
        Ok(options)
    }

    fn wants(&self, part: &str) -> bool {
        self.only.as_deref().is_none_or(|only| only == part)
    }

    fn wants_row(&self, what: &str) -> bool {
        self.rows.as_deref().is_none_or(|word| what.contains(word))
    }
}

fn measure(options: &Options) -> Result<Table, Trouble> {
    let mut table = Table::default();
    if options.wants("files") {
        files::measure(options, &mut table)?;
    }
    if options.wants("server") {
        server::measure(options, &mut table)?;
    }
    if options.wants("many") {
        many::measure(options, &mut table)?;
    }
    if options.wants("backup") {
        backup::measure(options, &mut table)?;
    }
    if options.wants("move") {
        moving::measure(options, &mut table)?;
    }
    for (part, files) in browser::PARTS {
        if options.wants(part) {
            browser::measure(part, files, options, &mut table)?;
        }
    }
    Ok(table)
}

fn main() -> ExitCode {
    let outcome = Options::parse(std::env::args().skip(1)).and_then(|options| {
        let table = measure(&options)?;
        print!("{table}");
        options
            .json
            .map_or(Ok(()), |path| Ok(std::fs::write(path, table.json()? + "\n")?))
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(trouble) => {
            eprintln!("satchel-bench: {trouble}");
            ExitCode::FAILURE
        }
    }
}
