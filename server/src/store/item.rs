//! One item as bytes, to be written elsewhere and read there: its row, its leases, its label and its shred key; and apart from these its content,
//! piece by piece, as it rests. Knows nothing of where that goes.
//!
//! Item numbers stay what they were: every sealed block is bound to its item's number.
//!
//! ```text
//! item     = item (8) || id (32) || probe (32) || receipt (32) || claim? (32) || state (1: 0 uploading, 1 stored) || held (8) || size (8) || reads (4)
//!            || expires_in (8) || on guessing (1) || keep (1) || due (8) || reads used (4) || running (4) || tries (4) || wait until (8)
//!            || place (1: 0 alone, 1 document, 2 link: document (8), number (4), shared (8)) || panic? (32) || label? (len (4), bytes)
//!            || leases (2) || each: token (32), phase (1), ends at (8) || shred key (32)
//! x?       = 0, or 1 and x
//! piece    = 0 || place among the item's rows (1) || len (4) || sealed block  |  1 || len (4) || next sealed block of the item's file
//! contents = pieces || 2
//! tomb     = item (8) || id (32) || probe (32) || receipt (32) || until (8) || burned (1) || burned at (8) || document? (8) || number? (8) || label? || leases
//! ```
//!
//! All numbers are big-endian.

mod contents;
mod invite;
mod stone;
#[cfg(test)]
mod tests;
mod tomb;

use rusqlite::{Connection, params};
use satchel_api::limit::LABEL_LEN_MAX;
use zeroize::Zeroizing;

use super::kinds::{Id, PanicMark, TokenHash};
use super::rest::ShredKey;
use super::rows::{self, PasteRow, Place};
use super::slots::SlotRef;
use crate::lifecycle::{LeasePhase, OnGuessing, Paste, Policy, Stage};

pub(super) use contents::{ContentFault, Piece, own_held, read_contents, write_contents, write_rows};
pub(super) use invite::Invite;
pub(super) use stone::Stone;
pub(super) use tomb::Tomb;

/// What an item may take as bytes, its content not counted: a thousand leases of a document's most read link, and a label.
pub(super) const ITEM_LEN_MAX: usize = 64 * 1024;

/// All that is kept of an item that lives, but its content.
pub(super) struct Item {
    /// SHA-256 of its id.
    pub(super) id: [u8; 32],
    /// Its slot is not written: where it goes it gets another.
    pub(super) row: PasteRow,
    /// Sealed under its document's shred key.
    pub(super) label: Option<Vec<u8>>,
    pub(super) leases: Vec<Lease>,
    pub(super) key: ShredKey,
}

/// One claim of it.
pub(super) struct Lease {
    pub(super) token: TokenHash,
    pub(super) phase: LeasePhase,
    pub(super) ends_at: u64,
}

/// These are not an item's bytes.
#[derive(Debug)]
pub(super) struct NotAnItem;

impl Item {
    /// What the database has of an item that lives, with the key that its slot held. `None` where it lives no more.
    pub(super) fn read(conn: &Connection, item: u64, key: ShredKey) -> rusqlite::Result<Option<Self>> {
        let Some(row) = rows::by_item(conn, item)?.filter(|row| !matches!(row.paste.stage, Stage::Burned(_))) else {
            return Ok(None);
        };
        let (id, label) = conn
            .prepare_cached("SELECT id, label FROM paste WHERE item = ?1")?
            .query_row([item], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(Some(Self {
            id,
            row,
            label,
            leases: Lease::all(conn, item)?,
            key,
        }))
    }

    /// Its bytes. They hold its key.
    pub(super) fn encode(&self) -> Zeroizing<Vec<u8>> {
        // Long enough that it never moves, and leaves no copy of the key behind.
        let room = 512 + self.label.as_ref().map_or(0, Vec::len) + 41 * self.leases.len();
        let mut out = Zeroizing::new(Vec::with_capacity(room));
        let (row, paste) = (&self.row, &self.row.paste);
        let (state, held, due) = rows::stage_columns(paste);
        out.extend(row.item.to_be_bytes());
        for hash in [&self.id, row.probe.bytes(), row.receipt.bytes()] {
            out.extend(hash);
        }
        optional(&mut out, row.claim.as_ref().map(|claim| &claim[..]));
        out.push(state);
        out.extend(held.to_be_bytes());
        out.extend(paste.size.to_be_bytes());
        out.extend(paste.policy.reads.to_be_bytes());
        out.extend(paste.policy.expires_in.to_be_bytes());
        out.push(u8::from(paste.policy.on_guessing == OnGuessing::Burn));
        out.push(u8::from(row.keep));
        out.extend(due.to_be_bytes());
        for count in [paste.reads_used, paste.running, paste.tries] {
            out.extend(count.to_be_bytes());
        }
        out.extend(paste.wait_until.to_be_bytes());
        match row.place {
            Place::Alone => out.push(0),
            Place::Document => out.push(1),
            Place::Link {
                document,
                number,
                shared,
            } => {
                out.push(2);
                out.extend(document.to_be_bytes());
                out.extend(number.to_be_bytes());
                out.extend(shared.to_be_bytes());
            }
        }
        optional(&mut out, row.panic.as_ref().map(|mark| &mark.bytes()[..]));
        put_label(&mut out, self.label.as_deref());
        put_leases(&mut out, &self.leases);
        out.extend(self.key.expose());
        out
    }

    /// The item of these bytes, all of them.
    pub(super) fn decode(bytes: &[u8]) -> Result<Self, NotAnItem> {
        let mut from = Fields(bytes);
        let item = from.u64()?;
        let (id, probe, receipt) = (from.take()?, from.take()?, from.take()?);
        let claim = from.optional()?;
        let (state, held, size) = (from.u8()?, from.u64()?, from.u64()?);
        let (reads, expires_in) = (from.u32()?, from.u64()?);
        let (on_guessing, keep, due) = (from.flag()?, from.flag()?, from.u64()?);
        let (reads_used, running, tries) = (from.u32()?, from.u32()?, from.u32()?);
        let wait_until = from.u64()?;
        let place = match from.u8()? {
            0 => Place::Alone,
            1 => Place::Document,
            2 => Place::Link {
                document: from.u64()?,
                number: from.u32()?,
                shared: from.u64()?,
            },
            _ => return Err(NotAnItem),
        };
        let panic = from.optional()?.map(PanicMark::new);
        let label = from.label()?;
        let leases = from.leases()?;
        let key = ShredKey::copied(&from.take()?);
        let stage = match state {
            0 => Stage::Uploading { held, drop_at: due },
            1 => Stage::Stored { expires_at: due },
            _ => return Err(NotAnItem),
        };
        if !from.0.is_empty() {
            return Err(NotAnItem);
        }
        let policy = Policy {
            reads,
            expires_in,
            on_guessing: if on_guessing {
                OnGuessing::Burn
            } else {
                OnGuessing::Lock
            },
        };
        let row = PasteRow {
            item,
            probe: TokenHash::new(probe),
            receipt: TokenHash::new(receipt),
            claim,
            slot: None,
            keep,
            place,
            panic,
            paste: Paste {
                size,
                policy,
                stage,
                reads_used,
                running,
                tries,
                wait_until,
            },
        };
        Ok(Self {
            id,
            row,
            label,
            leases,
            key,
        })
    }

    /// Puts its row, label and leases into another database, its key lying in `slot` there. Returns the next lease's number.
    pub(super) fn insert(&mut self, conn: &Connection, slot: SlotRef, next_lease: u64) -> rusqlite::Result<u64> {
        self.row.slot = Some(slot);
        let paste = &self.row.paste;
        rows::insert(conn, Id::of_hash(self.id), &self.row)?;
        conn.prepare_cached(
            "UPDATE paste SET reads_used = ?2, running = ?3, tries = ?4, wait_until = ?5, label = ?6 WHERE item = ?1",
        )?
        .execute(params![
            self.row.item,
            paste.reads_used,
            paste.running,
            paste.tries,
            paste.wait_until,
            self.label
        ])?;
        Lease::insert_all(&self.leases, conn, self.row.item, next_lease)
    }
}

impl Lease {
    fn all(conn: &Connection, item: u64) -> rusqlite::Result<Vec<Self>> {
        let mut query =
            conn.prepare_cached("SELECT token, phase, ends_at FROM lease WHERE item = ?1 ORDER BY lease")?;
        let leases = query.query_map([item], |row| {
            Ok(Self {
                token: TokenHash::new(row.get(0)?),
                phase: rows::phase(row.get(1)?),
                ends_at: row.get(2)?,
            })
        })?;
        leases.collect()
    }

    /// Returns the number of the lease that comes after them.
    fn insert_all(leases: &[Self], conn: &Connection, item: u64, next: u64) -> rusqlite::Result<u64> {
        let mut number = next;
        for lease in leases {
            conn.prepare_cached("INSERT INTO lease VALUES (?1, ?2, ?3, ?4, ?5)")?
                .execute(params![
                    number,
                    item,
                    &lease.token.bytes()[..],
                    rows::phase_number(lease.phase),
                    lease.ends_at
                ])?;
            number += 1;
        }
        Ok(number)
    }
}

fn put_label(out: &mut Vec<u8>, label: Option<&[u8]>) {
    out.push(u8::from(label.is_some()));
    if let Some(label) = label {
        out.extend(u32::try_from(label.len()).unwrap_or(u32::MAX).to_be_bytes());
        out.extend(label);
    }
}

fn put_leases(out: &mut Vec<u8>, leases: &[Lease]) {
    out.extend(u16::try_from(leases.len()).unwrap_or(u16::MAX).to_be_bytes());
    for lease in leases {
        out.extend(lease.token.bytes());
        out.push(rows::phase_number(lease.phase));
        out.extend(lease.ends_at.to_be_bytes());
    }
}

fn optional(out: &mut Vec<u8>, bytes: Option<&[u8]>) {
    out.push(u8::from(bytes.is_some()));
    out.extend(bytes.unwrap_or_default());
}

/// Bytes that are taken from the front.
struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], NotAnItem> {
        let (taken, rest) = self.0.split_first_chunk().ok_or(NotAnItem)?;
        self.0 = rest;
        Ok(*taken)
    }

    fn u8(&mut self) -> Result<u8, NotAnItem> {
        self.take().map(u8::from_be_bytes)
    }

    fn u32(&mut self) -> Result<u32, NotAnItem> {
        self.take().map(u32::from_be_bytes)
    }

    fn u64(&mut self) -> Result<u64, NotAnItem> {
        self.take().map(u64::from_be_bytes)
    }

    fn flag(&mut self) -> Result<bool, NotAnItem> {
        match self.u8()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(NotAnItem),
        }
    }

    fn optional(&mut self) -> Result<Option<[u8; 32]>, NotAnItem> {
        if self.flag()? { self.take().map(Some) } else { Ok(None) }
    }

    fn number(&mut self) -> Result<Option<u64>, NotAnItem> {
        if self.flag()? { self.u64().map(Some) } else { Ok(None) }
    }

    fn label(&mut self) -> Result<Option<Vec<u8>>, NotAnItem> {
        if !self.flag()? {
            return Ok(None);
        }
        let len = usize::try_from(self.u32()?).map_err(|_| NotAnItem)?;
        if len > LABEL_LEN_MAX + 28 {
            return Err(NotAnItem);
        }
        let (label, rest) = self.0.split_at_checked(len).ok_or(NotAnItem)?;
        self.0 = rest;
        Ok(Some(label.to_vec()))
    }

    fn leases(&mut self) -> Result<Vec<Lease>, NotAnItem> {
        let count = u16::from_be_bytes(self.take()?);
        let each = |_| {
            Ok(Lease {
                token: TokenHash::new(self.take()?),
                phase: match self.u8()? {
                    number @ 0..=2 => rows::phase(number),
                    _ => return Err(NotAnItem),
                },
                ends_at: self.u64()?,
            })
        };
        (0..count).map(each).collect()
    }
}
