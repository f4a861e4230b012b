//! What is cut in the middle: downloads, uploads, and the server itself. Promises 4, 5 and 6.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::io::Read as _;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Sender, channel};

use satchel_tests::at_rest::AtRest;
use satchel_tests::documents::{Document, Link};
use satchel_tests::process::Server;
use satchel_tests::shim::Shim;
use satchel_tests::wire::{Keys, Wire};
use satchel_tests::{count, noise, random};

#[test]
fn a_download_cut_anywhere_goes_on_under_the_same_lease() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let wire = Wire::new(server.url());
    let content = noise(1_000_003);
    let cuts = count(12, 200);
    for round in 0..cuts {
        let keys = Keys::generate();
        assert_eq!(wire.create(&keys, 1, content.len(), &content).unwrap().status, 201);
        let lease = random();
        let cut = match round {
            0 => 0,
            1 => 1,
            2 => content.len() - 1,
            _ => usize::try_from(u32::from_le_bytes(random())).unwrap() % content.len(),
        };
        let mut got = vec![0; cut];
        let response = Wire::new(server.url()).begin_claim(&keys, &lease).unwrap();
        assert_eq!(response.status(), 200);
        let mut body = response.into_body().into_reader();
        body.read_exact(&mut got).unwrap();
        drop(body);
        let rest = wire.content_from(&keys, &lease, cut).unwrap();
        assert_eq!(rest.status(), 206);
        rest.into_body().into_reader().read_to_end(&mut got).unwrap();
        assert!(got == content, "cut at {cut}");
        assert_eq!(wire.confirm(&keys, &lease).unwrap().status, 204);
        assert_eq!(wire.probe(&keys).unwrap().status, 410);
    }
    println!("figure: downloads cut at a random byte that went on to the same bytes: {cuts} of {cuts}");
}

#[test]
fn an_upload_goes_on_where_the_server_says_it_stands() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::start(folder.path());
    let content = noise(700_001);
    let keys = Keys::generate();
    let answer = Wire::new(server.url())
        .create(&keys, 1, content.len(), &content[..100_000])
        .unwrap();
    assert_eq!((answer.status, answer.header("upload-offset")), (201, Some("100000")));
    loop {
        server.kill_at_once();
        server = Server::start(folder.path());
        let wire = Wire::new(server.url());
        assert_eq!(wire.probe(&keys).unwrap().status, 404, "nobody can see half a paste");
        let offset: usize = wire
            .offset(&keys)
            .unwrap()
            .header("upload-offset")
            .unwrap()
            .parse()
            .unwrap();
        let next = content.len().min(offset + 200_001);
        assert_eq!(wire.patch(&keys, offset, &content[offset..next]).unwrap().status, 204);
        if next == content.len() {
            break;
        }
    }
    assert!(Wire::new(server.url()).claim(&keys, &random()).unwrap().body == content);
}

#[test]
fn a_creation_repeated_after_the_burn_does_not_bring_it_back() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let wire = Wire::new(server.url());
    let (keys, content) = (Keys::generate(), noise(3000));
    assert_eq!(wire.create(&keys, 1, content.len(), &content).unwrap().status, 201);
    assert_eq!(
        wire.create(&keys, 1, content.len(), &content).unwrap().status,
        201,
        "repeated while it lives"
    );
    assert_eq!(wire.burn(&keys).unwrap().status, 204);
    let again = wire.create(&keys, 1, content.len(), &content).unwrap();
    assert_eq!((again.status, again.problem().code), (410, satchel_api::Code::Burned));
    assert_eq!(wire.claim(&keys, &random()).unwrap().status, 410);
}

/// What one client of the load was told, paste by paste.
#[derive(Default)]
struct Told {
    created: Vec<(Keys, Vec<u8>)>,
    claimed: Vec<(Keys, [u8; 32], Vec<u8>)>,
    burned: Vec<Keys>,
}

/// Creates, claims and burns until the server is gone; keeps what was acknowledged and nothing else.
fn load(url: &str, told: &Mutex<Told>, stop: &AtomicBool, acknowledged: Sender<()>) {
    let wire = Wire::new(url);
    for round in 0_usize.. {
        if stop.load(Ordering::Relaxed) || (round > 0 && acknowledged.send(()).is_err()) {
            return;
        }
        let (keys, lease) = (Keys::generate(), random());
        let content = noise(if round % 8 == 7 { 400_000 } else { 1024 });
        match wire.create(&keys, 1, content.len(), &content) {
            Ok(answer) if answer.status == 201 => {}
            _ => return,
        }
        if round % 3 == 0 {
            told.lock().unwrap().created.push((keys, content));
            continue;
        }
        match wire.claim(&keys, &lease) {
            Ok(answer) if answer.status == 200 && answer.body == content => {}
            _ => return,
        }
        if round % 3 == 1 {
            told.lock().unwrap().claimed.push((keys, lease, content));
            continue;
        }
        match wire.confirm(&keys, &lease) {
            Ok(answer) if answer.status == 204 => told.lock().unwrap().burned.push(keys),
            _ => return,
        }
    }
}

/// Everything in `told` is still as it was told.
fn verify(url: &str, told: &Told) {
    let wire = Wire::new(url);
    for keys in &told.burned {
        assert_eq!(wire.probe(keys).unwrap().status, 410, "what was burned stays burned");
        assert_eq!(wire.claim(keys, &random()).unwrap().status, 410);
    }
    for (keys, lease, content) in &told.claimed {
        assert_eq!(
            wire.claim(keys, &random()).unwrap().status,
            410,
            "nothing is read twice"
        );
        let mut got = Vec::new();
        let answer = wire.content_from(keys, lease, 0).unwrap();
        answer.into_body().into_reader().read_to_end(&mut got).unwrap();
        assert!(got == *content, "a lease outlives the crash");
    }
    for (keys, content) in &told.created {
        assert_eq!(wire.probe(keys).unwrap().status, 200, "what was acknowledged is there");
        assert!(wire.claim(keys, &random()).unwrap().body == *content);
        assert_eq!(wire.claim(keys, &random()).unwrap().status, 410);
    }
}

/// SQLite's word on a copy: to look is to recover.
fn integrity_of_copy(data: &Path) -> String {
    let copy = tempfile::tempdir().unwrap();
    for name in ["satchel.db", "satchel.db-wal", "shred-keys"] {
        std::fs::copy(data.join(name), copy.path().join(name)).unwrap();
    }
    AtRest::read(copy.path()).integrity()
}

fn crash_under_load(data: &Path, wanted: usize) -> usize {
    let server = Server::start(data);
    let told = Mutex::new(Told::default());
    let stop = AtomicBool::new(false);
    let url = server.url().to_owned();
    let (acknowledged, acknowledgements) = channel();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            let acknowledged = acknowledged.clone();
            scope.spawn(|| load(&url, &told, &stop, acknowledged));
        }
        drop(acknowledged);
        assert_eq!(
            acknowledgements.iter().take(wanted).count(),
            wanted,
            "the load ended early"
        );
        server.kill_at_once();
        stop.store(true, Ordering::Relaxed);
    });
    assert_eq!(
        integrity_of_copy(data),
        "ok",
        "what the kill left, before any server has mended it"
    );
    let server = Server::start(data);
    let told = told.lock().unwrap();
    verify(server.url(), &told);
    told.created.len() + told.claimed.len() + told.burned.len()
}

#[test]
fn a_server_killed_under_load_keeps_what_it_said() {
    let mut folder = tempfile::tempdir().unwrap();
    let kills = count(10, 1000);
    let mut acknowledged = 0;
    for kill in 0..kills {
        // Each folder is killed so often that what many kills leave would pile up, and not so often that looking at it takes long.
        if kill > 0 && kill.is_multiple_of(50) {
            folder = tempfile::tempdir().unwrap();
        }
        acknowledged += crash_under_load(folder.path(), 20 + 7 * (kill % 10));
    }
    println!("figure: kill -9 under load, kills survived with the database whole: {kills} of {kills}");
    println!(
        "figure: kill -9 under load, acknowledged pastes found as they were told: {acknowledged} of {acknowledged}"
    );
}

/// Sends something that burns and kills the server between the key's overwrite and the commit.
fn kill_in_its_burn(data: &Path, prepare: impl FnOnce(&Wire), burn: impl FnOnce(&Wire) -> bool + Send) {
    let shim = Shim::default();
    let server = Server::start_behind(&shim, data);
    let wire = Wire::new(server.url());
    prepare(&wire);
    shim.hold_syncs_of_keys(true);
    std::thread::scope(|scope| {
        let answered = scope.spawn(|| burn(&wire));
        while shim.holding() == 0 {
            assert!(!answered.is_finished(), "a burn waits for its key's sync");
            std::thread::yield_now();
        }
        server.kill_at_once();
        assert!(!answered.join().unwrap(), "nothing was acknowledged");
    });
}

#[test]
fn a_confirm_cut_off_in_its_burn_is_answered_as_ever_when_it_is_repeated() {
    for readers in [1, 2] {
        let folder = tempfile::tempdir().unwrap();
        let (keys, content) = (Keys::generate(), noise(2000));
        let leases: Vec<[u8; 32]> = (0..readers).map(|_| random()).collect();
        let (last, others) = leases.split_last().unwrap();
        let prepare = |wire: &Wire| {
            let reads = u32::try_from(readers).unwrap();
            assert_eq!(wire.create(&keys, reads, content.len(), &content).unwrap().status, 201);
            for lease in &leases {
                assert!(wire.claim(&keys, lease).unwrap().body == content);
            }
            for lease in others {
                assert_eq!(wire.confirm(&keys, lease).unwrap().status, 204);
            }
        };
        kill_in_its_burn(folder.path(), prepare, |wire| wire.confirm(&keys, last).is_ok());
        let server = Server::start(folder.path());
        let wire = Wire::new(server.url());
        assert_eq!(wire.probe(&keys).unwrap().status, 410, "the burn is finished");
        for lease in &leases {
            assert_eq!(wire.confirm(&keys, lease).unwrap().status, 204);
            assert_eq!(wire.content(&keys, lease).unwrap().status, 410);
            assert_eq!(wire.claim(&keys, lease).unwrap().status, 410);
        }
        assert_eq!(wire.confirm(&keys, &random()).unwrap().status, 404, "of no lease");
    }
}

#[test]
fn a_confirm_of_a_documents_last_link_that_is_cut_off_is_answered_as_ever_too() {
    let folder = tempfile::tempdir().unwrap();
    let (document, link, lease) = (Document::generate(), Link::generate(1), random());
    let prepare = |wire: &Wire| {
        assert_eq!(wire.create_document(&document, &noise(2000)).unwrap().status, 201);
        let links = std::slice::from_ref(&link);
        assert_eq!(wire.make_links(&document, links).unwrap().status, 201);
        assert_eq!(wire.claim(&link.keys, &lease).unwrap().status, 200);
    };
    kill_in_its_burn(folder.path(), prepare, |wire| wire.confirm(&link.keys, &lease).is_ok());
    let server = Server::start(folder.path());
    let wire = Wire::new(server.url());
    assert_eq!(wire.confirm(&link.keys, &lease).unwrap().status, 204);
    let late = wire.claim(&link.keys, &random()).unwrap();
    assert_eq!(late.problem().burned, Some(satchel_api::Burned::Reads));
}

#[test]
fn a_burn_on_demand_that_is_cut_off_leaves_a_reader_who_had_reads_left_unconfirmed() {
    let folder = tempfile::tempdir().unwrap();
    let (keys, content, lease) = (Keys::generate(), noise(2000), random());
    let prepare = |wire: &Wire| {
        assert_eq!(wire.create(&keys, 3, content.len(), &content).unwrap().status, 201);
        assert!(wire.claim(&keys, &lease).unwrap().body == content);
    };
    kill_in_its_burn(folder.path(), prepare, |wire| wire.burn(&keys).is_ok());
    let server = Server::start(folder.path());
    let wire = Wire::new(server.url());
    assert_eq!(wire.probe(&keys).unwrap().status, 410);
    let late = wire.confirm(&keys, &lease).unwrap();
    assert_eq!((late.status, late.problem().code), (410, satchel_api::Code::LeaseEnded));
}

#[test]
fn a_missing_short_or_foreign_slot_file_stops_the_start_and_burns_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (keys, content) = (Keys::generate(), noise(2000));
    let server = Server::start(folder.path());
    assert_eq!(
        Wire::new(server.url())
            .create(&keys, 1, content.len(), &content)
            .unwrap()
            .status,
        201
    );
    let _ = server.stop();
    let slots = satchel_tests::files_below(folder.path())
        .into_iter()
        .find(|path| {
            path.file_name()
                .is_some_and(|name| name.to_string_lossy().contains("shred"))
        })
        .expect("the slot file is named for what it is");
    let right = std::fs::read(&slots).unwrap();

    let other = tempfile::tempdir().unwrap();
    let _ = Server::start(other.path()).stop();
    let foreign = std::fs::read(other.path().join(slots.strip_prefix(folder.path()).unwrap())).unwrap();

    for wrong in [None, Some(&right[..64 * 10]), Some(&[][..]), Some(&foreign[..])] {
        match wrong {
            None => std::fs::remove_file(&slots).unwrap(),
            Some(bytes) => std::fs::write(&slots, bytes).unwrap(),
        }
        let Err(said) = Server::try_start(folder.path(), &[]) else {
            panic!("it must refuse")
        };
        assert!(said.contains("shred keys"), "it says why: {said}");
        assert!(!said.contains("panicked"), "{said}");
        assert_eq!(std::fs::read(&slots).ok().as_deref(), wrong, "it changes nothing");
    }
    std::fs::write(&slots, &right).unwrap();
    let server = Server::start(folder.path());
    assert!(Wire::new(server.url()).claim(&keys, &random()).unwrap().body == content);
}
