//! An invite as its table has it: what a backup and a move take along.

use rusqlite::{Connection, Row, params};

/// One invite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store) struct Invite {
    pub(in crate::store) number: u64,
    /// SHA-256 of its token.
    pub(in crate::store) token: [u8; 32],
    /// Creations, all and left.
    pub(in crate::store) uses: (u64, u64),
    /// Bytes, all and left, where they are counted.
    pub(in crate::store) bytes: Option<(u64, u64)>,
    /// Unix seconds.
    pub(in crate::store) expires_at: u64,
}

impl Invite {
    /// What [`read`](Self::read) reads.
    pub(in crate::store) const COLUMNS: &str = "number, token, uses, uses_left, bytes, bytes_left, expires_at";

    /// Of a row of [`COLUMNS`](Self::COLUMNS).
    pub(in crate::store) fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            number: row.get(0)?,
            token: row.get(1)?,
            uses: (row.get(2)?, row.get(3)?),
            bytes: row.get::<_, Option<u64>>(4)?.zip(row.get(5)?),
            expires_at: row.get(6)?,
        })
    }

    /// In the place of one with this number: a batch that comes again brings it again.
    pub(in crate::store) fn insert(&self, conn: &Connection) -> rusqlite::Result<()> {
        let (bytes, left) = self.bytes.unzip();
        conn.prepare_cached("INSERT OR REPLACE INTO invite VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")?
            .execute(params![
                self.number,
                &self.token[..],
                self.uses.0,
                self.uses.1,
                bytes,
                left,
                self.expires_at
            ])?;
        Ok(())
    }
}
