//! What the suite needs of a backend beside its operations: to open it, to let its process end, and what an operator does past the server.

use std::cell::RefCell;
use std::sync::Arc;

use satchel_server::storage::memory::{MemoryOptions, MemoryStorage};
use satchel_server::storage::{Clock as _, Id, NoRandomness, Random, Storage, TokenHash};
use satchel_server::store::{Blocks, Invites, NewInvite, Options, Store};
use sha2::{Digest as _, Sha256};

use crate::store::{Hands, House, hands};

/// How much may be kept: bytes and items.
pub(crate) type Bounds = (u64, u64);

/// Enough for every test.
pub(crate) const ROOMY: Bounds = (1 << 30, 1_000_000);

/// A backend with nothing in it, and its clock.
pub(crate) trait Backend {
    /// Nothing is open yet.
    fn on(clock: Arc<Hands>) -> Self;

    /// A clock of its own.
    fn new() -> Self
    where
        Self: Sized,
    {
        Self::on(hands())
    }

    fn clock(&self) -> &Hands;

    /// Opens what is there. What was open before, as a process, is over: cut off after what it answered.
    fn open_within(&self, bounds: Bounds) -> Arc<dyn Storage>;

    fn open(&self) -> Arc<dyn Storage> {
        self.open_within(ROOMY)
    }

    /// Makes an invite with this token, as an operator does: uses, bytes, seconds.
    fn invite(&self, token: [u8; 32], uses: u32, bytes: Option<u64>, expires_in: u64) -> TokenHash;

    /// Blocks an id, as an operator does.
    fn block(&self, id: Id);
}

/// The store on SQLite and files.
pub(crate) struct Sqlite {
    house: House,
    open: RefCell<Option<Store>>,
}

impl Backend for Sqlite {
    fn on(clock: Arc<Hands>) -> Self {
        Self {
            house: House {
                clock,
                folder: tempfile::tempdir().unwrap(),
            },
            open: RefCell::new(None),
        }
    }

    fn clock(&self) -> &Hands {
        &self.house.clock
    }

    fn open_within(&self, (bytes_max, items_max): Bounds) -> Arc<dyn Storage> {
        if let Some(store) = self.open.take() {
            store.close();
        }
        let options = Options {
            bytes_max,
            items_max,
            ..self.house.options()
        };
        let store = Store::open(options).unwrap();
        self.open.replace(Some(store.clone()));
        Arc::new(store)
    }

    fn invite(&self, token: [u8; 32], uses: u32, bytes: Option<u64>, expires_in: u64) -> TokenHash {
        let mut invites = Invites::open(&self.house.data()).unwrap();
        let new = NewInvite {
            uses,
            bytes,
            expires_in,
        };
        invites.create(new, self.house.clock.now(), &Fixed(token)).unwrap();
        hash_of(token)
    }

    fn block(&self, id: Id) {
        assert!(Blocks::open(&self.house.data()).unwrap().block(id).unwrap());
    }
}

/// The backend in memory.
pub(crate) struct Memory {
    clock: Arc<Hands>,
    open: RefCell<Option<MemoryStorage>>,
}

impl Memory {
    fn storage(&self) -> MemoryStorage {
        self.open.borrow().clone().unwrap()
    }
}

impl Backend for Memory {
    fn on(clock: Arc<Hands>) -> Self {
        let open = RefCell::new(None);
        Self { clock, open }
    }

    fn clock(&self) -> &Hands {
        &self.clock
    }

    fn open_within(&self, (bytes_max, items_max): Bounds) -> Arc<dyn Storage> {
        let options = MemoryOptions {
            bytes_max,
            items_max,
            clock: self.clock.clone(),
            ..MemoryOptions::default()
        };
        let storage = match self.open.take() {
            Some(storage) => storage.restarted(options),
            None => MemoryStorage::new(options),
        };
        self.open.replace(Some(storage.clone()));
        Arc::new(storage)
    }

    fn invite(&self, token: [u8; 32], uses: u32, bytes: Option<u64>, expires_in: u64) -> TokenHash {
        self.storage()
            .invite(hash_of(token), uses, bytes, (self.clock.now(), expires_in));
        hash_of(token)
    }

    fn block(&self, id: Id) {
        self.storage().block(id);
    }
}

/// What a backend keeps of a token.
fn hash_of(token: [u8; 32]) -> TokenHash {
    TokenHash::new(Sha256::digest(token).into())
}

/// Randomness that is known before, so that a token can be chosen.
struct Fixed([u8; 32]);

impl Random for Fixed {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), NoRandomness> {
        bytes.copy_from_slice(&self.0);
        Ok(())
    }
}
