//! What an operator wants gone now: what is due in any case, and what they name.

use std::collections::HashSet;

use rusqlite::{ToSql, named_params};

use super::desk::Desk;
use super::error::StoreError;
use super::fault::Fault;
use super::rows::{self, PasteRow, Place};
use super::sweep::skip_refused;
use super::writer::{Order, Turn};
use super::{Purge, Purged};
use crate::lifecycle::{Event, Stage};
use satchel_api::limit::UPLOAD_IDLE_SECS;

/// Most items of one transaction: others wait no longer than for a few of these.
const CHUNK: u64 = 256;

/// A purge under way, chunk by chunk. A chunk whose transaction is undone is done again: it counts when the next one begins.
pub(super) struct Purging {
    purge: Purge,
    after: u64,
    done: Purged,
    /// Links that burned with their document: their tombstones are this purge's own.
    ours: HashSet<u64>,
    /// The chunk that is not known to be durable: its last item, what went, and the step that asks for the next.
    last: u64,
    last_done: Purged,
    step: u8,
    /// No key was out of reach.
    all: bool,
}

impl Purging {
    pub(super) fn new(purge: Purge) -> Self {
        Self {
            purge,
            after: 0,
            done: Purged::default(),
            ours: HashSet::new(),
            last: 0,
            last_done: Purged::default(),
            step: 0,
            all: true,
        }
    }

    fn sum(&self) -> Purged {
        Purged {
            burned: self.done.burned + self.last_done.burned,
            forgotten: self.done.forgotten + self.last_done.forgotten,
        }
    }
}

impl Purging {
    fn one(&mut self, desk: &mut Desk<'_>, item: u64) -> Result<(), Fault> {
        let Some(mut row) = rows::by_item(desk.conn, item)? else {
            return Ok(());
        };
        let was_tombstone = matches!(row.paste.stage, Stage::Burned(_));
        if !was_tombstone {
            if row.place == Place::Document {
                let links = rows::links(desk.conn, item)?;
                let live = links
                    .iter()
                    .filter(|link| !matches!(link.paste.stage, Stage::Burned(_)));
                self.ours.extend(live.map(|link| link.item));
            }
            let before = desk.totals.items;
            if !desk.can_burn(&row)? {
                self.all = false;
                return Ok(());
            }
            if !skip_refused(burn(desk, &mut row))? {
                return Ok(());
            }
            self.last_done.burned += before.saturating_sub(desk.totals.items);
        }
        if self.purge.all || (was_tombstone && chosen_tombstone(desk, item, self.purge)?) {
            rows::forget(desk.conn, item)?;
            self.last_done.forgotten += u64::from(was_tombstone && !self.ours.contains(&item));
        }
        Ok(())
    }
}

/// What is due ends as it would have; the rest burns on the operator's demand.
fn burn(desk: &mut Desk<'_>, row: &mut PasteRow) -> Result<(), Fault> {
    let due = matches!(row.paste.stage, Stage::Stored { expires_at: at } | Stage::Uploading { drop_at: at, .. } if at <= desk.now.at);
    let event = if due && row.paste.running == 0 {
        Event::Tick
    } else {
        Event::Burn
    };
    desk.happen(row, event, None).map(drop)
}

impl Order for Purging {
    type Answer = Purged;

    fn run(&mut self, step: u8, desk: &mut Desk<'_>) -> Result<Turn<Purged>, Fault> {
        if step != self.step {
            (self.step, self.after, self.done) = (step, self.last, self.sum());
        }
        self.last_done = Purged::default();
        let items = chosen(desk, self.purge, self.after)?;
        let Some(last) = items.last() else {
            return Ok(if self.all {
                Turn::Done(self.sum())
            } else {
                Turn::Refused(StoreError::Unavailable)
            });
        };
        self.last = *last;
        for item in items {
            self.one(desk, item)?;
        }
        Ok(Turn::Again(1 - step))
    }
}

fn chosen(desk: &Desk<'_>, purge: Purge, after: u64) -> Result<Vec<u64>, Fault> {
    let mut query = desk.conn.prepare_cached(
        "SELECT item FROM paste WHERE item > :after AND (:all OR (due_at <= :now AND running = 0) OR (:tombstones AND state = 2)
         OR (state = 0 AND due_at - :idle <= :before) OR (state = 1 AND due_at - expires_in <= :before AND (document IS NULL OR number IS NOT NULL))) ORDER BY item LIMIT :chunk",
    )?;
    let before = purge.older_than_secs.map(|secs| desk.now.at.saturating_sub(secs));
    let parameters: &[(&str, &dyn ToSql)] = named_params! {
        ":after": after, ":all": purge.all, ":now": desk.now.at, ":tombstones": purge.tombstones,
        ":idle": UPLOAD_IDLE_SECS, ":before": before, ":chunk": CHUNK,
    };
    let items = query.query_map(parameters, |row| row.get(0))?;
    Ok(items.collect::<Result<_, _>>()?)
}

/// Its time is over, or it was asked for.
fn chosen_tombstone(desk: &Desk<'_>, item: u64, purge: Purge) -> Result<bool, Fault> {
    let until: u64 = desk
        .conn
        .prepare_cached("SELECT due_at FROM paste WHERE item = ?1")?
        .query_row([item], |row| row.get(0))?;
    Ok(purge.tombstones || until <= desk.now.at)
}

/// Takes the wall clock as right while the server runs.
pub(super) struct AcceptClock;

impl Order for AcceptClock {
    type Answer = ();

    fn run(&mut self, _: u8, desk: &mut Desk<'_>) -> Result<Turn<()>, Fault> {
        desk.shared.time.accept();
        let hour = crate::lifecycle::hour_of(desk.shared.now().at);
        let changed = desk
            .conn
            .prepare_cached("UPDATE store SET value = ?1 WHERE name = 'mark'")?
            .execute([hour])?;
        if changed == 1 {
            Ok(Turn::Done(()))
        } else {
            Err(StoreError::Unavailable.into())
        }
    }
}
