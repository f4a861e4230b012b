//! What a released client asked and how it was answered: written down once, and asked again of each later server.

use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};

use base64ct::{Base64, Encoding as _};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use crate::raw::{Caller, Reply, split};

/// Of the connection, not of the request.
const HOP: [&str; 5] = ["host", "connection", "content-length", "transfer-encoding", "date"];

/// One request of a client's, and what it could rely on in its answer.
pub struct Exchange {
    method: String,
    path: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    answer: Answer,
}

/// What a client reads of an answer: nothing that another server, or the same one a moment later, may say otherwise.
struct Answer {
    status: u16,
    headers: BTreeSet<String>,
    /// Of a body of JSON its names and types; of content its SHA-256.
    body: Value,
}

impl Exchange {
    /// As it stands in a file.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let headers = self.headers.iter().map(|(name, value)| format!("{name}: {value}"));
        json!({
            "request": format!("{} {}", self.method, self.path),
            "headers": headers.collect::<Vec<_>>(),
            "body": Base64::encode_string(&self.body),
            "status": self.answer.status,
            "answered": self.answer.headers,
            "shape": self.answer.body,
        })
    }

    /// The exchanges of a file.
    ///
    /// # Panics
    /// When they are none.
    #[must_use]
    pub fn all_of(file: &Value) -> Vec<Self> {
        file.as_array().unwrap().iter().map(Self::from_json).collect()
    }

    fn from_json(value: &Value) -> Self {
        let text = |name: &str| value[name].as_str().unwrap().to_owned();
        let list = |name: &str| value[name].as_array().unwrap().iter().map(|one| one.as_str().unwrap());
        let request = text("request");
        let (method, path) = request.split_once(' ').unwrap();
        let header = |line: &str| {
            let (name, value) = line.split_once(": ").unwrap();
            (name.to_owned(), value.to_owned())
        };
        Self {
            method: method.to_owned(),
            path: path.to_owned(),
            headers: list("headers").map(header).collect(),
            body: Base64::decode_vec(&text("body")).unwrap(),
            answer: Answer {
                status: u16::try_from(value["status"].as_u64().unwrap()).unwrap(),
                headers: list("answered").map(str::to_owned).collect(),
                body: value["shape"].clone(),
            },
        }
    }

    /// Asks again; nothing where the client would find all that it found then.
    ///
    /// # Errors
    /// What it would miss.
    pub fn repeated(&self, url: &str) -> Result<(), String> {
        let headers: Vec<_> = self
            .headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        let reply = Caller::new(url, Ipv4Addr::LOCALHOST).ask(&self.method, &self.path, &headers, &self.body);
        let now = Answer::of(&reply);
        let asked = format!("{} {}", self.method, self.path);
        if now.status != self.answer.status {
            return Err(format!("{asked}: {} and not {}", now.status, self.answer.status));
        }
        if let Some(missing) = self.answer.headers.difference(&now.headers).next() {
            return Err(format!("{asked}: no header {missing}"));
        }
        holds(&now.body, &self.answer.body).map_err(|what| format!("{asked}: {what}"))
    }
}

impl Answer {
    fn of(reply: &Reply) -> Self {
        let headers = reply.headers.iter().map(|(name, _)| name.to_ascii_lowercase());
        let json = reply.header("content-type").is_some_and(|kind| kind.contains("json"));
        let body = if json {
            shape(&serde_json::from_slice(&reply.body).unwrap())
        } else {
            Value::String(hex(&Sha256::digest(&reply.body)))
        };
        Self {
            status: reply.status,
            headers: headers.filter(|name| !HOP.contains(&name.as_str())).collect(),
            body,
        }
    }
}

/// The names and types of it; of a list, of its first.
fn shape(value: &Value) -> Value {
    let kind = match value {
        Value::Object(fields) => {
            return Value::Object(
                fields
                    .iter()
                    .map(|(name, value)| (name.clone(), shape(value)))
                    .collect::<Map<_, _>>(),
            );
        }
        Value::Array(all) => return Value::Array(all.first().map(shape).into_iter().collect()),
        Value::Null => "nothing",
        Value::Bool(_) => "yes or no",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
    };
    Value::String(kind.to_owned())
}

/// Whether `now` has all that was there `then`; more is no harm to a client.
fn holds(now: &Value, then: &Value) -> Result<(), String> {
    match (now, then) {
        (Value::Object(now), Value::Object(then)) => then.iter().try_for_each(|(name, then)| {
            let now = now.get(name).ok_or_else(|| format!("no {name}"))?;
            holds(now, then).map_err(|what| format!("{name}: {what}"))
        }),
        (Value::Array(now), Value::Array(then)) => now.iter().zip(then).try_for_each(|(now, then)| holds(now, then)),
        _ if now == then => Ok(()),
        _ => Err(format!("{now} and not {then}")),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Stands before a server, and writes down what passes.
pub struct Recorder {
    url: String,
    passed: Arc<Mutex<Vec<Exchange>>>,
}

impl Recorder {
    /// Before the server at `to`.
    ///
    /// # Panics
    /// When there is no port to be had.
    #[must_use]
    pub fn before(to: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let passed = Arc::new(Mutex::new(Vec::new()));
        let (to, seen) = (to.to_owned(), Arc::clone(&passed));
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let (to, seen) = (to.clone(), Arc::clone(&seen));
                std::thread::spawn(move || pass(client.unwrap(), &to, &seen));
            }
        });
        Self { url, passed }
    }

    /// Where a client finds it.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// What passed since the last time, in the order of its answers.
    ///
    /// # Panics
    /// Never.
    #[must_use]
    pub fn take(&self) -> Vec<Exchange> {
        std::mem::take(&mut *self.passed.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// One request over each connection: the client makes another one for its next.
fn pass(mut client: TcpStream, to: &str, seen: &Mutex<Vec<Exchange>>) {
    let Some((first, all, body)) = request(&mut client) else {
        return;
    };
    let mut words = first.split(' ').map(str::to_owned);
    let (method, path) = (words.next().unwrap(), words.next().unwrap());
    let headers: Vec<_> = all
        .into_iter()
        .filter(|(name, _)| !HOP.contains(&name.to_ascii_lowercase().as_str()))
        .collect();
    let borrowed: Vec<_> = headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let reply = Caller::new(to, Ipv4Addr::LOCALHOST).ask(&method, &path, &borrowed, &body);
    let answer = Answer::of(&reply);
    seen.lock().unwrap_or_else(PoisonError::into_inner).push(Exchange {
        method,
        path,
        headers,
        body,
        answer,
    });
    // Whoever cut the connection did not want it.
    let _ = client
        .write_all(&reply.head)
        .and_then(|()| client.write_all(&reply.body));
}

type Request = (String, Vec<(String, String)>, Vec<u8>);

fn request(client: &mut TcpStream) -> Option<Request> {
    let mut bytes = Vec::new();
    let mut piece = [0; 16 * 1024];
    loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            let (first, headers) = split(&bytes[..end]);
            let length = headers
                .iter()
                .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
                .map_or(0, |(_, value)| value.parse().unwrap());
            assert!(
                !headers
                    .iter()
                    .any(|(name, _)| name.eq_ignore_ascii_case("transfer-encoding")),
                "a body of no known length"
            );
            if bytes.len() >= end + 4 + length {
                return Some((first, headers, bytes.split_off(end + 4)));
            }
        }
        match client.read(&mut piece) {
            Ok(read @ 1..) => bytes.extend_from_slice(&piece[..read]),
            _ => return None,
        }
    }
}
