//! A container that claims a million entries is refused by each verb in a moment and in little memory. Alone in its process: what its children took
//! at most is asked of the system for all of them together.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod program;

use std::io::Read as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use program::{Desk, processor_time, refused};
use satchel_testkit::archive::archive;
use satchel_testkit::cbor;
use satchel_testkit::container::Draft;
use satchel_testkit::link::Link;

const AT_MOST: Duration = Duration::from_millis(100);
const MEMORY_KIB_AT_MOST: i64 = 64 * 1024;
/// How often what took too long is tried again.
const TRIES: usize = 8;
const CLAIMED: u32 = 1_000_000;
const HELD: [u32; 2] = [1, CLAIMED];

/// Where this process is to write instead of looking at what refuses it.
const FOLDER: &str = "SATCHEL_TEST_WRITES_TO";

/// A link, and a container that it opens: it claims a million entries and holds `held` of them.
fn made(held: u32) -> (String, Vec<u8>) {
    let mut manifest = [cbor::head(5, 1), cbor::uint(0), cbor::head(4, u64::from(CLAIMED))].concat();
    for number in 0..held {
        // { 0: "00000", 1: "a", 2: 0 }
        manifest.extend_from_slice(&[0xa3, 0, 0x65]);
        manifest.extend_from_slice(format!("{number:05x}").as_bytes());
        manifest.extend_from_slice(&[1, 0x61, b'a', 2, 0]);
    }
    let mut draft = Draft::new("a million entries");
    let link = Link {
        secret: draft.dice.array(),
        passphrase: None,
    };
    draft.add_link_slot(&link);
    draft.archive = archive(&manifest, b"");
    (link.encode(), draft.finish())
}

fn write(folder: &Path) {
    for held in HELD {
        let (link, container) = made(held);
        std::fs::write(folder.join(format!("link-{held}")), link).unwrap();
        std::fs::write(folder.join(format!("million-{held}")), container).unwrap();
    }
}

/// This test again, which only writes: what a process took at most counts for those that it starts, and making these files takes more than refusing
/// them. Nor does it count for us before it is waited for.
fn written_by_another(folder: &Path) -> Child {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .env(FOLDER, folder)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdout.take().unwrap().read_to_end(&mut Vec::new()).unwrap();
    child
}

///
#[test]
fn a_million_entries_are_refused_in_a_moment_and_in_little_memory() {
    if let Some(folder) = std::env::var_os(FOLDER) {
        return write(Path::new(&folder));
    }
    let desk = Desk::new();
    let mut writer = written_by_another(&desk.path(""));
    let mut slowest = Duration::ZERO;
    for held in HELD {
        let (container, link) = (format!("million-{held}"), format!("link-{held}"));
        for verb in [&["list"][..], &["check"], &["decrypt", "-o", "out/"]] {
            let refuse = || {
                let before = processor_time();
                refused(desk.run(&[verb, &[&container, "--link-file", &link]].concat()), 4);
                processor_time().saturating_sub(before)
            };
            let mut took = refuse();
            for _ in 1..TRIES {
                if took > AT_MOST {
                    took = took.min(refuse());
                }
            }
            assert!(took < AT_MOST, "{verb:?}, {held} there: {took:?}");
            slowest = slowest.max(took);
        }
        assert!(!desk.path("out").exists());
    }
    let usage = nix::sys::resource::getrusage(nix::sys::resource::UsageWho::RUSAGE_CHILDREN).unwrap();
    assert!(writer.wait().unwrap().success());
    // Kibibytes; on Apple's systems bytes.
    let memory_kib = usage.max_rss() / if cfg!(target_vendor = "apple") { 1024 } else { 1 };
    assert!(memory_kib < MEMORY_KIB_AT_MOST, "{memory_kib} KiB");
    println!(
        "a million entries claimed, refused by each verb in {} ms and {} MiB at most",
        slowest.as_millis(),
        memory_kib.div_euclid(1024)
    );
}
