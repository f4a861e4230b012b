//! A panic request: everything that was made under a secret.

use satchel_api::Burned;
use satchel_server::storage::{PanicSecret, StoreError};

use super::*;

const MINE: [u8; 32] = [7; 32];

/// [ST-20]
#[test]
fn a_panic_burns_what_was_made_under_its_secret_and_nothing_else() {
    run(async {
        let house = House::new();
        let storage = house.open();
        for n in 0..6 {
            let mut new = Secrets(n).paste(1000, 1);
            new.panic = match n {
                0..4 => Some(mark(MINE, Secrets(n).id_hash())),
                4 => Some(mark([8; 32], Secrets(n).id_hash())),
                _ => None,
            };
            // One is not whole yet, one is being read, one burned before.
            let body = vec![1; if n == 1 { 400 } else { 1000 }];
            drop(storage.create(new, body).await.unwrap());
        }
        let reading = Secrets(2).claim(&*storage, "lease").await.unwrap();
        storage
            .burn(Secrets(3).id(), &Secrets(3).token("receipt"))
            .await
            .unwrap();
        let bundle = Bundle(1);
        let mut document = bundle.made_of(&[5; 4096]);
        document.panic = Some(mark(MINE, document_hash(1)));
        storage.create_document(document, vec![5; 4096]).await.unwrap();
        bundle.link(&*storage, Secrets(10), 1, DAY).await;
        bundle.link(&*storage, Secrets(11), 1, DAY).await;

        assert_eq!(storage.panic(PanicSecret::new([9; 32])).await, Ok(0));
        assert_eq!(
            storage.panic(PanicSecret::new(MINE)).await,
            Ok(4),
            "a document counts once"
        );
        assert_eq!(storage.panic(PanicSecret::new(MINE)).await, Ok(0));
        for n in [0, 1, 2] {
            let receipt = storage
                .receipt(Secrets(n).id(), &Secrets(n).token("receipt"))
                .await
                .unwrap();
            assert_eq!(receipt.burned, Some(Burned::Demand));
        }
        assert_eq!(read_all(reading.content).await, Err(StoreError::LeaseEnded));
        for n in [10, 11] {
            let probed = storage.probe(Secrets(n).id(), &Secrets(n).token("probe")).await;
            assert!(matches!(probed, Err(StoreError::Burned(_))));
        }
        for n in [4, 5] {
            Secrets(n).claim(&*storage, "lease").await.unwrap();
        }
        assert_eq!((storage.totals().items, storage.totals().bytes), (2, 2000));
        is_well(&storage).await;
    });
}

fn document_hash(number: u8) -> [u8; 32] {
    Sha256::new()
        .chain_update(b"satchel/document")
        .chain_update([number; 16])
        .finalize()
        .into()
}

/// [ST-20]: they may be refused, but nobody waits for ever, and the next one is taken.
#[test]
fn of_very_many_panic_requests_each_is_done_or_refused() {
    let house = House::new();
    run(async {
        let storage = house.open();
        let asked = (0..100).map(|number| {
            let storage = Arc::clone(&storage);
            tokio::spawn(async move { storage.panic(PanicSecret::new([number; 32])).await })
        });
        let mut done = 0;
        for answer in asked.collect::<Vec<_>>() {
            match answer.await.unwrap() {
                Ok(burned) => done += 1 - burned,
                Err(error) => assert_eq!(error, StoreError::TooManyPanics),
            }
        }
        assert!(done >= 32, "{done}");
        assert_eq!(storage.panic(PanicSecret::new([1; 32])).await, Ok(0));
    });
}

/// [ST-20]: whoever asked may be gone.
#[test]
fn a_panic_goes_on_when_nobody_waits_for_it() {
    let house = House::new();
    run(async {
        let storage = house.open();
        for n in 0..300 {
            let mut new = Secrets(n).paste(10, 1);
            new.panic = Some(mark(MINE, Secrets(n).id_hash()));
            storage.create(new, vec![1; 10]).await.unwrap();
        }
        tokio::select! {
            biased;
            _ = storage.panic(PanicSecret::new(MINE)) => {}
            () = std::future::ready(()) => {}
        }
        while storage.totals().items > 0 {
            tokio::task::yield_now().await;
        }
        is_well(&storage).await;
    });
}
