//! What is on the disk: nothing of a burned paste, nothing of a foreign store, and damage is noticed.

#![allow(clippy::unwrap_used, clippy::cast_possible_truncation)] // sizes of tests are small

mod store;

use std::fs::{self, OpenOptions};
use std::os::unix::fs::FileExt as _;
use std::os::unix::fs::MetadataExt as _;

use satchel_api::Burned;
use satchel_server::store::{OpenError, Store, StoreError};
use store::*;

/// The key bytes of every filled slot.
fn keys(house: &House) -> Vec<Vec<u8>> {
    let file = fs::read(house.data().join("shred-keys")).unwrap();
    file.chunks(64)
        .skip(1)
        .filter(|slot| slot[48] == 1)
        .map(|slot| slot[..32].to_vec())
        .collect()
}

#[test]
fn after_a_burn_no_file_holds_content_claim_hash_or_shred_key() {
    run(async {
        let house = House::new();
        let store = house.open();
        let before = keys(&house);
        for (n, size) in [1024, 200_000, 700_000].into_iter().enumerate() {
            let (secrets, content) = (Secrets(n as u64), bytes(size, n as u64));
            put(&store, secrets, &content, 1).await;
            assert!(!anywhere(&house.data(), &content[100..140]), "content rests encrypted");
            assert!(
                !anywhere(&house.data(), &secrets.hash("claim")),
                "no claim hash, not even while it lives"
            );
            secrets.claim(&store, "lease").await.unwrap();
            store.confirm(secrets.id(), &secrets.token("lease")).await.unwrap();
            assert!(!anywhere(&house.data(), &content[100..140]));
        }
        let after = keys(&house);
        let gone: Vec<_> = before.iter().filter(|key| !after.contains(key)).collect();
        assert_eq!(gone.len(), 3);
        assert!(gone.iter().all(|key| !anywhere(&house.data(), key)));
        store.close();
        assert!(gone.iter().all(|key| !anywhere(&house.data(), key)));
        assert_eq!(
            fs::read_dir(house.data().join("content")).unwrap().count(),
            0,
            "files follow"
        );
    });
}

#[test]
fn files_are_private_and_tell_the_hour_only() {
    run(async {
        let house = House::new();
        let store = house.open();
        put(&store, Secrets(1), &bytes(700_000, 1), 1).await;
        store.close();
        assert_eq!(fs::metadata(house.data()).unwrap().mode() & 0o777, 0o700);
        for file in files(&house.data()) {
            assert_eq!(fs::metadata(&file).unwrap().mode() & 0o777, 0o600, "{}", file.display());
        }
        let content = files(&house.data().join("content")).remove(0);
        assert_eq!(fs::metadata(content).unwrap().mtime() % 3600, 0);
    });
}

#[test]
fn a_second_server_is_refused() {
    run(async {
        let house = House::new();
        let store = house.open();
        let second = house.try_open().err().unwrap();
        assert_eq!(second.to_string(), "another server is using this data folder");
        store.close();
        house.open();
    });
}

/// Every file but the lock and SQLite's shared memory, with its bytes.
fn state(house: &House) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    let mut state: Vec<_> = files(&house.data())
        .into_iter()
        .filter(|file| !file.ends_with("lock") && !file.to_string_lossy().ends_with("-shm"))
        .map(|file| (file.clone(), fs::read(file).unwrap()))
        .filter(|(_, bytes)| !bytes.is_empty())
        .collect();
    state.sort();
    state
}

fn with_a_paste() -> House {
    let house = House::new();
    run(async {
        let store = house.open();
        put(&store, Secrets(1), &bytes(1000, 1), 1).await;
        store.close();
    });
    house
}

#[test]
fn a_missing_short_or_foreign_slot_file_is_refused_and_nothing_changes() {
    let house = with_a_paste();
    let other = with_a_paste();
    let slots = house.data().join("shred-keys");
    let right = fs::read(&slots).unwrap();
    let refuses = |expected: &str| {
        let before = state(&house);
        let error = house.try_open().err().unwrap();
        assert_eq!(format!("{error:?}").split([' ', '{']).next().unwrap(), expected);
        assert!(state(&house) == before, "{expected}");
    };
    fs::remove_file(&slots).unwrap();
    refuses("SlotsMissing");
    fs::write(&slots, b"").unwrap();
    refuses("SlotsShort");
    // Half of what was filled; behind that lies room, which may go and come.
    fs::write(&slots, &right[..64 * 512]).unwrap();
    refuses("SlotsShort");
    fs::write(&slots, fs::read(other.data().join("shred-keys")).unwrap()).unwrap();
    refuses("SlotsForeign");
    fs::write(&slots, vec![0; right.len()]).unwrap();
    refuses("SlotsForeign");
    fs::write(&slots, &right).unwrap();
    run(async {
        let store = house.open();
        Secrets(1).claim(&store, "lease").await.unwrap();
    });
}

#[test]
fn an_old_slot_file_of_the_same_store_is_refused() {
    let house = House::new();
    let slots = house.data().join("shred-keys");
    run(async {
        let store = house.open();
        let old = fs::read(&slots).unwrap();
        // Every slot is used once, burned and filled anew, so that the next paste's slot is of a later generation.
        for n in 0..1100 {
            put(&store, Secrets(n), &[1], 1).await;
            store.burn(Secrets(n).id(), &Secrets(n).token("receipt")).await.unwrap();
        }
        store.close();
        let store = house.open();
        put(&store, Secrets(5000), &[1], 1).await;
        store.close();
        let mut file = fs::read(&slots).unwrap();
        file[..old.len()].copy_from_slice(&old);
        fs::write(&slots, file).unwrap();
    });
    assert!(matches!(house.try_open().err().unwrap(), OpenError::SlotsUnfit { .. }));
}

#[test]
fn a_burn_that_was_cut_off_after_the_key_is_finished_at_start() {
    run(async {
        let house = House::new();
        let store = house.open();
        put(&store, Secrets(1), &bytes(1000, 1), 1).await;
        put(&store, Secrets(2), &bytes(1000, 2), 1).await;
        let crashed = house.crashed();
        store.burn(Secrets(1).id(), &Secrets(1).token("receipt")).await.unwrap();
        // The slots of after, the database of before.
        fs::copy(house.data().join("shred-keys"), crashed.data().join("shred-keys")).unwrap();
        let store = crashed.open();
        assert_eq!(store.totals().items, 1);
        let gone = Secrets(1).claim(&store, "lease").await.err();
        assert!(matches!(gone, Some(StoreError::Burned(tombstone)) if tombstone.burned == Burned::Demand));
        Secrets(2).claim(&store, "lease").await.unwrap();
    });
}

#[test]
fn a_crash_after_any_answer_keeps_what_was_answered() {
    run(async {
        let house = House::new();
        let store = house.open();
        let (secrets, content) = (Secrets(1), bytes(600_000, 1));
        let mut upload = store
            .create(secrets.paste(content.len(), 2), Vec::new())
            .await
            .unwrap()
            .upload
            .unwrap();
        upload.write(&content[..400_000]).await.unwrap();
        upload.commit().await.unwrap();
        let at = |store: Store| async move { store.offset(secrets.id(), &secrets.token("receipt")).await };
        assert_eq!(at(house.crashed().open()).await.unwrap().offset, 400_000);
        let mut upload = store
            .upload(secrets.id(), &secrets.token("receipt"), 400_000)
            .await
            .unwrap();
        upload.write(&content[400_000..]).await.unwrap();
        upload.commit().await.unwrap();
        let crashed = house.crashed();
        assert!(
            read_all(secrets.claim(&crashed.open(), "x").await.unwrap().content)
                .await
                .unwrap()
                == content
        );

        secrets.claim(&store, "lease").await.unwrap();
        let crashed = house.crashed();
        let reopened = crashed.open();
        assert_eq!(
            secrets.claim(&reopened, "lease").await.unwrap().reads_left,
            Some(1),
            "the lease goes on"
        );
        assert_eq!(secrets.claim(&reopened, "second").await.unwrap().reads_left, Some(0));
        assert!(matches!(
            secrets.claim(&reopened, "third").await.err(),
            Some(StoreError::Burned(_))
        ));

        for _ in 0..3 {
            secrets.guess(&store).await;
        }
        let crashed = house.crashed();
        let receipt = crashed
            .open()
            .receipt(secrets.id(), &secrets.token("receipt"))
            .await
            .unwrap();
        assert_eq!(receipt.wrong_tries, 3);

        store.burn(secrets.id(), &secrets.token("receipt")).await.unwrap();
        let crashed = house.crashed();
        let reopened = crashed.open();
        assert_eq!(
            secrets.claim(&reopened, "lease").await.err(),
            Some(StoreError::LeaseEnded)
        );
        let back = reopened.create(secrets.paste(content.len(), 2), Vec::new()).await.err();
        assert!(matches!(back, Some(StoreError::Burned(_))));
    });
}

#[test]
fn a_damaged_block_is_noticed_and_is_that_pastes_trouble_only() {
    run(async {
        let house = House::new();
        let store = house.open();
        let content = bytes(700_000, 1);
        put(&store, Secrets(1), &content, 1).await;
        put(&store, Secrets(2), &content, 1).await;
        let file = files(&house.data().join("content")).into_iter().min().unwrap();
        let file = OpenOptions::new().write(true).read(true).open(file).unwrap();
        let mut byte = [0];
        file.read_exact_at(&mut byte, 400_000).unwrap();
        file.write_all_at(&[byte[0] ^ 1], 400_000).unwrap();
        let damaged = read_all(Secrets(1).claim(&store, "lease").await.unwrap().content).await;
        assert_eq!(damaged, Err(StoreError::Damaged));
        assert!(
            read_all(Secrets(2).claim(&store, "lease").await.unwrap().content)
                .await
                .unwrap()
                == content
        );
        store.burn(Secrets(1).id(), &Secrets(1).token("receipt")).await.unwrap();
        assert!(store.health().ok);
    });
}

/// Its slot is another item's by then: that is what a lost key looks like, and is none.
#[test]
fn an_upload_that_burned_under_way_is_no_damage_once_its_slot_is_filled_anew() {
    run(async {
        let house = House::new();
        let store = house.open();
        for size in [1000, 3_000_000] {
            let secrets = Secrets(size as u64);
            let created = store.create(secrets.paste(size, 1), Vec::new()).await.unwrap();
            let mut upload = created.upload.unwrap();
            upload.write(&vec![1; size / 3]).await.unwrap();
            store.burn(secrets.id(), &secrets.token("receipt")).await.unwrap();
            for n in 0..2500 {
                put(&store, Secrets(10_000_000 + size as u64 + n), &[1], 1).await;
            }
            assert!(matches!(upload.commit().await, Err(StoreError::Burned(_))));
        }
        assert_eq!(store.damaged(), 0);
    });
}

#[test]
fn a_clock_jump_hides_but_destroys_nothing() {
    run(async {
        let house = House::new();
        let store = house.open();
        put(&store, Secrets(1), &bytes(1000, 1), 1).await;
        store.sweep().await.unwrap();
        house
            .clock
            .wall
            .fetch_add(30 * 86_400, std::sync::atomic::Ordering::SeqCst);
        assert!(store.health().clock_held);
        store.sweep().await.unwrap();
        assert!(matches!(
            Secrets(1).claim(&store, "lease").await.err(),
            Some(StoreError::Burned(_))
        ));
        assert_eq!(store.totals().items, 1);
        store.close();
        let store = house.open();
        assert!(store.health().clock_held, "a start does not take it either");
        store.sweep().await.unwrap();
        assert_eq!(store.totals().items, 1);
        house
            .clock
            .wall
            .fetch_sub(30 * 86_400, std::sync::atomic::Ordering::SeqCst);
        Secrets(1).claim(&store, "lease").await.unwrap();
    });
}
