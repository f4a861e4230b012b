//! Nothing given away: whoever proves nothing gets one answer, in the same bytes and in the same time.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::connection::Connection;
use super::dice::{Dice, count, is_long};
use super::harness::{Answer, OCTETS, Paste, Server, TUS};

const METHODS: [&str; 9] = [
    "GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "TRACE", "BREW",
];

/// The requests that take a proof, and how they are asked.
const PROVEN: [(&str, &str); 10] = [
    ("HEAD", ""),
    ("PATCH", ""),
    ("DELETE", ""),
    ("GET", "/receipt"),
    ("POST", "/reset-wait"),
    ("POST", "/probe"),
    ("POST", "/claim"),
    ("GET", "/content"),
    ("POST", "/confirm"),
    ("POST", "/policy"),
];
/// What takes the owner token of a document.
const OWNED: [(&str, &str); 8] = [
    ("HEAD", ""),
    ("PATCH", ""),
    ("DELETE", ""),
    ("GET", "/receipt"),
    ("GET", "/head"),
    ("POST", "/links"),
    ("DELETE", "/links/{number}"),
    ("POST", "/links/{number}/policy"),
];

/// One paste of each kind that there can be.
struct Pastes {
    stored: Paste,
    uploading: Paste,
    burned: Paste,
}

impl Pastes {
    fn on(server: &Server) -> Self {
        let uploading = Paste::new(4096, 1);
        uploading.create(server, &[]);
        let burned = Paste::on(server, 4096, 1);
        burned.burn(server);
        Self {
            stored: Paste::on(server, 4096, 1),
            uploading,
            burned,
        }
    }
}

/// Every route of the served document, as its pattern.
fn routes(server: &Server) -> Vec<String> {
    let document = server.ask("GET", "/api/v1/openapi.json", &[], &[]).json();
    document["paths"].as_object().unwrap().keys().cloned().collect()
}

fn guessed_id(dice: &mut Dice, pastes: &Pastes) -> String {
    match dice.below(8) {
        0 => pastes.stored.id.clone(),
        1 => pastes.uploading.id.clone(),
        2 => pastes.burned.id.clone(),
        3 => dice.id()[..21].to_owned(),
        4 => format!("{}==", dice.id()),
        5 => "%2e%2e".to_owned(),
        _ => dice.id(),
    }
}

fn guessed_authorization(dice: &mut Dice) -> Option<String> {
    match dice.below(6) {
        0 => None,
        1 => Some(format!("Bearer {}", &dice.token()[..42])),
        2 => Some(format!("Basic {}", dice.token())),
        3 => Some("Bearer".to_owned()),
        _ => Some(format!("Bearer {}", dice.token())),
    }
}

/// [B-2] [B-3]
#[test]
fn guesses_of_ids_tokens_and_methods_get_one_answer_for_each_route_and_method() {
    let server = Server::start();
    let (pastes, routes) = (Pastes::on(&server), routes(&server));
    let (mut line, mut dice) = (Connection::to(&server), Dice::new());
    let guesses = count(4_000, 100_000);
    let mut seen = BTreeMap::<(String, &str), Answer>::new();
    for _ in 0..guesses {
        let (route, method) = (dice.pick(&routes).clone(), *dice.pick(&METHODS));
        let path = route.replace("{id}", &guessed_id(&mut dice, &pastes));
        let (authorization, probe, lease) = (guessed_authorization(&mut dice), dice.token(), dice.token());
        let mut headers = vec![TUS, OCTETS, ("upload-offset", "0")];
        headers.extend(authorization.as_deref().map(|value| ("authorization", value)));
        headers.extend([("satchel-probe", &*probe), ("satchel-lease", &*lease)]);
        let answer = line.ask(method, &path, &headers, &[]).without_date();
        let first = seen.entry((route, method)).or_insert_with(|| answer.clone());
        assert!(*first == answer, "{method} {path}: {answer:?} after {first:?}");
    }
    one_refusal_everywhere(&seen);
    assert_eq!(pastes.stored.receipt(&server)["wrong_tries"], 0);
    println!(
        "figure: guesses of ids, tokens and methods that got another answer than all others of their route and method: 0 of {guesses}"
    );
}

/// The same 404 on every route that takes a proof. The two routes of tus say their version as well; an answer to `HEAD` is a head.
fn one_refusal_everywhere(seen: &BTreeMap<(String, &str), Answer>) {
    let of = |method, rest: &str| &seen[&(format!("/api/v1/pastes/{{id}}{rest}"), method)];
    let expected = of("POST", "/probe");
    assert_eq!(expected.code(), "not_found");
    let owned = |(method, rest): (&'static str, &str)| (method, format!("/api/v1/documents/{{id}}{rest}"));
    let proven = PROVEN.map(|(method, rest)| (method, format!("/api/v1/pastes/{{id}}{rest}")));
    for (method, route) in proven.iter().cloned().chain(OWNED.map(owned)) {
        let mut answer = seen[&(route.clone(), method)].clone();
        let rest = route.split_once("{id}").map_or("", |(_, rest)| rest);
        if rest.is_empty() {
            answer
                .headers
                .retain(|header| *header != (TUS.0.to_owned(), TUS.1.to_owned()));
        }
        if method == "HEAD" {
            answer.body.clone_from(&expected.body);
        }
        assert_eq!(answer, *expected, "{method} {rest}");
    }
    for ((route, method), answer) in seen {
        let known = |prefix: &str, known: &[(&str, &str)]| {
            let rest = route.strip_prefix(prefix);
            known.iter().any(|(verb, path)| verb == method && rest == Some(*path))
        };
        let proven = known("/api/v1/pastes/{id}", &PROVEN) || known("/api/v1/documents/{id}", &OWNED);
        let head_of_receipt = *method == "HEAD" && (route.ends_with("/receipt") || route.ends_with("/head"));
        assert_eq!(
            answer.status == 404,
            proven || head_of_receipt,
            "{method} {route}: {}",
            answer.status
        );
    }
}

/// What is asked in the measurement of one kind.
struct Kind<'a> {
    name: &'static str,
    /// Of the paste that is asked for; a new one each time where there is none.
    id: Option<&'a str>,
    times: Vec<Duration>,
}

impl<'a> Kind<'a> {
    fn new(name: &'static str, id: Option<&'a str>) -> Self {
        Self {
            name,
            id,
            times: Vec::new(),
        }
    }

    fn ask(&mut self, line: &mut Connection, dice: &mut Dice, (method, rest): (&str, &str)) {
        let id = self.id.map_or_else(|| dice.id(), str::to_owned);
        let (bearing, probe, lease) = (format!("Bearer {}", dice.token()), dice.token(), dice.token());
        let path = format!("/api/v1/pastes/{id}{rest}");
        let headers = [
            TUS,
            OCTETS,
            ("upload-offset", "0"),
            ("authorization", &*bearing),
            ("satchel-probe", &*probe),
            ("satchel-lease", &*lease),
        ];
        let since = Instant::now();
        let answer = line.ask(method, &path, &headers, &[]);
        self.times.push(since.elapsed());
        assert_eq!(answer.status, 404, "{method} {rest} of {}", self.name);
    }

    fn median(&mut self) -> Duration {
        self.times.sort_unstable();
        self.times[self.times.len() / 2]
    }
}

/// How much longer the slowest median is than the fastest, in parts of the fastest.
fn spread(medians: &[Duration]) -> f64 {
    let (low, high) = (medians.iter().min().unwrap(), medians.iter().max().unwrap());
    high.as_secs_f64() / low.as_secs_f64() - 1.0
}

/// [B-2]
#[test]
fn absent_burned_and_wrong_token_take_the_same_time() {
    let server = Server::start();
    let (pastes, mut dice) = (Pastes::on(&server), Dice::new());
    let mut line = Connection::to(&server);
    for proven in PROVEN {
        let mut kinds = [
            Kind::new("absent", None),
            Kind::new("burned", Some(&pastes.burned.id)),
            Kind::new("stored", Some(&pastes.stored.id)),
        ];
        // Never looked up: what the instrument has to tell apart from the others.
        let mut malformed = Kind::new("malformed", Some("AAAAAAAAAAAAAAAAAAAAAB"));
        for round in 0..count(100, 10_000) {
            for place in 0..kinds.len() {
                kinds[(round + place) % 3].ask(&mut line, &mut dice, proven);
            }
            malformed.ask(&mut line, &mut dice, proven);
        }
        let medians: Vec<Duration> = kinds.iter_mut().map(Kind::median).collect();
        let (found, control) = (spread(&medians), spread(&[medians[0], malformed.median()]));
        let (method, rest) = proven;
        let told = format!(
            "{:.1} % (medians {medians:?}; an id that is not looked up {:.0} % off)",
            found * 100.0,
            control * 100.0
        );
        println!("figure: {method} {rest}: absent, burned and wrong-token differ in time by: {told}");
        // Few rounds on a busy machine say little about time: then only the answers are compared.
        if is_long() {
            assert!(found < 0.05, "{method} {rest}: {told}");
            assert!(
                control > 0.05,
                "{method} {rest}: the measurement tells nothing apart: {told}"
            );
        }
    }
    assert_eq!(line.made, 1, "all over one connection");
}
