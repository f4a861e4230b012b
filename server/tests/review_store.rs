//! What a second pair of eyes found in the store, held from now on.

#![allow(clippy::unwrap_used, clippy::panic, clippy::cast_possible_truncation)] // sizes of tests are small

mod store;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use satchel_server::store::{BurnAnswer, NoRandomness, Options, Random, Store, SystemRandom};
use store::*;

/// Randomness that keeps whoever seals a block waiting, once, until it is let go.
#[derive(Default)]
struct Gate {
    armed: AtomicBool,
    reached: AtomicBool,
    open: Mutex<bool>,
    opened: Condvar,
}

impl Gate {
    fn arm(&self) {
        self.armed.store(true, Ordering::SeqCst);
    }

    fn let_go(&self) {
        *self.open.lock().unwrap() = true;
        self.opened.notify_all();
    }
}

impl Random for Gate {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), NoRandomness> {
        const NONCE_LEN: usize = 12;
        if bytes.len() == NONCE_LEN && self.armed.swap(false, Ordering::SeqCst) {
            self.reached.store(true, Ordering::SeqCst);
            drop(
                self.opened
                    .wait_while(self.open.lock().unwrap(), |open| !*open)
                    .unwrap(),
            );
        }
        SystemRandom.fill(bytes)
    }
}

fn gated(house: &House) -> (Store, Arc<GateHandle>) {
    let gate = Arc::new(GateHandle(Arc::new(Gate::default())));
    let options = Options {
        random: gate.0.clone(),
        ..house.options()
    };
    (Store::open(options).unwrap(), gate)
}

/// Lets go when the test ends, whatever happened in it.
struct GateHandle(Arc<Gate>);

impl Drop for GateHandle {
    fn drop(&mut self) {
        self.0.let_go();
    }
}

fn timed<F: Future>(test: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(test)
}

async fn within<F: Future>(millis: u64, work: F) -> Option<F::Output> {
    tokio::time::timeout(Duration::from_millis(millis), work).await.ok()
}

async fn until(reached: impl Fn() -> bool) {
    for _ in 0..500 {
        if reached() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("it did not happen within five seconds");
}

const MIB: usize = 1 << 20;

#[test]
fn a_clock_that_was_accepted_is_not_doubted_at_the_next_start() {
    run(async {
        let house = House::new();
        let store = house.open();
        put(&store, Secrets(1), &bytes(100, 1), 1).await;
        store.sweep().await.unwrap();
        store.close();
        house.clock.advance(3 * 86_400);
        let doubting = house.open();
        assert!(doubting.health().clock_held);
        doubting.close();
        let accepting = Options {
            accept_clock: true,
            ..house.options()
        };
        Store::open(accepting).unwrap().close();
        assert!(!house.open().health().clock_held);
    });
}

#[test]
fn an_upload_waits_for_work_that_a_request_cut_off_left_running() {
    timed(async {
        let house = House::new();
        let (store, gate) = gated(&house);
        let (secrets, content) = (Secrets(1), bytes(2 * MIB, 1));
        let created = store.create(secrets.paste(content.len(), 1), Vec::new()).await.unwrap();
        let mut cut = created.upload.unwrap();
        gate.0.arm();
        assert!(within(200, cut.write(&content[..MIB])).await.is_none());
        assert!(gate.0.reached.load(Ordering::SeqCst));
        drop(cut);
        let receipt = secrets.token("receipt");
        assert!(within(200, store.upload(secrets.id(), &receipt, 0)).await.is_none());
        gate.0.let_go();
        let mut next = store.upload(secrets.id(), &receipt, 0).await.unwrap();
        next.write(&content).await.unwrap();
        assert_eq!(next.commit().await.unwrap().offset, content.len() as u64);
        let claimed = secrets.claim(&store, "lease").await.unwrap();
        assert!(read_all(claimed.content).await.unwrap() == content);
    });
}

#[test]
fn a_burn_during_an_upload_leaves_no_file() {
    timed(async {
        let house = House::new();
        let (store, gate) = gated(&house);
        let (secrets, content) = (Secrets(1), bytes(2 * MIB, 1));
        let created = store.create(secrets.paste(content.len(), 1), Vec::new()).await.unwrap();
        let mut upload = created.upload.unwrap();
        gate.0.arm();
        let writing = tokio::spawn(async move { upload.write(&content[..MIB]).await });
        until(|| gate.0.reached.load(Ordering::SeqCst)).await;
        let burned = store.burn(secrets.id(), &secrets.token("receipt")).await.unwrap();
        assert_eq!(burned, BurnAnswer::Now);
        tokio::time::sleep(Duration::from_millis(200)).await;
        gate.0.let_go();
        assert!(writing.await.unwrap().is_err());
        assert!(files(&house.data().join("content")).is_empty());
    });
}

#[test]
fn creations_that_are_given_up_cost_no_slots() {
    timed(async {
        let house = House::new();
        let store = house.open();
        let body = bytes(70_000, 1);
        for n in 0..4000 {
            tokio::select! {
                biased;
                _ = store.create(Secrets(n).paste(body.len(), 1), body.clone()) => {}
                () = std::future::ready(()) => {}
            }
            if n % 50 == 0 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
        // Behind the slots that ever were filled lies room, of zeros.
        let file = std::fs::read(house.data().join("shred-keys")).unwrap();
        let slots = file.chunks(64).filter(|slot| **slot != [0; 64]).count() as u64;
        let items = store.totals().items;
        assert!(slots <= items + 2500, "{slots} slots, {items} items");
    });
}

#[test]
fn many_claims_of_one_paste_do_not_keep_others_waiting() {
    timed(async {
        let house = House::new();
        let store = house.open();
        put(&store, Secrets(1), &bytes(100, 1), 1000).await;
        let claims: Vec<_> = (0..800)
            .map(|n| {
                let store = store.clone();
                tokio::spawn(async move { Secrets(1).claim(&store, &format!("lease {n}")).await.map(drop) })
            })
            .collect();
        tokio::task::yield_now().await;
        put(&store, Secrets(2), &bytes(100, 2), 1).await;
        let receipt = store
            .receipt(Secrets(1).id(), &Secrets(1).token("receipt"))
            .await
            .unwrap();
        let before = 1000 - receipt.reads_left.unwrap();
        assert!(before < 200, "{before} claims went first");
        for claim in claims {
            claim.await.unwrap().unwrap();
        }
    });
}

#[test]
fn two_data_folders_never_share_one_file_of_shred_keys() {
    run(async {
        let house = House::new();
        let shared = house.folder.path().join("keys");
        let options = Options {
            slots: Some(shared.clone()),
            ..house.options()
        };
        let store = Store::open(options.clone()).unwrap();
        put(&store, Secrets(1), &bytes(100, 1), 1).await;
        let copy = house.crashed();
        let second = Options {
            slots: Some(shared),
            ..copy.options()
        };
        assert!(Store::open(second).is_err());
        assert!(Secrets(1).claim(&store, "lease").await.is_ok());
        store.close();
        drop(Store::open(options).unwrap());
    });
}
