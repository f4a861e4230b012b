//! The wall clock jumps, both ways, while the server runs and while it is off: no life is extended, and nothing burns that its time
//! did not surely come for, until the operator says so.

#![allow(clippy::unwrap_used)]

mod store;

use std::sync::atomic::Ordering;

use satchel_server::store::{Options, Store, StoreError};
use store::*;

const HOUR: u64 = 3600;
const DAY: u64 = 24 * HOUR;
const YEARS: u64 = 3653 * DAY;
const LIVES: u64 = 100;

impl House {
    /// The wall clock alone moves.
    fn jump(&self, secs: i64) {
        let wall = &self.clock.wall;
        wall.store(
            wall.load(Ordering::SeqCst).checked_add_signed(secs).unwrap(),
            Ordering::SeqCst,
        );
    }

    /// The server is stopped, and started again.
    fn restart(&self, store: Store) -> Store {
        store.close();
        self.open()
    }
}

/// Pastes for 12 hours.
async fn fill(store: &Store) {
    for n in 0..LIVES {
        let mut paste = Secrets(n).paste(100, 1);
        paste.expires_in = 12 * HOUR;
        store.create(paste, bytes(100, n)).await.unwrap();
    }
    store.sweep().await.unwrap();
}

async fn is_gone(store: &Store, n: u64) -> bool {
    let probed = store.probe(Secrets(n).id(), &Secrets(n).token("probe")).await;
    matches!(probed, Err(StoreError::Burned(_)))
}

fn signed(secs: u64) -> i64 {
    i64::try_from(secs).unwrap()
}

#[test]
fn no_jump_ahead_burns_anything_before_the_operator_says_so() {
    for (secs, off) in [1, HOUR, YEARS]
        .into_iter()
        .flat_map(|secs| [(secs, false), (secs, true)])
    {
        run(async {
            let house = House::new();
            let mut store = house.open();
            fill(&store).await;
            house.jump(signed(secs));
            if off {
                store = house.restart(store);
            }
            store.sweep().await.unwrap();
            assert_eq!(store.totals().items, LIVES, "{secs} s ahead, off: {off}");
            assert_eq!(
                is_gone(&store, 1).await,
                secs > 13 * HOUR,
                "what may be past is not handed out"
            );
            // Set right again, all of it is there.
            house.jump(-signed(secs));
            store.sweep().await.unwrap();
            assert!(!store.health().clock_held);
            Secrets(1).claim(&store, "lease").await.unwrap();
        });
    }
}

#[test]
fn the_operators_word_burns_what_a_jump_expires() {
    run(async {
        let house = House::new();
        let store = house.open();
        fill(&store).await;
        house.jump(signed(YEARS));
        store.sweep().await.unwrap();
        assert_eq!(store.totals().items, LIVES);
        store.close();
        let accepting = Options {
            accept_clock: true,
            ..house.options()
        };
        let store = Store::open(accepting).unwrap();
        store.sweep().await.unwrap();
        assert_eq!(store.totals().items, 0);
    });
}

#[test]
fn no_jump_back_extends_a_life() {
    for secs in [1, HOUR, YEARS] {
        run(async {
            let house = House::new();
            let store = house.open();
            fill(&store).await;
            house.jump(-signed(secs));
            assert!(!is_gone(&store, 1).await);
            house.clock.advance(11 * HOUR);
            assert!(!is_gone(&store, 1).await, "nor is it cut short");
            house.clock.advance(2 * HOUR);
            assert!(is_gone(&store, 1).await, "{secs} s back");
            store.sweep().await.unwrap();
            assert_eq!(store.totals().items, 0, "{secs} s back");
        });
    }
}

#[test]
fn what_is_made_while_the_clock_is_ahead_lives_no_longer_once_it_is_set_right() {
    for (secs, off) in [(DAY, false), (YEARS, false), (YEARS, true)] {
        run(async {
            let house = House::new();
            let mut store = house.open();
            house.jump(signed(secs));
            fill(&store).await;
            assert!(!is_gone(&store, 1).await, "it can be read meanwhile");
            if off {
                store = house.restart(store);
            }
            house.jump(-signed(secs));
            if off {
                store = house.restart(store);
            }
            assert!(!is_gone(&store, 1).await);
            store.sweep().await.unwrap();
            house.clock.advance(11 * HOUR);
            assert!(!is_gone(&store, 1).await, "nor is it cut short");
            house.clock.advance(3 * HOUR);
            assert!(is_gone(&store, 1).await, "{secs} s ahead");
            store.sweep().await.unwrap();
            assert_eq!(store.totals().items, 0, "{secs} s ahead");
        });
    }
}

#[test]
fn no_jump_back_while_the_server_is_off_extends_a_life_by_more_than_the_hour_that_is_kept() {
    for secs in [1, HOUR, YEARS] {
        run(async {
            let house = House::new();
            let store = house.open();
            fill(&store).await;
            house.clock.advance(6 * HOUR);
            store.sweep().await.unwrap();
            house.jump(-signed(secs));
            let store = house.restart(store);
            house.clock.advance(8 * HOUR);
            store.sweep().await.unwrap();
            assert_eq!(store.totals().items, 0, "{secs} s back");
        });
    }
}
