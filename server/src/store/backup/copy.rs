//! What a store has to be backed up, copied while a server may be writing to it.
//!
//! Contents are copied first, in short reads. Then one snapshot of the database says what is live: what it keeps and is not copied yet is
//! copied; and if nothing of that burned before its key was read, the snapshot is what the backup restores to. Else there is another one. So the
//! server is never waited for, and never waits.

use std::collections::HashMap;
use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use rusqlite::{Connection, Row};

use super::around::{around, forget_runs};
use super::error::BackupError;
use super::format::{Changing, Gone, Kept, Kind, State};
use super::run::Run;
use crate::lifecycle::tombstone_until;
use crate::store::item::{self, ContentFault, Item, Stone};
use crate::store::medium::Medium;
use crate::store::rest::ShredKey;
use crate::store::rows;
use crate::store::slots::{self, Held};

/// Items of one short read.
const CHUNK: usize = 256;
/// Snapshots that are tried.
const PASSES: u32 = 50;
const PAUSE: Duration = Duration::from_millis(20);
/// So often something that should have a key is looked at: then its burn was cut off, or it is damaged.
const LOOKS: u32 = 3;

/// All items, and whether each is kept: by its creator's wish, for any number of reads, and by nothing but time. A link of several and its document never are.
const SCAN: &str = "SELECT item, id, state = 1 AND keep = 1 AND reads = 0 AND on_guessing = 0 AND document IS NULL, due_at, reads_used, tries, wait_until,
 state = 2 FROM paste WHERE item > ?1 ORDER BY item";

/// Of [`SCAN`].
struct Seen {
    item: u64,
    mark: u32,
    kept: bool,
    tombstone: bool,
    now: Changing,
}

impl Seen {
    fn of(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            item: row.get(0)?,
            mark: mark_of(&row.get(1)?),
            kept: row.get(2)?,
            tombstone: row.get(7)?,
            now: Changing {
                due: row.get(3)?,
                reads_used: row.get(4)?,
                tries: row.get(5)?,
                wait_until: row.get(6)?,
            },
        })
    }

    /// When its tombstone goes.
    const fn until(&self) -> u64 {
        if self.tombstone {
            self.now.due
        } else {
            tombstone_until(self.now.due)
        }
    }
}

/// What an item that was copied is known by.
fn mark_of(id: &[u8; 32]) -> u32 {
    let [a, b, c, d, ..] = *id;
    u32::from_be_bytes([a, b, c, d])
}

/// Something kept whose contents this run has.
struct Copied {
    item: u64,
    mark: u32,
    contents: (u64, u64),
    key: ShredKey,
}

/// What came of looking at an item's key and contents.
enum Copy {
    Done,
    /// It burns at this moment, or burned.
    Burns,
    /// Neither key nor burn, or contents that are not all there: nobody can read it, or it burns at this moment.
    Lost,
}

/// Where a store's parts lie.
pub(super) struct Parts {
    pub(super) conn: Connection,
    pub(super) medium: Medium,
    pub(super) content: PathBuf,
}

/// What was found, and what is in the backup.
pub(super) struct Outcome<W> {
    pub(super) out: W,
    pub(super) state: State,
    /// Copied in this run.
    pub(super) copied: u64,
    /// Kept, and not to be read: not in the backup.
    pub(super) damaged: u64,
    pub(super) bytes: u64,
}

pub(super) struct Copier<'a, W> {
    parts: &'a Parts,
    run: Run<W>,
    /// What earlier runs of the folder hold.
    before: &'a State,
    /// Of what they keep, how much lies before the item that a pass is at: both are in order, and there may be a million.
    passed: usize,
    copied: Vec<Copied>,
    stones: Vec<Gone>,
    /// How often each was found without a key.
    missed: HashMap<u64, u32>,
    damaged: u64,
    now: u64,
    failed: fn(std::io::Error) -> BackupError,
}

impl<'a, W: Write> Copier<'a, W> {
    pub(super) fn new(
        parts: &'a Parts,
        run: Run<W>,
        before: &'a State,
        now: u64,
        failed: fn(std::io::Error) -> BackupError,
    ) -> Self {
        Self {
            parts,
            run,
            before,
            passed: 0,
            copied: Vec::new(),
            stones: Vec::new(),
            missed: HashMap::new(),
            damaged: 0,
            now,
            failed,
        }
    }

    /// Copies all that is not copied yet, and ends the run.
    pub(super) fn copy(mut self) -> Result<Outcome<W>, BackupError> {
        if self.before.kept.is_empty() {
            self.ahead()?;
        }
        for pass in 0..PASSES {
            if pass > 0 {
                std::thread::sleep(PAUSE);
            }
            let parts = self.parts;
            parts.conn.execute_batch("BEGIN")?;
            let state = self.pass()?;
            if let Some(mut state) = state {
                self.entries(&mut state)?;
                forget_runs(&mut state);
                parts.conn.execute_batch("COMMIT")?;
                return self.end(state);
            }
            parts.conn.execute_batch("COMMIT")?;
        }
        Err(BackupError::Busy)
    }

    fn end(self, state: State) -> Result<Outcome<W>, BackupError> {
        let copied = u64::try_from(self.copied.len()).unwrap_or(u64::MAX);
        let (failed, damaged) = (self.failed, self.damaged);
        let (out, bytes) = self.run.end(&state).map_err(failed)?;
        Ok(Outcome {
            out,
            state,
            copied,
            damaged,
            bytes,
        })
    }

    /// Copies what is kept, in reads so short that the server's log can start again between them.
    fn ahead(&mut self) -> Result<(), BackupError> {
        let parts = self.parts;
        let mut after = 0;
        loop {
            parts.conn.execute_batch("BEGIN")?;
            let mut query = parts.conn.prepare_cached(SCAN)?;
            let mut rows = query.query([after])?;
            let (mut begun, last) = (0, after);
            while let Some(row) = rows.next()? {
                let seen = Seen::of(row)?;
                after = seen.item;
                if seen.kept && seen.now.due > self.now {
                    self.copy_one(&seen)?;
                    begun += 1;
                    if begun == CHUNK {
                        break;
                    }
                }
            }
            drop(rows);
            drop(query);
            parts.conn.execute_batch("COMMIT")?;
            if begun < CHUNK || after == last {
                return Ok(());
            }
        }
    }

    /// One snapshot: what is live, or nothing where something burned meanwhile.
    fn pass(&mut self) -> Result<Option<State>, BackupError> {
        let parts = self.parts;
        let mut state = around(&self.parts.conn, self.before, self.now)?;
        state.kept.reserve(self.before.kept.len().max(self.copied.len()));
        let mut whole = true;
        let mut query = parts.conn.prepare_cached(SCAN)?;
        let mut rows = query.query([0])?;
        (self.damaged, self.passed) = (0, 0);
        while let Some(row) = rows.next()? {
            let seen = Seen::of(row)?;
            if seen.kept && seen.now.due > self.now {
                if let Some(kept) = self.kept(&seen)? {
                    state.kept.push(kept);
                    continue;
                }
                if self.missed.get(&seen.item).is_some_and(|looks| *looks < LOOKS) {
                    whole = false;
                    continue;
                }
            }
            if seen.until() > self.now {
                let gone = self.gone(&seen)?;
                state.gone.push(gone);
            }
        }
        Ok(whole.then_some(state))
    }

    /// Where it lies by now; nowhere when it cannot be had.
    fn kept(&mut self, seen: &Seen) -> Result<Option<Kept>, BackupError> {
        let ahead = self.before.kept.get(self.passed..).unwrap_or_default();
        self.passed += ahead.iter().take_while(|kept| kept.item < seen.item).count();
        let known = self.before.kept.get(self.passed);
        if let Some(kept) = known.filter(|kept| (kept.item, kept.mark) == (seen.item, seen.mark)) {
            return Ok(Some(Kept { now: seen.now, ..*kept }));
        }
        let find = |copied: &[Copied]| {
            let found = copied.binary_search_by_key(&seen.item, |copied| copied.item).ok();
            found
                .filter(|at| copied[*at].mark == seen.mark)
                .map(|at| copied[at].contents)
        };
        let mut contents = find(&self.copied);
        if contents.is_none() {
            match self.copy_one(seen)? {
                Copy::Done => contents = find(&self.copied),
                Copy::Burns => *self.missed.entry(seen.item).or_default() += 1,
                Copy::Lost => {
                    let looks = self.missed.entry(seen.item).or_default();
                    *looks += 1;
                    self.damaged += u64::from(*looks >= LOOKS);
                }
            }
        }
        Ok(contents.map(|contents| Kept {
            item: seen.item,
            mark: seen.mark,
            run: self.run.number,
            entry: (0, 0),
            contents,
            now: seen.now,
        }))
    }

    fn copy_one(&mut self, seen: &Seen) -> Result<Copy, BackupError> {
        let parts = self.parts;
        let Some(row) = rows::by_item(&parts.conn, seen.item)? else {
            return Ok(Copy::Burns);
        };
        let Some(slot) = row.slot else { return Ok(Copy::Lost) };
        let key = match slots::look(&parts.medium, slot) {
            Ok(Held::Key(key)) => key,
            Ok(Held::Nothing | Held::Other) => return Ok(Copy::Burns),
            Ok(Held::Damaged) | Err(_) => return Ok(Copy::Lost),
        };
        let write = |run: &mut Run<W>| item::write_contents(&parts.conn, &parts.content, &row, run);
        let contents = match self.run.record(Kind::Contents, seen.item, write) {
            Ok(contents) => contents,
            Err(ContentFault::Gone | ContentFault::Wrong) => return Ok(Copy::Lost),
            Err(ContentFault::Database(error)) => return Err(error.into()),
            Err(ContentFault::Io(error)) => return Err((self.failed)(error)),
        };
        let copied = Copied {
            item: seen.item,
            mark: seen.mark,
            contents,
            key,
        };
        match self.copied.binary_search_by_key(&seen.item, |copied| copied.item) {
            Ok(at) => self.copied[at] = copied,
            Err(at) => self.copied.insert(at, copied),
        }
        Ok(Copy::Done)
    }

    /// Where its stone lies by now.
    fn gone(&mut self, seen: &Seen) -> Result<Gone, BackupError> {
        let find = |stones: &[Gone]| {
            let found = stones.binary_search_by_key(&seen.item, |gone| gone.item).ok();
            found.map(|at| stones[at]).filter(|gone| gone.mark == seen.mark)
        };
        let until = seen.until();
        if let Some(known) = find(&self.before.gone).or_else(|| find(&self.stones)) {
            return Ok(Gone { until, ..known });
        }
        let stone = Stone::read(&self.parts.conn, seen.item)?.ok_or(rusqlite::Error::QueryReturnedNoRows)?;
        let (run, failed) = (&mut self.run, self.failed);
        let (place, _) = run
            .record(Kind::Stone, seen.item, |run| {
                run.write_all(&stone.id)?;
                run.write_all(stone.probe.bytes())?;
                run.write_all(stone.receipt.bytes())
            })
            .map_err(failed)?;
        let gone = Gone {
            item: seen.item,
            mark: seen.mark,
            run: run.number,
            place,
            until,
        };
        match self.stones.binary_search_by_key(&gone.item, |gone| gone.item) {
            Ok(at) => self.stones[at] = gone,
            Err(at) => self.stones.insert(at, gone),
        }
        Ok(gone)
    }

    /// What is kept gets its key into the backup last of all: so what burned meanwhile never had it there.
    fn entries(&mut self, state: &mut State) -> Result<(), BackupError> {
        let (number, failed) = (self.run.number, self.failed);
        for kept in state.kept.iter_mut().filter(|kept| kept.run == number) {
            let at = self.copied.binary_search_by_key(&kept.item, |copied| copied.item);
            let key = at.map(|at| ShredKey::copied(self.copied[at].key.expose()));
            let key = key.map_err(|_| rusqlite::Error::QueryReturnedNoRows)?;
            let mut item = Item::read(&self.parts.conn, kept.item, key)?.ok_or(rusqlite::Error::QueryReturnedNoRows)?;
            // Leases end long before anybody restores.
            item.leases.clear();
            item.row.paste.running = 0;
            let bytes = item.encode();
            let write = |run: &mut Run<W>| run.write_all(&bytes);
            kept.entry = self.run.record(Kind::Item, kept.item, write).map_err(failed)?;
        }
        Ok(())
    }
}
