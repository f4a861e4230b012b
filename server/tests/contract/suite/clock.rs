//! The wall clock jumps, both ways, while the process runs and while it is off: no life is extended, and nothing burns that its time did not surely come
//! for, until the operator says so.

use satchel_server::storage::StoreError;

use super::*;

const YEARS: u64 = 3653 * DAY;
const LIVES: u64 = 100;

/// Pastes for 12 hours.
async fn fill(storage: &dyn Storage) {
    for n in 0..LIVES {
        let mut paste = Secrets(n).paste(100, 1);
        paste.expires_in = 12 * HOUR;
        storage.create(paste, bytes(100, n)).await.unwrap();
    }
    storage.sweep().await.unwrap();
}

async fn is_gone(storage: &dyn Storage) -> bool {
    let probed = storage.probe(Secrets(1).id(), &Secrets(1).token("probe")).await;
    matches!(probed, Err(StoreError::Burned(_)))
}

fn signed(secs: u64) -> i64 {
    i64::try_from(secs).unwrap()
}

/// [ST-22]
#[test]
fn no_jump_ahead_burns_anything_before_the_operator_says_so() {
    let jumps = [1, HOUR, YEARS]
        .into_iter()
        .flat_map(|secs| [(secs, false), (secs, true)]);
    for (secs, off) in jumps {
        run(async {
            let house = House::new();
            let mut storage = house.open();
            fill(&*storage).await;
            house.clock().jump(signed(secs));
            if off {
                storage = house.open();
            }
            storage.sweep().await.unwrap();
            assert_eq!(storage.totals().items, LIVES, "{secs} s ahead, off: {off}");
            let gone = is_gone(&*storage).await;
            assert_eq!(gone, secs > 13 * HOUR, "what may be past is not handed out");
            // Set right again, all of it is there.
            house.clock().jump(-signed(secs));
            storage.sweep().await.unwrap();
            assert!(!storage.health().clock_held);
            Secrets(1).claim(&*storage, "lease").await.unwrap();
        });
    }
}

/// [ST-22]
#[test]
fn the_operators_word_burns_what_a_jump_expires() {
    run(async {
        let house = House::new();
        let storage = house.open();
        fill(&*storage).await;
        house.clock().jump(signed(YEARS));
        storage.sweep().await.unwrap();
        assert_eq!((storage.totals().items, storage.health().clock_held), (LIVES, true));
        storage.accept_clock().await.unwrap();
        storage.sweep().await.unwrap();
        assert_eq!((storage.totals().items, storage.health().clock_held), (0, false));
        let storage = house.open();
        assert!(!storage.health().clock_held, "accepted once is accepted for good");
    });
}

/// [ST-22]
#[test]
fn no_jump_back_extends_a_life() {
    for secs in [1, HOUR, YEARS] {
        run(async {
            let house = House::new();
            let storage = house.open();
            fill(&*storage).await;
            house.clock().jump(-signed(secs));
            assert!(!is_gone(&*storage).await);
            house.clock().advance(11 * HOUR);
            assert!(!is_gone(&*storage).await, "nor is it cut short");
            house.clock().advance(2 * HOUR);
            assert!(is_gone(&*storage).await, "{secs} s back");
            storage.sweep().await.unwrap();
            assert_eq!(storage.totals().items, 0, "{secs} s back");
        });
    }
}

/// [ST-22]
#[test]
fn what_is_made_while_the_clock_is_ahead_lives_no_longer_once_it_is_set_right() {
    for (secs, off) in [(DAY, false), (YEARS, false), (YEARS, true)] {
        run(async {
            let house = House::new();
            let mut storage = house.open();
            house.clock().jump(signed(secs));
            fill(&*storage).await;
            assert!(!is_gone(&*storage).await, "it can be read meanwhile");
            if off {
                storage = house.open();
            }
            house.clock().jump(-signed(secs));
            if off {
                storage = house.open();
            }
            storage.sweep().await.unwrap();
            house.clock().advance(11 * HOUR);
            assert!(!is_gone(&*storage).await, "nor is it cut short");
            house.clock().advance(3 * HOUR);
            assert!(is_gone(&*storage).await, "{secs} s ahead");
            storage.sweep().await.unwrap();
            assert_eq!(storage.totals().items, 0, "{secs} s ahead");
        });
    }
}

/// [ST-22]
#[test]
fn no_jump_back_while_the_process_is_off_extends_a_life_by_more_than_the_hour_that_is_kept() {
    for secs in [1, HOUR, YEARS] {
        run(async {
            let house = House::new();
            let storage = house.open();
            fill(&*storage).await;
            house.clock().advance(6 * HOUR);
            storage.sweep().await.unwrap();
            house.clock().jump(-signed(secs));
            let storage = house.open();
            house.clock().advance(8 * HOUR);
            storage.sweep().await.unwrap();
            assert_eq!(storage.totals().items, 0, "{secs} s back");
        });
    }
}
