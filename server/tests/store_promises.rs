//! The store's promises on real files: one claim per read, nothing comes back, nothing is lost.

#![allow(clippy::unwrap_used, clippy::cast_possible_truncation)] // sizes of tests are small

mod store;

use satchel_api::{Burned, PasteState};
use satchel_server::store::{BurnAnswer, OnGuessing, StoreError};
use store::*;

const SIZES: [usize; 8] = [1, 1024, 65_535, 65_536, 65_537, 262_144, 262_145, 1_000_000];

#[test]
fn what_goes_in_comes_out_at_every_size() {
    run(async {
        let house = House::new();
        let store = house.open();
        for (n, size) in SIZES.into_iter().enumerate() {
            let (secrets, content) = (Secrets(n as u64), bytes(size, n as u64));
            put(&store, secrets, &content, 1).await;
            let claimed = secrets.claim(&store, "lease").await.unwrap();
            assert_eq!(claimed.reads_left, Some(0));
            assert!(read_all(claimed.content).await.unwrap() == content);
            let (from, to) = (size as u64 / 3, (size as u64 / 3 * 2).max(1));
            let part = store
                .content(secrets.id(), &secrets.token("lease"), from, Some(to))
                .await
                .unwrap();
            assert!(read_all(part).await.unwrap() == content[from as usize..to as usize]);
        }
        assert_eq!(store.totals().items, 8);
    });
}

#[test]
fn of_32_claimants_exactly_one_wins() {
    run(async {
        let house = House::new();
        let store = house.open();
        for round in 0..20 {
            let secrets = Secrets(round);
            let size = if round % 5 == 0 { 300_000 } else { 1024 };
            put(&store, secrets, &bytes(size, round), 1).await;
            let claims: Vec<_> = (0..32)
                .map(|n| {
                    let store = store.clone();
                    tokio::spawn(async move { secrets.claim(&store, &format!("lease {n}")).await.map(drop) })
                })
                .collect();
            let mut won = 0;
            for claim in claims {
                match claim.await.unwrap() {
                    Ok(()) => won += 1,
                    Err(StoreError::Burned(tombstone)) => assert_eq!(tombstone.burned, Burned::Reads),
                    Err(other) => panic!("{other}"),
                }
            }
            assert_eq!(won, 1);
        }
    });
}

#[test]
fn a_creation_is_idempotent_and_a_known_id_is_taken() {
    run(async {
        let house = House::new();
        let store = house.open();
        let (secrets, content) = (Secrets(1), bytes(1000, 1));
        let first = store.create(secrets.paste(1000, 1), content.clone()).await.unwrap();
        let again = store.create(secrets.paste(1000, 1), content.clone()).await.unwrap();
        assert_eq!((first.offset, first.expires_at), (again.offset, again.expires_at));
        assert_eq!(store.totals().items, 1);
        let mut other = secrets.paste(1000, 2);
        assert_eq!(
            store.create(other, content.clone()).await.err(),
            Some(StoreError::IdTaken)
        );
        other = secrets.paste(1000, 1);
        other.claim = Secrets(2).paste(1, 1).claim;
        assert_eq!(
            store.create(other, content.clone()).await.err(),
            Some(StoreError::IdTaken)
        );
        store.burn(secrets.id(), &secrets.token("receipt")).await.unwrap();
        let back = store.create(secrets.paste(1000, 1), content).await.err();
        assert!(matches!(back, Some(StoreError::Burned(tombstone)) if tombstone.burned == Burned::Demand));
        assert_eq!(store.totals().items, 0);
    });
}

#[test]
fn a_repeated_lease_token_costs_nothing_and_an_ended_one_is_answered() {
    run(async {
        let house = House::new();
        let store = house.open();
        let secrets = Secrets(1);
        put(&store, secrets, &bytes(1000, 1), 2).await;
        assert_eq!(secrets.claim(&store, "lease").await.unwrap().reads_left, Some(1));
        assert_eq!(secrets.claim(&store, "lease").await.unwrap().reads_left, Some(1));
        store.confirm(secrets.id(), &secrets.token("lease")).await.unwrap();
        store.confirm(secrets.id(), &secrets.token("lease")).await.unwrap();
        assert_eq!(secrets.claim(&store, "lease").await.err(), Some(StoreError::LeaseEnded));
        let content = store.content(secrets.id(), &secrets.token("lease"), 0, None).await;
        assert_eq!(content.err(), Some(StoreError::LeaseEnded));
        let receipt = store.receipt(secrets.id(), &secrets.token("receipt")).await.unwrap();
        assert_eq!((receipt.reads_left, receipt.leases_running), (Some(1), 0));
    });
}

#[test]
fn nothing_is_there_for_who_cannot_prove_the_link() {
    run(async {
        let house = House::new();
        let store = house.open();
        let secrets = Secrets(1);
        put(&store, secrets, &bytes(1000, 1), 1).await;
        let wrong = secrets.token("wrong");
        let missing = Some(StoreError::NotFound);
        assert_eq!(store.probe(secrets.id(), &wrong).await.err(), missing);
        let claim = store
            .claim(secrets.id(), &wrong, &secrets.token("claim"), &secrets.token("lease"))
            .await;
        assert_eq!(claim.err(), missing);
        assert_eq!(store.receipt(secrets.id(), &wrong).await.err(), missing);
        assert_eq!(store.burn(secrets.id(), &wrong).await.err(), missing);
        assert_eq!(store.content(secrets.id(), &wrong, 0, None).await.err(), missing);
        assert_eq!(store.confirm(secrets.id(), &wrong).await.err(), missing);
        assert_eq!(store.probe(Secrets(2).id(), &wrong).await.err(), missing);
        let probed = store.probe(secrets.id(), &secrets.token("probe")).await.unwrap();
        assert_eq!((probed.size, probed.reads_left, probed.tries_left), (1000, Some(1), 10));
    });
}

#[test]
fn ten_wrong_tries_are_free_then_the_wait_refuses_even_the_right_one() {
    run(async {
        let house = House::new();
        let store = house.open();
        let secrets = Secrets(1);
        put(&store, secrets, &bytes(1000, 1), 1).await;
        for left in (0..10).rev() {
            assert_eq!(
                secrets.guess(&store).await,
                StoreError::WrongPassphrase {
                    tries_left: left,
                    retry_after: 0
                }
            );
        }
        assert_eq!(
            secrets.guess(&store).await,
            StoreError::WrongPassphrase {
                tries_left: 0,
                retry_after: 1
            }
        );
        assert_eq!(
            secrets.claim(&store, "lease").await.err(),
            Some(StoreError::Wait { retry_after: 1 })
        );
        let receipt = store.receipt(secrets.id(), &secrets.token("receipt")).await.unwrap();
        assert_eq!((receipt.wrong_tries, receipt.retry_after), (11, 1));
        store.reset_wait(secrets.id(), &secrets.token("receipt")).await.unwrap();
        secrets.claim(&store, "lease").await.unwrap();
    });
}

#[test]
fn guessing_burns_where_its_creator_chose_that() {
    run(async {
        let house = House::new();
        let store = house.open();
        let secrets = Secrets(1);
        let mut new = secrets.paste(100, 1);
        new.on_guessing = OnGuessing::Burn;
        store.create(new, bytes(100, 1)).await.unwrap();
        for _ in 0..11 {
            assert!(matches!(
                secrets.guess(&store).await,
                StoreError::WrongPassphrase { .. }
            ));
        }
        let gone = secrets.claim(&store, "lease").await.err();
        assert!(matches!(gone, Some(StoreError::Burned(tombstone)) if tombstone.burned == Burned::Guessing));
        assert_eq!(store.totals().items, 0);
    });
}

#[test]
fn a_large_upload_continues_where_it_stood_and_a_later_request_takes_over() {
    run(async {
        let house = House::new();
        let store = house.open();
        let (secrets, content) = (Secrets(1), bytes(3_000_000, 1));
        let created = store.create(secrets.paste(content.len(), 1), Vec::new()).await.unwrap();
        let mut upload = created.upload.unwrap();
        upload.write(&content[..1_100_000]).await.unwrap();
        assert_eq!(upload.commit().await.unwrap().offset, 1_100_000);
        let receipt = || secrets.token("receipt");
        assert_eq!(
            store.probe(secrets.id(), &secrets.token("probe")).await.err(),
            Some(StoreError::NotFound)
        );
        let wrong = store.upload(secrets.id(), &receipt(), 5).await;
        assert_eq!(wrong.err(), Some(StoreError::OffsetMismatch { offset: 1_100_000 }));
        let mut hanging = store.upload(secrets.id(), &receipt(), 1_100_000).await.unwrap();
        hanging.write(&content[1_100_000..1_200_000]).await.unwrap();
        let mut upload = store.upload(secrets.id(), &receipt(), 1_100_000).await.unwrap();
        assert!(matches!(hanging.commit().await, Err(StoreError::OffsetMismatch { .. })));
        upload.write(&content[1_100_000..1_100_001]).await.unwrap();
        assert_eq!(upload.commit().await.unwrap().offset, 1_100_001);
        store.close();

        let store = house.open();
        assert_eq!(store.offset(secrets.id(), &receipt()).await.unwrap().offset, 1_100_001);
        let mut upload = store.upload(secrets.id(), &receipt(), 1_100_001).await.unwrap();
        for part in content[1_100_001..].chunks(70_001) {
            upload.write(part).await.unwrap();
        }
        assert!(matches!(upload.write(&[0]).await, Err(StoreError::TooLong { .. })));
        assert_eq!(upload.commit().await.unwrap().offset, 3_000_000);
        let claimed = secrets.claim(&store, "lease").await.unwrap();
        assert!(read_all(claimed.content).await.unwrap() == content);
    });
}

#[test]
fn a_small_upload_comes_in_pieces_too() {
    run(async {
        let house = House::new();
        let store = house.open();
        let (secrets, content) = (Secrets(1), bytes(200_000, 1));
        let created = store
            .create(secrets.paste(content.len(), 1), content[..70_000].to_vec())
            .await
            .unwrap();
        assert_eq!(created.offset, 70_000);
        drop(created);
        let mut at = 70_000;
        while at < content.len() {
            let mut upload = store
                .upload(secrets.id(), &secrets.token("receipt"), at as u64)
                .await
                .unwrap();
            let end = content.len().min(at + 40_000);
            upload.write(&content[at..end]).await.unwrap();
            upload.commit().await.unwrap();
            at = end;
        }
        let claimed = secrets.claim(&store, "lease").await.unwrap();
        assert!(read_all(claimed.content).await.unwrap() == content);
    });
}

#[test]
fn expiry_stops_claims_at_once_and_the_last_lease_takes_the_paste_along() {
    run(async {
        let house = House::new();
        let store = house.open();
        let (secrets, content) = (Secrets(1), bytes(1000, 1));
        put(&store, secrets, &content, 3).await;
        house.clock.advance(7 * 86_400 - 60);
        secrets.claim(&store, "early").await.unwrap();
        house.clock.advance(60 + 600);
        store
            .content(secrets.id(), &secrets.token("early"), 0, None)
            .await
            .unwrap();
        let expires_at = store
            .receipt(secrets.id(), &secrets.token("receipt"))
            .await
            .unwrap()
            .expires_at
            .unwrap();
        house.clock.advance(expires_at.saturating_sub(START + 7 * 86_400 + 600));
        let late = secrets.claim(&store, "late").await.err();
        assert!(matches!(late, Some(StoreError::Burned(tombstone)) if tombstone.burned == Burned::Expiry));
        store.sweep().await.unwrap();
        let again = store
            .content(secrets.id(), &secrets.token("early"), 0, None)
            .await
            .unwrap();
        assert_eq!(read_all(again).await.unwrap(), content);
        house.clock.advance(15 * 60);
        store.sweep().await.unwrap();
        let receipt = store.receipt(secrets.id(), &secrets.token("receipt")).await.unwrap();
        assert_eq!(
            (receipt.state, receipt.burned),
            (PasteState::Burned, Some(Burned::Expiry))
        );
        assert_eq!(store.totals().items, 0);
        house.clock.advance(8 * 86_400);
        store.sweep().await.unwrap();
        let gone = store.receipt(secrets.id(), &secrets.token("receipt")).await;
        assert_eq!(
            gone.err(),
            Some(StoreError::NotFound),
            "the tombstone goes after 7 days"
        );
    });
}

#[test]
fn an_idle_lease_an_idle_upload_and_one_that_fetched_its_fill_end() {
    run(async {
        let house = House::new();
        let store = house.open();
        let (idle, greedy, upload) = (Secrets(1), Secrets(2), Secrets(3));
        put(&store, idle, &bytes(1000, 1), 1).await;
        put(&store, greedy, &bytes(1000, 2), 1).await;
        drop(store.create(upload.paste(500_000, 1), Vec::new()).await.unwrap());
        idle.claim(&store, "lease").await.unwrap();
        for _ in 0..4 {
            let claimed = greedy.claim(&store, "lease").await.unwrap();
            assert_eq!(read_all(claimed.content).await.unwrap().len(), 1000);
        }
        let claimed = greedy.claim(&store, "lease").await.unwrap();
        assert_eq!(read_all(claimed.content).await, Err(StoreError::LeaseEnded));
        store.sweep().await.unwrap();
        assert_eq!(store.totals().items, 2);
        house.clock.advance(15 * 60);
        store.sweep().await.unwrap();
        assert_eq!(store.totals().items, 1);
        assert_eq!(idle.claim(&store, "lease").await.err(), Some(StoreError::LeaseEnded));
        house.clock.advance(25 * 3600);
        store.sweep().await.unwrap();
        assert_eq!(store.totals().items, 0);
    });
}

#[test]
fn a_burn_on_demand_ends_readers_that_are_under_way() {
    run(async {
        let house = House::new();
        let store = house.open();
        let secrets = Secrets(1);
        put(&store, secrets, &bytes(2_000_000, 1), 0).await;
        let mut content = secrets.claim(&store, "lease").await.unwrap().content;
        content.next().await.unwrap().unwrap();
        let receipt = secrets.token("receipt");
        assert_eq!(store.burn(secrets.id(), &receipt).await, Ok(BurnAnswer::Now));
        assert!(matches!(
            store.burn(secrets.id(), &receipt).await,
            Ok(BurnAnswer::Before(_))
        ));
        assert_eq!(content.next().await, Some(Err(StoreError::LeaseEnded)));
        assert_eq!(content.next().await, None);
    });
}

#[test]
fn quotas_refuse_uploads_and_nothing_else() {
    run(async {
        let house = House::new();
        let mut options = house.options();
        (options.items_max, options.bytes_max) = (2, 5000);
        let store = satchel_server::store::Store::open(options).unwrap();
        put(&store, Secrets(1), &bytes(3000, 1), 1).await;
        let full = store.create(Secrets(2).paste(3000, 1), bytes(3000, 2)).await.err();
        assert_eq!(full, Some(StoreError::StorageFull { limit: Some(5000) }));
        put(&store, Secrets(3), &bytes(1000, 1), 1).await;
        let full = store.create(Secrets(4).paste(1, 1), vec![1]).await.err();
        assert_eq!(full, Some(StoreError::StorageFull { limit: Some(2) }));
        Secrets(1).claim(&store, "lease").await.unwrap();
        store
            .confirm(Secrets(1).id(), &Secrets(1).token("lease"))
            .await
            .unwrap();
        put(&store, Secrets(4), &bytes(3000, 1), 1).await;
    });
}

#[test]
fn a_lease_that_is_used_all_the_time_ends_at_its_hard_end() {
    run(async {
        let house = House::new();
        let store = house.open();
        let secrets = Secrets(1);
        put(&store, secrets, &bytes(100_000, 1), 1).await;
        house.clock.advance(123);
        let ends_at = secrets.claim(&store, "lease").await.unwrap().content.lease_ends_at();
        assert_eq!(
            ends_at,
            START + 7200,
            "a whole five minutes: it does not tell when the claim was"
        );
        for _ in 0..12 {
            store
                .content(secrets.id(), &secrets.token("lease"), 5, Some(6))
                .await
                .unwrap();
            house.clock.advance(600);
            store.sweep().await.unwrap();
        }
        house.clock.advance(1);
        let content = store.content(secrets.id(), &secrets.token("lease"), 5, Some(6)).await;
        assert_eq!(content.err(), Some(StoreError::LeaseEnded));
        store.sweep().await.unwrap();
        assert_eq!(store.totals().items, 0);
    });
}

#[test]
fn a_range_outside_the_content_is_refused_and_one_past_its_end_is_cut() {
    run(async {
        let house = House::new();
        let store = house.open();
        let (secrets, content) = (Secrets(1), bytes(100_000, 1));
        put(&store, secrets, &content, 0).await;
        secrets.claim(&store, "lease").await.unwrap();
        let lease = secrets.token("lease");
        let outside = store.content(secrets.id(), &lease, 100_000, None).await;
        assert_eq!(outside.err(), Some(StoreError::Range { size: 100_000 }));
        let cut = store
            .content(secrets.id(), &lease, 99_990, Some(1 << 60))
            .await
            .unwrap();
        assert_eq!(cut.range(), (99_990, 100_000));
        assert_eq!(read_all(cut).await.unwrap(), content[99_990..]);
    });
}
