//! Metrics: on a listener of their own, sums alone, and nobody's moment.

use std::net::{SocketAddr, TcpListener, TcpStream};

use rustix::process::Signal;

use super::harness::{Answer, Paste, Server, message, token};

/// A port that was free a moment ago.
fn free() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

fn ask(address: SocketAddr, method: &str, path: &str) -> Answer {
    use std::io::Write as _;

    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(&message(method, path, &[], &[])).unwrap();
    Answer::read(&mut stream)
}

fn text(address: SocketAddr) -> String {
    let answer = ask(address, "GET", "/metrics");
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.header("content-type"),
        Some("text/plain; version=0.0.4; charset=utf-8")
    );
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    String::from_utf8(answer.body).unwrap()
}

/// Every name, with its labels.
fn names(text: &str) -> Vec<&str> {
    text.lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.rsplit_once(' ').unwrap().0)
        .collect()
}

/// [B-120]
#[test]
fn metrics_are_sums_in_tens_and_nobodys_moment_shows_between_two_scrapes() {
    let server = Server::start();
    for _ in 0..25 {
        Paste::on(&server, 2000, 1);
    }
    server.signal(Signal::TERM);
    let (_, data) = server.ended();
    let address = free();
    let server = Server::start_in(data, &["--metrics", &address.to_string()]);
    // The first sweep publishes what was there; until then there is less.
    while !text(address).contains("satchel_pastes ") {
        std::thread::yield_now();
    }
    let before = text(address);
    assert!(
        before.contains("\nsatchel_pastes 20\n") && before.contains("\nsatchel_ok 1\n"),
        "{before}"
    );
    for _ in 0..15 {
        let paste = Paste::on(&server, 20_000, 1);
        let lease = token();
        paste.claim_as(&server, &token(), &lease);
        paste.claim(&server, &lease);
        paste.burn(&server);
    }
    let after = text(address);
    let hour_changed = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs() % 3600 < 60;
    assert!(after == before || hour_changed, "{before}\n{after}");
    assert_eq!(
        names(&after),
        [
            "satchel_ok",
            "satchel_clock_held",
            "satchel_damaged_items",
            "satchel_failures_total",
            "satchel_sweeps_failed_total",
            "satchel_pastes",
            "satchel_storage_percent",
            "satchel_deeds_total{deed=\"created\"}",
            "satchel_deeds_total{deed=\"claimed\"}",
            "satchel_deeds_total{deed=\"wrong_passphrase\"}",
            "satchel_deeds_total{deed=\"burned_on_demand\"}",
            "satchel_deeds_total{deed=\"refused_for_room\"}",
            "satchel_deeds_total{deed=\"refused_for_rate\"}",
        ]
    );
}

/// [B-120]
#[test]
fn metrics_have_a_listener_of_their_own_that_serves_nothing_else() {
    let address = free();
    let server = Server::start_with(&["--metrics", &address.to_string()]);
    for path in ["/", "/api/v1/config", "/healthz", "/metrics/more"] {
        assert_eq!(ask(address, "GET", path).code(), "not_found");
    }
    assert_eq!(ask(address, "POST", "/metrics").status, 405);
    let people = server.ask("GET", "/metrics", &[], &[]);
    assert!(!String::from_utf8_lossy(&people.body).contains("satchel_ok"));
    let quiet = Server::start();
    assert!(!String::from_utf8_lossy(&quiet.ask("GET", "/metrics", &[], &[]).body).contains("satchel_ok"));
}
