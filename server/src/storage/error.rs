//! Why a request was refused.

use satchel_api::Tombstone;

/// Why a request was refused. No variant holds an id, a token or a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// There is nothing, or the token is wrong: `not_found`.
    #[error("nothing is there")]
    NotFound,
    /// It is gone: `burned`.
    #[error("it is gone")]
    Burned(Tombstone),
    /// Another paste has the id: `id_taken`.
    #[error("the id is taken")]
    IdTaken,
    /// The claim token is wrong: `wrong_passphrase`.
    #[error("the claim token is wrong")]
    WrongPassphrase {
        /// Wrong ones that are left before a wait or the burn.
        tries_left: u32,
        /// Seconds until the next claim is considered; 0 for none.
        retry_after: u64,
    },
    /// Too many wrong claim tokens: `wait`. This one was not compared.
    #[error("a wait runs")]
    Wait {
        /// Seconds until the next claim is considered.
        retry_after: u64,
    },
    /// 64 leases run on a paste for any number of reads: `too_many_leases`.
    #[error("too many leases run")]
    TooManyLeases {
        /// Seconds after which it is worth trying again.
        retry_after: u64,
    },
    /// The lease was confirmed or ended: `lease_ended`.
    #[error("the lease has ended")]
    LeaseEnded,
    /// The upload stands elsewhere: `offset_mismatch`.
    #[error("the upload stands at another offset")]
    OffsetMismatch {
        /// Where it stands.
        offset: u64,
    },
    /// More bytes than the declared size: `too_large`.
    #[error("longer than declared")]
    TooLong {
        /// The declared size.
        limit: u64,
    },
    /// Reads can only become fewer: `policy_not_allowed`.
    #[error("reads can only become fewer")]
    NotFewer {
        /// Most that may be left.
        most: u32,
    },
    /// As many links as one document may have: `policy_not_allowed`.
    #[error("too many links")]
    TooManyLinks {
        /// Most that there may be.
        limit: u32,
    },
    /// As many panic requests wait as may: `rate_limited`.
    #[error("too many panic requests wait")]
    TooManyPanics,
    /// The range starts past the end: `range_not_satisfiable`.
    #[error("the range lies outside the content")]
    Range {
        /// The container's length.
        size: u64,
    },
    /// Creating takes an invite, and none that holds came along: `invite_required`.
    #[error("creating takes an invite")]
    InviteRequired {
        /// Bytes that its quota has left, where it holds and that is too little.
        left: Option<u64>,
    },
    /// No room: `storage_full`.
    #[error("no room")]
    StorageFull {
        /// The quota, where it is one.
        limit: Option<u64>,
    },
    /// What rests was damaged: `internal`, for this paste only.
    #[error("what is stored is damaged")]
    Damaged,
    /// The store cannot write or read, or is stopping: `unavailable`.
    #[error("the store is not ready")]
    Unavailable,
}
