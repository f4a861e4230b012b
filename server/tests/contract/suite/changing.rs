//! A policy that is changed.

use satchel_api::Burned;
use satchel_server::storage::{Change, StoreError};

use super::*;

const fn reads(left: u32) -> Change {
    Change {
        expires_in: None,
        reads_left: Some(left),
    }
}

const fn expiry(secs: u64) -> Change {
    Change {
        expires_in: Some(secs),
        reads_left: None,
    }
}

/// [ST-16]
#[test]
fn reads_only_become_fewer() {
    run(async {
        let house = House::new();
        let storage = house.open();
        let secrets = Secrets(1);
        let receipt = secrets.token("receipt");
        put(&*storage, secrets, &bytes(100, 1), 5).await;
        secrets.claim(&*storage, "one").await.unwrap();
        for (left, most) in [(0, 3), (4, 3), (5, 3)] {
            let refused = storage.change(secrets.id(), &receipt, reads(left)).await.err();
            assert_eq!(refused, Some(StoreError::NotFewer { most }));
        }
        let changed = storage.change(secrets.id(), &receipt, reads(2)).await.unwrap();
        assert_eq!((changed.reads_left, changed.reads_used), (Some(2), 1));
        assert_eq!(storage.receipt(secrets.id(), &receipt).await.unwrap(), changed);
        secrets.claim(&*storage, "two").await.unwrap();
        secrets.claim(&*storage, "three").await.unwrap();
        assert!(matches!(
            secrets.claim(&*storage, "four").await.err(),
            Some(StoreError::Burned(_))
        ));
        let gone = storage.change(secrets.id(), &receipt, reads(1)).await.err();
        assert!(matches!(gone, Some(StoreError::Burned(_))));
    });
}

/// [ST-16]
#[test]
fn an_expiry_moves_both_ways_until_it_has_come() {
    run(async {
        let house = House::new();
        let storage = house.open();
        let secrets = Secrets(1);
        let receipt = secrets.token("receipt");
        put(&*storage, secrets, &bytes(100, 1), 5).await;
        let longer = storage.change(secrets.id(), &receipt, expiry(20 * DAY)).await.unwrap();
        assert_eq!(longer.expires_at, Some(START + 20 * DAY));
        house.clock().advance(10 * DAY);
        storage.sweep().await.unwrap();
        let shorter = storage.change(secrets.id(), &receipt, expiry(HOUR)).await.unwrap();
        assert_eq!(shorter.expires_at, Some(START + 10 * DAY + HOUR));
        house.clock().advance(HOUR);
        let late = storage.change(secrets.id(), &receipt, expiry(DAY)).await.err();
        assert!(matches!(late, Some(StoreError::Burned(gone)) if gone.burned == Burned::Expiry));
    });
}

/// [ST-16]
#[test]
fn what_is_not_whole_cannot_be_changed() {
    run(async {
        let house = House::new();
        let storage = house.open();
        let secrets = Secrets(1);
        drop(storage.create(secrets.paste(100, 1), vec![1; 50]).await.unwrap());
        let refused = storage
            .change(secrets.id(), &secrets.token("receipt"), expiry(DAY))
            .await
            .err();
        assert_eq!(refused, Some(StoreError::NotFound));
    });
}

/// [ST-16]
#[test]
fn a_link_that_is_kept_longer_keeps_its_document() {
    run(async {
        let house = House::new();
        let storage = house.open();
        let bundle = Bundle(1);
        bundle.put(&*storage, &[5; 4096]).await;
        let number = bundle.link(&*storage, Secrets(1), 3, HOUR).await;
        let owner = bundle.owner();
        let changed = storage
            .change_link(bundle.id(), &owner, number, expiry(9 * DAY))
            .await
            .unwrap();
        assert_eq!(changed.expires_at, Some(START + 9 * DAY));
        let none = storage
            .change_link(bundle.id(), &owner, number + 1, expiry(DAY))
            .await
            .err();
        assert_eq!(none, Some(StoreError::NotFound));
        house.clock().advance(8 * DAY);
        storage.sweep().await.unwrap();
        let claimed = Secrets(1).claim(&*storage, "lease").await.unwrap();
        assert_eq!(read_all(claimed.content).await.unwrap().len(), 230 + 4096);
        let fewer = storage
            .change_link(bundle.id(), &owner, number, reads(1))
            .await
            .unwrap();
        assert_eq!(fewer.reads_left, Some(1));
        is_well(&storage).await;
    });
}
