//! Invites: who may create where that takes one. A hash and counters for each; no paste names the invite that made it.
//!
//! The writer spends them in the transaction of the creation. Commands make, list and revoke them on a connection of their own, in one short
//! transaction each, whether a server runs or not: nothing of them is kept in a server's memory.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension as _, TransactionBehavior, params};

use super::db;
use super::error::{OpenError, StoreError};
use super::kinds::{Token, TokenHash};
use super::random::Random;
use crate::lifecycle::expires_at;

/// Most uses of one invite.
pub const USES_MAX: u32 = 1_000_000;

/// What an invite is made for.
#[derive(Clone, Copy, Debug)]
pub struct NewInvite {
    /// Creations that it pays for, 1 to [`USES_MAX`].
    pub uses: u32,
    /// Bytes of all their containers, by declared size; `None` for no bound of its own.
    pub bytes: Option<u64>,
    /// Seconds from now; rounded up like a paste's expiry.
    pub expires_in: u64,
}

/// What is left of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct InviteLeft {
    /// What it is called.
    pub number: u64,
    /// Creations that it was made for.
    pub uses: u32,
    /// Those that are left.
    pub uses_left: u32,
    /// Bytes that it was made for; `None` for no bound.
    pub bytes: Option<u64>,
    /// Those that are left.
    pub bytes_left: Option<u64>,
    /// Unix seconds.
    pub expires_at: u64,
}

/// The invites of a store, for an operator's commands.
pub struct Invites {
    conn: Connection,
}

impl Invites {
    /// Opens those of the store in `folder`, which a server may be using.
    ///
    /// # Errors
    /// [`OpenError`]; there has to be a store.
    pub fn open(folder: &Path) -> Result<Self, OpenError> {
        let conn = db::open_beside(&folder.join("satchel.db"))?;
        Ok(Self { conn })
    }

    /// Makes one. Its token is given out here and never again.
    ///
    /// # Errors
    /// [`OpenError::Random`], [`OpenError::Database`].
    pub fn create(&mut self, new: NewInvite, now: u64, random: &dyn Random) -> Result<(Token, InviteLeft), OpenError> {
        let token = Token::generate(random)?;
        let left = InviteLeft {
            number: 0,
            uses: new.uses,
            uses_left: new.uses,
            bytes: new.bytes,
            bytes_left: new.bytes,
            expires_at: expires_at(now, new.expires_in),
        };
        let writing = self.conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        writing.execute(
            "INSERT INTO invite (token, uses, uses_left, bytes, bytes_left, expires_at) VALUES (?1, ?2, ?2, ?3, ?3, ?4)",
            params![&token.hash().bytes()[..], left.uses, left.bytes, left.expires_at],
        )?;
        let number = writing.query_row("SELECT last_insert_rowid()", [], |row| row.get(0))?;
        writing.commit()?;
        Ok((token, InviteLeft { number, ..left }))
    }

    /// All of them, in order of their numbers.
    ///
    /// # Errors
    /// [`OpenError::Database`].
    pub fn list(&self) -> Result<Vec<InviteLeft>, OpenError> {
        let mut query = self
            .conn
            .prepare("SELECT number, uses, uses_left, bytes, bytes_left, expires_at FROM invite ORDER BY number")?;
        let rows = query.query_map([], |row| {
            Ok(InviteLeft {
                number: row.get(0)?,
                uses: row.get(1)?,
                uses_left: row.get(2)?,
                bytes: row.get(3)?,
                bytes_left: row.get(4)?,
                expires_at: row.get(5)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Ends one: it pays for nothing more. What was made with it stays. False when there is none of this number.
    ///
    /// # Errors
    /// [`OpenError::Database`].
    pub fn revoke(&mut self, number: u64) -> Result<bool, OpenError> {
        let writing = self.conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let gone = writing.execute("DELETE FROM invite WHERE number = ?1", [number])?;
        writing.commit()?;
        Ok(gone == 1)
    }
}

/// Takes one use, and `size` of the quota. Within the transaction of the creation.
pub(super) fn spend(
    conn: &Connection,
    token: &TokenHash,
    size: u64,
    now: u64,
) -> rusqlite::Result<Result<(), StoreError>> {
    if let Err(refusal) = look(conn, token, (1, size), now)? {
        return Ok(Err(refusal));
    }
    conn.prepare_cached(
        "UPDATE invite SET uses_left = uses_left - 1, bytes_left = bytes_left - ?2 WHERE token = ?1 AND uses_left > 0",
    )?
    .execute(params![&token.bytes()[..], size])?;
    Ok(Ok(()))
}

/// Whether it would pay for so many creations, of so many bytes in all.
pub(super) fn look(
    conn: &Connection,
    token: &TokenHash,
    (uses, size): (u64, u64),
    now: u64,
) -> rusqlite::Result<Result<(), StoreError>> {
    let left: Option<Option<u64>> = conn
        .prepare_cached("SELECT bytes_left FROM invite WHERE token = ?1 AND uses_left >= ?2 AND expires_at > ?3")?
        .query_row(params![&token.bytes()[..], uses, now], |row| row.get(0))
        .optional()?;
    Ok(match left {
        None => Err(StoreError::InviteRequired { left: None }),
        Some(Some(left)) if left < size => Err(StoreError::InviteRequired { left: Some(left) }),
        Some(_) => Ok(()),
    })
}

/// Removes those whose time is over.
pub(super) fn expire(conn: &Connection, now: u64) -> rusqlite::Result<()> {
    conn.prepare_cached("DELETE FROM invite WHERE expires_at <= ?1")?
        .execute([now])?;
    Ok(())
}
