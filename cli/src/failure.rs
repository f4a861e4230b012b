//! What can go wrong at the command line: each failure's sentence, hint and exit code, in one place.

use std::io;
use std::path::{Path, PathBuf};

use satchel_client::crypto::{RekeyError, SealError, Verdict};
use satchel_client::share_text::NoShare;
use satchel_client::{AddressError, Base, Class, Error};

use crate::hidden::without_secrets;
use crate::naming::shown;
use crate::opens::{Kind, Kinds};
use crate::place_in_text::Where;
use crate::table::TableError;

/// Why a verb stopped.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("there is nothing to seal: standard input is a terminal")]
    NothingToSeal,
    #[error("there is nothing to seal in {}", .0.iter().map(|path| at(path)).collect::<Vec<_>>().join(", "))]
    NothingIn(Vec<PathBuf>),
    #[error("a container is not for a terminal to show")]
    OutputIsTerminal,
    #[error("standard input cannot be two things at once")]
    StdinTwice,
    #[error("nothing was typed for {0}")]
    NoAnswer(&'static str),
    #[error("there is no terminal to ask for {0}")]
    NoTerminal(&'static str),
    #[error("{} holds a passphrase that nobody can type: several lines, or a character that no key gives", at(.0))]
    NotTypable(PathBuf),
    #[error("the two answers differ")]
    AnswersDiffer,
    #[error("{} holds no text", at(.0))]
    SecretNotText(PathBuf),
    #[error("{} is longer than a key, a share or a link can be", at(.path))]
    SecretTooLong { path: PathBuf, len: usize },
    #[error("{} holds no identity", at(.0))]
    NoIdentity(PathBuf),
    #[error("{} is sealed by age itself", at(.0))]
    SealedByAge(PathBuf),
    #[error("{} is a file, and no recipient", at(.0))]
    RecipientIsFile(PathBuf),
    #[error("one recipient cannot be named for removal: the container does not know whose its slots are")]
    NotOne,
    #[error("{} holds a recipient, which opens nothing", at(.0))]
    RecipientForIdentity(PathBuf),
    #[error("{} holds no recipient", at(.0))]
    NoRecipient(PathBuf),
    #[error("{0} is no recipient, or one that is cut or mistyped")]
    NotARecipient(Where),
    #[error("{0} is an identity, which is secret, not a recipient")]
    IdentityForRecipient(Where),
    #[error("{0} is one of age's older keys, which a quantum computer could break")]
    ClassicKey(Where),
    #[error("{0} is an identity that is cut or mistyped")]
    DamagedIdentity(Where),
    #[error("it opens with {opens}, not with {asked}")]
    OtherKey { asked: Kind, opens: Kinds },
    #[error("{0} keys are more than the 64 that fit")]
    TooManyKeys(usize),
    #[error("{} holds no share that is whole: {why}", at(.path))]
    NoShare { path: PathBuf, why: NoShare },
    #[error("{threshold} of {number} shares are not possible")]
    ShareCount { threshold: u8, number: u8 },
    #[error("no share is named")]
    NoShares,
    #[error("shares are files, and go to a folder")]
    SharesNeedFolder,
    #[error("{}, and it takes one and its shares", containers(*.0))]
    ContainerCount(usize),
    #[error("a container opens by passphrases or by recipients, not by both")]
    TwoKinds,
    #[error("a container opens by passphrases or by recipients, not by both")]
    PassphraseAndRecipients,
    #[error("there is nothing to be changed")]
    NothingToChange,
    #[error("its passphrases are of profile {0}, and all have to be of one")]
    OtherProfile(u8),
    #[error("this passphrase opens it already")]
    OpensAlready,
    #[error("none of its passphrases is the one to be removed")]
    NoSuchPassphrase,
    #[error("it has no {0} to be removed")]
    NothingToRemove(&'static str),
    #[error("nothing would open it any more")]
    NothingOpens,
    #[error("nobody can tell from the file whether anyone is left who opens it; nothing was changed")]
    NobodyKnownToBeLeft,
    #[error("it would open in more ways than a container can")]
    TooManyWays,
    #[error("how it opens can only be changed in a file")]
    NotInPlace,
    #[error("how a set or a page opens cannot be changed")]
    FixedKeys,
    #[error("another command is changing {}", at(.0))]
    RekeysTwice(PathBuf),
    #[error("{} cannot be split: {why}", at(.path))]
    Table { path: PathBuf, why: TableError },
    #[error("there is no command {}", shown(.0))]
    NoSuchVerb(String),
    #[error("nobody is named for {}", values(.0))]
    NoDepartment(Vec<(String, u64)>),
    #[error("line {line} of {} is not as it should be: {why}", at(.path))]
    BadDepartments { path: PathBuf, line: usize, why: String },
    #[error("line {line} of {} is not as it should be: the name of a department stands in quotes where it has more than plain letters, digits, - and _", at(.path))]
    BareName { path: PathBuf, line: usize, name: String },
    #[error("what is written for {} is several keys in one text", shown(.0))]
    SeveralInOne(String),
    #[error("{} names nobody for {whom}", at(.path))]
    NobodyNamed { path: PathBuf, whom: String },
    #[error("{} names {} twice", at(.path), shown(.value))]
    DepartmentTwice { path: PathBuf, value: String },
    #[error("{0} departments are more than the 256 that a set takes")]
    TooManyDepartments(usize),
    #[error("it would take {0} ways to open it, and a set has room for 1024")]
    TooManyForSet(usize),
    #[error("{0} inputs are named, and one table can be split")]
    OneTable(usize),
    #[error("this satchel was built without the page that a letter needs")]
    NoPage,
    #[error("this satchel was built without the page, and knows nothing to compare with")]
    NoPageBuiltIn,
    #[error("{base} does not serve the page of Satchel {version}, as built into this command: {what}")]
    PageDiffers { base: Base, version: String, what: String },
    #[error("{base} says that its page is of Satchel {}; this command knows that of {ours}", told(.theirs))]
    PageOfOtherVersion { base: Base, ours: String, theirs: String },
    #[error("{base} says that its page of Satchel {version} was built with {}; this command knows one built with {ours}", told(.theirs))]
    PageOfOtherToolchain {
        base: Base,
        version: String,
        ours: String,
        theirs: String,
    },
    #[error("{0} says nothing that tells which page it serves")]
    NoManifest(Base),
    #[error("{0} did not hand out all of its page in time")]
    PageTooSlow(Base),
    #[error("the document is larger than the 64 MiB that a letter takes")]
    TooLargeForLetter,
    #[error("{} is a letter that is cut or damaged", at(.0))]
    LetterDamaged(PathBuf),
    #[error("no server is named")]
    NoServer,
    #[error(transparent)]
    Address(AddressError),
    #[error("this is a receipt, not a link")]
    ReceiptForLink,
    #[error("this is a link, not a receipt")]
    LinkForReceipt,
    #[error("this is the receipt of a document with several links, not {0}")]
    OwnerFor(&'static str),
    #[error("this is no receipt of a document with several links")]
    NotAnOwner,
    #[error("this is the receipt of a document with several links, and no link is named")]
    WhichLink,
    #[error("it is not said what is to be changed")]
    ChangeWhat,
    #[error("this is a panic link, not {0}")]
    PanicFor(&'static str),
    #[error("this is no panic link, nor the words of one")]
    NotPanic,
    #[error("these are not the {0} words of a panic secret: one is missing, mistyped, or in another's place")]
    PanicWords(usize),
    #[error("a new panic secret is made, not given")]
    PanicNewTakesNone,
    #[error("the panic link is of another server: {0}")]
    PanicOfAnotherServer(Base),
    #[error("the ledger is on already: {}", at(.0))]
    LedgerIsOn(PathBuf),
    #[error("the ledger keeps a panic link already")]
    PanicIsKept,
    #[error("the ledger is off")]
    LedgerIsOff,
    #[error("turning the ledger off deletes it, with every receipt in it")]
    LedgerOffDeletes,
    #[error("{} is no ledger, or one of a newer satchel", at(.0))]
    LedgerNotRead(PathBuf),
    #[error("the ledger has no receipt number {0}")]
    NoSuchReceipt(u64),
    #[error("the ledger holds no panic link")]
    NoPanicKept,
    #[error("it is shared, but the ledger does not know of it: {0}")]
    NotWrittenDown(Box<Failure>),
    #[error("{0} does not answer")]
    Silent(Base),
    #[error("it has no link called {}", shown(.0))]
    NoSuchLink(String),
    #[error("two of its links are called {}: {}", shown(.name), .numbers.iter().map(u32::to_string).collect::<Vec<_>>().join(", "))]
    LinkTwice { name: String, numbers: Vec<u32> },
    #[error("{names} names are in {}, and {links} links are wanted", at(.path))]
    NameCount { path: PathBuf, names: usize, links: u32 },
    #[error("line {line} of {} is no name for a link", at(.path))]
    BadLinkName { path: PathBuf, line: usize },
    #[error("this is an invite, not {0}")]
    InviteFor(&'static str),
    #[error("this is no invite")]
    NotAnInvite,
    #[error("the invite is of another server: {0}")]
    InviteOfAnotherServer(Base),
    #[error("the link names no server")]
    LinkWithoutServer,
    #[error("an onion service is reached through Tor, and no proxy leads there")]
    OnionWithoutTor,
    #[error("two inputs would both be called {}", shown(.0))]
    NameTwice(String),
    #[error("{} has no name to be kept under", at(.0))]
    NoName(PathBuf),
    #[error("the name {} is longer than 1024 bytes", shown(.0))]
    NameTooLong(String),
    #[error("{0} files are more than the 65536 that a container takes")]
    TooManyFiles(usize),
    #[error("standard input cannot stand beside other files")]
    StdinBesideOthers,
    #[error("{} is neither a file nor a folder, and cannot stand beside others", at(.0))]
    StreamBesideOthers(PathBuf),
    #[error("{} changed while it was being read", at(.0))]
    Changed(PathBuf),
    #[error("cannot read {}: {}", of(.path, "standard input"), reason(.source))]
    Read { path: PathBuf, source: io::Error },
    #[error("cannot write {}: {}", of(.path, "standard output"), reason(.source))]
    Write { path: PathBuf, source: io::Error },
    #[error("{} exists", at(.0))]
    Exists(PathBuf),
    #[error("{} is read for this, and would be replaced", at(.0))]
    OutputIsInput(PathBuf),
    #[error("{} is in the way: what is to be written there is {}", at(.0), if .0.is_dir() { "a file" } else { "a folder" })]
    InTheWay(PathBuf),
    #[error("{} is a recovery share", at(.0))]
    ShareInTheWay(PathBuf),
    #[error("{} is a symlink, and nothing is written through one", at(.0))]
    SymlinkInTheWay(PathBuf),
    #[error("{} exists, and the document {}", at(.path), files(*.count))]
    FileForMany { path: PathBuf, count: usize },
    #[error("the document {}, and only one file fits on standard output", files(*.0))]
    ManyForStdout(usize),
    #[error("the container holds nothing called {}", shown(.0))]
    NoSuchEntry(String),
    #[error("the container holds several that are shown as {}", shown(.0))]
    LooksAlike(String),
    #[error("the document is not text, and standard output is a terminal")]
    BinaryForTerminal,
    #[error("the link has {0} characters, more than a QR code holds")]
    QrTooLong(usize),
    #[error("the lease cannot be kept in {}: {}", at(.path), reason(.source))]
    Lease { path: PathBuf, source: io::Error },
    #[error("another `satchel get` is opening this link")]
    GetsTwice,
    #[error("there is no home folder to keep a lease in")]
    NoHome,
    #[error("{0}")]
    LeaseKept(Box<Failure>),
    #[error(transparent)]
    Client(#[from] Error),
}

impl From<Verdict> for Failure {
    fn from(verdict: Verdict) -> Self {
        Self::Client(Error::Verdict(verdict))
    }
}

impl From<SealError> for Failure {
    fn from(error: SealError) -> Self {
        Self::Client(Error::from(error))
    }
}

impl From<RekeyError> for Failure {
    fn from(error: RekeyError) -> Self {
        match error {
            RekeyError::ShareCount { threshold, count } => Self::ShareCount {
                threshold,
                number: count,
            },
            RekeyError::NothingOpens => Self::NothingOpens,
            RekeyError::MixedTypes => Self::TwoKinds,
            RekeyError::Slots(verdict) => verdict.into(),
            _ => Self::TooManyWays,
        }
    }
}

impl From<AddressError> for Failure {
    fn from(error: AddressError) -> Self {
        match error {
            AddressError::Fragment(verdict) => verdict.into(),
            other => Self::Address(other),
        }
    }
}

/// Values with the first line that has each.
fn values(values: &[(String, u64)]) -> String {
    let shown = |(value, line): &(String, u64)| match value.as_str() {
        "" => format!("an empty field (line {line})"),
        value => format!("{} (line {line})", shown(value)),
    };
    values.iter().map(shown).collect::<Vec<_>>().join(", ")
}

/// A path as it may be shown.
pub(crate) fn at(path: &Path) -> String {
    if path.as_os_str() == "-" {
        return "standard input or output".to_owned();
    }
    path.to_string_lossy()
        .split('/')
        .map(shown)
        .collect::<Vec<_>>()
        .join("/")
}

fn containers(count: usize) -> String {
    match count {
        0 => "none of the files is a container".to_owned(),
        count => format!("{count} of the files are containers"),
    }
}

/// What a server says, no more of it than a line takes.
fn told(text: &str) -> String {
    const CHARS_MAX: usize = 80;
    text.chars().take(CHARS_MAX).collect()
}

/// One that is not a file is a folder.
fn files(count: usize) -> String {
    match count {
        1 => "is a folder".to_owned(),
        count => format!("has {count} files"),
    }
}

fn of(path: &Path, dash: &str) -> String {
    if path.as_os_str() == "-" {
        dash.to_owned()
    } else {
        at(path)
    }
}

/// The sentence of the system without its number.
fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or(&text).to_owned()
}

impl Failure {
    /// What is said of it: a server's or a sender's words give the terminal no orders.
    pub(crate) fn sentence(&self) -> String {
        without_secrets(&shown(&self.to_string()))
    }

    /// What the exit code says.
    pub(crate) fn class(&self) -> Class {
        match self {
            Self::NothingToSeal
            | Self::WhichLink
            | Self::PanicFor(_)
            | Self::NotPanic
            | Self::LedgerIsOff
            | Self::LedgerOffDeletes
            | Self::NoSuchReceipt(_)
            | Self::NoPanicKept
            | Self::PanicWords(_)
            | Self::PanicNewTakesNone
            | Self::PanicOfAnotherServer(_)
            | Self::LinkTwice { .. }
            | Self::NameCount { .. }
            | Self::BadLinkName { .. }
            | Self::ChangeWhat
            | Self::NothingIn(_)
            | Self::OutputIsTerminal
            | Self::StdinTwice
            | Self::NoTerminal(_)
            | Self::NoAnswer(_)
            | Self::AnswersDiffer
            | Self::NotTypable(_)
            | Self::SecretNotText(_)
            | Self::SecretTooLong { .. }
            | Self::NoIdentity(_)
            | Self::SealedByAge(_)
            | Self::RecipientIsFile(_)
            | Self::NotOne
            | Self::RecipientForIdentity(_)
            | Self::NoRecipient(_)
            | Self::NotARecipient(_)
            | Self::IdentityForRecipient(_)
            | Self::ClassicKey(_)
            | Self::DamagedIdentity(_)
            | Self::TooManyKeys(_)
            | Self::NoShare { .. }
            | Self::ShareCount { .. }
            | Self::ContainerCount(_)
            | Self::SharesNeedFolder
            | Self::NoShares
            | Self::OpensAlready
            | Self::TwoKinds
            | Self::PassphraseAndRecipients
            | Self::NothingToChange
            | Self::OtherProfile(_)
            | Self::NoSuchPassphrase
            | Self::NothingToRemove(_)
            | Self::NothingOpens
            | Self::NobodyKnownToBeLeft
            | Self::TooManyWays
            | Self::NotInPlace
            | Self::BadDepartments { .. }
            | Self::BareName { .. }
            | Self::SeveralInOne(_)
            | Self::NobodyNamed { .. }
            | Self::DepartmentTwice { .. }
            | Self::NoDepartment(_)
            | Self::TooManyDepartments(_)
            | Self::OneTable(_)
            | Self::TooManyForSet(_)
            | Self::NoSuchVerb(_)
            | Self::FixedKeys
            | Self::NoServer
            | Self::Address(_)
            | Self::ReceiptForLink
            | Self::LinkForReceipt
            | Self::OwnerFor(_)
            | Self::NotAnOwner
            | Self::InviteFor(_)
            | Self::NotAnInvite
            | Self::InviteOfAnotherServer(_)
            | Self::LinkWithoutServer
            | Self::NameTwice(_)
            | Self::NoName(_)
            | Self::StdinBesideOthers
            | Self::StreamBesideOthers(_)
            | Self::ManyForStdout(_)
            | Self::NoSuchEntry(_)
            | Self::LooksAlike(_)
            | Self::BinaryForTerminal => Class::Usage,
            Self::Exists(_)
            | Self::OutputIsInput(_)
            | Self::InTheWay(_)
            | Self::SymlinkInTheWay(_)
            | Self::ShareInTheWay(_)
            | Self::FileForMany { .. } => Class::OutputExists,
            Self::NameTooLong(_)
            | Self::TooManyFiles(_)
            | Self::Changed(_)
            | Self::Read { .. }
            | Self::Write { .. }
            | Self::QrTooLong(_)
            | Self::Lease { .. }
            | Self::GetsTwice
            | Self::RekeysTwice(_)
            | Self::Table { .. }
            | Self::NoPage
            | Self::NoPageBuiltIn
            | Self::TooLargeForLetter
            | Self::NoHome => Class::Other,
            Self::OtherKey { .. } => Class::WrongKey,
            Self::LetterDamaged(_) => Error::Verdict(Verdict::Truncated).class(),
            Self::NoSuchLink(_)
            | Self::PageOfOtherVersion { .. }
            | Self::PageOfOtherToolchain { .. }
            | Self::NoManifest(_) => Class::NotThere,
            Self::PageDiffers { .. } => Class::Damaged,
            Self::LedgerIsOn(_) | Self::PanicIsKept => Class::OutputExists,
            Self::LedgerNotRead(_) => Class::Damaged,
            Self::NotWrittenDown(failure) => failure.class(),
            Self::Silent(_) | Self::PageTooSlow(_) => Class::Server,
            Self::OnionWithoutTor => Class::Server,
            Self::LeaseKept(failure) => failure.class(),
            Self::Client(error) => error.class(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use satchel_client::api::{Code, Problem};

    #[test]
    fn a_servers_words_give_the_terminal_no_orders() {
        let mut problem = Problem::new(Code::TooLarge);
        problem.title = "no\u{1b}[2J\u{9b}2J\u{202e}".into();
        let said = Failure::Client(Error::Refused(Box::new(problem))).sentence();
        assert!(said.starts_with("the server refused: no"));
        assert!(!said.contains(['\u{1b}', '\u{9b}', '\u{202e}']));
    }

    #[test]
    fn nobody_is_told_that_a_read_is_theirs_that_was_refused() {
        let hint = |error| Failure::LeaseKept(Box::new(Failure::Client(error))).hint().unwrap();
        assert!(!hint(Error::Wait { retry_after: 1 }).contains("yours"));
        assert!(!hint(Error::WrongPassphrase { tries_left: None }).contains("yours"));
        assert!(hint(Error::Write).contains("yours"));
    }
}
