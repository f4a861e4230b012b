//! The server's command line: says what is wrong in a sentence, and nothing else.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{Parser, Subcommand};
use satchel_server::config::{self, Options, Settings};
use satchel_server::{health, serve};

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
    },
    /// Asks a running server whether it is well: exit code 0 or 1
    Healthcheck {
        /// Where it listens
        #[arg(long, env = "SATCHEL_LISTEN", value_name = "ADDR", default_value = config::LISTEN_DEFAULT)]
        listen: SocketAddr,
    },
    /// What to do about the clock
    Clock {
        #[command(subcommand)]
        verb: ClockVerb,
    },
}

#[derive(Subcommand)]
enum ClockVerb {
    /// Takes the clock as right after a jump: what it expires is destroyed. The server must not be running
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
    satchel_server::no_core_dumps();
    satchel_server::quiet_panics();
    satchel_server::raise_open_files();
    match arguments.verb {
        Verb::Serve { config, options } => with_settings(config, *options, serve::serve),
        Verb::Clock {
            verb: ClockVerb::Accept { config, options },
        } => with_settings(config, *options, |settings| serve::accept_clock(&settings)),
        Verb::Healthcheck { listen } => done(health::ask(listen)),
    }
}

fn with_settings<E: std::fmt::Display>(
    config: Option<PathBuf>,
    options: Options,
    run: impl FnOnce(Settings) -> Result<(), E>,
) -> ExitCode {
    for name in config::unknown_variables(std::env::vars_os().map(|(name, _)| name)) {
        eprintln!("satchel-server: warning: the environment variable {name} is not an option");
    }
    match config::load(options, config.as_deref()) {
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
