//! One item: its row, its slot, its leases, its blocks.

use std::fs::File;
use std::os::unix::fs::FileExt as _;

use rusqlite::{Connection, params};

use super::Subject;
use crate::lifecycle::{Paste, Stage};
use crate::store::creating::{HEAD, TAIL, head_of};
use crate::store::documents::label_of;
use crate::store::item::own_held;
use crate::store::medium::Medium;
use crate::store::rest::{BLOCK_BYTES, Cipher, Place, SEALED_BYTES};
use crate::store::rows::{self, PasteRow, Place as Whole};
use crate::store::slots::{self, Held};
use crate::store::{Inspection, ROW_BYTES_MAX, Violation, files};

const PAGE: u64 = 500;

/// What one item adds to the counts.
#[derive(Default)]
struct Seen {
    lives: bool,
    tombstone: bool,
    leases: u64,
    blocks: u64,
}

pub(super) fn look_at_all(subject: &Subject<'_>, inspection: &mut Inspection) -> Result<(), rusqlite::Error> {
    let mut after = 0u64;
    loop {
        let mut query = subject
            .conn
            .prepare_cached("SELECT item FROM paste WHERE item > ?1 ORDER BY item LIMIT ?2")?;
        let items: Vec<u64> = query
            .query_map([after, PAGE], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        let Some(last) = items.last() else { return Ok(()) };
        after = *last;
        for item in items {
            match subject.until_sure(|| look(subject, item))? {
                Ok(seen) => {
                    inspection.items += u64::from(seen.lives);
                    inspection.tombstones += u64::from(seen.tombstone);
                    inspection.leases += seen.leases;
                    inspection.blocks_verified += seen.blocks;
                }
                Err(violation) => inspection.note(violation, Some(item)),
            }
        }
    }
}

/// In one snapshot.
fn look(subject: &Subject<'_>, item: u64) -> Result<Result<Seen, Violation>, rusqlite::Error> {
    subject.conn.execute_batch("BEGIN")?;
    let looked = within(subject, item);
    subject.conn.execute_batch("COMMIT")?;
    looked
}

fn within(subject: &Subject<'_>, item: u64) -> Result<Result<Seen, Violation>, rusqlite::Error> {
    let conn = subject.conn;
    let Some(row) = rows::by_item(conn, item)? else {
        return Ok(Ok(Seen::default()));
    };
    let leases: u64 = conn
        .prepare_cached("SELECT count(*) FROM lease WHERE item = ?1 AND phase = 0")?
        .query_row([item], |row| row.get(0))?;
    let blocks = places(conn, item)?;
    if let Stage::Burned(tombstone) = row.paste.stage {
        let bare = row.slot.is_none()
            && row.claim.is_none()
            && row.panic.is_none()
            && row.paste.size == 0
            && row.paste.policy.reads == 0;
        let hour = tombstone.burned_at % 3600 == 0;
        let labelled = is_labelled(conn, item)? && !in_a_document_that_lives(conn, row.place)?;
        return Ok(if bare && hour && leases == 0 && blocks.is_empty() && !labelled {
            Ok(Seen {
                tombstone: true,
                ..Seen::default()
            })
        } else {
            Err(Violation::Tombstone)
        });
    }
    if !is_sound(&row) {
        return Ok(Err(Violation::Row));
    }
    let running = u64::from(row.paste.running);
    match row.place {
        Whole::Document if links(conn, item)? != running => return Ok(Err(Violation::Links)),
        Whole::Link { document, shared, .. } if !leads_to(conn, document, shared)? => return Ok(Err(Violation::Links)),
        Whole::Alone | Whole::Link { .. } if leases != running => return Ok(Err(Violation::Leases)),
        Whole::Document if leases > 0 => return Ok(Err(Violation::Leases)),
        _ => {}
    }
    let cipher = match key(subject, &row) {
        Ok(cipher) => cipher,
        Err(violation) => return Ok(Err(violation)),
    };
    if blocks != expected(&row) {
        return Ok(Err(Violation::Blocks));
    }
    Ok(verify(subject, &row, &cipher, &blocks)?.map(|blocks| Seen {
        lives: true,
        leases,
        blocks,
        ..Seen::default()
    }))
}

/// Numbers that no order of events leads to.
fn is_sound(row: &PasteRow) -> bool {
    let paste = &row.paste;
    let (held, due_at) = stage(paste);
    let whole = matches!(paste.stage, Stage::Stored { .. });
    row.claim.is_some()
        && row.slot.is_some()
        && (row.panic.is_none() || !matches!(row.place, Whole::Link { .. }))
        && paste.size > 0
        && if whole { held == paste.size } else { held < paste.size }
        && (paste.policy.reads == 0 || paste.reads_used <= paste.policy.reads)
        && paste.running <= paste.reads_used
        && (whole || paste.reads_used == 0)
        && due_at % 300 == 0
}

fn stage(paste: &Paste) -> (u64, u64) {
    match paste.stage {
        Stage::Uploading { held, drop_at } => (held, drop_at),
        Stage::Stored { expires_at } => (paste.size, expires_at),
        Stage::Burned(_) => (0, 0),
    }
}

fn key(subject: &Subject<'_>, row: &PasteRow) -> Result<Cipher, Violation> {
    let slot = row.slot.ok_or(Violation::Row)?;
    match slots::look(subject.medium, slot) {
        Ok(Held::Key(key)) => Ok(key.cipher()),
        Ok(Held::Nothing) => Err(Violation::SlotEmpty),
        Ok(Held::Other) => Err(Violation::SlotUnfit),
        // Memory of a server that is gone.
        Err(_) if matches!(subject.medium, Medium::Memory(_)) => Err(Violation::SlotEmpty),
        Ok(Held::Damaged) | Err(_) => Err(Violation::SlotDamaged),
    }
}

/// Where the item's blocks rest in the database.
fn places(conn: &Connection, item: u64) -> Result<Vec<u64>, rusqlite::Error> {
    let mut query = conn
        .prepare_cached("SELECT place - ?1 * 8 FROM block WHERE place BETWEEN ?1 * 8 AND ?1 * 8 + 7 ORDER BY place")?;
    query.query_map(params![item], |row| row.get(0))?.collect()
}

/// Where they should: all of a small content, the part block at the end of a large one.
fn expected(row: &PasteRow) -> Vec<u64> {
    let held = own_held(row);
    let mut places: Vec<u64> = if row.own_bytes() <= ROW_BYTES_MAX {
        (0..held.div_ceil(BLOCK_BYTES)).collect()
    } else if held.is_multiple_of(BLOCK_BYTES) {
        Vec::new()
    } else {
        vec![TAIL]
    };
    if row.place == Whole::Document {
        places.push(HEAD);
        places.sort_unstable();
    }
    places
}

/// Links to a document that live.
fn links(conn: &Connection, document: u64) -> Result<u64, rusqlite::Error> {
    conn.prepare_cached("SELECT count(*) FROM paste WHERE document = ?1 AND number IS NOT NULL AND state < 2")?
        .query_row([document], |row| row.get(0))
}

/// Whether a document of that length lives there.
fn leads_to(conn: &Connection, document: u64, shared: u64) -> Result<bool, rusqlite::Error> {
    let whole = rows::by_item(conn, document)?;
    Ok(whole.is_some_and(|row| {
        row.place == Whole::Document && row.paste.size == shared && matches!(row.paste.stage, Stage::Stored { .. })
    }))
}

fn is_labelled(conn: &Connection, item: u64) -> Result<bool, rusqlite::Error> {
    conn.prepare_cached("SELECT label IS NOT NULL FROM paste WHERE item = ?1")?
        .query_row([item], |row| row.get(0))
}

fn in_a_document_that_lives(conn: &Connection, place: Whole) -> Result<bool, rusqlite::Error> {
    let Whole::Link { document, .. } = place else {
        return Ok(false);
    };
    let whole = rows::by_item(conn, document)?;
    Ok(whole.is_some_and(|row| !matches!(row.paste.stage, Stage::Burned(_))))
}

/// How many labels of a document's links open under its key; none where one does not.
fn open_labels(conn: &Connection, document: u64, cipher: &Cipher) -> Result<Option<u64>, rusqlite::Error> {
    let mut count = 0;
    for (number, mut sealed) in rows::labels(conn, document)? {
        if cipher.open(label_of(document, number), &mut sealed).is_err() {
            return Ok(None);
        }
        count += 1;
    }
    Ok(Some(count))
}

/// How many blocks verified.
fn verify(
    subject: &Subject<'_>,
    row: &PasteRow,
    cipher: &Cipher,
    blocks: &[u64],
) -> Result<Result<u64, Violation>, rusqlite::Error> {
    let (held, size) = (own_held(row), row.own_bytes());
    let opens = |index: u64, sealed: &mut [u8]| {
        let len = usize::try_from((held - index * BLOCK_BYTES).min(BLOCK_BYTES)).unwrap_or(0);
        let opened = cipher.open(Place::of(row.item, index, size), sealed);
        opened.is_ok_and(|bytes| bytes.len() == len)
    };
    let mut count = 0;
    if size > ROW_BYTES_MAX {
        match verify_file(subject, row.item, held / BLOCK_BYTES, opens) {
            Ok(blocks) => count += blocks,
            Err(violation) => return Ok(Err(violation)),
        }
    }
    if row.place == Whole::Document {
        match open_labels(subject.conn, row.item, cipher)? {
            Some(labels) => count += labels,
            None => return Ok(Err(Violation::BlockDamaged)),
        }
    }
    for place in blocks {
        let Some(mut sealed) = rows::block(subject.conn, row.item, *place)? else {
            return Ok(Err(Violation::Blocks));
        };
        if *place == HEAD && row.place == Whole::Document {
            if cipher.open(head_of(row.item), &mut sealed).is_err() {
                return Ok(Err(Violation::BlockDamaged));
            }
            count += 1;
            continue;
        }
        let index = if *place == TAIL { held / BLOCK_BYTES } else { *place };
        if !opens(index, &mut sealed) {
            return Ok(Err(Violation::BlockDamaged));
        }
        count += 1;
    }
    Ok(Ok(count))
}

fn verify_file(
    subject: &Subject<'_>,
    item: u64,
    blocks: u64,
    opens: impl Fn(u64, &mut [u8]) -> bool,
) -> Result<u64, Violation> {
    if blocks == 0 {
        return Ok(0);
    }
    let file = File::open(subject.content.join(files::name(item))).map_err(|_| Violation::FileMissing)?;
    let mut sealed = vec![0; usize::try_from(SEALED_BYTES).unwrap_or(0)];
    for index in 0..blocks {
        file.read_exact_at(&mut sealed, index * SEALED_BYTES)
            .map_err(|_| Violation::FileMissing)?;
        if !opens(index, &mut sealed) {
            return Err(Violation::BlockDamaged);
        }
    }
    Ok(blocks)
}
