//! The power goes, and with it what a disk had only in its cache: any part of what was written and not yet synced, at sectors, names too. Promise 6.
//!
//! A record of the server's writes and syncs (`satchel_tests::volatile`) is cut at random moments; the real server starts on what may be left.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod session;

use std::collections::HashSet;
use std::path::Path;

use satchel_tests::at_rest::keys_in;
use satchel_tests::process::Server;
use satchel_tests::shim::Shim;
use satchel_tests::volatile::{Disk, moments};
use satchel_tests::wire::{Answer, Keys, Wire};
use satchel_tests::{Dice, count, files_below, noise, random};

use session::{PART, Paste, Session};

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

/// Cuts the power at `many` random moments, and looks at what is left.
fn cut_power(session: &Session, many: usize, deaf: &dyn Fn(&Path) -> bool, dice: &mut Dice) -> Harm {
    let moments = moments(&session.record);
    let any = u64::try_from(moments.len()).unwrap();
    let mut cuts: Vec<u64> = (0..many)
        .map(|_| moments[usize::try_from(dice.roll(any)).unwrap()])
        .collect();
    cuts.sort_unstable();
    let data = session.data();
    let mut disk = Disk::new(&session.record, &data, deaf);
    let mut harm = Harm::default();
    for cut in cuts {
        disk.play(cut);
        let after = tempfile::tempdir().unwrap();
        let left = after.path().join("data");
        disk.cut(dice, &left);
        harm.look(&left, session, cut);
    }
    harm
}

#[test]
fn a_power_cut_that_loses_the_disks_cache_loses_nothing_acknowledged() {
    let seed = u64::from_le_bytes(random());
    let mut dice = Dice::new(seed);
    let (sessions, cuts) = (count(1, 20), count(30, 50));
    let mut harm = Harm::default();
    for _ in 0..sessions {
        let session = Session::play(&mut dice);
        harm.add(cut_power(&session, cuts, &|_| false, &mut dice));
    }
    assert!(harm.is_none(), "seed {seed}: {harm:?}");
    assert!(harm.uploads > 0 && harm.claims > 0 && harm.burns > 0);
    let Harm {
        uploads, claims, burns, ..
    } = harm;
    println!(
        "figure: power cuts that lose any part of what was not synced, acknowledged uploads lost, claims lost, burns back or with their shred key on the disk: 0 of {uploads}, 0 of {claims}, 0 of {burns}, in {} cuts",
        sessions * cuts
    );
}

#[test]
fn each_kind_of_sync_that_is_left_out_is_found_by_the_power_cut() {
    let mut dice = Dice::new(u64::from_le_bytes(random()));
    let session = Session::play(&mut dice);
    let cuts = count(10, 40);
    let ends = |what: &'static str| move |path: &Path| path.to_string_lossy().ends_with(what);
    // In some cuts nothing happens to be lost.
    let mut without = |deaf: &dyn Fn(&Path) -> bool, shows: fn(&Harm) -> bool| {
        let mut harm = Harm::default();
        for _ in 0..8 {
            harm.add(cut_power(&session, cuts, deaf, &mut dice));
            if shows(&harm) {
                return harm;
            }
        }
        panic!("nobody would notice: {harm:?}")
    };
    let all = without(&|_| true, |harm| harm.uploads_lost > 0 && harm.burns_back > 0);
    let log = without(&ends("-wal"), |harm| {
        harm.uploads_lost > 0 && harm.claims_lost > 0 && harm.burns_back > 0
    });
    let keys = without(&ends("shred-keys"), |harm| harm.keys_left > 0 && harm.refused > 0);
    let content = without(&|path| path.to_string_lossy().contains("/content/"), |harm| {
        harm.uploads_lost > 0
    });
    let names = without(&ends("/content"), |harm| harm.uploads_lost > 0);
    for (what, harm) in [
        ("all syncs", all),
        ("those of the log", log),
        ("those of the shred keys", keys),
        ("those of large contents", content),
        ("those of their folder", names),
    ] {
        println!(
            "figure: power cuts that lose any part of what was not synced, without {what}: uploads lost {} of {}, claims lost {} of {}, burns back {} of {}, their shred keys on the disk {}, starts refused {}",
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
