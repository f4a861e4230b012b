//! Shred keys that are gone, in memory, or of another store; rows and files that miss each other. Each test makes the damage.

#![allow(clippy::unwrap_used, clippy::cast_possible_truncation)] // sizes of tests are small

mod store;

use std::fs;
use std::path::PathBuf;

use satchel_api::{Burned, PasteState};
use satchel_server::store::{BurnAnswer, OpenError, Options, Store, StoreError};
use store::*;

fn accepting(house: &House) -> Store {
    Store::open(Options {
        accept_lost_keys: true,
        ..house.options()
    })
    .unwrap()
}

fn in_memory(house: &House) -> Options {
    Options {
        keys_in_memory: true,
        ..house.options()
    }
}

fn slots(house: &House) -> PathBuf {
    house.data().join("shred-keys")
}

/// Pastes 1 to `count`, 1000 bytes each, and a large one 100.
async fn stocked(house: &House, count: u64) {
    let store = house.open();
    for n in 1..=count {
        put(&store, Secrets(n), &bytes(1000, n), 1).await;
    }
    put(&store, Secrets(100), &bytes(700_000, 100), 1).await;
    store.close();
}

async fn is_burned_on_demand(store: &Store, secrets: Secrets) -> bool {
    let gone = secrets.claim(store, "lease").await.err();
    matches!(gone, Some(StoreError::Burned(tombstone)) if tombstone.burned == Burned::Demand)
}

/// The bytes of each slot that the file has, slot 0 not among them.
fn filled(house: &House) -> Vec<Vec<u8>> {
    let file = fs::read(slots(house)).unwrap();
    file.chunks(64).skip(1).map(<[u8]>::to_vec).collect()
}

#[test]
fn where_the_slot_file_is_missing_everything_is_burned_only_when_that_is_accepted() {
    run(async {
        let house = House::new();
        stocked(&house, 3).await;
        fs::remove_file(slots(&house)).unwrap();
        assert!(matches!(
            house.try_open().err().unwrap(),
            OpenError::SlotsMissing { .. }
        ));
        let store = accepting(&house);
        assert_eq!(store.totals().items, 0);
        for n in [1, 2, 3, 100] {
            assert!(is_burned_on_demand(&store, Secrets(n)).await);
        }
        assert!(files(&house.data().join("content")).is_empty());
        put(&store, Secrets(9), &bytes(1000, 9), 1).await;
        store.close();
        // From then on it is a store like any other.
        Secrets(9).claim(&house.open(), "lease").await.unwrap();
    });
}

#[test]
fn of_a_slot_file_that_is_cut_short_what_still_fits_goes_on() {
    run(async {
        let house = House::new();
        let store = house.open();
        for n in 1..=1500 {
            put(&store, Secrets(n), &[1], 1).await;
        }
        store.close();
        let whole = fs::read(slots(&house)).unwrap();
        fs::write(slots(&house), &whole[..64 * 800 + 17]).unwrap();
        assert!(matches!(house.try_open().err().unwrap(), OpenError::SlotsShort { .. }));
        let store = accepting(&house);
        assert_eq!(store.totals().items, 799);
        Secrets(1).claim(&store, "lease").await.unwrap();
        assert!(is_burned_on_demand(&store, Secrets(1400)).await);
        store.close();
        assert_eq!(house.open().totals().items, 799);
    });
}

#[test]
fn a_slot_file_that_lost_its_head_gets_it_back_and_every_key_that_fits_stays() {
    run(async {
        let house = House::new();
        stocked(&house, 3).await;
        let mut file = fs::read(slots(&house)).unwrap();
        file[..64].fill(0);
        // One key is damaged as well.
        file[64] ^= 1;
        fs::write(slots(&house), file).unwrap();
        assert!(matches!(
            house.try_open().err().unwrap(),
            OpenError::SlotsForeign { .. }
        ));
        let store = accepting(&house);
        assert_eq!(store.totals().items, 3);
        assert!(is_burned_on_demand(&store, Secrets(1)).await);
        assert!(
            read_all(Secrets(100).claim(&store, "lease").await.unwrap().content)
                .await
                .unwrap()
                == bytes(700_000, 100)
        );
        store.close();
        house.open().close();
    });
}

#[test]
fn another_stores_slot_file_is_set_aside_and_never_written_to() {
    run(async {
        let house = House::new();
        let other = House::new();
        stocked(&house, 3).await;
        stocked(&other, 3).await;
        let foreign = fs::read(slots(&other)).unwrap();
        fs::write(slots(&house), &foreign).unwrap();
        assert!(matches!(
            house.try_open().err().unwrap(),
            OpenError::SlotsForeign { .. }
        ));
        let store = accepting(&house);
        assert_eq!(store.totals().items, 0);
        store.close();
        assert!(fs::read(house.data().join("shred-keys.foreign")).unwrap() == foreign);
        house.open().close();
    });
}

#[test]
fn an_older_slot_file_brings_no_key_back_that_was_burned() {
    run(async {
        let house = House::new();
        let store = house.open();
        // More than are filled anew at a start, so that nothing but the accepting overwrites the first of them.
        for n in 1..=1100 {
            put(&store, Secrets(n), &[1], 1).await;
        }
        put(&store, Secrets(2000), &bytes(1000, 2), 1).await;
        let old = fs::read(slots(&house)).unwrap();
        let key_of = |n: usize| &old[64 * n..64 * n + 32];
        for n in 1..=1100 {
            store.burn(Secrets(n).id(), &Secrets(n).token("receipt")).await.unwrap();
        }
        store.close();
        // Its head is gone too, so that it has to be accepted.
        let mut older = old.clone();
        older[..64].fill(0);
        fs::write(slots(&house), older).unwrap();
        let store = accepting(&house);
        assert_eq!(store.totals().items, 1);
        let now = fs::read(slots(&house)).unwrap();
        for n in (1..=1100).step_by(50) {
            assert!(
                !now.windows(32).any(|bytes| bytes == key_of(n)),
                "the key of slot {n} is back"
            );
        }
        assert!(now.windows(32).any(|bytes| bytes == key_of(1101)));
        Secrets(2000).claim(&store, "lease").await.unwrap();
    });
}

#[test]
fn accepting_lost_keys_where_none_is_lost_changes_nothing() {
    run(async {
        let house = House::new();
        stocked(&house, 3).await;
        let before = filled(&house);
        let store = accepting(&house);
        assert_eq!(store.totals().items, 4);
        store.close();
        let held = |n: usize| before[n - 1] == filled(&house)[n - 1];
        assert!((1..=4).all(held));
    });
}

#[test]
fn a_slot_file_whose_head_never_came_to_the_disk_is_made_anew_where_nothing_was_kept_yet() {
    run(async {
        for (left, is_ours) in [
            (vec![], true),
            (vec![0; 64], true),
            (vec![7; 64], false),
            (vec![0; 128], false),
        ] {
            let house = House::new();
            house.open().close();
            fs::write(slots(&house), &left).unwrap();
            match house.try_open() {
                Ok(store) => {
                    assert!(is_ours);
                    put(&store, Secrets(1), &bytes(1000, 1), 1).await;
                }
                Err(error) => {
                    assert!(!is_ours && matches!(error, OpenError::SlotsForeign { .. }), "{error}");
                    assert_eq!(fs::read(slots(&house)).unwrap(), left);
                }
            }
        }
    });
}

#[test]
fn a_slot_file_beside_no_database_is_refused_and_stays_as_it_is() {
    run(async {
        let house = House::new();
        stocked(&house, 1).await;
        let before = fs::read(slots(&house)).unwrap();
        fs::remove_file(house.data().join("satchel.db")).unwrap();
        assert!(matches!(
            house.try_open().err().unwrap(),
            OpenError::SlotsForeign { .. }
        ));
        assert!(fs::read(slots(&house)).unwrap() == before);
    });
}

/// `count` creations at once.
async fn burst(store: &Store, count: u64) {
    let creations = (1..=count).map(|n| {
        let store = store.clone();
        async move { put(&store, Secrets(n), &[1], 1).await }
    });
    let mut running = tokio::task::JoinSet::new();
    for creation in creations {
        running.spawn(creation);
    }
    while let Some(created) = running.join_next().await {
        created.unwrap();
    }
}

#[test]
fn a_burst_of_more_creations_than_there_is_room_for_has_none_that_fails() {
    run(async {
        let house = House::new();
        let store = house.open();
        let room = fs::metadata(slots(&house)).unwrap().len() / 64;
        let many = room + 3000;
        burst(&store, many).await;
        assert_eq!(store.totals().items, many);
        store.close();
        assert!(fs::metadata(slots(&house)).unwrap().len() / 64 > many);
        let store = house.open();
        for n in [1, room, many] {
            Secrets(n).claim(&store, "lease").await.unwrap();
        }
    });
}

#[test]
fn a_growth_that_was_cut_off_anywhere_is_harmless() {
    run(async {
        let house = House::new();
        stocked(&house, 3).await;
        let whole = fs::read(slots(&house)).unwrap();
        let ever_filled = 1 + filled(&house).iter().filter(|slot| **slot != [0; 64]).count();
        // The file as it was before, with a part of a step, of a slot, and with all of it but a byte.
        for len in [ever_filled * 64, ever_filled * 64 + 4096, 65_536 + 17, whole.len() - 1] {
            let crashed = house.crashed();
            fs::write(slots(&crashed), &whole[..len.max(ever_filled * 64)]).unwrap();
            let store = crashed.open();
            assert_eq!(store.totals().items, 4);
            Secrets(3).claim(&store, "lease").await.unwrap();
            put(&store, Secrets(9), &bytes(1000, 9), 1).await;
            store.close();
            let store = crashed.open();
            Secrets(9).claim(&store, "lease").await.unwrap();
            assert!(
                fs::metadata(slots(&crashed)).unwrap().len() >= (1 << 20) - 64,
                "there is room again"
            );
        }
        // Shorter than what the database knows to be filled is refused as ever.
        let crashed = house.crashed();
        fs::write(slots(&crashed), &whole[..(ever_filled - 1) * 64]).unwrap();
        assert!(matches!(
            crashed.try_open().err().unwrap(),
            OpenError::SlotsShort { .. }
        ));
    });
}

#[test]
fn keys_in_memory_are_on_no_disk_and_a_restart_burns_everything() {
    run(async {
        let house = House::new();
        let store = Store::open(in_memory(&house)).unwrap();
        for n in 1..=3 {
            put(&store, Secrets(n), &bytes(1000, n), 1).await;
        }
        put(&store, Secrets(100), &bytes(700_000, 100), 1).await;
        assert!(
            read_all(Secrets(100).claim(&store, "lease").await.unwrap().content)
                .await
                .unwrap()
                == bytes(700_000, 100)
        );
        assert!(!slots(&house).exists());
        let crashed = house.crashed();
        store.close();
        for house in [house, crashed] {
            let store = Store::open(in_memory(&house)).unwrap();
            assert_eq!(store.totals().items, 0);
            for n in 1..=3 {
                assert!(is_burned_on_demand(&store, Secrets(n)).await);
            }
            // Its one read was used: that is how it ended.
            let receipt = store
                .receipt(Secrets(100).id(), &Secrets(100).token("receipt"))
                .await
                .unwrap();
            assert_eq!(
                (receipt.state, receipt.burned),
                (PasteState::Burned, Some(Burned::Reads))
            );
            assert_eq!(
                Secrets(100).claim(&store, "lease").await.err(),
                Some(StoreError::LeaseEnded)
            );
            assert!(files(&house.data().join("content")).is_empty());
            put(&store, Secrets(9), &bytes(1000, 9), 1).await;
            Secrets(9).claim(&store, "lease").await.unwrap();
        }
    });
}

#[test]
fn keys_in_memory_are_overwritten_by_a_burn_and_their_slots_used_again() {
    run(async {
        let house = House::new();
        let store = Store::open(in_memory(&house)).unwrap();
        for n in 0..3000 {
            put(&store, Secrets(n), &[1], 1).await;
            let burned = store.burn(Secrets(n).id(), &Secrets(n).token("receipt")).await.unwrap();
            assert_eq!(burned, BurnAnswer::Now);
        }
        put(&store, Secrets(5000), &bytes(1000, 1), 1).await;
        assert!(
            read_all(Secrets(5000).claim(&store, "lease").await.unwrap().content)
                .await
                .unwrap()
                == bytes(1000, 1)
        );
        assert!(store.health().ok);
    });
}

#[test]
fn from_memory_to_a_file_everything_is_burned_and_from_a_file_to_memory_it_is_refused() {
    run(async {
        let house = House::new();
        let store = Store::open(in_memory(&house)).unwrap();
        put(&store, Secrets(1), &bytes(1000, 1), 1).await;
        store.close();
        let store = house.open();
        assert!(is_burned_on_demand(&store, Secrets(1)).await);
        put(&store, Secrets(2), &bytes(1000, 2), 1).await;
        store.close();
        assert!(matches!(
            Store::open(in_memory(&house)).err().unwrap(),
            OpenError::KeysInFile { pastes: 1 }
        ));
        let store = house.open();
        Secrets(2).claim(&store, "lease").await.unwrap();
        store.burn(Secrets(2).id(), &Secrets(2).token("receipt")).await.unwrap();
        store.close();
        let store = Store::open(in_memory(&house)).unwrap();
        put(&store, Secrets(3), &bytes(1000, 3), 1).await;
        store.close();
        // The old file is this store's, and nobody needs it.
        let store = house.open();
        assert!(is_burned_on_demand(&store, Secrets(3)).await);
        put(&store, Secrets(4), &bytes(1000, 4), 1).await;
        store.close();
        Secrets(4).claim(&house.open(), "lease").await.unwrap();
    });
}

#[test]
fn a_row_whose_file_is_missing_or_short_is_kept_and_costs_no_read_until_the_file_is_back() {
    run(async {
        let house = House::new();
        stocked(&house, 1).await;
        let file = files(&house.data().join("content")).remove(0);
        let content = fs::read(&file).unwrap();
        for damage in [None, Some(&content[..content.len() - 1])] {
            match damage {
                None => fs::remove_file(&file).unwrap(),
                Some(short) => fs::write(&file, short).unwrap(),
            }
            let store = house.open();
            assert_eq!(store.damaged(), 1);
            assert_eq!(
                Secrets(100).claim(&store, "lease").await.err(),
                Some(StoreError::Damaged)
            );
            let probed = store
                .probe(Secrets(100).id(), &Secrets(100).token("probe"))
                .await
                .unwrap();
            assert_eq!(probed.reads_left, Some(1));
            Secrets(1).claim(&store, "lease").await.unwrap();
            store.close();
        }
        fs::write(&file, &content).unwrap();
        let store = house.open();
        assert_eq!(store.damaged(), 0);
        assert!(
            read_all(Secrets(100).claim(&store, "lease").await.unwrap().content)
                .await
                .unwrap()
                == bytes(700_000, 100)
        );
    });
}

#[test]
fn an_upload_whose_file_is_missing_is_not_continued_with_a_hole_and_can_be_burned() {
    run(async {
        let house = House::new();
        let store = house.open();
        let (secrets, content) = (Secrets(1), bytes(700_000, 1));
        let mut upload = store
            .create(secrets.paste(content.len(), 1), Vec::new())
            .await
            .unwrap()
            .upload
            .unwrap();
        upload.write(&content[..400_000]).await.unwrap();
        upload.commit().await.unwrap();
        store.close();
        fs::remove_file(files(&house.data().join("content")).remove(0)).unwrap();
        let store = house.open();
        let receipt = secrets.token("receipt");
        assert_eq!(
            store.upload(secrets.id(), &receipt, 400_000).await.err(),
            Some(StoreError::Damaged)
        );
        assert_eq!(store.burn(secrets.id(), &receipt).await.unwrap(), BurnAnswer::Now);
    });
}

#[test]
fn a_file_without_a_row_is_removed_at_start_and_one_of_another_name_is_left_alone() {
    run(async {
        let house = House::new();
        stocked(&house, 1).await;
        let content = house.data().join("content");
        fs::write(content.join("00000000000f4240"), b"stray").unwrap();
        fs::write(content.join("notes.txt"), b"not ours").unwrap();
        fs::write(content.join("f4240"), b"not one of our names").unwrap();
        house.open().close();
        assert!(!content.join("00000000000f4240").exists());
        assert!(content.join("notes.txt").exists() && content.join("f4240").exists());
        assert_eq!(files(&content).len(), 3);
    });
}
