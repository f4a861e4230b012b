//! Documents with several links over crashes and damage of the disk, with a clock set by hand. What holds of every backend is in contract/suite/documents.rs.
#![allow(clippy::unwrap_used)]

mod store;

use std::fs::OpenOptions;
use std::os::unix::fs::FileExt as _;

use satchel_api::PasteState;
use satchel_server::store::{Id, NewDocument, NewLink, Store, StoreError, Token, TokenHash};
use sha2::{Digest as _, Sha256};
use store::{House, Secrets, Storage as _, run};

const HOUR: u64 = 3600;
const SHORT: Secrets = Secrets(1);
const LONG: Secrets = Secrets(2);

fn document_id() -> Id {
    Id::of_document([7; 16])
}

fn owner() -> Token {
    Token::new([8; 32])
}

async fn made(store: &Store, payload: &[u8]) {
    let owner = Sha256::digest([8; 32]).into();
    let new = NewDocument {
        id: document_id(),
        owner: TokenHash::new(owner),
        size: payload.len() as u64,
        panic: None,
        head: vec![1; 230],
    };
    let created = store.create_document(new, payload.to_vec()).await.unwrap();
    assert_eq!(created.offset, payload.len() as u64);
}

async fn linked(store: &Store, key: Secrets, reads: u32, expires_in: u64) {
    let mut paste = key.paste(0, reads);
    paste.expires_in = expires_in;
    let (head, label) = (vec![9; 230], None);
    store
        .add_links(document_id(), &owner(), vec![NewLink { paste, head, label }])
        .await
        .unwrap();
}

async fn state(store: &Store) -> PasteState {
    store.document(document_id(), &owner()).await.unwrap().0
}

/// The slots of link and document are overwritten with one sync; whichever of them a crash left, the start finishes the rest.
#[test]
fn a_burn_of_the_last_link_that_was_cut_off_is_finished_at_start() {
    run(async {
        for doomed in [&["link"][..], &["document"], &["link", "document"]] {
            let house = House::new();
            let store = house.open();
            made(&store, &[5; 4096]).await;
            linked(&store, SHORT, 1, HOUR).await;
            store.close();
            for which in doomed {
                empty_slot(&house, *which == "document");
            }
            let store = house.open();
            assert_eq!(state(&store).await, PasteState::Burned, "{doomed:?}");
            assert!(matches!(
                store.probe(SHORT.id(), &SHORT.token("probe")).await,
                Err(StoreError::Burned(_))
            ));
            assert_eq!(store.totals().items, 0);
            store.close();
        }
    });
}

/// Overwrites the slot as a burn does, below the store.
fn empty_slot(house: &House, of_document: bool) {
    let database = rusqlite::Connection::open(house.data().join("satchel.db")).unwrap();
    let which = if of_document { "number IS NULL" } else { "number = 1" };
    let query = format!("SELECT slot, item, generation FROM paste WHERE document IS NOT NULL AND {which}");
    let (slot, item, generation): (u64, u64, u64) = database
        .query_row(&query, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .unwrap();
    let mut bytes = [0; 64];
    bytes[32..40].copy_from_slice(&item.to_be_bytes());
    bytes[40..48].copy_from_slice(&generation.to_be_bytes());
    bytes[48] = 2;
    let check = Sha256::new()
        .chain_update("satchel/slot")
        .chain_update(slot.to_be_bytes());
    let check = check.chain_update(&bytes[..56]).finalize();
    bytes[56..].copy_from_slice(&check[..8]);
    let file = OpenOptions::new()
        .write(true)
        .open(house.data().join("shred-keys"))
        .unwrap();
    file.write_all_at(&bytes, slot * 64).unwrap();
}

#[derive(Clone, Copy, PartialEq)]
enum Damage {
    /// What lies there is no slot any more.
    Torn,
    /// A whole slot, of another item.
    Unfit,
}

/// Damages the document's slot below the store; the bytes that lie there then, and where.
fn damage_slot(house: &House, damage: Damage, which: &str) -> (Vec<u8>, u64) {
    let database = rusqlite::Connection::open(house.data().join("satchel.db")).unwrap();
    let query = format!("SELECT slot FROM paste WHERE {which}");
    let slot: u64 = database.query_row(&query, [], |row| row.get(0)).unwrap();
    let open = OpenOptions::new()
        .read(true)
        .write(true)
        .open(house.data().join("shred-keys"));
    let file = open.unwrap();
    let mut bytes = vec![0; 64];
    file.read_exact_at(&mut bytes, slot * 64).unwrap();
    bytes[38] ^= 1;
    if damage == Damage::Unfit {
        let check = Sha256::new()
            .chain_update("satchel/slot")
            .chain_update(slot.to_be_bytes());
        let check = check.chain_update(&bytes[..56]).finalize();
        bytes[56..].copy_from_slice(&check[..8]);
    }
    file.write_all_at(&bytes, slot * 64).unwrap();
    (bytes, slot * 64)
}

fn lies_at(house: &House, (bytes, at): &(Vec<u8>, u64)) -> bool {
    let at = usize::try_from(*at).unwrap();
    std::fs::read(house.data().join("shred-keys")).unwrap()[at..at + 64] == bytes[..]
}

/// Whatever became of the document's own key: when nothing leads to it any more, it goes.
#[test]
fn a_document_whose_slot_is_damaged_goes_with_its_last_link_and_another_items_key_stays() {
    run(async {
        for damage in [Damage::Torn, Damage::Unfit] {
            for by_time in [false, true] {
                let house = House::new();
                let store = house.open();
                made(&store, &vec![5; 700_000]).await;
                linked(&store, SHORT, 1, HOUR).await;
                linked(&store, LONG, 1, 3 * HOUR).await;
                let slot = damage_slot(&house, damage, "document IS NOT NULL AND number IS NULL");
                if by_time {
                    house.clock.advance(5 * HOUR);
                    store.sweep().await.unwrap();
                } else {
                    store.burn_link(document_id(), &owner(), 1).await.unwrap();
                    assert_eq!(state(&store).await, PasteState::Stored);
                    store.burn_link(document_id(), &owner(), 2).await.unwrap();
                }
                assert_eq!(state(&store).await, PasteState::Burned);
                assert_eq!((store.totals().items, store.totals().bytes), (0, 0));
                assert_eq!(lies_at(&house, &slot), damage == Damage::Unfit);
                assert_eq!(store.damaged(), u64::from(damage == Damage::Unfit));
                // Its slot is filled anew only where it was its own.
                for n in 10..1200 {
                    store::put(&store, Secrets(n), &[1], 1).await;
                }
                assert!(damage == Damage::Torn || lies_at(&house, &slot));
                house.clock.advance(9 * 24 * HOUR);
                store.sweep().await.unwrap();
                assert_eq!(
                    store.document(document_id(), &owner()).await.err(),
                    Some(StoreError::NotFound),
                    "its tombstone goes too"
                );
                store.close();
            }
        }
    });
}

#[test]
fn a_link_whose_slot_is_damaged_goes_with_its_document() {
    run(async {
        let house = House::new();
        let store = house.open();
        made(&store, &[5; 4096]).await;
        linked(&store, SHORT, 1, HOUR).await;
        let slot = damage_slot(&house, Damage::Unfit, "number = 1");
        assert_eq!(
            store.burn_link(document_id(), &owner(), 1).await.err(),
            Some(StoreError::Damaged),
            "whoever asks for it is told"
        );
        store.burn(document_id(), &owner()).await.unwrap();
        assert_eq!((state(&store).await, store.totals().items), (PasteState::Burned, 0));
        assert!(lies_at(&house, &slot));
        store.close();
    });
}

/// The burn that was asked for is refused, because its key cannot be found and so not destroyed; what time does by itself takes the row.
#[test]
fn a_paste_whose_slot_holds_another_items_key_goes_when_its_time_is_over() {
    run(async {
        for claimed in [false, true] {
            let house = House::new();
            let store = house.open();
            store::put(&store, SHORT, &[1; 100], 1).await;
            if claimed {
                drop(SHORT.claim(&store, "lease").await.unwrap());
            }
            let slot = damage_slot(&house, Damage::Unfit, "document IS NULL");
            let refused = store.burn(SHORT.id(), &SHORT.token("receipt")).await;
            assert_eq!(refused.err(), Some(StoreError::Damaged));
            house.clock.advance(8 * 24 * HOUR);
            store.sweep().await.unwrap();
            assert_eq!(store.totals().items, 0, "claimed: {claimed}");
            assert!(lies_at(&house, &slot));
            store.close();
        }
    });
}
