//! Documents with several links while the server is killed under their owner and readers: each link is a paste of its own, an acknowledged burn of one never
//! comes back and leaves the others whole, and the payload is there as long as any of them.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Sender, channel};

use satchel_api::limit::LEASE_SERVED_TIMES_MAX;
use satchel_api::{DocumentReceipt, LinksMade, PasteState, Probed};
use satchel_tests::documents::{Document, Link};
use satchel_tests::history::shared::{SharedAct, check_shared};
use satchel_tests::history::{Act, Call, Saw};
use satchel_tests::process::Server;
use satchel_tests::runs::{Made, Runs, refused};
use satchel_tests::wire::{Answer, Lost, Wire, whole};
use satchel_tests::{Dice, count, noise, random};

const CLIENTS: u64 = 8;
const DOCUMENTS: usize = 4;
/// Links of each document, and how many of them are made before anything else.
const LINKS: usize = 4;
const MADE: usize = 2;
const CALLS: u64 = 20;
/// The most calls on one document, but for those that run when it is reached: the checker takes 64.
const CALLS_MAX: usize = 48;

struct Shared {
    document: Document,
    payload: Vec<u8>,
    links: Vec<Link>,
    /// What the server calls each link; 0 where nobody was told yet.
    numbers: Vec<AtomicU32>,
    calls: Mutex<Vec<Call<SharedAct>>>,
}

impl Shared {
    fn make(wire: &Wire, dice: &mut Dice) -> Self {
        let (document, payload) = (Document::generate(), noise(700));
        assert_eq!(wire.create_document(&document, &payload).unwrap().status, 201);
        let shared = Self {
            document,
            payload,
            links: (0..LINKS)
                .map(|_| Link::labelled(u32::try_from(1 + dice.roll(2)).unwrap()))
                .collect(),
            numbers: (0..LINKS).map(|_| AtomicU32::new(0)).collect(),
            calls: Mutex::default(),
        };
        for link in 0..MADE {
            assert!(shared.make_link(wire, link).unwrap() == Saw::Done);
        }
        shared
    }

    fn make_link(&self, wire: &Wire, link: usize) -> Result<Saw, Lost> {
        let answer = wire.make_links(&self.document, &self.links[link..=link])?;
        Ok(refused(&answer).unwrap_or_else(|| {
            let made: LinksMade = serde_json::from_slice(&answer.body).unwrap();
            let before = self.numbers[link].swap(made.links[0].number, Ordering::SeqCst);
            assert!(before == 0 || before == made.links[0].number, "a link keeps its number");
            Saw::Done
        }))
    }

    fn ask(&self, wire: &Wire, act: SharedAct) -> Result<Saw, Lost> {
        let done = |answer: &Answer| refused(answer).unwrap_or(Saw::Done);
        match act {
            SharedAct::Make(link) => self.make_link(wire, link),
            SharedAct::BurnAll => Ok(done(&wire.burn_document(&self.document)?)),
            SharedAct::Of(link, Act::Burn) => {
                let number = self.numbers[link].load(Ordering::SeqCst);
                Ok(done(&wire.burn_link(&self.document, number)?))
            }
            SharedAct::Of(link, act) => self.ask_link(wire, &self.links[link], act),
        }
    }

    fn ask_link(&self, wire: &Wire, link: &Link, act: Act) -> Result<Saw, Lost> {
        let lease = |number: u16| {
            let mut lease = [7; 32];
            lease[..2].copy_from_slice(&number.to_be_bytes());
            lease
        };
        let keys = &link.keys;
        // What was let in and then breaks off was let in: a burn takes the payload from under a reader, and so does a kill.
        let content = |response: ureq::http::Response<ureq::Body>, broken: Saw| {
            let status = response.status().as_u16();
            match whole(response) {
                Ok(answer) => refused(&answer).unwrap_or_else(|| {
                    assert!(answer.body == [&link.head[..], &self.payload].concat());
                    Saw::Content
                }),
                Err(_) if status < 400 => broken,
                Err(_) => Saw::Nothing,
            }
        };
        Ok(match act {
            Act::Claim(number) => content(wire.begin_claim(keys, &lease(number))?, Saw::Content),
            Act::Read(number) => content(wire.content_from(keys, &lease(number), 0)?, Saw::Nothing),
            Act::Confirm(number) => refused(&wire.confirm(keys, &lease(number))?).unwrap_or(Saw::Done),
            Act::Probe => {
                let answer = wire.probe(keys)?;
                refused(&answer).unwrap_or_else(|| {
                    let probed: Probed = serde_json::from_slice(&answer.body).unwrap();
                    Saw::ReadsLeft(probed.reads_left.unwrap())
                })
            }
            Act::Burn | Act::Expire => unreachable!("the owner and time do that"),
        })
    }

    /// The owner is told the same as the readers, and what the links are called.
    fn owner_is_told_right(&self, wire: &Wire, seen: &[Saw], what: &str) {
        let receipt: DocumentReceipt =
            serde_json::from_slice(&wire.document_receipt(&self.document).unwrap().body).unwrap();
        let lives = seen.iter().any(|saw| matches!(saw, Saw::ReadsLeft(_)));
        let state = if lives { PasteState::Stored } else { PasteState::Burned };
        assert_eq!(receipt.state, state, "{what}: it lives as long as a link: {seen:?}");
        for (link, saw) in seen.iter().enumerate() {
            // A link whose making nobody heard of has a line all the same.
            let number = self.numbers[link].load(Ordering::SeqCst);
            let Some(line) = receipt.links.iter().find(|line| line.number == number) else {
                assert!(number == 0, "{what}: a link of which somebody was told has a line");
                continue;
            };
            let burned = line.receipt.state == PasteState::Burned;
            assert_eq!(burned, *saw == Saw::Burned, "{what}");
            assert!(!lives || self.links[link].is_labelled_in(line), "{what}: its label");
            assert!(lives || line.label.is_none(), "{what}: labels go with the document");
        }
    }
}

struct World {
    documents: Vec<Shared>,
    runs: Runs,
}

impl World {
    /// Makes one call and notes what came of it. False when the server was killed.
    fn call(&self, wire: &Wire, run: usize, document: usize, act: SharedAct) -> bool {
        let shared = &self.documents[document];
        if shared.calls.lock().unwrap().len() >= CALLS_MAX {
            return true;
        }
        let made = self.runs.call(run, || shared.ask(wire, act));
        if made.reached_somebody() {
            note(shared, act, &made);
        }
        made.answered
    }
}

fn note(shared: &Shared, act: SharedAct, made: &Made) {
    let Made { saw, began, ended, .. } = *made;
    // A claim uses up a read and then reads: a burn that comes between the two leaves its holder with a lease that has ended.
    let steps = match (act, saw) {
        (SharedAct::Of(link, Act::Claim(lease)), Saw::LeaseEnded) => {
            vec![(act, Saw::Nothing), (SharedAct::Of(link, Act::Read(lease)), saw)]
        }
        _ => vec![(act, saw)],
    };
    let steps = steps.into_iter().map(|(act, saw)| Call { act, saw, began, ended });
    shared.calls.lock().unwrap().extend(steps);
}

/// A client's latest lease.
#[derive(Clone, Copy)]
struct Latest {
    document: usize,
    link: usize,
    lease: u16,
    /// How often it may have served the content.
    served: u64,
}

struct Client<'a> {
    world: &'a World,
    number: u64,
    dice: Dice,
    latest: Option<Latest>,
    fresh: u16,
}

impl Client<'_> {
    fn choose(&mut self) -> (usize, SharedAct) {
        let any = |dice: &mut Dice, sides: usize| usize::try_from(dice.roll(sides as u64)).unwrap();
        let (document, link) = (any(&mut self.dice, DOCUMENTS), any(&mut self.dice, LINKS));
        match (self.dice.roll(20), &mut self.latest) {
            (0..=5, _) => {
                self.fresh += 1;
                let lease = u16::try_from(self.number).unwrap() << 8 | self.fresh;
                self.latest = Some(Latest {
                    document,
                    link,
                    lease,
                    served: 1,
                });
                (document, SharedAct::Of(link, Act::Claim(lease)))
            }
            (what @ 6..=8, Some(latest)) if latest.served < LEASE_SERVED_TIMES_MAX => {
                latest.served += 1;
                let claims = what == 6;
                let act = if claims {
                    Act::Claim(latest.lease)
                } else {
                    Act::Read(latest.lease)
                };
                (latest.document, SharedAct::Of(latest.link, act))
            }
            (9..=11, Some(latest)) => (latest.document, SharedAct::Of(latest.link, Act::Confirm(latest.lease))),
            (12..=15, _) => (document, SharedAct::Make(link)),
            (16 | 17, _) if self.world.documents[document].numbers[link].load(Ordering::SeqCst) > 0 => {
                (document, SharedAct::Of(link, Act::Burn))
            }
            (18, _) if self.dice.roll(3) == 0 => (document, SharedAct::BurnAll),
            _ => (document, SharedAct::Of(link, Act::Probe)),
        }
    }

    fn play(&mut self, done: &Sender<()>) {
        let (mut run, url) = self.world.runs.now();
        let mut wire = Wire::new(&url);
        for _ in 0..CALLS {
            let (document, act) = self.choose();
            if !self.world.call(&wire, run, document, act) {
                let next = self.world.runs.now();
                (run, wire) = (next.0, Wire::new(&next.1));
            }
            // The killer may have gone.
            let _ = done.send(());
        }
    }
}

/// What one seed did: kills, calls, calls that a kill cut off.
#[derive(Default)]
struct Tally {
    kills: usize,
    calls: usize,
    cut_off: usize,
}

fn play(seed: u64, tally: &mut Tally) {
    let mut dice = Dice::new(seed);
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::start(folder.path());
    let wire = Wire::new(server.url());
    let world = World {
        documents: (0..DOCUMENTS).map(|_| Shared::make(&wire, &mut dice)).collect(),
        runs: Runs::of(server.url()),
    };
    let (done, dones) = channel();
    let _last = std::thread::scope(|scope| {
        for number in 0..CLIENTS {
            let (done, world) = (done.clone(), &world);
            let mut client = Client {
                world,
                number,
                dice: Dice::new(seed << 8 | number),
                latest: None,
                fresh: 0,
            };
            scope.spawn(move || client.play(&done));
        }
        drop(done);
        for _ in 0..=dice.roll(3) {
            let wanted = usize::try_from(10 + dice.roll(CLIENTS * CALLS / 4)).unwrap();
            if dones.iter().take(wanted).count() < wanted {
                break;
            }
            server.kill_at_once();
            world.runs.died();
            server = Server::start(folder.path());
            world.runs.restarted(server.url());
        }
        // Clients wait for nobody who is not there.
        for () in dones {}
        server
    });
    let (run, url) = world.runs.now();
    tally.kills += run;
    let wire = Wire::new(&url);
    for shared in &world.documents {
        verdict(seed, shared, &world.runs, (&wire, run), tally);
    }
}

fn verdict(seed: u64, shared: &Shared, runs: &Runs, (wire, run): (&Wire, usize), tally: &mut Tally) {
    let mut seen = Vec::new();
    for link in 0..LINKS {
        let act = SharedAct::Of(link, Act::Probe);
        let made = runs.call(run, || shared.ask(wire, act));
        note(shared, act, &made);
        seen.push(made.saw);
    }
    let calls = shared.calls.lock().unwrap();
    let reads: Vec<_> = shared.links.iter().map(|link| link.reads).collect();
    if let Err(violation) = check_shared(&reads, MADE, &calls) {
        panic!("seed {seed}, links for {reads:?} reads: {violation:#?}");
    }
    shared.owner_is_told_right(wire, &seen, &format!("seed {seed}"));
    tally.calls += calls.len();
    tally.cut_off += calls.iter().filter(|call| call.saw == Saw::Nothing).count();
    // Whoever can still claim gets all of it.
    for (link, saw) in shared.links.iter().zip(seen) {
        if matches!(saw, Saw::ReadsLeft(1..)) {
            let claimed = wire.claim(&link.keys, &random()).unwrap();
            assert!(claimed.status == 200 && claimed.body == [&link.head[..], &shared.payload].concat());
        }
    }
}

#[test]
fn every_history_of_a_document_and_its_links_can_be_explained_however_often_the_server_is_killed() {
    let seeds = count(20, 500);
    let mut tally = Tally::default();
    for seed in 0..seeds {
        play(seed as u64, &mut tally);
    }
    let Tally { kills, calls, cut_off } = tally;
    assert!(kills >= seeds && cut_off > 0, "kills come in the middle");
    println!(
        "figure: histories of documents with {LINKS} links, 8 clients and kill -9 that no document explains: 0 of {seeds} ({calls} calls, {kills} kills, {cut_off} calls cut off)"
    );
}
