//! What can go wrong inside, before it becomes an answer.

use std::io;

use rusqlite::ErrorCode;

use super::error::StoreError;
use super::random::NoRandomness;
use super::slots::SlotFault;

/// The request's changes are undone.
pub(super) enum Fault {
    Refused(StoreError),
    Database(rusqlite::Error),
    Io(io::Error),
}

impl Fault {
    /// The disk is full.
    pub(super) fn is_full(&self) -> bool {
        match self {
            Self::Refused(_) => false,
            Self::Database(error) => error.sqlite_error_code() == Some(ErrorCode::DiskFull),
            Self::Io(error) => {
                matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
            }
        }
    }

    /// The store itself failed, not the request.
    pub(super) const fn is_own(&self) -> bool {
        !matches!(self, Self::Refused(_))
    }

    pub(super) fn answer(&self) -> StoreError {
        match self {
            Self::Refused(error) => *error,
            _ if self.is_full() => StoreError::StorageFull { limit: None },
            _ => StoreError::Unavailable,
        }
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Self::Refused(error)
    }
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Self::Database(error)
    }
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<NoRandomness> for Fault {
    fn from(error: NoRandomness) -> Self {
        Self::Io(io::Error::other(error))
    }
}

impl From<SlotFault> for Fault {
    fn from(fault: SlotFault) -> Self {
        match fault {
            SlotFault::Unfit => Self::Refused(StoreError::Damaged),
            // Its burn is being finished.
            SlotFault::Gone | SlotFault::Io => Self::Refused(StoreError::Unavailable),
        }
    }
}
