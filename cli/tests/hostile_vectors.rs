//! Every file of vectors/container, vectors/set and vectors/page that is not to open, through the real program: its exit code, one sentence, quickly and
//! in little memory. Alone in its process: what its children took at most is asked of the system for all of them together.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "program/making.rs"]
mod making;
mod program;

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use nix::sys::resource::{UsageWho, getrusage};

use program::{Desk, good, processor_time, refused, said};

const AT_MOST: Duration = Duration::from_millis(100);
const MEMORY_KIB_AT_MOST: i64 = 64 * 1024;
/// How often what took too long is tried again.
const TRIES: usize = 8;
/// One test at a time: what its children took is asked of the system for all of them together.
static TURN: Mutex<()> = Mutex::new(());

/// Verdicts that are met before any key is: no passphrase costs work there.
const BEFORE_KEYS: [&str; 14] = [
    "not_a_container",
    "set_not_supported",
    "malformed_set",
    "unsupported_version",
    "member_of_a_set",
    "truncated",
    "header_too_large",
    "malformed_header",
    "bad_slot_count",
    "malformed_slot",
    "bad_slot_mix",
    "unknown_profile",
    "no_matching_slot",
    "malformed_share",
];

struct Vector {
    name: String,
    head: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Vector {
    fn load(path: &std::path::Path) -> Self {
        let bytes = std::fs::read(path).unwrap();
        let at = bytes.windows(2).position(|two| two == b"\n\n").unwrap();
        let pair = |line: &str| {
            let (key, value) = line.split_once(':').unwrap();
            (key.to_owned(), value.strip_prefix(' ').unwrap_or(value).to_owned())
        };
        Self {
            name: path.file_name().unwrap().to_str().unwrap().to_owned(),
            head: std::str::from_utf8(&bytes[..at])
                .unwrap()
                .split('\n')
                .map(pair)
                .collect(),
            body: bytes[at + 2..].to_vec(),
        }
    }

    fn all(&self, key: &'static str) -> impl Iterator<Item = &str> {
        let of_key = move |pair: &&(String, String)| pair.0 == key;
        self.head.iter().filter(of_key).map(|pair| pair.1.as_str())
    }

    fn get(&self, key: &'static str) -> Option<&str> {
        self.all(key).next()
    }

    fn verdict(&self) -> &str {
        self.get("verdict").unwrap()
    }

    /// Whether a passphrase is worked in before the verdict is known.
    fn costs_argon2id(&self) -> bool {
        self.get("passphrase").is_some() && !BEFORE_KEYS.contains(&self.verdict())
    }

    /// 3 where the key is wrong, 4 where the file is.
    fn code(&self) -> i32 {
        match self.verdict() {
            "no_matching_slot"
            | "wrong_key"
            | "share_of_another_container"
            | "wrong_share"
            | "mixed_shares"
            | "too_few_shares" => 3,
            _ => 4,
        }
    }

    /// Writes the file and its keys, and names them in options.
    fn write(&self, desk: &Desk) -> Vec<String> {
        desk.write("vector", &self.body);
        let mut arguments = vec!["vector".to_owned()];
        let mut key = |option: &str, file: String, content: &str| {
            desk.write(&file, content.as_bytes());
            arguments.extend([option.to_owned(), file]);
        };
        if let Some(link) = self.get("link") {
            key("--link-file", "link".to_owned(), link);
        }
        if let Some(passphrase) = self.get("passphrase") {
            key("--passphrase-file", "passphrase".to_owned(), passphrase);
        }
        let identities: Vec<_> = self.all("identity").collect();
        if !identities.is_empty() {
            key("-i", "identity".to_owned(), &identities.join("\n"));
        }
        for (number, share) in self.all("share").enumerate() {
            key("--share", format!("share-{number}"), share);
        }
        arguments
    }
}

fn refused_vectors() -> Vec<Vector> {
    let mut found = Vec::new();
    for folder in ["container", "set", "page"] {
        let path: PathBuf = [env!("CARGO_MANIFEST_DIR"), "../vectors", folder].iter().collect();
        let files = std::fs::read_dir(path).unwrap();
        found.extend(files.map(|file| Vector::load(&file.unwrap().path())));
    }
    // What a reader refuses that allows itself less work than this one does.
    found.retain(|vector| vector.verdict() != "ok" && vector.get("allowed").is_none());
    found.sort_by(|one, other| one.name.cmp(&other.name));
    found
}

/// Runs it and holds what it did against what it should; says how long it took.
fn refuse(desk: &Desk, vector: &Vector, verb: &[&str], key: &[String]) -> Duration {
    let mut arguments = verb.to_vec();
    arguments.extend(key.iter().map(String::as_str));
    let before = processor_time();
    let output = desk.run(&arguments);
    let took = processor_time().saturating_sub(before);
    let name = format!("{} ({}), {}", vector.name, vector.verdict(), said(&output));
    assert_eq!(output.status.code(), Some(vector.code()), "{name}");
    // What is whole in a set is listed all the same [M-5].
    let may_list = verb == ["list"] && vector.body.starts_with(b"\x8bSATCSET");
    assert!(output.stdout.is_empty() || may_list, "{name}");
    let lines: Vec<_> = std::str::from_utf8(&output.stderr).unwrap().lines().collect();
    let starts = |start: &str| lines.iter().filter(|line| line.starts_with(start)).count();
    assert_eq!(starts("satchel: error: "), 1, "{name}");
    assert_eq!(1 + starts("hint: ") + starts("note: "), lines.len(), "{name}");
    assert!(starts("hint: ") <= 1, "{name}");
    assert!(
        lines
            .iter()
            .all(|line| !line.contains(char::is_control) && line.len() < 300),
        "{name}"
    );
    took
}

/// [C-1] [C-2] [C-4] [C-6] [H-1] [H-2] [H-3] [H-4] [H-5] [H-6] [H-7] [P-1] [W-1] [S-1] [S-3] [F-3] [F-4] [F-5] [T-1] [A-1] [A-4] [M-1] [M-3]
#[test]
fn what_is_not_to_open_is_refused_in_a_moment_and_in_little_memory() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let desk = Desk::new();
    let (costly, quick): (Vec<_>, Vec<_>) = refused_vectors().into_iter().partition(Vector::costs_argon2id);
    assert!(quick.len() > 300 && !costly.is_empty(), "the vectors are there");
    let mut slowest = (Duration::ZERO, String::new());
    let mut refusals = 0;
    for vector in &quick {
        let key = vector.write(&desk);
        let before = desk.names("");
        for verb in [
            &["check"][..],
            &["decrypt", "-o", "out"],
            &["decrypt", "-o", "out/"],
            &["list"],
        ] {
            // What `list` does not read it cannot refuse.
            if verb == ["list"] && matches!(vector.verdict(), "bad_segment" | "bad_padding") {
                continue;
            }
            let mut took = refuse(&desk, vector, verb, &key);
            for _ in 1..TRIES {
                if took > AT_MOST {
                    took = took.min(refuse(&desk, vector, verb, &key));
                }
            }
            assert!(took < AT_MOST, "{}: {took:?}", vector.name);
            slowest = slowest.max((took, vector.name.clone()));
            refusals += 1;
        }
        assert_eq!(desk.names(""), before, "{}", vector.name);
    }
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).unwrap();
    // Kibibytes; on Apple's systems bytes.
    let memory_kib = usage.max_rss() / if cfg!(target_vendor = "apple") { 1024 } else { 1 };
    assert!(memory_kib < MEMORY_KIB_AT_MOST, "{memory_kib} KiB");
    for vector in &costly {
        let key = vector.write(&desk);
        refuse(&desk, vector, &["check"], &key);
    }
    println!(
        "figure: vectors that are not to open, refused with their exit code: {} of {}",
        quick.len() + costly.len(),
        quick.len() + costly.len()
    );
    println!(
        "figure: memory of the program at most, refusing {} vectors without Argon2id: {} MiB",
        quick.len(),
        memory_kib.div_euclid(1024)
    );
    println!(
        "figure: slowest of {refusals} refusals without Argon2id, processor time: {} ms ({})",
        slowest.0.as_millis(),
        slowest.1
    );
}

/// The most decapsulations that a set can ask for: 16 members of 64 slots. vectors/ has such a set with slots that cost nothing.
#[test]
fn the_largest_set_there_can_be_is_refused_a_stranger_in_a_moment() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let desk = Desk::new();
    let mut recipients = String::new();
    for number in 0..64 {
        let key = format!("{number}.key");
        recipients += &String::from_utf8(good(desk.run(&["keygen", "-o", &key]))).unwrap();
    }
    desk.write("everybody.txt", recipients.as_bytes());
    good(desk.run(&["keygen", "-o", "stranger.key"]));
    let (mut table, mut departments) = (
        "Name,Department\n".to_owned(),
        "committee = \"everybody.txt\"\n\n[departments]\n".to_owned(),
    );
    for number in 0..16 {
        table += &format!("Jo,{number}\n");
        departments += &format!("{number} = \"everybody.txt\"\n");
    }
    desk.write("members.csv", table.as_bytes());
    desk.write("to.toml", departments.as_bytes());
    let column = ["--split-by", "Department", "--to", "to.toml"];
    good(desk.run(&[&["encrypt", "members.csv"], &column[..], &["-o", "set"]].concat()));
    let took = (0..TRIES).map(|_| {
        let before = processor_time();
        refused(desk.run(&["check", "set", "-i", "stranger.key"]), 3);
        processor_time().saturating_sub(before)
    });
    let took = took.min().unwrap();
    println!(
        "figure: refusing a stranger the largest set, of 1,024 slots for recipients, processor time: {} ms",
        took.as_millis()
    );
    // Longer than all else, which docs/decisions/0004 tells why; ML-KEM is slower in a debug build.
    assert!(took < 20 * AT_MOST, "{took:?}");
}
