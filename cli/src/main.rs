//! The command line of Satchel. Every flow with a server is the client's; this is its terminal, files and HTTP.

/// In all of this program: as the standard library's, but where nobody reads standard error any more, what is said is lost and nothing else.
macro_rules! eprintln {
    ($($said:tt)*) => {{
        use std::io::Write as _;
        let _ = writeln!(std::io::stderr(), $($said)*);
    }};
}

mod aes;
mod args;
mod ask;
mod built;
mod chosen;
mod comparing;
mod container;
mod departments;
mod dictation;
mod document;
mod duration;
mod engine;
mod failure;
mod flow;
mod guise;
mod hardening;
mod hidden;
mod hint;
mod http;
mod inside;
mod interrupt;
mod invite;
mod key;
mod lease;
mod ledger;
mod letter;
mod link_names;
mod naming;
mod opens;
mod over;
mod page;
mod place;
mod place_in_text;
mod position;
mod progress;
mod qr;
mod quotes;
mod random;
mod recording;
mod rekeying;
mod seal;
mod staging;
mod stored;
mod stream;
mod strength;
mod table;
mod target;
mod text;
mod verb;
mod visit;

use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser as _;
use satchel_client::Class;

use args::{Arguments, Verb};
use failure::Failure;

fn main() -> ExitCode {
    hardening::begin();
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return refuse(&error),
    };
    interrupt::listen();
    match arguments.verb.map_or_else(verb::licences, run) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("satchel: error: {}", failure.sentence());
            if let Some(hint) = failure.hint() {
                eprintln!("hint: {hint}");
            }
            ExitCode::from(failure.class() as u8)
        }
    }
}

fn run(verb: Verb) -> Result<(), Failure> {
    match verb {
        Verb::Encrypt(options) => verb::encrypt(options),
        Verb::Decrypt(options) => verb::decrypt(options),
        Verb::List(options) => verb::list(options),
        Verb::Inspect(options) => verb::inspect(options),
        Verb::Check(options) => verb::check(options),
        Verb::Rekey(options) => verb::rekey(options),
        Verb::Keygen(options) => verb::keygen(options),
        Verb::Split(options) => verb::split(options),
        Verb::Combine(options) => verb::combine(options),
        Verb::Share(options) => verb::share(options),
        Verb::Link(options) => verb::link(options),
        Verb::Get(options) => verb::get(options),
        Verb::Status(options) => verb::status(options),
        Verb::Change(options) => verb::change(options),
        Verb::Burn(options) => verb::burn(options),
        Verb::Panic(options) => verb::panic(options),
        Verb::Ledger(options) => verb::ledger(options),
        Verb::ListMine(options) => verb::list_mine(options),
        Verb::VerifyServer(options) => verb::verify_server(options),
        Verb::Completions { shell } => verb::completions(shell),
        Verb::Man(options) => verb::man(options),
    }
}

/// What clap has to say: help and version on standard output, mistakes in the form of ours.
fn refuse(error: &clap::Error) -> ExitCode {
    if !error.use_stderr() {
        return if error.print().is_ok() {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        };
    }
    let text = hidden::without_secrets(&error.render().to_string());
    let mut stderr = std::io::stderr().lock();
    let _ = match text.strip_prefix("error: ") {
        Some(rest) => write!(stderr, "satchel: error: {rest}"),
        None => write!(stderr, "{text}"),
    };
    ExitCode::from(Class::Usage as u8)
}
