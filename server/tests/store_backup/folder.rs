//! A folder that is backed up to again and again.

use std::collections::HashSet;
use std::fs;

use satchel_api::Burned;
use satchel_server::store::{Clock as _, StoreError, SystemRandom, TokenHash};

use crate::store::{House, Secrets, Storage as _, anywhere, bytes, files, put, run};
use crate::vault::{
    DAY, HOUR, Vault, elsewhere, is_gone, is_well, keep, kept, keys_of, reads, restore, small, to_folder,
};

#[test]
fn what_burned_since_has_key_and_content_destroyed_in_the_folder() {
    run(async {
        let house = House::new();
        let store = house.open();
        for n in 1..20 {
            keep(&store, Secrets(n), 20_000).await;
        }
        keep(&store, Secrets(20), 700_000).await;
        let vault = Vault::new();
        to_folder(&house, &vault);
        let first = vault.run();
        let before = fs::read(&first).unwrap();
        let all: HashSet<[u8; 32]> = keys_of(&house, true).into_iter().collect();
        assert!(all.iter().all(|key| anywhere(&vault.backup(), key)));
        for n in [1, 2, 3, 20] {
            store.burn(Secrets(n).id(), &Secrets(n).token("receipt")).await.unwrap();
        }
        let left: HashSet<[u8; 32]> = keys_of(&house, true).into_iter().collect();
        let done = to_folder(&house, &vault);
        assert_eq!((done.kept, done.copied, done.tombstones), (16, 0, 4));
        assert!(done.bytes < 5000, "{done:?}");
        assert!(left.iter().all(|key| anywhere(&vault.backup(), key)));
        assert_eq!(all.difference(&left).count(), 4);
        assert!(all.difference(&left).all(|key| !anywhere(&vault.backup(), key)));
        let after = fs::read(&first).unwrap();
        assert_eq!(after.len(), before.len());
        let zeroed = before
            .iter()
            .zip(&after)
            .filter(|(old, new)| old != new && **new == 0)
            .count();
        assert!(zeroed > 700_000, "{zeroed}");

        let other = elsewhere(&house);
        restore(&other, &vault.backup()).unwrap();
        let again = other.open();
        for n in [1, 2, 3, 20] {
            assert_eq!(is_gone(&again, Secrets(n)).await, Burned::Demand);
        }
        for n in 4..20 {
            reads(&again, Secrets(n), 20_000).await;
        }
        again.close();
        is_well(&other);
        // When nothing of a run lives any more, its file goes.
        for n in 4..20 {
            store.burn(Secrets(n).id(), &Secrets(n).token("receipt")).await.unwrap();
        }
        to_folder(&house, &vault);
        assert!(!first.exists());
        store.close();
    });
}

#[test]
fn a_second_run_that_finds_nothing_new_writes_next_to_nothing_and_both_restore() {
    run(async {
        let house = House::new();
        let store = house.open();
        for n in 1..30 {
            keep(&store, Secrets(n), 10_000).await;
        }
        let vault = Vault::new();
        let first = to_folder(&house, &vault);
        for _ in 0..3 {
            let next = to_folder(&house, &vault);
            assert_eq!((next.kept, next.copied), (29, 0));
            assert!(next.bytes * 100 < first.bytes, "{next:?}");
            let other = elsewhere(&house);
            assert_eq!(restore(&other, &vault.backup()).unwrap().kept, 29);
        }
        assert_eq!(
            files(&vault.backup()).len(),
            3,
            "the first run, the newest, and the lock"
        );
        // A new expiry is in the next one, and nothing is copied for it.
        let change = satchel_server::store::Change {
            expires_in: Some(HOUR),
            reads_left: None,
        };
        store
            .change(Secrets(1).id(), &Secrets(1).token("receipt"), change)
            .await
            .unwrap();
        assert_eq!(to_folder(&house, &vault).copied, 0);
        let other = elsewhere(&house);
        other.clock.advance(3 * HOUR);
        let restored = restore(&other, &vault.backup()).unwrap();
        assert_eq!((restored.kept, restored.expired), (28, 1));
        store.close();
    });
}

#[test]
fn a_backup_that_was_cut_off_between_its_steps_is_whole_and_the_next_one_finishes_it() {
    run(async {
        let house = House::new();
        let store = small(&house).await;
        let vault = Vault::new();
        to_folder(&house, &vault);
        let old = fs::read(vault.run()).unwrap();
        let first = vault.run();
        store.burn(Secrets(1).id(), &Secrets(1).token("receipt")).await.unwrap();
        to_folder(&house, &vault);
        // The new run stands, nothing is destroyed yet; and one more was begun.
        fs::write(&first, &old).unwrap();
        fs::write(vault.backup().join("run.new"), &old[..100]).unwrap();
        let other = elsewhere(&house);
        let restored = restore(&other, &vault.backup()).unwrap();
        assert_eq!((restored.kept, restored.tombstones), (1, 2));
        to_folder(&house, &vault);
        let mended = fs::read(&first).unwrap();
        assert!(mended != old && mended.len() == old.len());
        assert!(!vault.backup().join("run.new").exists());
        let other = elsewhere(&house);
        assert_eq!(restore(&other, &vault.backup()).unwrap().kept, 1);
        let key_place = old
            .windows(32)
            .position(|window| window == Secrets(1).id_hash())
            .unwrap();
        assert_eq!(mended[key_place..key_place + 32], [0; 32]);
        store.close();
    });
}

#[test]
fn tombstones_invites_and_blocks_go_along_and_leave_the_folder_when_their_time_is_over() {
    run(async {
        let house = House::new();
        let store = house.open();
        put(&store, Secrets(1), &bytes(1000, 1), 1).await;
        let mut invites = satchel_server::store::Invites::open(&house.data()).unwrap();
        let new = |expires_in| satchel_server::store::NewInvite {
            uses: 5,
            bytes: Some(1 << 20),
            expires_in,
        };
        invites.create(new(DAY), house.clock.now(), &SystemRandom).unwrap();
        invites.create(new(HOUR), house.clock.now(), &SystemRandom).unwrap();
        let blocks = satchel_server::store::Blocks::open(&house.data()).unwrap();
        blocks.block(Secrets(9).id()).unwrap();
        drop(blocks);
        let vault = Vault::new();
        let done = to_folder(&house, &vault);
        assert_eq!((done.tombstones, done.invites, done.blocked), (1, 2, 1));
        let other = elsewhere(&house);
        other.clock.advance(3 * HOUR);
        let restored = restore(&other, &vault.backup()).unwrap();
        assert_eq!((restored.invites, restored.blocked), (1, 1));
        let again = other.open();
        let hash = TokenHash::new(invite_of(&house));
        again
            .create_by(Some(hash), Secrets(5).paste(100, 1), bytes(100, 5))
            .await
            .unwrap();
        let blocked = again
            .create_by(Some(hash), Secrets(9).paste(100, 1), bytes(100, 5))
            .await;
        assert!(matches!(blocked, Err(StoreError::IdTaken)));
        again.close();
        is_well(&other);

        let first = vault.run();
        house.clock.advance(40 * DAY);
        store.sweep().await.unwrap();
        store.sweep().await.unwrap();
        let done = to_folder(&house, &vault);
        assert_eq!((done.tombstones, done.invites), (0, 0));
        assert!(!first.exists());
        store.close();
    });
}

/// The hash of the first invite's token.
fn invite_of(house: &House) -> [u8; 32] {
    let conn = rusqlite::Connection::open(house.data().join("satchel.db")).unwrap();
    conn.query_row("SELECT token FROM invite ORDER BY number", [], |row| row.get(0))
        .unwrap()
}

/// The same with a million is in `cargo xtask bench --only backup`.
#[test]
fn after_one_in_a_hundred_changed_a_backup_writes_a_twentieth_at_most() {
    const ITEMS: u64 = 20_000;
    run(async {
        let house = House::new();
        let store = house.open();
        let all = bytes(4096, 1);
        for first in (0..ITEMS).step_by(200) {
            let puts = (first..first + 200).map(|n| store.create(kept(Secrets(n), all.len()), all.clone()));
            for put in futures_of(puts).await {
                put.unwrap();
            }
        }
        let vault = Vault::new();
        let timed = || {
            let begun = std::time::Instant::now();
            (to_folder(&house, &vault), begun.elapsed())
        };
        let (full, full_time) = timed();
        assert_eq!((full.kept, full.copied), (ITEMS, ITEMS));
        for n in (0..ITEMS).step_by(200) {
            store.burn(Secrets(n).id(), &Secrets(n).token("receipt")).await.unwrap();
            keep(&store, Secrets(ITEMS + n), 4096).await;
        }
        let (more, more_time) = timed();
        assert_eq!((more.kept, more.copied), (ITEMS, ITEMS / 200));
        println!(
            "figure: {ITEMS} items of 4 KiB: {} bytes in {full_time:?}; after 1 % changed {} bytes in {more_time:?}",
            full.bytes, more.bytes
        );
        assert!(more.bytes * 20 < full.bytes, "{more:?}");
        let other = elsewhere(&house);
        assert_eq!(restore(&other, &vault.backup()).unwrap().kept, ITEMS);
        store.close();
    });
}

/// All at once, so that the writer can take many together.
async fn futures_of<F: Future>(all: impl Iterator<Item = F>) -> Vec<F::Output> {
    let mut waiting: Vec<_> = all.map(|one| Some(Box::pin(one))).collect();
    let mut done: Vec<Option<F::Output>> = waiting.iter().map(|_| None).collect();
    std::future::poll_fn(|context| {
        for (slot, out) in waiting.iter_mut().zip(&mut done) {
            if let Some(one) = slot
                && let std::task::Poll::Ready(output) = one.as_mut().poll(context)
            {
                (*out, *slot) = (Some(output), None);
            }
        }
        if waiting.iter().all(Option::is_none) {
            std::task::Poll::Ready(())
        } else {
            std::task::Poll::Pending
        }
    })
    .await;
    done.into_iter().flatten().collect()
}
