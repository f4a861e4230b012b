//! What was answered outlives the process that answered; what a process only remembered goes in favour of who holds a lease.

use satchel_api::PasteState;
use satchel_server::storage::StoreError;

use super::*;

/// [ST-1], [ST-3]
#[test]
fn all_that_was_answered_is_there_for_the_next_process() {
    run(async {
        let house = House::new();
        let storage = house.open();
        let content = bytes(70_000, 1);
        for n in 1..=4 {
            put(&*storage, Secrets(n), &content, 2).await;
        }
        Secrets(1).claim(&*storage, "lease").await.unwrap();
        for _ in 0..11 {
            Secrets(2).guess(&*storage).await;
        }
        storage
            .burn(Secrets(3).id(), &Secrets(3).token("receipt"))
            .await
            .unwrap();
        Secrets(4).claim(&*storage, "lease").await.unwrap();
        storage
            .confirm(Secrets(4).id(), &Secrets(4).token("lease"))
            .await
            .unwrap();
        let mut upload = storage
            .create(Secrets(5).paste(600_000, 1), Vec::new())
            .await
            .unwrap()
            .upload
            .unwrap();
        upload.write(&bytes(100_000, 5)).await.unwrap();
        upload.commit().await.unwrap();
        let invite = house.invite([5; 32], 2, None, DAY);
        storage
            .create_by(Some(invite), Secrets(6).paste(10, 1), vec![1; 10])
            .await
            .unwrap();
        let bundle = Bundle(1);
        bundle.put(&*storage, &[5; 4096]).await;
        bundle.link(&*storage, Secrets(7), 1, DAY).await;
        let totals = storage.totals();

        let storage = house.open();
        assert_eq!(storage.totals(), totals);
        let again = storage
            .content(Secrets(1).id(), &Secrets(1).token("lease"), 0, None)
            .await
            .unwrap();
        assert!(read_all(again).await.unwrap() == content);
        assert_eq!(Secrets(1).claim(&*storage, "lease").await.unwrap().reads_left, Some(1));
        let waits = Some(StoreError::Wait { retry_after: 1 });
        assert_eq!(Secrets(2).claim(&*storage, "lease").await.err(), waits);
        let receipt = storage
            .receipt(Secrets(3).id(), &Secrets(3).token("receipt"))
            .await
            .unwrap();
        assert_eq!(receipt.state, PasteState::Burned);
        assert_eq!(
            Secrets(4).claim(&*storage, "lease").await.err(),
            Some(StoreError::LeaseEnded)
        );
        storage
            .confirm(Secrets(4).id(), &Secrets(4).token("lease"))
            .await
            .unwrap();
        let stands = storage
            .offset(Secrets(5).id(), &Secrets(5).token("receipt"))
            .await
            .unwrap();
        assert_eq!(stands.offset, 100_000);
        assert_eq!(storage.admits(invite, vec![Secrets(8).id()], 1).await, Ok(()));
        assert!(
            storage
                .admits(invite, vec![Secrets(8).id(), Secrets(9).id()], 1)
                .await
                .is_err()
        );
        let (_, _, links) = storage.document(bundle.id(), &bundle.owner()).await.unwrap();
        assert_eq!(links[0].label, Some(vec![7; 20]));
        Secrets(7).claim(&*storage, "lease").await.unwrap();
        is_well(&storage).await;
    });
}

/// [ST-9]: idle time begins anew, the hard end does not.
#[test]
fn a_lease_goes_on_after_a_restart_and_ends_at_its_hard_end() {
    run(async {
        let house = House::new();
        let mut storage = house.open();
        let secrets = Secrets(1);
        put(&*storage, secrets, &bytes(1000, 1), 1).await;
        let ends_at = secrets.claim(&*storage, "lease").await.unwrap().content.lease_ends_at();
        let lease = secrets.token("lease");
        while house.clock().wall() + 10 * 60 < ends_at {
            house.clock().advance(10 * 60);
            storage = house.open();
            let content = storage.content(secrets.id(), &lease, 0, Some(1)).await.unwrap();
            assert_eq!(content.lease_ends_at(), ends_at);
        }
        house.clock().advance(10 * 60);
        storage = house.open();
        let over = storage.content(secrets.id(), &lease, 0, Some(1)).await.err();
        assert_eq!(over, Some(StoreError::LeaseEnded));
        storage.sweep().await.unwrap();
        assert_eq!((storage.totals().items, storage.leases()), (0, 0));
    });
}

/// [ST-2], [ST-14]: what the process had in hand when it ended never came.
#[test]
fn what_was_not_answered_is_as_if_it_never_came() {
    run(async {
        let house = House::new();
        let storage = house.open();
        let secrets = Secrets(1);
        let mut upload = storage
            .create(secrets.paste(3_000_000, 1), Vec::new())
            .await
            .unwrap()
            .upload
            .unwrap();
        upload.write(&bytes(2_000_000, 1)).await.unwrap();
        let after = house.open();
        assert!(upload.commit().await.is_err(), "that process is over");
        let stands = after.offset(secrets.id(), &secrets.token("receipt")).await.unwrap();
        assert_eq!(stands.offset, 0);
    });
}
