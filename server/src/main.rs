//! The server's command line: says what is wrong in a sentence, and nothing else.

mod arguments;
mod drill;
mod man;

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use arguments::{Arguments, Asked, ClockVerb, Verb};
use clap::error::ErrorKind;
use clap::{CommandFactory as _, Parser as _};
use satchel_server::backup;
use satchel_server::block::{self, BlockVerb};
use satchel_server::config::{self, Options, Seconds, Settings, Source};
use satchel_server::invite::{self, Place};
use satchel_server::moving::{self, MoveOrder, ReceiveOrder};
use satchel_server::operator::{self, OperatorError};
use satchel_server::store::Purge;
use satchel_server::{doctor, health, memory, serve};
use serde::Serialize;

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
