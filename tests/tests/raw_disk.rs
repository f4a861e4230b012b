//! What a seized disk still tells of what was burned: promise 6, on the raw blocks of ext4 and xfs, free ones and journal included.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::HashSet;
use std::path::Path;

use base64ct::{Base64UrlUnpadded, Encoding as _};
use satchel_tests::at_rest::{AtRest, Item, keys_in, opened_by};
use satchel_tests::image::{Image, Kind, Mounted, possible};
use satchel_tests::process::Server;
use satchel_tests::search::Needles;
use satchel_tests::shim::Shim;
use satchel_tests::wire::{Keys, Wire};
use satchel_tests::{count, noise, random};
use sha2::{Digest as _, Sha256};

/// How a paste burns, or that it does not.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    Lives,
    Reads,
    Demand,
    Expiry,
}

struct Paste {
    keys: Keys,
    /// The first bytes of its content.
    marker: [u8; 32],
    content: Vec<u8>,
    fate: Fate,
}

impl Paste {
    fn number(at: usize) -> Self {
        let marker = random();
        // One in forty rests in a file of its own.
        let mut content = noise(if at % 40 == 7 { 300_000 } else { 1024 });
        content[..32].copy_from_slice(&marker);
        let fate = match at % 6 {
            0 => Fate::Reads,
            1 => Fate::Demand,
            2 => Fate::Expiry,
            _ => Fate::Lives,
        };
        Self {
            keys: Keys::generate(),
            marker,
            content,
            fate,
        }
    }

    fn create(&self, wire: &Wire) {
        let expires_in = if self.fate == Fate::Expiry { 60 } else { 7 * 24 * 3600 };
        let answer = wire.create_for(&self.keys, (1, expires_in), self.content.len(), &self.content);
        assert_eq!(answer.unwrap().status, 201);
    }

    /// Time burns by itself.
    fn burn(&self, wire: &Wire) {
        match self.fate {
            Fate::Lives | Fate::Expiry => {}
            Fate::Demand => assert_eq!(wire.burn(&self.keys).unwrap().status, 204),
            Fate::Reads => {
                let lease = random();
                assert!(wire.claim(&self.keys, &lease).unwrap().body == self.content);
                assert_eq!(wire.confirm(&self.keys, &lease).unwrap().status, 204);
            }
        }
    }

    /// What only its reader, its creator and the sealed block may hold.
    fn secrets(&self) -> Vec<Vec<u8>> {
        let Keys {
            id,
            probe,
            claim,
            receipt,
        } = &self.keys;
        let text = |secret: &[u8]| Base64UrlUnpadded::encode_string(secret).into_bytes();
        let raw = [&id[..], probe, claim, receipt, &self.marker];
        raw.iter().flat_map(|secret| [secret.to_vec(), text(secret)]).collect()
    }
}

fn for_each(pastes: &[Paste], url: &str, act: impl Fn(&Paste, &Wire) + Sync) {
    std::thread::scope(|scope| {
        for share in pastes.chunks(pastes.len().div_ceil(8)) {
            let act = &act;
            scope.spawn(move || {
                let wire = Wire::new(url);
                share.iter().for_each(|paste| act(paste, &wire));
            });
        }
    });
}

/// Makes pastes on a disk and burns half of them. What each held at rest before that.
fn burn_half(pastes: &[Paste], data: &Path) -> (Server, Vec<Item>) {
    let shim = Shim::default();
    let server = Server::start_behind(&shim, data);
    for_each(pastes, server.url(), |paste, wire| paste.create(wire));
    let at_rest = AtRest::read(data);
    let items = pastes
        .iter()
        .map(|paste| at_rest.item(&paste.keys.id, paste.content.len()))
        .collect();
    for_each(pastes, server.url(), |paste, wire| paste.burn(wire));
    // The short-lived expire, and a server that starts burns what has.
    shim.set_wall_offset(420);
    server.kill_at_once();
    let server = Server::start_behind(&shim, data);
    let lives = pastes.iter().filter(|paste| paste.fate == Fate::Lives).count();
    wait_until(|| at_rest.live() == lives);
    // Life goes on: freed blocks and slots are used again, or not.
    let later: Vec<_> = (0..pastes.len() / 20).map(|_| Paste::number(3)).collect();
    for_each(&later, server.url(), |paste, wire| paste.create(wire));
    (server, items)
}

fn wait_until(reached: impl Fn() -> bool) {
    let begun = std::time::Instant::now();
    while !reached() {
        assert!(begun.elapsed().as_secs() < 60, "it did not happen within a minute");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
}

/// Searches the whole disk: whatever still is there of what lives must be found, and nothing that opens what was burned.
fn search(image: &Image, pastes: &[Paste], items: &[Item]) {
    let disk = std::fs::read(image.file()).unwrap();
    let of = |burned: bool| {
        let of = pastes.iter().zip(items);
        of.filter(move |(paste, _)| (paste.fate != Fate::Lives) == burned)
    };
    let found = |needles: Vec<&[u8]>| {
        let counts = Needles::new(needles).counted_in(&disk);
        counts.into_iter().filter(|count| *count > 0).count()
    };
    let lives = of(false).count();
    assert_eq!(
        found(of(false).map(|(_, item)| &item.key[..]).collect()),
        lives,
        "keys of the living are found"
    );
    assert_eq!(
        found(of(true).map(|(_, item)| &item.key[..]).collect()),
        0,
        "no key of a burned one is"
    );

    let hashes: Vec<_> = pastes.iter().map(|paste| Sha256::digest(paste.keys.id)).collect();
    assert_eq!(
        found(hashes.iter().map(|hash| &hash[..]).collect()),
        pastes.len(),
        "ids rest as hashes"
    );
    let secrets: Vec<_> = pastes.iter().flat_map(Paste::secrets).collect();
    assert_eq!(
        found(secrets.iter().map(Vec::as_slice).collect()),
        0,
        "nothing rests in clear"
    );

    let keys = keys_in(&disk);
    assert!(keys.len() >= lives);
    let sealed = |burned: bool| -> (Vec<[u8; 28]>, Vec<[u8; 32]>) {
        let pairs = of(burned).map(|(paste, item)| (item.beginning, paste.marker));
        let counts = Needles::new(of(burned).map(|(_, item)| &item.beginning[..])).counted_in(&disk);
        pairs
            .zip(counts)
            .filter(|(_, count)| *count > 0)
            .map(|(pair, _)| pair)
            .unzip()
    };
    let opened = |(beginnings, markers): &(Vec<[u8; 28]>, Vec<[u8; 32]>)| -> usize {
        let right = opened_by(&keys, beginnings).filter(|(at, text)| markers[*at].starts_with(text));
        right.map(|(at, _)| at).collect::<HashSet<_>>().len()
    };
    let (living, burned) = (sealed(false), sealed(true));
    assert_eq!(
        (living.0.len(), opened(&living)),
        (lives, lives),
        "keys on the disk open what lives"
    );
    assert_eq!(opened(&burned), 0, "no key on the disk opens what was burned");
}

fn burned_is_gone(kind: Kind) {
    let name = format!("raw_disk on {kind:?}");
    if !possible(&name, &[kind]) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let image = Image::make(kind, &folder.path().join("disk"), kind.bytes());
    let mounted = image.mount(&folder.path().join("mounted"));
    let data = |mounted: &Mounted| mounted.folder().join("data");
    std::fs::create_dir(data(&mounted)).unwrap();
    let pastes: Vec<_> = (0..count(240, 2000)).map(Paste::number).collect();
    let (server, items) = burn_half(&pastes, &data(&mounted));
    // Seized while it runs: the log of the database is as long as it gets.
    server.kill_at_once();
    mounted.unmount();
    search(&image, &pastes, &items);
    // And after a clean stop.
    let mounted = image.mount(&folder.path().join("mounted"));
    let _ = Server::start(&data(&mounted)).stop();
    mounted.unmount();
    search(&image, &pastes, &items);
    let burned = pastes.iter().filter(|paste| paste.fate != Fate::Lives).count();
    println!(
        "figure: raw {kind:?} disk, shred keys of burned items, or contents that a key left on it opens: 0 of {burned} ({} of {} living ones found)",
        pastes.len() - burned,
        pastes.len() - burned
    );
}

#[test]
fn nothing_on_an_ext4_disk_opens_what_was_burned() {
    burned_is_gone(Kind::Ext4);
}

#[test]
fn nothing_on_an_xfs_disk_opens_what_was_burned() {
    burned_is_gone(Kind::Xfs);
}
