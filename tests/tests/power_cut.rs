//! The power goes: what a disk holds at one instant, its journal played back, is all that is left. Promise 6.
//!
//! The server's disk is an image on an xfs, which copies it as of one instant while the server goes on (see `Image::as_of_now`).
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Sender, channel};

use satchel_tests::image::{Image, Kind, Mounted, possible};
use satchel_tests::process::Server;
use satchel_tests::shim::Shim;
use satchel_tests::wire::{Keys, Wire};
use satchel_tests::{Dice, count, noise, random};

/// What a client was told of a paste.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Told {
    Stored,
    /// A claim or a burn was sent.
    Touched,
    Burned,
}

#[derive(Clone)]
struct Paste {
    keys: Keys,
    content: Vec<u8>,
    told: Told,
}

/// A disk with a server's data on it, on the xfs that holds its image.
struct Bench {
    // Dropped in this order: the disk before what it lies on.
    disk: Mounted,
    image: Image,
    shelf: Mounted,
    _folder: tempfile::TempDir,
}

impl Bench {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let shelf =
            Image::make(Kind::Xfs, &folder.path().join("shelf.img"), 2 << 30).mount(&folder.path().join("shelf"));
        let image = Image::make(Kind::Ext4, &shelf.folder().join("disk.img"), 256 << 20);
        let disk = image.mount(&folder.path().join("disk"));
        std::fs::create_dir(disk.folder().join("data")).unwrap();
        Self {
            disk,
            image,
            shelf,
            _folder: folder,
        }
    }

    fn data(&self) -> std::path::PathBuf {
        self.disk.folder().join("data")
    }

    /// The power goes now.
    fn cut(&self) -> Image {
        self.image.as_of_now(&self.shelf.folder().join("cut.img"))
    }

    /// A server on what a cut left.
    fn after<T>(&self, cut: &Image, look: impl FnOnce(&Wire) -> T) -> T {
        let mounted = cut.mount(&self.shelf.folder().join("after"));
        let server = Server::start(&mounted.folder().join("data"));
        let seen = look(&Wire::new(server.url()));
        server.kill_at_once();
        mounted.unmount();
        std::fs::remove_file(cut.file()).unwrap();
        seen
    }
}

/// Uploads, reads and burns until it is told to stop. What is sent is noted before, what is acknowledged after.
fn load(url: &str, seed: u64, pastes: &Mutex<Vec<Paste>>, stop: &AtomicBool, acknowledged: &Sender<()>) {
    let (wire, mut dice) = (Wire::new(url), Dice::new(seed));
    while !stop.load(Ordering::Relaxed) {
        let len = if dice.roll(8) == 0 { 300_000 } else { 1024 };
        let (keys, content) = (Keys::generate(), noise(len));
        assert_eq!(wire.create(&keys, 1, len, &content).unwrap().status, 201);
        let paste = Paste {
            keys: keys.clone(),
            content,
            told: Told::Stored,
        };
        let at = {
            let mut pastes = pastes.lock().unwrap();
            pastes.push(paste);
            pastes.len() - 1
        };
        let _ = acknowledged.send(());
        let tell = |told| pastes.lock().unwrap()[at].told = told;
        match dice.roll(3) {
            0 => {}
            1 => {
                tell(Told::Touched);
                assert_eq!(wire.burn(&keys).unwrap().status, 204);
                tell(Told::Burned);
            }
            _ => {
                let lease = random();
                tell(Told::Touched);
                assert_eq!(wire.claim(&keys, &lease).unwrap().status, 200);
                assert_eq!(wire.confirm(&keys, &lease).unwrap().status, 204);
                tell(Told::Burned);
            }
        }
        let _ = acknowledged.send(());
    }
}

/// Cuts the power once under load; what was acknowledged before, and for what is stored, not touched until after it.
fn cut_under_load(bench: &Bench, url: &str, dice: &mut Dice) -> (Image, Vec<Paste>) {
    let (pastes, stop) = (Mutex::new(Vec::new()), AtomicBool::new(false));
    let (acknowledged, acknowledgements) = channel();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            let (pastes, stop, acknowledged, seed) = (&pastes, &stop, acknowledged.clone(), dice.roll(u64::MAX));
            scope.spawn(move || load(url, seed, pastes, stop, &acknowledged));
        }
        drop(acknowledged);
        let wanted = usize::try_from(20 + dice.roll(60)).unwrap();
        assert_eq!(acknowledgements.iter().take(wanted).count(), wanted);
        let mut before: Vec<Paste> = pastes.lock().unwrap().clone();
        let cut = bench.cut();
        let after = pastes.lock().unwrap();
        for (paste, after) in before.iter_mut().zip(after.iter()) {
            if paste.told == Told::Stored && after.told != Told::Stored {
                paste.told = Told::Touched;
            }
        }
        drop(after);
        stop.store(true, Ordering::Relaxed);
        (cut, before)
    })
}

/// How many uploads are lost and how many burns are back.
fn harm(wire: &Wire, pastes: &[Paste]) -> (usize, usize) {
    let (mut lost, mut back) = (0, 0);
    for paste in pastes {
        match paste.told {
            Told::Stored => {
                let answer = wire.claim(&paste.keys, &random()).unwrap();
                lost += usize::from(answer.status != 200 || answer.body != paste.content);
            }
            Told::Burned => {
                let gone = wire.probe(&paste.keys).unwrap().status == 410;
                back += usize::from(!gone || wire.claim(&paste.keys, &random()).unwrap().status != 410);
            }
            Told::Touched => {}
        }
    }
    (lost, back)
}

const DISKS: [Kind; 2] = [Kind::Xfs, Kind::Ext4];

#[test]
fn a_power_cut_loses_no_acknowledged_upload_and_undoes_no_acknowledged_burn() {
    if !possible("power cuts", &DISKS) {
        return;
    }
    let bench = Bench::new();
    let server = Server::start(&bench.data());
    let seed = u64::from_le_bytes(random());
    let (mut dice, cuts) = (Dice::new(seed), count(8, 200));
    let (mut uploads, mut burns) = (0, 0);
    for number in 0..cuts {
        let (cut, told) = cut_under_load(&bench, server.url(), &mut dice);
        let harm = bench.after(&cut, |wire| harm(wire, &told));
        assert_eq!(harm, (0, 0), "uploads lost, burns back: seed {seed}, cut {number}");
        uploads += told.iter().filter(|paste| paste.told == Told::Stored).count();
        burns += told.iter().filter(|paste| paste.told == Told::Burned).count();
    }
    assert!(uploads > 0 && burns > 0);
    drop(server);
    println!("figure: power cuts, acknowledged uploads lost: 0 of {uploads} in {cuts} cuts");
    println!("figure: power cuts, acknowledged burns back: 0 of {burns} in {cuts} cuts");
}

/// Creates and burns behind a disk whose syncs do nothing from some point on.
fn with_lies(bench: &Bench, data: &Path) -> (usize, usize) {
    let shim = Shim::default();
    let server = Server::start_behind(&shim, data);
    let wire = Wire::new(server.url());
    let make = |told| {
        let (keys, content) = (Keys::generate(), noise(1024));
        assert_eq!(wire.create(&keys, 1, content.len(), &content).unwrap().status, 201);
        Paste { keys, content, told }
    };
    let mut pastes: Vec<_> = (0..20).map(|_| make(Told::Burned)).collect();
    shim.let_syncs_lie();
    for paste in &pastes {
        assert_eq!(wire.burn(&paste.keys).unwrap().status, 204);
    }
    pastes.extend((0..20).map(|_| make(Told::Stored)));
    bench.after(&bench.cut(), |wire| harm(wire, &pastes))
}

#[test]
fn the_power_cut_finds_a_server_that_does_not_sync() {
    if !possible("power cuts without syncs", &DISKS) {
        return;
    }
    let bench = Bench::new();
    let (lost, back) = with_lies(&bench, &bench.data());
    assert!(
        lost > 10 && back > 10,
        "{lost} of 20 uploads lost, {back} of 20 burns back"
    );
    println!(
        "figure: power cuts of a server whose syncs do nothing: {lost} of 20 uploads lost, {back} of 20 burns back"
    );
}
