//! How much is made up: as many of each kind as the store has and as large, within what was asked for and what the disk has room for.

use std::path::Path;

use rustix::fs::statvfs;
use satchel_api::limit::LINKS_MAX;
use serde::Serialize;

use super::error::MoveDrillError;
use crate::moving::receive::room_for;
use crate::store::shape::{Kind, Outline, Shape};

/// A row with its place in each index, and a slot.
const ROW_BYTES: u64 = 768;
/// Whatever is made for an empty store, its log, and a batch on its way.
const STORE_BYTES: u64 = 32 << 20;
/// The most that is made up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Caps {
    /// Items and tombstones.
    pub(super) items: u64,
    pub(super) bytes: u64,
}

/// Why less is made up than the store holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Cap {
    Items,
    Mib,
    Room,
}

/// What is made up.
pub(super) struct Plan {
    pub(super) shape: Shape,
    pub(super) caps: Vec<Cap>,
}

impl Plan {
    /// `free` is what the disk of the scratch folder has: half of it is left to whoever else writes there.
    pub(super) fn of(store: &Shape, caps: Caps, (scratch, free): (&Path, u64)) -> Result<Self, MoveDrillError> {
        let mut shape = store.clone();
        let mut met = Vec::new();
        if shape.rows() > caps.items {
            thin(&mut shape, caps.items);
            met.push(Cap::Items);
        }
        if shape.bytes() > caps.bytes {
            shorten(&mut shape, caps.bytes);
            met.push(Cap::Mib);
        }
        let budget = free / 2;
        if needed(&shape) > budget {
            let each = budget.saturating_sub(needed(&Shape::default())) / 2;
            thin(&mut shape, each / 8 / ROW_BYTES);
            shorten(&mut shape, each / 4 * 3);
            met.push(Cap::Room);
        }
        if needed(&shape) > budget {
            return Err(MoveDrillError::Room {
                path: scratch.to_path_buf(),
                free,
                needed: needed(&shape) * 2,
            });
        }
        Ok(Self { shape, caps: met })
    }
}

/// What is free where the scratch folder is. Where that cannot be told, writing will tell.
pub(super) fn free(folder: &Path) -> u64 {
    statvfs(folder).map_or(u64::MAX, |found| found.f_bavail.saturating_mul(found.f_frsize))
}

/// It lies there twice, for as long as the old side has not let go.
pub(super) fn needed(shape: &Shape) -> u64 {
    let bytes = shape.bytes();
    let rows = shape.rows() + shape.invites + shape.blocked;
    let store = bytes + bytes / 50 + rows * ROW_BYTES * 9 / 8 + STORE_BYTES;
    store + store.max(room_for(bytes))
}

/// So many items and tombstones at most, evenly from the smallest to the largest of each kind, and one at least of each.
fn thin(shape: &mut Shape, most: u64) {
    let all = shape.rows().max(1);
    let part = |count: u64| {
        let share = u128::from(count) * u128::from(most.min(all)) / u128::from(all);
        u64::try_from(share).unwrap_or(count).max(1).min(count)
    };
    let mut kept = Vec::new();
    for kind in Kind::ALL {
        let of_kind: Vec<Outline> = shape.items.iter().filter(|item| item.kind == kind).copied().collect();
        let (len, count) = (of_kind.len(), part(of_kind.len().try_into().unwrap_or(u64::MAX)));
        let count = usize::try_from(count).unwrap_or(len);
        // The middle one of each of so many equal stretches.
        kept.extend((0..count).map(|n| of_kind[(2 * n + 1) * len / (2 * count)]));
    }
    kept.sort_by_key(|item| item.size);
    shape.items = kept;
    let documents = shape.lot(Kind::Document).count;
    let mut links = documents * u64::from(LINKS_MAX);
    shape.items.retain(|item| {
        let fits = item.kind != Kind::Link || links > 0;
        links = links.saturating_sub(u64::from(item.kind == Kind::Link));
        fits
    });
    for count in [&mut shape.tombstones, &mut shape.invites, &mut shape.blocked] {
        *count = part(*count);
    }
}

/// So many bytes at most: fewer items, and where these are still too long, shorter ones.
fn shorten(shape: &mut Shape, most: u64) {
    let bytes = shape.bytes().max(1);
    if bytes <= most {
        return;
    }
    let share = |count: u64| u64::try_from(u128::from(count) * u128::from(most) / u128::from(bytes)).unwrap_or(count);
    let rows = share(shape.rows());
    thin(shape, rows);
    // Those that are longer than what is left for each are cut to that.
    shape.items.sort_by_key(|item| item.held);
    let mut left = most;
    let mut items = shape.items.len();
    for item in &mut shape.items {
        let each = left / u64::try_from(items).unwrap_or(u64::MAX).max(1);
        if item.held > each {
            let is_whole = item.kind != Kind::Upload;
            item.held = each.max(u64::from(is_whole));
            item.size = item.held + u64::from(!is_whole);
        }
        left = left.saturating_sub(item.held);
        items -= 1;
    }
    shape.items.sort_by_key(|item| item.size);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Lot;

    fn outline(kind: Kind, size: u64) -> Outline {
        Outline {
            kind,
            size,
            held: size,
            running: false,
            claimed: false,
            marked: false,
            labelled: false,
        }
    }

    /// 900 for one read, of 1,000 to 900,000 bytes; three kept; a document of 500 MB and ten links.
    fn shape() -> Shape {
        let mut items: Vec<Outline> = (1..=900).map(|n| outline(Kind::Single, n * 1000)).collect();
        items.extend([outline(Kind::Kept, 70_000); 3]);
        items.extend([outline(Kind::Link, 230); 10]);
        items.push(outline(Kind::Document, 500_000_000));
        items.sort_by_key(|item| item.size);
        Shape {
            items,
            tombstones: 86,
            invites: 5,
            blocked: 0,
        }
    }

    fn plan(caps: Caps, free: u64) -> Result<Plan, MoveDrillError> {
        Plan::of(&shape(), caps, (Path::new("/scratch"), free))
    }

    const ALL: Caps = Caps {
        items: 1_000_000,
        bytes: 1 << 40,
    };

    #[test]
    fn with_room_all_of_it_is_rehearsed() {
        let plan = plan(ALL, 1 << 40).unwrap();
        assert_eq!((plan.shape, plan.caps), (shape(), vec![]));
    }

    #[test]
    fn fewer_items_are_taken_evenly_and_every_kind_stays() {
        let Plan { shape, caps } = plan(Caps { items: 100, ..ALL }, 1 << 40).unwrap();
        assert_eq!(caps, [Cap::Items]);
        let Lot { count, bytes } = shape.lot(Kind::Single);
        assert_eq!(count, 90);
        assert!(
            (430_000..470_000).contains(&(bytes / count)),
            "the mean stays: {}",
            bytes / count
        );
        for kind in [Kind::Kept, Kind::Document, Kind::Link] {
            assert_eq!(shape.lot(kind).count, 1, "{kind:?}");
        }
        assert_eq!((shape.tombstones, shape.invites, shape.blocked), (8, 1, 0));
    }

    #[test]
    fn fewer_bytes_are_fewer_and_shorter_items() {
        let Plan { shape, caps } = plan(Caps { bytes: 64 << 20, ..ALL }, 1 << 40).unwrap();
        assert_eq!(caps, [Cap::Mib]);
        assert!(shape.bytes() <= 64 << 20, "{}", shape.bytes());
        assert!(shape.lot(Kind::Document).bytes > 1 << 20);
        assert!(shape.items.iter().all(|item| item.size > 0));
    }

    #[test]
    fn what_does_not_fit_into_half_of_the_room_is_less_and_with_no_room_at_all_it_is_refused() {
        let free = 700 << 20;
        let Plan { shape, caps } = plan(ALL, free).unwrap();
        assert_eq!(caps, [Cap::Room]);
        assert!(needed(&shape) <= free / 2 && shape.rows() > 5);
        let refused = plan(ALL, 100 << 20);
        assert!(matches!(refused, Err(MoveDrillError::Room { free: 104_857_600, needed, .. }) if needed > 190 << 20));
    }
}
