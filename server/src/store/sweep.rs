//! What time does by itself. Costs what is due, not what is stored.

use std::collections::HashSet;

use rusqlite::params;

use super::desk::Desk;
use super::error::StoreError;
use super::fault::Fault;
use super::invites;
use super::rows;
use super::writer::{Order, Turn};
use crate::lifecycle::{Event, Stage, drop_at, hour_of};

const HOUR_SECS: u64 = 3600;
/// Expiries are rounded up by at most an hour, and after a restart time may go on from an hour before.
const SLACK_SECS: u64 = 3 * HOUR_SECS;

/// Most pastes of one transaction.
const CHUNK: usize = 128;

pub(super) struct Sweep {
    /// The clock was set right since the last sweep, or the store was opened: no expiry may be further away than it was asked for.
    clock_set: bool,
    /// The step that looks at what is due behind `from`.
    step: u8,
    from: Due,
    /// Behind which the next step looks.
    next: Due,
    /// The lease behind which this step looks at those that ran out, and behind which the next does: what cannot be ended now is passed over.
    from_lease: Option<u64>,
    next_lease: Option<u64>,
    /// What cannot be burned now, as a key cannot be read. The next sweep tries again.
    stuck: HashSet<u64>,
}

/// When an item is due, and its number.
type Due = (u64, u64);

impl Sweep {
    pub(super) fn new(clock_set: bool) -> Self {
        Self {
            clock_set,
            step: 0,
            from: (0, 0),
            next: (0, 0),
            from_lease: None,
            next_lease: None,
            stuck: HashSet::new(),
        }
    }
}

impl Order for Sweep {
    type Answer = ();

    fn run(&mut self, step: u8, desk: &mut Desk<'_>) -> Result<Turn<()>, Fault> {
        mark(desk)?;
        if self.clock_set && step == 0 {
            shorten(desk)?;
        }
        invites::expire(desk.conn, desk.now.at)?;
        desk.shared.uploads.tidy();
        if step != self.step {
            (self.step, self.from, self.from_lease) = (step, self.next, self.next_lease);
        }
        let mut over = desk.shared.leases.over(desk.now.at, desk.boot);
        over.retain(|(lease, _)| Some(*lease) > self.from_lease);
        over.sort_unstable();
        let mut more = over.len() > CHUNK;
        for (lease, item) in over.into_iter().take(CHUNK) {
            self.next_lease = Some(lease);
            let Some(mut row) = rows::by_item(desk.conn, item)? else {
                continue;
            };
            if desk.can_burn(&row)? {
                skip_refused(desk.run_out(&mut row, lease))?;
            } else {
                self.stuck.insert(item);
            }
        }
        let due = due(desk, self.from)?;
        for (due_at, item) in &due {
            self.next = (*due_at, *item);
            let Some(mut row) = rows::by_item(desk.conn, *item)? else {
                continue;
            };
            if matches!(row.paste.stage, Stage::Burned(_)) {
                rows::forget(desk.conn, *item)?;
            } else if desk.can_burn(&row)? {
                skip_refused(desk.happen(&mut row, Event::Tick, None).map(drop))?;
            } else {
                self.stuck.insert(*item);
            }
        }
        more |= due.len() == CHUNK;
        Ok(match (more, self.stuck.is_empty()) {
            (true, _) => Turn::Again(if step == 1 { 2 } else { 1 }),
            (false, true) => Turn::Done(()),
            // The rest is done, and the next sweep tries again.
            (false, false) => Turn::Refused(StoreError::Unavailable),
        })
    }
}

/// The hour in which the store was last known to run: what the next start measures a clock jump against.
fn mark(desk: &Desk<'_>) -> Result<(), Fault> {
    let hour = hour_of(desk.now.at);
    let marked: u64 = desk
        .conn
        .prepare_cached("SELECT value FROM store WHERE name = 'mark'")?
        .query_row([], |row| row.get(0))?;
    if marked < hour {
        desk.conn
            .prepare_cached("UPDATE store SET value = ?1 WHERE name = 'mark'")?
            .execute([hour])?;
    }
    Ok(())
}

/// What was made while the clock was ahead would live as much longer. Looks at every row: done when the clock was set right, and at start.
fn shorten(desk: &Desk<'_>) -> Result<(), Fault> {
    desk.conn
        .prepare_cached(
            "UPDATE paste SET due_at = CASE WHEN expires_in < ?3 THEN (?1 + expires_in + 299) / 300 * 300
             ELSE (?1 + expires_in + 3599) / 3600 * 3600 END
             WHERE state = 1 AND expires_in > 0 AND due_at > ?1 + expires_in + ?2 AND (document IS NULL OR number IS NOT NULL)",
        )?
        .execute(params![desk.now.latest, SLACK_SECS, 6 * HOUR_SECS])?;
    // Documents after that: they are kept as long as the longest of their links, and so are their tombstones.
    desk.conn
        .prepare_cached(
            "UPDATE paste SET due_at = max((?1 + expires_in + 3599) / 3600 * 3600, coalesce(
               (SELECT max(link.due_at) FROM paste AS link
                WHERE link.document = paste.item AND link.number IS NOT NULL AND link.state = 1), 0))
             WHERE state = 1 AND document = item AND due_at > ?1 + expires_in + ?2",
        )?
        .execute(params![desk.now.latest, SLACK_SECS])?;
    desk.conn
        .prepare_cached("UPDATE paste SET due_at = ?1 WHERE state = 0 AND due_at > ?1")?
        .execute([drop_at(desk.now.latest)])?;
    Ok(())
}

/// A paste whose lease runs waits for it.
fn due(desk: &Desk<'_>, from: Due) -> Result<Vec<Due>, Fault> {
    let mut query = desk.conn.prepare_cached(
        "SELECT due_at, item FROM paste WHERE due_at <= ?1 AND (due_at, item) > (?2, ?3) AND running = 0
         ORDER BY due_at, item LIMIT ?4",
    )?;
    let items = query.query_map(params![desk.now.at, from.0, from.1, CHUNK], |row| {
        Ok((row.get(0)?, row.get(1)?))
    })?;
    Ok(items.collect::<Result<_, _>>()?)
}

/// A damaged slot is that item's trouble, not the sweep's. True when nothing was refused.
pub(super) fn skip_refused(result: Result<(), Fault>) -> Result<bool, Fault> {
    match result {
        Ok(()) => Ok(true),
        Err(Fault::Refused(_)) => Ok(false),
        Err(fault) => Err(fault),
    }
}
