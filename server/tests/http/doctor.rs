//! What an operator is told: the machine, damage, keys in memory and lost ones. The store's own tests make the damage in more ways.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Output};

use rustix::process::Signal;

use super::documents::Document;
use super::harness::{Paste, Server, command, token};

fn doctor(data: &str, more: &[&str]) -> Output {
    command().args(["doctor", "--data", data]).args(more).output().unwrap()
}

fn words(output: &Output) -> Vec<String> {
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let findings = report["findings"].as_array().unwrap().iter();
    findings.map(|one| one["code"].as_str().unwrap().to_owned()).collect()
}

/// [B-110]
#[test]
fn the_doctor_says_what_a_finding_means_and_its_exit_code_whether_there_is_something_to_mend() {
    let server = Server::start();
    let data = server.data.path().to_str().unwrap();
    let before = words(&doctor(data, &["--json"]));
    assert!(!before.contains(&"file-open".to_owned()), "{before:?}");
    fs::set_permissions(server.data.path().join("shred-keys"), fs::Permissions::from_mode(0o644)).unwrap();
    let found = doctor(data, &["--json"]);
    assert_eq!(found.status.code(), Some(1));
    assert!(words(&found).contains(&"file-open".to_owned()));
    let report: serde_json::Value = serde_json::from_slice(&found.stdout).unwrap();
    assert_eq!(report["well"], false);
    assert!(report["burned_means_gone"].is_boolean());
    let text = String::from_utf8(doctor(data, &[]).stdout).unwrap();
    assert!(
        text.contains("mend file-open: others of this machine may open a file of the server"),
        "{text}"
    );
    fs::set_permissions(server.data.path().join("shred-keys"), fs::Permissions::from_mode(0o600)).unwrap();
    let after = doctor(data, &["--json"]);
    assert_eq!(words(&after), before);
    let report: serde_json::Value = serde_json::from_slice(&after.stdout).unwrap();
    assert_eq!(after.status.code(), Some(if report["well"] == true { 0 } else { 1 }));
}

/// [B-110]
#[test]
fn the_doctor_makes_and_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("not yet");
    doctor(missing.to_str().unwrap(), &[]);
    assert!(!missing.exists());
    let output = doctor(folder.path().to_str().unwrap(), &["--json"]);
    assert!(words(&output).iter().all(|word| word != "clock-ahead"));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

/// The loop device and file system of a test that needs one; detached and unmounted when it ends.
struct Mounted {
    folder: tempfile::TempDir,
}

impl Mounted {
    /// ext4 with `data=journal`, where this may be done at all.
    fn journaled() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let image = folder.path().join("image");
        fs::File::create(&image).unwrap().set_len(64 << 20).unwrap();
        fs::create_dir(folder.path().join("at")).unwrap();
        let run = |program: &str, arguments: &[&str]| {
            let mut command = Command::new(program);
            command.args(arguments).arg(&image);
            if program == "mount" {
                command.arg(folder.path().join("at"));
            }
            command.output().is_ok_and(|output| output.status.success())
        };
        let made = run("mkfs.ext4", &["-q", "-F"]) && run("mount", &["-o", "loop,data=journal"]);
        made.then_some(Self { folder })
    }

    fn data(&self) -> String {
        self.folder.path().join("at/data").to_str().unwrap().to_owned()
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.folder.path().join("at")).status();
    }
}

/// [B-111]
#[test]
fn a_strict_server_does_not_start_where_burned_would_not_mean_gone() {
    let Some(mounted) = Mounted::journaled() else {
        println!("skipped: a file system cannot be mounted here");
        return;
    };
    let data = mounted.data();
    let output = command()
        .args(["serve", "--listen", "127.0.0.1:0", "--strict", "--data", &data])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.starts_with("satchel-server: error: --strict: ") && said.contains("data=journal"),
        "{said}"
    );
    assert!(!fs::exists(&data).unwrap(), "nothing was made");
    assert!(words(&doctor(&data, &["--json"])).contains(&"keys-data-journal".to_owned()));
    // With its keys in memory it keeps the promise there too.
    let in_memory = doctor(&data, &["--json", "--shred-keys", "memory"]);
    assert!(!words(&in_memory).contains(&"keys-data-journal".to_owned()));
}

/// [B-111]
#[test]
fn a_file_system_of_which_nothing_is_known_is_no_place_for_keys_of_a_strict_server() {
    let data = tempfile::tempdir().unwrap();
    let output = command()
        .args([
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--strict",
            "--shred-keys",
            "/proc/shred-keys",
            "--data",
        ])
        .arg(data.path())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.contains("of which it is not known that it overwrites in place"),
        "{said}"
    );
    assert_eq!(fs::read_dir(data.path()).unwrap().count(), 0, "nothing was made");
}

/// [B-111]
#[test]
fn a_strict_server_starts_exactly_where_the_doctor_says_that_burned_means_gone() {
    let data = tempfile::tempdir().unwrap();
    let report = doctor(data.path().to_str().unwrap(), &["--json"]);
    let report: serde_json::Value = serde_json::from_slice(&report.stdout).unwrap();
    if report["burned_means_gone"] == true {
        let server = Server::start_in(data, &["--strict"]);
        Paste::on(&server, 2000, 1);
        return;
    }
    let refused = command()
        .args(["serve", "--listen", "127.0.0.1:0", "--strict", "--data"])
        .arg(data.path())
        .output()
        .unwrap();
    assert_eq!(refused.status.code(), Some(1));
}

/// [B-110]
#[test]
fn the_doctor_says_what_the_running_server_met() {
    let server = Server::start();
    let paste = Paste::on(&server, 500_000, 1);
    let data = server.data.path().to_str().unwrap();
    assert!(!words(&doctor(data, &["--json"])).contains(&"damaged".to_owned()));
    let file = fs::read_dir(server.data.path().join("content"))
        .unwrap()
        .next()
        .unwrap()
        .unwrap();
    let mut bytes = fs::read(file.path()).unwrap();
    bytes[1000] ^= 1;
    fs::write(file.path(), bytes).unwrap();
    assert_eq!(paste.claim(&server, &token()).code(), "internal");
    assert!(words(&doctor(data, &["--json"])).contains(&"damaged".to_owned()));
}

/// [B-112]
#[test]
fn keys_in_memory_are_locked_where_that_is_allowed() {
    let server = Server::start_with(&["--shred-keys", "memory"]);
    let status = fs::read_to_string(format!("/proc/{}/status", server.id())).unwrap();
    let locked: u64 = status
        .lines()
        .find_map(|line| line.strip_prefix("VmLck:"))
        .and_then(|rest| rest.trim().strip_suffix(" kB")?.parse().ok())
        .unwrap();
    // The page of the first 1,024 keys is 64 KiB; any system allows so little, unless somebody forbade it.
    let limit = rustix::process::getrlimit(rustix::process::Resource::Memlock).current;
    assert!(
        locked >= 64 || limit.is_some_and(|limit| limit < 128 * 1024),
        "{locked} kB"
    );
}

/// [B-112]
#[test]
fn keys_in_memory_go_with_the_process_and_the_next_start_says_so_and_goes_on() {
    let server = Server::start_with(&["--shred-keys", "memory"]);
    let (small, large) = (Paste::on(&server, 2000, 1), Paste::on(&server, 500_000, 1));
    assert!(small.claim(&server, &token()).body == small.content);
    assert!(!server.data.path().join("shred-keys").exists());
    server.signal(Signal::KILL);
    let (_, data) = server.ended();
    let mut again = Server::start_in(data, &["--shred-keys", "memory"]);
    assert_eq!(large.receipt(&again)["burned"], "demand");
    assert_eq!(large.probe(&again).code(), "burned");
    let new = Paste::on(&again, 3000, 1);
    assert!(new.claim(&again, &token()).body == new.content);
    again.signal(Signal::TERM);
    let said = again.said();
    assert!(said.contains("the 2 pastes of before are burned now"), "{said}");
}

/// [B-113]
#[test]
fn lost_keys_are_refused_until_they_are_accepted() {
    let server = Server::start();
    let paste = Paste::on(&server, 2000, 1);
    server.signal(Signal::TERM);
    let (_, data) = server.ended();
    fs::remove_file(data.path().join("shred-keys")).unwrap();
    let refused = command()
        .args([
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--data",
            data.path().to_str().unwrap(),
        ])
        .output()
        .unwrap();
    assert_eq!(refused.status.code(), Some(1));
    let said = String::from_utf8(refused.stderr).unwrap();
    assert!(said.contains("--accept-lost-keys"), "{said}");
    let again = Server::start_in(data, &["--accept-lost-keys"]);
    assert_eq!(paste.receipt(&again)["burned"], "demand");
}

/// What `disclose` says of where an id's key lies.
fn slot_of(server: &Server, id: &str) -> usize {
    let output = command()
        .args(["disclose", id, "--json", "--data"])
        .arg(server.data.path())
        .output()
        .unwrap();
    let answer: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    usize::try_from(answer["paste"]["slot"].as_u64().unwrap()).unwrap()
}

/// [B-113]
#[test]
fn a_link_that_lost_its_key_leaves_the_others_and_a_document_that_did_takes_its_links_along() {
    let server = Server::start();
    let documents = [Document::on(&server, 4096), Document::on(&server, 700_000)];
    let links: Vec<Paste> = documents
        .iter()
        .flat_map(|document| [document.linked(&server, 1), document.linked(&server, 1)])
        .collect();
    let lost = [slot_of(&server, &links[0].id), slot_of(&server, &documents[1].id)];
    let bereft = [slot_of(&server, &links[2].id), slot_of(&server, &links[3].id)];
    server.signal(Signal::TERM);
    let (_, data) = server.ended();
    let path = data.path().join("shred-keys");
    let mut slots = fs::read(&path).unwrap();
    // Without its head the file is refused; with two keys damaged it is accepted for what is left.
    slots[..64].fill(0);
    lost.iter().for_each(|slot| slots[slot * 64] ^= 1);
    fs::write(&path, &slots).unwrap();
    let server = Server::start_in(data, &["--accept-lost-keys"]);
    for link in [&links[0], &links[2], &links[3]] {
        assert_eq!(link.probe(&server).code(), "burned");
    }
    let now = fs::read(&path).unwrap();
    for slot in bereft {
        let key = &slots[slot * 64..slot * 64 + 32];
        assert!(
            !now.windows(32).any(|bytes| bytes == key),
            "a link without its document keeps no key"
        );
    }
    let check = || {
        command()
            .args(["check", "--data"])
            .arg(server.data.path())
            .output()
            .unwrap()
    };
    assert!(check().status.success(), "{}", String::from_utf8_lossy(&check().stdout));
    // The last link takes its document with it, as ever.
    assert_eq!(links[1].claim(&server, &token()).body, links[1].content);
    links[1].burn(&server);
    assert!(check().status.success());
    let stats = command()
        .args(["stats", "--json", "--data"])
        .arg(server.data.path())
        .output()
        .unwrap();
    let stats: serde_json::Value = serde_json::from_slice(&stats.stdout).unwrap();
    assert_eq!((&stats["documents"], &stats["stored"]), (&0.into(), &0.into()));
}

/// [B-114]
#[test]
fn damage_is_said_once_by_the_items_number_and_never_served() {
    let server = Server::start();
    let paste = Paste::on(&server, 1_000_000, 2);
    server.signal(Signal::TERM);
    let (_, data) = server.ended();
    let file = fs::read_dir(data.path().join("content"))
        .unwrap()
        .next()
        .unwrap()
        .unwrap();
    let item = u64::from_str_radix(file.file_name().to_str().unwrap(), 16).unwrap();
    let mut bytes = fs::read(file.path()).unwrap();
    bytes[700_000] ^= 1;
    fs::write(file.path(), bytes).unwrap();
    let mut again = Server::start_in(data, &[]);
    let lease = token();
    for answer in [paste.claim(&again, &lease), paste.content(&again, &lease, None)] {
        assert!(answer.body.len() < paste.content.len(), "cut off at the damage");
        assert!(paste.content.starts_with(&answer.body));
    }
    let part = paste.content(&again, &lease, Some("bytes=690000-700000"));
    assert_eq!(part.code(), "internal");
    again.signal(Signal::TERM);
    let said = again.said();
    let sentence = format!("error: stored item {item} is damaged; it is not served");
    assert_eq!(said.matches(&sentence).count(), 1, "{said}");
    assert!(!said.contains(&paste.id));
}
