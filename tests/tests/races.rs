//! Many readers of one paste at the same moment: promise 4.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use satchel_api::{Code, Problem};
use satchel_tests::held::Line;
use satchel_tests::process::Server;
use satchel_tests::wire::{Keys, Wire};
use satchel_tests::{contains, count, noise, random};

const READERS: usize = 32;
/// Of these, so many have a wrong passphrase where there is one: fewer than make everybody wait.
const WRONG: usize = 8;

/// A crowd, each with a connection and a lease of its own.
struct Crowd {
    lines: Vec<Line>,
    wrong: usize,
}

/// What came of one race.
#[derive(Default)]
struct Race {
    winners: Vec<[u8; 32]>,
    refused: usize,
}

impl Crowd {
    fn at(server: &Server, wrong: usize) -> Self {
        let lines = (0..READERS).map(|_| Line::connect(server.url())).collect();
        Self { lines, wrong }
    }

    /// All of them claim `keys`: every request is there but for its last byte, and then the last bytes go out in one burst.
    fn race(&mut self, keys: &Keys, content: &[u8]) -> Race {
        let guess = Keys {
            claim: random(),
            ..keys.clone()
        };
        // Those with a wrong passphrase stand among the others.
        let every = READERS.checked_div(self.wrong).unwrap_or(usize::MAX);
        let mut leases = Vec::new();
        for (at, line) in self.lines.iter_mut().enumerate() {
            let (lease, knows) = (random(), !(at + 1).is_multiple_of(every));
            line.hold_back_claim(if knows { keys } else { &guess }, &lease);
            leases.push((lease, knows));
        }
        self.lines.iter_mut().for_each(Line::let_go);
        let mut race = Race::default();
        for (line, (lease, knows)) in self.lines.iter_mut().zip(leases) {
            let heard = line.hear();
            if heard.status == 200 {
                assert!(knows, "a wrong passphrase opens nothing");
                assert!(heard.body == content, "who wins gets all of it");
                race.winners.push(lease);
                continue;
            }
            assert!(!contains(&heard.body, &content[..64]), "who loses gets nothing");
            let problem: Problem = serde_json::from_slice(&heard.body).unwrap();
            match (problem.code, knows) {
                (Code::Burned, _) => {}
                (Code::WrongPassphrase, false) => race.refused += 1,
                (code, _) => panic!("{code:?}: who loses is told that it is gone"),
            }
        }
        race
    }
}

/// One reader of [`READERS`] gets each of `pastes`, however many of the others do not know the passphrase.
fn race(pastes: usize, len: usize, wrong: usize) {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let wire = Wire::new(server.url());
    let mut crowd = Crowd::at(&server, wrong);
    let mut refused = 0;
    for _ in 0..pastes {
        let (keys, content) = (Keys::generate(), noise(len));
        assert_eq!(wire.create(&keys, 1, len, &content).unwrap().status, 201);
        let race = crowd.race(&keys, &content);
        assert_eq!(race.winners.len(), 1, "never two, never none");
        assert_eq!(wire.confirm(&keys, &race.winners[0]).unwrap().status, 204);
        refused += race.refused;
    }
    // Of a few races the winner may have been first in all.
    assert!(wrong > 0 || refused == 0, "nobody was refused who knew the passphrase");
    assert!(
        wrong == 0 || pastes < 100 || refused > 0,
        "some of the wrong ones came before the winner"
    );
    let with = if wrong > 0 { "with" } else { "without" };
    println!(
        "figure: {READERS} readers at one moment of one paste of {len} bytes {with} a passphrase, pastes with exactly one winner: {pastes} of {pastes}"
    );
}

#[test]
fn one_of_32_readers_gets_a_small_paste() {
    race(count(100, 10_000), 1024, 0);
}

#[test]
fn one_of_32_readers_gets_a_small_paste_with_a_passphrase() {
    race(count(100, 10_000), 1024, WRONG);
}

#[test]
fn one_of_32_readers_gets_a_large_paste() {
    race(count(10, 500), 2 << 20, 0);
}

#[test]
fn one_of_32_readers_gets_a_large_paste_with_a_passphrase() {
    race(count(10, 500), 2 << 20, WRONG);
}

#[test]
fn three_reads_go_to_three_of_32_readers() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let wire = Wire::new(server.url());
    let mut crowd = Crowd::at(&server, 0);
    for _ in 0..count(5, 50) {
        let (keys, content) = (Keys::generate(), noise(5000));
        assert_eq!(wire.create(&keys, 3, content.len(), &content).unwrap().status, 201);
        assert_eq!(crowd.race(&keys, &content).winners.len(), 3);
    }
}

#[test]
fn a_claim_repeated_at_the_same_time_with_one_lease_costs_one_read() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let wire = Wire::new(server.url());
    let keys = Keys::generate();
    let content = noise(6000);
    assert_eq!(wire.create(&keys, 2, content.len(), &content).unwrap().status, 201);
    let lease = random();
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                let answer = Wire::new(server.url()).claim(&keys, &lease).unwrap();
                assert_eq!((answer.status, answer.body == content), (200, true));
            });
        }
    });
    let receipt: satchel_api::Receipt = serde_json::from_slice(&wire.receipt(&keys).unwrap().body).unwrap();
    assert_eq!((receipt.reads_left, receipt.leases_running), (Some(1), 1));
}
