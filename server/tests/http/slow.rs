//! Many who take their time, and one who does not: neither its answers nor the server's memory suffer.

use std::io::Write as _;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use super::dice::count;
use super::documents::{Document, JSON};
use super::harness::{OCTETS, Paste, Server, TUS, bearer, message, token};

const CONTENT_LEN: usize = 16 << 20;
/// As many leases as run at once on one paste.
const LEASES: usize = 64;
const MEMORY_KIB_MAX: u64 = 200_000;

/// Measured in a long run. Beside other tests it is a sign of being held up, not of speed.
fn p99_max() -> Duration {
    Duration::from_millis(count(2_000, 200).try_into().unwrap())
}

/// Readers that take nothing of what they claimed.
fn downloads(server: &Server, wanted: usize) -> Vec<TcpStream> {
    let mut paste = Paste::on(server, CONTENT_LEN, 0);
    let begin = |at: usize| {
        if at.is_multiple_of(LEASES) && at > 0 {
            paste = Paste::on(server, CONTENT_LEN, 0);
        }
        let headers = [
            ("authorization", &*bearer(&paste.claim)),
            ("satchel-probe", &*paste.probe),
            ("satchel-lease", &*token()),
        ];
        let mut stream = server.connect();
        stream
            .write_all(&message("POST", &paste.path("/claim"), &headers, &[]))
            .unwrap();
        // Its answer has begun.
        let mut first = [0];
        stream.peek(&mut first).unwrap();
        stream
    };
    (0..wanted).map(begin).collect()
}

/// Creations whose body stops half way.
fn bodies(server: &Server, wanted: usize) -> Vec<TcpStream> {
    let half = vec![7; 100_000];
    let begin = |_| {
        let metadata = Paste::new(1, 1).metadata();
        let headers = [
            TUS,
            OCTETS,
            ("upload-length", "200000"),
            ("upload-metadata", &*metadata),
            ("content-length", "200000"),
        ];
        let mut stream = server.connect();
        stream
            .write_all(&message("POST", "/api/v1/pastes", &headers, &half))
            .unwrap();
        stream
    };
    (0..wanted).map(begin).collect()
}

/// Requests that go on with one and the same small upload, and stop short of its end.
fn patches(server: &Server, wanted: usize) -> Vec<TcpStream> {
    let paste = Paste::new(250_000, 1);
    assert_eq!(paste.create(server, &[]).status, 201);
    let right = bearer(&paste.receipt);
    let headers = [
        TUS,
        OCTETS,
        ("upload-offset", "0"),
        ("authorization", &*right),
        ("content-length", "250000"),
    ];
    stalled(
        server,
        wanted,
        &message("PATCH", &paste.path(""), &headers, &paste.content[..249_000]),
    )
}

/// Owners that ask for links, and stop before what they ask for is whole.
fn wishes(server: &Server, wanted: usize) -> Vec<TcpStream> {
    let document = Document::on(server, 4096);
    let right = bearer(&document.owner);
    let headers = [JSON, ("authorization", &*right), ("content-length", "131072")];
    let path = format!("/api/v1/documents/{}/links", document.id);
    stalled(server, wanted, &message("POST", &path, &headers, &vec![b' '; 131_000]))
}

fn stalled(server: &Server, wanted: usize, bytes: &[u8]) -> Vec<TcpStream> {
    let begin = |_| {
        let mut stream = server.connect();
        stream.write_all(bytes).unwrap();
        stream
    };
    (0..wanted).map(begin).collect()
}

fn heads(server: &Server, wanted: usize) -> Vec<TcpStream> {
    let begin = |_| {
        let mut stream = server.connect();
        stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: loc").unwrap();
        stream
    };
    (0..wanted).map(begin).collect()
}

/// How long an honest client's requests take, sorted.
fn honest(server: &Server) -> Vec<Duration> {
    let mut times = Vec::new();
    for _ in 0..60 {
        let (paste, lease) = (Paste::new(1024, 1), token());
        for step in [
            &(|| paste.create(server, &paste.content).status) as &dyn Fn() -> u16,
            &|| paste.probe(server).status,
            &|| paste.claim(server, &lease).status,
            &|| paste.confirm(server, &lease).status,
        ] {
            let since = Instant::now();
            let status = step();
            times.push(since.elapsed());
            assert!((200..300).contains(&status), "{status}");
        }
    }
    times.sort_unstable();
    times
}

/// Measures the honest client and the server's memory while the slow ones hang.
fn bears(server: &Server, what: &str, wanted: usize, slow: Vec<TcpStream>) {
    let times = honest(server);
    let (p99, memory) = (times[times.len() * 99 / 100], server.memory_kib("VmRSS:"));
    // None was closed without an answer to make room for the honest one.
    let hang = slow.iter().filter(|stream| hangs(stream)).count();
    drop(slow);
    let told = format!("{p99:?} at the 99th percentile, {} MB", memory / 1000);
    println!(
        "figure: an honest client beside {wanted} connections that are slow in the {what}, and the server's memory: {told}"
    );
    assert!(p99 < p99_max() && memory < MEMORY_KIB_MAX, "{what}: {told}");
    assert!(hang == wanted, "{what}: {hang} of {wanted} hang at the end");
}

/// Whether the server has not just closed it: there is nothing to read, or an answer.
fn hangs(stream: &TcpStream) -> bool {
    stream.set_nonblocking(true).unwrap();
    match stream.peek(&mut [0; 64]) {
        Ok(0) => false,
        Ok(len) => len == 64,
        Err(error) => error.kind() == std::io::ErrorKind::WouldBlock,
    }
}

/// Each kind on a server of its own: what one leaves in the allocator is not counted for the next.
fn alone(what: &str, begin: fn(&Server, usize) -> Vec<TcpStream>) {
    let server = Server::start_with(&["--uploads-per-minute", "0"]);
    let wanted = count(150, 1000);
    bears(&server, what, wanted, begin(&server, wanted));
}

/// [B-6]
#[test]
fn slow_downloads_do_not_hold_up_an_honest_client() {
    alone("download", downloads);
}

/// [B-6]
#[test]
fn slow_bodies_do_not_hold_up_an_honest_client() {
    alone("body", bodies);
}

/// [B-6] [B-150]
#[test]
fn slow_requests_for_one_small_upload_do_not_hold_up_an_honest_client() {
    alone("PATCH of one upload", patches);
}

/// [B-6] [B-150]
#[test]
fn slow_requests_for_links_do_not_hold_up_an_honest_client() {
    alone("request for links", wishes);
}

/// [B-6]
#[test]
fn slow_heads_do_not_hold_up_an_honest_client() {
    alone("head", heads);
}

/// [B-6]
#[test]
fn slow_connections_of_all_three_kinds_at_once_do_not_hold_up_an_honest_client() {
    let server = Server::start_with(&["--uploads-per-minute", "0"]);
    let each = count(50, 334);
    let mut slow = downloads(&server, each);
    slow.extend(bodies(&server, each));
    slow.extend(heads(&server, each));
    bears(&server, "download, body and head at once", 3 * each, slow);
}

/// [B-150]
#[test]
fn a_creation_gets_its_turn_where_slow_ones_fill_the_room() {
    let server = Server::start_with(&["--uploads-per-minute", "0"]);
    // More than there is room for, so that some of them wait for the others.
    let slow = bodies(&server, 300);
    for _ in 0..10 {
        Paste::on(&server, 100_000, 1);
        Paste::on(&server, 1024, 1);
    }
    let given_up = |stream: &TcpStream| {
        let mut begin = [0; 12];
        stream.set_nonblocking(true).unwrap();
        matches!(stream.peek(&mut begin), Ok(12)) && begin == *b"HTTP/1.1 408"
    };
    let since = Instant::now();
    while !slow.iter().any(given_up) {
        assert!(
            since.elapsed() < Duration::from_secs(20),
            "long before 30 s of silence are over"
        );
        std::thread::yield_now();
    }
}
