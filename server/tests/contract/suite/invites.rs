//! Invites: spent where they create, and nowhere else.

use satchel_server::storage::StoreError;

use super::*;

const NONE: Option<StoreError> = Some(StoreError::InviteRequired { left: None });

/// [ST-24]
#[test]
fn an_invite_pays_for_as_many_creations_and_bytes_as_it_was_made_for() {
    run(async {
        let house = House::new();
        let storage = house.open();
        let token = house.invite([5; 32], 2, Some(1500), DAY);
        let invite = Some(token);
        let foreign = storage
            .create_by(Some(TokenHash::new([1; 32])), Secrets(1).paste(10, 1), vec![1; 10])
            .await;
        assert_eq!(foreign.err(), NONE);
        storage
            .create_by(invite, Secrets(1).paste(1000, 1), vec![1; 1000])
            .await
            .unwrap();
        let refused = storage.create_by(invite, Secrets(2).paste(501, 1), vec![1; 501]).await;
        assert_eq!(refused.err(), Some(StoreError::InviteRequired { left: Some(500) }));
        // Repeated, and refused: neither costs anything.
        storage
            .create_by(invite, Secrets(1).paste(1000, 1), vec![1; 1000])
            .await
            .unwrap();
        let long = storage.create_by(invite, Secrets(3).paste(5, 1), vec![1; 6]).await;
        assert_eq!(long.err(), Some(StoreError::TooLong { limit: 5 }));
        assert_eq!(storage.admits(token, vec![Secrets(2).id()], 500).await, Ok(()));
        storage
            .create_by(invite, Secrets(2).paste(500, 1), vec![1; 500])
            .await
            .unwrap();
        assert_eq!(
            storage.create_by(invite, Secrets(3).paste(1, 1), vec![1]).await.err(),
            NONE
        );
        assert_eq!(storage.totals().items, 2);
        let known = vec![Secrets(1).id(), Secrets(2).id()];
        assert_eq!(
            storage.admits(token, known, 9000).await,
            Ok(()),
            "they are told what they are"
        );
        assert_eq!(storage.admits(token, vec![Secrets(3).id()], 1).await.err(), NONE);
    });
}

/// [ST-24], [ST-23]
#[test]
fn an_invite_is_not_spent_where_there_is_no_room() {
    run(async {
        let house = House::new();
        let storage = house.open_within((100, 10));
        let invite = Some(house.invite([5; 32], 1, None, DAY));
        let full = storage
            .create_by(invite, Secrets(1).paste(101, 1), vec![1; 101])
            .await
            .err();
        assert_eq!(full, Some(StoreError::StorageFull { limit: Some(100) }));
        storage
            .create_by(invite, Secrets(1).paste(100, 1), vec![1; 100])
            .await
            .unwrap();
    });
}

/// [ST-24], [ST-17]: all links, or none, and none of them paid for then.
#[test]
fn links_that_an_invite_does_not_pay_for_are_none_and_cost_none() {
    run(async {
        let house = House::new();
        let storage = house.open();
        let bundle = Bundle(1);
        bundle.put(&*storage, &[5; 4096]).await;
        let invite = Some(house.invite([5; 32], 2, None, DAY));
        let wanted = |count: u64| (1..=count).map(|n| link(Secrets(n), 1, DAY)).collect::<Vec<_>>();
        let refused = storage
            .add_links_by(invite, bundle.id(), &bundle.owner(), wanted(3))
            .await;
        assert_eq!(refused.err(), NONE);
        let (_, _, links) = storage.document(bundle.id(), &bundle.owner()).await.unwrap();
        assert_eq!((links.len(), storage.totals().items), (0, 1));
        let made = storage
            .add_links_by(invite, bundle.id(), &bundle.owner(), wanted(2))
            .await
            .unwrap();
        assert_eq!(made.iter().map(|made| made.number).collect::<Vec<_>>(), [1, 2]);
        let again = storage
            .add_links_by(invite, bundle.id(), &bundle.owner(), wanted(2))
            .await
            .unwrap();
        assert_eq!(again, made);
        let more = storage
            .add_links_by(invite, bundle.id(), &bundle.owner(), wanted(3))
            .await;
        assert_eq!(more.err(), NONE);
        is_well(&storage).await;
    });
}

/// [ST-24], [ST-3]
#[test]
fn an_invite_that_is_used_in_the_same_moment_pays_no_more_than_it_was_made_for() {
    let house = House::new();
    let storage = run(async { house.open() });
    let invite = Some(house.invite([5; 32], 5, None, DAY));
    let made = at_once(24, |n| {
        run(async {
            storage
                .create_by(invite, Secrets(n).paste(10, 1), vec![1; 10])
                .await
                .map(drop)
        })
    });
    assert_eq!(made.iter().filter(|made| made.is_ok()).count(), 5);
    assert_eq!(storage.totals().items, 5);
}

/// [ST-21]
#[test]
fn an_invite_ends_with_its_time() {
    run(async {
        let house = House::new();
        let storage = house.open();
        let invite = Some(house.invite([5; 32], 5, None, DAY));
        house.clock().advance(DAY + HOUR);
        assert_eq!(
            storage.create_by(invite, Secrets(1).paste(1, 1), vec![1]).await.err(),
            NONE
        );
        storage.sweep().await.unwrap();
        assert_eq!(
            storage.create_by(invite, Secrets(1).paste(1, 1), vec![1]).await.err(),
            NONE
        );
    });
}
