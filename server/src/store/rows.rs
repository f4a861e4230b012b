//! Rows, to and from the lifecycle's state.

use rusqlite::{CachedStatement, Connection, OptionalExtension as _, Row, params};
use satchel_api::{Burned, Tombstone};

use super::kinds::{Id, PanicMark, TokenHash};
pub(super) use super::place::Place;
use super::slots::SlotRef;
use crate::lifecycle::{LeasePhase, OnGuessing, Paste, Policy, Stage, tombstone_until};

/// One paste as it is kept.
pub(super) struct PasteRow {
    pub(super) item: u64,
    pub(super) probe: TokenHash,
    pub(super) receipt: TokenHash,
    /// The claim hash under the shred key.
    pub(super) claim: Option<[u8; 32]>,
    pub(super) slot: Option<SlotRef>,
    pub(super) keep: bool,
    pub(super) place: Place,
    /// What a panic request finds it by.
    pub(super) panic: Option<PanicMark>,
    pub(super) paste: Paste,
}

impl PasteRow {
    /// Bytes that rest under its own shred key.
    pub(super) const fn own_bytes(&self) -> u64 {
        self.place.own_bytes(self.paste.size)
    }
}

/// One lease as it is kept.
#[derive(Clone, Copy)]
pub(super) struct LeaseRow {
    pub(super) lease: u64,
    pub(super) phase: LeasePhase,
    pub(super) ends_at: u64,
}

const COLUMNS: &str = "SELECT item, probe, receipt, claim, slot, generation, keep, size, reads, expires_in, on_guessing, state, held, due_at,
 burned, burned_at, reads_used, running, tries, wait_until, document, number, shared, panic FROM paste WHERE ";

/// As [`COLUMNS`], and whether it is the paste that was asked for.
const PROVEN: &str = "SELECT item, probe, receipt, claim, slot, generation, keep, size, reads, expires_in, on_guessing, state, held, due_at,
 burned, burned_at, reads_used, running, tries, wait_until, document, number, shared, panic, id = ?1 AND NOT EXISTS (SELECT 1 FROM blocked WHERE blocked.id = ?1)
 FROM paste WHERE item = coalesce((SELECT item FROM paste WHERE id = ?1), (SELECT min(item) FROM paste))";

/// The paste of an id that somebody is to prove; what is blocked is as if it never was, to everybody. Where there is none, another row is read in its place, so that it takes the same time.
pub(super) fn by_id(conn: &Connection, id: Id) -> rusqlite::Result<Option<PasteRow>> {
    let asked = |row: &Row<'_>| Ok((row.get::<_, bool>(24)?, read(row)?));
    let found = conn
        .prepare_cached(PROVEN)?
        .query_row([&id.hash()[..]], asked)
        .optional()?;
    Ok(found.filter(|(same, _)| *same).map(|(_, row)| row))
}

/// The paste of an id, as fast as it goes.
pub(super) fn if_known(conn: &Connection, id: Id) -> rusqlite::Result<Option<PasteRow>> {
    // What is blocked is as if it never was, to everybody.
    cached(
        conn,
        &format!("{COLUMNS} id = ?1 AND NOT EXISTS (SELECT 1 FROM blocked WHERE blocked.id = ?1)"),
    )?
    .query_row([&id.hash()[..]], read)
    .optional()
}

pub(super) fn by_item(conn: &Connection, item: u64) -> rusqlite::Result<Option<PasteRow>> {
    cached(conn, &format!("{COLUMNS} item = ?1"))?
        .query_row([item], read)
        .optional()
}

fn cached<'c>(conn: &'c Connection, sql: &str) -> rusqlite::Result<CachedStatement<'c>> {
    conn.prepare_cached(sql)
}

fn read(row: &Row<'_>) -> rusqlite::Result<PasteRow> {
    let item = row.get(0)?;
    let slot = match (row.get(4)?, row.get(5)?) {
        (Some(slot), Some(generation)) => Some(SlotRef { slot, item, generation }),
        _ => None,
    };
    let on_guessing = if row.get(10)? {
        OnGuessing::Burn
    } else {
        OnGuessing::Lock
    };
    let due_at = row.get(13)?;
    let stage = match row.get::<_, u8>(11)? {
        0 => Stage::Uploading {
            held: row.get(12)?,
            drop_at: due_at,
        },
        1 => Stage::Stored { expires_at: due_at },
        _ => Stage::Burned(Tombstone {
            burned: burned(row.get(14)?),
            burned_at: row.get(15)?,
        }),
    };
    let paste = Paste {
        size: row.get(7)?,
        policy: Policy {
            reads: row.get(8)?,
            expires_in: row.get(9)?,
            on_guessing,
        },
        stage,
        reads_used: row.get(16)?,
        running: row.get(17)?,
        tries: row.get(18)?,
        wait_until: row.get(19)?,
    };
    let (probe, receipt) = (TokenHash::new(row.get(1)?), TokenHash::new(row.get(2)?));
    Ok(PasteRow {
        item,
        probe,
        receipt,
        claim: row.get(3)?,
        slot,
        keep: row.get(6)?,
        place: match (row.get(20)?, row.get(21)?) {
            (None, _) => Place::Alone,
            (Some(_), None) => Place::Document,
            (Some(document), Some(number)) => Place::Link {
                document,
                number,
                shared: row.get(22)?,
            },
        },
        panic: row.get::<_, Option<_>>(23)?.map(PanicMark::new),
        paste,
    })
}

/// A document's link.
pub(super) fn by_number(conn: &Connection, document: u64, number: u32) -> rusqlite::Result<Option<PasteRow>> {
    cached(conn, &format!("{COLUMNS} document = ?1 AND number = ?2"))?
        .query_row([document, u64::from(number)], read)
        .optional()
}

/// All links of a document that are remembered, burned ones too, in order.
pub(super) fn links(conn: &Connection, document: u64) -> rusqlite::Result<Vec<PasteRow>> {
    let mut query = cached(
        conn,
        &format!("{COLUMNS} document = ?1 AND number IS NOT NULL ORDER BY number"),
    )?;
    query.query_map([document], read)?.collect()
}

/// A new paste's row.
pub(super) fn insert(conn: &Connection, id: Id, row: &PasteRow) -> rusqlite::Result<()> {
    let (state, held, due_at) = stage_columns(&row.paste);
    let slot = row.slot.map(|slot| (slot.slot, slot.generation)).unzip();
    let paste = &row.paste;
    let (document, number, shared) = match row.place {
        Place::Alone => (None, None, 0),
        Place::Document => (Some(row.item), None, 0),
        Place::Link {
            document,
            number,
            shared,
        } => (Some(document), Some(number), shared),
    };
    conn.prepare_cached(
        "INSERT INTO paste VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, 0, 0, ?12, ?13, 0, 0, ?14, ?15, NULL, NULL,
         ?16, ?17, ?18, ?19, NULL)",
    )?
    .execute(params![
        row.item,
        &id.hash()[..],
        &row.probe.bytes()[..],
        &row.receipt.bytes()[..],
        row.claim.as_ref().map(|claim| &claim[..]),
        state,
        slot.0,
        slot.1,
        paste.size,
        held,
        paste.policy.reads,
        paste.policy.on_guessing == OnGuessing::Burn,
        row.keep,
        paste.policy.expires_in,
        due_at,
        document,
        number,
        shared,
        row.panic.as_ref().map(|mark| &mark.bytes()[..]),
    ])?;
    Ok(())
}

/// Saves the state of a paste that lives.
pub(super) fn save(conn: &Connection, item: u64, paste: &Paste) -> rusqlite::Result<()> {
    let (state, held, due_at) = stage_columns(paste);
    conn.prepare_cached(
        "UPDATE paste SET state = ?2, held = ?3, due_at = ?4, running = ?5, tries = ?6, wait_until = ?7, reads_used = ?8
         WHERE item = ?1 AND state < 2",
    )?
    .execute(params![
        item,
        state,
        held,
        due_at,
        paste.running,
        paste.tries,
        paste.wait_until,
        paste.reads_used
    ])?;
    Ok(())
}

/// Saves a changed policy. Keys of what burns by reads are in no backup that is made from now on.
pub(super) fn save_policy(conn: &Connection, item: u64, policy: &Policy) -> rusqlite::Result<()> {
    conn.prepare_cached(
        "UPDATE paste SET reads = ?2, expires_in = ?3, keep = keep AND ?2 = 0 WHERE item = ?1 AND state < 2",
    )?
    .execute(params![item, policy.reads, policy.expires_in])?;
    Ok(())
}

/// The claim: one statement that uses up a read if, and only if, one is left. False when none was.
pub(super) fn use_read(conn: &Connection, item: u64, paste: &Paste, latest: u64) -> rusqlite::Result<bool> {
    let changed = conn
        .prepare_cached(
            "UPDATE paste SET reads_used = reads_used + 1, running = running + 1, tries = ?2, wait_until = ?3
             WHERE item = ?1 AND state = 1 AND (reads = 0 OR reads_used < reads) AND due_at > ?4",
        )?
        .execute(params![item, paste.tries, paste.wait_until, latest])?;
    Ok(changed == 1)
}

/// Leaves a tombstone of a paste that lived as `before`: no policy, no claim hash, no content.
pub(super) fn bury(conn: &Connection, row: &PasteRow, tombstone: Tombstone) -> rusqlite::Result<()> {
    let (_, _, expiry) = stage_columns(&row.paste);
    conn.prepare_cached(
        "UPDATE paste SET claim = NULL, state = 2, slot = NULL, generation = NULL, size = 0, held = 0, reads = 0, reads_used = 0,
         running = 0, on_guessing = 0, keep = 0, tries = 0, wait_until = 0, expires_in = 0, shared = 0, panic = NULL, due_at = ?2, burned = ?3, burned_at = ?4
         WHERE item = ?1",
    )?
    .execute(params![row.item, tombstone_until(expiry), burned_number(tombstone.burned), tombstone.burned_at])?;
    conn.prepare_cached("DELETE FROM block WHERE place BETWEEN ?1 * 8 AND ?1 * 8 + 7")?
        .execute([row.item])?;
    if row.place == Place::Document {
        conn.prepare_cached("UPDATE paste SET label = NULL WHERE document = ?1 AND number IS NOT NULL")?
            .execute([row.item])?;
    }
    Ok(())
}

/// Labels of a document's links, burned ones too: each link's number, and what is sealed under the document's key.
pub(super) fn labels(conn: &Connection, document: u64) -> rusqlite::Result<Vec<(u32, Vec<u8>)>> {
    let mut query = conn.prepare_cached(
        "SELECT number, label FROM paste WHERE document = ?1 AND number IS NOT NULL AND label IS NOT NULL ORDER BY number",
    )?;
    query
        .query_map([document], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect()
}

pub(super) fn put_label(conn: &Connection, item: u64, sealed: &[u8]) -> rusqlite::Result<()> {
    conn.prepare_cached("UPDATE paste SET label = ?2 WHERE item = ?1")?
        .execute(params![item, sealed])?;
    Ok(())
}

/// Removes a tombstone and its leases' hashes.
pub(super) fn forget(conn: &Connection, item: u64) -> rusqlite::Result<()> {
    conn.prepare_cached("DELETE FROM lease WHERE item = ?1")?
        .execute([item])?;
    conn.prepare_cached("DELETE FROM paste WHERE item = ?1")?
        .execute([item])?;
    Ok(())
}

pub(super) fn stage_columns(paste: &Paste) -> (u8, u64, u64) {
    match paste.stage {
        Stage::Uploading { held, drop_at } => (0, held, drop_at),
        Stage::Stored { expires_at } => (1, paste.size, expires_at),
        Stage::Burned(_) => (2, 0, 0),
    }
}

pub(super) fn lease(conn: &Connection, item: u64, token: &TokenHash) -> rusqlite::Result<Option<LeaseRow>> {
    conn.prepare_cached("SELECT lease, phase, ends_at FROM lease WHERE item = ?1 AND token = ?2")?
        .query_row(params![item, &token.bytes()[..]], |row| {
            Ok(LeaseRow {
                lease: row.get(0)?,
                phase: phase(row.get(1)?),
                ends_at: row.get(2)?,
            })
        })
        .optional()
}

/// A paste and its lease of this token. Looks for both even where there is no paste: to whoever has no lease it is the same.
pub(super) fn with_lease(
    conn: &Connection,
    id: Id,
    token: &TokenHash,
) -> rusqlite::Result<Option<(PasteRow, LeaseRow)>> {
    let row = by_id(conn, id)?;
    let lease = lease(conn, row.as_ref().map_or(0, |row| row.item), token)?;
    Ok(row.zip(lease))
}

/// Where a lease stands by now.
pub(super) fn lease_phase(conn: &Connection, lease: u64) -> rusqlite::Result<Option<LeasePhase>> {
    let mut query = conn.prepare_cached("SELECT phase FROM lease WHERE lease = ?1")?;
    query.query_row([lease], |row| row.get(0).map(phase)).optional()
}

pub(super) fn start_lease(
    conn: &Connection,
    (lease, item): (u64, u64),
    token: &TokenHash,
    ends_at: u64,
) -> rusqlite::Result<()> {
    conn.prepare_cached("INSERT INTO lease VALUES (?1, ?2, ?3, 0, ?4)")?
        .execute(params![lease, item, &token.bytes()[..], ends_at])?;
    Ok(())
}

/// Sets a lease's phase; with any number of reads an ended one is only counted, and its row goes.
pub(super) fn set_lease(conn: &Connection, lease: u64, to: LeasePhase, counted_only: bool) -> rusqlite::Result<()> {
    if counted_only {
        conn.prepare_cached("DELETE FROM lease WHERE lease = ?1")?
            .execute([lease])?;
    } else {
        conn.prepare_cached("UPDATE lease SET phase = ?2, ends_at = 0 WHERE lease = ?1")?
            .execute(params![lease, ended_number(to)])?;
    }
    Ok(())
}

pub(super) fn end_leases(conn: &Connection, item: u64, to: LeasePhase) -> rusqlite::Result<()> {
    conn.prepare_cached("UPDATE lease SET phase = ?2, ends_at = 0 WHERE item = ?1 AND phase = 0")?
        .execute(params![item, ended_number(to)])?;
    Ok(())
}

/// The block at a place of an item.
pub(super) fn block(conn: &Connection, item: u64, at: u64) -> rusqlite::Result<Option<Vec<u8>>> {
    conn.prepare_cached("SELECT sealed FROM block WHERE place = ?1")?
        .query_row([item * 8 + at], |row| row.get(0))
        .optional()
}

pub(super) fn put_block(conn: &Connection, item: u64, at: u64, sealed: &[u8]) -> rusqlite::Result<()> {
    conn.prepare_cached("INSERT OR REPLACE INTO block VALUES (?1, ?2)")?
        .execute(params![item * 8 + at, sealed])?;
    Ok(())
}

pub(super) fn drop_block(conn: &Connection, item: u64, at: u64) -> rusqlite::Result<()> {
    conn.prepare_cached("DELETE FROM block WHERE place = ?1")?
        .execute([item * 8 + at])?;
    Ok(())
}

pub(super) const fn phase(number: u8) -> LeasePhase {
    match number {
        0 => LeasePhase::Running,
        1 => LeasePhase::Confirmed,
        _ => LeasePhase::Ended,
    }
}

/// The number that [`phase`] reads.
pub(super) const fn phase_number(phase: LeasePhase) -> u8 {
    match phase {
        LeasePhase::Running => 0,
        LeasePhase::Confirmed => 1,
        LeasePhase::Ended => 2,
    }
}

/// Of a lease that runs no more.
const fn ended_number(phase: LeasePhase) -> u8 {
    match phase {
        LeasePhase::Confirmed => 1,
        LeasePhase::Running | LeasePhase::Ended => 2,
    }
}

fn burned(number: Option<u8>) -> Burned {
    match number {
        Some(0) => Burned::Reads,
        Some(1) => Burned::Expiry,
        Some(3) => Burned::Guessing,
        _ => Burned::Demand,
    }
}

pub(super) const fn burned_number(burned: Burned) -> u8 {
    match burned {
        Burned::Reads => 0,
        Burned::Expiry => 1,
        Burned::Demand => 2,
        Burned::Guessing => 3,
    }
}
