//! What a disk, a log and an answer hold: promises 1 and 6.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::path::Path;

use satchel_tests::process::Server;
use satchel_tests::wire::{Keys, Wire};
use satchel_tests::{contains, files_below, noise, random};

/// Whether any file below `folder` holds `needle`.
fn rests(folder: &Path, needle: &[u8]) -> bool {
    // A file that goes between listing and reading holds nothing any more.
    files_below(folder)
        .iter()
        .any(|path| contains(&std::fs::read(path).unwrap_or_default(), needle))
}

/// The 32-byte windows of `before` that `after` no longer has, at slots of 64 bytes.
fn overwritten_slots(before: &[u8], after: &[u8]) -> Vec<Vec<u8>> {
    before
        .chunks(64)
        .zip(after.chunks(64))
        .filter(|(old, new)| old != new)
        .map(|(old, _)| old.to_vec())
        .collect()
}

fn slots(folder: &Path) -> Vec<u8> {
    let path = files_below(folder)
        .into_iter()
        .find(|path| {
            path.file_name()
                .is_some_and(|name| name.to_string_lossy().contains("shred"))
        })
        .unwrap();
    std::fs::read(path).unwrap()
}

#[test]
fn content_never_rests_as_it_came() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let wire = Wire::new(server.url());
    for len in [1024, 500_000] {
        let (keys, content) = (Keys::generate(), noise(len));
        assert_eq!(wire.create(&keys, 1, len, &content).unwrap().status, 201);
        assert!(!rests(folder.path(), &content[100..132]));
        assert!(!rests(folder.path(), &content[len - 32..]));
        for secret in [&keys.probe, &keys.claim, &keys.receipt] {
            assert!(!rests(folder.path(), secret), "tokens rest as hashes only");
        }
        assert!(!rests(folder.path(), &keys.id), "ids rest as hashes only");
    }
}

#[test]
fn after_a_burn_neither_content_nor_shred_key_is_anywhere() {
    for (len, by_reading) in [(1024, true), (500_000, true), (1024, false), (500_000, false)] {
        let folder = tempfile::tempdir().unwrap();
        let server = Server::start(folder.path());
        let wire = Wire::new(server.url());
        let (keys, content) = (Keys::generate(), noise(len));
        assert_eq!(wire.create(&keys, 1, len, &content).unwrap().status, 201);
        let before = slots(folder.path());
        if by_reading {
            let lease = random();
            assert!(wire.claim(&keys, &lease).unwrap().body == content);
            assert_eq!(wire.confirm(&keys, &lease).unwrap().status, 204);
        } else {
            assert_eq!(wire.burn(&keys).unwrap().status, 204);
        }
        let gone = overwritten_slots(&before, &slots(folder.path()));
        assert!(
            !gone.is_empty(),
            "the slot was overwritten before the burn was acknowledged"
        );
        for slot in gone {
            for key in slot
                .windows(32)
                .filter(|window| window.iter().filter(|byte| **byte == 0).count() < 4)
            {
                assert!(!rests(folder.path(), key), "a byte of the old slot is left");
            }
        }
        assert!(!rests(folder.path(), &content[..32]));
        drop(server);
        assert!(!rests(folder.path(), &content[..32]));
    }
}

#[test]
fn logs_and_answers_hold_no_id_token_or_content() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let wire = Wire::new(server.url());
    let (keys, lease) = (Keys::generate(), random::<32>());
    let content = noise(2000);
    let mut answers = Vec::new();
    answers.extend(wire.create(&keys, 1, content.len(), &content).unwrap().body);
    answers.extend(wire.probe(&keys).unwrap().body);
    answers.extend(wire.receipt(&keys).unwrap().body);
    answers.extend(
        wire.claim(
            &Keys {
                probe: random(),
                ..keys.clone()
            },
            &lease,
        )
        .unwrap()
        .body,
    );
    answers.extend(
        wire.claim(
            &Keys {
                claim: random(),
                ..keys.clone()
            },
            &lease,
        )
        .unwrap()
        .body,
    );
    let claimed = wire.claim(&keys, &lease).unwrap();
    assert!(claimed.body == content);
    answers.extend(wire.confirm(&keys, &lease).unwrap().body);
    answers.extend(wire.claim(&keys, &lease).unwrap().body);
    let said = server.stop();
    let text = |bytes: &[u8]| <base64ct::Base64UrlUnpadded as base64ct::Encoding>::encode_string(bytes).into_bytes();
    for secret in [&keys.id[..], &keys.probe, &keys.claim, &keys.receipt, &lease] {
        for place in [&said, &answers] {
            assert!(!contains(place, secret) && !contains(place, &text(secret)));
        }
    }
    assert!(
        !contains(&said, b"127.0.0.1:") || String::from_utf8_lossy(&said).lines().count() < 4,
        "no address is logged"
    );
    assert!(!contains(&said, &content[..32]));
}

#[test]
fn nobody_else_can_look_into_the_data_folder() {
    use std::os::unix::fs::PermissionsExt as _;
    let outer = tempfile::tempdir().unwrap();
    let data = outer.path().join("fresh");
    let server = Server::start(&data);
    let (keys, content) = (Keys::generate(), noise(400_000));
    assert_eq!(
        Wire::new(server.url())
            .create(&keys, 1, content.len(), &content)
            .unwrap()
            .status,
        201
    );
    assert_eq!(std::fs::metadata(&data).unwrap().permissions().mode() & 0o777, 0o700);
    for file in files_below(&data) {
        assert_eq!(
            std::fs::metadata(&file).unwrap().permissions().mode() & 0o777,
            0o600,
            "{}",
            file.display()
        );
    }
}
