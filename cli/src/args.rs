//! The command line as clap reads it. What the words do is in `verb`.

mod keys;
mod own;
mod page;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueHint};
use clap_complete::Shell;

pub(crate) use self::keys::{Changes, Key, NewPassphrase, To};
pub(crate) use self::own::{LedgerAction, LedgerArgs, LedgerKey, ListMine, Panic, PanicAction};
pub(crate) use self::page::VerifyServer;
use crate::duration::Seconds;
use crate::link_names::OneLink;

/// Seal documents so that only the people they are meant for can open them, and share them by links that burn.
#[derive(Parser)]
#[command(
    name = "satchel",
    bin_name = "satchel",
    version,
    override_usage = "satchel <COMMAND>",
    arg_required_else_help = true,
    args_conflicts_with_subcommands = true,
    disable_help_subcommand = true,
    max_term_width = 100
)]
#[command(
    after_help = "Example:\n  satchel encrypt demands.pdf -o demands.satchel\n\nExit codes: 0 done, 1 other failure, 2 usage, 3 wrong key or passphrase, 4 damaged or not a \
                        container, 5 not there (never was, burned, expired), 6 server or network, 7 output exists, 130 interrupted."
)]
pub(crate) struct Arguments {
    /// Print whose work is built in, and on which terms
    #[arg(long)]
    pub(crate) licences: bool,
    #[command(subcommand)]
    pub(crate) verb: Option<Verb>,
}

#[derive(Subcommand)]
pub(crate) enum Verb {
    /// Seal files, folders or standard input into a container
    Encrypt(Encrypt),
    /// Open a container
    Decrypt(Decrypt),
    /// Show names, types and sizes; needs a key
    List(Look),
    /// Show what can be told without a key
    Inspect(Inspect),
    /// Verify a container whole, and write nothing
    Check(Check),
    /// Change how a container opens; the document in it stays as it is
    Rekey(Rekey),
    /// Make a key, and print the recipient that others seal to
    Keygen(Keygen),
    /// Make recovery shares: any K of N people open it together
    Split(Split),
    /// Open a container with recovery shares
    Combine(Combine),
    /// Seal a document, put it on a server, and print the link
    Share(Share),
    /// Make more links to a document that was shared with --links
    Link(Link),
    /// Open a link; this uses up one read
    Get(Get),
    /// Show what became of a paste
    Status(Status),
    /// Change how a paste ends: later, sooner, or after fewer reads
    Change(Change),
    /// Destroy a paste for good
    Burn(Burn),
    /// Burn everything that was made under one secret, from anywhere
    Panic(Panic),
    /// Keep a list of your receipts on this device, or no more
    Ledger(LedgerArgs),
    /// Show what became of everything in the ledger
    ListMine(ListMine),
    /// Compare the page that a server hands out with the one this satchel knows
    VerifyServer(VerifyServer),
    /// Print a completion script for a shell
    #[command(after_help = "Example:\n  satchel completions bash > /etc/bash_completion.d/satchel")]
    Completions {
        /// Which shell
        shell: Shell,
    },
    /// Print the manual page
    Man(Man),
}

#[derive(Args)]
#[command(after_help = "Examples:
  satchel encrypt demands.pdf -o demands.satchel
  satchel encrypt plans/ -R committee.txt -o plans.satchel
  satchel encrypt demands.pdf --html letter.html -p
  satchel encrypt all.csv --split-by Department --to who.toml -o all.satchel")]
pub(crate) struct Encrypt {
    /// What to seal; without one, or `-`: standard input
    #[arg(value_name = "FILE|DIR", value_hint = ValueHint::AnyPath)]
    pub(crate) paths: Vec<PathBuf>,
    /// Where the container goes, or standard output
    #[arg(short, long, value_name = "OUT", value_hint = ValueHint::FilePath)]
    pub(crate) output: Option<PathBuf>,
    /// Make a letter: one HTML file for any browser
    #[arg(long, value_name = "LETTER", value_hint = ValueHint::FilePath,
        conflicts_with_all = ["output", "recipients", "files", "split_by", "profile"])]
    pub(crate) html: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) passphrase: NewPassphrase,
    #[command(flatten)]
    pub(crate) to: To,
    /// Split a CSV: each department opens its own rows
    #[arg(long, value_name = "COLUMN", requires = "departments",
        conflicts_with_all = ["ask", "passphrase_file", "recipients", "files"])]
    pub(crate) split_by: Option<String>,
    /// Who opens which: committee and [departments]
    #[arg(long = "to", value_name = "FILE", value_hint = ValueHint::FilePath, requires = "split_by")]
    pub(crate) departments: Option<PathBuf>,
    /// Passphrase's cost: 1 64 MiB, 2 256 MiB, 3 1 GiB
    #[arg(long, value_name = "1|2|3", value_parser = clap::value_parser!(u8).range(1..=3),
        conflicts_with_all = ["recipients", "files", "split_by"])]
    pub(crate) profile: Option<u8>,
    /// Replace the output where it exists
    #[arg(long)]
    pub(crate) force: bool,
}

#[derive(Args)]
#[command(after_help = "Examples:
  satchel decrypt demands.satchel
  satchel decrypt plans.satchel -i me.key -o plans/ --only plans/spring.md")]
pub(crate) struct Decrypt {
    /// The container; `-` is standard input
    #[arg(value_hint = ValueHint::FilePath)]
    pub(crate) container: PathBuf,
    /// Where it goes: a folder, a file or `-`
    #[arg(short, long, value_name = "DIR|FILE|-", value_hint = ValueHint::AnyPath)]
    pub(crate) output: Option<PathBuf>,
    /// Take out this file or folder only; may be given again
    #[arg(long, value_name = "NAME")]
    pub(crate) only: Vec<String>,
    #[command(flatten)]
    pub(crate) key: Key,
    /// Replace files that exist
    #[arg(long)]
    pub(crate) force: bool,
}

#[derive(Args)]
#[command(after_help = "Example:
  satchel list plans.satchel -i me.key")]
pub(crate) struct Look {
    /// The container; `-` is standard input
    #[arg(value_hint = ValueHint::FilePath)]
    pub(crate) container: PathBuf,
    #[command(flatten)]
    pub(crate) key: Key,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
#[command(after_help = "Example:
  satchel inspect plans.satchel")]
pub(crate) struct Inspect {
    /// The container; `-` is standard input
    #[arg(value_hint = ValueHint::FilePath)]
    pub(crate) container: PathBuf,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
#[command(after_help = "Example:
  satchel check plans.satchel -i me.key")]
pub(crate) struct Check {
    /// The container; `-` is standard input
    #[arg(value_hint = ValueHint::FilePath)]
    pub(crate) container: PathBuf,
    #[command(flatten)]
    pub(crate) key: Key,
}

#[derive(Args)]
#[command(
    after_help = "Removing takes nothing back: who could open it may have kept a copy of the file, or its key, and a disk may keep what was overwritten. What somebody is to see no more has to be sealed again.

Examples:
  satchel rekey demands.satchel --add-passphrase --remove-this
  satchel rekey plans.satchel -i me.key --remove-recipients -R committee.txt"
)]
pub(crate) struct Rekey {
    /// The container; it is changed where it is
    #[arg(value_hint = ValueHint::FilePath)]
    pub(crate) container: PathBuf,
    #[command(flatten)]
    pub(crate) key: Key,
    #[command(flatten)]
    pub(crate) changes: Changes,
    /// Cost of a first passphrase, as in encrypt
    #[arg(long, value_name = "1|2|3", value_parser = clap::value_parser!(u8).range(1..=3))]
    pub(crate) profile: Option<u8>,
}

#[derive(Args)]
#[command(after_help = "Examples:
  satchel keygen -p -o me.key
  satchel keygen -y me.key")]
pub(crate) struct Keygen {
    /// Where the key goes, for nobody but you
    #[arg(short, long, value_name = "KEY", value_hint = ValueHint::FilePath, conflicts_with = "recipient_of")]
    pub(crate) output: Option<PathBuf>,
    /// Print the recipient of a key that there is already
    #[arg(short = 'y', long, value_name = "KEY", value_hint = ValueHint::FilePath)]
    pub(crate) recipient_of: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) passphrase: NewPassphrase,
    /// Replace the output where it exists
    #[arg(long)]
    pub(crate) force: bool,
}

#[derive(Args)]
#[command(after_help = "Example:
  satchel split members.satchel -k 3 -n 5 -o shares/")]
pub(crate) struct Split {
    /// The container; it is changed where it is
    #[arg(value_hint = ValueHint::FilePath)]
    pub(crate) container: PathBuf,
    /// How many shares it takes
    #[arg(short = 'k', long, value_name = "K", value_parser = clap::value_parser!(u8).range(2..=32))]
    pub(crate) threshold: u8,
    /// How many shares are made
    #[arg(short = 'n', long, value_name = "N", value_parser = clap::value_parser!(u8).range(2..=32))]
    pub(crate) number: u8,
    /// The folder for the shares; the present one
    #[arg(short, long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) output: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) key: Key,
    /// Make shares that were made before useless
    #[arg(long)]
    pub(crate) replace: bool,
    /// Replace files that exist, but no share in use
    #[arg(long)]
    pub(crate) force: bool,
}

#[derive(Args)]
#[command(after_help = "Example:
  satchel combine members.satchel members.share-1.txt members.share-4.txt members.share-5.txt")]
pub(crate) struct Combine {
    /// The container and shares; others are asked for
    #[arg(value_name = "CONTAINER|SHARE", value_hint = ValueHint::FilePath, required = true)]
    pub(crate) paths: Vec<PathBuf>,
    /// Where it goes: a folder, a file or `-`
    #[arg(short, long, value_name = "DIR|FILE|-", value_hint = ValueHint::AnyPath)]
    pub(crate) output: Option<PathBuf>,
    /// Take out this file or folder only; may be given again
    #[arg(long, value_name = "NAME")]
    pub(crate) only: Vec<String>,
    /// Replace files that exist
    #[arg(long)]
    pub(crate) force: bool,
}

#[derive(Args)]
#[command(after_help = "Examples:\n  satchel man | man -l -\n  satchel man -o /usr/local/share/man/man1/")]
pub(crate) struct Man {
    /// The page of one command alone
    pub(crate) verb: Option<String>,
    /// Write a page for satchel and one for each command into this folder
    #[arg(short, long, value_name = "DIR", value_hint = ValueHint::DirPath, conflicts_with = "verb")]
    pub(crate) output: Option<PathBuf>,
    /// Replace pages that exist
    #[arg(long, requires = "output")]
    pub(crate) force: bool,
}

/// Whom to ask.
#[derive(Args)]
pub(crate) struct Server {
    /// The server's address, where no link names it
    #[arg(long, value_name = "URL", env = "SATCHEL_SERVER", value_hint = ValueHint::Url)]
    pub(crate) server: Option<String>,
}

impl Server {
    /// An empty variable names nothing.
    pub(crate) fn named(&self) -> Option<&str> {
        self.server.as_deref().filter(|server| !server.is_empty())
    }
}

#[derive(Args)]
#[command(after_help = "Examples:
  satchel share demands.pdf --server https://satchel.example --expires 3d
  echo \"at noon, gate 4\" | satchel share --qr")]
pub(crate) struct Share {
    /// What to seal; without one, or `-`: standard input
    #[arg(value_name = "FILE|DIR", value_hint = ValueHint::AnyPath)]
    pub(crate) paths: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) server: Server,
    /// When it expires: a number and s, m, h, d or w
    #[arg(long, value_name = "7d")]
    pub(crate) expires: Option<Seconds>,
    /// How often it opens, to 1000; 0 for any number
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(0..=1000), conflicts_with = "burn")]
    pub(crate) reads: Option<u32>,
    /// It burns after reading: the same as --reads 1
    #[arg(long)]
    pub(crate) burn: bool,
    /// Make a link for each of N people: one upload, each link with its own reads
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(crate) links: Option<u32>,
    /// A name for each link, one a line, from a file or `-`
    #[arg(long, value_name = "F", value_hint = ValueHint::FilePath)]
    pub(crate) names: Option<PathBuf>,
    /// Too many wrong passphrases destroy it
    #[arg(long)]
    pub(crate) burn_on_guessing: bool,
    /// Any number of reads; even burned, it stays readable in the operator's backups until it expires
    #[arg(long, conflicts_with_all = ["reads", "burn", "burn_on_guessing", "links", "names"])]
    pub(crate) keep: bool,
    #[command(flatten)]
    pub(crate) passphrase: NewPassphrase,
    /// Burn it with all else that is made under the panic link in a file or `-`
    #[arg(long, value_name = "F", value_hint = ValueHint::FilePath)]
    pub(crate) panic_file: Option<PathBuf>,
    /// Leave the ledger alone, where there is one
    #[arg(long, conflicts_with = "ledger_passphrase_file")]
    pub(crate) no_ledger: bool,
    #[command(flatten)]
    pub(crate) ledger: LedgerKey,
    /// Ask for the server's invite, and remember it
    #[arg(long, conflicts_with = "invite_file")]
    pub(crate) invite: bool,
    /// Read the server's invite from a file or `-`
    #[arg(long, value_name = "F", value_hint = ValueHint::FilePath)]
    pub(crate) invite_file: Option<PathBuf>,
    /// Show the link as a QR code too
    #[arg(long)]
    pub(crate) qr: bool,
    /// Print link, receipt, id and more as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
#[command(after_help = "Example:
  satchel get -o plans/            asks for the link, which then stands in no history")]
pub(crate) struct Get {
    /// The link; without one, or `-`, it is asked for
    #[arg(value_hint = ValueHint::Url)]
    pub(crate) link: Option<String>,
    #[command(flatten)]
    pub(crate) server: Server,
    /// Where it goes: a folder, a file or `-`
    #[arg(short, long, value_name = "DIR|FILE|-", value_hint = ValueHint::AnyPath)]
    pub(crate) output: Option<PathBuf>,
    /// Read the passphrase from a file or `-`
    #[arg(long, value_name = "F", value_hint = ValueHint::FilePath)]
    pub(crate) passphrase_file: Option<PathBuf>,
    /// Replace files that exist
    #[arg(long)]
    pub(crate) force: bool,
}

#[derive(Args)]
#[command(after_help = "Example:
  satchel status                   asks for the receipt")]
pub(crate) struct Status {
    /// The receipt; without one, or as `-`, it is read from standard input, or asked for without echo
    #[arg(value_hint = ValueHint::Url)]
    pub(crate) receipt: Option<String>,
    #[command(flatten)]
    pub(crate) server: Server,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
#[command(after_help = "Example:
  satchel link --links 3 --expires 2d")]
pub(crate) struct Link {
    /// The receipt; without one, or as `-`, it is read from standard input, or asked for without echo
    #[arg(value_hint = ValueHint::Url)]
    pub(crate) receipt: Option<String>,
    /// How many; without it one, or one for each name
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(crate) links: Option<u32>,
    /// A name for each link, one a line, from a file or `-`
    #[arg(long, value_name = "F", value_hint = ValueHint::FilePath)]
    pub(crate) names: Option<PathBuf>,
    /// When they expire: a number and s, m, h, d or w
    #[arg(long, value_name = "7d")]
    pub(crate) expires: Option<Seconds>,
    /// How often each opens, to 1000; 0 for any number
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(0..=1000))]
    pub(crate) reads: u32,
    #[command(flatten)]
    pub(crate) passphrase: NewPassphrase,
    /// Read the server's invite from a file or `-`
    #[arg(long, value_name = "F", value_hint = ValueHint::FilePath)]
    pub(crate) invite_file: Option<PathBuf>,
    /// Leave the ledger alone, where there is one: it gets the names of links
    #[arg(long, conflicts_with = "ledger_passphrase_file")]
    pub(crate) no_ledger: bool,
    #[command(flatten)]
    pub(crate) ledger: LedgerKey,
    #[command(flatten)]
    pub(crate) server: Server,
    /// Show the links as QR codes too
    #[arg(long)]
    pub(crate) qr: bool,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
#[command(after_help = "Example:
  satchel change --expires 3d --reads 2")]
pub(crate) struct Change {
    /// The receipt; without one, or as `-`, it is read from standard input, or asked for without echo
    #[arg(value_hint = ValueHint::Url)]
    pub(crate) receipt: Option<String>,
    /// When it expires, from now: a number and s, m, h, d or w
    #[arg(long, value_name = "3d")]
    pub(crate) expires: Option<Seconds>,
    /// How often it opens from now on: fewer times than now
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(crate) reads: Option<u32>,
    /// End the wait that wrong passphrases have built up
    #[arg(long)]
    pub(crate) end_wait: bool,
    /// One link of several, by the number or name that `satchel status` shows
    #[arg(long, value_name = "N|NAME", conflicts_with = "end_wait")]
    pub(crate) link: Option<OneLink>,
    #[command(flatten)]
    pub(crate) server: Server,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
#[command(after_help = "Example:
  satchel burn                     asks for the receipt")]
pub(crate) struct Burn {
    /// The receipt; without one, or as `-`, it is read from standard input, or asked for without echo
    #[arg(value_hint = ValueHint::Url)]
    pub(crate) receipt: Option<String>,
    /// Destroy one link of several, by the number or name that `satchel status` shows
    #[arg(long, value_name = "N|NAME")]
    pub(crate) link: Option<OneLink>,
    #[command(flatten)]
    pub(crate) server: Server,
}
