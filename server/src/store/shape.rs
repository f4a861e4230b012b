//! `satchel-server drill move`: how many items of each kind a store holds, and how large each is. No key is used, nothing is opened, and none has a name.

use std::path::Path;

use rusqlite::{OptionalExtension as _, Row};

use super::db;
use super::error::OpenError;
use super::inventory::Lot;
use super::moving::{MoveError, of_store};

/// What an item is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// For one read.
    Single,
    /// For a number of reads.
    Several,
    /// For any number of reads.
    Any,
    /// The same, and in the operator's backups.
    Kept,
    /// A document that several links lead to.
    Document,
    /// Such a link.
    Link,
    /// An unfinished upload.
    Upload,
}

impl Kind {
    pub(crate) const ALL: [Self; 7] = [
        Self::Single,
        Self::Several,
        Self::Any,
        Self::Kept,
        Self::Document,
        Self::Link,
        Self::Upload,
    ];

    /// What scripts call a lot of these, as in an [`Inventory`](super::Inventory).
    pub(crate) const fn lot_name(self) -> &'static str {
        match self {
            Self::Single => "single_read",
            Self::Several => "several_reads",
            Self::Any => "any_reads",
            Self::Kept => "kept",
            Self::Document => "documents",
            Self::Link => "links",
            Self::Upload => "uploads",
        }
    }
}

/// An item that lives, by what can be seen of it from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Outline {
    pub(crate) kind: Kind,
    /// Bytes of its own.
    pub(crate) size: u64,
    /// Of these, bytes that have arrived.
    pub(crate) held: u64,
    /// A claim's download runs.
    pub(crate) running: bool,
    /// A claim is over.
    pub(crate) claimed: bool,
    /// A panic request finds it.
    pub(crate) marked: bool,
    /// It has a name, sealed by who gave it.
    pub(crate) labelled: bool,
}

/// All of a store.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Shape {
    /// In order of size.
    pub(crate) items: Vec<Outline>,
    pub(crate) tombstones: u64,
    pub(crate) invites: u64,
    pub(crate) blocked: u64,
}

impl Shape {
    /// Of the store in a folder; a server may be running on it.
    pub(crate) fn of(folder: &Path) -> Result<Self, MoveError> {
        let database = folder.join("satchel.db");
        if !database.exists() {
            return Err(OpenError::NoStore.into());
        }
        let conn = db::open_outside(&database).map_err(of_store)?;
        conn.execute_batch("BEGIN")?;
        let keys: Option<String> = conn
            .query_row("SELECT value FROM store WHERE name = 'keys'", [], |row| row.get(0))
            .optional()?;
        if keys.as_deref() == Some("memory") {
            return Err(MoveError::KeysInMemory);
        }
        let mut query = conn.prepare(
            "SELECT state, document, number, reads, keep AND NOT on_guessing, size - shared, held - shared, running,
             reads_used, panic IS NOT NULL, label IS NOT NULL FROM paste WHERE state < 2 ORDER BY size - shared, item",
        )?;
        let items = query.query_map([], outline)?.collect::<Result<_, _>>()?;
        let number = |query: &str| conn.query_row(query, [], |row| row.get(0));
        Ok(Self {
            items,
            tombstones: number("SELECT count(*) FROM paste WHERE state = 2")?,
            invites: number("SELECT count(*) FROM invite")?,
            blocked: number("SELECT count(*) FROM blocked")?,
        })
    }

    /// Items and tombstones.
    pub(crate) fn rows(&self) -> u64 {
        u64::try_from(self.items.len()).unwrap_or(u64::MAX) + self.tombstones
    }

    /// Bytes that have arrived of all that lives.
    pub(crate) fn bytes(&self) -> u64 {
        self.items.iter().map(|item| item.held).sum()
    }

    /// How many of a kind there are, and the bytes that arrived of them.
    pub(crate) fn lot(&self, kind: Kind) -> Lot {
        let of_kind = self.items.iter().filter(|item| item.kind == kind);
        of_kind.fold(Lot::default(), |lot, item| Lot {
            count: lot.count + 1,
            bytes: lot.bytes + item.held,
        })
    }
}

fn outline(row: &Row<'_>) -> rusqlite::Result<Outline> {
    let (state, document, number): (u8, Option<u64>, Option<u32>) = (row.get(0)?, row.get(1)?, row.get(2)?);
    let (reads, keeps): (u32, bool) = (row.get(3)?, row.get(4)?);
    let kind = match (state, document, number, reads) {
        (0, ..) => Kind::Upload,
        (_, Some(_), Some(_), _) => Kind::Link,
        (_, Some(_), None, _) => Kind::Document,
        (_, None, _, 1) => Kind::Single,
        (_, None, _, 0) if keeps => Kind::Kept,
        (_, None, _, 0) => Kind::Any,
        _ => Kind::Several,
    };
    let (running, used): (u64, u64) = (row.get(7)?, row.get(8)?);
    // A document counts its links there.
    let is_read = !matches!(kind, Kind::Document | Kind::Upload);
    Ok(Outline {
        kind,
        size: row.get(5)?,
        held: row.get(6)?,
        running: is_read && running > 0,
        claimed: is_read && used > running,
        marked: row.get(9)?,
        labelled: row.get(10)?,
    })
}
