//! A batch in which a request fails after it wrote: it is undone whole, and all the others are done once.

use std::sync::atomic::AtomicUsize;
use std::sync::mpsc::channel;
use std::time::Duration;

use super::*;
use crate::storage::Storage as _;
use crate::store::claiming::{Claim, Confirm};
use crate::store::creating::{Create, sealed};
use crate::store::creator::Burn;
use crate::store::inspect::inspect;
use crate::store::{BurnAnswer, Id, NewPaste, OnGuessing, Options, Store, Token, TokenHash};

const PATIENCE: Duration = Duration::from_secs(20);

fn id(n: u8) -> Id {
    Id::new([n; 16])
}

/// Each token of paste `n` is one byte over and over.
fn secret(of: u8, n: u8) -> Token {
    Token::new([of ^ n.rotate_left(4); 32])
}

fn token(of: u8, n: u8) -> TokenHash {
    secret(of, n).hash()
}

fn paste(n: u8, reads: u32) -> NewPaste {
    NewPaste {
        id: id(n),
        probe: token(1, n),
        claim: token(2, n),
        receipt: token(3, n),
        size: 100,
        expires_in: 7 * 86_400,
        reads,
        on_guessing: OnGuessing::Lock,
        keep: false,
        panic: None,
    }
}

fn claim(n: u8, lease: u8) -> Claim {
    Claim {
        id: id(n),
        probe: token(1, n),
        claim: token(2, n),
        lease: token(lease, n),
        waits_for: None,
        counted: None,
    }
}

/// Holds the writer, so that what is posted meanwhile is one batch.
struct Gate {
    entered: Sender<()>,
    open: Receiver<()>,
}

impl Order for Gate {
    type Answer = ();

    fn run(&mut self, _: u8, _: &mut Desk<'_>) -> Result<Turn<()>, Fault> {
        let _ = self.entered.send(());
        let _ = self.open.recv();
        Ok(Turn::Done(()))
    }
}

/// In its `at`-th transaction creates a paste, burns another one, and fails.
struct Half {
    create: Create,
    victim: Id,
    at: u8,
    ran: Arc<AtomicUsize>,
}

impl Order for Half {
    type Answer = ();

    fn run(&mut self, step: u8, desk: &mut Desk<'_>) -> Result<Turn<()>, Fault> {
        self.create.known = true;
        if step < self.at {
            return Ok(Turn::Again(step + 1));
        }
        self.ran.fetch_add(1, Ordering::SeqCst);
        let row = self.create.row(desk);
        self.create.insert(desk, &row)?;
        let mut victim = rows::by_id(desk.conn, self.victim)?.unwrap();
        desk.happen(&mut victim, Event::Burn, None)?;
        Err(StoreError::OffsetMismatch { offset: 77 }.into())
    }

    fn settled(&mut self, done: bool) {
        self.create.settled(done);
    }
}

fn waiting<O: Order>(store: &Store, order: O) -> oneshot::Receiver<Result<O::Answer, StoreError>> {
    let (reply, answer) = oneshot::channel();
    post(&store.writer, order, reply);
    answer
}

async fn of<T>(answer: oneshot::Receiver<Result<T, StoreError>>) -> Result<T, StoreError> {
    tokio::time::timeout(PATIENCE, answer).await.unwrap().unwrap()
}

async fn receipt(store: &Store, n: u8) -> satchel_api::Receipt {
    store.receipt(id(n), &secret(3, n)).await.unwrap()
}

async fn content(store: &Store, n: u8, lease: u8) -> usize {
    let claimed = store
        .claim(id(n), &secret(1, n), &secret(2, n), &secret(lease, n))
        .await;
    let mut content = claimed.unwrap().content;
    let mut len = 0;
    while let Some(part) = content.next().await {
        len += part.unwrap().len();
    }
    len
}

#[test]
fn a_request_that_fails_after_it_wrote_leaves_nothing_and_the_others_of_its_batch_are_done_once() {
    let folder = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    runtime.block_on(async {
        let store = Store::open(Options::new(folder.path().join("data"))).unwrap();
        for (n, reads) in [(1, 2), (2, 1), (3, 1), (4, 1)] {
            store.create(paste(n, reads), vec![n; 100]).await.unwrap();
        }
        content(&store, 2, 9).await;
        let idle = store.shared.slots.idle();
        let (ran, leases) = (Arc::new(AtomicUsize::new(0)), store.shared.leases.count());
        let half = |create, at| Half {
            create,
            victim: id(4),
            at,
            ran: Arc::clone(&ran),
        };
        let create = |n| sealed(&store.shared, paste(n, 1), None, vec![n; 100]);
        let (first, second, third) = (create(10).await.ok(), create(11).await.ok(), create(12).await.ok());

        let ((entered, enters), (open, opens)) = (channel(), channel());
        let gate = waiting(&store, Gate { entered, open: opens });
        enters.recv_timeout(PATIENCE).unwrap();
        // Two claims of one paste: the second waits for the first, which takes two transactions. One that fails is in each of them.
        let created = waiting(&store, first.unwrap());
        let (one, other) = (waiting(&store, claim(1, 5)), waiting(&store, claim(1, 6)));
        let burned = waiting(
            &store,
            Burn {
                id: id(3),
                receipt: token(3, 3),
            },
        );
        let failed = [
            waiting(&store, half(second.unwrap(), 0)),
            waiting(&store, half(third.unwrap(), 1)),
        ];
        let confirmed = waiting(
            &store,
            Confirm {
                id: id(2),
                lease: token(9, 2),
            },
        );
        open.send(()).unwrap();
        of(gate).await.unwrap();

        for answer in failed {
            assert_eq!(of(answer).await.err(), Some(StoreError::OffsetMismatch { offset: 77 }));
        }
        assert_eq!(
            ran.load(Ordering::SeqCst),
            4,
            "each ran in a batch that was undone, and alone"
        );
        assert_eq!(of(created).await.unwrap().progress.offset, 100);
        assert_eq!(of(burned).await, Ok(BurnAnswer::Now));
        of(confirmed).await.unwrap();
        let mut left = [of(one).await.unwrap(), of(other).await.unwrap()].map(|let_in| let_in.leased.reads_left);
        left.sort_unstable();
        assert_eq!(left, [Some(0), Some(1)], "each claim used up one read");

        let claimed = receipt(&store, 1).await;
        assert_eq!((claimed.reads_used, claimed.leases_running), (2, 2));
        assert_eq!(store.shared.leases.count(), leases + 2 - 1);
        // 1, 4 and 10 live; the slots of 2, 3, 11 and 12 may be used again.
        assert_eq!((store.totals().items, store.totals().bytes), (3, 300));
        assert_eq!(store.shared.slots.idle(), idle - 1 + 2);
        for n in [11, 12] {
            assert_eq!(
                store.offset(id(n), &secret(3, n)).await.err(),
                Some(StoreError::NotFound)
            );
        }
        assert_eq!(content(&store, 4, 5).await, 100, "its key was not overwritten");
        assert_eq!(content(&store, 10, 5).await, 100);
        store.close();
    });
    let data = folder.path().join("data");
    let inspection = inspect(&data, &data.join("shred-keys"), false).unwrap();
    assert!(inspection.violations.is_empty(), "{:?}", inspection.violations);
}
