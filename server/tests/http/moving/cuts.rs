//! Killed and cut off at random places, on either side: in the end each item opens once, on one of the two.

use std::path::Path;
use std::process::Child;
use std::sync::{Arc, Mutex};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use super::Places;
use super::way::{Proxy, Receiving, attempt, copied, hand_over, refuses_to_serve, said, wait_until};
use crate::documents;
use crate::harness::{Paste, Server, random, token};
use crate::operator::{json, stopped};

/// What is moved, and what becomes of it.
struct Stock {
    data: TempDir,
    live: Vec<Paste>,
    burned: Vec<Paste>,
    /// Reads are used up, and its lease runs.
    leased: (Paste, String),
    /// Bytes that a move takes.
    bytes: u64,
}

const SMALL: usize = 700;

/// Several batches: many small ones, and one that is longer than a batch.
fn stock() -> Stock {
    let server = Server::start();
    let live: Vec<Paste> = (0..SMALL)
        .map(|n| Paste::on(&server, 50 + n, 1))
        .chain([(19_000_000, 1), (200_000, 1), (400_000, 2)].map(|(len, reads)| {
            let paste = Paste::new(len, reads);
            assert_eq!(paste.create(&server, &[]).status, 201);
            assert_eq!(paste.patch(&server, 0, &paste.content, &[]).status, 204);
            paste
        }))
        .collect();
    let burned: Vec<Paste> = (0..20).map(|_| Paste::on(&server, 500, 1)).collect();
    for paste in &burned {
        documents::read(paste, &server);
    }
    let leased = (Paste::on(&server, 300_000, 1), token());
    assert_eq!(leased.0.claim(&server, &leased.1).status, 200);
    let mut stock = Stock {
        data: stopped(server),
        live,
        burned,
        leased,
        bytes: 0,
    };
    stock.bytes = measured(&stock);
    stock
}

fn measured(stock: &Stock) -> u64 {
    let (places, old, new) = (Places::new(), copied(stock.data.path()), TempDir::new().unwrap());
    let receiving = Receiving::start(new.path(), &places.key());
    let proxy = Proxy::start(receiving.address, 0, Box::new(|| ()));
    let output = hand_over(old.path(), proxy.address, &places.key())
        .wait_with_output()
        .unwrap();
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(receiving.ended().0, Some(0));
    stock.is_whole(new, true);
    proxy.passed()
}

impl Stock {
    /// Each opens once, what burned is gone, and the lease goes on.
    fn is_whole(&self, new: TempDir, all: bool) {
        let check = json(new.path(), &["check"]);
        assert_eq!(check["well"], true, "{check}");
        let server = Server::start_in(new, &[]);
        let stats = json(server.data.path(), &["stats"]);
        assert_eq!(stats["stored"], self.live.len() + 1);
        assert_eq!(stats["tombstones"], self.burned.len());
        let every = if all { 1 } else { 50 };
        let looked_at = self.live.iter().enumerate();
        for (_, paste) in looked_at.filter(|(n, _)| n % every == 0 || *n >= SMALL) {
            let answer = paste.claim(&server, &token());
            assert!(answer.status == 200 && answer.body == paste.content);
        }
        for paste in self.burned.iter().step_by(every.min(5)) {
            assert_eq!(paste.claim(&server, &token()).code(), "burned");
        }
        let (paste, lease) = &self.leased;
        assert!(paste.content(&server, lease, None).body == paste.content);
        assert_eq!(paste.confirm(&server, lease).status, 204);
    }
}

/// What happens on the way.
#[derive(Clone, Copy, Debug)]
enum Mishap {
    Cut,
    KillOld,
    KillNew,
    KillBoth,
}

fn dies(process: &Mutex<Option<Pid>>) {
    if let Some(pid) = *process.lock().unwrap() {
        let _ = kill_process(pid, Signal::KILL);
    }
}

fn suffer(stock: &Stock, mishap: Mishap, at: u64) {
    let (places, old, new) = (Places::new(), copied(stock.data.path()), TempDir::new().unwrap());
    let mut receiving = Receiving::start(new.path(), &places.key());
    let sender: Arc<Mutex<Option<Pid>>> = Arc::default();
    let receiver = Arc::new(Mutex::new(Some(Pid::from_child(&receiving.child))));
    let happening = {
        let (sender, receiver) = (Arc::clone(&sender), Arc::clone(&receiver));
        move || match mishap {
            Mishap::Cut => {}
            Mishap::KillOld => dies(&sender),
            Mishap::KillNew => dies(&receiver),
            Mishap::KillBoth => {
                dies(&sender);
                dies(&receiver);
            }
        }
    };
    let proxy = Proxy::start(receiving.address, at, Box::new(happening));
    let begin = || hand_over(old.path(), proxy.address, &places.key());
    let start = |child: Child| {
        *sender.lock().unwrap() = Some(Pid::from_child(&child));
        child
    };
    let mut output = start(begin()).wait_with_output().unwrap();
    for _ in 0..3 {
        only_one_has_it(old.path(), new.path());
        if output.status.success() {
            break;
        }
        // The one that was killed is started again; the one that is waiting waits.
        if receiving.child.try_wait().unwrap().is_some() || matches!(mishap, Mishap::KillNew | Mishap::KillBoth) {
            receiving.kill();
            receiving = Receiving::start(new.path(), &places.key());
            *proxy.target.lock().unwrap() = receiving.address;
        }
        output = start(begin()).wait_with_output().unwrap();
    }
    assert!(output.status.success(), "{mishap:?} at {at}: {}", said(&output));
    wait_until("it has moved in", || new.path().join("satchel.db").exists());
    if new.path().join("received").exists() {
        // The old one is done, and its last word was cut off: who waits for that would wait for a minute.
        receiving.kill();
    } else {
        let _ = receiving.child.wait();
    }
    only_one_has_it(old.path(), new.path());
    assert!(!old.path().join("shred-keys").exists() && !old.path().join("satchel.db").exists());
    stock.is_whole(new, false);
}

/// No server starts on the old folder; none on the new one as long as the old one has a key.
fn only_one_has_it(old: &Path, new: &Path) {
    let is_begun = old.join("moving").exists();
    let has_keys = old.join("shred-keys").exists();
    if is_begun {
        refuses_to_serve(old);
    }
    if has_keys {
        assert!(!new.join("satchel.db").exists(), "both could serve");
        if new.join("receiving/note").exists() {
            let why = said(&attempt(new, &["serve", "--listen", "127.0.0.1:0"]));
            assert!(
                why.contains("is being received") || why.contains("another server is using"),
                "{why}"
            );
        }
    }
    assert!(is_begun || has_keys);
}

#[test]
fn cut_and_killed_at_random_points_each_item_opens_once_and_nothing_comes_back() {
    let stock = stock();
    let points = if std::env::var_os("SATCHEL_LONG").is_some() {
        200
    } else {
        20
    };
    let mishaps = [Mishap::Cut, Mishap::KillOld, Mishap::KillNew, Mishap::KillBoth];
    for point in 0..points {
        let any = u64::from_be_bytes(random()) % stock.bytes;
        // The first and the last word are short, and matter most.
        let at = match point % 5 {
            0 => 1 + any % 1000,
            1 | 2 => stock.bytes - 1 - any % 1500,
            _ => 1 + any,
        };
        suffer(&stock, mishaps[point / 5 % 4], at);
    }
    println!(
        "figure: moves that were cut or killed at a random point: items that opened twice, were lost or came back: 0 in {points}"
    );
}
