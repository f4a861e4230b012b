//! All that is kept of an item that is gone: more than a [`Stone`](super::Stone), for a store that goes on elsewhere.

use rusqlite::{Connection, OptionalExtension as _, params};

use super::{Fields, Lease, NotAnItem, put_label, put_leases};
use crate::store::kinds::TokenHash;

/// A tombstone, where it stands in its document, and the tokens of its leases, which are told that they ended.
pub(in crate::store) struct Tomb {
    pub(in crate::store) item: u64,
    id: [u8; 32],
    probe: TokenHash,
    receipt: TokenHash,
    until: u64,
    burned: u8,
    burned_at: u64,
    document: Option<u64>,
    number: Option<u64>,
    label: Option<Vec<u8>>,
    leases: Vec<Lease>,
}

impl Tomb {
    pub(in crate::store) fn read(conn: &Connection, item: u64) -> rusqlite::Result<Option<Self>> {
        let leases = Lease::all(conn, item)?;
        conn.prepare_cached(
            "SELECT id, probe, receipt, due_at, burned, burned_at, document, number, label FROM paste WHERE item = ?1 AND state = 2",
        )?
        .query_row([item], |row| {
            Ok(Self {
                item,
                id: row.get(0)?,
                probe: TokenHash::new(row.get(1)?),
                receipt: TokenHash::new(row.get(2)?),
                until: row.get(3)?,
                burned: row.get(4)?,
                burned_at: row.get(5)?,
                document: row.get(6)?,
                number: row.get(7)?,
                label: row.get(8)?,
                leases,
            })
        })
        .optional()
    }

    pub(in crate::store) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        out.extend(self.item.to_be_bytes());
        for hash in [&self.id, self.probe.bytes(), self.receipt.bytes()] {
            out.extend(hash);
        }
        out.extend(self.until.to_be_bytes());
        out.push(self.burned);
        out.extend(self.burned_at.to_be_bytes());
        for number in [self.document, self.number] {
            out.push(u8::from(number.is_some()));
            out.extend(number.map(u64::to_be_bytes).into_iter().flatten());
        }
        put_label(&mut out, self.label.as_deref());
        put_leases(&mut out, &self.leases);
        out
    }

    /// The tomb of these bytes, all of them.
    pub(in crate::store) fn decode(bytes: &[u8]) -> Result<Self, NotAnItem> {
        let mut from = Fields(bytes);
        let tomb = Self {
            item: from.u64()?,
            id: from.take()?,
            probe: TokenHash::new(from.take()?),
            receipt: TokenHash::new(from.take()?),
            until: from.u64()?,
            burned: from.u8()?,
            burned_at: from.u64()?,
            document: from.number()?,
            number: from.number()?,
            label: from.label()?,
            leases: from.leases()?,
        };
        if from.0.is_empty() { Ok(tomb) } else { Err(NotAnItem) }
    }

    /// Returns the number of the lease that comes next.
    pub(in crate::store) fn insert(&self, conn: &Connection, next_lease: u64) -> rusqlite::Result<u64> {
        conn.prepare_cached(
            "INSERT INTO paste VALUES (?1, ?2, ?3, ?4, NULL, 2, NULL, NULL, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, ?5, ?6, ?7, ?8, ?9, 0, NULL, ?10)",
        )?
        .execute(params![
            self.item,
            &self.id[..],
            &self.probe.bytes()[..],
            &self.receipt.bytes()[..],
            self.until,
            self.burned,
            self.burned_at,
            self.document,
            self.number,
            self.label
        ])?;
        Lease::insert_all(&self.leases, conn, self.item, next_lease)
    }
}
