//! What an operator wants gone.

use satchel_api::Burned;
use satchel_server::storage::{Purge, Purged, StoreError};

use super::*;

fn older_than(secs: u64) -> Purge {
    Purge {
        older_than_secs: Some(secs),
        ..Purge::default()
    }
}

const fn purged(burned: u64, forgotten: u64) -> Purged {
    Purged { burned, forgotten }
}

/// [ST-18]
#[test]
fn what_is_older_burns_on_demand_and_what_is_younger_stays() {
    run(async {
        let house = House::new();
        let storage = house.open();
        put(&*storage, Secrets(1), &bytes(1000, 1), 1).await;
        drop(storage.create(Secrets(2).paste(1000, 1), bytes(500, 2)).await.unwrap());
        house.clock().advance(10 * HOUR);
        put(&*storage, Secrets(3), &bytes(1000, 3), 1).await;
        assert_eq!(storage.purge(older_than(12 * HOUR)).await, Ok(purged(0, 0)));
        assert_eq!(storage.purge(older_than(8 * HOUR)).await, Ok(purged(2, 0)));
        for n in [1, 2] {
            let receipt = storage
                .receipt(Secrets(n).id(), &Secrets(n).token("receipt"))
                .await
                .unwrap();
            assert_eq!(receipt.burned, Some(Burned::Demand));
        }
        Secrets(3).claim(&*storage, "lease").await.unwrap();
    });
}

/// [ST-19], [ST-21]
#[test]
fn what_is_due_burns_as_it_would_have_and_a_tombstone_goes_in_its_time() {
    run(async {
        let house = House::new();
        let storage = house.open();
        put(&*storage, Secrets(1), &bytes(1000, 1), 1).await;
        house.clock().advance(7 * DAY + HOUR);
        assert_eq!(storage.purge(Purge::default()).await, Ok(purged(1, 0)));
        let gone = Secrets(1).claim(&*storage, "lease").await.err();
        assert!(matches!(gone, Some(StoreError::Burned(gone)) if gone.burned == Burned::Expiry));
        house.clock().advance(6 * DAY);
        assert_eq!(storage.purge(Purge::default()).await, Ok(purged(0, 0)));
        house.clock().advance(2 * DAY);
        assert_eq!(storage.purge(Purge::default()).await, Ok(purged(0, 1)));
        let forgotten = Secrets(1).claim(&*storage, "lease").await.err();
        assert_eq!(forgotten, Some(StoreError::NotFound));
    });
}

/// [ST-18]
#[test]
fn everything_goes_documents_and_leases_and_tombstones_too() {
    run(async {
        let house = House::new();
        let storage = house.open();
        for n in 0..20 {
            put(&*storage, Secrets(n), &bytes(1000, n), 1).await;
        }
        let mut reading = Secrets(1).claim(&*storage, "lease").await.unwrap().content;
        storage
            .burn(Secrets(2).id(), &Secrets(2).token("receipt"))
            .await
            .unwrap();
        let bundle = Bundle(1);
        bundle.put(&*storage, &[5; 4096]).await;
        for n in 30..35 {
            bundle.link(&*storage, Secrets(n), 1, DAY).await;
        }
        let all = Purge {
            all: true,
            ..Purge::default()
        };
        assert_eq!(storage.purge(all).await, Ok(purged(19 + 6, 1)));
        assert_eq!(reading.next().await, Some(Err(StoreError::LeaseEnded)));
        assert_eq!(
            (storage.totals().items, storage.totals().bytes, storage.leases()),
            (0, 0, 0)
        );
        let inspection = storage.inspect().await.unwrap();
        assert_eq!((inspection.items, inspection.tombstones), (0, 0));
        let back = storage.create(Secrets(2).paste(10, 1), vec![1; 10]).await;
        assert!(back.is_ok(), "nothing remembers it");
    });
}

/// [ST-19]
#[test]
fn tombstones_go_before_their_time_where_that_was_asked() {
    run(async {
        let house = House::new();
        let storage = house.open();
        for n in [1, 2] {
            put(&*storage, Secrets(n), &bytes(1000, n), 1).await;
        }
        storage
            .burn(Secrets(1).id(), &Secrets(1).token("receipt"))
            .await
            .unwrap();
        let tombstones = Purge {
            tombstones: true,
            ..Purge::default()
        };
        assert_eq!(storage.purge(tombstones).await, Ok(purged(0, 1)));
        let forgotten = storage.receipt(Secrets(1).id(), &Secrets(1).token("receipt")).await;
        assert_eq!(forgotten.err(), Some(StoreError::NotFound));
        Secrets(2).claim(&*storage, "lease").await.unwrap();
    });
}
