//! Several links to one document: one upload, a head for each, burned one by one.

use std::path::Path;
use std::time::{Duration, Instant};

use base64ct::{Base64, Base64UrlUnpadded, Encoding as _};
use serde_json::{Value, json};

use super::harness::{Answer, OCTETS, Paste, Server, TUS, bearer, random, sha256, token};
use super::operator::{json as operator_json, stopped, violations};

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

    fn make(&self, server: &Server, links: &[&Paste]) -> Answer {
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

    fn states(&self, server: &Server) -> Vec<(u64, String)> {
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

fn read(link: &Paste, server: &Server) {
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
        let (content, until) = (
            server.data.path().join("content"),
            Instant::now() + Duration::from_secs(20),
        );
        // Another thread removes the file, after the answer: its key is gone before it.
        while std::fs::read_dir(&content).unwrap().next().is_some() {
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

/// [B-84]
#[test]
fn a_policy_can_be_extended_shortened_and_lowered_and_never_raised() {
    let server = Server::start();
    let (paste, document) = (Paste::on(&server, 4096, 3), Document::on(&server, 4096));
    let link = document.linked(&server, 3);
    let change = |link: bool, change: &Value| {
        if link {
            return document.ask(&server, "POST", "/links/1/policy", change);
        }
        let bearer = bearer(&paste.receipt);
        let headers = [("authorization", &*bearer), JSON];
        server.ask("POST", &paste.path("/policy"), &headers, change.to_string().as_bytes())
    };
    for (is_link, who) in [(false, &paste), (true, &link)] {
        let before = who.probe(&server).json()["expires_at"].as_u64().unwrap();
        let longer = change(is_link, &json!({ "expires_in": 86_400 })).json();
        assert!(longer["expires_at"].as_u64().unwrap() > before + 70_000);
        let shorter = change(is_link, &json!({ "expires_in": 600, "reads_left": 2 })).json();
        assert!(shorter["expires_at"].as_u64().unwrap() < before);
        assert_eq!((&shorter["reads"], &shorter["reads_left"]), (&2.into(), &2.into()));
        read(who, &server);
        for (body, code, field, limit) in [
            (json!({ "reads_left": 1 }), "policy_not_allowed", "reads_left", 0),
            (json!({ "reads_left": 0 }), "policy_not_allowed", "reads_left", 0),
            (json!({ "reads_left": 7 }), "policy_not_allowed", "reads_left", 0),
            (json!({ "expires_in": 1 }), "policy_not_allowed", "expires_in", 60),
            (
                json!({ "expires_in": 90 * 86_400 + 1 }),
                "policy_not_allowed",
                "expires_in",
                90 * 86_400,
            ),
        ] {
            let refused = change(is_link, &body);
            let told = refused.json();
            assert_eq!(refused.code(), code, "{body}");
            assert_eq!(
                (&told["field"], &told["limit"]),
                (&field.into(), &limit.into()),
                "{body}"
            );
        }
        assert_eq!(change(is_link, &json!({})).code(), "invalid_request");
        read(who, &server);
        assert_eq!(change(is_link, &json!({ "expires_in": 600 })).code(), "burned");
    }
    let unlimited = Paste::on(&server, 4096, 0);
    let bearer = bearer(&unlimited.receipt);
    let headers = [("authorization", &*bearer), JSON];
    let lowered = server.ask("POST", &unlimited.path("/policy"), &headers, br#"{"reads_left":1}"#);
    assert_eq!(lowered.json()["reads_left"], 1);
    read(&unlimited, &server);
    assert_eq!(unlimited.probe(&server).code(), "burned");
}

/// [B-160]
#[test]
fn a_label_comes_back_to_the_owner_alone_and_goes_with_the_document() {
    let server = Server::start();
    let document = Document::on(&server, 1000);
    let (links, label) = ([document.link(1), document.link(1)], random::<156>());
    let in_base64url = Base64UrlUnpadded::encode_string(&label);
    let mut wanted: Vec<Value> = links.iter().map(|link| document.wanted(link)).collect();
    wanted[0]["label"] = in_base64url.as_str().into();
    let asked = json!({ "links": wanted });
    for _ in 0..2 {
        assert_eq!(document.ask(&server, "POST", "/links", &asked).status, 201);
    }
    let told = |server: &Server| {
        let receipt = document.receipt(server);
        [0, 1].map(|at| receipt["links"][at]["label"].clone())
    };
    assert_eq!(told(&server), [in_base64url.as_str().into(), Value::Null]);
    assert_eq!(
        links[0].receipt(&server)["label"],
        Value::Null,
        "a receipt of one has none"
    );
    let at_rest = |data: &Path| {
        let files = ["satchel.db", "satchel.db-wal"].map(|name| std::fs::read(data.join(name)).unwrap_or_default());
        files
            .iter()
            .any(|file| file.windows(32).any(|window| window == &label[..32]))
    };
    assert!(!at_rest(server.data.path()), "under the document's shred key");
    // What became of a link is told with its label, as long as there is a document.
    links[0].burn(&server);
    assert_eq!(told(&server), [in_base64url.as_str().into(), Value::Null]);
    assert_eq!(violations(&operator_json(server.data.path(), &["check"])), []);
    document.ask(&server, "DELETE", "", &Value::Null);
    assert_eq!(told(&server), [Value::Null, Value::Null]);
    let kept = operator_json(server.data.path(), &["disclose", &links[0].id]);
    assert_eq!(kept["paste"]["label"], Value::Null);
    assert_eq!(violations(&operator_json(server.data.path(), &["check"])), []);
}

/// [B-160] [B-82]
#[test]
fn a_label_is_short_and_one_that_does_not_open_is_found() {
    let server = Server::start();
    let document = Document::on(&server, 1000);
    let with = |label: &str| {
        let link = document.link(1);
        let mut wanted = document.wanted(&link);
        wanted["label"] = label.into();
        document.ask(&server, "POST", "/links", &json!({ "links": [wanted] }))
    };
    for wrong in [
        "",
        "not base64url!",
        &Base64UrlUnpadded::encode_string(&random::<257>()),
    ] {
        let answer = with(wrong);
        assert_eq!((answer.status, &answer.json()["field"]), (400, &"label".into()));
    }
    assert_eq!(with(&Base64UrlUnpadded::encode_string(&random::<256>())).status, 201);
    let data = stopped(server);
    let conn = rusqlite::Connection::open(data.path().join("satchel.db")).unwrap();
    conn.execute("UPDATE paste SET label = zeroblob(184) WHERE label IS NOT NULL", [])
        .unwrap();
    drop(conn);
    let found = violations(&operator_json(data.path(), &["check"]));
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].0, "block-damaged");
    let server = Server::start_in(data, &[]);
    assert_eq!(document.receipt(&server)["links"][0]["label"], Value::Null);
}
