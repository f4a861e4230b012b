//! What can go wrong in a flow, with what the caller can act on, and the class that decides the exit code.

use satchel_api::{Burned, Problem};
use satchel_crypto::{SealError, UnsafeName, Verdict};

/// Why a flow stopped.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The container, link or passphrase was refused here.
    #[error(transparent)]
    Verdict(#[from] Verdict),
    /// Sealing stopped.
    #[error(transparent)]
    Seal(SealError),
    /// There is nothing, or the link is not right.
    #[error("there is nothing here for this link")]
    NotFound,
    /// It is gone.
    #[error("{}", gone(*burned))]
    Burned {
        /// How it ended.
        burned: Option<Burned>,
        /// The hour in which it ended.
        burned_at: Option<u64>,
    },
    /// Every read is used up, and a reader is downloading still.
    #[error("no read is left: someone is opening it right now")]
    BeingRead,
    /// The time to download has ended; the read is used up.
    #[error("the time to download has ended")]
    LeaseEnded,
    /// The server refused the passphrase.
    #[error("the passphrase is wrong")]
    WrongPassphrase {
        /// Tries that are left.
        tries_left: Option<u32>,
    },
    /// Wrong passphrases have built up a wait.
    #[error("too many wrong passphrases: the next try is in {retry_after} s")]
    Wait {
        /// Seconds.
        retry_after: u64,
    },
    /// Larger than the server takes.
    #[error("the sealed document is larger than the server takes ({limit} bytes)")]
    TooLarge {
        /// Bytes of a container.
        limit: u64,
    },
    /// Larger than can be stored here; nothing was claimed.
    #[error("{size} bytes are more than can be taken here ({limit})")]
    TooLargeHere {
        /// The container's length.
        size: u64,
        /// What can be taken.
        limit: u64,
    },
    /// The server does not allow this time to expiry.
    #[error("this server allows an expiry of {min} to {max} seconds")]
    ExpiryNotAllowed {
        /// Seconds.
        min: u64,
        /// Seconds.
        max: u64,
    },
    /// The server does not allow this number of reads.
    #[error("this server allows at most {max} reads")]
    ReadsNotAllowed {
        /// Most reads.
        max: u32,
    },
    /// Reads can be lowered, never raised.
    #[error("{}", not_fewer(*most))]
    ReadsNotFewer {
        /// The most that may be left now; 0 where one is left.
        most: u64,
    },
    /// So many links are not possible.
    #[error("one document can have 1 to {max} links")]
    LinksNotAllowed {
        /// Most links.
        max: u32,
    },
    /// Names of links that cannot be.
    #[error("a link's name has at most 127 bytes, is no number, has nothing around it, and is given once")]
    LinkNames,
    /// Uploading takes an invite.
    #[error("uploading to this server takes an invite")]
    InviteRequired,
    /// The invite does not hold here: used up, over, ended, or of another server; or its quota has too little left.
    #[error("{}", refused_invite(*left))]
    InviteRefused {
        /// Bytes that its quota has left, where that is too little.
        left: Option<u64>,
    },
    /// Another refusal of the server's.
    #[error("the server refused: {}", .0.title)]
    Refused(Box<Problem>),
    /// No answer, after several tries.
    #[error("the server cannot be reached, or the connection broke")]
    Unreachable,
    /// An answer that no Satchel server gives.
    #[error("the server answered something that is not Satchel (status {status})")]
    BadAnswer {
        /// The HTTP status.
        status: u16,
    },
    /// A name of the document is unsafe.
    #[error("a name in the document is unsafe: {0}")]
    UnsafeName(UnsafeName),
    /// The document or container could not be read; its [`Source`](crate::Source) knows why.
    #[error("reading failed")]
    Read,
    /// What was opened or sealed could not be stored; its [`Sink`](crate::Sink) knows why.
    #[error("writing failed")]
    Write,
    /// The lease could not be kept; its [`LeaseKeeper`](crate::LeaseKeeper) knows why.
    #[error("the lease could not be saved")]
    Keep,
}

fn refused_invite(left: Option<u64>) -> String {
    match left {
        None => "the invite does not hold here: it is used up, over, ended, or of another server".into(),
        Some(left) => format!("the invite has {left} bytes left, and this takes more"),
    }
}

fn not_fewer(most: u64) -> String {
    match most {
        0 => "it has one read left, which cannot be fewer".into(),
        1 => "it has two reads left, which can be lowered to one".into(),
        most => format!(
            "it has {} reads left, which can be lowered to at most {most}",
            most.saturating_add(1)
        ),
    }
}

fn gone(burned: Option<Burned>) -> &'static str {
    match burned {
        Some(Burned::Reads) => "it was opened before, and is gone",
        Some(Burned::Expiry) => "it has expired, and is gone",
        Some(Burned::Demand) => "its sender burned it",
        Some(Burned::Guessing) => "it burned after too many wrong passphrases",
        None => "it is gone",
    }
}

impl From<SealError> for Error {
    fn from(error: SealError) -> Self {
        match error {
            SealError::Key(verdict) => Self::Verdict(verdict),
            other => Self::Seal(other),
        }
    }
}

/// What kind of failure it is, for exit codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Class {
    /// Anything else.
    Other = 1,
    /// The caller asked for something that cannot be.
    Usage = 2,
    /// Wrong key or passphrase.
    WrongKey = 3,
    /// Damaged, or not a container.
    Damaged = 4,
    /// It never was, burned, or expired.
    NotThere = 5,
    /// Server or network.
    Server = 6,
    /// The output exists.
    OutputExists = 7,
}

impl Error {
    /// Its class.
    #[must_use]
    pub const fn class(&self) -> Class {
        match self {
            Self::Verdict(verdict) => verdict_class(*verdict),
            Self::WrongPassphrase { .. } | Self::Wait { .. } => Class::WrongKey,
            Self::NotFound | Self::Burned { .. } | Self::LeaseEnded | Self::BeingRead => Class::NotThere,
            Self::TooLarge { .. }
            | Self::ExpiryNotAllowed { .. }
            | Self::ReadsNotAllowed { .. }
            | Self::ReadsNotFewer { .. }
            | Self::LinksNotAllowed { .. }
            | Self::InviteRequired
            | Self::InviteRefused { .. }
            | Self::Refused(_)
            | Self::Unreachable
            | Self::BadAnswer { .. } => Class::Server,
            Self::LinkNames => Class::Usage,
            Self::Seal(_) | Self::TooLargeHere { .. } | Self::UnsafeName(_) | Self::Read | Self::Write | Self::Keep => {
                Class::Other
            }
        }
    }
}

const fn verdict_class(verdict: Verdict) -> Class {
    match verdict {
        Verdict::NoMatchingSlot
        | Verdict::WrongKey
        | Verdict::ExcessiveWork { .. }
        | Verdict::ShareOfAnotherContainer(_)
        | Verdict::WrongShare(_)
        | Verdict::MixedShares
        | Verdict::TooFewShares { .. } => Class::WrongKey,
        Verdict::EmptyPassphrase
        | Verdict::PassphraseTooLong(_)
        | Verdict::MalformedPassphrase
        | Verdict::PassphraseMissing
        | Verdict::PassphraseNotNeeded
        | Verdict::MalformedLink
        | Verdict::MalformedRecipient
        | Verdict::MalformedIdentity
        | Verdict::MalformedShare
        | Verdict::UnsupportedLinkVersion
        | Verdict::UnsupportedLinkFlags => Class::Usage,
        Verdict::OutOfMemory => Class::Other,
        _ => Class::Damaged,
    }
}
