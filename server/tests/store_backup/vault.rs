//! Where a backup goes in these tests, and what is made of it.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use satchel_api::Burned;
use satchel_server::store::{
    BackedUp, Backup, BackupError, Clock as _, Counts, NewPaste, Restore, RestoreFrom, Restored, Store, StoreError,
    SystemRandom, count, inspect,
};

use crate::store::{House, Secrets, Storage as _, bytes, files, put, read_all};

pub(crate) const HOUR: u64 = 3600;
pub(crate) const DAY: u64 = 24 * HOUR;

pub(crate) fn kept(secrets: Secrets, size: usize) -> NewPaste {
    NewPaste {
        keep: true,
        ..secrets.paste(size, 0)
    }
}

pub(crate) async fn keep(store: &Store, secrets: Secrets, size: usize) {
    let content = bytes(size, secrets.0);
    let first = if size > 256 * 1024 { Vec::new() } else { content.clone() };
    let created = store.create(kept(secrets, size), first).await.unwrap();
    if let Some(mut upload) = created.upload {
        upload.write(&content).await.unwrap();
        upload.commit().await.unwrap();
    }
}

/// Where a backup goes, and what is made of it.
pub(crate) struct Vault {
    pub(crate) folder: tempfile::TempDir,
}

impl Vault {
    pub(crate) fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    pub(crate) fn backup(&self) -> PathBuf {
        self.folder.path().join("backup")
    }

    pub(crate) fn run(&self) -> PathBuf {
        newest(&self.backup())
    }
}

pub(crate) fn newest(folder: &Path) -> PathBuf {
    let mut runs: Vec<PathBuf> = files(folder)
        .into_iter()
        .filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with("run-"))
        .collect();
    runs.sort();
    runs.pop().unwrap()
}

pub(crate) fn back_up<T>(house: &House, to: impl FnOnce(&Backup<'_>) -> T) -> T {
    to(&Backup {
        folder: &house.data(),
        slots: &house.data().join("shred-keys"),
        now: house.clock.now(),
        random: &SystemRandom,
    })
}

pub(crate) fn to_folder(house: &House, vault: &Vault) -> BackedUp {
    back_up(house, |backup| backup.to_folder(&vault.backup())).unwrap()
}

pub(crate) fn to_stream(house: &House) -> Vec<u8> {
    let mut stream = Vec::new();
    back_up(house, |backup| backup.to_stream(&mut stream)).unwrap();
    stream
}

pub(crate) fn restore_with(
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

pub(crate) fn restore(house: &House, from: &Path) -> Result<Restored, BackupError> {
    restore_with(house, RestoreFrom::Folder(from), (false, &HashSet::new()))
}

pub(crate) fn restore_stream(house: &House, mut stream: &[u8]) -> Result<Restored, BackupError> {
    restore_with(house, RestoreFrom::Stream(&mut stream), (false, &HashSet::new()))
}

/// A house without a store, at the same time of day.
pub(crate) fn elsewhere(house: &House) -> House {
    let other = House::new();
    let now = house.clock.now();
    other.clock.wall.store(now, std::sync::atomic::Ordering::SeqCst);
    other
}

pub(crate) async fn reads(store: &Store, secrets: Secrets, size: usize) {
    let claimed = secrets.claim(store, "lease after").await.unwrap();
    assert!(read_all(claimed.content).await.unwrap() == bytes(size, secrets.0));
}

pub(crate) async fn is_gone(store: &Store, secrets: Secrets) -> Burned {
    match secrets.claim(store, "lease after").await.err() {
        Some(StoreError::Burned(tombstone)) => tombstone.burned,
        other => panic!("{other:?}"),
    }
}

pub(crate) fn is_well(house: &House) {
    let found = inspect(&house.data(), &house.data().join("shred-keys"), false).unwrap();
    assert!(found.well, "{:?}", found.violations);
}

pub(crate) fn counts(house: &House) -> Counts {
    count(&house.data()).unwrap()
}

/// Every shred key in a data folder.
pub(crate) fn keys(house: &House) -> Vec<[u8; 32]> {
    let slots = fs::read(house.data().join("shred-keys")).unwrap();
    let filled = slots.chunks(64).skip(1).filter(|slot| slot.get(48) == Some(&1));
    filled.map(|slot| slot[..32].try_into().unwrap()).collect()
}

/// The keys of what lives.
pub(crate) fn keys_of(house: &House, keep: bool) -> Vec<[u8; 32]> {
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

/// A little of everything, for tests that go through every byte.
pub(crate) async fn small(house: &House) -> Store {
    let store = house.open();
    keep(&store, Secrets(1), 100).await;
    keep(&store, Secrets(2), 60).await;
    put(&store, Secrets(3), &bytes(50, 3), 1).await;
    store
}
