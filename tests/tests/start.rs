//! How long a start takes with many items, after a kill under load: the slots, the rows and the files are all looked at.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use satchel_tests::at_rest::AtRest;
use satchel_tests::process::Server;
use satchel_tests::wire::{Keys, Wire};
use satchel_tests::{count, noise, random};

const START_MAX: Duration = Duration::from_secs(5);
const CLIENTS: usize = 32;
const CONTENT_LEN: usize = 64;

/// Creates until there are `wanted`, and goes on until the server is gone. The last that was acknowledged.
fn fill(url: &str, made: &AtomicUsize) -> Option<(Keys, Vec<u8>)> {
    let wire = Wire::new(url);
    let mut last = None;
    loop {
        let (keys, content) = (Keys::generate(), noise(CONTENT_LEN));
        match wire.create(&keys, 1, content.len(), &content) {
            Ok(answer) if answer.status == 201 => last = Some((keys, content)),
            Ok(answer) => panic!("{}", answer.status),
            Err(_) => return last,
        }
        made.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn a_start_after_a_kill_takes_less_than_five_seconds_with_a_million_items() {
    let folder = tempfile::tempdir().unwrap();
    let items = count(20_000, 1_000_000);
    let allowed = ["--items-max", "2000000"];
    let server = Server::start_with(folder.path(), &allowed);
    let (made, url) = (AtomicUsize::new(0), server.url().to_owned());
    let last: Vec<_> = std::thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS).map(|_| scope.spawn(|| fill(&url, &made))).collect();
        while made.load(Ordering::Relaxed) < items {
            std::thread::sleep(Duration::from_millis(5));
        }
        server.kill_at_once();
        clients
            .into_iter()
            .filter_map(|client| client.join().unwrap())
            .collect()
    });
    assert_eq!(last.len(), CLIENTS);
    // Only what is committed counts: what the kill left in the log is played back by the start.
    let mut slowest = Duration::ZERO;
    for _ in 0..3 {
        let since = Instant::now();
        let server = Server::start_with(folder.path(), &allowed);
        slowest = slowest.max(since.elapsed());
        server.kill_at_once();
    }
    let server = Server::start_with(folder.path(), &allowed);
    let live = AtRest::read(folder.path()).live();
    assert!(live >= items, "{live} items");
    let wire = Wire::new(server.url());
    for (keys, content) in &last {
        assert!(wire.claim(keys, &random()).unwrap().body == *content);
    }
    let memory = server.memory_kib("VmRSS:");
    println!(
        "figure: slowest of 3 starts after a kill with {live} items: {} ms, {} MB of memory then",
        slowest.as_millis(),
        memory / 1000
    );
    assert!(slowest < START_MAX, "{slowest:?}");
}
