//! Satchel behind Caddy, nginx and Traefik as deploy/ sets them up: documents go through at once and whole, the server learns who asks, and the proxy
//! keeps nothing. Skipped, visibly, for a proxy that the machine lacks.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::HashMap;
use std::fs;
use std::io::{BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use base64ct::{Base64UrlUnpadded, Encoding as _};
use satchel_api::route;
use satchel_tests::process::{Server, binary};
use satchel_tests::proxy::{Kind, Place, Proxy, shipped};
use satchel_tests::raw::Caller;
use satchel_tests::wire::{Keys, Wire};
use satchel_tests::{contains, noise, random};

/// A person whom the proxy sees; all else comes from 127.0.0.1.
const PERSON: Ipv4Addr = Ipv4Addr::new(127, 77, 66, 55);
const PATIENCE: Duration = Duration::from_secs(20);
const MIB: usize = 1 << 20;
/// What a proxy may have under way between two sockets, buffers of the kernel not counted.
const UNDER_WAY: usize = 128 * 1024;

#[test]
fn documents_go_through_caddy_which_keeps_nothing() {
    documents_go_through(Kind::Caddy, Place::Root);
}

#[test]
fn documents_go_through_caddy_under_a_folder() {
    documents_go_through(Kind::Caddy, Place::Folder);
}

#[test]
fn documents_go_through_nginx_which_keeps_nothing() {
    documents_go_through(Kind::Nginx, Place::Root);
}

#[test]
fn documents_go_through_nginx_under_a_folder() {
    documents_go_through(Kind::Nginx, Place::Folder);
}

#[test]
fn documents_go_through_traefik_which_keeps_nothing() {
    documents_go_through(Kind::Traefik, Place::Root);
}

#[test]
fn documents_go_through_traefik_under_a_folder() {
    documents_go_through(Kind::Traefik, Place::Folder);
}

#[test]
fn caddy_hands_bytes_on_as_they_come_and_says_who_asks() {
    bytes_are_handed_on(Kind::Caddy);
}

#[test]
fn nginx_hands_bytes_on_as_they_come_and_says_who_asks() {
    bytes_are_handed_on(Kind::Nginx);
}

#[test]
fn traefik_hands_bytes_on_as_they_come_and_says_who_asks() {
    bytes_are_handed_on(Kind::Traefik);
}

/// The command line both ways, small and large; the page as it was published; TLS; what goes wrong. Then all that the proxy wrote is searched.
fn documents_go_through(kind: Kind, place: Place) {
    let test = format!("documents through {kind:?}");
    let folder = tempfile::tempdir().unwrap();
    // The proxy has to know the server's address, and the server the proxy's.
    let upstream = free_address();
    let Some(proxy) = kind.start(&test, &upstream, place) else {
        return;
    };
    let base = format!("https://localhost:{}{}", proxy.tls_port(), place.path());
    let data = folder.path().join("data");
    let options = [
        "--listen",
        &upstream,
        "--trusted-proxies",
        "127.0.0.1",
        "--base-url",
        &base,
    ];
    let server = Server::start_with(&data, &options);
    let mut secrets = Secrets::default();

    for len in [20_000, 64 * MIB] {
        secrets.add(&shared_and_got(&proxy, folder.path(), len));
    }
    the_page_is_as_published(&proxy);
    tls_is_served(&proxy, place);
    secrets.add(&troubles(&proxy, &data));
    // Nobody is there any more: the error has the address and path of who asked.
    let _ = server.stop();
    let caller = Caller::new(&proxy.origin(), PERSON);
    let path = format!("{}{}", place.path(), route::of(route::CLAIM, &text(&random::<16>())));
    let reply = caller.ask("POST", &path, &[("authorization", "Bearer secret-of-nobody")], b"");
    assert_eq!(reply.status, 502);
    secrets.0.push("secret-of-nobody".to_owned());
    secrets.0.push(PERSON.to_string());
    secrets.0.push("/api/v1/pastes".to_owned());

    for (path, bytes) in proxy.stop() {
        for secret in &secrets.0 {
            assert!(!contains(&bytes, secret.as_bytes()), "{} has {secret}", path.display());
        }
    }
}

/// Where nobody listens.
fn free_address() -> String {
    TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .to_string()
}

/// What nobody but the people may ever see.
#[derive(Default)]
struct Secrets(Vec<String>);

impl Secrets {
    fn add(&mut self, found: &[String]) {
        self.0.extend_from_slice(found);
    }
}

fn text(bytes: &[u8]) -> String {
    Base64UrlUnpadded::encode_string(bytes)
}

fn satchel(folder: &Path, arguments: &[&str]) -> Output {
    let command = Command::new(binary("satchel"))
        .args(arguments)
        .env("XDG_STATE_HOME", folder.join("state"))
        .current_dir(folder)
        .stdin(Stdio::null())
        .output();
    command.unwrap()
}

fn shared_and_got(proxy: &Proxy, folder: &Path, len: usize) -> Vec<String> {
    let content = noise(len);
    fs::write(folder.join("document"), &content).unwrap();
    let before = proxy.bytes_on_disk();
    let output = satchel(
        folder,
        &["share", "document", "--server", &proxy.url(), "--burn", "--json"],
    );
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let shared: HashMap<String, serde_json::Value> = serde_json::from_slice(&output.stdout).unwrap();
    let word = |name: &str| shared[name].as_str().unwrap().to_owned();
    let output = satchel(folder, &["get", &word("link"), "-o", "got"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(
        fs::read(folder.join("got")).unwrap() == content,
        "what came out is what went in"
    );
    fs::remove_file(folder.join("got")).unwrap();
    let kept = proxy.bytes_on_disk().saturating_sub(before);
    assert!(kept < 20_000, "{kept} bytes more lie in the proxy's folder");
    let after_hash = |link: String| link.split_once('#').unwrap().1.to_owned();
    vec![word("id"), after_hash(word("link")), after_hash(word("receipt"))]
}

fn the_page_is_as_published(proxy: &Proxy) {
    let output = satchel(proxy.folder(), &["verify-server", &proxy.url()]);
    let said = String::from_utf8_lossy(&output.stderr) + String::from_utf8_lossy(&output.stdout);
    if output.status.code() == Some(1) {
        let _ = writeln!(std::io::stderr(), "skipped: the page through a proxy: {said}");
        return;
    }
    assert_eq!(output.status.code(), Some(0), "{said}");
}

/// By name, with the certificate that the proxy has; what the page needs comes with it.
fn tls_is_served(proxy: &Proxy, place: Place) {
    let url = format!("https://localhost:{}{}/", proxy.tls_port(), place.path());
    let curl = Command::new("curl")
        .args(["-sSki", "--max-time", "20", "--noproxy", "*", &url])
        .output();
    let output = curl.unwrap();
    let answer = String::from_utf8_lossy(&output.stdout).to_lowercase();
    let (head, _) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.lines().next().unwrap().contains(" 200"), "{head}");
    for header in [
        "content-security-policy: ",
        "strict-transport-security: ",
        "cache-control: no-store",
    ] {
        assert!(head.contains(header), "{header} is missing: {head}");
    }
}

/// An upload that breaks off, a wrong token, an id that nobody knows, a reader who leaves: each from the person's own address.
fn troubles(proxy: &Proxy, data: &Path) -> Vec<String> {
    assert!(data.exists());
    let keys = Keys::generate();
    let wire = Wire::new(&proxy.url());
    let answer = wire.create(&keys, 1, 4 * MIB, b"");
    assert_eq!(answer.unwrap().status, 201);
    let path = proxy.url().replacen(&proxy.origin(), "", 1) + &route::of(route::PASTE, &text(&keys.id));
    let caller = Caller::new(&proxy.origin(), PERSON);
    let mut broken = caller.connected();
    let head = format!(
        "PATCH {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {}\r\ntus-resumable: 1.0.0\r\nupload-offset: 0\r\ncontent-type: application/offset+octet-stream\r\ncontent-length: {}\r\n\r\n",
        text(&keys.receipt),
        4 * MIB
    );
    broken.write_all(head.as_bytes()).unwrap();
    broken.write_all(&noise(MIB)).unwrap();
    drop(broken);
    let wrong = caller.ask(
        "GET",
        &format!("{path}/receipt"),
        &[("authorization", "Bearer nonsense")],
        b"",
    );
    assert!((400..500).contains(&wrong.status), "{}", wrong.status);
    // What was cut off goes on from where the server says; the old request may not have ended yet.
    let content = noise(4 * MIB);
    let offset = loop {
        let answer = wire.offset(&keys).unwrap();
        let offset: usize = answer.header("upload-offset").unwrap().parse().unwrap();
        match wire.patch(&keys, offset, &content[offset..]).unwrap().status {
            204 => break offset,
            status => assert!(matches!(status, 409 | 423), "{status}"),
        }
    };
    let lease = random();
    let mut leaving = wire.begin_claim(&keys, &lease).unwrap();
    let mut some = [0; 4096];
    leaving.body_mut().as_reader().read_exact(&mut some).unwrap();
    drop(leaving);
    let again = wire.content(&keys, &lease).unwrap();
    assert!(again.body[offset..] == content[offset..], "the content comes again");
    let tokens = [&keys.probe[..], &keys.claim, &keys.receipt, &lease].map(text);
    [vec![text(&keys.id)], tokens.to_vec()].concat()
}

/// The proxy in front of a listener that looks at what comes, and when.
fn bytes_are_handed_on(kind: Kind) {
    let test = format!("bytes through {kind:?}");
    let upstream = free_address();
    let Some(proxy) = kind.start(&test, &upstream, Place::Root) else {
        return;
    };
    let listener = TcpListener::bind(&upstream).unwrap();
    let before = proxy.bytes_on_disk();
    let mut person = Caller::new(&proxy.origin(), PERSON).connected();
    let head = format!(
        "PATCH /api/v1/pastes/x HTTP/1.1\r\nhost: satchel.example.org\r\ncontent-length: {}\r\nx-forwarded-for: 203.0.113.9\r\nservice-worker: script\r\nsatchel-probe: p\r\nauthorization: Bearer b\r\nupload-offset: 7\r\naccept-encoding: br\r\n\r\n",
        8 * MIB
    );
    person.write_all(head.as_bytes()).unwrap();
    let body = noise(8 * MIB);
    // The second half is not sent before the server has the first.
    let (first, second) = body.split_at(4 * MIB);
    let sending = first.to_vec();
    let mut sender = person.try_clone().unwrap();
    let sent = std::thread::spawn(move || sender.write_all(&sending).unwrap());
    let (taken, _) = listener.accept().unwrap();
    taken.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut taken = BufReader::new(taken);
    let asked = head_of(&mut taken);
    let mut arrived = vec![0; first.len() - UNDER_WAY];
    taken.read_exact(&mut arrived).unwrap();
    sent.join().unwrap();
    assert!(
        proxy.bytes_on_disk() - before < 20_000,
        "nothing is gathered on the disk"
    );
    assert!(arrived == first[..arrived.len()]);
    the_head_is_whole(&asked);

    let sending = second.to_vec();
    let mut sender = person.try_clone().unwrap();
    let sent = std::thread::spawn(move || sender.write_all(&sending).unwrap());
    let mut rest = vec![0; body.len() - arrived.len()];
    taken.read_exact(&mut rest).unwrap();
    sent.join().unwrap();
    assert!(rest == body[arrived.len()..]);

    // And back: the reader has the first half before the server sends the second.
    let answer = taken.get_mut();
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-length: {}\r\ncontent-type: text/javascript; charset=utf-8\r\ncontent-encoding: br\r\ncache-control: no-store\r\ncontent-security-policy: default-src 'none'\r\ncross-origin-opener-policy: same-origin\r\nreferrer-policy: no-referrer\r\n\r\n",
        body.len()
    );
    answer.write_all(head.as_bytes()).unwrap();
    let mut reader = BufReader::new(person);
    reads_while(answer, first, || {
        let answered = head_of(&mut reader);
        for line in head.lines().skip(1).filter(|line| !line.is_empty()) {
            assert!(answered.contains(line), "{line} is missing: {answered}");
        }
        let mut got = vec![0; first.len() - UNDER_WAY];
        reader.read_exact(&mut got).unwrap();
        assert!(got == first[..got.len()]);
    });
    assert!(
        proxy.bytes_on_disk() - before < 20_000,
        "nothing is gathered on the disk"
    );
    reads_while(answer, second, || {
        let mut got = vec![0; second.len() + UNDER_WAY];
        reader.read_exact(&mut got).unwrap();
        assert!(got == body[body.len() - got.len()..]);
    });
}

/// Sends `bytes` while `reading`: the sockets in between don't hold them all.
fn reads_while(answer: &mut TcpStream, bytes: &[u8], reading: impl FnOnce()) {
    let mut answer = answer.try_clone().unwrap();
    std::thread::scope(|scope| {
        scope.spawn(move || answer.write_all(bytes).unwrap());
        reading();
    });
}

/// A head, its names in small letters.
fn head_of(from: &mut impl std::io::BufRead) -> String {
    let mut head = String::new();
    loop {
        let mut line = String::new();
        from.read_line(&mut line).unwrap();
        if line.trim_end().is_empty() {
            return head;
        }
        head += &match line.split_once(": ") {
            Some((name, value)) => format!("{}: {value}", name.to_lowercase()),
            None => line,
        };
    }
}

fn the_head_is_whole(asked: &str) {
    for line in [
        "service-worker: script",
        "satchel-probe: p",
        "authorization: Bearer b",
        "upload-offset: 7",
        "accept-encoding: br",
        "host: satchel.example.org",
    ] {
        assert!(asked.contains(line), "{line} is missing: {asked}");
    }
    let forwarded: Vec<&str> = asked
        .lines()
        .filter_map(|line| line.strip_prefix("x-forwarded-for: "))
        .collect();
    assert_eq!(
        forwarded,
        [PERSON.to_string()],
        "who asks, and nobody whom they made up"
    );
}

/// The onion service itself cannot be reached from here: its configuration, and what the port that it names answers to a visitor.
#[test]
fn the_onion_service_is_configured_and_leads_to_the_server() {
    let Ok(version) = Command::new("tor").arg("--version").output() else {
        let _ = writeln!(std::io::stderr(), "skipped: the onion service: no tor on this machine");
        return;
    };
    assert!(version.status.success());
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("tor");
    fs::create_dir(&place).unwrap();
    let torrc = shipped("tor/torrc");
    let line = torrc
        .lines()
        .find_map(|line| line.strip_prefix("HiddenServicePort 80 "))
        .unwrap();
    assert_eq!(line, "127.0.0.1:8787", "where the server listens from the start");
    fs::write(
        folder.path().join("torrc"),
        torrc.replace("/var/lib/tor", &place.to_string_lossy()),
    )
    .unwrap();
    let mut verify = Command::new("tor");
    verify.args(["--verify-config", "-f"]).arg(folder.path().join("torrc"));
    let output = verify.env("HOME", folder.path()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && said.contains("Configuration was valid"),
        "{said}"
    );

    // What a visitor's browser sends through it: a host that is the onion's, from loopback.
    let server = Server::start(&folder.path().join("data"));
    let onion = format!("{}.onion", "a".repeat(56));
    let caller = Caller::new(server.url(), Ipv4Addr::LOCALHOST);
    let mut stream = caller.connected();
    stream
        .write_all(format!("GET / HTTP/1.1\r\nhost: {onion}\r\nconnection: close\r\n\r\n").as_bytes())
        .unwrap();
    let mut answer = String::new();
    BufReader::new(stream).read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(
        !answer.to_lowercase().contains("strict-transport-security"),
        "an onion has no TLS to insist on"
    );
}
