//! What clients see of pastes while the server is killed under them, checked against a sequential paste: promises 3, 4 and 5.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::sync::Mutex;
use std::sync::mpsc::{Sender, channel};

use satchel_api::Probed;
use satchel_api::limit::LEASE_SERVED_TIMES_MAX;
use satchel_tests::history::{Act, Call, Saw, check};
use satchel_tests::process::Server;
use satchel_tests::runs::{Made, Runs, refused};
use satchel_tests::shim::Shim;
use satchel_tests::wire::{Answer, Keys, Lost, Wire};
use satchel_tests::{Dice, count, noise};

const CLIENTS: u64 = 8;
const PASTES: u64 = 5;
/// Each client's calls, before the last look.
const CALLS: u64 = 20;
/// The most calls on one paste, but for those that run when it is reached: the checker takes 64.
const CALLS_MAX: usize = 48;
const CONTENT_LEN: usize = 700;

struct Paste {
    keys: Keys,
    content: Vec<u8>,
    reads: u32,
    calls: Mutex<Vec<Call>>,
}

struct World {
    pastes: Vec<Paste>,
    runs: Runs,
}

impl World {
    /// Makes one call and notes what came of it. False when the server was killed.
    fn call(&self, wire: &Wire, run: usize, paste: &Paste, act: Act) -> bool {
        if paste.calls.lock().unwrap().len() >= CALLS_MAX {
            return true;
        }
        let made = self.runs.call(run, || ask(wire, paste, act));
        if made.reached_somebody() {
            let Made { saw, began, ended, .. } = made;
            let mut calls = paste.calls.lock().unwrap();
            calls.extend(steps_of(act, saw).map(|(act, saw)| Call { act, saw, began, ended }));
        }
        made.answered
    }
}

/// A claim uses up a read and then reads: a burn that comes between the two leaves its holder with a lease that has ended.
fn steps_of(act: Act, saw: Saw) -> impl Iterator<Item = (Act, Saw)> {
    match (act, saw) {
        (Act::Claim(lease), Saw::LeaseEnded) => vec![(act, Saw::Nothing), (Act::Read(lease), saw)],
        _ => vec![(act, saw)],
    }
    .into_iter()
}

fn ask(wire: &Wire, paste: &Paste, act: Act) -> Result<Saw, Lost> {
    let Paste { keys, content, .. } = paste;
    let lease = |number: u16| {
        let mut lease = [7; 32];
        lease[..2].copy_from_slice(&number.to_be_bytes());
        lease
    };
    let whole = |answer: Answer| {
        assert!(
            answer.status >= 400 || answer.body == *content,
            "content is whole or an error"
        );
        refused(&answer).unwrap_or(Saw::Content)
    };
    Ok(match act {
        Act::Claim(number) => whole(wire.claim(keys, &lease(number))?),
        Act::Read(number) => whole(wire.content(keys, &lease(number))?),
        Act::Confirm(number) => refused_or_done(&wire.confirm(keys, &lease(number))?),
        Act::Burn => refused_or_done(&wire.burn(keys)?),
        Act::Probe => {
            let answer = wire.probe(keys)?;
            refused(&answer).unwrap_or_else(|| {
                let probed: Probed = serde_json::from_slice(&answer.body).unwrap();
                Saw::ReadsLeft(probed.reads_left.unwrap())
            })
        }
        Act::Expire => unreachable!("time does that"),
    })
}

fn refused_or_done(answer: &Answer) -> Saw {
    refused(answer).unwrap_or(Saw::Done)
}

/// A client's latest lease.
struct Latest {
    paste: usize,
    lease: u16,
    /// How often it may have served the content.
    served: u64,
}

/// What a client does next: mostly the way of a reader, sometimes anything. A lease is never asked for more than it serves, which
/// ends it: that is counted in memory, and so begins anew with each run.
fn choose(dice: &mut Dice, client: u64, latest: &mut Option<Latest>, fresh: &mut u16) -> (usize, Act) {
    let any = usize::try_from(dice.roll(PASTES)).unwrap();
    match (dice.roll(20), latest) {
        (0..=6, latest) => {
            *fresh += 1;
            let lease = u16::try_from(client).unwrap() << 8 | *fresh;
            *latest = Some(Latest {
                paste: any,
                lease,
                served: 1,
            });
            (any, Act::Claim(lease))
        }
        (what @ 7..=11, Some(latest)) if latest.served < LEASE_SERVED_TIMES_MAX => {
            latest.served += 1;
            let claims = what < 9;
            let act = if claims {
                Act::Claim(latest.lease)
            } else {
                Act::Read(latest.lease)
            };
            (latest.paste, act)
        }
        (12..=14, Some(latest)) => (latest.paste, Act::Confirm(latest.lease)),
        // A lease of another paste.
        (15, Some(latest)) if latest.paste != any => (any, Act::Read(latest.lease)),
        (16, _) => (any, Act::Burn),
        _ => (any, Act::Probe),
    }
}

fn client(world: &World, seed: u64, client: u64, done: &Sender<()>) {
    let mut dice = Dice::new(seed << 8 | client);
    let (mut latest, mut fresh) = (None, 0);
    let (mut run, url) = world.runs.now();
    let mut wire = Wire::new(&url);
    for _ in 0..CALLS {
        let (paste, act) = choose(&mut dice, client, &mut latest, &mut fresh);
        if !world.call(&wire, run, &world.pastes[paste], act) {
            let next = world.runs.now();
            (run, wire) = (next.0, Wire::new(&next.1));
        }
        // The killer may have gone.
        let _ = done.send(());
    }
}

fn pastes(wire: &Wire, dice: &mut Dice) -> Vec<Paste> {
    let make = |number: u64| {
        let (keys, content) = (Keys::generate(), noise(CONTENT_LEN));
        let reads = u32::try_from(1 + dice.roll(3)).unwrap();
        // Some are still there after the time has gone on, some are not.
        let expires_in = if number.is_multiple_of(2) { 60 } else { 7 * 24 * 3600 };
        let made = wire
            .create_for(&keys, (reads, expires_in), content.len(), &content)
            .unwrap();
        assert_eq!(made.status, 201);
        Paste {
            keys,
            content,
            reads,
            calls: Mutex::default(),
        }
    };
    (0..PASTES).map(make).collect()
}

/// What one seed did: kills, calls, calls that a kill cut off.
struct Tally {
    kills: usize,
    calls: usize,
    cut_off: usize,
}

fn play(seed: u64) -> Tally {
    let mut dice = Dice::new(seed);
    let folder = tempfile::tempdir().unwrap();
    let shim = Shim::default();
    let mut server = Server::start_behind(&shim, folder.path());
    let world = World {
        pastes: pastes(&Wire::new(server.url()), &mut dice),
        runs: Runs::of(server.url()),
    };
    let (done, dones) = channel();
    let kills = usize::try_from(1 + dice.roll(3)).unwrap();
    let _last = std::thread::scope(|scope| {
        for number in 0..CLIENTS {
            let (done, world) = (done.clone(), &world);
            scope.spawn(move || client(world, seed, number, &done));
        }
        drop(done);
        for kill in 0..kills {
            let wanted = usize::try_from(10 + dice.roll(CLIENTS * CALLS / 4)).unwrap();
            let reached = dones.iter().take(wanted).count();
            if reached < wanted {
                break;
            }
            if kill == kills / 2 && dice.roll(2) == 0 {
                expire(&world, &shim);
            }
            server.kill_at_once();
            world.runs.died();
            server = Server::start_behind(&shim, folder.path());
            world.runs.restarted(server.url());
        }
        // Clients wait for nobody who is not there.
        for () in dones {}
        server
    });
    let (run, url) = world.runs.now();
    let wire = Wire::new(&url);
    for paste in &world.pastes {
        world.call(&wire, run, paste, Act::Probe);
    }
    verdict(seed, world, run)
}

/// Seven minutes go by in one step: more than the short-lived have, and not so many that the clock is doubted.
fn expire(world: &World, shim: &Shim) {
    let began = world.runs.moment();
    shim.set_wall_offset(420);
    let ended = world.runs.moment();
    for paste in world.pastes.iter().step_by(2) {
        let (act, saw) = (Act::Expire, Saw::Done);
        paste.calls.lock().unwrap().push(Call { act, saw, began, ended });
    }
}

fn verdict(seed: u64, world: World, kills: usize) -> Tally {
    let mut tally = Tally {
        kills,
        calls: 0,
        cut_off: 0,
    };
    for paste in world.pastes {
        let calls = paste.calls.into_inner().unwrap();
        if let Err(violation) = check(paste.reads, &calls) {
            panic!("seed {seed}, a paste for {} reads: {violation:#?}", paste.reads);
        }
        tally.calls += calls.len();
        tally.cut_off += calls.iter().filter(|call| call.saw == Saw::Nothing).count();
    }
    tally
}

#[test]
fn every_history_can_be_explained_however_often_the_server_is_killed() {
    let seeds = count(30, 500);
    let (mut kills, mut calls, mut cut_off) = (0, 0, 0);
    for seed in 0..seeds {
        let tally = play(seed as u64);
        kills += tally.kills;
        calls += tally.calls;
        cut_off += tally.cut_off;
    }
    assert!(kills >= seeds && cut_off > 0, "kills come in the middle");
    println!(
        "figure: histories of 8 clients with kill -9 that no paste explains: 0 of {seeds} ({calls} calls, {kills} kills, {cut_off} calls cut off)"
    );
}
