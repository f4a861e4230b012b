//! Who gets a read, and who does not.

use satchel_api::{Burned, PasteState};
use satchel_server::storage::{OnGuessing, StoreError};

use super::*;

/// [ST-6], [ST-3]
#[test]
fn of_32_claimants_in_the_same_moment_exactly_as_many_win_as_there_are_reads() {
    let house = House::new();
    let storage = run(async { house.open() });
    for (round, reads) in [1, 1, 1, 3, 1, 31, 1, 2].into_iter().enumerate() {
        let secrets = Secrets(round as u64);
        let size = if round % 3 == 0 { 300_000 } else { 1024 };
        run(put(&*storage, secrets, &bytes(size, 1), reads));
        let claims = at_once(32, |n| {
            run(async { secrets.claim(&*storage, &format!("lease {n}")).await.map(drop) })
        });
        let won = claims.iter().filter(|claim| claim.is_ok()).count();
        assert_eq!(won, reads as usize);
        for lost in claims.into_iter().filter_map(Result::err) {
            assert!(matches!(lost, StoreError::Burned(gone) if gone.burned == Burned::Reads));
        }
    }
    run(is_well(&storage));
}

/// [ST-7], [ST-3]
#[test]
fn one_lease_token_at_the_same_moment_on_many_connections_costs_one_read() {
    let house = House::new();
    let storage = run(async { house.open() });
    let (secrets, content) = (Secrets(1), bytes(1024, 1));
    run(put(&*storage, secrets, &content, 5));
    for claimed in at_once(16, |_| {
        run(async { secrets.claim(&*storage, "lease").await.map(|got| got.reads_left) })
    }) {
        assert_eq!(claimed, Ok(Some(4)));
    }
    let receipt = run(storage.receipt(secrets.id(), &secrets.token("receipt"))).unwrap();
    assert_eq!(
        (receipt.reads_used, receipt.leases_running, receipt.wrong_tries),
        (1, 1, 0)
    );
}

/// [ST-7]
#[test]
fn a_repeated_lease_token_costs_nothing_and_an_ended_one_is_answered() {
    run(async {
        let house = House::new();
        let storage = house.open();
        let secrets = Secrets(1);
        put(&*storage, secrets, &bytes(1000, 1), 2).await;
        assert_eq!(secrets.claim(&*storage, "lease").await.unwrap().reads_left, Some(1));
        assert_eq!(secrets.claim(&*storage, "lease").await.unwrap().reads_left, Some(1));
        storage.confirm(secrets.id(), &secrets.token("lease")).await.unwrap();
        storage.confirm(secrets.id(), &secrets.token("lease")).await.unwrap();
        assert_eq!(
            secrets.claim(&*storage, "lease").await.err(),
            Some(StoreError::LeaseEnded)
        );
        let content = storage.content(secrets.id(), &secrets.token("lease"), 0, None).await;
        assert_eq!(content.err(), Some(StoreError::LeaseEnded));
        let receipt = storage.receipt(secrets.id(), &secrets.token("receipt")).await.unwrap();
        assert_eq!((receipt.reads_left, receipt.leases_running), (Some(1), 0));
    });
}

/// [ST-7]
#[test]
fn with_any_number_of_reads_an_ended_lease_is_only_counted() {
    run(async {
        let house = House::new();
        let storage = house.open();
        let secrets = Secrets(1);
        put(&*storage, secrets, &bytes(1000, 1), 0).await;
        for used in 1..=3 {
            assert_eq!(secrets.claim(&*storage, "lease").await.unwrap().reads_left, None);
            storage.confirm(secrets.id(), &secrets.token("lease")).await.unwrap();
            let again = storage.confirm(secrets.id(), &secrets.token("lease")).await;
            assert_eq!(again, Err(StoreError::NotFound));
            let receipt = storage.receipt(secrets.id(), &secrets.token("receipt")).await.unwrap();
            assert_eq!((receipt.reads_used, receipt.leases_running), (used, 0));
        }
    });
}

/// [ST-6]
#[test]
fn with_any_number_of_reads_64_leases_run_at_once() {
    run(async {
        let house = House::new();
        let storage = house.open();
        let secrets = Secrets(1);
        put(&*storage, secrets, &bytes(10, 1), 0).await;
        for n in 0..64 {
            secrets.claim(&*storage, &format!("lease {n}")).await.unwrap();
        }
        let refused = secrets.claim(&*storage, "one more").await.err();
        assert!(matches!(refused, Some(StoreError::TooManyLeases { .. })));
        assert_eq!(storage.leases(), 64);
        storage.confirm(secrets.id(), &secrets.token("lease 7")).await.unwrap();
        secrets.claim(&*storage, "one more").await.unwrap();
    });
}

/// [ST-4], [ST-11]
#[test]
fn nothing_is_there_for_who_cannot_prove_the_link() {
    run(async {
        let house = House::new();
        let storage = house.open();
        let secrets = Secrets(1);
        put(&*storage, secrets, &bytes(1000, 1), 1).await;
        let wrong = secrets.token("wrong");
        let missing = Some(StoreError::NotFound);
        for id in [secrets.id(), Secrets(2).id()] {
            assert_eq!(storage.probe(id, &wrong).await.err(), missing);
            let (claim, lease) = (secrets.token("claim"), secrets.token("lease"));
            let claim = storage.claim(id, &wrong, &claim, &lease);
            assert_eq!(claim.await.err(), missing);
            assert_eq!(storage.receipt(id, &wrong).await.err(), missing);
            assert_eq!(storage.offset(id, &wrong).await.err(), missing);
            assert_eq!(storage.upload(id, &wrong, 0).await.err(), missing);
            assert_eq!(storage.burn(id, &wrong).await.err(), missing);
            assert_eq!(storage.reset_wait(id, &wrong).await.err(), missing);
            assert_eq!(storage.change(id, &wrong, Default::default()).await.err(), missing);
            assert_eq!(storage.content(id, &wrong, 0, None).await.err(), missing);
            assert_eq!(storage.content_size(id, &wrong).await.err(), missing);
            assert_eq!(storage.confirm(id, &wrong).await.err(), missing);
            assert_eq!(storage.document(id, &wrong).await.err(), missing);
            assert_eq!(storage.owners_head(id, &wrong).await.err(), missing);
            assert_eq!(storage.burn_link(id, &wrong, 1).await.err(), missing);
            let links = vec![link(Secrets(9), 1, DAY)];
            assert_eq!(storage.add_links(id, &wrong, links).await.err(), missing);
        }
        let probed = storage.probe(secrets.id(), &secrets.token("probe")).await.unwrap();
        assert_eq!((probed.size, probed.reads_left, probed.tries_left), (1000, Some(1), 10));
    });
}

/// [ST-8]
#[test]
fn ten_wrong_tries_are_free_then_the_wait_refuses_even_the_right_one() {
    run(async {
        let house = House::new();
        let storage = house.open();
        let secrets = Secrets(1);
        put(&*storage, secrets, &bytes(1000, 1), 1).await;
        for tries_left in (0..10).rev() {
            let retry_after = 0;
            let refused = StoreError::WrongPassphrase {
                tries_left,
                retry_after,
            };
            assert_eq!(secrets.guess(&*storage).await, refused);
        }
        let refused = StoreError::WrongPassphrase {
            tries_left: 0,
            retry_after: 1,
        };
        assert_eq!(secrets.guess(&*storage).await, refused);
        let waits = Some(StoreError::Wait { retry_after: 1 });
        assert_eq!(secrets.claim(&*storage, "lease").await.err(), waits);
        let receipt = storage.receipt(secrets.id(), &secrets.token("receipt")).await.unwrap();
        assert_eq!((receipt.wrong_tries, receipt.retry_after), (11, 1));
        house.clock().advance(1);
        let refused = StoreError::WrongPassphrase {
            tries_left: 0,
            retry_after: 2,
        };
        assert_eq!(secrets.guess(&*storage).await, refused);
        storage
            .reset_wait(secrets.id(), &secrets.token("receipt"))
            .await
            .unwrap();
        secrets.claim(&*storage, "lease").await.unwrap();
    });
}

/// [ST-8]: no two of them are compared for one count, however they come.
#[test]
fn wrong_tries_in_the_same_moment_are_counted_one_by_one() {
    let house = House::new();
    let storage = run(async { house.open() });
    let secrets = Secrets(1);
    run(put(&*storage, secrets, &bytes(1000, 1), 1));
    let guesses = at_once(32, |_| run(secrets.guess(&*storage)));
    let compared = guesses
        .iter()
        .filter(|guess| matches!(guess, StoreError::WrongPassphrase { .. }));
    assert_eq!(compared.count(), 11, "ten are free, one more begins the wait");
    let waits = guesses
        .iter()
        .filter(|guess| **guess == StoreError::Wait { retry_after: 1 });
    assert_eq!(waits.count(), 21);
}

/// [ST-8]: a right claim takes its own count back, and nobody else's.
#[test]
fn a_right_claim_among_wrong_ones_leaves_their_count() {
    run(async {
        let house = House::new();
        let storage = house.open();
        let secrets = Secrets(1);
        put(&*storage, secrets, &bytes(1000, 1), 2).await;
        for _ in 0..4 {
            secrets.guess(&*storage).await;
        }
        secrets.claim(&*storage, "lease").await.unwrap();
        let receipt = storage.receipt(secrets.id(), &secrets.token("receipt")).await.unwrap();
        assert_eq!(receipt.wrong_tries, 4);
        let probed = storage.probe(secrets.id(), &secrets.token("probe")).await.unwrap();
        assert_eq!(probed.tries_left, 6);
    });
}

/// [ST-1]: the refusal that burns is durable like any answer.
#[test]
fn guessing_burns_where_its_creator_chose_that() {
    run(async {
        let house = House::new();
        let storage = house.open();
        let secrets = Secrets(1);
        let mut new = secrets.paste(100, 1);
        new.on_guessing = OnGuessing::Burn;
        storage.create(new, bytes(100, 1)).await.unwrap();
        for _ in 0..11 {
            let refused = secrets.guess(&*storage).await;
            assert!(matches!(refused, StoreError::WrongPassphrase { .. }));
        }
        let storage = house.open();
        let gone = secrets.claim(&*storage, "lease").await.err();
        assert!(matches!(gone, Some(StoreError::Burned(gone)) if gone.burned == Burned::Guessing));
        assert_eq!(storage.totals().items, 0);
    });
}

/// [ST-10], [ST-18], [ST-19]
#[test]
fn the_last_confirm_burns_before_it_answers_and_leaves_a_tombstone() {
    run(async {
        let house = House::new();
        let storage = house.open();
        let secrets = Secrets(1);
        put(&*storage, secrets, &bytes(1000, 1), 2).await;
        secrets.claim(&*storage, "one").await.unwrap();
        secrets.claim(&*storage, "two").await.unwrap();
        let probed = storage.probe(secrets.id(), &secrets.token("probe")).await.unwrap();
        assert_eq!(probed.reads_left, Some(0), "not gone while its readers download");
        storage.confirm(secrets.id(), &secrets.token("one")).await.unwrap();
        assert_eq!(storage.totals().items, 1, "the other lease runs");
        storage.confirm(secrets.id(), &secrets.token("two")).await.unwrap();
        assert_eq!(
            (storage.totals().items, storage.totals().bytes, storage.leases()),
            (0, 0, 0)
        );
        let receipt = storage.receipt(secrets.id(), &secrets.token("receipt")).await.unwrap();
        assert_eq!(
            (receipt.state, receipt.burned),
            (PasteState::Burned, Some(Burned::Reads))
        );
        assert_eq!(receipt.burned_at, Some(START), "in the hour");
        storage.confirm(secrets.id(), &secrets.token("two")).await.unwrap();
        assert_eq!(
            secrets.claim(&*storage, "one").await.err(),
            Some(StoreError::LeaseEnded)
        );
        let late = secrets.claim(&*storage, "three").await.err();
        assert!(matches!(late, Some(StoreError::Burned(gone)) if gone.burned == Burned::Reads));
        is_well(&storage).await;
    });
}
