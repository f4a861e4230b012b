//! What an order works with inside a transaction: rows, the lifecycle, and what is to follow once the commit is durable.

use std::collections::HashSet;

use rusqlite::Connection;
use satchel_api::{Burned, Tombstone};

use super::Totals;
use super::error::StoreError;
use super::fault::Fault;
use super::kinds::TokenHash;
use super::rows::{self, PasteRow, Place};
use super::shared::{Chore, Shared};
use super::slots::{Held, SlotRef};
use crate::lifecycle::{Answer, Effect, Event, Now, Stage, Step, step};

/// The lease of an event.
#[derive(Clone, Copy)]
pub(super) enum LeaseOf<'a> {
    /// To be started with this token.
    New(&'a TokenHash),
    /// A row.
    Known(u64),
}

/// What follows in memory.
enum Change {
    LeaseStarted {
        lease: u64,
        item: u64,
        size: u64,
        ends_at: u64,
    },
    LeaseOver(u64),
    Buried {
        slot: SlotRef,
        /// Its slot held its own key, and may be used again.
        has_key: bool,
        in_file: bool,
    },
}

pub(super) struct Desk<'a> {
    pub(super) conn: &'a Connection,
    pub(super) shared: &'a Shared,
    pub(super) now: Now,
    pub(super) boot: u64,
    pub(super) totals: Totals,
    /// Items whose claim token is about to be compared: others wait.
    pub(super) busy: &'a mut HashSet<u64>,
    /// Slots to overwrite before the commit.
    pub(super) doomed: Vec<SlotRef>,
    changes: Vec<Change>,
    next_lease: u64,
    recorded: Option<u64>,
}

/// Where to go back to.
pub(super) struct Mark {
    doomed: usize,
    changes: usize,
    totals: Totals,
}

/// What a transaction leaves to do.
pub(super) struct Closed {
    pub(super) doomed: Vec<SlotRef>,
    pub(super) next_lease: u64,
    pub(super) recorded: Option<u64>,
    changes: Vec<Change>,
    totals: Totals,
    boot: u64,
}

impl<'a> Desk<'a> {
    pub(super) fn new(conn: &'a Connection, shared: &'a Shared, next_lease: u64, busy: &'a mut HashSet<u64>) -> Self {
        let (now, boot, totals) = (shared.now(), shared.boot(), *shared.totals());
        Self {
            conn,
            shared,
            now,
            boot,
            totals,
            busy,
            doomed: Vec::new(),
            changes: Vec::new(),
            next_lease,
            recorded: None,
        }
    }

    pub(super) fn mark(&self) -> Mark {
        Mark {
            doomed: self.doomed.len(),
            changes: self.changes.len(),
            totals: self.totals,
        }
    }

    pub(super) fn back_to(&mut self, mark: Mark) {
        self.doomed.truncate(mark.doomed);
        self.changes.truncate(mark.changes);
        self.totals = mark.totals;
    }

    pub(super) fn close(self) -> Closed {
        let Self {
            doomed,
            next_lease,
            recorded,
            changes,
            totals,
            boot,
            ..
        } = self;
        Closed {
            doomed,
            next_lease,
            recorded,
            changes,
            totals,
            boot,
        }
    }

    /// A creation may use a slot only once the database knows that the file is that long.
    pub(super) fn record_slots(&mut self, recorded: u64) -> Result<(), Fault> {
        let count = self.shared.slots.count();
        if count > recorded {
            self.conn
                .prepare_cached("UPDATE store SET value = ?1 WHERE name = 'slots'")?
                .execute([count])?;
            self.recorded = Some(count);
        }
        Ok(())
    }

    /// Takes one step of the lifecycle and carries out its effects.
    pub(super) fn happen(
        &mut self,
        row: &mut PasteRow,
        event: Event,
        lease: Option<LeaseOf<'_>>,
    ) -> Result<Answer, Fault> {
        let Step { paste, effects, answer } = step(&row.paste, event, self.now);
        let before = row.paste;
        // First what can be refused, so that a refusal leaves nothing half done.
        let has_key = effects.contains(&Effect::Shred) && self.doom(row, is_asked_for(event))?;
        for effect in effects {
            match (effect, lease) {
                (Effect::StartLease { ends_at }, Some(LeaseOf::New(token))) => {
                    if !rows::use_read(self.conn, row.item, &paste, self.now.latest)? {
                        return Err(StoreError::Unavailable.into());
                    }
                    self.start_lease(row, token, ends_at)?;
                }
                (Effect::SetLease(phase), Some(LeaseOf::Known(lease))) => {
                    rows::set_lease(self.conn, lease, phase, paste.policy.reads == 0)?;
                    self.changes.push(Change::LeaseOver(lease));
                }
                (Effect::EndLeases(to), _) => rows::end_leases(self.conn, row.item, to)?,
                (Effect::Shred, _) => self.bury(row, paste.stage, has_key)?,
                (Effect::StartLease { .. } | Effect::SetLease(_), _) => return Err(StoreError::Unavailable.into()),
            }
        }
        if paste != before && answer != Answer::Claimed && !matches!(paste.stage, Stage::Burned(_)) {
            rows::save(self.conn, row.item, &paste)?;
            if paste.policy != before.policy {
                rows::save_policy(self.conn, row.item, &paste.policy)?;
            }
        }
        row.paste = paste;
        if let (Stage::Burned(Tombstone { burned, .. }), false) =
            (paste.stage, matches!(before.stage, Stage::Burned(_)))
        {
            self.spread(row, burned)?;
        }
        Ok(answer)
    }

    /// A document burns with its last link, and every link with its document.
    fn spread(&mut self, row: &PasteRow, burned: Burned) -> Result<(), Fault> {
        let (others, event) = match row.place {
            Place::Alone => return Ok(()),
            Place::Document => {
                let links = rows::links(self.conn, row.item)?;
                let links = links.iter().map(|link| link.item).collect();
                (links, Event::DocumentGone { burned })
            }
            Place::Link { document, .. } => (vec![document], Event::LinkGone { burned }),
        };
        for other in others {
            // Each as it is by now: one may have taken another with it.
            let Some(mut other) = rows::by_item(self.conn, other)? else {
                continue;
            };
            self.happen(&mut other, event, None)?;
        }
        Ok(())
    }

    /// Ends a lease that ran out of idle time, of time or of bytes, unless something else in this transaction did.
    pub(super) fn run_out(&mut self, row: &mut PasteRow, lease: u64) -> Result<(), Fault> {
        let Some(phase) = rows::lease_phase(self.conn, lease)? else {
            return Ok(());
        };
        self.happen(row, Event::RanOut { lease: phase }, Some(LeaseOf::Known(lease)))
            .map(drop)
    }

    /// Whether a lease whose row runs has run out; one that this very transaction started has not.
    pub(super) fn is_over(&self, lease: u64) -> bool {
        let started = |change: &Change| matches!(change, Change::LeaseStarted { lease: new, .. } if *new == lease);
        self.shared.leases.is_over(lease, self.now.at, self.boot) && !self.changes.iter().any(started)
    }

    fn start_lease(&mut self, row: &PasteRow, token: &TokenHash, ends_at: u64) -> Result<(), Fault> {
        let lease = self.next_lease;
        self.next_lease += 1;
        rows::start_lease(self.conn, (lease, row.item), token, ends_at)?;
        self.changes.push(Change::LeaseStarted {
            lease,
            item: row.item,
            size: row.paste.size,
            ends_at,
        });
        Ok(())
    }

    /// Whether the disk gives what burning this would look at. Where it fails at one key, all else is burned without that item: an error would undo it.
    pub(super) fn can_burn(&self, row: &PasteRow) -> Result<bool, Fault> {
        let with_it = match row.place {
            Place::Alone => Vec::new(),
            Place::Document => rows::links(self.conn, row.item)?,
            Place::Link { document, .. } => rows::by_item(self.conn, document)?.into_iter().collect(),
        };
        let mut slots = with_it.iter().chain([row]).filter_map(|row| row.slot);
        Ok(slots.all(|slot| self.shared.slots.look(slot).is_ok()))
    }

    /// Another item's key is never overwritten: an item whose slot holds one has lost its own. Whoever asks for the burn is told so; by itself, and with
    /// what else burns, it burns as far as its row goes. False for such a one.
    fn doom(&mut self, row: &PasteRow, asked_for: bool) -> Result<bool, Fault> {
        let slot = row.slot.ok_or(StoreError::Unavailable)?;
        if !matches!(self.shared.slots.look(slot)?, Held::Other) {
            self.doomed.push(slot);
            return Ok(true);
        }
        self.shared.damage.found(row.item);
        if asked_for {
            Err(StoreError::Damaged.into())
        } else {
            Ok(false)
        }
    }

    fn bury(&mut self, row: &PasteRow, stage: Stage, has_key: bool) -> Result<(), Fault> {
        let (Some(slot), Stage::Burned(tombstone)) = (row.slot, stage) else {
            return Err(StoreError::Unavailable.into());
        };
        rows::bury(self.conn, row, tombstone)?;
        self.totals.items = self.totals.items.saturating_sub(1);
        self.totals.bytes = self.totals.bytes.saturating_sub(row.own_bytes());
        self.changes.push(Change::Buried {
            slot,
            has_key,
            in_file: row.own_bytes() > super::ROW_BYTES_MAX,
        });
        Ok(())
    }
}

/// Whether somebody waits to hear that the key is destroyed.
const fn is_asked_for(event: Event) -> bool {
    matches!(event, Event::Burn | Event::Confirm { .. } | Event::Compared { .. })
}

impl Closed {
    /// After the commit: memory follows the disk.
    pub(super) fn carry_out(self, shared: &Shared) {
        *shared.totals() = self.totals;
        for change in self.changes {
            match change {
                Change::LeaseStarted {
                    lease,
                    item,
                    size,
                    ends_at,
                } => {
                    shared.leases.start(lease, item, size, ends_at, self.boot);
                }
                Change::LeaseOver(lease) => shared.leases.end(lease),
                Change::Buried { slot, has_key, in_file } => {
                    shared.leases.end_all(slot.item);
                    if has_key {
                        shared.slots.free(slot);
                    }
                    if in_file {
                        let _ = shared.chores.send(Chore::Remove(slot.item));
                    }
                }
            }
        }
    }
}
