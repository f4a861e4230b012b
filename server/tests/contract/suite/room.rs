//! Bounds, and what they refuse.

use satchel_server::storage::StoreError;

use super::*;

/// [ST-23]
#[test]
fn bounds_refuse_creations_and_nothing_else() {
    run(async {
        let house = House::new();
        let storage = house.open_within((5000, 2));
        put(&*storage, Secrets(1), &bytes(3000, 1), 1).await;
        let full = storage.create(Secrets(2).paste(3000, 1), bytes(3000, 2)).await.err();
        assert_eq!(full, Some(StoreError::StorageFull { limit: Some(5000) }));
        put(&*storage, Secrets(3), &bytes(1000, 1), 1).await;
        let full = storage.create(Secrets(4).paste(1, 1), vec![1]).await.err();
        assert_eq!(full, Some(StoreError::StorageFull { limit: Some(2) }));
        put(&*storage, Secrets(3), &bytes(1000, 1), 1).await;
        Secrets(1).claim(&*storage, "lease").await.unwrap();
        storage
            .confirm(Secrets(1).id(), &Secrets(1).token("lease"))
            .await
            .unwrap();
        put(&*storage, Secrets(4), &bytes(3000, 1), 1).await;
        assert_eq!(
            storage
                .offset(Secrets(2).id(), &Secrets(2).token("receipt"))
                .await
                .err(),
            Some(StoreError::NotFound)
        );
    });
}

/// [ST-23]
#[test]
fn what_is_there_stays_when_the_bounds_become_narrow() {
    run(async {
        let house = House::new();
        let storage = house.open();
        put(&*storage, Secrets(1), &bytes(3000, 1), 1).await;
        let mut upload = storage
            .create(Secrets(2).paste(3000, 1), Vec::new())
            .await
            .unwrap()
            .upload
            .unwrap();
        storage.set_limits(10, 1);
        upload.write(&bytes(3000, 2)).await.unwrap();
        assert_eq!(
            upload.commit().await.unwrap().offset,
            3000,
            "its room was taken when it was created"
        );
        let full = storage.create(Secrets(3).paste(1, 1), vec![1]).await.err();
        assert_eq!(full, Some(StoreError::StorageFull { limit: Some(1) }));
        for n in [1, 2] {
            Secrets(n).claim(&*storage, "lease").await.unwrap();
        }
        storage.set_limits(10_000, 3);
        put(&*storage, Secrets(3), &[1], 1).await;
    });
}

/// [ST-23], [ST-3]
#[test]
fn creations_in_the_same_moment_never_take_more_room_than_there_is() {
    let house = House::new();
    let storage = run(async { house.open_within((10_500, 1000)) });
    let made = at_once(32, |n| {
        run(async { storage.create(Secrets(n).paste(1000, 1), vec![1; 1000]).await.map(drop) })
    });
    assert_eq!(made.iter().filter(|made| made.is_ok()).count(), 10);
    assert_eq!((storage.totals().items, storage.totals().bytes), (10, 10_000));
    run(is_well(&storage));
}
