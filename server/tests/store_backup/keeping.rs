//! What comes back, and what does not.

use std::collections::HashSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use satchel_api::Burned;
use satchel_server::store::{
    BackupError, Id, NewDocument, NewLink, NewPaste, OnGuessing, OpenError, RestoreFrom, TokenHash,
};

use crate::store::{House, START, Secrets, Storage as _, anywhere, bytes, files, put, run};
use crate::vault::{
    DAY, HOUR, Vault, counts, elsewhere, is_gone, is_well, keep, kept, keys, keys_of, reads, restore, restore_stream,
    restore_with, to_folder, to_stream,
};

#[test]
fn what_was_kept_opens_by_its_link_again_and_all_else_is_told_as_gone() {
    run(async {
        let house = House::new();
        let store = house.open();
        let sizes = [(1, 1000), (2, 200_000), (3, 700_000), (4, 655_360), (5, 1)];
        for (n, size) in sizes {
            keep(&store, Secrets(n), size).await;
        }
        put(&store, Secrets(11), &bytes(1000, 11), 1).await;
        put(&store, Secrets(12), &bytes(1000, 12), 0).await;
        put(&store, Secrets(13), &bytes(1000, 13), 1).await;
        store
            .burn(Secrets(13).id(), &Secrets(13).token("receipt"))
            .await
            .unwrap();
        drop(store.create(Secrets(14).paste(1000, 1), bytes(500, 14)).await.unwrap());
        // Readers and guesses leave their counts.
        reads(&store, Secrets(1), 1000).await;
        Secrets(2).guess(&store).await;

        let vault = Vault::new();
        for stream in [to_stream(&house), {
            let done = to_folder(&house, &vault);
            assert_eq!((done.kept, done.copied, done.tombstones, done.damaged), (5, 5, 4, 0));
            fs::read(vault.run()).unwrap()
        }] {
            let other = elsewhere(&house);
            let restored = restore_stream(&other, &stream).unwrap();
            assert_eq!((restored.kept, restored.tombstones, restored.expired), (5, 4, 0));
            let again = other.open();
            for (n, size) in sizes {
                reads(&again, Secrets(n), size).await;
            }
            for n in [11, 12, 13] {
                assert_eq!(is_gone(&again, Secrets(n)).await, Burned::Demand, "{n}");
                let receipt = again
                    .receipt(Secrets(n).id(), &Secrets(n).token("receipt"))
                    .await
                    .unwrap();
                assert_eq!(receipt.burned, Some(Burned::Demand));
            }
            let receipt = again
                .receipt(Secrets(2).id(), &Secrets(2).token("receipt"))
                .await
                .unwrap();
            assert_eq!(receipt.wrong_tries, 1, "guesses go on where they were");
            keep(&again, Secrets(77), 3000).await;
            reads(&again, Secrets(77), 3000).await;
            again.close();
            is_well(&other);
        }
        store.close();
    });
}

#[test]
fn no_key_of_what_is_not_kept_is_in_a_backup_nor_a_word_of_it_besides() {
    run(async {
        let house = House::new();
        let store = house.open();
        for n in 1..40 {
            keep(&store, Secrets(n), 2000).await;
            put(&store, Secrets(100 + n), &bytes(2000, n), (n % 3) as u32).await;
        }
        for n in 1..10 {
            store.burn(Secrets(n).id(), &Secrets(n).token("receipt")).await.unwrap();
        }
        let vault = Vault::new();
        to_folder(&house, &vault);
        let stream = to_stream(&house);
        store.close();

        let kept = keys_of(&house, true);
        let holds = |needle: &[u8]| {
            let in_stream = stream.windows(needle.len()).any(|window| window == needle);
            assert_eq!(in_stream, anywhere(&vault.backup(), needle));
            in_stream
        };
        assert_eq!(kept.len(), 30);
        assert!(kept.iter().all(|key| holds(key)), "the search finds what is there");
        for key in keys(&house).iter().filter(|key| !kept.contains(key)) {
            assert!(!holds(key));
        }
        let conn = rusqlite::Connection::open(house.data().join("satchel.db")).unwrap();
        let mut query = conn
            .prepare("SELECT claim FROM paste WHERE keep = 0 AND claim IS NOT NULL")
            .unwrap();
        let claims: Vec<Vec<u8>> = query
            .query_map([], |row| row.get(0))
            .unwrap()
            .map(Result::unwrap)
            .collect();
        assert_eq!(claims.len(), 39);
        assert!(claims.iter().all(|claim| !holds(claim)));
        let mut query = conn
            .prepare("SELECT sealed FROM block JOIN paste ON item = place / 8 WHERE keep = 0")
            .unwrap();
        let sealed: Vec<Vec<u8>> = query
            .query_map([], |row| row.get(0))
            .unwrap()
            .map(Result::unwrap)
            .collect();
        assert!(sealed.iter().all(|sealed| !holds(&sealed[..40])));
        for file in files(&vault.backup()) {
            assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        }
        assert_eq!(
            fs::metadata(vault.backup()).unwrap().permissions().mode() & 0o777,
            0o700
        );
    });
}

/// [B-334]
#[test]
fn what_burns_by_guessing_or_lost_its_keep_is_not_kept() {
    run(async {
        let house = House::new();
        let store = house.open();
        let guessed = NewPaste {
            on_guessing: OnGuessing::Burn,
            ..kept(Secrets(1), 1000)
        };
        store.create(guessed, bytes(1000, 1)).await.unwrap();
        keep(&store, Secrets(2), 1000).await;
        let change = satchel_server::store::Change {
            expires_in: None,
            reads_left: Some(3),
        };
        store
            .change(Secrets(2).id(), &Secrets(2).token("receipt"), change)
            .await
            .unwrap();
        let done = to_folder(&house, &Vault::new());
        assert_eq!((done.kept, done.tombstones), (0, 2));
        store.close();
    });
}

#[test]
fn a_document_and_its_links_are_told_as_gone() {
    run(async {
        let house = House::new();
        let store = house.open();
        let owner = Secrets(1).token("owner");
        let id = || Id::of_document(Secrets(1).id_bytes());
        let new = NewDocument {
            id: id(),
            owner: TokenHash::new(Secrets(1).hash("owner")),
            size: 1000,
            panic: None,
            head: vec![1; 200],
        };
        store.create_document(new, bytes(1000, 1)).await.unwrap();
        let link = |n| NewLink {
            paste: kept(Secrets(n), 300),
            head: vec![2; 300],
            label: None,
        };
        store.add_links(id(), &owner, vec![link(2), link(3)]).await.unwrap();
        let vault = Vault::new();
        let done = to_folder(&house, &vault);
        assert_eq!((done.kept, done.tombstones), (0, 3));
        store.close();

        let other = elsewhere(&house);
        restore(&other, &vault.backup()).unwrap();
        let again = other.open();
        assert_eq!(is_gone(&again, Secrets(2)).await, Burned::Demand);
        assert_eq!(is_gone(&again, Secrets(3)).await, Burned::Demand);
        let (state, ..) = again.document(id(), &owner).await.unwrap();
        assert_eq!(state, satchel_api::PasteState::Burned);
        again.close();
        is_well(&other);
    });
}

#[test]
fn what_expired_meanwhile_is_destroyed_and_its_tombstone_goes_in_its_time() {
    run(async {
        let house = House::new();
        let store = house.open();
        keep(&store, Secrets(1), 1000).await;
        let short = NewPaste {
            expires_in: HOUR,
            ..kept(Secrets(2), 1000)
        };
        store.create(short, bytes(1000, 2)).await.unwrap();
        put(&store, Secrets(3), &bytes(1000, 3), 1).await;
        let stream = to_stream(&house);
        store.close();

        let other = elsewhere(&house);
        other.clock.advance(2 * DAY);
        let restored = restore_stream(&other, &stream).unwrap();
        assert_eq!((restored.kept, restored.expired, restored.tombstones), (1, 1, 1));
        let again = other.open();
        assert_eq!(is_gone(&again, Secrets(2)).await, Burned::Expiry);
        reads(&again, Secrets(1), 1000).await;
        again.close();
        assert_eq!(counts(&other).tombstones, 2);
        is_well(&other);

        let late = elsewhere(&house);
        late.clock.advance(30 * DAY);
        let restored = restore_stream(&late, &stream).unwrap();
        assert_eq!((restored.kept, restored.expired, restored.forgotten), (0, 2, 1));
        late.open().close();
        assert_eq!(counts(&late).tombstones, 0);
        is_well(&late);

        let early = elsewhere(&house);
        early.clock.wall.store(START - DAY, std::sync::atomic::Ordering::SeqCst);
        assert!(matches!(restore_stream(&early, &stream), Err(BackupError::Clock)));
    });
}

#[test]
fn what_is_named_as_burned_comes_back_as_a_tombstone() {
    run(async {
        let house = House::new();
        let store = house.open();
        for n in 1..5 {
            keep(&store, Secrets(n), 1000).await;
        }
        let stream = to_stream(&house);
        for n in [1, 2] {
            store.burn(Secrets(n).id(), &Secrets(n).token("receipt")).await.unwrap();
        }
        let mut burned = HashSet::new();
        satchel_server::store::burned(&house.data(), 0, |hash| {
            burned.insert(hash);
            Ok::<_, OpenError>(())
        })
        .unwrap();
        assert_eq!(burned.len(), 2);
        store.close();
        let other = elsewhere(&house);
        let restored = restore_with(&other, RestoreFrom::Stream(&mut &stream[..]), (false, &burned)).unwrap();
        assert_eq!((restored.kept, restored.burned), (2, 2));
        let again = other.open();
        for n in [1, 2] {
            assert_eq!(is_gone(&again, Secrets(n)).await, Burned::Demand);
        }
        for n in [3, 4] {
            reads(&again, Secrets(n), 1000).await;
        }
        again.close();
        is_well(&other);
    });
}
