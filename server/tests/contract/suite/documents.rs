//! Documents with several links.

use satchel_api::limit::LINKS_MAX;
use satchel_api::{Burned, PasteState};
use satchel_server::storage::{BurnAnswer, StoreError};

use super::*;

const BUNDLE: Bundle = Bundle(7);
const SHORT: Secrets = Secrets(1);
const LONG: Secrets = Secrets(2);

async fn state(storage: &dyn Storage) -> PasteState {
    storage.document(BUNDLE.id(), &BUNDLE.owner()).await.unwrap().0
}

/// [ST-17]
#[test]
fn a_document_without_links_is_dropped_after_a_day() {
    run(async {
        let house = House::new();
        let storage = house.open();
        BUNDLE.put(&*storage, &[5; 4096]).await;
        house.clock().advance(23 * HOUR);
        storage.sweep().await.unwrap();
        assert_eq!(state(&*storage).await, PasteState::Stored);
        house.clock().advance(3 * HOUR);
        storage.sweep().await.unwrap();
        assert_eq!(state(&*storage).await, PasteState::Burned);
        assert_eq!(storage.totals().items, 0);
    });
}

/// [ST-16], [ST-17]
#[test]
fn a_document_lives_as_long_as_the_longest_of_its_links_and_no_longer() {
    run(async {
        let house = House::new();
        let storage = house.open();
        BUNDLE.put(&*storage, &[5; 4096]).await;
        BUNDLE.link(&*storage, SHORT, 1, HOUR).await;
        BUNDLE.link(&*storage, LONG, 1, 72 * HOUR).await;
        house.clock().advance(48 * HOUR);
        storage.sweep().await.unwrap();
        assert_eq!(state(&*storage).await, PasteState::Stored);
        let probed = storage.probe(SHORT.id(), &SHORT.token("probe")).await;
        assert!(matches!(probed, Err(StoreError::Burned(gone)) if gone.burned == Burned::Expiry));
        let claimed = LONG.claim(&*storage, "lease").await.unwrap();
        let container = read_all(claimed.content).await.unwrap();
        assert!(container == [[2; 230].to_vec(), vec![5; 4096]].concat());
        house.clock().advance(26 * HOUR);
        storage.sweep().await.unwrap();
        assert_eq!(state(&*storage).await, PasteState::Burned);
        assert_eq!((storage.totals().items, storage.totals().bytes), (0, 0));
        house.clock().advance(9 * DAY);
        storage.sweep().await.unwrap();
        let forgotten = storage.document(BUNDLE.id(), &BUNDLE.owner()).await.err();
        assert_eq!(forgotten, Some(StoreError::NotFound));
    });
}

/// [ST-16], [ST-19], [ST-22]: what is done once a clock was set right, or after a start, is no reason.
#[test]
fn a_restart_does_not_shorten_the_life_of_a_document_nor_that_of_its_tombstone() {
    run(async {
        let house = House::new();
        let storage = house.open();
        BUNDLE.put(&*storage, &[5; 4096]).await;
        BUNDLE.link(&*storage, LONG, 1, 7 * DAY).await;
        let storage = house.open();
        storage.sweep().await.unwrap();
        storage.burn_link(BUNDLE.id(), &BUNDLE.owner(), 1).await.unwrap();
        assert_eq!(state(&*storage).await, PasteState::Burned);
        // A week after the day for which it would be kept without its link.
        house.clock().advance(8 * DAY + 12 * HOUR);
        storage.sweep().await.unwrap();
        assert_eq!(state(&*storage).await, PasteState::Burned, "its owner is still told");
        house.clock().advance(6 * DAY);
        storage.sweep().await.unwrap();
        let gone = storage.document(BUNDLE.id(), &BUNDLE.owner()).await.err();
        assert_eq!(gone, Some(StoreError::NotFound));
    });
}

/// [ST-15]
#[test]
fn a_links_content_is_its_head_and_the_payload_in_any_range() {
    run(async {
        let house = House::new();
        let storage = house.open();
        let payload = bytes(300_000, 3);
        BUNDLE.put(&*storage, &payload).await;
        BUNDLE.link(&*storage, SHORT, 1, DAY).await;
        let whole = [vec![1; 230], payload].concat();
        SHORT.claim(&*storage, "lease").await.unwrap();
        let lease = SHORT.token("lease");
        assert_eq!(storage.content_size(SHORT.id(), &lease).await, Ok(whole.len() as u64));
        for (from, to) in [(0, 230), (229, 231), (230, 300), (100, 300_230), (299_999, 300_230)] {
            let part = storage.content(SHORT.id(), &lease, from, Some(to)).await.unwrap();
            assert!(
                read_all(part).await.unwrap() == whole[from as usize..to as usize],
                "{from}..{to}"
            );
        }
    });
}

/// [ST-17]
#[test]
fn links_are_made_all_or_none_and_repeating_makes_no_more() {
    run(async {
        let house = House::new();
        let storage = house.open();
        BUNDLE.put(&*storage, &[5; 4096]).await;
        put(&*storage, Secrets(9), &[1; 10], 1).await;
        let (id, owner) = (BUNDLE.id(), BUNDLE.owner());
        let taken = vec![link(SHORT, 1, DAY), link(Secrets(9), 1, DAY)];
        assert_eq!(
            storage.add_links(id, &owner, taken).await.err(),
            Some(StoreError::IdTaken)
        );
        assert_eq!(storage.document(id, &owner).await.unwrap().2.len(), 0);
        assert_eq!(storage.knows(vec![SHORT.id()]).await, Ok(false));
        let both = || vec![link(SHORT, 1, DAY), link(LONG, 2, 2 * DAY)];
        let made = storage.add_links(id, &owner, both()).await.unwrap();
        assert_eq!(storage.add_links(id, &owner, both()).await.unwrap(), made);
        let other = storage.add_links(id, &owner, vec![link(SHORT, 2, DAY)]).await;
        assert_eq!(other.err(), Some(StoreError::IdTaken), "another policy");
        let links = storage.document(id, &owner).await.unwrap().2;
        let seen: Vec<_> = links
            .iter()
            .map(|link| (link.number, link.receipt.reads_left, link.label.clone()))
            .collect();
        assert_eq!(seen, [(1, Some(1), Some(vec![1; 20])), (2, Some(2), Some(vec![2; 20]))]);
        assert_eq!(storage.totals().bytes, 4096 + 230 + 230 + 10);
        assert_eq!(storage.owners_head(id, &owner).await.unwrap(), vec![1; 230]);
    });
}

/// [ST-17]
#[test]
fn a_document_burns_with_its_last_link_and_every_link_with_its_document() {
    run(async {
        let house = House::new();
        let storage = house.open();
        let (id, owner) = (BUNDLE.id(), BUNDLE.owner());
        BUNDLE.put(&*storage, &[5; 4096]).await;
        BUNDLE.link(&*storage, SHORT, 1, DAY).await;
        BUNDLE.link(&*storage, LONG, 1, DAY).await;
        assert_eq!(storage.burn_link(id, &owner, 1).await, Ok(BurnAnswer::Now));
        assert!(matches!(
            storage.burn_link(id, &owner, 1).await,
            Ok(BurnAnswer::Before(_))
        ));
        assert_eq!(storage.burn_link(id, &owner, 3).await, Err(StoreError::NotFound));
        assert_eq!(state(&*storage).await, PasteState::Stored);
        LONG.claim(&*storage, "lease").await.unwrap();
        storage.confirm(LONG.id(), &LONG.token("lease")).await.unwrap();
        let (state, size, links) = storage.document(id, &owner).await.unwrap();
        assert_eq!((state, size), (PasteState::Burned, None));
        let ends: Vec<_> = links
            .iter()
            .map(|link| (link.receipt.burned, link.label.is_some()))
            .collect();
        assert_eq!(ends, [(Some(Burned::Demand), false), (Some(Burned::Reads), false)]);
        assert!(matches!(
            storage.owners_head(id, &owner).await,
            Err(StoreError::Burned(_))
        ));
        let more = storage.add_links(id, &owner, vec![link(Secrets(3), 1, DAY)]).await;
        assert!(matches!(more, Err(StoreError::Burned(_))));

        let other = Bundle(8);
        other.put(&*storage, &[6; 4096]).await;
        other.link(&*storage, Secrets(4), 1, DAY).await;
        let mut reading = Secrets(4).claim(&*storage, "lease").await.unwrap().content;
        storage.burn(other.id(), &other.owner()).await.unwrap();
        assert_eq!(reading.next().await, Some(Err(StoreError::LeaseEnded)));
        assert_eq!(
            Secrets(4).claim(&*storage, "lease").await.err(),
            Some(StoreError::LeaseEnded)
        );
        assert_eq!((storage.totals().items, storage.totals().bytes), (0, 0));
        is_well(&storage).await;
    });
}

/// [ST-17]
#[test]
fn a_document_that_is_not_whole_has_no_links_and_none_has_more_than_the_bound() {
    run(async {
        let house = House::new();
        let storage = house.open();
        let (id, owner) = (BUNDLE.id(), BUNDLE.owner());
        let upload = storage
            .create_document(BUNDLE.made_of(&[5; 4096]), vec![5; 96])
            .await
            .unwrap()
            .upload;
        let early = storage.add_links(id, &owner, vec![link(SHORT, 1, DAY)]).await;
        assert_eq!(early.err(), Some(StoreError::OffsetMismatch { offset: 96 }));
        let mut upload = upload.unwrap();
        upload.write(&[5; 4000]).await.unwrap();
        upload.commit().await.unwrap();
        let many = |from: u32, to: u32| {
            (from..to)
                .map(|n| link(Secrets(u64::from(n)), 1, DAY))
                .collect::<Vec<_>>()
        };
        let all = storage.add_links(id, &owner, many(0, LINKS_MAX)).await.unwrap();
        assert_eq!(all.len(), LINKS_MAX as usize);
        storage.burn_link(id, &owner, 1).await.unwrap();
        let more = storage.add_links(id, &owner, many(LINKS_MAX, LINKS_MAX + 1)).await;
        let limit = LINKS_MAX;
        assert_eq!(
            more.err(),
            Some(StoreError::TooManyLinks { limit }),
            "burned ones count"
        );
    });
}

/// [ST-17], [ST-3]
#[test]
fn links_that_burn_in_the_same_moment_take_their_document_once() {
    let house = House::new();
    let storage = run(async { house.open() });
    run(BUNDLE.put(&*storage, &[5; 4096]));
    for n in 0..12 {
        run(BUNDLE.link(&*storage, Secrets(n), 1, DAY));
    }
    let ended = at_once(12, |n| {
        run(async {
            if n % 2 == 0 {
                storage
                    .burn_link(BUNDLE.id(), &BUNDLE.owner(), n as u32 + 1)
                    .await
                    .map(drop)
            } else {
                Secrets(n).claim(&*storage, "lease").await.unwrap();
                storage.confirm(Secrets(n).id(), &Secrets(n).token("lease")).await
            }
        })
    });
    assert!(ended.iter().all(Result::is_ok), "{ended:?}");
    assert_eq!(run(state(&*storage)), PasteState::Burned);
    assert_eq!((storage.totals().items, storage.totals().bytes), (0, 0));
    run(is_well(&storage));
}
