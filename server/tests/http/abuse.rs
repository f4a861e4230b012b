//! Those who hold connections, drip, or keep what they should not: turned away without touching others.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use base64ct::{Base64UrlUnpadded, Encoding as _};

use super::harness::{Answer, OCTETS, Paste, Server, TUS, bearer, command, message, sha256, token};

const SMALL: usize = 4096;

/// [B-6] [B-14]
#[test]
fn a_body_that_drips_is_given_up_after_30_seconds_and_what_came_is_kept() {
    let server = Server::start();
    let paste = Paste::new(500_000, 1);
    paste.create(&server, &[]);
    let right = bearer(&paste.receipt);
    let headers = [
        TUS,
        OCTETS,
        ("upload-offset", "0"),
        ("authorization", &right),
        ("content-length", "500000"),
    ];
    let mut stream = server.connect();
    stream
        .write_all(&message("PATCH", &paste.path(""), &headers, &[]))
        .unwrap();
    let mut drip = stream.try_clone().unwrap();
    let content = paste.content.clone();
    // Time itself is what is tried here.
    thread::spawn(move || {
        for byte in content {
            if drip.write_all(&[byte]).is_err() {
                return;
            }
            thread::sleep(Duration::from_secs(1));
        }
    });
    let answer = Answer::read(&mut stream);
    assert_eq!((answer.status, answer.code().as_str()), (408, "request_timeout"));
    assert!((29..=40).contains(&paste.offset(&server)), "{}", paste.offset(&server));
}

/// [B-130]
#[test]
fn a_connection_too_many_is_closed_and_the_next_one_is_welcome_when_one_ended() {
    let server = Server::start_with(&["--connections-max", "4"]);
    // Each answered once, so that it is known to be open.
    let mut open: Vec<TcpStream> = (0..4).map(|_| answered(&server).unwrap()).collect();
    assert!(answered(&server).is_none());
    drop(open.pop());
    // The server learns of the end when it looks.
    while answered(&server).is_none() {
        thread::yield_now();
    }
    drop(open);
}

/// A kept connection after its first answer; `None` where it was closed unanswered.
fn answered(server: &Server) -> Option<TcpStream> {
    let mut stream = server.connect();
    stream
        .write_all(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n")
        .ok()?;
    let mut seen = Vec::new();
    while !seen.ends_with(b"\r\n\r\nok") {
        let mut byte = [0];
        stream.read_exact(&mut byte).ok()?;
        seen.extend(byte);
    }
    Some(stream)
}

/// [B-131]
#[test]
fn a_connection_is_closed_after_the_requests_that_it_may_make() {
    let server = Server::start_with(&["--requests-per-connection", "3"]);
    let mut stream = server.connect();
    for n in 1..=3 {
        stream
            .write_all(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n")
            .unwrap();
        let mut answer = Vec::new();
        while !answer.ends_with(b"\r\n\r\nok") {
            let mut byte = [0];
            stream.read_exact(&mut byte).unwrap();
            answer.extend(byte);
        }
        let head = String::from_utf8(answer).unwrap().to_lowercase();
        assert_eq!(head.contains("\r\nconnection: close\r\n"), n == 3, "{head}");
    }
    assert_eq!(stream.read(&mut [0]).unwrap(), 0);
}

/// `satchel-server VERB ...` beside the running server.
fn operator(server: &Server, verb: &str, arguments: &[&str]) -> (String, Option<i32>) {
    let output = command()
        .arg(verb)
        .args(arguments)
        .arg("--data")
        .arg(server.data.path())
        .output()
        .unwrap();
    (String::from_utf8(output.stdout).unwrap(), output.status.code())
}

/// Everything that may be asked of a paste, with the right tokens.
fn all_answers(server: &Server, paste: &Paste, lease: &str) -> Vec<Answer> {
    let receipt = bearer(&paste.receipt);
    let answers = vec![
        paste.probe(server),
        paste.claim(server, lease),
        paste.claim(server, &token()),
        paste.claim_as(server, &token(), &token()),
        paste.content(server, lease, None),
        paste.content(server, lease, Some("bytes=0-1")),
        paste.confirm(server, lease),
        paste.head(server),
        paste.patch(server, 0, b"x", &[]),
        server.ask("GET", &paste.path("/receipt"), &[("authorization", &receipt)], &[]),
        server.ask("POST", &paste.path("/reset-wait"), &[("authorization", &receipt)], &[]),
        paste.burn(server),
    ];
    answers.into_iter().map(Answer::without_date).collect()
}

/// [B-132]
#[test]
fn a_blocked_paste_answers_like_one_that_never_was_until_the_block_is_taken_away() {
    let server = Server::start();
    let (paste, never) = (Paste::on(&server, SMALL, 5), Paste::new(SMALL, 5));
    let lease = token();
    assert_eq!(paste.claim(&server, &lease).status, 200);
    assert_eq!(operator(&server, "block", &[&paste.id]), (String::new(), Some(0)));
    assert_eq!(operator(&server, "block", &[&paste.id]).1, Some(0));
    assert_eq!(
        all_answers(&server, &paste, &lease),
        all_answers(&server, &never, &lease)
    );
    assert_eq!(all_answers(&server, &never, &lease)[0].status, 404);
    // Not again under this id, by nobody.
    assert_eq!(paste.create(&server, &paste.content).code(), "id_taken");
    let blocked_before = Paste::new(SMALL, 1);
    operator(&server, "block", &[&blocked_before.id]);
    assert_eq!(
        blocked_before.create(&server, &blocked_before.content).code(),
        "id_taken"
    );

    let hash =
        |paste: &Paste| Base64UrlUnpadded::encode_string(&sha256(&Base64UrlUnpadded::decode_vec(&paste.id).unwrap()));
    let (listed, _) = operator(&server, "blocked", &[]);
    let mut expected = vec![hash(&paste), hash(&blocked_before)];
    expected.sort_by_key(|text| Base64UrlUnpadded::decode_vec(text).unwrap());
    assert_eq!(listed.lines().collect::<Vec<_>>(), expected);
    assert_eq!(operator(&server, "unblock", &[&paste.id]).1, Some(0));
    assert_eq!(operator(&server, "unblock", &[&hash(&blocked_before)]).1, Some(0));
    assert_eq!(operator(&server, "unblock", &[&paste.id]).1, Some(1));
    assert!(paste.content(&server, &lease, None).body == paste.content);
    assert_eq!(paste.probe(&server).json()["reads_left"], 4);
    assert_eq!(blocked_before.create(&server, &blocked_before.content).status, 201);
}

/// [B-132]
#[test]
fn what_is_no_id_is_refused_and_not_repeated() {
    let server = Server::start();
    let link = format!("https://satchel.example/#{}", "A".repeat(47));
    for text in ["", "AAAA", &link, &"A".repeat(47), &token()] {
        let output = command()
            .args(["block", text, "--data"])
            .arg(server.data.path())
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1), "{text}");
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(
            said.starts_with("satchel-server: error: that is no id") && !said.contains("AAAA"),
            "{said}"
        );
    }
    assert_eq!(operator(&server, "blocked", &[]), (String::new(), Some(0)));
}

/// [B-132]
#[test]
fn an_id_that_begins_like_an_option_is_an_id() {
    let server = Server::start();
    for id in [
        "-hAAAAAAAAAAAAAAAAAAAA",
        "--AAAAAAAAAAAAAAAAAAAA",
        "-VAAAAAAAAAAAAAAAAAAAA",
    ] {
        assert_eq!(operator(&server, "block", &[id]), (String::new(), Some(0)), "{id}");
        assert_eq!(operator(&server, "unblock", &[id]), (String::new(), Some(0)), "{id}");
        let (disclosed, _) = operator(&server, "disclose", &[id, "--json"]);
        assert!(disclosed.starts_with('{'), "{id}: {disclosed}");
    }
}

/// [B-132]
#[test]
fn claims_during_a_block_are_answered_one_way_or_the_other() {
    let server = Server::start();
    let paste = Paste::on(&server, SMALL, 0);
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    let lease = token();
                    let claimed = paste.claim(&server, &lease);
                    assert!(
                        claimed.status == 404 || claimed.body == paste.content,
                        "{}",
                        claimed.status
                    );
                    while claimed.status == 200 && paste.confirm(&server, &lease).status == 404 {}
                }
            });
        }
        for _ in 0..10 {
            assert_eq!(operator(&server, "block", &[&paste.id]).1, Some(0));
            assert_eq!(operator(&server, "unblock", &[&paste.id]).1, Some(0));
        }
        done.store(true, Ordering::Relaxed);
    });
    // Nobody was left to wait for.
    assert!(paste.claim(&server, &token()).body == paste.content);
}
