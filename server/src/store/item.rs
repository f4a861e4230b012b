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
//! ```
//!
//! All numbers are big-endian.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

use rusqlite::{Connection, OptionalExtension as _, params};
use satchel_api::limit::{HEAD_LEN_MAX, LABEL_LEN_MAX};
use zeroize::Zeroizing;

use super::files::Files;
use super::kinds::{Id, PanicMark, TokenHash};
use super::rest::{BLOCK_BYTES, SEALED_BYTES, ShredKey};
use super::rows::{self, PasteRow, Place};
use super::slots::SlotRef;
use super::{ROW_BYTES_MAX, files};
use crate::lifecycle::{LeasePhase, OnGuessing, Paste, Policy, Stage};

/// What an item may take as bytes, its content not counted: a thousand leases of a document's most read link, and a label.
pub(super) const ITEM_LEN_MAX: usize = 64 * 1024;
/// The longest sealed piece: a full block, or an owner's head.
const PIECE_LEN_MAX: usize = 70_000;
const _: () = assert!(HEAD_LEN_MAX + 28 <= PIECE_LEN_MAX && BLOCK_BYTES + 28 == SEALED_BYTES);

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
        let mut query =
            conn.prepare_cached("SELECT token, phase, ends_at FROM lease WHERE item = ?1 ORDER BY lease")?;
        let leases = query.query_map([item], |row| {
            Ok(Lease {
                token: TokenHash::new(row.get(0)?),
                phase: rows::phase(row.get(1)?),
                ends_at: row.get(2)?,
            })
        })?;
        let leases = leases.collect::<Result<_, _>>()?;
        Ok(Some(Self {
            id,
            row,
            label,
            leases,
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
        match &self.label {
            None => out.push(0),
            Some(label) => {
                out.push(1);
                out.extend(u32::try_from(label.len()).unwrap_or(u32::MAX).to_be_bytes());
                out.extend(label);
            }
        }
        out.extend(u16::try_from(self.leases.len()).unwrap_or(u16::MAX).to_be_bytes());
        for lease in &self.leases {
            out.extend(lease.token.bytes());
            out.push(rows::phase_number(lease.phase));
            out.extend(lease.ends_at.to_be_bytes());
        }
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
        let mut lease = next_lease;
        for row in &self.leases {
            conn.prepare_cached("INSERT INTO lease VALUES (?1, ?2, ?3, ?4, ?5)")?
                .execute(params![
                    lease,
                    self.row.item,
                    &row.token.bytes()[..],
                    rows::phase_number(row.phase),
                    row.ends_at
                ])?;
            lease += 1;
        }
        Ok(lease)
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

/// Why contents could not be written or read.
#[derive(Debug)]
pub(super) enum ContentFault {
    /// The item's file, or a block of it, is not there: it burned meanwhile, or is damaged.
    Gone,
    /// Not the contents of an item.
    Wrong,
    Database(rusqlite::Error),
    Io(io::Error),
}

impl From<rusqlite::Error> for ContentFault {
    fn from(error: rusqlite::Error) -> Self {
        Self::Database(error)
    }
}

impl From<io::Error> for ContentFault {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// Writes what rests of an item, as it rests: nothing is decrypted.
pub(super) fn write_contents(
    conn: &Connection,
    folder: &Path,
    row: &PasteRow,
    out: &mut impl Write,
) -> Result<(), ContentFault> {
    let mut query = conn.prepare_cached(
        "SELECT place - ?1 * 8, sealed FROM block WHERE place BETWEEN ?1 * 8 AND ?1 * 8 + 7 ORDER BY place",
    )?;
    let mut found = query.query([row.item])?;
    while let Some(block) = found.next()? {
        let (place, sealed): (u8, &[u8]) = (
            block.get(0)?,
            block.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?,
        );
        out.write_all(&[0, place])?;
        out.write_all(&u32::try_from(sealed.len()).unwrap_or(u32::MAX).to_be_bytes())?;
        out.write_all(sealed)?;
    }
    if row.own_bytes() > ROW_BYTES_MAX {
        let blocks = own_held(row) / BLOCK_BYTES;
        write_file(&folder.join(files::name(row.item)), blocks, out)?;
    }
    out.write_all(&[2])?;
    Ok(())
}

/// Bytes under its own shred key that have arrived.
pub(super) fn own_held(row: &PasteRow) -> u64 {
    let (_, held, _) = rows::stage_columns(&row.paste);
    held.saturating_sub(row.paste.size - row.own_bytes())
}

fn write_file(path: &Path, blocks: u64, out: &mut impl Write) -> Result<(), ContentFault> {
    let gone = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::UnexpectedEof => ContentFault::Gone,
        _ => ContentFault::Io(error),
    };
    if blocks == 0 {
        return Ok(());
    }
    let mut file = File::open(path).map_err(gone)?;
    let mut sealed = vec![0; usize::try_from(SEALED_BYTES).unwrap_or(0)];
    for _ in 0..blocks {
        file.read_exact(&mut sealed).map_err(gone)?;
        out.write_all(&[1])?;
        out.write_all(&u32::try_from(sealed.len()).unwrap_or(u32::MAX).to_be_bytes())?;
        out.write_all(&sealed)?;
    }
    Ok(())
}

/// Reads contents to their end, and hands out each piece.
pub(super) fn read_contents(
    from: &mut impl Read,
    mut each: impl FnMut(Piece<'_>) -> Result<(), ContentFault>,
) -> Result<(), ContentFault> {
    let mut sealed = Vec::new();
    let mut index = 0;
    loop {
        let mut kind = [0];
        from.read_exact(&mut kind)?;
        let row = match kind {
            [0] => {
                let mut place = [0];
                from.read_exact(&mut place)?;
                Some(u64::from(place[0]))
                    .filter(|place| *place < 8)
                    .ok_or(ContentFault::Wrong)?
                    .into()
            }
            [1] => None,
            [2] => return Ok(()),
            _ => return Err(ContentFault::Wrong),
        };
        let mut len = [0; 4];
        from.read_exact(&mut len)?;
        let len = usize::try_from(u32::from_be_bytes(len)).map_err(|_| ContentFault::Wrong)?;
        if len > PIECE_LEN_MAX {
            return Err(ContentFault::Wrong);
        }
        sealed.resize(len, 0);
        from.read_exact(&mut sealed)?;
        match row {
            Some(place) => each(Piece::Row { place, sealed: &sealed })?,
            None => {
                each(Piece::Block { index, sealed: &sealed })?;
                index += 1;
            }
        }
    }
}

/// A sealed part of a content.
pub(super) enum Piece<'a> {
    /// It rests in the database.
    Row {
        /// Where among the item's rows.
        place: u64,
        /// As it rests.
        sealed: &'a [u8],
    },
    /// It rests in the item's file.
    Block {
        /// Which, from 0.
        index: u64,
        /// As it rests.
        sealed: &'a [u8],
    },
}

impl Piece<'_> {
    /// Puts it where it rests. The file is durable once whoever calls this syncs it.
    pub(super) fn put(
        &self,
        conn: &Connection,
        files: &Files,
        item: u64,
        open: &mut Option<File>,
    ) -> Result<(), ContentFault> {
        use std::os::unix::fs::FileExt as _;

        match self {
            Self::Row { place, sealed } => rows::put_block(conn, item, *place, sealed)?,
            Self::Block { index, sealed } => {
                let file = match open {
                    Some(file) => file,
                    None => open.insert(files.write(item)?),
                };
                file.write_all_at(sealed, index * SEALED_BYTES)?;
            }
        }
        Ok(())
    }
}

/// What stays of an item that is gone: enough to tell whoever proves its link or its receipt.
pub(super) struct Stone {
    pub(super) item: u64,
    pub(super) id: [u8; 32],
    pub(super) probe: TokenHash,
    pub(super) receipt: TokenHash,
    /// When it goes.
    pub(super) until: u64,
}

impl Stone {
    /// A tombstone of it.
    pub(super) fn insert(&self, conn: &Connection, tombstone: satchel_api::Tombstone) -> rusqlite::Result<()> {
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
    pub(super) fn read(conn: &Connection, item: u64) -> rusqlite::Result<Option<Self>> {
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
                        crate::lifecycle::tombstone_until(due)
                    },
                })
            })
            .optional()
    }
}

#[cfg(test)]
mod tests;
