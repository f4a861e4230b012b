//! Several links to one document: one upload, a head for each, burned one by one.

use std::time::{Duration, Instant};

use base64ct::{Base64, Base64UrlUnpadded, Encoding as _};
use serde_json::{Value, json};

use super::harness::{Answer, OCTETS, Paste, Server, TUS, bearer, random, sha256, token};

const LARGE: usize = 700_000;
pub(crate) const JSON: (&str, &str) = ("content-type", "application/json");

/// A document as its owner knows it.
pub(crate) struct Document {
    pub(crate) id: String,
    pub(crate) owner: String,
    pub(crate) payload: Vec<u8>,
    head: Vec<u8>,
    pub(crate) panic: Option<String>,
}

impl Document {
    pub(crate) fn new(len: usize) -> Self {
        let mut payload = vec![0; len];
        getrandom::fill(&mut payload).unwrap();
        Self {
            id: Base64UrlUnpadded::encode_string(&random::<16>()),
            owner: token(),
            payload,
            head: random::<230>().to_vec(),
            panic: None,
        }
    }

    pub(crate) fn on(server: &Server, len: usize) -> Self {
        let document = Self::new(len);
        assert_eq!(document.create(server, &document.payload).status, 201);
        document
    }

    fn path(&self, rest: &str) -> String {
        format!("/api/v1/documents/{}{rest}", self.id)
    }

    pub(crate) fn metadata(&self) -> String {
        let mut pairs = vec![
            ("id", self.id.clone()),
            ("owner", hash(&self.owner)),
            ("head", Base64UrlUnpadded::encode_string(&self.head)),
        ];
        pairs.extend(self.panic.clone().map(|mark| ("panic", mark)));
        let pairs = pairs
            .iter()
            .map(|(key, value)| format!("{key} {}", Base64::encode_string(value.as_bytes())));
        pairs.collect::<Vec<_>>().join(",")
    }

    pub(crate) fn create(&self, server: &Server, body: &[u8]) -> Answer {
        self.create_with(server, body, &[])
    }

    pub(crate) fn create_with(&self, server: &Server, body: &[u8], more: &[(&str, &str)]) -> Answer {
        let (len, metadata) = (self.payload.len().to_string(), self.metadata());
        let mut headers = vec![TUS, ("upload-length", &*len), ("upload-metadata", &*metadata)];
        if !body.is_empty() {
            headers.push(OCTETS);
        }
        headers.extend_from_slice(more);
        server.ask("POST", "/api/v1/documents", &headers, body)
    }

    pub(crate) fn ask(&self, server: &Server, method: &str, rest: &str, body: &Value) -> Answer {
        self.ask_as(server, &self.owner, method, rest, body)
    }

    /// Makes these links, with more headers.
    pub(crate) fn make_with(&self, server: &Server, links: &[&Paste], more: &[(&str, &str)]) -> Answer {
        let links: Vec<Value> = links.iter().map(|link| self.wanted(link)).collect();
        let (bearer, body) = (bearer(&self.owner), json!({ "links": links }).to_string());
        let headers = [&[("authorization", &*bearer), JSON], more].concat();
        server.ask("POST", &self.path("/links"), &headers, body.as_bytes())
    }

    fn ask_as(&self, server: &Server, owner: &str, method: &str, rest: &str, body: &Value) -> Answer {
        let bearer = bearer(owner);
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        let headers = [("authorization", &*bearer), JSON];
        server.ask(method, &self.path(rest), &headers, body.as_bytes())
    }

    /// A link that is not made yet: its content is a head of its own before the payload.
    pub(crate) fn link(&self, reads: u32) -> Paste {
        let mut link = Paste::new(0, reads);
        link.content = [&random::<230>()[..], &self.payload].concat();
        link.receipt.clone_from(&self.owner);
        link
    }

    pub(super) fn make(&self, server: &Server, links: &[&Paste]) -> Answer {
        self.make_with(server, links, &[])
    }

    /// The body of a request for one link.
    pub(crate) fn wanting(&self, link: &Paste) -> Value {
        json!({ "links": [self.wanted(link)] })
    }

    pub(crate) fn wanted(&self, link: &Paste) -> Value {
        let policy = |key| {
            link.policy
                .iter()
                .find(|(name, _)| *name == key)
                .unwrap()
                .1
                .parse::<u64>()
                .unwrap()
        };
        json!({
            "id": link.id, "probe": hash(&link.probe), "claim": hash(&link.claim),
            "head": Base64UrlUnpadded::encode_string(&link.content[..link.content.len() - self.payload.len()]),
            "expires_in": policy("expires_in"), "reads": policy("reads"),
        })
    }

    pub(crate) fn linked(&self, server: &Server, reads: u32) -> Paste {
        let link = self.link(reads);
        assert_eq!(self.make(server, &[&link]).status, 201);
        link
    }

    pub(crate) fn receipt(&self, server: &Server) -> Value {
        self.ask(server, "GET", "/receipt", &Value::Null).json()
    }

    pub(super) fn states(&self, server: &Server) -> Vec<(u64, String)> {
        let receipt = self.receipt(server);
        let links = receipt["links"].as_array().unwrap().iter();
        let line = |link: &Value| {
            let (state, burned) = (&link["receipt"]["state"], &link["receipt"]["burned"]);
            let state = burned.as_str().or(state.as_str()).unwrap();
            (link["number"].as_u64().unwrap(), state.to_owned())
        };
        links.map(line).collect()
    }
}

fn hash(token: &str) -> String {
    Base64UrlUnpadded::encode_string(&sha256(&Base64UrlUnpadded::decode_vec(token).unwrap()))
}

pub(super) fn read(link: &Paste, server: &Server) {
    let lease = token();
    let answer = link.claim(server, &lease);
    assert_eq!(answer.status, 200);
    assert!(answer.body == link.content, "head and payload, whole");
    assert_eq!(link.confirm(server, &lease).status, 204);
}

/// [B-80] [B-81] [B-83]
#[test]
fn each_link_opens_head_and_payload_and_the_payload_goes_with_the_last() {
    let server = Server::start();
    for len in [4096, LARGE] {
        let document = Document::on(&server, len);
        let links = [document.link(1), document.link(2), document.link(1)];
        let made = document.make(&server, &[&links[0], &links[1], &links[2]]).json();
        let numbers: Vec<u64> = made["links"]
            .as_array()
            .unwrap()
            .iter()
            .map(|link| link["number"].as_u64().unwrap())
            .collect();
        assert_eq!(numbers, [1, 2, 3]);

        read(&links[0], &server);
        assert_eq!(links[0].probe(&server).code(), "burned");
        assert_eq!(document.receipt(&server)["state"], "stored");
        read(&links[1], &server);
        read(&links[1], &server);
        assert_eq!(document.ask(&server, "DELETE", "/links/3", &Value::Null).status, 204);
        assert_eq!(document.receipt(&server)["state"], "burned");
        let ended = [(1, "reads"), (2, "reads"), (3, "demand")].map(|(n, how)| (n, how.to_owned()));
        assert_eq!(document.states(&server), ended);
        let until = Instant::now() + Duration::from_secs(20);
        // Another thread removes the file, after the answer: its key is gone before it.
        while server.content_files() > 0 {
            assert!(Instant::now() < until, "the payload's file is removed");
            std::thread::yield_now();
        }
    }
}

/// [B-83]
#[test]
fn revoking_one_link_leaves_the_others_and_burning_the_document_leaves_none() {
    let server = Server::start();
    let document = Document::on(&server, LARGE);
    let (one, other, third) = (
        document.linked(&server, 1),
        document.linked(&server, 1),
        document.linked(&server, 0),
    );
    assert_eq!(document.ask(&server, "DELETE", "/links/1", &Value::Null).status, 204);
    assert_eq!(
        document.ask(&server, "DELETE", "/links/1", &Value::Null).status,
        204,
        "twice is fine"
    );
    assert_eq!(one.claim(&server, &token()).code(), "burned");
    read(&other, &server);

    let lease = token();
    assert_eq!(third.claim(&server, &lease).status, 200);
    assert_eq!(document.ask(&server, "DELETE", "", &Value::Null).status, 204);
    assert_ne!(
        third.content(&server, &lease, None).status,
        200,
        "a running download is cut off"
    );
    assert_eq!(third.probe(&server).code(), "burned");
    assert_eq!(document.ask(&server, "GET", "/head", &Value::Null).code(), "burned");
    assert_eq!(document.make(&server, &[&document.link(1)]).code(), "burned");
    assert_eq!(
        document.ask(&server, "DELETE", "/links/9", &Value::Null).code(),
        "not_found"
    );
}

/// [B-81] [B-82]
#[test]
fn links_come_later_from_the_owners_head_and_a_request_makes_all_or_none() {
    let server = Server::start();
    let document = Document::on(&server, 4096);
    assert_eq!(document.ask(&server, "GET", "/head", &Value::Null).body, document.head);
    let first = document.linked(&server, 1);

    let (good, mut bad) = (document.link(1), document.link(1));
    bad.id.clone_from(&first.id);
    assert_eq!(document.make(&server, &[&good, &bad]).code(), "id_taken");
    assert_eq!(document.states(&server).len(), 1);
    assert_eq!(good.probe(&server).code(), "not_found");

    let made = document.make(&server, &[&good]);
    assert_eq!(made.status, 201);
    let again = document.make(&server, &[&good]);
    assert_eq!(
        (again.status, again.json()),
        (201, made.json()),
        "repeating costs nothing"
    );
    assert_eq!(document.states(&server).len(), 2);
    read(&good, &server);
    assert_eq!(document.make(&server, &[&good]).code(), "burned");

    let paste = Paste::on(&server, 4096, 1);
    let mut stolen = document.link(1);
    stolen.id.clone_from(&paste.id);
    assert_eq!(document.make(&server, &[&stolen]).code(), "id_taken");
}

/// [B-80]
#[test]
fn a_document_uploads_in_pieces_and_has_no_links_before_it_is_whole() {
    let server = Server::start();
    let document = Document::new(LARGE);
    assert_eq!(document.create(&server, &document.payload[..100_000]).status, 201);
    let bearer = bearer(&document.owner);
    let stand = || server.ask("HEAD", &document.path(""), &[TUS, ("authorization", &bearer)], &[]);
    assert_eq!(stand().header("upload-offset"), Some("100000"));
    let refused = document.make(&server, &[&document.link(1)]);
    assert_eq!(
        (refused.code(), &refused.json()["offset"]),
        ("offset_mismatch".to_owned(), &100_000.into())
    );
    let headers = [TUS, OCTETS, ("upload-offset", "100000"), ("authorization", &bearer)];
    assert_eq!(
        server
            .ask("PATCH", &document.path(""), &headers, &document.payload[100_000..])
            .status,
        204
    );
    assert_eq!(
        document.create(&server, &[]).header("upload-offset"),
        Some("700000"),
        "the same creation again"
    );
    read(&document.linked(&server, 1), &server);
}

/// [B-80] [B-2]
#[test]
fn a_document_is_no_paste_and_its_id_is_worth_nothing() {
    let server = Server::start();
    let document = Document::on(&server, 4096);
    let absent = Document::new(4096);
    let mut as_paste = document.link(1);
    as_paste.id.clone_from(&document.id);
    assert_eq!(as_paste.head(&server).status, 404);
    assert_eq!(as_paste.probe(&server).code(), "not_found");
    let mut answers: Vec<Answer> = Vec::new();
    for (who, owner) in [
        (&document, token()),
        (&absent, absent.owner.clone()),
        (&document, "short".to_owned()),
    ] {
        for (method, rest) in [
            ("GET", "/receipt"),
            ("GET", "/head"),
            ("POST", "/links"),
            ("DELETE", ""),
            ("DELETE", "/links/1"),
            ("DELETE", "/links/01"),
            ("POST", "/links/1/policy"),
        ] {
            let mut answer = who.ask_as(&server, &owner, method, rest, &Value::Null).without_date();
            answer.headers.retain(|(name, _)| name != "tus-resumable");
            answers.push(answer);
        }
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]), "one answer");
    assert_eq!(answers[0].code(), "not_found");
}

/// [B-82]
#[test]
fn what_is_wrong_with_a_link_is_named_and_makes_nothing() {
    let server = Server::start();
    let document = Document::on(&server, 4096);
    let right = document.wanted(&document.link(1));
    let with = |key: &str, value: Value| {
        let mut link = right.clone();
        link[key] = value;
        json!({ "links": [link] })
    };
    for (body, code, field) in [
        (json!({ "links": [] }), "policy_not_allowed", "links"),
        (
            json!({ "links": vec![right.clone(); 101] }),
            "policy_not_allowed",
            "links",
        ),
        (json!({}), "invalid_request", "body"),
        (json!([1]), "invalid_request", "body"),
        (with("name", "Ann".into()), "invalid_request", "body"),
        (with("id", "short".into()), "invalid_request", "id"),
        (with("probe", "".into()), "invalid_request", "probe"),
        (with("claim", "?".into()), "invalid_request", "claim"),
        (with("head", "".into()), "invalid_request", "head"),
        (
            with("head", Base64UrlUnpadded::encode_string(&[0; 513]).into()),
            "invalid_request",
            "head",
        ),
        (with("reads", 1001.into()), "policy_not_allowed", "reads"),
        (with("expires_in", 0.into()), "policy_not_allowed", "expires_in"),
    ] {
        let answer = document.ask(&server, "POST", "/links", &body);
        assert_eq!(
            (answer.code().as_str(), answer.json()["field"].as_str().unwrap()),
            (code, field),
            "{body}"
        );
    }
    let bearer = bearer(&document.owner);
    let untyped = server.ask("POST", &document.path("/links"), &[("authorization", &bearer)], b"{}");
    assert_eq!(untyped.code(), "unsupported_media_type");
    let long = vec![b' '; 200_000];
    let long = server.ask(
        "POST",
        &document.path("/links"),
        &[("authorization", &bearer), JSON],
        &long,
    );
    assert_eq!(long.code(), "too_large");
    assert!(document.states(&server).is_empty());
}
