//! The options that name keys: what is to open something, and what opens it.

use std::path::PathBuf;

use clap::{Args, ValueHint};

/// For sealing under a passphrase.
#[derive(Args)]
pub(crate) struct NewPassphrase {
    /// Ask for a passphrase, or make one of six words
    #[arg(short = 'p', long = "passphrase", conflicts_with = "passphrase_file")]
    pub(crate) ask: bool,
    /// Read the passphrase from a file or `-`
    #[arg(long, value_name = "F", value_hint = ValueHint::FilePath)]
    pub(crate) passphrase_file: Option<PathBuf>,
}

/// For sealing to people.
#[derive(Args)]
pub(crate) struct To {
    /// Seal to `age1pq1...`; may be given again
    #[arg(short = 'r', long = "recipient", value_name = "RECIPIENT")]
    pub(crate) recipients: Vec<String>,
    /// Seal to all in a file, one a line; or `-`
    #[arg(short = 'R', long = "recipients-file", value_name = "F", value_hint = ValueHint::FilePath)]
    pub(crate) files: Vec<PathBuf>,
}

impl To {
    /// Whether nobody is named.
    pub(crate) const fn is_empty(&self) -> bool {
        self.recipients.is_empty() && self.files.is_empty()
    }
}

/// For opening.
#[derive(Args)]
pub(crate) struct Key {
    /// Read the passphrase from a file or `-`
    #[arg(long, value_name = "F", value_hint = ValueHint::FilePath)]
    pub(crate) passphrase_file: Option<PathBuf>,
    /// Open with a key file; may be given again
    #[arg(short = 'i', long = "identity", value_name = "KEY", value_hint = ValueHint::FilePath)]
    pub(crate) identities: Vec<PathBuf>,
    /// Open with the link in a file or `-`
    #[arg(long, value_name = "F", value_hint = ValueHint::FilePath, conflicts_with = "identities")]
    pub(crate) link_file: Option<PathBuf>,
    /// Open with the share in a file; give several
    #[arg(long = "share", value_name = "F", value_hint = ValueHint::FilePath,
        conflicts_with_all = ["identities", "link_file", "passphrase_file"])]
    pub(crate) shares: Vec<PathBuf>,
}

impl Key {
    /// Every file that is named.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &PathBuf> {
        let one = [&self.passphrase_file, &self.link_file].into_iter().flatten();
        one.chain(&self.identities).chain(&self.shares)
    }
}

/// For changing how a container opens.
#[derive(Args)]
pub(crate) struct Changes {
    /// Ask for another passphrase, or make one
    #[arg(long, conflicts_with = "add_passphrase_file")]
    pub(crate) add_passphrase: bool,
    /// Add the passphrase in a file or `-`
    #[arg(long, value_name = "F", value_hint = ValueHint::FilePath)]
    pub(crate) add_passphrase_file: Option<PathBuf>,
    /// Add `age1pq1...`; may be given again
    #[arg(short = 'r', long = "add-recipient", value_name = "RECIPIENT")]
    pub(crate) add_recipients: Vec<String>,
    /// Add all recipients in a file, one a line
    #[arg(short = 'R', long = "add-recipients-file", value_name = "F", value_hint = ValueHint::FilePath)]
    pub(crate) add_recipients_files: Vec<PathBuf>,
    /// Remove the passphrase or key used to open it
    #[arg(long)]
    pub(crate) remove_this: bool,
    /// Remove the passphrase in a file or `-`
    #[arg(long, value_name = "F", value_hint = ValueHint::FilePath)]
    pub(crate) remove_passphrase_file: Option<PathBuf>,
    /// Remove every passphrase there is now
    #[arg(long)]
    pub(crate) remove_passphrases: bool,
    /// Remove every recipient there is now
    #[arg(long)]
    pub(crate) remove_recipients: bool,
    /// Whoever looks for this is not to find the one above.
    #[arg(long, value_name = "RECIPIENT", hide = true)]
    pub(crate) remove_recipient: Option<String>,
    /// Make all recovery shares useless
    #[arg(long)]
    pub(crate) remove_shares: bool,
    /// Finish or undo a change that was cut off
    #[arg(long)]
    pub(crate) settle: bool,
}

impl Changes {
    /// Every file that is named.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &PathBuf> {
        let one = [&self.add_passphrase_file, &self.remove_passphrase_file]
            .into_iter()
            .flatten();
        one.chain(&self.add_recipients_files)
    }

    /// Whether there is nothing to be done.
    pub(crate) const fn is_empty(&self) -> bool {
        !(self.add_passphrase
            || self.add_passphrase_file.is_some()
            || !self.add_recipients.is_empty()
            || !self.add_recipients_files.is_empty()
            || self.remove_this
            || self.remove_passphrase_file.is_some()
            || self.remove_passphrases
            || self.remove_recipients
            || self.remove_recipient.is_some()
            || self.remove_shares
            || self.settle)
    }
}
