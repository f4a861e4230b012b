//! Takes steps of the lifecycle on what is kept, and carries out what follows, under the one lock.

use std::collections::HashMap;

use satchel_api::Burned;
use satchel_api::limit::LINKS_MAX;

use super::kept::{Item, Kept, Lease};
use super::pieces::Pieces;
use crate::lifecycle::{Answer, Effect, Event, LeasePhase, Now, Stage, Step, expires_at, step};
use crate::storage::leases::Leases;
use crate::storage::limits::Limits;
use crate::storage::place::Place;
use crate::storage::view::refusal;
use crate::storage::{Made, NewLink, NewPaste, StoreError, TokenHash};

/// The lease of an event.
#[derive(Clone, Copy)]
pub(super) enum LeaseOf<'a> {
    /// To be started with this token.
    New(&'a TokenHash),
    /// By its number.
    Known(u64),
}

/// Everything that an operation works with.
pub(super) struct Desk<'a> {
    pub(super) kept: &'a mut Kept,
    pub(super) leases: &'a Leases,
    pub(super) limits: &'a Limits,
    /// Of each item, which request feeds its upload: the latest one.
    pub(super) turns: &'a mut HashMap<u64, u64>,
    pub(super) now: Now,
    pub(super) boot: u64,
}

impl Desk<'_> {
    /// Takes one step of an item. Its document and its links follow.
    pub(super) fn happen(&mut self, item: u64, event: Event, lease: Option<LeaseOf<'_>>) -> Result<Answer, StoreError> {
        let number = match lease {
            Some(LeaseOf::New(_)) => self.kept.next_lease(),
            Some(LeaseOf::Known(number)) => number,
            None => 0,
        };
        let found = self.kept.item_mut(item).ok_or(StoreError::NotFound)?;
        let before = found.paste;
        let Step { paste, effects, answer } = step(&before, event, self.now);
        let (place, own_bytes) = (found.place, found.own_bytes());
        for effect in effects {
            match (effect, lease) {
                (Effect::StartLease { ends_at }, Some(LeaseOf::New(token))) => {
                    let phase = LeasePhase::Running;
                    found.leases.push(Lease {
                        number,
                        token: *token,
                        phase,
                        ends_at,
                    });
                    self.leases.start(number, item, paste.size, ends_at, self.boot);
                }
                (Effect::SetLease(phase), Some(LeaseOf::Known(_))) => {
                    set_lease(found, number, phase, paste.policy.reads == 0);
                    self.leases.end(number);
                }
                (Effect::EndLeases(to), _) => end_leases(found, to),
                (Effect::Shred, _) => {}
                (Effect::StartLease { .. } | Effect::SetLease(_), _) => return Err(StoreError::Unavailable),
            }
        }
        let Stage::Burned(tombstone) = paste.stage else {
            found.keep &= paste.policy.reads == 0 || paste.policy == before.policy;
            found.paste = paste;
            return Ok(answer);
        };
        if !matches!(before.stage, Stage::Burned(_)) {
            found.bury(tombstone);
            self.leases.end_all(item);
            let totals = &mut self.kept.totals;
            totals.items = totals.items.saturating_sub(1);
            totals.bytes = totals.bytes.saturating_sub(own_bytes);
            self.spread(item, place, tombstone.burned)?;
        }
        Ok(answer)
    }

    /// A document burns with its last link, and every link with its document.
    fn spread(&mut self, item: u64, place: Place, burned: Burned) -> Result<(), StoreError> {
        match place {
            Place::Alone => {}
            Place::Document => {
                for link in self.kept.links(item) {
                    if let Some(found) = self.kept.item_mut(link) {
                        found.label = None;
                    }
                    self.happen(link, Event::DocumentGone { burned }, None)?;
                }
            }
            Place::Link { document, .. } => {
                if self.kept.item(document).is_some() {
                    self.happen(document, Event::LinkGone { burned }, None)?;
                }
            }
        }
        Ok(())
    }

    /// Ends a lease that ran out, unless it ended before.
    pub(super) fn run_out(&mut self, item: u64, number: u64) -> Result<(), StoreError> {
        let Some(found) = self.kept.item(item) else {
            return Ok(());
        };
        let Some(lease) = found.leases.iter().find(|lease| lease.number == number) else {
            return Ok(());
        };
        let event = Event::RanOut { lease: lease.phase };
        self.happen(item, event, Some(LeaseOf::Known(number))).map(drop)
    }

    /// Counts bytes about to be handed out; a lease that is found to have run out is ended.
    pub(super) fn serve(&mut self, item: u64, lease: u64, bytes: u64) -> Result<(), StoreError> {
        if self.leases.serve(lease, bytes, self.now.at, self.boot) {
            return Ok(());
        }
        self.run_out(item, lease)?;
        Err(StoreError::LeaseEnded)
    }

    /// The lease of this token, running or not; one that ran out unnoticed is ended first.
    pub(super) fn current_lease(&mut self, item: u64, token: &TokenHash) -> Result<Option<Lease>, StoreError> {
        let Some(lease) = self.kept.item(item).and_then(|found| found.lease(token)) else {
            return Ok(None);
        };
        if lease.phase == LeasePhase::Running && self.leases.is_over(lease.number, self.now.at, self.boot) {
            self.run_out(item, lease.number)?;
            return Ok(Some(Lease {
                phase: LeasePhase::Ended,
                ..lease
            }));
        }
        Ok(Some(lease))
    }

    /// A new item, within the bounds, paid for.
    pub(super) fn insert(&mut self, invite: Option<&TokenHash>, item: Item) -> Result<u64, StoreError> {
        let size = item.own_bytes();
        self.limits.admit(size, self.kept.totals)?;
        if let Some(invite) = invite {
            self.kept.spend(invite, size, self.now.latest)?;
        }
        Ok(self.kept.insert(item))
    }

    /// All links, or none.
    pub(super) fn add_links(
        &mut self,
        invite: Option<&TokenHash>,
        document: u64,
        owner: &TokenHash,
        links: Vec<NewLink>,
    ) -> Result<Vec<Made>, StoreError> {
        let before = self.kept.item(document).map(|found| found.paste);
        let (invites, totals) = (self.kept.invites.clone(), self.kept.totals);
        let (mut made, mut new) = (Vec::with_capacity(links.len()), Vec::new());
        for link in links {
            match self.add_link(invite, document, owner, link, &mut new) {
                Ok(link) => made.push(link),
                Err(error) => {
                    new.into_iter().for_each(|item| self.kept.forget(item));
                    if let (Some(found), Some(before)) = (self.kept.item_mut(document), before) {
                        found.paste = before;
                    }
                    (self.kept.invites, self.kept.totals) = (invites, totals);
                    return Err(error);
                }
            }
        }
        Ok(made)
    }

    fn add_link(
        &mut self,
        invite: Option<&TokenHash>,
        document: u64,
        owner: &TokenHash,
        link: NewLink,
        new: &mut Vec<u64>,
    ) -> Result<Made, StoreError> {
        let NewLink { paste, head, label } = link;
        let paste = NewPaste {
            receipt: *owner,
            size: u64::try_from(head.len()).unwrap_or(u64::MAX),
            keep: false,
            panic: None,
            ..paste
        };
        if let Some((_, known)) = self.kept.by_id(paste.id) {
            return link_again(known, document, &paste, self.now);
        }
        if self.kept.blocked.contains(&paste.id.hash()) {
            return Err(StoreError::IdTaken);
        }
        let found = self.kept.item(document).ok_or(StoreError::NotFound)?;
        let shared = found.paste.size;
        if found.paste.reads_used >= LINKS_MAX {
            return Err(StoreError::TooManyLinks { limit: LINKS_MAX });
        }
        let expires_at = expires_at(self.now.latest, paste.expires_in);
        match self.happen(document, Event::LinkMade { expires_at }, None)? {
            Answer::Done => {}
            answer => return Err(refusal(answer)),
        }
        let number = self.kept.item(document).map_or(0, |found| found.paste.reads_used);
        let place = Place::Link {
            document,
            number,
            shared,
        };
        let mut begun = paste.begun(self.now);
        begun.size += shared;
        begun.stage = Stage::Stored { expires_at };
        let mut item = Item::new(&paste, begun, place, Pieces::of(head), None);
        item.label = label.map(zeroize::Zeroizing::new);
        new.push(self.insert(invite, item)?);
        Ok(Made { number, expires_at })
    }
}

/// The id is known: the same link again, or somebody else's paste.
fn link_again(known: &Item, document: u64, new: &NewPaste, now: Now) -> Result<Made, StoreError> {
    let number = match known.place {
        Place::Link {
            document: of, number, ..
        } if of == document => number,
        _ => return Err(StoreError::IdTaken),
    };
    if !bool::from(known.probe.same_as(&new.probe)) {
        return Err(StoreError::IdTaken);
    }
    let (Stage::Stored { expires_at }, Some(secret)) = (known.paste.stage, &known.secret) else {
        let gone = known.paste.gone(now);
        return Err(gone.map_or(StoreError::Unavailable, StoreError::Burned));
    };
    if secret.is_claim(&new.claim) && known.paste.policy == new.policy() {
        Ok(Made { number, expires_at })
    } else {
        Err(StoreError::IdTaken)
    }
}

/// With any number of reads an ended lease is only counted.
fn set_lease(item: &mut Item, number: u64, phase: LeasePhase, counted_only: bool) {
    if counted_only {
        item.leases.retain(|lease| lease.number != number);
    }
    let mine = item.leases.iter_mut().filter(|lease| lease.number == number);
    mine.for_each(|lease| (lease.phase, lease.ends_at) = (phase, 0));
}

fn end_leases(item: &mut Item, to: LeasePhase) {
    let running = item
        .leases
        .iter_mut()
        .filter(|lease| lease.phase == LeasePhase::Running);
    running.for_each(|lease| (lease.phase, lease.ends_at) = (to, 0));
}
