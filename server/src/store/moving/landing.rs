//! The new side: what arrives, in a store that nobody serves yet.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::PathBuf;

use rusqlite::{Connection, OptionalExtension as _, params};

use super::batch::{Unit, Units};
use super::error::{MoveError, of_contents};
use super::site::{Site, Standing};
use super::whole::{Parts, Whole, whole};
use super::{Origin, Position};
use crate::store::db;
use crate::store::files::Files;
use crate::store::item::{Item, Piece, Tomb, read_contents};
use crate::store::medium::Medium;
use crate::store::opening::{open_private, sync_folder};
use crate::store::rest::{SEALED_BYTES, ShredKey};
use crate::store::slots::{Head, SlotRef, Slots};

/// Where a position is kept, beside the rows that it is about.
const PLACES: [&str; 5] = [
    "moved.after",
    "moved.part",
    "moved.blocks",
    "moved.items",
    "moved.bytes",
];

/// The store that is being built.
pub(crate) struct Landing {
    conn: Connection,
    files: Files,
    content: PathBuf,
    medium: Medium,
    slots: PathBuf,
    /// Slots that hold a key.
    count: u64,
    next_lease: u64,
    position: Position,
    /// What the times of files say.
    hour: u64,
}

impl Landing {
    /// Goes on where it was, or begins.
    pub(crate) fn open(site: &mut Site, origin: &Origin, hour: u64) -> Result<Self, MoveError> {
        if site.standing().is_none() {
            // Whoever said hello and no more has left nothing that counts.
            site.begin_anew()?;
        }
        let (scratch, slots) = (site.scratch(), site.scratch_slots());
        let (database, content) = (scratch.join("satchel.db"), scratch.join("content"));
        open_private(&database).map_err(MoveError::at(&database))?;
        let conn = db::open_writer(&database, &origin.store)?;
        let medium = Medium::File(open_private(&slots).map_err(MoveError::at(&slots))?);
        let (count, next_lease) = (
            conn.query_row("SELECT coalesce(max(slot), 0) FROM paste", [], |row| row.get(0))?,
            conn.query_row("SELECT coalesce(max(lease), 0) + 1 FROM lease", [], |row| row.get(0))?,
        );
        if count == 0 && Slots::head(&medium, Some(&origin.store)) != Head::Ours {
            Slots::create(&medium, &origin.store)
                .and_then(|()| slots.parent().map_or(Ok(()), sync_folder))
                .map_err(MoveError::at(&slots))?;
        }
        let files = Files::open(content.clone())
            .and_then(|files| sync_folder(&scratch).map(|()| files))
            .map_err(MoveError::at(&content))?;
        Ok(Self {
            position: position(&conn)?,
            conn,
            files,
            content,
            medium,
            slots,
            count,
            next_lease,
            hour,
        })
    }

    /// All that is on the disk.
    pub(crate) const fn position(&self) -> Position {
        self.position
    }

    /// Takes a batch: all of it is on the disk when this returns, or none of it counts. From the first on, this folder is for that move alone.
    pub(crate) fn take(&mut self, site: &mut Site, origin: &Origin, batch: &[u8]) -> Result<Position, MoveError> {
        if site.standing().is_none() {
            site.note(origin.id, Standing::Receiving)?;
        }
        self.conn.execute_batch("BEGIN IMMEDIATE")?;
        let before = (self.count, self.next_lease, self.position);
        let taken = self.take_units(batch).and_then(|()| {
            self.keep_position()?;
            Ok(self.conn.execute_batch("COMMIT")?)
        });
        if let Err(error) = taken {
            (self.count, self.next_lease, self.position) = before;
            // A commit that failed has done it.
            let _ = self.conn.execute_batch("ROLLBACK");
            return Err(error);
        }
        Ok(self.position)
    }

    fn take_units(&mut self, batch: &[u8]) -> Result<(), MoveError> {
        let mut touched = BTreeMap::new();
        let keys = self.count;
        for unit in Units(batch) {
            match unit.map_err(|_| MoveError::Wrong)? {
                Unit::Blocks { item, first, sealed } => self.blocks((item, first), sealed, &mut touched)?,
                Unit::Item { item, rows } => self.item(item, rows)?,
                Unit::Tomb(tomb) => self.tomb(&tomb)?,
                Unit::Invite(invite) => invite.insert(&self.conn)?,
                Unit::Blocked(id) => drop(
                    self.conn
                        .prepare_cached("INSERT OR IGNORE INTO blocked VALUES (?1)")?
                        .execute([&id[..]])?,
                ),
            }
        }
        self.position.bytes += u64::try_from(batch.len()).unwrap_or(0);
        for file in touched.values() {
            self.files.sync(file, self.hour).map_err(MoveError::at(&self.content))?;
        }
        if self.count > keys {
            self.medium.sync().map_err(MoveError::at(&self.slots))?;
        }
        Ok(())
    }

    /// Blocks come in their order, and without a gap.
    fn blocks(
        &mut self,
        (item, first): (u64, u64),
        sealed: &[u8],
        touched: &mut BTreeMap<u64, File>,
    ) -> Result<(), MoveError> {
        use std::os::unix::fs::FileExt as _;

        let held = if self.position.part == item {
            self.position.blocks
        } else {
            0
        };
        if item <= self.position.after || first != held {
            return Err(MoveError::Wrong);
        }
        let file = match touched.entry(item) {
            std::collections::btree_map::Entry::Occupied(entry) => entry.into_mut(),
            std::collections::btree_map::Entry::Vacant(entry) => {
                entry.insert(self.files.write(item).map_err(MoveError::at(&self.content))?)
            }
        };
        file.write_all_at(sealed, first * SEALED_BYTES)
            .map_err(MoveError::at(&self.content))?;
        let more = u64::try_from(sealed.len()).unwrap_or(0) / SEALED_BYTES;
        (self.position.part, self.position.blocks) = (item, held + more);
        Ok(())
    }

    fn item(&mut self, mut item: Item, mut rows: &[u8]) -> Result<(), MoveError> {
        let number = item.row.item;
        self.passes(number)?;
        self.count += 1;
        let slot = SlotRef {
            slot: self.count,
            item: number,
            generation: 1,
        };
        let key = ShredKey::copied(item.key.expose());
        Slots::put(&self.medium, slot, &key).map_err(MoveError::at(&self.slots))?;
        self.next_lease = item.insert(&self.conn, slot, self.next_lease)?;
        let mut file = None;
        read_contents(&mut rows, |piece| match piece {
            Piece::Row { .. } => piece.put(&self.conn, &self.files, number, &mut file),
            Piece::Block { .. } => Err(crate::store::item::ContentFault::Wrong),
        })
        .map_err(of_contents(&self.content))
    }

    fn tomb(&mut self, tomb: &Tomb) -> Result<(), MoveError> {
        self.passes(tomb.item)?;
        self.next_lease = tomb.insert(&self.conn, self.next_lease)?;
        Ok(())
    }

    /// In order of item number, each once.
    fn passes(&mut self, item: u64) -> Result<(), MoveError> {
        if item <= self.position.after {
            return Err(MoveError::Wrong);
        }
        (self.position.after, self.position.part, self.position.blocks) = (item, 0, 0);
        self.position.items += 1;
        Ok(())
    }

    fn keep_position(&self) -> Result<(), MoveError> {
        let Position {
            after,
            part,
            blocks,
            items,
            bytes,
        } = self.position;
        for (name, value) in PLACES.iter().zip([after, part, blocks, items, bytes]) {
            self.conn
                .prepare_cached("INSERT OR REPLACE INTO store VALUES (?1, ?2)")?
                .execute(params![name, value])?;
        }
        Ok(())
    }

    /// All is there: the same as the old one has, on the disk, and ready to be served. It is not served yet.
    pub(crate) fn complete(self, site: &mut Site, origin: &Origin, sent: &Whole) -> Result<(), MoveError> {
        let conn = &self.conn;
        conn.execute_batch("BEGIN IMMEDIATE")?;
        for (name, value) in [("mark", sent.mark), ("slots", self.count)] {
            conn.execute("UPDATE store SET value = ?2 WHERE name = ?1", params![name, value])?;
        }
        conn.execute("INSERT OR REPLACE INTO store VALUES ('keys', 'file')", [])?;
        conn.execute("DELETE FROM sqlite_sequence WHERE name = 'invite'", [])?;
        if sent.last_invite > 0 {
            conn.execute(
                "INSERT INTO sqlite_sequence (name, seq) VALUES ('invite', ?1)",
                [sent.last_invite],
            )?;
        }
        conn.execute_batch("COMMIT")?;
        let parts = Parts {
            conn,
            medium: &self.medium,
            content: &self.content,
        };
        if whole(&parts)? != *sent {
            return Err(MoveError::NotTheSame);
        }
        conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        self.medium.sync().map_err(MoveError::at(&self.slots))?;
        self.conn.close().map_err(|(_, error)| error)?;
        site.note(origin.id, Standing::Complete)
    }
}

fn position(conn: &Connection) -> Result<Position, MoveError> {
    let value = |name: &str| {
        conn.query_row("SELECT value FROM store WHERE name = ?1", [name], |row| row.get(0))
            .optional()
            .map(Option::unwrap_or_default)
    };
    let [after, part, blocks, items, bytes] = PLACES;
    Ok(Position {
        after: value(after)?,
        part: value(part)?,
        blocks: value(blocks)?,
        items: value(items)?,
        bytes: value(bytes)?,
    })
}
