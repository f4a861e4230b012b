//! What a running server holds of ids, tokens and addresses once its requests are answered: on the disk, in what it says and in its metrics
//! nothing, in memory as little as can be. Promises 1, 2 and 8.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::io::Write as _;
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::Command;

use base64ct::{Base64, Base64UrlUnpadded, Encoding as _};
use hmac::{Hmac, KeyInit as _, Mac as _};
use satchel_api::{Problem, header, metadata, route};
use satchel_tests::documents::{Document, Link};
use satchel_tests::memory::memory_of;
use satchel_tests::process::{Server, binary};
use satchel_tests::raw::{Caller, Reply};
use satchel_tests::search::Needles;
use satchel_tests::wire::{Keys, Wire};
use satchel_tests::{count, files_below, noise, random};
use sha2::{Digest as _, Sha256};

/// Who asks: a proxy that is trusted, and the person whom it asks for.
const PROXY: Ipv4Addr = Ipv4Addr::new(127, 77, 66, 55);
const PERSON: &str = "198.51.177.213";
const PERSON_6: &str = "2001:db8:77aa:bb01:cc02:dd03:ee04:ff05";

fn text(bytes: &[u8]) -> String {
    Base64UrlUnpadded::encode_string(bytes)
}

fn bearer(token: &[u8]) -> String {
    format!("Bearer {}", text(token))
}

/// Everything that was shown to the server and is nobody else's to know, by what it is.
#[derive(Default)]
struct Shown(Vec<(&'static str, Vec<u8>)>);

impl Shown {
    fn note(&mut self, what: &'static str, bytes: &[u8]) {
        self.0.push((what, bytes.to_vec()));
    }

    fn keys(&mut self, keys: &Keys) {
        self.note("id", &keys.id);
        self.note("probe", &keys.probe);
        self.note("claim", &keys.claim);
        self.note("receipt", &keys.receipt);
    }

    /// How many of each kind are in `place`, as they are, in hexadecimal, and as they are sent.
    fn found_in(&self, place: &[u8]) -> BTreeMap<(&'static str, &'static str), usize> {
        let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let mut all: Vec<((&str, &str), Vec<u8>)> = Vec::new();
        for (what, bytes) in &self.0 {
            all.push(((what, "raw"), bytes.clone()));
            all.push(((what, "hex"), hex(bytes).into_bytes()));
            all.push(((what, "sent"), text(bytes).into_bytes()));
            if *what == "id" {
                // As `Upload-Metadata` has it.
                let encoded = Base64::encode_string(text(bytes).as_bytes());
                all.push(((what, "in metadata"), encoded.into_bytes()));
            }
        }
        for address in [PERSON, PERSON_6] {
            all.push((("address", "text"), address.as_bytes().to_vec()));
        }
        let counts = Needles::new(all.iter().map(|(_, needle)| &needle[..])).counted_in(place);
        let mut found = BTreeMap::new();
        for ((kind, _), count) in all.iter().zip(counts) {
            if count > 0 {
                *found.entry(*kind).or_insert(0) += 1;
            }
        }
        // Four bytes may come about by chance: in a log or a page of metrics they do not.
        for (of, octets) in [
            ("proxy", PROXY.octets()),
            ("person", PERSON.parse::<Ipv4Addr>().unwrap().octets()),
        ] {
            let times = place.windows(4).filter(|four| *four == octets).count();
            if times > 0 {
                found.insert(("address in 4 bytes", of), times);
            }
        }
        found
    }
}

/// One who uses a server in every way.
struct Load<'a> {
    caller: Caller,
    data: &'a Path,
    shown: Shown,
}

impl Load<'_> {
    fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Reply {
        let forwarded = format!(
            "10.1.2.3, {}",
            if body.len().is_multiple_of(2) { PERSON } else { PERSON_6 }
        );
        let all = [headers, &[("x-forwarded-for", &*forwarded)]].concat();
        self.caller.ask(method, path, &all, body)
    }

    fn create(
        &self,
        keys: &Keys,
        (reads, len): (u32, usize),
        body: &[u8],
        more: &[(&str, &str)],
        mark: Option<&str>,
    ) -> Reply {
        let mut metadata = Wire::metadata(keys, reads, 7 * 24 * 3600, metadata::LOCK);
        if let Some(mark) = mark {
            metadata += &format!(",panic {}", Base64::encode_string(mark.as_bytes()));
        }
        let len = len.to_string();
        let headers = [
            (header::TUS_RESUMABLE, header::TUS_VERSION_SPOKEN),
            (header::UPLOAD_LENGTH, &*len),
            (header::UPLOAD_METADATA, &*metadata),
            ("content-type", header::OFFSET_OCTET_STREAM),
        ];
        self.ask("POST", route::PASTES, &[&headers, more].concat(), body)
    }

    /// Creates, showing the work that is asked for.
    fn create_by_work(&mut self, keys: &Keys, policy: (u32, usize), body: &[u8], mark: Option<&str>) {
        let refused = self.create(keys, policy, body, &[], mark);
        assert_eq!(refused.status, 429);
        let problem: Problem = serde_json::from_slice(&refused.body).unwrap();
        let work = solved(&problem.work.unwrap().challenge);
        // What stands before it says how hard and until when: it is the same for many.
        self.shown.note("solution", &work.as_bytes()[8..]);
        let created = self.create(keys, policy, body, &[("satchel-work", &work)], mark);
        assert_eq!(created.status, 201);
    }

    fn on(&self, pattern: &str, keys: &Keys, method: &str, token: &[u8], more: &[(&str, &str)]) -> Reply {
        let path = route::of(pattern, &text(&keys.id));
        self.ask(
            method,
            &path,
            &[&[("authorization", &*bearer(token))], more].concat(),
            &[],
        )
    }

    fn claim(&mut self, keys: &Keys, claim: &[u8; 32], lease: &[u8; 32]) -> u16 {
        self.shown.note("lease", lease);
        let headers = [(header::PROBE, &*text(&keys.probe)), (header::LEASE, &*text(lease))];
        self.on(route::CLAIM, keys, "POST", claim, &headers).status
    }

    fn invite(&mut self) -> String {
        let arguments = ["invite", "create", "--uses", "5", "--data"];
        let made = Command::new(binary("satchel-server"))
            .args(arguments)
            .arg(self.data)
            .output();
        let link = String::from_utf8(made.unwrap().stdout).unwrap();
        let bytes = Base64UrlUnpadded::decode_vec(link.trim_end().rsplit_once('#').unwrap().1).unwrap();
        self.shown.note("invite", &bytes[1..33]);
        text(&bytes[1..33])
    }

    fn everything(&mut self) {
        let content = noise(1024);
        let [first, second, large, marked] = [(); 4].map(|()| Keys::generate());
        for keys in [&first, &second, &large, &marked] {
            self.shown.keys(keys);
        }
        self.create_by_work(&first, (2, 1024), &content, None);
        let invite = self.invite();
        let by_invite = [("satchel-invite", &*invite)];
        assert_eq!(self.create(&second, (1, 1024), &content, &by_invite, None).status, 201);
        let long = noise(300_001);
        assert_eq!(self.create(&large, (1, long.len()), &[], &by_invite, None).status, 201);
        let rest = [
            (header::TUS_RESUMABLE, header::TUS_VERSION_SPOKEN),
            (header::UPLOAD_OFFSET, "0"),
            ("content-type", header::OFFSET_OCTET_STREAM),
            ("authorization", &*bearer(&large.receipt)),
        ];
        let path = route::of(route::PASTE, &text(&large.id));
        assert_eq!(self.ask("PATCH", &path, &rest, &long).status, 204);
        let secret: [u8; 32] = random();
        self.shown.note("panic secret", &secret);
        let mut mark = Hmac::<Sha256>::new_from_slice(&secret).unwrap();
        mark.update(&Sha256::digest(marked.id));
        let mark = text(&mark.finalize().into_bytes());
        self.create_by_work(&marked, (1, 1024), &content, Some(&mark));

        let (wrong, lease, other) = (random::<32>(), random::<32>(), random::<32>());
        self.shown.note("wrong token", &wrong);
        for keys in [&first, &second, &large] {
            assert_eq!(self.on(route::PROBE, keys, "POST", &keys.probe, &[]).status, 200);
            assert_eq!(self.on(route::PROBE, keys, "POST", &wrong, &[]).status, 404);
            assert_eq!(self.on(route::RECEIPT, keys, "GET", &keys.receipt, &[]).status, 200);
            assert_eq!(self.claim(keys, &wrong, &random()), 403);
            assert_eq!(self.on(route::RESET_WAIT, keys, "POST", &keys.receipt, &[]).status, 204);
        }
        assert_eq!(self.claim(&first, &first.claim.clone(), &lease), 200);
        assert_eq!(self.claim(&large, &large.claim.clone(), &other), 200);
        for (keys, lease) in [(&first, &lease), (&large, &other)] {
            assert_eq!(self.on(route::CONTENT, keys, "GET", lease, &[]).status, 200);
            assert_eq!(self.on(route::CONFIRM, keys, "POST", lease, &[]).status, 204);
        }
        assert_eq!(
            self.on(route::PASTE, &second, "DELETE", &second.receipt, &[]).status,
            204
        );
        let panicked = self.ask("POST", route::PANIC, &[("authorization", &bearer(&secret))], &[]);
        // So many from one network are too many: the secret was sent all the same.
        assert!(matches!(panicked.status, 200 | 429), "{}", panicked.status);
        assert!(self.ask("GET", &format!("/{}", text(&first.id)), &[], &[]).status == 200);
    }

    /// A document with links, over the other client.
    fn links(&mut self, wire: &Wire) {
        let (document, link) = (Document::generate(), Link::generate(1));
        self.shown.note("id", &document.id);
        self.shown.note("owner", &document.owner);
        self.shown.keys(&link.keys);
        assert_eq!(wire.create_document(&document, &noise(5000)).unwrap().status, 201);
        assert_eq!(
            wire.make_links(&document, std::slice::from_ref(&link)).unwrap().status,
            201
        );
        let lease = random();
        self.shown.note("lease", &lease);
        assert_eq!(wire.claim(&link.keys, &lease).unwrap().status, 200);
        assert_eq!(wire.burn_document(&document).unwrap().status, 204);
    }
}

/// `CHALLENGE.NONCE`, by docs/api.md alone.
fn solved(challenge: &str) -> String {
    let bytes = Base64UrlUnpadded::decode_vec(challenge).unwrap();
    let begun = Sha256::new().chain_update(b"satchel/v1/work").chain_update(&bytes);
    let holds = |nonce: &[u8; 8]| {
        let hash = begun.clone().chain_update(nonce).finalize();
        u64::from_be_bytes(*hash.first_chunk().unwrap()).leading_zeros() >= u32::from(bytes[0])
    };
    let nonce = (0_u64..).map(u64::to_be_bytes).find(holds).unwrap();
    format!("{challenge}.{}", Base64UrlUnpadded::encode_string(&nonce))
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn files(data: &Path) -> Vec<u8> {
    let all = files_below(data).into_iter();
    // With their names; one that goes meanwhile holds nothing.
    all.flat_map(|path| {
        [
            path.to_string_lossy().into_owned().into_bytes(),
            std::fs::read(path).unwrap_or_default(),
        ]
        .concat()
    })
    .collect()
}

struct House {
    folder: tempfile::TempDir,
    server: Server,
    metrics: String,
}

impl House {
    fn start(more: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let metrics = format!("127.0.0.1:{}", free_port());
        let proxy = PROXY.to_string();
        let arguments = [
            &["--metrics", &*metrics, "--trusted-proxies", &*proxy][..],
            &["--log-format", "json", "--log-level", "info"],
            more,
        ];
        let server = Server::start_with(folder.path(), &arguments.concat());
        Self {
            folder,
            server,
            metrics,
        }
    }

    /// Nothing on the disk, in metrics, in the API's description and in what was said; how much in memory.
    fn judge(self, shown: &Shown, what: &str) {
        let Self {
            folder,
            server,
            metrics,
        } = self;
        let nothing = BTreeMap::new();
        let scrape = Caller::new(&format!("http://{metrics}"), Ipv4Addr::LOCALHOST);
        let metrics = scrape.ask("GET", "/metrics", &[], &[]).body;
        assert!(metrics.len() > 500);
        let asked = Caller::new(server.url(), Ipv4Addr::LOCALHOST);
        let api = asked.ask("GET", route::OPENAPI, &[], &[]).body;
        for (place, bytes) in [
            ("metrics", &metrics),
            ("OpenAPI", &api),
            ("disk", &files(folder.path())),
        ] {
            let found: BTreeMap<_, _> = shown.found_in(bytes);
            let found: BTreeMap<_, _> = found
                .into_iter()
                .filter(|((kind, _), _)| !(place == "disk" && *kind == "address in 4 bytes"))
                .collect();
            assert_eq!(found, nothing, "{what}: {place}");
        }
        // One that is still being read is in memory: the search finds what is there.
        let unread: [u8; 32] = random();
        let mut half = asked.connected();
        write!(
            half,
            "POST /api/v1/pastes/x/probe HTTP/1.1\r\nauthorization: {}\r\nx: ",
            bearer(&unread)
        )
        .unwrap();
        let mut control = Shown::default();
        control.note("probe", &unread);
        let mut memory = None;
        for _ in 0..500 {
            memory = memory_of(&server);
            if memory
                .as_ref()
                .is_none_or(|memory| !control.found_in(memory).is_empty())
            {
                break;
            }
        }
        drop(half);
        if let Some(memory) = memory {
            assert_eq!(
                control.found_in(&memory).get(&("probe", "sent")),
                Some(&1),
                "the search finds what is there"
            );
            let found = shown.found_in(&memory);
            // What we made of them is wiped. What came over a connection stays in buffers and pools of actix until they are used again: as many
            // as there were connections at once, however many requests there were.
            let ours = found
                .keys()
                .filter(|(what, form)| *form == "raw" && *what != "solution")
                .count();
            let theirs: usize = found.values().sum();
            println!(
                "figure: of {} ids and tokens of {what}, in the memory of the server after its answers ({} MB searched): {found:?}",
                shown.0.len(),
                memory.len() / 1_000_000
            );
            assert!(ours == 0 && theirs < 100, "{found:?}");
        }
        let said = server.stop();
        assert!(said.len() > 50);
        assert_eq!(shown.found_in(&said), nothing, "{what}: what it said");
        let left: BTreeMap<_, _> = shown
            .found_in(&files(folder.path()))
            .into_iter()
            .filter(|((kind, _), _)| *kind != "address in 4 bytes")
            .collect();
        assert_eq!(left, nothing, "{what}: the disk after the stop");
    }
}

#[test]
fn ids_tokens_and_addresses_are_nowhere_once_they_were_looked_at() {
    let house = House::start(&["--work", "always"]);
    let mut load = Load {
        caller: Caller::new(house.server.url(), PROXY),
        data: house.folder.path(),
        shown: Shown::default(),
    };
    for _ in 0..count(10, 100) {
        load.everything();
    }
    let shown = load.shown;
    house.judge(&shown, "pastes");
}

#[test]
fn ids_and_tokens_of_documents_are_nowhere_once_they_were_looked_at() {
    let house = House::start(&[]);
    let mut load = Load {
        caller: Caller::new(house.server.url(), PROXY),
        data: house.folder.path(),
        shown: Shown::default(),
    };
    let wire = Wire::new(house.server.url());
    for _ in 0..count(10, 100) {
        load.links(&wire);
    }
    let shown = load.shown;
    drop(wire);
    house.judge(&shown, "documents with links");
}
