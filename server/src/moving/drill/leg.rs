//! One way of the two: the real hand-over between two processes' worth of code on loopback, and a look at both ends of it.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use actix_web::rt::System;
use serde::Serialize;

use super::error::LegFault;
use super::made::Made;
use super::stock::Stock;
use super::stop::Stop;
use crate::config::{Settings, ShredKeys};
use crate::moving::progress::Voice;
use crate::moving::receive::Reception;
use crate::moving::send::hand_over_by;
use crate::moving::{MoveCommandError, MoveOrder, Moved, Received};
use crate::serve::{self, Opening, ServeError};
use crate::storage::Storage as _;
use crate::store::moving::{Leaving, Whole};
use crate::store::shape::Kind;
use crate::store::{self, Counts, MoveError, OpenError, Store};

/// Opened of each kind, at most.
const SAMPLE: usize = 2;

/// Which way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Way {
    There,
    Back,
}

/// How it went.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct Leg {
    pub(super) way: Way,
    pub(super) took_ms: u64,
    /// Items and tombstones.
    pub(super) items: u64,
    /// Bytes that went over the connection.
    pub(super) carried_bytes: u64,
    /// Blocks that verified under their keys where they arrived.
    pub(super) blocks_verified: u64,
    /// Items that were opened there, and held what they should.
    pub(super) opened: u64,
    /// Items that had burned before, and are told as gone.
    pub(super) gone: u64,
}

/// One way, with what it takes.
pub(super) struct Course<'a> {
    pub(super) way: Way,
    pub(super) from: &'a Settings,
    pub(super) to: &'a Settings,
    pub(super) key: &'a Path,
    pub(super) stock: &'a Stock,
    pub(super) stop: &'a Stop,
}

impl Course<'_> {
    /// `gone` are those that burned before.
    pub(super) fn run(&self, gone: &mut Vec<Made>) -> Result<Leg, LegFault> {
        let before = Sight::of(self.from)?;
        let begun = Instant::now();
        let moved = self.carry()?;
        let took = begun.elapsed();
        self.has_let_go()?;
        before.is_same(&Sight::of(self.to)?)?;
        let inspection = store::inspect(&self.to.data, &slots(self.to), false).map_err(MoveError::from)?;
        if !inspection.violations.is_empty() {
            return Err(LegFault::Wrong {
                count: inspection.violations.len(),
            });
        }
        self.goes_on()?;
        let known = gone.len();
        let opened = self.look(gone)?;
        Ok(Leg {
            way: self.way,
            took_ms: millis(took),
            items: moved.items,
            carried_bytes: moved.bytes,
            blocks_verified: inspection.blocks_verified,
            opened,
            gone: u64::try_from(known).unwrap_or(u64::MAX),
        })
    }

    /// Both sides at once, as two people would start them.
    fn carry(&self) -> Result<Moved, LegFault> {
        let reception = Reception::open(self.to, Some(self.key), Voice::Silent).map_err(LegFault::Receiver)?;
        let (address, door) = (reception.address(), reception.door());
        self.stop.enter(&door);
        let to = address.to_string();
        let order = MoveOrder {
            to: Some(&to),
            key_file: Some(self.key),
            take_back: false,
            patience: Duration::ZERO,
        };
        let (moved, received) = std::thread::scope(|scope| {
            let receiver = scope.spawn(|| reception.run());
            let moved = hand_over_by(self.from, &order, Voice::Silent);
            if moved.is_err() {
                // It would wait for another try.
                door.close();
            }
            let received = receiver.join().unwrap_or(Err(MoveCommandError::Closed));
            (moved, received)
        });
        self.stop.leave();
        self.goes_on()?;
        both(moved, received)
    }

    fn goes_on(&self) -> Result<(), LegFault> {
        if self.stop.is_asked() {
            return Err(LegFault::Stopped);
        }
        Ok(())
    }

    /// Its keys are destroyed, and nobody can serve it.
    fn has_let_go(&self) -> Result<(), LegFault> {
        for left in ["shred-keys", "satchel.db", "satchel.db-wal", "content"] {
            if self.from.data.join(left).exists() {
                return Err(LegFault::Left { left });
            }
        }
        match serve::open(self.from, Opening::default()) {
            Err(ServeError::Open {
                source: OpenError::Moved { .. },
                ..
            }) => Ok(()),
            Err(other) => Err(other.into()),
            Ok(store) => {
                store.close();
                Err(LegFault::Starts)
            }
        }
    }

    /// Opens some of what arrived, as their readers do, and looks whether what burned before is still gone.
    fn look(&self, gone: &mut Vec<Made>) -> Result<u64, LegFault> {
        let store = serve::open(self.to, Opening::default())?;
        let looked = System::new().block_on(async {
            let opened = self.look_at(&store, gone).await?;
            // What a start and a stop change is changed before it is looked at again.
            store.sweep().await.map_err(LegFault::Closed)?;
            Ok(opened)
        });
        store.close();
        looked
    }

    async fn look_at(&self, store: &Store, gone: &mut Vec<Made>) -> Result<u64, LegFault> {
        for made in &*gone {
            if !self.stock.is_gone(store, *made).await {
                return Err(LegFault::Back);
            }
        }
        // Those of one leg are not those of the other: what is for one read can be opened once.
        let first = match self.way {
            Way::There => 0,
            Way::Back => 1,
        };
        let mut opened = 0;
        for kind in [Kind::Single, Kind::Several, Kind::Any, Kind::Kept, Kind::Link] {
            for made in self.stock.unclaimed(kind).skip(first).step_by(2).take(SAMPLE) {
                if !self.stock.opens(store, made).await.map_err(LegFault::Closed)? {
                    return Err(LegFault::Other);
                }
                opened += 1;
                if made.is_for_one_read() {
                    gone.push(made);
                }
            }
        }
        for made in self.stock.unclaimed(Kind::Upload).take(SAMPLE) {
            if !self.stock.stands(store, made).await {
                return Err(LegFault::Upload);
            }
        }
        Ok(opened)
    }
}

fn both(
    moved: Result<Moved, MoveCommandError>,
    received: Result<Received, MoveCommandError>,
) -> Result<Moved, LegFault> {
    match (moved, received) {
        (Ok(moved), Ok(_)) => Ok(moved),
        (Err(sender), Ok(_) | Err(MoveCommandError::Closed)) => Err(LegFault::Sender(sender)),
        (Ok(_), Err(receiver)) => Err(LegFault::Receiver(receiver)),
        (Err(sender), Err(receiver)) => Err(LegFault::Both {
            sender: Box::new(sender),
            receiver: Box::new(receiver),
        }),
    }
}

/// A store that nobody serves, in numbers.
struct Sight {
    counts: Counts,
    whole: Whole,
}

impl Sight {
    fn of(settings: &Settings) -> Result<Self, MoveError> {
        Ok(Self {
            counts: store::count(&settings.data)?,
            whole: Leaving::open(&settings.data, &slots(settings))?.whole()?,
        })
    }

    fn is_same(&self, other: &Self) -> Result<(), LegFault> {
        let numbers = |sight: &Self| {
            let Counts {
                stored,
                documents,
                uploading,
                tombstones,
                leases,
                bytes,
                ..
            } = sight.counts;
            let Whole { invites, blocked, .. } = sight.whole;
            [
                ("pastes", stored),
                ("documents", documents),
                ("unfinished uploads", uploading),
                ("tombstones", tombstones),
                ("leases", leases),
                ("bytes", bytes),
                ("invites", invites),
                ("blocked ids", blocked),
            ]
        };
        for ((what, ours), (_, theirs)) in numbers(self).into_iter().zip(numbers(other)) {
            if ours != theirs {
                return Err(LegFault::Differs { what });
            }
        }
        if self.whole.digest != other.whole.digest {
            return Err(LegFault::Differs { what: "the digest" });
        }
        Ok(())
    }
}

fn slots(settings: &Settings) -> PathBuf {
    settings.shred_keys.file(&settings.data)
}

/// The same configuration, in a scratch folder, on a free port of loopback.
pub(super) fn house(settings: &Settings, folder: PathBuf) -> Settings {
    Settings {
        listen: ([127, 0, 0, 1], 0).into(),
        data: folder,
        shred_keys: ShredKeys::Folder,
        // What fits was looked at before.
        storage_bytes_max: u64::MAX >> 1,
        items_max: u64::MAX >> 1,
        ..settings.clone()
    }
}

pub(super) fn millis(took: Duration) -> u64 {
    u64::try_from(took.as_millis()).unwrap_or(u64::MAX)
}
