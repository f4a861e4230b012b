//! The server's command line: says what is wrong in a sentence, and nothing else.

use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{Parser, Subcommand};
use satchel_server::block::{self, BlockVerb};
use satchel_server::config::{self, Options, Seconds, Settings, Source};
use satchel_server::invite::{self, InviteVerb, Place};
use satchel_server::operator::{self, OperatorError};
use satchel_server::store::Purge;
use satchel_server::{doctor, health, memory, serve};
use serde::Serialize;

/// Keeps sealed documents, counts reads, and destroys. It cannot open what it keeps.
#[derive(Parser)]
#[command(name = "satchel-server", version, propagate_version = true)]
struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Serves the page and the API until SIGTERM or SIGINT
    Serve {
        /// TOML file with the same options, in lower case with underscores
        #[arg(long, env = "SATCHEL_CONFIG", value_name = "FILE")]
        config: Option<PathBuf>,
        #[command(flatten)]
        options: Box<Options>,
        /// Burn what has lost its shred key, where the server would refuse to start; for one start, so neither a variable nor a key
        #[arg(long)]
        accept_lost_keys: bool,
    },
    /// Looks at the machine: what keeps the promises from holding, and what it means; exit code 1 when something is to be mended
    Doctor {
        /// TOML file of the server
        #[arg(long, env = "SATCHEL_CONFIG", value_name = "FILE")]
        config: Option<PathBuf>,
        /// For scripts
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        options: Box<Options>,
    },
    /// Counts what there is: sums alone. The server may be running
    Stats {
        /// TOML file of the server
        #[arg(long, env = "SATCHEL_CONFIG", value_name = "FILE")]
        config: Option<PathBuf>,
        /// For scripts
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        options: Box<Options>,
    },
    /// Burns what is due, and what is named, now; removes tombstones whose time is over. The server may be running
    Purge {
        /// Also every tombstone: whoever comes late is told nothing any more
        #[arg(long)]
        tombstones: bool,
        /// Also what was stored at least so long ago, by the hour
        #[arg(long, value_name = "TIME")]
        older_than: Option<Seconds>,
        /// Everything: all pastes, unfinished uploads and tombstones
        #[arg(long, conflicts_with_all = ["tombstones", "older_than"])]
        all: bool,
        /// TOML file of the server
        #[arg(long, env = "SATCHEL_CONFIG", value_name = "FILE")]
        config: Option<PathBuf>,
        /// For scripts
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        options: Box<Options>,
    },
    /// Looks at every invariant of the store, blocks under their keys included; exit code 1 when one does not hold. Changes nothing; the server may be running
    Check {
        /// TOML file of the server
        #[arg(long, env = "SATCHEL_CONFIG", value_name = "FILE")]
        config: Option<PathBuf>,
        /// For scripts
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        options: Box<Options>,
    },
    /// Prints everything that is kept under an id: the complete answer to a subpoena. Changes nothing; the server may be running
    Disclose {
        /// 22 characters; `-` reads it from standard input
        #[arg(value_name = "ID")]
        id: String,
        /// TOML file of the server
        #[arg(long, env = "SATCHEL_CONFIG", value_name = "FILE")]
        config: Option<PathBuf>,
        /// For scripts
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        options: Box<Options>,
    },
    /// Asks a running server whether it is well: exit code 0 or 1
    Healthcheck {
        /// Where it listens
        #[arg(long, env = "SATCHEL_LISTEN", value_name = "ADDR", default_value = config::LISTEN_DEFAULT)]
        listen: SocketAddr,
    },
    /// Who may upload, where that takes an invite; also while the server runs
    Invite {
        #[command(subcommand)]
        verb: InviteVerb,
    },
    /// Makes an id answer as if nothing had ever been there; also while the server runs
    Block {
        #[command(flatten)]
        place: Place,
        /// 22 characters; a link is none
        id: String,
    },
    /// Takes a block away
    Unblock {
        #[command(flatten)]
        place: Place,
        /// An id, or a hash as `blocked` lists it
        id: String,
    },
    /// Lists the hashes of blocked ids
    Blocked {
        #[command(flatten)]
        place: Place,
    },
    /// What to do about the clock
    Clock {
        #[command(subcommand)]
        verb: ClockVerb,
    },
}

#[derive(Subcommand)]
enum ClockVerb {
    /// Takes the clock as right after a jump: what it expires is destroyed. The server may be running
    Accept {
        /// TOML file of the server
        #[arg(long, env = "SATCHEL_CONFIG", value_name = "FILE")]
        config: Option<PathBuf>,
        #[command(flatten)]
        options: Box<Options>,
    },
}

/// A bad option or configuration.
const USAGE: u8 = 2;
/// Anything else.
const OTHER: u8 = 1;

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(wrong) => return refuse_arguments(&wrong),
    };
    memory::keep_in();
    match arguments.verb {
        Verb::Serve {
            config,
            options,
            accept_lost_keys,
        } => {
            let source = Source {
                said: *options,
                file: config,
            };
            with_source(&source, |settings| {
                serve::serve(settings, source.clone(), accept_lost_keys)
            })
        }
        Verb::Doctor { config, json, options } => {
            let mut well = false;
            let told = with_settings(config, *options, |settings| {
                let report = doctor::Report::new(&doctor::judge(&doctor::look(&settings)));
                well = report.well;
                tell(json, &report, || report.text())
            });
            unless_well(told, well)
        }
        Verb::Stats { config, json, options } => with_settings(config, *options, |settings| {
            let stats = operator::stats(&settings)?;
            Ok::<_, OperatorError>(tell(json, &stats, || stats.text())?)
        }),
        Verb::Purge {
            tombstones,
            older_than,
            all,
            config,
            json,
            options,
        } => with_settings(config, *options, |settings| {
            let purge = Purge {
                all,
                tombstones,
                older_than_secs: older_than.map(|Seconds(secs)| secs),
            };
            let purged = operator::purge(&settings, purge)?;
            Ok::<_, OperatorError>(tell(json, &purged, || operator::purged_text(purged))?)
        }),
        Verb::Check { config, json, options } => {
            let mut well = false;
            let told = with_settings(config, *options, |settings| {
                let inspection = operator::check(&settings)?;
                well = inspection.well;
                Ok::<_, OperatorError>(tell(json, &inspection, || operator::inspection_text(&inspection))?)
            });
            unless_well(told, well)
        }
        Verb::Disclose {
            id,
            config,
            json,
            options,
        } => with_settings(config, *options, |settings| {
            let id = if id == "-" {
                io::read_to_string(io::stdin())?
            } else {
                id
            };
            let answer = operator::disclose(&settings, &id)?;
            Ok::<_, OperatorError>(tell(json, &answer, || operator::disclosure_text(&answer))?)
        }),
        Verb::Clock {
            verb: ClockVerb::Accept { config, options },
        } => with_settings(config, *options, |settings| operator::accept_clock(&settings)),
        Verb::Invite { verb } => {
            let (config, options) = verb.said();
            with_settings(config, options, |settings| invite::run(&verb, &settings))
        }
        Verb::Block { place, id } => block_at(&place, BlockVerb::Block(&id)),
        Verb::Unblock { place, id } => block_at(&place, BlockVerb::Unblock(&id)),
        Verb::Blocked { place } => block_at(&place, BlockVerb::List),
        Verb::Healthcheck { listen } => done(health::ask(listen)),
    }
}

fn block_at(place: &Place, verb: BlockVerb<'_>) -> ExitCode {
    let (config, options) = place.said();
    with_settings(config, options, |settings| block::run(verb, &settings))
}

fn with_settings<E: std::fmt::Display>(
    config: Option<PathBuf>,
    options: Options,
    run: impl FnOnce(Settings) -> Result<(), E>,
) -> ExitCode {
    let source = Source {
        said: options,
        file: config,
    };
    with_source(&source, run)
}

fn with_source<E: std::fmt::Display>(source: &Source, run: impl FnOnce(Settings) -> Result<(), E>) -> ExitCode {
    for name in config::unknown_variables(std::env::vars_os().map(|(name, _)| name)) {
        eprintln!("satchel-server: warning: the environment variable {name} is not an option");
    }
    match source.read() {
        Ok(settings) => done(run(settings)),
        Err(wrong) => fail(&wrong, USAGE),
    }
}

fn done<E: std::fmt::Display>(result: Result<(), E>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error, OTHER),
    }
}

/// The command did its work; what it found may still be a reason for the other exit code.
fn unless_well(told: ExitCode, well: bool) -> ExitCode {
    if well || told != ExitCode::SUCCESS {
        told
    } else {
        ExitCode::from(OTHER)
    }
}

/// What was asked for, on standard output.
fn tell(json: bool, answer: &impl Serialize, text: impl FnOnce() -> String) -> io::Result<()> {
    let mut out = io::stdout().lock();
    if json {
        serde_json::to_writer_pretty(&mut out, answer)?;
        return writeln!(out);
    }
    out.write_all(text().as_bytes())
}

fn fail(error: &dyn std::fmt::Display, code: u8) -> ExitCode {
    eprintln!("satchel-server: error: {error}");
    ExitCode::from(code)
}

fn refuse_arguments(wrong: &clap::Error) -> ExitCode {
    match wrong.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            let _ = wrong.print();
            ExitCode::SUCCESS
        }
        _ => {
            let text = wrong.render().to_string();
            eprintln!("satchel-server: {}", text.trim_end());
            ExitCode::from(USAGE)
        }
    }
}
