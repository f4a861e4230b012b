//! Content, whole and in ranges.

use satchel_server::storage::StoreError;

use super::*;

const SIZES: [usize; 8] = [1, 1024, 65_535, 65_536, 65_537, 262_144, 262_145, 1_000_000];

/// [ST-15]
#[test]
fn what_goes_in_comes_out_at_every_size() {
    run(async {
        let house = House::new();
        let storage = house.open();
        for (n, size) in SIZES.into_iter().enumerate() {
            let (secrets, content) = (Secrets(n as u64), bytes(size, n as u64));
            put(&*storage, secrets, &content, 1).await;
            let claimed = secrets.claim(&*storage, "lease").await.unwrap();
            assert_eq!(claimed.reads_left, Some(0));
            assert!(read_all(claimed.content).await.unwrap() == content);
            let (from, to) = (size as u64 / 3, (size as u64 / 3 * 2).max(1));
            let lease = secrets.token("lease");
            let part = storage.content(secrets.id(), &lease, from, Some(to)).await.unwrap();
            assert!(read_all(part).await.unwrap() == content[from as usize..to as usize]);
            assert_eq!(storage.content_size(secrets.id(), &lease).await, Ok(size as u64));
        }
        assert_eq!(storage.totals().items, 8);
    });
}

/// [ST-15]
#[test]
fn no_piece_is_longer_than_256_kib() {
    run(async {
        let house = House::new();
        let storage = house.open();
        let (secrets, content) = (Secrets(1), bytes(1_500_000, 1));
        put(&*storage, secrets, &content, 1).await;
        let lease = secrets.token("lease");
        secrets.claim(&*storage, "lease").await.unwrap();
        let mut reading = storage.content(secrets.id(), &lease, 70_001, None).await.unwrap();
        let mut at = 70_001;
        while let Some(piece) = reading.next().await {
            let piece = piece.unwrap();
            assert!((1..=256 * 1024).contains(&piece.len()));
            assert!(piece == content[at..at + piece.len()]);
            at += piece.len();
        }
        assert_eq!(at, content.len());
    });
}

/// [ST-15]
#[test]
fn a_range_outside_the_content_is_refused_and_one_past_its_end_is_cut() {
    run(async {
        let house = House::new();
        let storage = house.open();
        let (secrets, content) = (Secrets(1), bytes(100_000, 1));
        put(&*storage, secrets, &content, 0).await;
        secrets.claim(&*storage, "lease").await.unwrap();
        let lease = secrets.token("lease");
        for (from, to) in [
            (100_000, None),
            (u64::MAX, None),
            (100_001, Some(100_002)),
            (7, Some(6)),
        ] {
            let outside = storage.content(secrets.id(), &lease, from, to).await;
            assert_eq!(outside.err(), Some(StoreError::Range { size: 100_000 }));
        }
        let cut = storage
            .content(secrets.id(), &lease, 99_990, Some(1 << 60))
            .await
            .unwrap();
        assert_eq!((cut.range(), cut.size()), ((99_990, 100_000), 100_000));
        assert_eq!(read_all(cut).await.unwrap(), content[99_990..]);
        let empty = storage.content(secrets.id(), &lease, 7, Some(7)).await.unwrap();
        assert!(read_all(empty).await.unwrap().is_empty());
    });
}

/// [ST-11]: whatever is looked at, nothing is used up by it.
#[test]
fn looking_changes_nothing() {
    run(async {
        let house = House::new();
        let storage = house.open();
        let secrets = Secrets(1);
        put(&*storage, secrets, &bytes(1000, 1), 1).await;
        let (probe, receipt) = (secrets.token("probe"), secrets.token("receipt"));
        let before = storage.receipt(secrets.id(), &receipt).await.unwrap();
        for _ in 0..50 {
            storage.probe(secrets.id(), &probe).await.unwrap();
            storage.offset(secrets.id(), &receipt).await.unwrap();
            storage.knows(vec![secrets.id()]).await.unwrap();
            let nothing = storage.content(secrets.id(), &secrets.token("lease"), 0, None).await;
            assert_eq!(nothing.err(), Some(StoreError::NotFound));
        }
        assert_eq!(storage.receipt(secrets.id(), &receipt).await.unwrap(), before);
        secrets.claim(&*storage, "lease").await.unwrap();
    });
}
