//! Purges of a store on disk, and what they and a check cost. What they promise of every backend is in contract/suite/purging.rs.

#![allow(clippy::unwrap_used, clippy::cast_possible_truncation)] // sizes of tests are small

mod store;

use std::time::Instant;

use satchel_server::store::{Id, Purge, Purged, StoreError, Violation, inspect};
use store::*;

const fn purged(burned: u64, forgotten: u64) -> Purged {
    Purged { burned, forgotten }
}

#[test]
fn a_slot_that_does_not_fit_does_not_keep_the_others_from_burning() {
    run(async {
        let house = House::new();
        let store = house.open();
        for n in 1..=3 {
            put(&store, Secrets(n), &bytes(1000, n), 1).await;
        }
        let slots = std::fs::OpenOptions::new()
            .write(true)
            .read(true)
            .open(house.data().join("shred-keys"))
            .unwrap();
        let mut first = [0; 64];
        std::os::unix::fs::FileExt::read_exact_at(&slots, &mut first, 64).unwrap();
        // The first slot says that it is another item's, soundly.
        first[39] = 99;
        let check = <sha2::Sha256 as sha2::Digest>::new();
        let check = sha2::Digest::chain_update(check, b"satchel/slot");
        let check = sha2::Digest::chain_update(check, 1u64.to_be_bytes());
        let check = sha2::Digest::finalize(sha2::Digest::chain_update(check, &first[..56]));
        first[56..].copy_from_slice(&check[..8]);
        std::os::unix::fs::FileExt::write_all_at(&slots, &first, 64).unwrap();
        let all = Purge {
            all: true,
            ..Purge::default()
        };
        assert_eq!(store.purge(all).await.unwrap(), purged(2, 0));
        assert_eq!((store.totals().items, store.damaged()), (1, 1));
    });
}

/// Readers come while everything is purged, and none waits for all of it.
#[test]
fn everything_is_purged_in_chunks_and_a_check_reads_it_all() {
    let count: u64 = if std::env::var_os("SATCHEL_LONG").is_some() {
        100_000
    } else {
        3000
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let house = House::new();
        let store = house.open();
        let content = bytes(1000, 1);
        for first in (0..count).step_by(500) {
            let puts: Vec<_> = (first..(first + 500).min(count))
                .map(|n| {
                    let (store, content) = (store.clone(), content.clone());
                    tokio::spawn(async move { put(&store, Secrets(n), &content, 1).await })
                })
                .collect();
            for put in puts {
                put.await.unwrap();
            }
        }
        let since = Instant::now();
        let inspection = inspect(&house.data(), &house.data().join("shred-keys"), true).unwrap();
        let checked = since.elapsed();
        assert_eq!(
            (inspection.violations.as_slice(), inspection.blocks_verified),
            (&[][..], count)
        );
        let since = Instant::now();
        let purge = tokio::spawn({
            let store = store.clone();
            let all = Purge {
                all: true,
                ..Purge::default()
            };
            async move { store.purge(all).await.unwrap() }
        });
        let mut asked = 0;
        while !purge.is_finished() {
            // The writer answers in between: an id that is not there is refused.
            let nothing = store.burn(Id::new([7; 16]), &Secrets(1).token("receipt")).await;
            assert_eq!(nothing.err(), Some(StoreError::NotFound));
            asked += 1;
        }
        assert_eq!(purge.await.unwrap(), purged(count, 0));
        let took = since.elapsed();
        assert!(asked > count / 1000, "answered {asked} times meanwhile");
        assert_eq!(store.totals().items, 0);
        if std::env::var_os("SATCHEL_LONG").is_some() {
            println!(
                "figure: a check of {count} pastes of 1000 bytes: {:.1} s",
                checked.as_secs_f64()
            );
            println!(
                "figure: a purge of {count} pastes of 1000 bytes: {:.1} s",
                took.as_secs_f64()
            );
        }
        let inspection = inspect(&house.data(), &house.data().join("shred-keys"), true).unwrap();
        assert!(inspection.well && inspection.items == 0 && inspection.tombstones == 0);
    });
}

#[test]
fn a_burn_that_was_cut_off_is_named_by_a_check_of_a_stopped_store() {
    run(async {
        let house = House::new();
        let store = house.open();
        put(&store, Secrets(1), &bytes(1000, 1), 1).await;
        let crashed = house.crashed();
        store.burn(Secrets(1).id(), &Secrets(1).token("receipt")).await.unwrap();
        let slots = house.data().join("shred-keys");
        std::fs::copy(&slots, crashed.data().join("shred-keys")).unwrap();
        let inspection = inspect(&crashed.data(), &crashed.data().join("shred-keys"), false).unwrap();
        let codes: Vec<_> = inspection.violations.iter().map(|found| found.code).collect();
        assert_eq!(codes, [Violation::SlotEmpty]);
        crashed.open().close();
        assert!(
            inspect(&crashed.data(), &crashed.data().join("shred-keys"), false)
                .unwrap()
                .well
        );
    });
}
