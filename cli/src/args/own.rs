//! The options of what a person keeps of their own pastes: the ledger, and the panic secret.

use std::path::PathBuf;

use clap::{Args, ValueEnum, ValueHint};

use super::Server;

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum PanicAction {
    /// Make a secret, and print its link and its words
    New,
    /// Print the one in the ledger again
    Show,
    /// Burn everything that was made under it
    Burn,
}

#[derive(Args)]
#[command(
    after_help = "The secret opens nothing. Keep it on paper: the words, and the server's address.

Examples:
  satchel panic new --server https://satchel.example --qr > panic.link
  satchel share demands.pdf --panic-file panic.link
  satchel panic burn               asks for the link, or the words"
)]
pub(crate) struct Panic {
    /// What to do
    #[arg(value_enum)]
    pub(crate) action: PanicAction,
    /// The panic link; without one, or as `-`, it or its words are read from standard input, or asked for without echo
    #[arg(value_hint = ValueHint::Url)]
    pub(crate) link: Option<String>,
    #[command(flatten)]
    pub(crate) server: Server,
    /// Keep the new one in the ledger too: `satchel share` takes it from there
    #[arg(long)]
    pub(crate) keep: bool,
    /// Keep it in the place of the one that is kept already
    #[arg(long, requires = "keep")]
    pub(crate) force: bool,
    #[command(flatten)]
    pub(crate) ledger: LedgerKey,
    /// Show the link as a QR code too
    #[arg(long)]
    pub(crate) qr: bool,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// What opens the ledger.
#[derive(Args)]
pub(crate) struct LedgerKey {
    /// Read the ledger's passphrase from a file or `-`
    #[arg(id = "ledger_passphrase_file", long = "ledger-passphrase-file", value_name = "F", value_hint = ValueHint::FilePath)]
    pub(crate) file: Option<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LedgerAction {
    /// Begin one, under a passphrase
    On,
    /// Delete it
    Off,
}

#[derive(Args)]
#[command(
    after_help = "It is off unless you turn it on. It is a container like any other: `satchel rekey` changes its
passphrase, and a copy of it opens anywhere.

Example:
  satchel ledger on"
)]
pub(crate) struct LedgerArgs {
    /// What to do
    #[arg(value_enum)]
    pub(crate) action: LedgerAction,
    /// With off: delete it, with every receipt in it
    #[arg(long)]
    pub(crate) delete: bool,
    #[command(flatten)]
    pub(crate) ledger: LedgerKey,
}

#[derive(Args)]
#[command(after_help = "Example:
  satchel list-mine --forget-gone")]
pub(crate) struct ListMine {
    /// Forget this one, by its number; may be given again
    #[arg(long, value_name = "N")]
    pub(crate) forget: Vec<u64>,
    /// Forget each that is gone
    #[arg(long)]
    pub(crate) forget_gone: bool,
    /// Show the receipts too
    #[arg(long)]
    pub(crate) receipts: bool,
    #[command(flatten)]
    pub(crate) ledger: LedgerKey,
    /// Print JSON, receipts and all
    #[arg(long)]
    pub(crate) json: bool,
}
