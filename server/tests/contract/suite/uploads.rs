//! Bytes on their way in: creations, and what goes on with them.

use satchel_api::Burned;
use satchel_server::storage::StoreError;

use super::*;

/// [ST-12], [ST-19]
#[test]
fn a_creation_is_idempotent_and_a_known_id_is_taken() {
    run(async {
        let house = House::new();
        let storage = house.open();
        let (secrets, content) = (Secrets(1), bytes(1000, 1));
        let first = storage.create(secrets.paste(1000, 1), content.clone()).await.unwrap();
        let again = storage.create(secrets.paste(1000, 1), content.clone()).await.unwrap();
        assert_eq!((first.offset, first.expires_at), (again.offset, again.expires_at));
        assert_eq!(storage.totals().items, 1);
        let mut others = vec![secrets.paste(1000, 2), secrets.paste(999, 1), secrets.paste(1000, 1)];
        others[2].claim = Secrets(2).paste(1, 1).claim;
        for change in 0..5 {
            let mut other = secrets.paste(1000, 1);
            match change {
                0 => other.probe = Secrets(2).paste(1, 1).probe,
                1 => other.receipt = Secrets(2).paste(1, 1).receipt,
                2 => other.expires_in += 1,
                3 => other.keep = true,
                _ => other.panic = Some(mark([7; 32], secrets.id_hash())),
            }
            others.push(other);
        }
        for other in others {
            let refused = storage.create(other, Vec::new()).await.err();
            assert_eq!(refused, Some(StoreError::IdTaken));
        }
        storage.burn(secrets.id(), &secrets.token("receipt")).await.unwrap();
        let back = storage.create(secrets.paste(1000, 1), content.clone()).await.err();
        assert!(matches!(back, Some(StoreError::Burned(gone)) if gone.burned == Burned::Demand));
        let mut other = secrets.paste(1000, 1);
        other.receipt = Secrets(2).paste(1, 1).receipt;
        assert_eq!(storage.create(other, content).await.err(), Some(StoreError::IdTaken));
        assert_eq!(storage.totals().items, 0);
    });
}

/// [ST-12], [ST-3]
#[test]
fn of_many_creations_of_one_id_in_the_same_moment_one_is_made() {
    let house = House::new();
    let storage = run(async { house.open() });
    let made = at_once(16, |n| {
        let mut new = Secrets(1).paste(100, 1);
        // Half of them are somebody else's.
        if n % 2 == 1 {
            new.receipt = Secrets(2).paste(1, 1).receipt;
        }
        run(async {
            storage
                .create(new, vec![n as u8; 100])
                .await
                .map(|created| created.offset)
        })
    });
    let done = made.iter().filter(|made| **made == Ok(100)).count();
    let taken = made.iter().filter(|made| **made == Err(StoreError::IdTaken)).count();
    assert_eq!((done, taken), (8, 8));
    assert_eq!((storage.totals().items, storage.totals().bytes), (1, 100));
}

/// [ST-13], [ST-14], [ST-1]
#[test]
fn a_large_upload_continues_where_it_stood_and_a_later_request_takes_over() {
    run(async {
        let house = House::new();
        let storage = house.open();
        let (secrets, content) = (Secrets(1), bytes(3_000_000, 1));
        let created = storage
            .create(secrets.paste(content.len(), 1), Vec::new())
            .await
            .unwrap();
        let mut upload = created.upload.unwrap();
        upload.write(&content[..1_100_000]).await.unwrap();
        assert_eq!((upload.offset(), upload.size()), (1_100_000, 3_000_000));
        assert_eq!(upload.commit().await.unwrap().offset, 1_100_000);
        let receipt = || secrets.token("receipt");
        let probed = storage.probe(secrets.id(), &secrets.token("probe")).await;
        assert_eq!(probed.err(), Some(StoreError::NotFound), "not there for readers");
        assert_eq!(
            secrets.claim(&*storage, "lease").await.err(),
            Some(StoreError::NotFound)
        );
        let mut hanging = storage.upload(secrets.id(), &receipt(), 1_100_000).await.unwrap();
        hanging.write(&content[1_100_000..1_200_000]).await.unwrap();
        let mut upload = storage.upload(secrets.id(), &receipt(), 1_100_000).await.unwrap();
        let over = hanging.commit().await;
        assert_eq!(over, Err(StoreError::OffsetMismatch { offset: 1_100_000 }));
        upload.write(&content[1_100_000..1_100_001]).await.unwrap();
        assert_eq!(upload.commit().await.unwrap().offset, 1_100_001);

        let storage = house.open();
        let stands = storage.offset(secrets.id(), &receipt()).await.unwrap();
        assert_eq!(stands.offset, 1_100_001);
        let mut upload = storage.upload(secrets.id(), &receipt(), 1_100_001).await.unwrap();
        for part in content[1_100_001..].chunks(70_001) {
            upload.write(part).await.unwrap();
        }
        let long = upload.write(&[0]).await;
        assert_eq!(long, Err(StoreError::TooLong { limit: 3_000_000 }));
        assert_eq!(upload.commit().await.unwrap().offset, 3_000_000);
        let claimed = secrets.claim(&*storage, "lease").await.unwrap();
        assert!(read_all(claimed.content).await.unwrap() == content);
    });
}

/// [ST-13]: the later one may have come and gone, or never brought a byte.
#[test]
fn a_request_that_was_taken_over_adds_nothing_any_more() {
    run(async {
        let house = House::new();
        let storage = house.open();
        for (n, size) in [(1, 1000), (2, 500_000)] {
            let (secrets, content) = (Secrets(n), bytes(size, n));
            let receipt = secrets.token("receipt");
            drop(storage.create(secrets.paste(size, 1), Vec::new()).await.unwrap());
            let mut first = storage.upload(secrets.id(), &receipt, 0).await.unwrap();
            first.write(&content[..100]).await.unwrap();
            drop(storage.upload(secrets.id(), &receipt, 0).await.unwrap());
            assert_eq!(first.commit().await, Err(StoreError::OffsetMismatch { offset: 0 }));
            assert_eq!(storage.offset(secrets.id(), &receipt).await.unwrap().offset, 0);
            let mut again = storage.upload(secrets.id(), &receipt, 0).await.unwrap();
            again.write(&content).await.unwrap();
            again.commit().await.unwrap();
            let claimed = secrets.claim(&*storage, "lease").await.unwrap();
            assert!(read_all(claimed.content).await.unwrap() == content);
        }
    });
}

/// [ST-3], [ST-13]
#[test]
fn of_many_that_feed_one_upload_in_the_same_moment_each_byte_comes_from_one() {
    let house = House::new();
    let storage = run(async { house.open() });
    for (n, size) in [(1, 5000), (2, 400_000)] {
        let secrets = Secrets(n);
        run(async { drop(storage.create(secrets.paste(size, 1), Vec::new()).await.unwrap()) });
        let fed = at_once(8, |who| {
            run(async {
                let mut upload = storage.upload(secrets.id(), &secrets.token("receipt"), 0).await?;
                upload.write(&vec![who as u8 + 1; size]).await?;
                upload.commit().await
            })
        });
        let done = fed.iter().filter(|fed| fed.is_ok()).count();
        assert_eq!(done, 1, "{fed:?}");
        let content = run(async {
            read_all(secrets.claim(&*storage, "lease").await.unwrap().content)
                .await
                .unwrap()
        });
        assert!(content.len() == size && content.iter().all(|byte| *byte == content[0] && *byte > 0));
    }
}

/// [ST-14]
#[test]
fn a_small_upload_comes_in_pieces_too() {
    run(async {
        let house = House::new();
        let storage = house.open();
        let (secrets, content) = (Secrets(1), bytes(200_000, 1));
        let created = storage
            .create(secrets.paste(content.len(), 1), content[..70_000].to_vec())
            .await;
        assert_eq!(created.unwrap().offset, 70_000);
        for at in (70_000..200_000).step_by(40_000) {
            let receipt = secrets.token("receipt");
            let mut upload = storage.upload(secrets.id(), &receipt, at as u64).await.unwrap();
            let end = content.len().min(at + 40_000);
            upload.write(&content[at..end]).await.unwrap();
            assert_eq!(upload.commit().await.unwrap().offset, end as u64);
        }
        let claimed = secrets.claim(&*storage, "lease").await.unwrap();
        assert!(read_all(claimed.content).await.unwrap() == content);
    });
}

/// [ST-14]
#[test]
fn a_body_that_is_too_long_and_an_offset_that_is_wrong_leave_what_was_there() {
    run(async {
        let house = House::new();
        let storage = house.open();
        let long = storage.create(Secrets(1).paste(10, 1), vec![0; 11]).await.err();
        assert_eq!(long, Some(StoreError::TooLong { limit: 10 }));
        assert_eq!(storage.totals().items, 0);
        for (n, size) in [(2, 1000usize), (3, 300_000)] {
            let (secrets, content) = (Secrets(n), bytes(size, n));
            let receipt = secrets.token("receipt");
            let mut upload = storage
                .create(secrets.paste(size, 1), Vec::new())
                .await
                .unwrap()
                .upload
                .unwrap();
            upload.write(&content[..500]).await.unwrap();
            assert_eq!(upload.commit().await.unwrap().offset, 500);
            for offset in [0, 499, 501, size as u64, u64::MAX] {
                let wrong = storage.upload(secrets.id(), &receipt, offset).await.err();
                assert_eq!(wrong, Some(StoreError::OffsetMismatch { offset: 500 }));
            }
            let mut upload = storage.upload(secrets.id(), &receipt, 500).await.unwrap();
            let long = upload.write(&vec![0; size - 499]).await;
            assert_eq!(long, Err(StoreError::TooLong { limit: size as u64 }));
            assert_eq!(upload.offset(), 500, "nothing of it was taken");
            upload.write(&content[500..]).await.unwrap();
            assert_eq!(upload.commit().await.unwrap().offset, size as u64);
            let claimed = secrets.claim(&*storage, "lease").await.unwrap();
            assert!(read_all(claimed.content).await.unwrap() == content);
            let over = storage.upload(secrets.id(), &receipt, 500).await.err();
            let whole = size as u64;
            assert_eq!(over, Some(StoreError::OffsetMismatch { offset: whole }));
        }
    });
}

/// [ST-14]
#[test]
fn what_was_dropped_without_a_commit_never_came() {
    run(async {
        let house = House::new();
        let storage = house.open();
        for (n, size) in [(1, 1000), (2, 3_000_000)] {
            let (secrets, content) = (Secrets(n), bytes(size, n));
            let mut upload = storage
                .create(secrets.paste(size, 1), Vec::new())
                .await
                .unwrap()
                .upload
                .unwrap();
            upload.write(&vec![0xee; size]).await.unwrap();
            drop(upload);
            let receipt = secrets.token("receipt");
            assert_eq!(storage.offset(secrets.id(), &receipt).await.unwrap().offset, 0);
            let mut upload = storage.upload(secrets.id(), &receipt, 0).await.unwrap();
            upload.write(&content).await.unwrap();
            upload.commit().await.unwrap();
            let claimed = secrets.claim(&*storage, "lease").await.unwrap();
            assert!(read_all(claimed.content).await.unwrap() == content);
        }
        is_well(&storage).await;
    });
}

/// [ST-13]
#[test]
fn an_expiry_runs_from_the_last_byte_and_an_upload_waits_a_day_for_it() {
    run(async {
        let house = House::new();
        let storage = house.open();
        let secrets = Secrets(1);
        let receipt = secrets.token("receipt");
        let created = storage.create(secrets.paste(1000, 1), vec![1; 400]).await.unwrap();
        assert_eq!(created.expires_at, START + DAY);
        drop(created);
        house.clock().advance(20 * HOUR);
        let mut upload = storage.upload(secrets.id(), &receipt, 400).await.unwrap();
        upload.write(&[1; 100]).await.unwrap();
        assert_eq!(upload.commit().await.unwrap().expires_at, START + 20 * HOUR + DAY);
        house.clock().advance(20 * HOUR);
        storage.sweep().await.unwrap();
        let mut upload = storage.upload(secrets.id(), &receipt, 500).await.unwrap();
        upload.write(&[1; 500]).await.unwrap();
        assert_eq!(upload.commit().await.unwrap().expires_at, START + 40 * HOUR + 7 * DAY);
    });
}

/// [ST-13], [ST-21]: whether or not somebody swept.
#[test]
fn an_upload_that_was_dropped_does_not_come_back() {
    run(async {
        let house = House::new();
        let storage = house.open();
        let secrets = Secrets(1);
        let mut upload = storage
            .create(secrets.paste(1000, 1), vec![1; 400])
            .await
            .unwrap()
            .upload
            .unwrap();
        upload.write(&[1; 600]).await.unwrap();
        house.clock().advance(25 * HOUR);
        let late = upload.commit().await;
        assert!(
            matches!(late, Err(StoreError::Burned(gone)) if gone.burned == Burned::Expiry),
            "{late:?}"
        );
        assert_eq!(storage.totals().items, 0);
    });
}

/// [ST-18]
#[test]
fn a_burn_ends_an_upload_that_is_under_way() {
    run(async {
        let house = House::new();
        let storage = house.open();
        for (n, size) in [(1, 1000), (2, 3_000_000)] {
            let secrets = Secrets(n);
            let mut upload = storage
                .create(secrets.paste(size, 1), Vec::new())
                .await
                .unwrap()
                .upload
                .unwrap();
            upload.write(&vec![1; size / 2]).await.unwrap();
            let mut later = storage
                .upload(secrets.id(), &secrets.token("receipt"), 0)
                .await
                .unwrap();
            later.write(&[1; 10]).await.unwrap();
            storage.burn(secrets.id(), &secrets.token("receipt")).await.unwrap();
            for late in [upload.commit().await, later.commit().await] {
                let gone = matches!(late, Err(StoreError::Burned(gone)) if gone.burned == Burned::Demand);
                assert!(gone, "{late:?}");
            }
            let again = storage.upload(secrets.id(), &secrets.token("receipt"), 0).await.err();
            assert!(matches!(again, Some(StoreError::Burned(_))));
        }
        assert_eq!((storage.totals().items, storage.damaged()), (0, 0));
        is_well(&storage).await;
    });
}
