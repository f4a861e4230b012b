//! A store in a temporary folder, with a clock that is set by hand.
#![allow(dead_code, clippy::unwrap_used, clippy::cast_possible_truncation)] // each test file uses its part

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use satchel_server::storage::Content;
pub(crate) use satchel_server::storage::Storage;
use satchel_server::store::{
    Claimed, Clock, Id, NewPaste, OnGuessing, OpenError, Options, Store, StoreError, Token, TokenHash,
};
use sha2::{Digest as _, Sha256};

pub(crate) const START: u64 = 1_800_000_000;

/// Wall time and boot time; they go on together unless a test wants a jump.
#[derive(Default)]
pub(crate) struct Hands {
    pub(crate) wall: AtomicU64,
    pub(crate) boot: AtomicU64,
}

impl Hands {
    pub(crate) fn advance(&self, secs: u64) {
        self.wall.fetch_add(secs, Ordering::SeqCst);
        self.boot.fetch_add(secs, Ordering::SeqCst);
    }
}

impl Clock for Hands {
    fn now(&self) -> u64 {
        self.wall.load(Ordering::SeqCst)
    }

    fn boot(&self) -> u64 {
        self.boot.load(Ordering::SeqCst)
    }
}

pub(crate) struct House {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) clock: Arc<Hands>,
}

impl House {
    pub(crate) fn new() -> Self {
        let clock = Arc::new(Hands::default());
        clock.wall.store(START, Ordering::SeqCst);
        clock.boot.store(1000, Ordering::SeqCst);
        Self {
            folder: tempfile::tempdir().unwrap(),
            clock,
        }
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    pub(crate) fn options(&self) -> Options {
        Options {
            clock: self.clock.clone(),
            ..Options::new(self.data())
        }
    }

    pub(crate) fn open(&self) -> Store {
        self.try_open().unwrap()
    }

    pub(crate) fn try_open(&self) -> Result<Store, OpenError> {
        Store::open(self.options())
    }

    /// Opens what the folder is at this moment, as a crash would leave it.
    pub(crate) fn crashed(&self) -> Self {
        let copy = Self::new();
        copy.clock.wall.store(self.clock.now(), Ordering::SeqCst);
        copy_folder(&self.data(), &copy.data());
        copy
    }
}

fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let place = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &place);
        } else {
            // A burned item's file may go while this runs.
            match std::fs::copy(entry.path(), place) {
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                copied => drop(copied.unwrap()),
            }
        }
    }
}

/// Every file under a folder.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path))
        } else {
            found.push(path)
        }
    }
    found
}

pub(crate) fn anywhere(folder: &Path, needle: &[u8]) -> bool {
    files(folder).iter().any(|file| {
        std::fs::read(file)
            .unwrap_or_default()
            .windows(needle.len())
            .any(|window| window == needle)
    })
}

/// The secrets of one paste, all from one number.
#[derive(Clone, Copy)]
pub(crate) struct Secrets(pub(crate) u64);

impl Secrets {
    fn bytes(self, what: &str) -> [u8; 32] {
        Sha256::new()
            .chain_update(what)
            .chain_update(self.0.to_be_bytes())
            .finalize()
            .into()
    }

    pub(crate) fn id(self) -> Id {
        Id::new(self.id_bytes())
    }

    pub(crate) fn id_bytes(self) -> [u8; 16] {
        self.bytes("id")[..16].try_into().unwrap()
    }

    /// What is kept of the id.
    pub(crate) fn id_hash(self) -> [u8; 32] {
        Sha256::digest(self.id_bytes()).into()
    }

    pub(crate) fn token(self, what: &str) -> Token {
        Token::new(self.bytes(what))
    }

    pub(crate) fn hash(self, what: &str) -> [u8; 32] {
        Sha256::digest(self.bytes(what)).into()
    }

    pub(crate) fn paste(self, size: usize, reads: u32) -> NewPaste {
        let hash = |what| TokenHash::new(self.hash(what));
        NewPaste {
            id: self.id(),
            probe: hash("probe"),
            claim: hash("claim"),
            receipt: hash("receipt"),
            size: size as u64,
            expires_in: 7 * 86_400,
            reads,
            on_guessing: OnGuessing::Lock,
            keep: false,
            panic: None,
        }
    }

    pub(crate) async fn claim(self, store: &Store, lease: &str) -> Result<Claimed, StoreError> {
        store
            .claim(
                self.id(),
                &self.token("probe"),
                &self.token("claim"),
                &self.token(lease),
            )
            .await
    }

    pub(crate) async fn guess(self, store: &Store) -> StoreError {
        let wrong = store
            .claim(
                self.id(),
                &self.token("probe"),
                &self.token("wrong"),
                &self.token("guess"),
            )
            .await;
        wrong.err().unwrap()
    }
}

/// Bytes that compress badly and are known.
pub(crate) fn bytes(len: usize, seed: u64) -> Vec<u8> {
    (0u64..)
        .flat_map(|n| <[u8; 32]>::from(Sha256::digest((seed ^ (n << 20)).to_be_bytes())))
        .take(len)
        .collect()
}

pub(crate) async fn read_all(mut content: Box<dyn Content>) -> Result<Vec<u8>, StoreError> {
    let mut all = Vec::new();
    while let Some(part) = content.next().await {
        all.extend(part?);
    }
    Ok(all)
}

pub(crate) async fn put(store: &Store, secrets: Secrets, content: &[u8], reads: u32) {
    let created = store
        .create(secrets.paste(content.len(), reads), content.to_vec())
        .await
        .unwrap();
    assert_eq!(created.offset, content.len() as u64);
}

/// Runs on several threads, as a server does.
pub(crate) fn run<F: Future>(test: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(test)
}
