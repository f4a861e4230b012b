//! `satchel-server drill move`: the real hand-over, with made-up items, to a scratch server and back. Of the real store only numbers and lengths are read.

mod error;
mod leg;
mod made;
mod page;
mod plan;
mod stock;
mod stop;

use std::collections::BTreeMap;
use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::Serialize;

pub use error::{LegFault, MoveDrillError};
use leg::{Course, Leg, Way, house, millis};
use plan::{Cap, Caps, Plan, free};
use stock::Stock;
use stop::Stop;

use super::progress::note;
use super::receive::room_for;
use super::slots;
use crate::config::Settings;
use crate::lifecycle::hour_of;
use crate::store::shape::{Kind, Shape};
use crate::store::{self, Clock as _, HOUSES, Lot, MOVE_KEY, MoveError, Scratch, SystemClock};

/// Lines that are reckoned with where none is named, in Mbit/s.
const LINES: [u64; 4] = [10, 50, 250, 1000];

/// What is asked for.
pub struct MoveRehearsal<'a> {
    /// Where the scratch folder is made; the system's temporary folder where it is not said.
    pub place: Option<&'a Path>,
    /// Items and tombstones at most.
    pub items_max: u64,
    /// MiB of contents at most.
    pub mib_max: u64,
    /// How fast the line between the two machines will be.
    pub mbit: Option<u64>,
    /// A server runs on the real store.
    pub server_runs: bool,
}

/// How it went, and what the real one will take.
#[derive(Serialize)]
pub struct MoveDrill {
    /// Both ways were gone, and everything was there each time.
    pub well: bool,
    version: &'static str,
    /// Unix seconds.
    hour: u64,
    server_runs: bool,
    store: Numbers,
    rehearsed: Numbers,
    /// Why less was rehearsed than there is.
    caps: Vec<Cap>,
    items_max: u64,
    mib_max: u64,
    /// What it took to make items up.
    filled_ms: u64,
    legs: Vec<Leg>,
    failed: Option<Failed>,
    real: Option<Real>,
    scratch: PathBuf,
}

/// How much of each kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Numbers {
    /// By what scripts call them.
    #[serde(flatten)]
    lots: BTreeMap<&'static str, Lot>,
    tombstones: u64,
    invites: u64,
    blocked: u64,
    /// Items and tombstones.
    rows: u64,
    bytes: u64,
}

/// The way that failed, and why.
#[derive(Serialize)]
struct Failed {
    way: Way,
    why: String,
}

/// What the real move will take.
#[derive(Serialize)]
struct Real {
    /// The slower of the two ways, as if it had been with everything.
    local_ms: u64,
    carried_bytes: u64,
    /// What is to be free on the new machine.
    free_bytes: u64,
    estimates: Vec<Estimate>,
}

#[derive(Serialize)]
struct Estimate {
    mbit: u64,
    secs: u64,
}

/// Hands made-up items over, there and back, and destroys them.
///
/// # Errors
/// [`MoveDrillError`] where it did not come to the first way; one that failed is in the answer. Nothing stays either way.
pub fn rehearse(settings: &Settings, asked: &MoveRehearsal<'_>) -> Result<MoveDrill, MoveDrillError> {
    slots(settings)?;
    let shape = Shape::of(&settings.data).map_err(|error| match error {
        MoveError::Open(source) => MoveDrillError::Folder {
            folder: settings.data.clone(),
            source,
        },
        error => error.into(),
    })?;
    let place = asked.place.map_or_else(std::env::temp_dir, Path::to_path_buf);
    // Before there is anything to clear.
    let stop = Stop::on_signals()?;
    let scratch = Scratch::take(&place, &[&settings.data])?;
    let caps = Caps {
        items: asked.items_max,
        bytes: asked.mib_max.saturating_mul(1 << 20),
    };
    let done = Plan::of(&shape, caps, (&place, free(scratch.folder())))
        .and_then(|plan| Drill::of(settings, scratch.folder(), plan)?.run(&stop));
    let cleared = scratch.end();
    let Ran {
        plan,
        filled,
        legs,
        failed,
    } = done?;
    cleared?;
    Ok(MoveDrill {
        well: failed.is_none(),
        version: env!("CARGO_PKG_VERSION"),
        hour: hour_of(SystemClock.now()),
        server_runs: asked.server_runs,
        real: failed.is_none().then(|| real(&shape, &plan.shape, &legs, asked.mbit)),
        store: Numbers::of(&shape),
        rehearsed: Numbers::of(&plan.shape),
        caps: plan.caps,
        items_max: asked.items_max,
        mib_max: asked.mib_max,
        filled_ms: millis(filled),
        legs,
        failed,
        scratch: store::scratch_within(&place),
    })
}

/// What it takes.
struct Drill {
    plan: Plan,
    stock: Stock,
    houses: [Settings; 3],
    key: PathBuf,
}

/// What came of it.
struct Ran {
    plan: Plan,
    filled: Duration,
    legs: Vec<Leg>,
    failed: Option<Failed>,
}

impl Drill {
    fn of(settings: &Settings, scratch: &Path, plan: Plan) -> Result<Self, MoveDrillError> {
        Ok(Self {
            stock: Stock::of(&plan)?,
            plan,
            houses: HOUSES.map(|name| house(settings, scratch.join(name))),
            key: scratch.join(MOVE_KEY),
        })
    }

    fn run(self, stop: &Stop) -> Result<Ran, MoveDrillError> {
        let Self {
            plan,
            stock,
            houses,
            key,
        } = self;
        say(&format!(
            "making up {} items and tombstones, {} MiB",
            plan.shape.rows(),
            plan.shape.bytes() >> 20
        ));
        let begun = Instant::now();
        stock.fill(&houses[0], &plan, stop)?;
        let filled = begun.elapsed();
        let (mut legs, mut gone, mut failed) = (Vec::new(), Vec::new(), None);
        for (way, [from, to]) in [(Way::There, [0, 1]), (Way::Back, [1, 2])] {
            say(if way == Way::There {
                "handing over"
            } else {
                "handing back"
            });
            let course = Course {
                way,
                from: &houses[from],
                to: &houses[to],
                key: &key,
                stock: &stock,
                stop,
            };
            match course.run(&mut gone) {
                Ok(leg) => legs.push(leg),
                Err(LegFault::Stopped) => return Err(MoveDrillError::Stopped),
                Err(fault) => {
                    stop.check()?;
                    let why = fault.to_string();
                    failed = Some(Failed { way, why });
                    break;
                }
            }
            // Each move makes its own.
            std::fs::remove_file(&key)?;
        }
        stop.check()?;
        Ok(Ran {
            plan,
            filled,
            legs,
            failed,
        })
    }
}

/// A line for whoever waits.
fn say(line: &str) {
    if io::stderr().is_terminal() {
        note(line);
    }
}

impl Numbers {
    fn of(shape: &Shape) -> Self {
        Self {
            lots: Kind::ALL.map(|kind| (kind.lot_name(), shape.lot(kind))).into(),
            tombstones: shape.tombstones,
            invites: shape.invites,
            blocked: shape.blocked,
            rows: shape.rows(),
            bytes: shape.bytes(),
        }
    }
}

/// As if all of the store had gone the slower way, and its bytes a line behind one another.
fn real(store: &Shape, rehearsed: &Shape, legs: &[Leg], mbit: Option<u64>) -> Real {
    let slower = legs.iter().max_by_key(|leg| leg.took_ms);
    let (took_ms, carried) = slower.map_or((0, 0), |leg| (leg.took_ms, leg.carried_bytes));
    let local_ms = in_full(took_ms, store, rehearsed);
    let carried_bytes = in_full(carried, store, rehearsed);
    let lines = mbit.map_or_else(|| LINES.to_vec(), |mbit| vec![mbit]);
    let estimates = lines.into_iter().map(|mbit| {
        // Mbit/s are bits in a microsecond.
        let line_ms = carried_bytes.saturating_mul(8) / mbit.max(1) / 1000;
        Estimate {
            mbit,
            secs: (local_ms + line_ms).div_ceil(1000).max(1),
        }
    });
    Real {
        local_ms,
        carried_bytes,
        free_bytes: room_for(store.bytes()),
        estimates: estimates.collect(),
    }
}

/// A figure of the rehearsed part, for the whole: by items or by bytes, whichever makes it more.
fn in_full(figure: u64, store: &Shape, rehearsed: &Shape) -> u64 {
    let by = |all: u64, part: u64| {
        let scaled = u128::from(figure) * u128::from(all.max(part)) / u128::from(part.max(1));
        u64::try_from(scaled).unwrap_or(u64::MAX)
    };
    by(store.rows(), rehearsed.rows())
        .max(by(store.bytes(), rehearsed.bytes()))
        .max(figure)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::shape::Outline;

    fn shape(count: usize, len: u64) -> Shape {
        let item = Outline {
            kind: Kind::Single,
            size: len,
            held: len,
            running: false,
            claimed: false,
            marked: false,
            labelled: false,
        };
        Shape {
            items: vec![item; count],
            ..Shape::default()
        }
    }

    fn leg(took_ms: u64, carried_bytes: u64) -> Leg {
        Leg {
            way: Way::There,
            took_ms,
            items: 0,
            carried_bytes,
            blocks_verified: 0,
            opened: 0,
            gone: 0,
        }
    }

    #[test]
    fn the_real_one_takes_the_slower_way_in_proportion_and_the_line() {
        // A tenth of the items, with a hundredth of the bytes.
        let (store, rehearsed) = (shape(1000, 1_000_000), shape(100, 100_000));
        let legs = [leg(2000, 10_100_000), leg(3000, 10_100_000)];
        let found = real(&store, &rehearsed, &legs, Some(100));
        assert_eq!((found.local_ms, found.carried_bytes), (300_000, 1_010_000_000));
        let estimates: Vec<(u64, u64)> = found.estimates.iter().map(|one| (one.mbit, one.secs)).collect();
        assert_eq!(estimates, [(100, 300 + 81)]);
        assert_eq!(found.free_bytes, room_for(1_000_000_000));
        // Of all of it, it is what it was; without items too.
        assert_eq!(real(&store, &store, &legs, None).local_ms, 3000);
        let nothing = real(&shape(0, 0), &shape(0, 0), &legs, None);
        assert_eq!((nothing.local_ms, nothing.estimates.len()), (3000, LINES.len()));
    }
}
