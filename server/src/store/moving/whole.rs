//! All of a store in a few numbers, computed on both sides from what rests there: they must be the same before the old one lets go.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension as _};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::error::MoveError;
use crate::store::ROW_BYTES_MAX;
use crate::store::files;
use crate::store::item::{Invite, Item, Tomb, own_held};
use crate::store::medium::Medium;
use crate::store::rest::{BLOCK_BYTES, SEALED_BYTES};
use crate::store::rows::{self, PasteRow};
use crate::store::slots::{self, Held};

/// Everything: how much, and a digest over each item, key included, and over the lengths of its contents, over tombs, invites and blocked ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Whole {
    pub(crate) items: u64,
    pub(crate) tombs: u64,
    pub(crate) invites: u64,
    pub(crate) blocked: u64,
    pub(crate) digest: [u8; 32],
    /// When the store was last known to run: what the next start measures its clock against.
    pub(crate) mark: u64,
    /// The last number that an invite was given, this one or one that is gone.
    pub(crate) last_invite: u64,
}

/// Where what is looked at rests.
pub(super) struct Parts<'a> {
    pub(super) conn: &'a Connection,
    pub(super) medium: &'a Medium,
    pub(super) content: &'a Path,
}

/// Full blocks of an item's file that are there, of those that should be.
pub(super) fn blocks_there(content: &Path, row: &PasteRow) -> u64 {
    if row.own_bytes() <= ROW_BYTES_MAX {
        return 0;
    }
    let len = std::fs::metadata(content.join(files::name(row.item))).map_or(0, |found| found.len());
    (own_held(row) / BLOCK_BYTES).min(len / SEALED_BYTES)
}

/// An item with its key; nothing where its slot does not hold it.
pub(super) fn with_key(parts: &Parts<'_>, row: &PasteRow) -> Result<Option<Item>, MoveError> {
    let Some(slot) = row.slot else { return Ok(None) };
    match slots::look(parts.medium, slot) {
        Ok(Held::Key(key)) => Ok(Item::read(parts.conn, row.item, key)?),
        Ok(Held::Nothing | Held::Other | Held::Damaged) => Ok(None),
        Err(error) => Err(MoveError::at(Path::new("the file of the shred keys"))(error)),
    }
}

/// Looks at all of it. `mark` and `last_invite` are those of the rows.
pub(super) fn whole(parts: &Parts<'_>) -> Result<Whole, MoveError> {
    let conn = parts.conn;
    let mut digest = Sha256::new();
    let (mut items, mut tombs, mut damaged) = (0, 0, 0);
    let mut query = conn.prepare("SELECT item, state FROM paste ORDER BY item")?;
    let mut found = query.query([])?;
    while let Some(row) = found.next()? {
        let (item, state): (u64, u8) = (row.get(0)?, row.get(1)?);
        if state == 2 {
            let tomb = Tomb::read(conn, item)?.ok_or(MoveError::Wrong)?;
            digest.update([2]);
            digest.update(tomb.encode());
            tombs += 1;
            continue;
        }
        let row = rows::by_item(conn, item)?.ok_or(MoveError::Wrong)?;
        let Some(kept) = with_key(parts, &row)? else {
            damaged += 1;
            continue;
        };
        digest.update([1]);
        digest.update(&kept.encode()[..]);
        for number in [rested(conn, item)?, blocks_there(parts.content, &row)] {
            digest.update(number.to_be_bytes());
        }
        items += 1;
    }
    if damaged > 0 {
        return Err(MoveError::Damaged { items: damaged });
    }
    let mut invites = 0;
    each_invite(conn, 0, |invite| {
        digest.update([3]);
        digest.update(invite.encode());
        invites += 1;
        true
    })?;
    let mut blocked = 0;
    each_blocked(conn, &[], |id| {
        digest.update([4]);
        digest.update(id);
        blocked += 1;
        true
    })?;
    Ok(Whole {
        items,
        tombs,
        invites,
        blocked,
        digest: digest.finalize().into(),
        mark: conn.query_row("SELECT value FROM store WHERE name = 'mark'", [], |row| row.get(0))?,
        last_invite: conn
            .query_row("SELECT seq FROM sqlite_sequence WHERE name = 'invite'", [], |row| {
                row.get(0)
            })
            .optional()?
            .unwrap_or(0),
    })
}

/// Bytes of what the database has of an item's content.
fn rested(conn: &Connection, item: u64) -> rusqlite::Result<u64> {
    conn.prepare_cached("SELECT coalesce(sum(length(sealed)), 0) FROM block WHERE place BETWEEN ?1 * 8 AND ?1 * 8 + 7")?
        .query_row([item], |row| row.get(0))
}

/// Invites after a number, as long as there is room for more.
pub(super) fn each_invite(
    conn: &Connection,
    after: u64,
    mut each: impl FnMut(&Invite) -> bool,
) -> rusqlite::Result<()> {
    let columns = Invite::COLUMNS;
    let mut query = conn.prepare_cached(&format!(
        "SELECT {columns} FROM invite WHERE number > ?1 ORDER BY number"
    ))?;
    let mut rows = query.query([after])?;
    while let Some(row) = rows.next()? {
        if !each(&Invite::read(row)?) {
            break;
        }
    }
    Ok(())
}

/// Blocked ids after one, as long as there is room for more.
pub(super) fn each_blocked(
    conn: &Connection,
    after: &[u8],
    mut each: impl FnMut(&[u8; 32]) -> bool,
) -> rusqlite::Result<()> {
    let mut query = conn.prepare_cached("SELECT id FROM blocked WHERE id > ?1 ORDER BY id")?;
    let mut rows = query.query([after])?;
    while let Some(row) = rows.next()? {
        if !each(&row.get(0)?) {
            break;
        }
    }
    Ok(())
}
