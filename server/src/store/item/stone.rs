//! What stays of an item that is gone.

use rusqlite::{Connection, OptionalExtension as _, params};

use crate::lifecycle::tombstone_until;
use crate::store::kinds::TokenHash;
use crate::store::rows;

/// Enough to tell whoever proves its link or its receipt.
pub(in crate::store) struct Stone {
    pub(in crate::store) item: u64,
    pub(in crate::store) id: [u8; 32],
    pub(in crate::store) probe: TokenHash,
    pub(in crate::store) receipt: TokenHash,
    /// When it goes.
    pub(in crate::store) until: u64,
}

impl Stone {
    /// A tombstone of it.
    pub(in crate::store) fn insert(
        &self,
        conn: &Connection,
        tombstone: satchel_api::Tombstone,
    ) -> rusqlite::Result<()> {
        conn.prepare_cached(
            "INSERT INTO paste VALUES (?1, ?2, ?3, ?4, NULL, 2, NULL, NULL, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, ?5, ?6, ?7, NULL, NULL, 0, NULL, NULL)",
        )?
        .execute(params![
            self.item,
            &self.id[..],
            &self.probe.bytes()[..],
            &self.receipt.bytes()[..],
            self.until,
            rows::burned_number(tombstone.burned),
            tombstone.burned_at
        ])?;
        Ok(())
    }

    /// What the database has for one, of an item that lives or is burned.
    pub(in crate::store) fn read(conn: &Connection, item: u64) -> rusqlite::Result<Option<Self>> {
        conn.prepare_cached("SELECT id, probe, receipt, state, due_at FROM paste WHERE item = ?1")?
            .query_row([item], |row| {
                let due = row.get(4)?;
                Ok(Self {
                    item,
                    id: row.get(0)?,
                    probe: TokenHash::new(row.get(1)?),
                    receipt: TokenHash::new(row.get(2)?),
                    until: if row.get::<_, u8>(3)? == 2 {
                        due
                    } else {
                        tombstone_until(due)
                    },
                })
            })
            .optional()
    }
}
