//! The file of the shred keys: room is made ahead of need, and a sync of a key writes that key and nothing else.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

use satchel_tests::at_rest::filled_slots;
use satchel_tests::image::{Image, Kind, Mounted, possible};
use satchel_tests::process::{Server, binary};
use satchel_tests::wire::{Keys, Wire};
use satchel_tests::{count, noise, random};

const SLOT_BYTES: u64 = 64;

/// A server whose shred keys lie on a disk of their own.
struct Apart {
    server: Server,
    _data: tempfile::TempDir,
    keys: PathBuf,
}

impl Apart {
    fn start(disk: &Mounted) -> Self {
        let data = tempfile::tempdir().unwrap();
        let keys = disk.folder().join("shred-keys");
        let server = Server::start_with(data.path(), &["--shred-keys", keys.to_str().unwrap()]);
        Self {
            server,
            _data: data,
            keys,
        }
    }

    fn len(&self) -> u64 {
        fs::metadata(&self.keys).unwrap().len()
    }
}

fn created(wire: &Wire) -> Option<Keys> {
    let keys = Keys::generate();
    let content = noise(1024);
    match wire.create(&keys, 1, content.len(), &content).unwrap().status {
        201 => Some(keys),
        507 => None,
        status => panic!("a creation was answered {status}"),
    }
}

/// Transactions of the journal of a mounted ext4 so far.
fn journal_commits(disk: &Mounted) -> u64 {
    let mounts = fs::read_to_string("/proc/self/mounts").unwrap();
    let of_disk = |line: &&str| line.split(' ').nth(1) == disk.folder().to_str();
    let device = mounts.lines().find(of_disk).unwrap().split(' ').next().unwrap();
    let name = device.rsplit('/').next().unwrap();
    let info = fs::read_to_string(format!("/proc/fs/jbd2/{name}-8/info")).unwrap();
    info.split(' ').next().unwrap().parse().unwrap()
}

#[test]
fn a_sync_of_shred_keys_writes_nothing_but_them() {
    if !possible("a sync of shred keys writes nothing but them", &[Kind::Ext4]) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let disk =
        Image::make(Kind::Ext4, &folder.path().join("disk"), Kind::Ext4.bytes()).mount(&folder.path().join("on"));
    let apart = Apart::start(&disk);
    let wire = Wire::new(apart.server.url());
    let (before, began) = (journal_commits(&disk), std::time::Instant::now());
    let len = apart.len();
    let many = count(1500, 6000);
    for _ in 0..many {
        let keys = created(&wire).unwrap();
        assert_eq!(wire.burn(&keys).unwrap().status, 204);
        // This one stays, so that new slots have to be filled.
        created(&wire).unwrap();
    }
    let commits = journal_commits(&disk) - before;
    let filled = filled_slots(&fs::read(&apart.keys).unwrap());
    assert_eq!(apart.len(), len, "nothing of this is about growth");
    println!(
        "figure: commits of the journal under the shred keys while {many} items burned and {filled} slots were filled: {commits} in {} s",
        began.elapsed().as_secs()
    );
    // The times of the file are written every five seconds, whoever syncs.
    assert!(commits <= 2 + began.elapsed().as_secs() / 4, "{commits} commits");
    // Blocks that are allocated and not written would be noted as such, and take a commit each when they are.
    let extents = Command::new("filefrag").arg("-v").arg(&apart.keys).output().unwrap();
    let extents = String::from_utf8(extents.stdout).unwrap();
    let within = |line: &&str| {
        let first: Option<u64> = line.split([':', '.']).nth(1).and_then(|at| at.trim().parse().ok());
        first.is_some_and(|block| block * 4096 < len)
    };
    let written: Vec<&str> = extents.lines().filter(within).collect();
    assert!(
        !written.is_empty() && !written.iter().any(|line| line.contains("unwritten")),
        "{extents}"
    );
}

#[test]
fn where_there_is_no_room_for_keys_creations_are_refused_and_all_else_goes_on() {
    if !possible("where there is no room for keys", &[Kind::Ext4]) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let disk = Image::make(Kind::Ext4, &folder.path().join("disk"), 16 << 20).mount(&folder.path().join("on"));
    let ballast = disk.folder().join("ballast");
    fill_but(&ballast, 160 * 1024);
    let apart = Apart::start(&disk);
    let wire = Wire::new(apart.server.url());
    let mut living: Vec<Keys> = std::iter::from_fn(|| created(&wire)).collect();
    assert!((1000..4000).contains(&living.len()), "{} creations", living.len());
    println!(
        "figure: keys on a full disk: {} creations, then 507; claims, confirms and burns went on",
        living.len()
    );
    for at in 0..20 {
        let keys = living.pop().unwrap();
        if at % 2 == 0 {
            let lease = random();
            assert_eq!(wire.claim(&keys, &lease).unwrap().status, 200);
            assert_eq!(wire.confirm(&keys, &lease).unwrap().status, 204);
        } else {
            assert_eq!(wire.burn(&keys).unwrap().status, 204);
        }
        assert_eq!(wire.probe(&keys).unwrap().status, 410);
    }
    // A slot that was used serves again, and takes no room.
    living.extend((0..20).map(|_| created(&wire).unwrap()));
    assert!(created(&wire).is_none());
    fs::remove_file(&ballast).unwrap();
    let long = living.len() + 3000;
    while living.len() < long {
        living.push(created(&wire).unwrap());
    }
    for keys in living.iter().step_by(97) {
        assert_eq!(wire.claim(keys, &random()).unwrap().status, 200);
    }
}

/// Takes the whole disk but so many bytes.
fn fill_but(ballast: &Path, left: u64) {
    let mut file = File::create(ballast).unwrap();
    let block = [1; 4096];
    let mut len = 0;
    while file.write_all(&block).is_ok() {
        len += 4096;
    }
    file.set_len(len - left).unwrap();
    file.sync_all().unwrap();
}

/// Cuts a slot file behind a little room, so that the next server soon makes more.
fn cut(keys: &Path) -> u64 {
    let len = (1 + filled_slots(&fs::read(keys).unwrap()) + 4100) * SLOT_BYTES;
    OpenOptions::new().write(true).open(keys).unwrap().set_len(len).unwrap();
    len
}

#[test]
fn a_server_killed_while_the_file_grows_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let keys = folder.path().join("shred-keys");
    drop(Server::start(folder.path()));
    let (acknowledged, rounds) = (Mutex::new(Vec::<Keys>::new()), count(8, 60));
    let mut amid = 0;
    for round in 0..rounds {
        let before = cut(&keys);
        let server = Server::start(folder.path());
        std::thread::scope(|scope| {
            for _ in 0..4 {
                let (url, acknowledged) = (server.url().to_owned(), &acknowledged);
                scope.spawn(move || {
                    let wire = Wire::new(&url);
                    let content = noise(64);
                    loop {
                        let keys = Keys::generate();
                        match wire.create(&keys, 1, content.len(), &content) {
                            Ok(answer) => assert_eq!(answer.status, 201),
                            Err(_) => return,
                        }
                        acknowledged.lock().unwrap().push(keys);
                    }
                });
            }
            let steps = round as u64 % 12;
            while fs::metadata(&keys).unwrap().len() <= before + steps * 65_536 {
                std::hint::spin_loop();
            }
            server.kill_at_once();
        });
        let after = fs::metadata(&keys).unwrap().len();
        assert!(after > before);
        amid += usize::from(after < before + (1 << 20));
    }
    let server = Server::start(folder.path());
    let wire = Wire::new(server.url());
    let acknowledged = acknowledged.into_inner().unwrap();
    let lost = acknowledged
        .iter()
        .filter(|keys| wire.claim(keys, &random()).unwrap().status != 200)
        .count();
    let check = Command::new(binary("satchel-server"))
        .args(["check", "--data"])
        .arg(folder.path())
        .output()
        .unwrap();
    assert!(check.status.success(), "{}", String::from_utf8_lossy(&check.stdout));
    println!(
        "figure: kills while the slot file grew: {amid} amid its steps of {rounds}; lost of {} acknowledged uploads: {lost}",
        acknowledged.len()
    );
    assert!(amid > 0 && lost == 0);
}
