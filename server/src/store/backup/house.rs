//! A store that is built item by item, where nobody else looks.

use std::fs::File;
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use satchel_api::{Burned, Tombstone};

use super::error::BackupError;
use crate::lifecycle::tombstone_until;
use crate::store::db;
use crate::store::files::Files;
use crate::store::item::{Item, Stone};
use crate::store::medium::Medium;
use crate::store::opening::{open_private, sync_folder};
use crate::store::random::Random;
use crate::store::rest::ShredKey;
use crate::store::slots::{SlotRef, Slots};

/// Items of one transaction.
const CHUNK: u64 = 2000;

/// What becomes of something kept.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    Lives,
    /// Its time is over; its tombstone may still stand.
    Expired {
        stays: bool,
        at: u64,
    },
    /// It was named.
    Burned {
        at: u64,
    },
}

pub(super) fn rows_due(item: &Item) -> u64 {
    crate::store::rows::stage_columns(&item.row.paste).2
}

/// The store that is being built.
pub(super) struct House {
    pub(super) conn: Connection,
    pub(super) files: Files,
    pub(super) content: PathBuf,
    medium: Medium,
    slots: PathBuf,
    count: u64,
    placed: u64,
    next_lease: u64,
}

impl House {
    pub(super) fn build(scratch: &Path, slots: &Path, random: &dyn Random) -> Result<Self, BackupError> {
        let mut store_id = [0; 32];
        random.fill(&mut store_id)?;
        let database = scratch.join("satchel.db");
        let content = scratch.join("content");
        open_private(&database).map_err(BackupError::at(&database))?;
        let conn = db::open_writer(&database, &store_id)?;
        // Synced as a whole at its end: before that nothing counts.
        conn.execute_batch("PRAGMA synchronous = OFF; BEGIN")?;
        let at = || BackupError::at(slots);
        let medium = Medium::File(open_private(slots).map_err(at())?);
        Slots::create(&medium, &store_id).map_err(at())?;
        Ok(Self {
            conn,
            files: Files::open(content.clone()).map_err(BackupError::at(&content))?,
            content,
            medium,
            slots: slots.to_path_buf(),
            count: 0,
            placed: 0,
            next_lease: 1,
        })
    }

    pub(super) fn place(&mut self, mut item: Item, fate: &Fate) -> Result<(), BackupError> {
        let until = tombstone_until(rows_due(&item));
        let tombstone = match *fate {
            Fate::Lives => {
                self.count += 1;
                let slot = SlotRef {
                    slot: self.count,
                    item: item.row.item,
                    generation: 1,
                };
                let key = ShredKey::copied(item.key.expose());
                Slots::put(&self.medium, slot, &key).map_err(BackupError::at(&self.slots))?;
                self.next_lease = item.insert(&self.conn, slot, self.next_lease)?;
                return self.placed();
            }
            Fate::Expired { stays: false, .. } => return Ok(()),
            Fate::Expired { at, .. } => (Burned::Expiry, at),
            Fate::Burned { at } => (Burned::Demand, at),
        };
        let stone = Stone {
            item: item.row.item,
            id: item.id,
            probe: item.row.probe,
            receipt: item.row.receipt,
            until,
        };
        self.stone(&stone, tombstone)
    }

    pub(super) fn stone(&mut self, stone: &Stone, (burned, burned_at): (Burned, u64)) -> Result<(), BackupError> {
        stone.insert(&self.conn, Tombstone { burned, burned_at })?;
        self.placed()
    }

    fn placed(&mut self) -> Result<(), BackupError> {
        self.placed += 1;
        if self.placed.is_multiple_of(CHUNK) {
            self.conn.execute_batch("COMMIT; BEGIN")?;
        }
        Ok(())
    }

    /// On the disk, all of it.
    pub(super) fn close(self, hour: u64) -> Result<(), BackupError> {
        self.conn
            .execute("UPDATE store SET value = ?1 WHERE name = 'slots'", [self.count])?;
        self.conn
            .execute("UPDATE store SET value = ?1 WHERE name = 'mark'", [hour])?;
        self.conn
            .execute("INSERT OR REPLACE INTO store VALUES ('keys', 'file')", [])?;
        self.conn.execute_batch("COMMIT; PRAGMA synchronous = FULL")?;
        let database = self.content.with_file_name("satchel.db");
        self.conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        self.conn.close().map_err(|(_, error)| error)?;
        let synced = File::open(&database)
            .and_then(|file| file.sync_all())
            .and_then(|()| database.parent().map_or(Ok(()), sync_folder));
        synced.map_err(BackupError::at(&database))?;
        self.medium.sync().map_err(BackupError::at(&self.slots))
    }
}
