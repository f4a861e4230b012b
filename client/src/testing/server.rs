//! A model of the server's rules, behind a network that cuts, loses and repeats by a seed.

use std::cell::RefCell;
use std::collections::HashMap;

use base64ct::{Base64, Base64UrlUnpadded, Encoding};
use rand_core::Rng;
use satchel_api::problem::Work;
use satchel_api::{Burned, Code, Config, PasteState, Probed, Problem, Receipt, header as name, metadata, route};
use satchel_crypto::LeaseToken;
use sha2::{Digest, Sha256};

use super::Seeded;
use crate::{Answer, Body, Request, Transport, Unreachable};

mod paste;

/// One server, its pastes, and the way to it.
pub(crate) struct Model {
    pub(crate) state: RefCell<State>,
    network: RefCell<Network>,
}

pub(crate) struct State {
    pub(crate) config: Config,
    pub(crate) pastes: HashMap<String, Paste>,
    pub(crate) log: Vec<&'static str>,
    /// Zero bits that a creation has to show; 0 for none.
    pub(crate) work_bits: u8,
    /// The token of the invite that holds.
    pub(crate) invite: String,
    /// Answered instead of anything else.
    pub(crate) always: Option<u16>,
}

/// What the server holds of a paste.
pub(crate) struct Paste {
    pub(crate) bytes: Vec<u8>,
    total: usize,
    told: String,
    probe: String,
    claim: String,
    receipt: String,
    reads: u32,
    pub(crate) reads_used: u32,
    /// By hash of the lease token; whether it has ended.
    pub(crate) leases: HashMap<String, bool>,
    pub(crate) burned: Option<Burned>,
    pub(crate) wrong_tries: u32,
    pub(crate) wait: u64,
}

struct Network {
    rng: Seeded,
    faulty: bool,
    in_a_row: u32,
    /// Requests until everything is silent.
    silent_in: Option<u32>,
    /// A request with a longer body never arrives.
    body_max: usize,
}

enum Fault {
    None,
    Before,
    BodyCut(u64),
    AnswerLost,
    Repeated,
    AnswerCut(u64),
}

impl Model {
    pub(crate) fn new(seed: u64, faulty: bool) -> Self {
        let config = Config {
            version: "0.1.0".into(),
            size_bytes_max: 1 << 30,
            expires_in_secs_min: 60,
            expires_in_secs_max: 604_800,
            expires_in_secs_default: 604_800,
            reads_max: 1000,
            invite_required: false,
        };
        let state = State {
            config,
            pastes: HashMap::new(),
            log: Vec::new(),
            work_bits: 0,
            invite: String::new(),
            always: None,
        };
        let network = Network {
            rng: Seeded::new(seed),
            faulty,
            in_a_row: 0,
            silent_in: None,
            body_max: usize::MAX,
        };
        Self {
            state: RefCell::new(state),
            network: RefCell::new(network),
        }
    }

    /// The wire goes dead after so many more requests; or comes back.
    pub(crate) fn silent_in(&self, requests: Option<u32>) {
        self.network.borrow_mut().silent_in = requests;
    }

    /// No longer body gets through.
    pub(crate) fn body_max(&self, len: usize) {
        self.network.borrow_mut().body_max = len;
    }

    pub(crate) fn count(&self, what: &str) -> usize {
        self.state.borrow().log.iter().filter(|entry| **entry == what).count()
    }

    /// The only paste.
    pub(crate) fn sole<T>(&self, look: impl FnOnce(&mut Paste) -> T) -> T {
        let mut state = self.state.borrow_mut();
        assert_eq!(state.pastes.len(), 1);
        look(state.pastes.values_mut().next().unwrap())
    }
}

impl Network {
    fn fault(&mut self) -> Fault {
        if let Some(left) = &mut self.silent_in {
            if *left == 0 {
                return Fault::Before;
            }
            *left -= 1;
        }
        let draw = self.rng.next_u64();
        // Fewer in a row than the flows give up after: a line that is bad, not dead.
        if !self.faulty || self.in_a_row >= 3 || draw.is_multiple_of(2) {
            self.in_a_row = 0;
            return Fault::None;
        }
        self.in_a_row += 1;
        let at = self.rng.next_u64();
        match draw / 2 % 5 {
            0 => Fault::Before,
            1 => Fault::BodyCut(at),
            2 => Fault::AnswerLost,
            3 => Fault::Repeated,
            _ => Fault::AnswerCut(at),
        }
    }
}

/// An answer's body in pieces; it may break off.
pub(crate) struct Pieces {
    bytes: Vec<u8>,
    at: usize,
    cut: Option<usize>,
}

impl Body for Pieces {
    async fn next(&mut self) -> Result<Option<Vec<u8>>, Unreachable> {
        let end = self.cut.unwrap_or(self.bytes.len());
        if self.at == end {
            // Some stacks report a cut, others just end.
            return if self.cut.is_some_and(|cut| cut % 2 == 0) {
                Err(Unreachable)
            } else {
                Ok(None)
            };
        }
        let piece = self.bytes[self.at..end.min(self.at + 50_000)].to_vec();
        self.at += piece.len();
        Ok(Some(piece))
    }
}

impl Transport for Model {
    type Body = Pieces;

    async fn send(&self, request: Request<'_>) -> Result<Answer<Pieces>, Unreachable> {
        let fault = self.network.borrow_mut().fault();
        let mut state = self.state.borrow_mut();
        let body = request.body.unwrap_or_default();
        if body.len() > self.network.borrow().body_max {
            return Err(Unreachable);
        }
        let below = |at: u64, len: usize| usize::try_from(at % (len as u64 + 1)).unwrap();
        match fault {
            Fault::None => Ok(state.answer(&request, body)),
            Fault::Before => Err(Unreachable),
            Fault::BodyCut(at) => {
                state.answer(&request, &body[..below(at, body.len())]);
                Err(Unreachable)
            }
            Fault::AnswerLost => {
                state.answer(&request, body);
                Err(Unreachable)
            }
            Fault::Repeated => {
                state.answer(&request, body);
                Ok(state.answer(&request, body))
            }
            Fault::AnswerCut(at) => {
                let mut answer = state.answer(&request, body);
                answer.body.cut = Some(below(at, answer.body.bytes.len()));
                Ok(answer)
            }
        }
    }
}

fn answer(status: u16, headers: &[(&str, String)], bytes: Vec<u8>) -> Answer<Pieces> {
    let mut headers: Vec<_> = headers
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value.clone()))
        .collect();
    headers.push(("content-length".into(), bytes.len().to_string()));
    Answer {
        status,
        headers,
        body: Pieces {
            bytes,
            at: 0,
            cut: None,
        },
    }
}

fn problem(problem: Problem) -> Answer<Pieces> {
    answer(problem.status, &[], serde_json::to_vec(&problem).unwrap())
}

fn refuse(code: Code) -> Answer<Pieces> {
    problem(Problem::new(code))
}

/// The hash that the server keeps of a token. All tokens are alike to it.
fn hash(bearer: &str) -> String {
    LeaseToken::parse(bearer).unwrap().hash().encode()
}

fn header<'a>(request: &'a Request<'_>, wanted: &str) -> Option<&'a str> {
    request
        .headers
        .iter()
        .find(|(name, _)| *name == wanted)
        .map(|(_, value)| value.as_str())
}

fn bearer(request: &Request<'_>) -> String {
    header(request, "authorization")
        .and_then(|value| value.strip_prefix("Bearer "))
        .map(hash)
        .unwrap_or_default()
}

/// For this creation and no other.
fn challenge_of(told: &str) -> String {
    Base64UrlUnpadded::encode_string(&Sha256::digest(told)[..21])
}

fn shows_work(request: &Request<'_>, told: &str, bits: u8) -> bool {
    let Some((challenge, nonce)) = header(request, name::WORK).and_then(|work| work.split_once('.')) else {
        return false;
    };
    let decode = |text| Base64UrlUnpadded::decode_vec(text).unwrap();
    let hash = Sha256::new()
        .chain_update(b"satchel/v1/work")
        .chain_update(decode(challenge))
        .chain_update(decode(nonce))
        .finalize();
    let zeros = u64::from_be_bytes(*hash.first_chunk().unwrap()).leading_zeros();
    challenge == challenge_of(told) && decode(nonce).len() == 8 && zeros >= u32::from(bits)
}

impl State {
    fn answer(&mut self, request: &Request<'_>, body: &[u8]) -> Answer<Pieces> {
        if let Some(status) = self.always {
            return answer(status, &[], Vec::new());
        }
        assert!(!request.url.contains('#'));
        let path = request.url.strip_prefix("https://satchel.test").unwrap();
        if path == route::CONFIG {
            return answer(200, &[], serde_json::to_vec(&self.config).unwrap());
        }
        if path == route::PASTES {
            return self.create(request, body);
        }
        let rest = path.strip_prefix("/api/v1/pastes/").unwrap();
        let (id, verb) = rest.split_once('/').unwrap_or((rest, ""));
        let Some(paste) = self.pastes.get_mut(id) else {
            return refuse(Code::NotFound);
        };
        self.log.push(match (request.method, verb) {
            ("PATCH", _) => "patch",
            ("DELETE", _) => "delete",
            ("HEAD", _) => "head",
            (_, "claim") => "claim",
            (_, "content") => "content",
            (_, "confirm") => "confirm",
            _ => "other",
        });
        match (request.method, verb) {
            ("PATCH" | "HEAD" | "DELETE", "") | ("GET", "receipt") => paste.for_creator(request, body),
            ("POST", "probe") => paste.probe(request),
            ("POST", "claim") => paste.claim(request),
            ("GET", "content") => paste.content(request),
            ("POST", "confirm") => paste.confirm(request),
            _ => refuse(Code::MethodNotAllowed),
        }
    }

    fn create(&mut self, request: &Request<'_>, body: &[u8]) -> Answer<Pieces> {
        self.log.push("create");
        if let Some(invite) = header(request, name::INVITE) {
            self.log.push("invited");
            if self.config.invite_required && invite != self.invite {
                return refuse(Code::InviteRequired);
            }
        }
        let told = header(request, name::UPLOAD_METADATA).unwrap().to_owned();
        let spared = header(request, name::INVITE).is_some_and(|invite| invite == self.invite);
        if self.work_bits > 0 && !spared && !shows_work(request, &told, self.work_bits) {
            return problem(Problem {
                work: Some(Work {
                    challenge: challenge_of(&told),
                    bits: self.work_bits,
                    nonces: 1,
                }),
                ..Problem::new(Code::WorkRequired)
            });
        }
        let total: usize = header(request, name::UPLOAD_LENGTH).unwrap().parse().unwrap();
        let pairs: HashMap<String, String> = told
            .split(',')
            .map(|pair| pair.split_once(' ').unwrap())
            .map(|(key, value)| {
                (
                    key.into(),
                    String::from_utf8(Base64::decode_vec(value).unwrap()).unwrap(),
                )
            })
            .collect();
        let fresh = Paste {
            bytes: Vec::new(),
            total,
            told: told.clone(),
            probe: pairs[metadata::PROBE].clone(),
            claim: pairs[metadata::CLAIM].clone(),
            receipt: pairs[metadata::RECEIPT].clone(),
            reads: pairs[metadata::READS].parse().unwrap(),
            reads_used: 0,
            leases: HashMap::new(),
            burned: None,
            wrong_tries: 0,
            wait: 0,
        };
        let paste = self.pastes.entry(pairs[metadata::ID].clone()).or_insert(fresh);
        if paste.told != told || paste.total != total {
            return refuse(Code::IdTaken);
        }
        if let Some(gone) = paste.gone() {
            return gone;
        }
        if paste.bytes.is_empty() {
            paste.bytes.extend_from_slice(body);
        }
        answer(201, &[(name::UPLOAD_OFFSET, paste.bytes.len().to_string())], Vec::new())
    }
}
