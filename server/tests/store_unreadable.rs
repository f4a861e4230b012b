//! A disk that does not give one key: all else burns without it, and it burns once the disk gives it again.
#![allow(clippy::unwrap_used)]

mod store;

use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt as _;

use hmac::{Hmac, KeyInit as _, Mac as _};
use satchel_api::Burned;
use satchel_server::store::{PanicMark, PanicSecret, Purge, Store, StoreError};
use sha2::{Digest as _, Sha256};
use store::{House, Secrets, Storage as _, run};

const MINE: [u8; 32] = [7; 32];
const SLOT: u64 = 64;
const ALL: [Secrets; 3] = [Secrets(0), Secrets(1), Secrets(2)];

/// Three pastes of one secret, in the first slots.
async fn three(store: &Store) {
    for key in ALL {
        let mut mac = Hmac::<Sha256>::new_from_slice(&MINE).unwrap();
        mac.update(&Sha256::digest(key.id_bytes()));
        let mut paste = key.paste(1000, 1);
        paste.panic = Some(PanicMark::new(mac.finalize().into_bytes().into()));
        store.create(paste, vec![1; 1000]).await.unwrap();
    }
}

/// The slots from one on cannot be read, until they are put back.
struct Gone {
    file: File,
    from: u64,
    bytes: Vec<u8>,
}

impl Gone {
    /// The third paste's slot is the first of them.
    fn take(house: &House) -> Self {
        Self::take_from(house, 3)
    }

    fn take_from(house: &House, slot: u64) -> Self {
        let path = house.data().join("shred-keys");
        let from = slot * SLOT;
        let bytes = std::fs::read(&path).unwrap().split_off(usize::try_from(from).unwrap());
        let file = OpenOptions::new().write(true).open(path).unwrap();
        file.set_len(from).unwrap();
        Self { file, from, bytes }
    }

    fn put_back(self) {
        self.file.write_all_at(&self.bytes, self.from).unwrap();
    }
}

/// How each of them burned.
async fn burned(store: &Store) -> [Option<Burned>; 3] {
    let mut all = [None; 3];
    for (key, burned) in ALL.into_iter().zip(&mut all) {
        *burned = store.receipt(key.id(), &key.token("receipt")).await.unwrap().burned;
    }
    all
}

/// [B-163]
#[test]
fn a_panic_burns_all_that_it_can_and_says_that_it_was_not_all() {
    run(async {
        let house = House::new();
        let store = house.open();
        three(&store).await;
        let gone = Gone::take(&house);
        let panic = || store.panic(PanicSecret::new(MINE));
        assert_eq!(panic().await, Err(StoreError::Unavailable));
        let demand = Some(Burned::Demand);
        assert_eq!(burned(&store).await, [demand, demand, None]);
        gone.put_back();
        assert_eq!(panic().await, Ok(1));
        assert_eq!(burned(&store).await, [demand; 3]);
    });
}

#[test]
fn a_sweep_burns_all_that_is_due_but_for_it() {
    run(async {
        let house = House::new();
        let store = house.open();
        three(&store).await;
        let gone = Gone::take(&house);
        house.clock.advance(40 * 86_400);
        assert_eq!(store.sweep().await, Err(StoreError::Unavailable));
        assert_eq!(store.totals().items, 1);
        gone.put_back();
        store.sweep().await.unwrap();
        assert_eq!(store.totals().items, 0);
    });
}

#[test]
fn what_is_due_behind_many_that_cannot_burn_burns_all_the_same() {
    run(async {
        let house = House::new();
        let store = house.open();
        let mut readable = Secrets(0).paste(1000, 1);
        readable.expires_in += 86_400;
        store.create(readable, vec![1; 1000]).await.unwrap();
        for number in 1..=300 {
            let paste = Secrets(number).paste(1000, 1);
            store.create(paste, vec![1; 1000]).await.unwrap();
        }
        let gone = Gone::take_from(&house, 2);
        house.clock.advance(60 * 86_400);
        assert_eq!(store.sweep().await, Err(StoreError::Unavailable));
        assert_eq!(store.totals().items, 300);
        gone.put_back();
        store.sweep().await.unwrap();
        assert_eq!(store.totals().items, 0);
    });
}

#[test]
fn many_reads_that_ran_out_do_not_hold_the_sweep_when_no_key_can_be_read() {
    run(async {
        let house = House::new();
        let store = house.open();
        for number in 1..=300 {
            let paste = Secrets(number).paste(1000, 1);
            store.create(paste, vec![1; 1000]).await.unwrap();
            Secrets(number).claim(&store, "lease").await.unwrap();
        }
        let gone = Gone::take_from(&house, 100);
        house.clock.advance(86_400);
        assert_eq!(store.sweep().await, Err(StoreError::Unavailable));
        assert_eq!(store.totals().items, 201);
        gone.put_back();
        store.sweep().await.unwrap();
        assert_eq!(store.totals().items, 0);
    });
}

#[test]
fn a_purge_of_everything_burns_all_but_it() {
    run(async {
        let house = House::new();
        let store = house.open();
        three(&store).await;
        let gone = Gone::take(&house);
        let all = Purge {
            all: true,
            ..Purge::default()
        };
        assert!(
            store.purge(all).await.is_err(),
            "what returns well has overwritten every key"
        );
        assert_eq!(store.totals().items, 1);
        gone.put_back();
        assert_eq!(store.purge(all).await.map(|done| done.burned), Ok(1));
    });
}
