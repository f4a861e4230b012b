//! A disk that is full or broken while the server starts, at each write, sync and name in turn: it serves, or ends with a sentence; and the next start
//! finds all that was acknowledged and nothing that was burned.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::path::Path;

use satchel_tests::documents::{Document, Link};
use satchel_tests::older::{Version, make_older};
use satchel_tests::process::{Ended, Server};
use satchel_tests::shim::{Shim, Trouble};
use satchel_tests::wire::{Answer, Keys, Wire};
use satchel_tests::{count, noise, random};

const LARGE: usize = 300_000;
/// What arrived of an upload that goes on later.
const HELD: usize = 100_000;

struct Paste {
    keys: Keys,
    content: Vec<u8>,
}

impl Paste {
    fn create(wire: &Wire, len: usize, reads: u32) -> Self {
        let (keys, content) = (Keys::generate(), noise(len));
        assert_eq!(wire.create(&keys, reads, len, &content).unwrap().status, 201);
        Self { keys, content }
    }

    fn is_whole_in(&self, answer: &Answer) -> bool {
        answer.status == 200 && answer.body == self.content
    }
}

/// A document whose second link was burned.
struct Shared {
    document: Document,
    links: Vec<Link>,
    payload: Vec<u8>,
}

/// What a store holds before it is started on a bad disk.
struct Stock {
    living: Vec<Paste>,
    /// With a running lease, and a read left.
    leased: (Paste, [u8; 32]),
    burned: Vec<Paste>,
    /// Its key is overwritten and its row alive: the kill came between.
    half_burned: Paste,
    unfinished: Paste,
    shared: Option<Shared>,
}

impl Stock {
    fn lay_in(data: &Path, with_document: bool) -> Self {
        let shim = Shim::default();
        let server = Server::start_behind(&shim, data);
        let wire = Wire::new(server.url());
        let living = [1024, LARGE].map(|len| Paste::create(&wire, len, 1)).into();
        let leased = (Paste::create(&wire, 2000, 2), random());
        assert!(leased.0.is_whole_in(&wire.claim(&leased.0.keys, &leased.1).unwrap()));
        let burned: Vec<_> = [2000, LARGE, 2000].map(|len| Paste::create(&wire, len, 1)).into();
        let (by_reads, on_demand) = burned.split_last().unwrap();
        for paste in on_demand {
            assert_eq!(wire.burn(&paste.keys).unwrap().status, 204);
        }
        let lease = random();
        assert!(by_reads.is_whole_in(&wire.claim(&by_reads.keys, &lease).unwrap()));
        assert_eq!(wire.confirm(&by_reads.keys, &lease).unwrap().status, 204);
        let (keys, content) = (Keys::generate(), noise(LARGE));
        assert_eq!(wire.create(&keys, 1, LARGE, &content[..HELD]).unwrap().status, 201);
        let unfinished = Paste { keys, content };
        let shared = with_document.then(|| Shared::make(&wire));
        let half_burned = Paste::create(&wire, LARGE, 1);
        shim.hold_syncs_of_keys(true);
        std::thread::scope(|scope| {
            let burn = scope.spawn(|| wire.burn(&half_burned.keys).is_ok());
            while shim.holding() == 0 {
                assert!(!burn.is_finished());
                std::thread::yield_now();
            }
            server.kill_at_once();
            assert!(!burn.join().unwrap());
        });
        Self {
            living,
            leased,
            burned,
            half_burned,
            unfinished,
            shared,
        }
    }

    /// On a server whose disk fails. Changes nothing.
    fn is_told_right(&self, wire: &Wire, what: &str) {
        let leased = &self.leased;
        for paste in self.living.iter().chain([&leased.0]) {
            assert_eq!(wire.probe(&paste.keys).unwrap().status, 200, "{what}");
        }
        assert!(
            leased.0.is_whole_in(&wire.content(&leased.0.keys, &leased.1).unwrap()),
            "{what}"
        );
        for paste in &self.burned {
            assert_eq!(wire.probe(&paste.keys).unwrap().status, 410, "{what}");
            assert_eq!(wire.claim(&paste.keys, &random()).unwrap().status, 410, "{what}");
        }
        let half = wire.claim(&self.half_burned.keys, &random()).unwrap().status;
        assert!([410, 503, 507].contains(&half), "{what}: {half}");
    }

    /// On a whole disk. Uses up what it finds.
    fn is_all_there(&self, wire: &Wire, what: &str) {
        self.is_told_right(wire, what);
        assert_eq!(wire.probe(&self.half_burned.keys).unwrap().status, 410, "{what}");
        for paste in self.living.iter().chain([&self.leased.0]) {
            let claimed = wire.claim(&paste.keys, &random()).unwrap();
            assert!(paste.is_whole_in(&claimed), "{what}: {}", claimed.status);
        }
        let Paste { keys, content } = &self.unfinished;
        let stands = wire.offset(keys).unwrap();
        assert_eq!(stands.header("upload-offset"), Some("100000"), "{what}");
        assert_eq!(wire.patch(keys, HELD, &content[HELD..]).unwrap().status, 204, "{what}");
        let claimed = wire.claim(keys, &random()).unwrap();
        assert!(self.unfinished.is_whole_in(&claimed), "{what}");
        if let Some(shared) = &self.shared {
            shared.is_all_there(wire, what);
        }
    }
}

impl Shared {
    fn make(wire: &Wire) -> Self {
        let (document, payload) = (Document::generate(), noise(LARGE));
        let links: Vec<_> = (0..3).map(|_| Link::generate(1)).collect();
        assert_eq!(wire.create_document(&document, &payload).unwrap().status, 201);
        assert_eq!(wire.make_links(&document, &links).unwrap().status, 201);
        assert_eq!(wire.burn_link(&document, 2).unwrap().status, 204);
        Self {
            document,
            links,
            payload,
        }
    }

    fn is_all_there(&self, wire: &Wire, what: &str) {
        assert_eq!(wire.probe(&self.links[1].keys).unwrap().status, 410, "{what}");
        for link in [&self.links[0], &self.links[2]] {
            let claimed = wire.claim(&link.keys, &random()).unwrap();
            assert!(
                claimed.status == 200 && claimed.body == [&link.head[..], &self.payload].concat(),
                "{what}"
            );
        }
        assert_eq!(wire.burn_document(&self.document).unwrap().status, 204, "{what}");
        for link in &self.links {
            assert_eq!(wire.probe(&link.keys).unwrap().status, 410, "{what}");
        }
    }
}

fn copy(from: &Path, to: &Path) {
    let copied = std::process::Command::new("cp").arg("-a").arg(from).arg(to).status();
    assert!(copied.unwrap().success());
}

/// What came of starts on bad disks.
#[derive(Default)]
struct Tally {
    served: usize,
    ended: usize,
    faults: u64,
}

/// A store that is started again and again, each time as it was.
struct Trial<'a> {
    /// For what is said when it fails.
    name: &'a str,
    data: &'a Path,
    /// None for an empty folder.
    stock: Option<&'a Stock>,
}

impl Trial<'_> {
    /// How many calls a start makes on a good disk.
    fn calls(&self) -> u64 {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        copy(self.data, &data);
        let shim = Shim::default();
        let server = Server::start_behind(&shim, &data);
        let calls = shim.calls();
        if let Some(stock) = self.stock {
            stock.is_all_there(&Wire::new(server.url()), self.name);
        }
        calls
    }

    /// Starts on a disk that fails `many` calls from the `nth` on.
    fn start(&self, nth: u64, many: u64, trouble: Trouble, tally: &mut Tally) {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        copy(self.data, &data);
        let what = format!("{}: {trouble:?}, {many} calls from the {nth}th", self.name);
        let shim = Shim::default();
        shim.fail(nth, many, trouble);
        let mut later = Vec::new();
        match Server::start_or_end(&data, &[], &shim.environment(&data)) {
            Ok(server) => {
                tally.served += 1;
                later.extend(self.serve(&server, &what));
                tally.faults += shim.heal();
                // Without a restart.
                later.push(Paste::create(&Wire::new(server.url()), LARGE, 1));
                server.kill_at_once();
            }
            Err(ended) => {
                tally.ended += 1;
                tally.faults += shim.heal();
                is_a_clear_end(&ended, &what);
            }
        }
        let server = Server::start(&data);
        let wire = Wire::new(server.url());
        if let Some(stock) = self.stock {
            stock.is_all_there(&wire, &what);
        }
        for paste in later {
            assert!(
                paste.is_whole_in(&wire.claim(&paste.keys, &random()).unwrap()),
                "{what}"
            );
        }
        Paste::create(&wire, 2000, 1);
        drop(server.stop());
    }

    /// What it acknowledges while its disk fails, if anything.
    fn serve(&self, server: &Server, what: &str) -> Option<Paste> {
        let wire = Wire::new(server.url());
        if let Some(stock) = self.stock {
            stock.is_told_right(&wire, what);
        }
        let (keys, content) = (Keys::generate(), noise(2000));
        let made = wire.create(&keys, 1, content.len(), &content).unwrap().status;
        assert!([201, 503, 507].contains(&made), "{what}: {made}");
        (made == 201).then_some(Paste { keys, content })
    }
}

fn is_a_clear_end(ended: &Ended, what: &str) {
    let Ended { said, code } = ended;
    assert_eq!(*code, Some(1), "{what}: {said}");
    assert!(!said.contains("panicked"), "{what}: {said}");
    let why = said.lines().filter(|line| line.starts_with("satchel-server: error: "));
    assert_eq!(why.clone().count(), 1, "{what}: {said}");
    assert!(
        why.clone().all(|line| line.contains(" cannot be used: ")),
        "{what}: it says what and why: {said}"
    );
}

fn survives(name: &str, data: &Path, stock: Option<&Stock>) {
    let trial = Trial { name, data, stock };
    let calls = trial.calls();
    assert!(calls > 10, "the shim sees the server's calls");
    let mut tally = Tally::default();
    let stride = count(9, 1);
    for (start, (trouble, many)) in [
        (Trouble::Full, 1),
        (Trouble::Broken, 1),
        (Trouble::Full, u64::MAX),
        (Trouble::Broken, u64::MAX),
    ]
    .into_iter()
    .enumerate()
    {
        // Reduced, each kind begins elsewhere.
        for nth in (1 + (start as u64 * 2) % stride as u64..=calls).step_by(stride) {
            trial.start(nth, many, trouble, &mut tally);
        }
    }
    let Tally { served, ended, faults } = tally;
    assert!(served > 0 && ended > 0 && faults > 0, "{served} {ended} {faults}");
    println!(
        "figure: starts on a disk that is full or broken from one of their calls on, once or for good, {name}, that lost or brought back anything or gave no reason: 0 of {} ({calls} calls; {served} served, {ended} ended)",
        served + ended
    );
}

#[test]
fn a_first_start_on_a_bad_disk_leaves_a_folder_that_can_be_used() {
    let folder = tempfile::tempdir().unwrap();
    survives("in an empty folder", folder.path(), None);
}

#[test]
fn a_first_start_that_fails_while_it_makes_its_database_is_made_up_for() {
    let folder = tempfile::tempdir().unwrap();
    let trial = Trial {
        name: "in an empty folder",
        data: folder.path(),
        stock: None,
    };
    let mut tally = Tally::default();
    for nth in 5..=16 {
        trial.start(nth, u64::MAX, Trouble::Broken, &mut tally);
    }
    assert!(tally.ended == 12, "{} ended", tally.ended);
}

#[test]
fn a_start_that_cannot_open_a_file_once_does_not_refuse_writes_for_ever() {
    let folder = tempfile::tempdir().unwrap();
    Server::start(folder.path()).kill_at_once();
    let trial = Trial {
        name: "empty, killed",
        data: folder.path(),
        stock: None,
    };
    let mut tally = Tally::default();
    // Among them is the file that SQLite's connections share, which it opens for reading where it cannot for writing.
    for nth in 1..=20 {
        trial.start(nth, 1, Trouble::Broken, &mut tally);
    }
    assert!(tally.served > 0 && tally.ended > 0);
}

#[test]
fn a_start_on_a_bad_disk_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let stock = Stock::lay_in(folder.path(), true);
    survives("with items", folder.path(), Some(&stock));
}

fn migrates(version: Version, name: &str) {
    let folder = tempfile::tempdir().unwrap();
    let stock = Stock::lay_in(folder.path(), version != Version::First);
    make_older(folder.path(), version);
    survives(name, folder.path(), Some(&stock));
}

#[test]
fn a_store_of_version_1_loses_nothing_when_the_disk_is_bad_while_it_is_brought_up_to_date() {
    migrates(Version::First, "of version 1");
}

#[test]
fn a_store_of_version_2_loses_nothing_when_the_disk_is_bad_while_it_is_brought_up_to_date() {
    migrates(Version::Second, "of version 2");
}
