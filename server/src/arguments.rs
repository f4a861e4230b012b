//! What can be said on the server's command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use satchel_server::config::{Options, Seconds};
use satchel_server::invite::{InviteVerb, Place};

use crate::drill;

/// Keeps sealed documents, counts reads, and destroys. It cannot open what it keeps.
#[derive(Parser)]
#[command(name = "satchel-server", version, propagate_version = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

#[derive(Subcommand)]
pub(crate) enum Verb {
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
pub(crate) struct Asked {
    /// TOML file of the server
    #[arg(long, env = "SATCHEL_CONFIG", value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// For scripts
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) options: Box<Options>,
}

#[derive(Subcommand)]
pub(crate) enum ClockVerb {
    /// Takes the clock as right after a jump: what it expires is destroyed. The server may be running
    Accept {
        /// TOML file of the server
        #[arg(long, env = "SATCHEL_CONFIG", value_name = "FILE")]
        config: Option<PathBuf>,
        #[command(flatten)]
        options: Box<Options>,
    },
}
