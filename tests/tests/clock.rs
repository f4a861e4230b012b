//! A wall clock that jumps under a running server, both ways, as people at both ends of the wire see it: no life is extended, and nothing
//! burns that was not due. The clock that nobody can set goes on as it does (tests/shim/shim.c).
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::time::Duration;

use satchel_api::{Probed, Receipt};
use satchel_tests::process::Server;
use satchel_tests::shim::Shim;
use satchel_tests::wire::{Keys, Wire};
use satchel_tests::{count, noise, random};

const HOUR: i64 = 3600;
const TEN_YEARS: i64 = 10 * 365 * 24 * HOUR;
/// Within so many seconds the server burns what is due by itself.
const SWEEP: usize = 61;

struct Paste {
    keys: Keys,
    content: Vec<u8>,
    expires_at: u64,
}

impl Paste {
    fn on(wire: &Wire, expires_in: u64) -> Self {
        let (keys, content) = (Keys::generate(), noise(1000));
        let created = wire
            .create_for(&keys, (1, expires_in), content.len(), &content)
            .unwrap();
        assert_eq!(created.status, 201);
        let expires_at = expiry(wire, &keys);
        Self {
            keys,
            content,
            expires_at,
        }
    }

    fn is_read_in_full(&self, wire: &Wire) -> bool {
        wire.claim(&self.keys, &random()).unwrap().body == self.content
    }
}

fn expiry(wire: &Wire, keys: &Keys) -> u64 {
    let receipt: Receipt = serde_json::from_slice(&wire.receipt(keys).unwrap().body).unwrap();
    receipt.expires_at.unwrap()
}

/// Jumps, looks, and sets the clock right again. Whether the short-lived one and the long-lived one can be read meanwhile.
fn jump(wire: &Wire, shim: &Shim, secs: i64, pastes: [&Paste; 2]) -> [bool; 2] {
    shim.set_wall_offset(secs);
    let first = pastes.map(|paste| wire.probe(&paste.keys).unwrap().status == 200);
    // In a long run long enough for the server to burn what it takes for due.
    std::thread::sleep(Duration::from_secs(count(0, SWEEP) as u64));
    let readable = pastes.map(|paste| {
        let answer = wire.probe(&paste.keys).unwrap();
        if answer.status == 200 {
            let probed: Probed = serde_json::from_slice(&answer.body).unwrap();
            assert_eq!(probed.expires_at, paste.expires_at, "{secs} s: a life that was changed");
        }
        answer.status == 200
    });
    assert_eq!(first, readable, "{secs} s");
    shim.set_wall_offset(0);
    readable
}

#[test]
fn jumps_of_the_clock_extend_no_life_and_burn_nothing() {
    let mut jumps = 0;
    // The short-lived lives for five to ten minutes, and so longer than all the sweeps of a jump.
    for (secs, short_is_readable, long_is_readable) in [
        (1, true, true),
        (HOUR, false, true),
        (TEN_YEARS, false, false),
        (-1, true, true),
        (-HOUR, true, true),
        (-TEN_YEARS, true, true),
    ] {
        let (folder, shim) = (tempfile::tempdir().unwrap(), Shim::default());
        let server = Server::start_behind(&shim, folder.path());
        let wire = Wire::new(server.url());
        let (short, long) = (Paste::on(&wire, 300), Paste::on(&wire, 7 * 24 * 3600));
        let readable = jump(&wire, &shim, secs, [&short, &long]);
        assert_eq!(
            readable,
            [short_is_readable, long_is_readable],
            "{secs} s, while it lasts"
        );
        for paste in [&short, &long] {
            assert_eq!(
                expiry(&wire, &paste.keys),
                paste.expires_at,
                "{secs} s: the life is what it was"
            );
            assert!(paste.is_read_in_full(&wire), "{secs} s: it was not burned");
        }
        jumps += 1;
    }
    println!(
        "figure: jumps of the clock by a second, an hour and ten years, both ways, that extended a life or burned what was not due: 0 of {jumps}"
    );
}

#[test]
fn what_is_made_while_the_clock_is_behind_lives_no_longer_than_it_should() {
    let week = 7 * 24 * 3600;
    for secs in [-TEN_YEARS, -HOUR, -1] {
        let (folder, shim) = (tempfile::tempdir().unwrap(), Shim::default());
        let server = Server::start_behind(&shim, folder.path());
        let wire = Wire::new(server.url());
        let right = Paste::on(&wire, week).expires_at;
        shim.set_wall_offset(secs);
        let wrong = Paste::on(&wire, week);
        shim.set_wall_offset(0);
        // Both are rounded up to the hour, and the hour may have turned in between.
        assert!(
            wrong.expires_at <= right + 3600,
            "{secs} s: {} and not {right}",
            wrong.expires_at
        );
        assert!(wrong.is_read_in_full(&wire), "{secs} s");
    }
}
