//! The power goes, and with it what a disk had only in its cache: any part of what was written and not yet synced, at sectors, names too. Promise 6.
//!
//! A record of the server's writes and syncs (`satchel_tests::volatile`) is cut at random moments; the real server starts on what may be left.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::HashSet;
use std::path::Path;
use std::sync::Mutex;

use satchel_tests::at_rest::{AtRest, keys_in};
use satchel_tests::documents::{Document, Link};
use satchel_tests::process::Server;
use satchel_tests::shim::Shim;
use satchel_tests::volatile::{Disk, moments};
use satchel_tests::wire::{Answer, Keys, Wire};
use satchel_tests::{Dice, count, files_below, noise, random};

const LARGE: usize = 300_000;
const PART: usize = 120_000;
const CLIENTS: usize = 4;
/// Pastes and documents of each client.
const ROUNDS: usize = 12;

/// Moments on the record: before something was sent, after it was answered. `u64::MAX` where it never was.
#[derive(Clone, Copy)]
struct Span {
    sent: u64,
    done: u64,
}

impl Span {
    const NEVER: Self = Self {
        sent: u64::MAX,
        done: u64::MAX,
    };

    fn of(shim: &Shim, act: impl FnOnce()) -> Self {
        let sent = shim.moment();
        act();
        let done = shim.moment();
        Self { sent, done }
    }

    /// Acknowledged before the cut.
    const fn is_done(self, cut: u64) -> bool {
        self.done <= cut
    }

    /// Nothing of it can be on a disk that was cut then.
    const fn is_to_come(self, cut: u64) -> bool {
        self.sent >= cut
    }
}

/// A paste, or a link, for one read.
struct Paste {
    keys: Keys,
    content: Vec<u8>,
    key: [u8; 32],
    /// So much of it, where it came in two pieces.
    part: Span,
    whole: Span,
    claimed: Span,
    lease: [u8; 32],
    burned: Span,
}

impl Paste {
    fn new(keys: Keys, content: Vec<u8>) -> Self {
        Self {
            keys,
            content,
            key: [0; 32],
            part: Span::NEVER,
            whole: Span::NEVER,
            claimed: Span::NEVER,
            lease: random(),
            burned: Span::NEVER,
        }
    }
}

/// One client's session: what it made, and when.
struct Client<'a> {
    shim: &'a Shim,
    wire: Wire,
    data: &'a Path,
    dice: Dice,
}

impl Client<'_> {
    fn make(&self, len: usize, in_pieces: bool) -> Paste {
        let mut paste = Paste::new(Keys::generate(), noise(len));
        let Paste { keys, content, .. } = &paste;
        if in_pieces {
            let part = Span::of(self.shim, || {
                let made = self.wire.create(keys, 1, len, &content[..PART]).unwrap();
                assert_eq!(made.status, 201);
            });
            let whole = Span::of(self.shim, || {
                assert_eq!(self.wire.patch(keys, PART, &content[PART..]).unwrap().status, 204);
            });
            (paste.part, paste.whole) = (part, whole);
        } else {
            paste.whole = Span::of(self.shim, || {
                assert_eq!(self.wire.create(keys, 1, len, content).unwrap().status, 201);
            });
        }
        paste.key = AtRest::read(self.data).item(&paste.keys.id, len).key;
        paste
    }

    fn read(&self, paste: &mut Paste) {
        let Paste {
            keys, content, lease, ..
        } = &*paste;
        let claimed = Span::of(self.shim, || {
            assert!(self.wire.claim(keys, lease).unwrap().body == *content);
        });
        paste.claimed = claimed;
    }

    fn end(&mut self, mut paste: Paste) -> Paste {
        match self.dice.roll(4) {
            0 => {}
            1 => {
                paste.burned = Span::of(self.shim, || {
                    assert_eq!(self.wire.burn(&paste.keys).unwrap().status, 204);
                });
            }
            2 => self.read(&mut paste),
            _ => {
                self.read(&mut paste);
                paste.burned = Span::of(self.shim, || {
                    assert_eq!(self.wire.confirm(&paste.keys, &paste.lease).unwrap().status, 204);
                });
            }
        }
        paste
    }

    /// A document with three links, the last of them made later: what came of each.
    fn share(&mut self) -> Vec<Paste> {
        let len = if self.dice.roll(2) == 0 { LARGE } else { 2000 };
        let (document, payload) = (Document::generate(), noise(len));
        let links: Vec<_> = (0..3).map(|_| Link::generate(1)).collect();
        assert_eq!(self.wire.create_document(&document, &payload).unwrap().status, 201);
        let made = |links: &[Link]| {
            Span::of(self.shim, || {
                assert_eq!(self.wire.make_links(&document, links).unwrap().status, 201);
            })
        };
        let (first, later) = (made(&links[..2]), made(&links[2..]));
        let mut pastes = Vec::new();
        for (link, whole) in links.iter().zip([first, first, later]) {
            let mut paste = Paste::new(link.keys.clone(), [&link.head[..], &payload].concat());
            paste.whole = whole;
            paste.key = AtRest::read(self.data).item(&link.keys.id, link.head.len()).key;
            pastes.push(paste);
        }
        match self.dice.roll(3) {
            0 => {
                let burned = Span::of(self.shim, || {
                    assert_eq!(self.wire.burn_document(&document).unwrap().status, 204);
                });
                pastes.iter_mut().for_each(|paste| paste.burned = burned);
            }
            1 => {
                self.read(&mut pastes[0]);
                pastes[1].burned = Span::of(self.shim, || {
                    assert_eq!(self.wire.burn_link(&document, 2).unwrap().status, 204);
                });
            }
            _ => {
                for (paste, number) in pastes.iter_mut().zip(1..) {
                    paste.burned = Span::of(self.shim, || {
                        assert_eq!(self.wire.burn_link(&document, number).unwrap().status, 204);
                    });
                }
            }
        }
        pastes
    }

    fn play(&mut self) -> Vec<Paste> {
        let mut pastes = Vec::new();
        for round in 0..ROUNDS {
            match round % 4 {
                3 => pastes.extend(self.share()),
                2 => {
                    let paste = self.make(LARGE, round % 8 == 2);
                    pastes.push(self.end(paste));
                }
                _ => {
                    let paste = self.make(1024, false);
                    pastes.push(self.end(paste));
                }
            }
        }
        pastes
    }
}

/// A server's whole life, from an empty folder on, with a clean stop in the middle.
struct Session {
    folder: tempfile::TempDir,
    record: Vec<u8>,
    pastes: Vec<Paste>,
}

impl Session {
    fn play(dice: &mut Dice) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        std::fs::create_dir(&data).unwrap();
        let shim = Shim::recording();
        let pastes = Mutex::new(Vec::new());
        for _ in 0..2 {
            let server = Server::start_behind(&shim, &data);
            std::thread::scope(|scope| {
                for _ in 0..CLIENTS {
                    let dice = Dice::new(dice.roll(u64::MAX));
                    let (shim, data, pastes) = (&shim, &data, &pastes);
                    let wire = Wire::new(server.url());
                    scope.spawn(move || {
                        let mut client = Client { shim, wire, data, dice };
                        let made = client.play();
                        pastes.lock().unwrap().extend(made);
                    });
                }
            });
            drop(server.stop());
        }
        Self {
            record: std::fs::read(shim.record()).unwrap(),
            pastes: pastes.into_inner().unwrap(),
            folder,
        }
    }

    fn data(&self) -> std::path::PathBuf {
        self.folder.path().join("data")
    }

    /// Cuts the power at `many` random moments, and looks at what is left.
    fn cut(&self, many: usize, deaf: &dyn Fn(&Path) -> bool, dice: &mut Dice) -> Harm {
        let moments = moments(&self.record);
        let any = u64::try_from(moments.len()).unwrap();
        let mut cuts: Vec<u64> = (0..many)
            .map(|_| moments[usize::try_from(dice.roll(any)).unwrap()])
            .collect();
        cuts.sort_unstable();
        let data = self.data();
        let mut disk = Disk::new(&self.record, &data, deaf);
        let mut harm = Harm::default();
        for cut in cuts {
            disk.play(cut);
            let after = tempfile::tempdir().unwrap();
            let left = after.path().join("data");
            disk.cut(dice, &left);
            harm.look(&left, self, cut);
        }
        harm
    }
}

/// What power cuts did to what had been acknowledged.
#[derive(Debug, Default, PartialEq, Eq)]
struct Harm {
    uploads: usize,
    uploads_lost: usize,
    claims: usize,
    claims_lost: usize,
    burns: usize,
    burns_back: usize,
    /// Shred keys of acknowledged burns that are still on the disk.
    keys_left: usize,
    /// Starts that were refused, and what the last one said.
    refused: usize,
    said: String,
}

impl Harm {
    const fn is_none(&self) -> bool {
        self.uploads_lost == 0
            && self.claims_lost == 0
            && self.burns_back == 0
            && self.keys_left == 0
            && self.refused == 0
    }

    fn look(&mut self, left: &Path, session: &Session, cut: u64) {
        let keys: HashSet<[u8; 32]> = files_below(left)
            .iter()
            .flat_map(|file| keys_in(&std::fs::read(file).unwrap()))
            .collect();
        let burned = session.pastes.iter().filter(|paste| paste.burned.is_done(cut));
        self.keys_left += burned.filter(|paste| keys.contains(&paste.key)).count();
        let server = match Server::try_start(left, &[]) {
            Ok(server) => server,
            Err(said) => {
                self.refused += 1;
                self.said = said;
                return;
            }
        };
        let wire = Wire::new(server.url());
        for paste in &session.pastes {
            self.look_at(paste, &wire, cut);
        }
    }

    fn look_at(&mut self, paste: &Paste, wire: &Wire, cut: u64) {
        let Paste {
            keys,
            content,
            part,
            whole,
            claimed,
            lease,
            burned,
            ..
        } = paste;
        // An answer that breaks off is none.
        let claim = || wire.claim(keys, &random()).ok();
        let is_whole = |answer: Option<Answer>| answer.is_some_and(|it| it.status == 200 && it.body == *content);
        let is_gone = |answer: Option<Answer>| answer.is_some_and(|it| it.status == 410);
        if burned.is_done(cut) {
            self.burns += 1;
            let gone = is_gone(wire.probe(keys).ok()) && is_gone(claim());
            self.burns_back += usize::from(!gone);
        } else if !burned.is_to_come(cut) {
            // It was on its way.
        } else if claimed.is_done(cut) {
            self.claims += 1;
            let kept = is_gone(claim()) && is_whole(wire.content(keys, lease).ok());
            self.claims_lost += usize::from(!kept);
        } else if !claimed.is_to_come(cut) {
            // Nobody knows.
        } else if whole.is_done(cut) {
            self.uploads += 1;
            self.uploads_lost += usize::from(!is_whole(claim()));
        } else if whole.is_to_come(cut) && part.is_done(cut) {
            self.uploads += 1;
            let stands = wire.offset(keys).unwrap();
            let there = stands.header("upload-offset") == Some(&PART.to_string())
                && wire.patch(keys, PART, &content[PART..]).unwrap().status == 204
                && is_whole(claim());
            self.uploads_lost += usize::from(!there);
        }
    }

    fn add(&mut self, other: Self) {
        self.uploads += other.uploads;
        self.uploads_lost += other.uploads_lost;
        self.claims += other.claims;
        self.claims_lost += other.claims_lost;
        self.burns += other.burns;
        self.burns_back += other.burns_back;
        self.keys_left += other.keys_left;
        self.refused += other.refused;
        self.said.push_str(&other.said);
    }
}

#[test]
fn a_power_cut_that_loses_the_disks_cache_loses_nothing_acknowledged() {
    let seed = u64::from_le_bytes(random());
    let mut dice = Dice::new(seed);
    let (sessions, cuts) = (count(1, 20), count(30, 50));
    let mut harm = Harm::default();
    for _ in 0..sessions {
        let session = Session::play(&mut dice);
        harm.add(session.cut(cuts, &|_| false, &mut dice));
    }
    assert!(harm.is_none(), "seed {seed}: {harm:?}");
    assert!(harm.uploads > 0 && harm.claims > 0 && harm.burns > 0);
    let Harm {
        uploads, claims, burns, ..
    } = harm;
    println!(
        "figure: power cuts that lose any part of what was not synced, acknowledged uploads lost: 0 of {uploads}, claims lost: 0 of {claims}, burns back or their shred keys on the disk: 0 of {burns}, in {} cuts",
        sessions * cuts
    );
}

#[test]
fn each_kind_of_sync_that_is_left_out_is_found_by_the_power_cut() {
    let mut dice = Dice::new(u64::from_le_bytes(random()));
    let session = Session::play(&mut dice);
    let cuts = count(10, 40);
    let ends = |what: &'static str| move |path: &Path| path.to_string_lossy().ends_with(what);
    let mut without = |deaf: &dyn Fn(&Path) -> bool| session.cut(cuts, deaf, &mut dice);
    let all = without(&|_| true);
    assert!(all.refused + all.uploads_lost > 0, "{all:?}");
    let log = without(&ends("-wal"));
    assert!(log.uploads_lost > 0 && log.claims_lost > 0, "{log:?}");
    let keys = without(&ends("shred-keys"));
    assert!(keys.keys_left > 0 || keys.refused > 0, "{keys:?}");
    let content = without(&|path| path.to_string_lossy().contains("/content/"));
    assert!(content.uploads_lost > 0, "{content:?}");
    let names = without(&ends("/content"));
    assert!(names.uploads_lost > 0, "{names:?}");
    for (what, harm) in [
        ("all syncs", all),
        ("those of the log", log),
        ("those of the shred keys", keys),
        ("those of large contents", content),
        ("those of their folder", names),
    ] {
        println!(
            "figure: the same without {what}: uploads lost {} of {}, claims lost {} of {}, burns back {} of {}, their shred keys on the disk {}, starts refused {} of {cuts}",
            harm.uploads_lost,
            harm.uploads,
            harm.claims_lost,
            harm.claims,
            harm.burns_back,
            harm.burns,
            harm.keys_left,
            harm.refused
        );
    }
}

#[test]
fn a_first_start_that_loses_power_leaves_a_folder_that_can_be_used() {
    let seed = u64::from_le_bytes(random());
    let (mut dice, cuts) = (Dice::new(seed), count(60, 1000));
    let folder = tempfile::tempdir().unwrap();
    let shim = Shim::recording();
    drop(Server::start_behind(&shim, folder.path()).stop());
    let record = std::fs::read(shim.record()).unwrap();
    let moments = moments(&record);
    for number in 0..cuts {
        let cut = moments[number * moments.len() / cuts];
        let mut disk = Disk::new(&record, folder.path(), &|_| false);
        disk.play(cut);
        let after = tempfile::tempdir().unwrap();
        let left = after.path().join("data");
        disk.cut(&mut dice, &left);
        let server = match Server::try_start(&left, &[]) {
            Ok(server) => server,
            Err(said) => panic!("seed {seed}, cut {number} at {cut}: {said}"),
        };
        let (wire, keys, content) = (Wire::new(server.url()), Keys::generate(), noise(2000));
        assert_eq!(wire.create(&keys, 1, content.len(), &content).unwrap().status, 201);
    }
    println!(
        "figure: first starts that lose power and any part of what was not synced, after which the next one serves: {cuts} of {cuts}"
    );
}
