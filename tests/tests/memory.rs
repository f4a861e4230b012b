//! What the memory of a running server tells, to who seizes the machine while it is on: no shred key of what was burned.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use satchel_tests::at_rest::AtRest;
use satchel_tests::memory::memory_of;
use satchel_tests::process::{Server, binary};
use satchel_tests::search::Needles;
use satchel_tests::wire::{Keys, Wire};
use satchel_tests::{count, noise, random};

/// The items, of the first `many` of a store, whose filled slot lies somewhere in memory; at_rest.rs has its shape.
fn items_with_keys(memory: &[u8], many: usize) -> BTreeSet<u64> {
    let first_generation = 1_u64.to_be_bytes();
    let slots = memory.windows(64).step_by(8);
    let filled = slots.filter(|slot| {
        slot[40..48] == first_generation && slot[48] == 1 && slot[49..56] == [0; 7] && slot[56..] != [0; 8]
    });
    let items = filled.map(|slot| u64::from_be_bytes(slot[32..40].try_into().unwrap()));
    items.filter(|item| (1..=many as u64).contains(item)).collect()
}

struct Paste {
    keys: Keys,
    content: Vec<u8>,
}

impl Paste {
    fn on(wire: &Wire, at: usize) -> Self {
        let (keys, content) = (
            Keys::generate(),
            noise(if at.is_multiple_of(20) { 300_000 } else { 1024 }),
        );
        assert_eq!(wire.create(&keys, 1, content.len(), &content).unwrap().status, 201);
        Self { keys, content }
    }

    /// By its reader, or on demand.
    fn burn(&self, wire: &Wire, at: usize) {
        if at.is_multiple_of(2) {
            let lease = random();
            assert!(wire.claim(&self.keys, &lease).unwrap().body == self.content);
            assert_eq!(wire.confirm(&self.keys, &lease).unwrap().status, 204);
        } else {
            assert_eq!(wire.burn(&self.keys).unwrap().status, 204);
        }
    }
}

#[test]
fn no_shred_key_of_what_was_burned_is_in_memory() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let wire = Wire::new(server.url());
    let pastes: Vec<_> = (0..count(200, 2000)).map(|at| Paste::on(&wire, at)).collect();
    let at_rest = AtRest::read(folder.path());
    let keys: Vec<_> = pastes
        .iter()
        .map(|paste| at_rest.item(&paste.keys.id, paste.content.len()).key)
        .collect();
    let (burned, living) = pastes.split_at(pastes.len() / 2);
    burned.iter().enumerate().for_each(|(at, paste)| paste.burn(&wire, at));
    let mut last = None;
    for (at, paste) in living.iter().enumerate().step_by(2) {
        let lease = random();
        assert!(wire.claim(&paste.keys, &lease).unwrap().body == paste.content);
        last = Some((at, lease));
    }
    let Some(memory) = memory_of(&server) else { return };
    let found = |keys: &[[u8; 32]]| {
        let counts = Needles::new(keys.iter().map(|key| &key[..])).counted_in(&memory);
        counts.into_iter().filter(|count| *count > 0).count()
    };
    let (of_burned, of_living) = keys.split_at(burned.len());
    println!(
        "figure: shred keys in the memory of a running server: {} of {} burned items, {} of {} living ones ({} MB searched)",
        found(of_burned),
        of_burned.len(),
        found(of_living),
        of_living.len(),
        memory.len() / 1_000_000
    );
    // Its key is read for each use, and is in no other place once that is over.
    assert_eq!((found(of_burned), found(of_living)), (0, 0));
    // Nobody uses a key after this burn: what the last uses left in memory would stay.
    let (at, lease) = last.unwrap();
    assert_eq!(wire.confirm(&living[at].keys, &lease).unwrap().status, 204);
    let memory = memory_of(&server).unwrap();
    assert_eq!(Needles::new([&of_living[at][..]]).counted_in(&memory), [0]);
}

#[test]
fn a_paste_that_is_used_and_burned_at_once_leaves_no_shred_key_in_memory() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let mut found = 0;
    let rounds = count(40, 400);
    for at in 0..rounds {
        let wire = Wire::new(server.url());
        let paste = Paste::on(&wire, at);
        let key = AtRest::read(folder.path())
            .item(&paste.keys.id, paste.content.len())
            .key;
        paste.burn(&wire, at / 20);
        let Some(memory) = memory_of(&server) else { return };
        found += Needles::new([&key[..]]).counted_in(&memory)[0];
    }
    println!(
        "figure: copies of a shred key in memory right after its burn, with no other request between: {found} in {rounds} burns"
    );
    assert_eq!(found, 0);
}

#[test]
fn keys_that_live_in_memory_are_found_there_and_burned_ones_are_not() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start_with(folder.path(), &["--shred-keys", "memory"]);
    let wire = Wire::new(server.url());
    let pastes: Vec<_> = (0..200).map(|at| Paste::on(&wire, at)).collect();
    let Some(memory) = memory_of(&server) else { return };
    let all: BTreeSet<_> = (1..=pastes.len() as u64).collect();
    assert_eq!(
        items_with_keys(&memory, pastes.len()),
        all,
        "the search finds what is there"
    );
    pastes.iter().enumerate().for_each(|(at, paste)| paste.burn(&wire, at));
    let memory = memory_of(&server).unwrap();
    assert_eq!(items_with_keys(&memory, pastes.len()), BTreeSet::new());
}

/// Runs `program` with cores allowed in `folder`, and its standard output at hand.
fn may_dump(folder: &Path, program: &Path, arguments: &[&str]) -> Child {
    Command::new("sh")
        .args(["-c", "ulimit -c unlimited && exec \"$0\" \"$@\""])
        .arg(program)
        .args(arguments)
        .current_dir(folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Whether it leaves a core when it aborts.
fn dumps(mut child: Child) -> bool {
    let pid = child.id().to_string();
    assert!(Command::new("kill").args(["-ABRT", &pid]).status().unwrap().success());
    let ended = child.wait().unwrap();
    assert_eq!(ended.signal(), Some(6));
    ended.core_dumped()
}

#[test]
fn a_server_that_crashes_leaves_no_core() {
    let folder = tempfile::tempdir().unwrap();
    let mut cat = may_dump(folder.path(), Path::new("cat"), &["/dev/zero"]);
    // It runs, and no longer the shell.
    cat.stdout.as_mut().unwrap().read_exact(&mut [0; 1]).unwrap();
    if !dumps(cat) {
        let _ = writeln!(
            std::io::stderr(),
            "skipped: cores: no program leaves one on this machine"
        );
        return;
    }
    let data = folder.path().join("data");
    let arguments = ["serve", "--listen", "127.0.0.1:0", "--data", data.to_str().unwrap()];
    let mut server = may_dump(folder.path(), &binary("satchel-server"), &arguments);
    let mut line = String::new();
    BufReader::new(server.stdout.as_mut().unwrap())
        .read_line(&mut line)
        .unwrap();
    assert!(line.contains("http://"));
    assert!(!dumps(server), "a core of the server");
}
