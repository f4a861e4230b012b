//! The server's own TLS, from outside: what is spoken, what is refused, and how long it waits.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use rustls::version::{TLS12, TLS13};
use rustls::{NamedGroup, ProtocolVersion};

use super::harness::{Answer, OCTETS, Paste, TUS, command, message};
use super::secure::{Client, HOST, Made, Secure, ask, connect};

fn secure() -> (Made, Secure) {
    let made = Made::new();
    let secure = Secure::start(&made);
    (made, secure)
}

fn page(client: &mut Client) -> Answer {
    ask(client, &message("GET", "/", &[], &[]))
}

/// [B-310]
#[test]
fn both_versions_are_spoken_and_the_newer_with_a_key_exchange_that_lasts() {
    let (made, secure) = secure();
    for (version, expected) in [(&TLS13, ProtocolVersion::TLSv1_3), (&TLS12, ProtocolVersion::TLSv1_2)] {
        let mut client = connect(secure.server.connect(), &made, &[version], &[b"h2", b"http/1.1"]).unwrap();
        assert_eq!(client.conn.protocol_version(), Some(expected));
        assert_eq!(client.conn.alpn_protocol(), Some(&b"http/1.1"[..]));
        if expected == ProtocolVersion::TLSv1_3 {
            let group = client.conn.negotiated_key_exchange_group().unwrap().name();
            assert_eq!(group, NamedGroup::X25519MLKEM768);
        }
        let answer = page(&mut client);
        assert_eq!(answer.status, 200);
        assert!(answer.header("strict-transport-security").is_some());
    }
}

/// [B-310]
#[test]
fn who_speaks_h2_alone_gets_nothing_else() {
    let (made, secure) = secure();
    let refused = connect(secure.server.connect(), &made, &[&TLS13], &[b"h2"]);
    assert!(refused.err().unwrap().to_string().contains("NoApplicationProtocol"));
}

/// The first message of a handshake, of a client that has nothing newer than `version`.
fn hello(version: [u8; 2]) -> Vec<u8> {
    let mut body = version.to_vec();
    body.extend([7; 32]);
    body.push(0);
    // TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA; no compression.
    body.extend([0, 4, 0xc0, 0x2b, 0xc0, 0x09, 1, 0]);
    // Extensions: x25519 and P-256, uncompressed points, ECDSA with SHA-256.
    body.extend([
        0, 24, 0, 10, 0, 6, 0, 4, 0, 29, 0, 23, 0, 11, 0, 2, 1, 0, 0, 13, 0, 4, 0, 2, 4, 3,
    ]);
    let length = |len: usize| u16::try_from(len).unwrap().to_be_bytes();
    let [high, low] = length(body.len());
    let mut record = vec![22, 3, 1];
    record.extend(length(body.len() + 4));
    record.extend([1, 0, high, low]);
    record.extend(body);
    record
}

/// [B-310]
#[test]
fn what_is_older_than_1_2_is_refused_with_an_alert() {
    let (_, secure) = secure();
    for version in [[3, 0], [3, 1], [3, 2]] {
        let mut stream = secure.server.connect();
        stream.write_all(&hello(version)).unwrap();
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        // An alert, fatal: protocol_version.
        assert_eq!((answer[0], &answer[5..]), (21, &[2, 70][..]), "{version:?}");
    }
}

/// [B-310]
#[test]
fn no_session_is_resumed() {
    let (made, secure) = secure();
    for version in [&TLS13, &TLS12] {
        let mut client = connect(secure.server.connect(), &made, &[version], &[]).unwrap();
        page(&mut client);
        assert_eq!(client.conn.tls13_tickets_received(), 0);
    }
}

/// [B-310]
#[test]
fn a_paste_goes_through_it_whole_and_a_part_of_an_upload_that_was_cut_off_stays() {
    let (made, secure) = secure();
    let paste = Paste::new(3 << 20, 1);
    let len = paste.content.len().to_string();
    let headers = [
        TUS,
        OCTETS,
        ("upload-length", &*len),
        ("upload-metadata", &*paste.metadata()),
    ];
    let whole = message("POST", "/api/v1/pastes", &headers, &paste.content);
    let mut client = secure.connect(&made).unwrap();
    let (most, _) = whole.split_at(whole.len() - (1 << 20));
    client.write_all(most).unwrap();
    client.flush().unwrap();
    // Cut off, without a goodbye.
    drop(client);
    let right = super::harness::bearer(&paste.receipt);
    let stand = message("HEAD", &paste.path(""), &[TUS, ("authorization", &right)], &[]);
    let since = Instant::now();
    let offset = loop {
        let answer = ask(&mut secure.connect(&made).unwrap(), &stand);
        let offset = answer
            .header("upload-offset")
            .map_or(0, |offset| offset.parse().unwrap());
        if offset >= 1 << 20 {
            break offset;
        }
        assert!(since.elapsed() < Duration::from_secs(30), "{offset} bytes are kept");
    };
    let offset_text = offset.to_string();
    let headers = [
        TUS,
        OCTETS,
        ("upload-offset", &*offset_text),
        ("authorization", &*right),
    ];
    let rest = message("PATCH", &paste.path(""), &headers, &paste.content[offset..]);
    assert_eq!(ask(&mut secure.connect(&made).unwrap(), &rest).status, 204);
    let lease = super::harness::token();
    let claim = [
        ("authorization", &*super::harness::bearer(&paste.claim)),
        ("satchel-probe", &*paste.probe),
        ("satchel-lease", &*lease),
    ];
    let claimed = ask(
        &mut secure.connect(&made).unwrap(),
        &message("POST", &paste.path("/claim"), &claim, &[]),
    );
    assert!(claimed.status == 200 && claimed.body == paste.content);
}

/// [B-311]
#[test]
fn http_in_the_clear_gets_a_short_end_that_says_why() {
    let (_, secure) = secure();
    for request in [
        &b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"[..],
        b"POST /api/v1/pastes HTTP/1.1\r\ncontent-length: 9\r\n\r\n",
    ] {
        let answer = secure.server.raw(request);
        assert_eq!((answer.status, answer.header("connection")), (400, Some("close")));
        assert!(String::from_utf8(answer.body).unwrap().contains("https://"));
        assert_eq!(answer.headers.iter().find(|(name, _)| name == "location"), None);
    }
    let mut stream = secure.server.connect();
    stream.write_all(&[0; 600]).unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    assert!(!answer.starts_with(b"HTTP"), "what is neither gets no answer of HTTP");
}

/// The time until the server closes.
fn closed_after(mut stream: TcpStream) -> Duration {
    let since = Instant::now();
    let mut rest = Vec::new();
    match stream.read_to_end(&mut rest) {
        Ok(_) => {}
        Err(error) => assert_eq!(error.kind(), ErrorKind::ConnectionReset, "{error}"),
    }
    since.elapsed()
}

/// [B-312]
#[test]
fn who_says_nothing_or_half_of_a_handshake_is_dropped_in_time() {
    let (_, secure) = secure();
    let silent = secure.server.connect();
    let mut half = secure.server.connect();
    half.write_all(&hello([3, 3])[..20]).unwrap();
    let mut slow = secure.server.connect();
    let dripping = std::thread::spawn(move || {
        let since = Instant::now();
        let bytes = hello([3, 3]);
        // A byte now and then does not lengthen it.
        for byte in &bytes {
            if slow.write_all(&[*byte]).is_err() {
                break;
            }
            slow.set_read_timeout(Some(Duration::from_millis(500))).unwrap();
            match slow.read(&mut [0; 64]) {
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
                _ => break,
            }
        }
        since.elapsed()
    });
    for stream in [silent, half] {
        assert!(closed_after(stream) < Duration::from_secs(30));
    }
    assert!(dripping.join().unwrap() < Duration::from_secs(30));
}

/// [B-312]
#[test]
fn two_thousand_idle_handshakes_do_not_exhaust_it() {
    let made = Made::new();
    let secure = Secure::start(&made);
    let before = secure.server.memory_kib("VmRSS:");
    let half = hello([3, 3])[..30].to_vec();
    let idle: Vec<_> = (0..2000)
        .map(|at| {
            let mut stream = secure.server.connect();
            if at % 2 == 0 {
                stream.write_all(&half).unwrap();
            }
            stream
        })
        .collect();
    let since = Instant::now();
    let answer = page(&mut secure.connect(&made).unwrap());
    let (took, grown) = (since.elapsed(), secure.server.memory_kib("VmRSS:") - before);
    println!(
        "figure: beside {} handshakes that do not go on, one that does and its request: {took:?}; memory for each: {} KiB",
        idle.len(),
        grown / 2000
    );
    assert_eq!(answer.status, 200);
    assert!(
        took < Duration::from_secs(10) && grown < 60_000,
        "{took:?}, {grown} KiB"
    );
}

/// [B-312]
#[test]
fn an_idle_handshake_does_not_hold_up_the_stop() {
    let (_, secure) = secure();
    let idle = secure.server.connect();
    let since = Instant::now();
    secure.server.signal(rustix::process::Signal::TERM);
    let (status, _) = secure.server.ended();
    assert!(
        status.success() && since.elapsed() < Duration::from_secs(20),
        "{:?}",
        since.elapsed()
    );
    drop(idle);
}

/// [B-73] [B-310]
#[test]
fn healthcheck_speaks_tls_where_the_server_does() {
    let (_, secure) = secure();
    let address = secure.server.address.to_string();
    let ask = |more: &[&str]| {
        let asked = command()
            .args(["healthcheck", "--listen", &address])
            .args(more)
            .output()
            .unwrap();
        asked.status.code()
    };
    let [cert, key] = ["cert.pem", "key.pem"].map(|name| secure.folder.path().join(name).to_str().unwrap().to_owned());
    assert_eq!(ask(&["--tls-cert", &cert, "--tls-key", &key]), Some(0));
    assert_eq!(ask(&[]), Some(1));
    drop(secure);
    assert_eq!(ask(&["--tls-cert", &cert, "--tls-key", &key]), Some(1));
}

/// [B-313]
#[test]
fn the_listener_without_tls_leads_to_the_base_url_and_carries_nothing() {
    let made = Made::new();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let plain = free.local_addr().unwrap();
    drop(free);
    let base = format!("https://{HOST}/box");
    let secure = Secure::start_with(&made, &["--base-url", &base, "--redirect-listen", &plain.to_string()]);
    let raw = |bytes: &[u8]| {
        let mut stream = TcpStream::connect(plain).unwrap();
        stream.write_all(bytes).unwrap();
        Answer::read(&mut stream)
    };
    for path in ["/", "/api/v1/config", "/box/?q=secret", "/somewhere/else"] {
        let answer = raw(&message("GET", path, &[], &[]));
        assert_eq!(
            (answer.status, answer.header("location")),
            (308, Some("https://satchel.test/box/")),
            "{path}"
        );
        assert!(answer.body.is_empty() && answer.header("strict-transport-security").is_none());
    }
    let refused = raw(&message("POST", "/api/v1/pastes", &[TUS], b"x"));
    assert_eq!(refused.code(), "method_not_allowed");
    assert_eq!(page(&mut secure.connect(&made).unwrap()).status, 200);
}
