//! How long a lease runs, and what ends it.

use satchel_api::{Burned, PasteState};
use satchel_server::storage::{BurnAnswer, StoreError};

use super::*;

/// [ST-10], [ST-21], [ST-19]
#[test]
fn expiry_stops_claims_at_once_and_the_last_lease_takes_the_paste_along() {
    run(async {
        let house = House::new();
        let storage = house.open();
        let (secrets, content) = (Secrets(1), bytes(1000, 1));
        put(&*storage, secrets, &content, 3).await;
        house.clock().advance(7 * DAY - 60);
        secrets.claim(&*storage, "early").await.unwrap();
        house.clock().advance(60 + 600);
        let early = secrets.token("early");
        storage.content(secrets.id(), &early, 0, None).await.unwrap();
        let receipt = storage.receipt(secrets.id(), &secrets.token("receipt")).await.unwrap();
        let expires_at = receipt.expires_at.unwrap();
        house.clock().advance(expires_at.saturating_sub(START + 7 * DAY + 600));
        let late = secrets.claim(&*storage, "late").await.err();
        assert!(matches!(late, Some(StoreError::Burned(gone)) if gone.burned == Burned::Expiry));
        storage.sweep().await.unwrap();
        let again = storage.content(secrets.id(), &early, 0, None).await.unwrap();
        assert_eq!(read_all(again).await.unwrap(), content);
        house.clock().advance(15 * 60);
        storage.sweep().await.unwrap();
        let receipt = storage.receipt(secrets.id(), &secrets.token("receipt")).await.unwrap();
        assert_eq!(
            (receipt.state, receipt.burned),
            (PasteState::Burned, Some(Burned::Expiry))
        );
        assert_eq!(storage.totals().items, 0);
        house.clock().advance(8 * DAY);
        storage.sweep().await.unwrap();
        let gone = storage.receipt(secrets.id(), &secrets.token("receipt")).await;
        assert_eq!(
            gone.err(),
            Some(StoreError::NotFound),
            "the tombstone goes after 7 days"
        );
    });
}

/// [ST-9], [ST-21]
#[test]
fn an_idle_lease_an_idle_upload_and_one_that_fetched_its_fill_end() {
    run(async {
        let house = House::new();
        let storage = house.open();
        let (idle, greedy, upload) = (Secrets(1), Secrets(2), Secrets(3));
        put(&*storage, idle, &bytes(1000, 1), 1).await;
        put(&*storage, greedy, &bytes(1000, 2), 1).await;
        drop(storage.create(upload.paste(500_000, 1), Vec::new()).await.unwrap());
        idle.claim(&*storage, "lease").await.unwrap();
        for _ in 0..4 {
            let claimed = greedy.claim(&*storage, "lease").await.unwrap();
            assert_eq!(read_all(claimed.content).await.unwrap().len(), 1000);
        }
        let claimed = greedy.claim(&*storage, "lease").await.unwrap();
        assert_eq!(read_all(claimed.content).await, Err(StoreError::LeaseEnded));
        storage.sweep().await.unwrap();
        assert_eq!(storage.totals().items, 2);
        house.clock().advance(15 * 60);
        storage.sweep().await.unwrap();
        assert_eq!(storage.totals().items, 1);
        assert_eq!(idle.claim(&*storage, "lease").await.err(), Some(StoreError::LeaseEnded));
        house.clock().advance(25 * HOUR);
        storage.sweep().await.unwrap();
        assert_eq!(storage.totals().items, 0);
        is_well(&storage).await;
    });
}

/// [ST-9]: nobody has to sweep first.
#[test]
fn a_lease_that_was_idle_too_long_is_refused_unswept() {
    run(async {
        let house = House::new();
        let storage = house.open();
        let secrets = Secrets(1);
        put(&*storage, secrets, &bytes(1000, 1), 2).await;
        let claimed = secrets.claim(&*storage, "lease").await.unwrap();
        house.clock().advance(15 * 60);
        assert_eq!(read_all(claimed.content).await, Err(StoreError::LeaseEnded));
        let content = storage.content(secrets.id(), &secrets.token("lease"), 0, None).await;
        assert_eq!(content.err(), Some(StoreError::LeaseEnded));
        assert_eq!(
            secrets.claim(&*storage, "lease").await.err(),
            Some(StoreError::LeaseEnded)
        );
        let receipt = storage.receipt(secrets.id(), &secrets.token("receipt")).await.unwrap();
        assert_eq!(
            (receipt.leases_running, receipt.reads_left),
            (0, Some(1)),
            "its read is used up"
        );
    });
}

/// [ST-9]
#[test]
fn a_lease_that_is_used_all_the_time_ends_at_its_hard_end() {
    run(async {
        let house = House::new();
        let storage = house.open();
        let secrets = Secrets(1);
        put(&*storage, secrets, &bytes(100_000, 1), 1).await;
        house.clock().advance(123);
        let ends_at = secrets.claim(&*storage, "lease").await.unwrap().content.lease_ends_at();
        assert_eq!(
            ends_at,
            START + 7200,
            "a whole five minutes: it does not tell when the claim was"
        );
        let lease = secrets.token("lease");
        for _ in 0..12 {
            storage.content(secrets.id(), &lease, 5, Some(6)).await.unwrap();
            house.clock().advance(600);
            storage.sweep().await.unwrap();
        }
        house.clock().advance(1);
        let content = storage.content(secrets.id(), &lease, 5, Some(6)).await;
        assert_eq!(content.err(), Some(StoreError::LeaseEnded));
        storage.sweep().await.unwrap();
        assert_eq!(storage.totals().items, 0);
    });
}

/// [ST-18]
#[test]
fn a_burn_on_demand_ends_readers_that_are_under_way() {
    run(async {
        let house = House::new();
        let storage = house.open();
        let secrets = Secrets(1);
        put(&*storage, secrets, &bytes(2_000_000, 1), 0).await;
        let mut content = secrets.claim(&*storage, "lease").await.unwrap().content;
        content.next().await.unwrap().unwrap();
        let receipt = secrets.token("receipt");
        assert_eq!(storage.burn(secrets.id(), &receipt).await, Ok(BurnAnswer::Now));
        let again = storage.burn(secrets.id(), &receipt).await;
        assert!(matches!(again, Ok(BurnAnswer::Before(gone)) if gone.burned == Burned::Demand));
        assert_eq!(content.next().await, Some(Err(StoreError::LeaseEnded)));
        assert_eq!(content.next().await, None);
        let confirmed = storage.confirm(secrets.id(), &secrets.token("lease")).await;
        assert_eq!(confirmed, Err(StoreError::LeaseEnded));
    });
}

/// [ST-3], [ST-18]: of a burn and claims that meet, whoever was let in before has nothing left after.
#[test]
fn a_burn_among_claims_in_the_same_moment_leaves_nobody_a_byte() {
    let house = House::new();
    let storage = run(async { house.open() });
    for round in 0..6 {
        let secrets = Secrets(round);
        run(put(&*storage, secrets, &bytes(1000, 1), 8));
        at_once(9, |n| {
            run(async {
                if n == 4 {
                    storage.burn(secrets.id(), &secrets.token("receipt")).await.unwrap();
                } else {
                    // Let in, or too late: both are right.
                    drop(secrets.claim(&*storage, &format!("lease {n}")).await);
                }
            });
        });
        for n in (0..9).filter(|n| *n != 4) {
            let lease = secrets.token(&format!("lease {n}"));
            let content = run(storage.content(secrets.id(), &lease, 0, None)).err().unwrap();
            assert!(matches!(content, StoreError::LeaseEnded | StoreError::NotFound));
        }
    }
    assert_eq!((storage.totals().items, storage.leases()), (0, 0));
    run(is_well(&storage));
}
