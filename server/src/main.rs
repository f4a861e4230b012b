//! The server's command line: says what is wrong in a sentence, and nothing else.

mod drill;
mod man;

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::error::ErrorKind;
use clap::{Args, CommandFactory as _, Parser, Subcommand};
use satchel_server::backup;
use satchel_server::block::{self, BlockVerb};
use satchel_server::config::{self, Options, Seconds, Settings, Source};
use satchel_server::invite::{self, InviteVerb, Place};
use satchel_server::moving::{self, MoveOrder, ReceiveOrder};
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
        #[command(flatten)]
        asked: Asked,
    },
    /// Counts what there is: sums alone. The server may be running
    Stats {
        #[command(flatten)]
        asked: Asked,
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
        #[command(flatten)]
        asked: Asked,
    },
    /// Looks at every invariant of the store, blocks under their keys included; exit code 1 when one does not hold. Changes nothing; the server may be running
    Check {
        #[command(flatten)]
        asked: Asked,
    },
    /// Prints everything that is kept under an id: the complete answer to a subpoena. Changes nothing; the server may be running
    Disclose {
        /// 22 characters; `-` reads it from standard input
        // One id in 64 begins with a hyphen.
        #[arg(value_name = "ID", allow_hyphen_values = true)]
        id: String,
        #[command(flatten)]
        asked: Asked,
    },
    /// Copies what its creators asked to keep, keys included, and of all else that it is gone: to a folder, each time only what changed since, or to standard output. The server may be running
    Backup {
        /// A folder of its own, on another disk best; `-` writes one stream, to be piped into `satchel encrypt`
        #[arg(value_name = "DIR")]
        to: String,
        #[command(flatten)]
        asked: Asked,
    },
    /// Makes a store from a backup, in a data folder that has none
    Restore {
        /// A folder that `backup` wrote; `-` reads a stream from standard input
        #[arg(value_name = "FROM")]
        from: String,
        /// Verify all of it, say what would come back and what would not, and restore nothing
        #[arg(long)]
        dry_run: bool,
        /// What burned since, as `burned` prints it; `-` reads it from standard input
        #[arg(long, value_name = "FILE")]
        burned: Option<String>,
        #[command(flatten)]
        asked: Asked,
    },
    /// Lists the hashes of ids that burned and whose tombstones stand, for `restore --burned`. Changes nothing; the server may be running
    Burned {
        /// Only those of so long ago or less, by the hour
        #[arg(long, value_name = "TIME")]
        since: Option<Seconds>,
        /// TOML file of the server
        #[arg(long, env = "SATCHEL_CONFIG", value_name = "FILE")]
        config: Option<PathBuf>,
        #[command(flatten)]
        options: Box<Options>,
    },
    /// Hands everything that is kept over to a server elsewhere, keys included, and destroys it here. A running server is stopped first; after a cut it goes on where it was
    Move {
        /// Where `receive` listens: a host and a port, also written as a URL
        #[arg(long, value_name = "URL")]
        to: Option<String>,
        /// File with the line that `receive` printed; `-` reads it from standard input
        #[arg(long, value_name = "FILE")]
        key_file: Option<PathBuf>,
        /// Serve here again, as long as the other side does not have everything
        #[arg(long)]
        take_back: bool,
        /// How long to try again after the connection broke off
        #[arg(long, value_name = "TIME", default_value = "10m")]
        patience: Seconds,
        #[command(flatten)]
        asked: Asked,
    },
    /// Takes everything from a server elsewhere, into a data folder that has no store; ends when the server can be started here
    Receive {
        /// File of the move key, made where there is none; without it the key is printed
        #[arg(long, value_name = "FILE")]
        key_file: Option<PathBuf>,
        /// Become the server without the old one's last word: only when everything has come, and the old server is gone for good
        #[arg(long)]
        finish: bool,
        #[command(flatten)]
        asked: Asked,
    },
    /// Asks a running server whether it is well: exit code 0 or 1
    Healthcheck {
        /// TOML file of the server
        #[arg(long, env = "SATCHEL_CONFIG", value_name = "FILE")]
        config: Option<PathBuf>,
        #[command(flatten)]
        options: Box<Options>,
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
        #[arg(allow_hyphen_values = true)]
        id: String,
    },
    /// Takes a block away
    Unblock {
        #[command(flatten)]
        place: Place,
        /// An id, or a hash as `blocked` lists it
        #[arg(allow_hyphen_values = true)]
        id: String,
    },
    /// Lists the hashes of blocked ids
    Blocked {
        #[command(flatten)]
        place: Place,
    },
    /// Rehearses what nobody wants to meet for the first time on the day. Nothing of the server's changes; it may be running
    Drill {
        #[command(subcommand)]
        verb: drill::DrillVerb,
    },
    /// What to do about the clock
    Clock {
        #[command(subcommand)]
        verb: ClockVerb,
    },
    /// Prints the manual page, for `man`
    Man,
}

/// What the operator's commands have in common.
#[derive(Args)]
struct Asked {
    /// TOML file of the server
    #[arg(long, env = "SATCHEL_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// For scripts
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    options: Box<Options>,
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
    satchel_server::quiet_panics();
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
        Verb::Doctor { asked } => asked.answer(|settings| {
            let report = doctor::Report::new(&doctor::judge(&doctor::look(settings)));
            Ok(Told::new(&report, report.text(), report.well))
        }),
        Verb::Stats { asked } => asked.answer(|settings| {
            let stats = operator::stats(settings)?;
            Ok(Told::new(&stats, stats.text(), true))
        }),
        Verb::Purge {
            tombstones,
            older_than,
            all,
            asked,
        } => asked.answer(|settings| {
            let purge = Purge {
                all,
                tombstones,
                older_than_secs: older_than.map(|Seconds(secs)| secs),
            };
            let purged = operator::purge(settings, purge)?;
            Ok(Told::new(&purged, operator::purged_text(purged), true))
        }),
        Verb::Check { asked } => asked.answer(|settings| {
            let inspection = operator::check(settings)?;
            Ok(Told::new(
                &inspection,
                operator::inspection_text(&inspection),
                inspection.well,
            ))
        }),
        Verb::Disclose { id, asked } => asked.answer(|settings| {
            let id = if id == "-" {
                io::read_to_string(io::stdin())?
            } else {
                id
            };
            let answer = operator::disclose(settings, &id)?;
            Ok(Told::new(&answer, operator::disclosure_text(&answer), true))
        }),
        Verb::Backup { to, asked } => back_up(&to, asked),
        Verb::Restore {
            from,
            dry_run,
            burned,
            asked,
        } => asked.answer(|settings| {
            let restored = backup::restore(settings, &from, dry_run, burned.as_deref())?;
            Ok(Told::new(&restored, backup::restored_text(&restored, dry_run), true))
        }),
        Verb::Move {
            to,
            key_file,
            take_back,
            patience: Seconds(patience),
            asked,
        } => asked.answer(|settings| {
            let order = MoveOrder {
                to: to.as_deref(),
                key_file: key_file.as_deref(),
                take_back,
                patience: Duration::from_secs(patience),
            };
            let moved = moving::hand_over(settings, &order)?;
            Ok(Told::new(&moved, moved.text(), true))
        }),
        Verb::Receive {
            key_file,
            finish,
            asked,
        } => asked.answer(|settings| {
            let order = ReceiveOrder {
                key_file: key_file.as_deref(),
                finish,
            };
            let received = moving::receive(settings, &order)?;
            Ok(Told::new(&received, received.text(), true))
        }),
        Verb::Burned { since, config, options } => with_settings(config, *options, |settings| {
            backup::print_burned(&settings, since.map(|Seconds(secs)| secs))
        }),
        Verb::Drill { verb } => verb.run(),
        Verb::Man => done(man::print(Arguments::command())),
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
        Verb::Healthcheck { config, options } => with_settings(config, *options, |settings| health::ask(&settings)),
    }
}

/// A stream has standard output to itself: what there is to say goes to standard error then.
fn back_up(to: &str, asked: Asked) -> ExitCode {
    let is_stream = to == "-";
    let run = |settings: &Settings| {
        let done = backup::backup(settings, to)?;
        Ok(Told::new(&done, backup::backed_up_text(&done), done.damaged == 0))
    };
    if is_stream {
        asked.answer_to(&mut io::stderr(), run)
    } else {
        asked.answer(run)
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

/// An answer for scripts, the same for people, and whether all is well.
struct Told {
    json: serde_json::Result<String>,
    text: String,
    well: bool,
}

impl Told {
    fn new(answer: &impl Serialize, text: String, well: bool) -> Self {
        Self {
            json: serde_json::to_string_pretty(answer),
            text,
            well,
        }
    }
}

impl Asked {
    /// Does it and says it on standard output. What was found may be a reason for the other exit code.
    fn answer(self, run: impl FnOnce(&Settings) -> Result<Told, OperatorError>) -> ExitCode {
        self.answer_to(&mut io::stdout(), run)
    }

    fn answer_to(
        self,
        out: &mut impl io::Write,
        run: impl FnOnce(&Settings) -> Result<Told, OperatorError>,
    ) -> ExitCode {
        let mut well = true;
        let ended = with_settings(self.config, *self.options, |settings| {
            let told = run(&settings)?;
            well = told.well;
            let text = if self.json {
                told.json.map_err(io::Error::from)? + "\n"
            } else {
                told.text
            };
            Ok::<_, OperatorError>(out.write_all(text.as_bytes())?)
        });
        if well { ended } else { ExitCode::from(OTHER) }
    }
}

fn fail(error: &dyn std::fmt::Display, code: u8) -> ExitCode {
    satchel_server::fail(&error.to_string());
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
