//! Backups and restores on a store whose clock is set by hand: what comes back, what does not, and what is refused.

#![allow(clippy::unwrap_used, clippy::panic, clippy::cast_possible_truncation)] // sizes of tests are small

mod store;

use std::collections::HashSet;
use std::fs;
use std::os::unix::fs::{FileExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use satchel_api::Burned;
use satchel_server::store::{
    BackedUp, Backup, BackupError, Clock as _, Counts, Id, NewDocument, NewLink, NewPaste, OnGuessing, OpenError,
    Options, Restore, RestoreFrom, Restored, Store, StoreError, SystemRandom, TokenHash, count, inspect,
};
use store::*;

const HOUR: u64 = 3600;
const DAY: u64 = 24 * HOUR;

fn kept(secrets: Secrets, size: usize) -> NewPaste {
    NewPaste {
        keep: true,
        ..secrets.paste(size, 0)
    }
}

async fn keep(store: &Store, secrets: Secrets, size: usize) {
    let content = bytes(size, secrets.0);
    let first = if size > 256 * 1024 { Vec::new() } else { content.clone() };
    let created = store.create(kept(secrets, size), first).await.unwrap();
    if let Some(mut upload) = created.upload {
        upload.write(&content).await.unwrap();
        upload.commit().await.unwrap();
    }
}

/// Where a backup goes, and what is made of it.
struct Vault {
    folder: tempfile::TempDir,
}

impl Vault {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    fn backup(&self) -> PathBuf {
        self.folder.path().join("backup")
    }

    fn run(&self) -> PathBuf {
        newest(&self.backup())
    }
}

fn newest(folder: &Path) -> PathBuf {
    let mut runs: Vec<PathBuf> = files(folder)
        .into_iter()
        .filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with("run-"))
        .collect();
    runs.sort();
    runs.pop().unwrap()
}

fn back_up<T>(house: &House, to: impl FnOnce(&Backup<'_>) -> T) -> T {
    to(&Backup {
        folder: &house.data(),
        slots: &house.data().join("shred-keys"),
        now: house.clock.now(),
        random: &SystemRandom,
    })
}

fn to_folder(house: &House, vault: &Vault) -> BackedUp {
    back_up(house, |backup| backup.to_folder(&vault.backup())).unwrap()
}

fn to_stream(house: &House) -> Vec<u8> {
    let mut stream = Vec::new();
    back_up(house, |backup| backup.to_stream(&mut stream)).unwrap();
    stream
}

fn restore_with(
    house: &House,
    from: RestoreFrom<'_>,
    (dry_run, burned): (bool, &HashSet<[u8; 32]>),
) -> Result<Restored, BackupError> {
    let restore = Restore {
        folder: &house.data(),
        slots: &house.data().join("shred-keys"),
        dry_run,
        burned,
        now: house.clock.now(),
        random: &SystemRandom,
    };
    restore.run(from)
}

fn restore(house: &House, from: &Path) -> Result<Restored, BackupError> {
    restore_with(house, RestoreFrom::Folder(from), (false, &HashSet::new()))
}

fn restore_stream(house: &House, mut stream: &[u8]) -> Result<Restored, BackupError> {
    restore_with(house, RestoreFrom::Stream(&mut stream), (false, &HashSet::new()))
}

/// A house without a store, at the same time of day.
fn elsewhere(house: &House) -> House {
    let other = House::new();
    let now = house.clock.now();
    other.clock.wall.store(now, std::sync::atomic::Ordering::SeqCst);
    other
}

async fn reads(store: &Store, secrets: Secrets, size: usize) {
    let claimed = secrets.claim(store, "lease after").await.unwrap();
    assert!(read_all(claimed.content).await.unwrap() == bytes(size, secrets.0));
}

async fn is_gone(store: &Store, secrets: Secrets) -> Burned {
    match secrets.claim(store, "lease after").await.err() {
        Some(StoreError::Burned(tombstone)) => tombstone.burned,
        other => panic!("{other:?}"),
    }
}

fn is_well(house: &House) {
    let found = inspect(&house.data(), &house.data().join("shred-keys"), false).unwrap();
    assert!(found.well, "{:?}", found.violations);
}

fn counts(house: &House) -> Counts {
    count(&house.data()).unwrap()
}

/// Every shred key in a data folder.
fn keys(house: &House) -> Vec<[u8; 32]> {
    let slots = fs::read(house.data().join("shred-keys")).unwrap();
    let filled = slots.chunks(64).skip(1).filter(|slot| slot.get(48) == Some(&1));
    filled.map(|slot| slot[..32].try_into().unwrap()).collect()
}

/// The keys of what lives.
fn keys_of(house: &House, keep: bool) -> Vec<[u8; 32]> {
    let conn = rusqlite::Connection::open(house.data().join("satchel.db")).unwrap();
    let slots = fs::read(house.data().join("shred-keys")).unwrap();
    let mut query = conn
        .prepare("SELECT slot FROM paste WHERE slot IS NOT NULL AND keep = ?1")
        .unwrap();
    let found = query.query_map([keep], |row| row.get::<_, usize>(0)).unwrap();
    found
        .map(|slot| slots[slot.unwrap() * 64..][..32].try_into().unwrap())
        .collect()
}

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

/// A little of everything, for tests that go through every byte.
async fn small(house: &House) -> Store {
    let store = house.open();
    keep(&store, Secrets(1), 100).await;
    keep(&store, Secrets(2), 60).await;
    put(&store, Secrets(3), &bytes(50, 3), 1).await;
    store
}

#[test]
fn a_stream_cut_anywhere_or_with_a_byte_changed_is_refused_and_nothing_is_there() {
    run(async {
        let house = House::new();
        let store = small(&house).await;
        let stream = to_stream(&house);
        store.close();
        let other = elsewhere(&house);
        let refused = |bytes: &[u8], what: &str| {
            let look = restore_with(&other, RestoreFrom::Stream(&mut &bytes[..]), (true, &HashSet::new()));
            assert!(
                matches!(look, Err(BackupError::Damaged { .. } | BackupError::Newer { .. })),
                "{what}: {look:?}"
            );
            assert!(!other.data().exists(), "{what}");
        };
        for end in 0..stream.len() {
            refused(&stream[..end], &format!("cut at {end}"));
        }
        for at in 0..stream.len() {
            let mut changed = stream.clone();
            changed[at] ^= 1;
            refused(&changed, &format!("changed at {at}"));
        }
        refused(&[&stream[..], &[0]].concat(), "longer");
        let real = restore_stream(&other, &stream[..stream.len() - 1]);
        assert!(matches!(real, Err(BackupError::Damaged { .. })), "{real:?}");
        assert!(!other.data().exists());
        restore_stream(&other, &stream).unwrap();
    });
}

#[test]
fn a_byte_of_a_folder_changed_is_refused_or_was_destroyed_already() {
    run(async {
        let house = House::new();
        let store = small(&house).await;
        let vault = Vault::new();
        to_folder(&house, &vault);
        keep(&store, Secrets(9), 80).await;
        store.burn(Secrets(1).id(), &Secrets(1).token("receipt")).await.unwrap();
        to_folder(&house, &vault);
        store.close();
        let other = elsewhere(&house);
        let look = || restore_with(&other, RestoreFrom::Folder(&vault.backup()), (true, &HashSet::new()));
        let right = look().unwrap();
        assert_eq!((right.kept, right.tombstones), (2, 2));
        let mut refused = 0;
        for file in files(&vault.backup()).iter().filter(|file| !file.ends_with("lock")) {
            let whole = fs::read(file).unwrap();
            let open = fs::File::options().write(true).open(file).unwrap();
            for at in 0..whole.len() {
                open.write_all_at(&[whole[at] ^ 1], at as u64).unwrap();
                match look() {
                    Err(BackupError::Damaged { .. } | BackupError::Newer { .. }) => refused += 1,
                    Ok(found) => {
                        assert_eq!(found, right);
                        assert_eq!(whole[at], 0, "{file:?} at {at}: something that lay there was believed");
                    }
                    Err(other) => panic!("{other}"),
                }
                open.write_all_at(&whole[at..=at], at as u64).unwrap();
            }
            for end in (0..whole.len()).step_by(7) {
                fs::write(file, &whole[..end]).unwrap();
                let found = look();
                assert!(
                    found.is_err()
                        || (end > 0 && found.unwrap() == right && whole[end..].iter().all(|byte| *byte == 0))
                );
            }
            fs::write(file, &whole).unwrap();
        }
        assert!(refused > 1000, "{refused}");
        assert_eq!(look().unwrap(), right);
        assert!(!other.data().exists());
    });
}

#[test]
fn a_newer_format_is_refused_with_both_numbers() {
    run(async {
        let house = House::new();
        let store = small(&house).await;
        let mut stream = to_stream(&house);
        store.close();
        stream[11] = 2;
        let error = restore_stream(&elsewhere(&house), &stream).err().unwrap();
        assert!(matches!(error, BackupError::Newer { found: 2, known: 1 }));
    });
}

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

#[test]
fn what_is_in_the_way_is_named_and_left_as_it_was() {
    run(async {
        let house = House::new();
        let store = small(&house).await;
        let vault = Vault::new();
        let inside = back_up(&house, |backup| {
            backup.to_folder(&house.data().join("backups").join("deep"))
        });
        assert!(matches!(inside, Err(BackupError::Inside { .. })));
        assert!(!house.data().join("backups").exists());

        fs::create_dir(vault.backup()).unwrap();
        fs::write(vault.backup().join("letter.txt"), "mine").unwrap();
        let foreign = back_up(&house, |backup| backup.to_folder(&vault.backup()));
        assert!(matches!(foreign, Err(BackupError::NotABackup { .. })));
        assert_eq!(files(&vault.backup()).len(), 1);
        fs::remove_file(vault.backup().join("letter.txt")).unwrap();
        let nothing = restore(&elsewhere(&house), &vault.backup());
        assert!(matches!(nothing, Err(BackupError::Nothing { .. })));

        to_folder(&house, &vault);
        let stranger = House::new();
        let other = stranger.open();
        let foreign = back_up(&stranger, |backup| backup.to_folder(&vault.backup()));
        assert!(matches!(foreign, Err(BackupError::OtherStore { .. })));
        let taken = restore(&stranger, &vault.backup());
        assert!(matches!(taken, Err(BackupError::Taken { .. })));
        let look = restore_with(&stranger, RestoreFrom::Folder(&vault.backup()), (true, &HashSet::new())).unwrap();
        assert_eq!((look.kept, look.taken), (2, Some(stranger.data().join("satchel.db"))));
        other.close();
        store.close();
        is_well(&stranger);

        let slots = elsewhere(&house);
        fs::create_dir_all(slots.data()).unwrap();
        fs::write(slots.data().join("shred-keys"), "somebody's").unwrap();
        assert!(matches!(
            restore(&slots, &vault.backup()),
            Err(BackupError::Taken { .. })
        ));
        assert_eq!(fs::read(slots.data().join("shred-keys")).unwrap(), b"somebody's");

        let memory = House::new();
        let store = Store::open(Options {
            keys_in_memory: true,
            ..memory.options()
        })
        .unwrap();
        let none = back_up(&memory, |backup| backup.to_folder(&Vault::new().backup()));
        assert!(matches!(none, Err(BackupError::KeysInMemory)));
        store.close();
    });
}

#[test]
fn a_start_on_half_a_restore_is_refused_and_the_restore_goes_through_when_it_is_begun_again() {
    run(async {
        let house = House::new();
        let store = small(&house).await;
        let vault = Vault::new();
        to_folder(&house, &vault);
        store.close();
        let other = elsewhere(&house);
        // As it stands when it is cut off just before the database is moved into place.
        fs::create_dir_all(other.data().join("restoring")).unwrap();
        fs::create_dir_all(other.data().join("content")).unwrap();
        fs::write(other.data().join("content").join("0000000000000001"), "part").unwrap();
        fs::write(other.data().join("shred-keys"), vec![1; 640]).unwrap();
        assert!(matches!(other.try_open().err(), Some(OpenError::HalfRestored { .. })));
        assert_eq!(restore(&other, &vault.backup()).unwrap().kept, 2);
        let again = other.open();
        reads(&again, Secrets(1), 100).await;
        again.close();
        is_well(&other);
    });
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
