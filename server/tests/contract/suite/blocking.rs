//! What an operator blocked is as if it never was.

use satchel_server::storage::StoreError;

use super::*;

/// [ST-4]
#[test]
fn a_blocked_id_is_not_there_for_anybody_and_is_not_made_again() {
    run(async {
        let house = House::new();
        let storage = house.open();
        let secrets = Secrets(1);
        put(&*storage, secrets, &bytes(100, 1), 2).await;
        secrets.claim(&*storage, "lease").await.unwrap();
        house.block(secrets.id());
        let missing = Some(StoreError::NotFound);
        let (id, receipt, lease) = (secrets.id(), secrets.token("receipt"), secrets.token("lease"));
        assert_eq!(storage.probe(id, &secrets.token("probe")).await.err(), missing);
        assert_eq!(secrets.claim(&*storage, "lease").await.err(), missing);
        assert_eq!(storage.content(id, &lease, 0, None).await.err(), missing);
        assert_eq!(storage.confirm(id, &lease).await.err(), missing);
        assert_eq!(storage.receipt(id, &receipt).await.err(), missing);
        assert_eq!(storage.burn(id, &receipt).await.err(), missing);
        assert_eq!(storage.knows(vec![id]).await, Ok(false));
        let again = storage.create(secrets.paste(100, 2), bytes(100, 1)).await.err();
        assert_eq!(again, Some(StoreError::IdTaken));
        house.block(Secrets(2).id());
        let new = storage.create(Secrets(2).paste(1, 1), vec![1]).await.err();
        assert_eq!(new, Some(StoreError::IdTaken));
    });
}

/// [ST-21], [ST-20]: time and a panic find it all the same.
#[test]
fn what_is_blocked_burns_with_its_time_and_by_a_panic() {
    run(async {
        let house = House::new();
        let storage = house.open();
        let mut marked = Secrets(2).paste(100, 1);
        marked.panic = Some(mark([7; 32], Secrets(2).id_hash()));
        put(&*storage, Secrets(1), &bytes(100, 1), 2).await;
        storage.create(marked, bytes(100, 2)).await.unwrap();
        house.block(Secrets(1).id());
        house.block(Secrets(2).id());
        assert_eq!(
            storage.panic(satchel_server::storage::PanicSecret::new([7; 32])).await,
            Ok(1)
        );
        assert_eq!(storage.totals().items, 1);
        house.clock().advance(8 * DAY);
        storage.sweep().await.unwrap();
        assert_eq!(storage.totals().items, 0);
    });
}
