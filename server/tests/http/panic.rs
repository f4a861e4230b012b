//! A panic request burns everything that was made under its secret, and tells whoever has another nothing.

use base64ct::{Base64UrlUnpadded, Encoding as _};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::Value;
use sha2::Sha256;

use super::documents::Document;
use super::harness::{Answer, Paste, Server, bearer, random, sha256};
use super::operator::{json, killed, violations};

const SMALL: usize = 2000;
const LARGE: usize = 700_000;

/// A secret, as its holder has it.
pub(super) struct Secret([u8; 32]);

impl Secret {
    pub(super) fn new() -> Self {
        Self(random())
    }

    /// HMAC-SHA-256(secret, hash of the id), of an id with what stands before it.
    pub(super) fn mark(&self, before: &[u8], id: &str) -> String {
        let id = Base64UrlUnpadded::decode_vec(id).unwrap();
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).unwrap();
        mac.update(&sha256(&[before, &id].concat()));
        Base64UrlUnpadded::encode_string(&mac.finalize().into_bytes())
    }

    pub(super) fn paste(&self, len: usize, reads: u32) -> Paste {
        let mut paste = Paste::new(len, reads);
        paste.policy.push(("panic", self.mark(b"", &paste.id)));
        paste
    }

    pub(super) fn paste_on(&self, server: &Server, len: usize, reads: u32) -> Paste {
        let paste = self.paste(len, reads);
        assert_eq!(paste.create(server, &paste.content).status, 201);
        paste
    }

    fn ask(&self, server: &Server) -> Answer {
        let token = bearer(&Base64UrlUnpadded::encode_string(&self.0));
        server.ask("POST", "/api/v1/panic", &[("authorization", &token)], &[])
    }

    #[track_caller]
    pub(super) fn burns(&self, server: &Server, count: u64) {
        let answer = self.ask(server);
        assert_eq!(
            (answer.status, answer.body),
            (200, format!("{{\"burned\":{count}}}").into_bytes())
        );
    }
}

/// [B-161] [B-162]
#[test]
fn one_request_burns_all_that_was_made_under_a_secret_and_nothing_else() {
    let (server, mine, others) = (Server::start(), Secret::new(), Secret::new());
    let stored = [mine.paste_on(&server, SMALL, 1), mine.paste_on(&server, LARGE, 0)];
    // The last read is being downloaded.
    let (running, lease) = (mine.paste_on(&server, SMALL, 1), super::harness::token());
    assert_eq!(running.claim(&server, &lease).status, 200);
    let unfinished = mine.paste(LARGE, 1);
    unfinished.create(&server, &unfinished.content[..300_000]);
    let mut document = Document::new(LARGE);
    document.panic = Some(mine.mark(b"satchel/document", &document.id));
    assert_eq!(document.create(&server, &document.payload).status, 201);
    let links = [document.linked(&server, 1), document.linked(&server, 5)];
    let gone = mine.paste_on(&server, SMALL, 1);
    gone.burn(&server);
    let left = [others.paste_on(&server, SMALL, 1), Paste::on(&server, SMALL, 1)];

    Secret::new().burns(&server, 0);
    mine.burns(&server, 5);
    for paste in stored.iter().chain([&running]).chain(&links) {
        assert_eq!(
            (paste.probe(&server).status, paste.receipt(&server)["burned"].as_str()),
            (410, Some("demand"))
        );
    }
    assert_eq!(running.content(&server, &lease, None).status, 410);
    assert_eq!(unfinished.head(&server).status, 410);
    assert_eq!(document.receipt(&server)["state"], "burned");
    for paste in &left {
        assert_eq!(paste.probe(&server).status, 200);
    }
    mine.burns(&server, 0);
    assert_eq!(violations(&json(server.data.path(), &["check"])), []);
    let server = Server::start_in(killed(server), &[]);
    for paste in stored.iter().chain(&links) {
        assert_eq!(paste.probe(&server).status, 410);
    }
    assert_eq!(left[0].probe(&server).status, 200);
    others.burns(&server, 1);
}

/// [B-162]
#[test]
fn no_answer_tells_whether_anything_was_ever_made_under_a_secret() {
    let (server, used) = (Server::start(), Secret::new());
    used.paste_on(&server, SMALL, 1);
    used.burns(&server, 1);
    let after = used.ask(&server).without_date();
    assert_eq!(Secret::new().ask(&server).without_date(), after);
    for wrong in ["", "Bearer", "Bearer short", "Basic AAAA"] {
        let answer = server.ask("POST", "/api/v1/panic", &[("authorization", wrong)], &[]);
        assert_eq!(answer.without_date(), after);
    }
}

/// [B-161]
#[test]
fn no_two_rows_are_marked_alike_and_a_tombstone_has_no_mark() {
    let (server, secret) = (Server::start(), Secret::new());
    let pastes = [secret.paste_on(&server, SMALL, 1), secret.paste_on(&server, SMALL, 1)];
    let marks = || {
        pastes
            .each_ref()
            .map(|paste| json(server.data.path(), &["disclose", &paste.id])["paste"]["panic"].clone())
    };
    let [one, other] = marks();
    assert!(one.is_string() && other.is_string() && one != other);
    secret.burns(&server, 2);
    assert_eq!(marks(), [Value::Null, Value::Null]);
}

/// [B-161] [B-13]
#[test]
fn the_mark_is_part_of_a_creation_and_has_to_be_whole() {
    let (server, secret) = (Server::start(), Secret::new());
    let mut paste = secret.paste_on(&server, SMALL, 1);
    assert_eq!(paste.create(&server, &paste.content).status, 201);
    let mark = paste.policy.pop().unwrap();
    assert_eq!(paste.create(&server, &paste.content).code(), "id_taken");
    paste.policy.push(("panic", Secret::new().mark(b"", &paste.id)));
    assert_eq!(paste.create(&server, &paste.content).code(), "id_taken");
    for wrong in ["AAAA", &mark.1[1..]] {
        let mut paste = Paste::new(SMALL, 1);
        paste.policy.push(("panic", wrong.to_owned()));
        let answer = paste.create(&server, &paste.content);
        assert_eq!((answer.status, &answer.json()["field"]), (400, &"panic".into()));
        let mut document = Document::new(SMALL);
        document.panic = Some(wrong.to_owned());
        let answer = document.create(&server, &document.payload);
        assert_eq!((answer.status, &answer.json()["field"]), (400, &"panic".into()));
    }
}

/// [B-163]
#[test]
fn what_a_kill_left_over_the_next_request_burns() {
    let (mut server, secret) = (Server::start(), Secret::new());
    let pastes: Vec<Paste> = (0..300).map(|_| secret.paste_on(&server, SMALL, 1)).collect();
    // The request is under way when the server dies.
    let token = bearer(&Base64UrlUnpadded::encode_string(&secret.0));
    let request = super::harness::message("POST", "/api/v1/panic", &[("authorization", &token)], &[]);
    let mut line = server.connect();
    std::io::Write::write_all(&mut line, &request).unwrap();
    while pastes[0].probe(&server).status == 200 {}
    server = Server::start_in(killed(server), &[]);
    let left = pastes.iter().filter(|paste| paste.probe(&server).status == 200).count();
    println!("{left} of 300 were left");
    secret.burns(&server, left as u64);
    assert!(pastes.iter().all(|paste| paste.probe(&server).status == 410));
    assert_eq!(violations(&json(server.data.path(), &["check"])), []);
}

/// [B-163]
#[test]
fn a_request_whose_sender_is_gone_burns_all_the_same() {
    let (server, secret) = (Server::start(), Secret::new());
    let pastes: Vec<Paste> = (0..200).map(|_| secret.paste_on(&server, SMALL, 1)).collect();
    let token = bearer(&Base64UrlUnpadded::encode_string(&secret.0));
    let request = super::harness::message("POST", "/api/v1/panic", &[("authorization", &token)], &[]);
    let mut line = server.connect();
    std::io::Write::write_all(&mut line, &request).unwrap();
    drop(line);
    for paste in &pastes {
        while paste.probe(&server).status == 200 {}
    }
    assert_eq!(violations(&json(server.data.path(), &["check"])), []);
}

/// [B-164]
#[test]
fn a_network_sends_few_panic_requests_in_a_minute_and_others_go_on() {
    let server = Server::start_with(&["--trusted-proxies", "127.0.0.1"]);
    let ask = |from: &str| {
        let token = bearer(&Base64UrlUnpadded::encode_string(&random::<32>()));
        let headers = [("authorization", &*token), ("x-forwarded-for", from)];
        server.ask("POST", "/api/v1/panic", &headers, &[])
    };
    let refused = (0..13).map(|_| ask("203.0.113.5")).find(|answer| answer.status == 429);
    let refused = refused.expect("a limit");
    assert_eq!(refused.code(), "rate_limited");
    assert!(refused.json()["retry_after"].as_u64().unwrap() <= 5);
    assert_eq!(ask("198.51.100.6").status, 200);
    // It is no creation.
    assert_eq!(
        Paste::new(SMALL, 1)
            .create_with(&server, &[], &[("x-forwarded-for", "203.0.113.5")])
            .status,
        201
    );
}
