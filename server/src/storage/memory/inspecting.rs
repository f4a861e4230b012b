//! Every invariant of what is kept in memory.

use super::Shared;
use super::kept::{Item, Kept};
use crate::lifecycle::{LeasePhase, Stage};
use crate::storage::place::Place;
use crate::storage::{Inspection, Totals, Violation};

/// Looks at all of it, in one moment.
pub(super) fn inspect(shared: &Shared) -> Inspection {
    let state = shared.state();
    let kept = &state.kept;
    let mut inspection = Inspection {
        server_runs: true,
        ..Inspection::default()
    };
    let mut totals = Totals::default();
    for (number, item) in kept.items() {
        let running = running(item);
        if matches!(item.paste.stage, Stage::Burned(_)) {
            inspection.tombstones += 1;
            let bare = item.secret.is_none() && item.paste.size == 0 && running == 0;
            note(&mut inspection, bare, Violation::Tombstone, number);
            continue;
        }
        totals.items += 1;
        totals.bytes += item.own_bytes();
        inspection.leases += running;
        look(kept, number, item, &mut inspection);
    }
    inspection.items = totals.items;
    if totals != kept.totals || inspection.leases != shared.leases.count() {
        inspection.note(Violation::Totals, None);
    }
    inspection.well = inspection.violations.is_empty();
    inspection
}

fn look(kept: &Kept, number: u64, item: &Item, inspection: &mut Inspection) {
    let paste = &item.paste;
    let held = item.secret.as_ref().map(|secret| secret.bytes.len());
    let due = match paste.stage {
        Stage::Uploading { held, .. } => held,
        Stage::Stored { .. } | Stage::Burned(_) => item.own_bytes(),
    };
    note(inspection, held == Some(due), Violation::Blocks, number);
    inspection.blocks_verified += u64::from(held == Some(due));
    let sound =
        paste.running <= paste.reads_used && (paste.policy.reads == 0 || paste.reads_used <= paste.policy.reads);
    note(inspection, sound, Violation::Row, number);
    let lives = |item: &u64| kept.item(*item).is_some_and(|item| item.secret.is_some());
    let (counted, violation) = match item.place {
        Place::Document => (
            kept.links(number).iter().filter(|link| lives(link)).count() as u64,
            Violation::Links,
        ),
        Place::Link { document, .. } => {
            note(inspection, lives(&document), Violation::Links, number);
            (running(item), Violation::Leases)
        }
        Place::Alone => (running(item), Violation::Leases),
    };
    note(inspection, counted == u64::from(paste.running), violation, number);
}

fn running(item: &Item) -> u64 {
    item.leases
        .iter()
        .filter(|lease| lease.phase == LeasePhase::Running)
        .count() as u64
}

fn note(inspection: &mut Inspection, holds: bool, violation: Violation, number: u64) {
    if !holds {
        inspection.note(violation, Some(number));
    }
}
