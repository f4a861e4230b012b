//! Passphrases against the vectors: which bytes Argon2id is given.

use super::*;
use alloc::string::String;

extern crate std;
use std::{fs, path::Path, println};

/// [P-3]
#[test]
fn a_passphrase_is_given_to_argon2id_in_nfc_and_not_trimmed() {
    let Ok(files) = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../vectors/passphrase")) else {
        println!("skipped: vectors/passphrase is missing");
        return;
    };
    for file in files {
        let path = file.unwrap().path();
        let bytes = fs::read(&path).unwrap();
        let at = bytes.windows(2).position(|two| two == b"\n\n").unwrap();
        let head = String::from_utf8(bytes[..at].to_vec()).unwrap();
        let Some(nfc) = head.lines().find_map(|line| line.strip_prefix("nfc_hex: ")) else {
            continue;
        };
        let body = &bytes[at + 2..];
        let from_file = head.lines().any(|line| line == "from: file");
        let read = if from_file {
            Passphrase::from_file(body)
        } else {
            Passphrase::new(core::str::from_utf8(body).unwrap())
        };
        assert_eq!(hex::encode(read.ok().unwrap().expose()), nfc, "{}", path.display());
    }
}

#[test]
fn the_limit_counts_bytes_after_nfc() {
    assert!(Passphrase::new(&"x".repeat(1024)).is_ok());
    assert_eq!(
        Passphrase::new(&"x".repeat(1025)).err(),
        Some(Verdict::PassphraseTooLong(1025))
    );
    assert!(
        Passphrase::new(&"e\u{301}".repeat(512)).is_ok(),
        "1,536 bytes that compose to 1,024"
    );
    assert_eq!(
        Passphrase::new(&"\u{fb2c}".repeat(342)).err(),
        Some(Verdict::PassphraseTooLong(342 * 6))
    );
}

fn lent(job: &Argon2idJob<'_>, key: &mut [u8; 32]) -> bool {
    let here = here::derive(job).ok().unwrap();
    key.copy_from_slice(here.expose());
    true
}

#[test]
fn argon2id_that_is_lent_is_asked_for_what_is_run_here() {
    let salt = [7; 16];
    let with = |passphrase: Passphrase| derive_passphrase_key(&passphrase, &salt, Profile::Phone).ok().unwrap();
    let (own, others) = (
        with(Passphrase::from_nfc("night shift").unwrap()),
        with(Passphrase::from_nfc_with("night shift", lent).unwrap()),
    );
    assert_eq!(own.expose(), others.expose());
}

#[test]
fn argon2id_that_is_lent_and_gives_up_derives_no_key() {
    let passphrase = Passphrase::from_nfc_with("night shift", |_, _| false).unwrap();
    let derived = derive_passphrase_key(&passphrase, &[7; 16], Profile::Phone);
    assert_eq!(derived.err(), Some(Verdict::OutOfMemory));
    assert_eq!(
        Passphrase::from_nfc_with("", lent).err(),
        Some(Verdict::EmptyPassphrase)
    );
    let long = Passphrase::from_nfc_with(&"x".repeat(1025), lent);
    assert_eq!(long.err(), Some(Verdict::PassphraseTooLong(1025)));
}

/// [P-1]
#[test]
fn a_profile_has_its_own_memory_and_no_other_number_has_any() {
    let costs = [1, 2, 3].map(|number| Profile::from_number(number).unwrap().memory_kib());
    assert_eq!(costs, [64 << 10, 256 << 10, 1 << 20]);
    for number in [0, 4, u64::MAX] {
        assert_eq!(Profile::from_number(number), Err(Verdict::UnknownProfile));
    }
}
