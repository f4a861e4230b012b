//! What time does by itself, and what an operator wants gone.

use std::collections::HashSet;

use satchel_api::limit::UPLOAD_IDLE_SECS;

use super::acting::Desk;
use super::kept::Item;
use crate::lifecycle::{Event, Now, Stage, drop_at, expires_at, hour_of};
use crate::storage::place::Place;
use crate::storage::{Purge, Purged, StoreError};

/// Expiries are rounded up by at most an hour, and after a restart time may go on from an hour before.
const SLACK_SECS: u64 = 3 * 3600;

/// All that is due by now.
pub(super) fn sweep(desk: &mut Desk<'_>, clock_set: bool) -> Result<(), StoreError> {
    desk.kept.mark = desk.kept.mark.max(hour_of(desk.now.at));
    if clock_set {
        shorten(desk);
    }
    let at = desk.now.at;
    desk.kept.invites.retain(|_, invite| invite.expires_at > at);
    let kept = &*desk.kept;
    let uploads = |item: &u64| {
        kept.item(*item)
            .is_some_and(|item| matches!(item.paste.stage, Stage::Uploading { .. }))
    };
    desk.turns.retain(|item, _| uploads(item));
    let mut over = desk.leases.over(at, desk.boot);
    over.sort_unstable();
    for (lease, item) in over {
        desk.run_out(item, lease)?;
    }
    let mut due: Vec<_> = desk.kept.items().filter(|(_, item)| is_due(item, desk.now)).collect();
    due.sort_by_key(|(number, item)| (item.due_at(), *number));
    let due: Vec<u64> = due.into_iter().map(|(number, _)| number).collect();
    for number in due {
        match desk.kept.item(number).map(|item| item.paste.stage) {
            None => {}
            Some(Stage::Burned(_)) => desk.kept.forget(number),
            Some(_) => desk.happen(number, Event::Tick, None).map(drop)?,
        }
    }
    Ok(())
}

/// What has a lease that runs waits for it.
fn is_due(item: &Item, now: Now) -> bool {
    item.due_at() <= now.at && item.paste.running == 0
}

/// What was made while the clock was ahead would live as much longer.
fn shorten(desk: &mut Desk<'_>) {
    let latest = desk.now.latest;
    let mut documents = Vec::new();
    for (number, item) in desk.kept.items_mut() {
        let asked = item.paste.policy.expires_in;
        match &mut item.paste.stage {
            Stage::Stored { expires_at: due } if asked > 0 && *due > latest + asked + SLACK_SECS => {
                *due = expires_at(latest, asked);
                documents.extend((item.place == Place::Document).then_some(number));
            }
            Stage::Uploading { drop_at: due, .. } => *due = (*due).min(drop_at(latest)),
            Stage::Stored { .. } | Stage::Burned(_) => {}
        }
    }
    // Documents after that: they are kept as long as the longest of their links, and so are their tombstones.
    for number in documents {
        let links = desk.kept.links(number).into_iter();
        let lives = |link| match desk.kept.item(link)?.paste.stage {
            Stage::Stored { expires_at } => Some(expires_at),
            Stage::Uploading { .. } | Stage::Burned(_) => None,
        };
        let longest = links.filter_map(lives).max();
        if let (Some(longest), Some(document)) = (longest, desk.kept.item_mut(number))
            && let Stage::Stored { expires_at: due } = &mut document.paste.stage
        {
            *due = longest.max(*due);
        }
    }
}

/// Burns and forgets what is due in any case, and what was named.
pub(super) fn purge(desk: &mut Desk<'_>, purge: Purge) -> Result<Purged, StoreError> {
    let before = purge.older_than_secs.map(|secs| desk.now.at.saturating_sub(secs));
    let chosen = desk
        .kept
        .items()
        .filter(|(_, item)| is_chosen(item, purge, before, desk.now));
    let chosen: Vec<u64> = chosen.map(|(number, _)| number).collect();
    let mut done = Purged::default();
    // Links that burned with their document: their tombstones are this purge's own.
    let mut ours = HashSet::new();
    for number in chosen {
        let Some(item) = desk.kept.item(number) else { continue };
        let (was_tombstone, due, running) = (is_tombstone(item), item.due_at(), item.paste.running);
        if !was_tombstone {
            if item.place == Place::Document {
                let links = desk.kept.links(number).into_iter();
                ours.extend(links.filter(|link| desk.kept.item(*link).is_some_and(|link| !is_tombstone(link))));
            }
            let items = desk.kept.totals.items;
            let by_itself = due <= desk.now.at && running == 0;
            desk.happen(number, if by_itself { Event::Tick } else { Event::Burn }, None)?;
            done.burned += items.saturating_sub(desk.kept.totals.items);
        }
        if purge.all || (was_tombstone && (purge.tombstones || due <= desk.now.at)) {
            desk.kept.forget(number);
            done.forgotten += u64::from(was_tombstone && !ours.contains(&number));
        }
    }
    Ok(done)
}

const fn is_tombstone(item: &Item) -> bool {
    matches!(item.paste.stage, Stage::Burned(_))
}

/// Its time is over, or it was asked for, as far as rounded times tell how old it is.
fn is_chosen(item: &Item, purge: Purge, before: Option<u64>, now: Now) -> bool {
    let began = match item.paste.stage {
        Stage::Uploading { drop_at, .. } => Some(drop_at.saturating_sub(UPLOAD_IDLE_SECS)),
        Stage::Stored { .. } if item.place == Place::Document => None,
        Stage::Stored { expires_at } => Some(expires_at.saturating_sub(item.paste.policy.expires_in)),
        Stage::Burned(_) => None,
    };
    purge.all
        || is_due(item, now)
        || (purge.tombstones && is_tombstone(item))
        || began.zip(before).is_some_and(|(began, before)| began <= before)
}
