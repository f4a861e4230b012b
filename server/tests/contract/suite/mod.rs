//! The suite, for the backend that the file above names `House`.

mod blocking;
mod changing;
mod claiming;
mod clock;
mod documents;
mod invites;
mod leases;
mod panic;
mod purging;
mod ranges;
mod restarts;
mod room;
mod uploads;

use std::sync::{Arc, Barrier};

use satchel_server::storage::{Id, NewDocument, NewLink, Token, TokenHash};
use sha2::{Digest as _, Sha256};

use super::House;
use crate::backends::Backend as _;
use crate::store::*;

const HOUR: u64 = 3600;
const DAY: u64 = 24 * HOUR;

/// Runs `what` on so many threads in the same moment.
fn at_once<T: Send>(threads: u64, what: impl Fn(u64) -> T + Sync) -> Vec<T> {
    let (barrier, what) = (Barrier::new(threads as usize), &what);
    std::thread::scope(|scope| {
        let begun = (0..threads).map(|n| {
            let barrier = &barrier;
            scope.spawn(move || {
                barrier.wait();
                what(n)
            })
        });
        let begun: Vec<_> = begun.collect();
        begun.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

/// A document with several links, by its number.
#[derive(Clone, Copy)]
struct Bundle(u8);

impl Bundle {
    fn id(self) -> Id {
        Id::of_document([self.0; 16])
    }

    fn owner(self) -> Token {
        Token::new([self.0 ^ 0x80; 32])
    }

    fn made_of(self, payload: &[u8]) -> NewDocument {
        NewDocument {
            id: self.id(),
            owner: TokenHash::new(Sha256::digest([self.0 ^ 0x80; 32]).into()),
            size: payload.len() as u64,
            panic: None,
            head: vec![1; 230],
        }
    }

    async fn put(self, storage: &dyn Storage, payload: &[u8]) {
        let created = storage.create_document(self.made_of(payload), payload.to_vec()).await;
        assert_eq!(created.unwrap().offset, payload.len() as u64);
    }

    async fn link(self, storage: &dyn Storage, key: Secrets, reads: u32, expires_in: u64) -> u32 {
        let link = link(key, reads, expires_in);
        let made = storage.add_links(self.id(), &self.owner(), vec![link]).await.unwrap();
        made[0].number
    }
}

/// A link that leads with 230 bytes of its number.
fn link(key: Secrets, reads: u32, expires_in: u64) -> NewLink {
    let mut paste = key.paste(0, reads);
    paste.expires_in = expires_in;
    NewLink {
        paste,
        head: vec![key.0 as u8; 230],
        label: Some(vec![key.0 as u8; 20]),
    }
}

/// Nothing that it keeps contradicts anything else.
async fn is_well(storage: &Arc<dyn Storage>) {
    let inspection = storage.inspect().await.unwrap();
    assert_eq!(inspection.violations, [], "{inspection:?}");
}
