//! A server in a folder of its own on a free port, a client that sends exactly what it is told, and pastes of random tokens.
//!
//! Every answer of the API is held against the served OpenAPI document [B-60].

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use base64ct::{Base64, Base64UrlUnpadded, Encoding as _};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

pub(crate) const BINARY: &str = env!("CARGO_BIN_EXE_satchel-server");
pub(crate) const OCTETS: (&str, &str) = ("content-type", "application/offset+octet-stream");
pub(crate) const TUS: (&str, &str) = ("tus-resumable", "1.0.0");

/// A running server: a process, killed when dropped, or one that answers from this process.
pub(crate) struct Server {
    child: Option<Child>,
    /// Ends what answers from this process.
    stop: Option<Box<dyn FnOnce() + Send + Sync>>,
    pub(crate) address: SocketAddr,
    pub(crate) data: TempDir,
}

impl Server {
    pub(crate) fn start() -> Self {
        Self::start_with(&[])
    }

    /// As this crate of tests has it.
    pub(crate) fn start_with(options: &[&str]) -> Self {
        crate::start_with(options)
    }

    /// One that answers from this process.
    #[allow(dead_code, reason = "for ../http_memory")]
    pub(crate) fn here(address: SocketAddr, stop: Box<dyn FnOnce() + Send + Sync>) -> Self {
        Self {
            child: None,
            stop: Some(stop),
            address,
            data: TempDir::new().unwrap(),
        }
    }

    pub(crate) fn start_in(data: TempDir, options: &[&str]) -> Self {
        let mut command = command();
        command
            .args(["serve", "--listen", "127.0.0.1:0", "--data"])
            .arg(data.path())
            .args(options)
            .stderr(Stdio::piped());
        Self::spawn(command, data)
    }

    /// A command that starts a server on `data`, in whatever way.
    pub(crate) fn spawn(mut command: Command, data: TempDir) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let address = line
            .trim()
            .rsplit_once("://")
            .expect("a line that says ready")
            .1
            .parse()
            .unwrap();
        Self {
            child: Some(child),
            stop: None,
            address,
            data,
        }
    }

    /// Files of large contents; one that answers from this process keeps none.
    pub(crate) fn content_files(&self) -> usize {
        let folder = self.data.path().join("content");
        self.child
            .as_ref()
            .map_or(0, |_| std::fs::read_dir(folder).unwrap().count())
    }

    fn child(&self) -> &Child {
        self.child.as_ref().expect("a server that is a process")
    }

    pub(crate) fn id(&self) -> u32 {
        self.child().id()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(self.child()), signal).unwrap();
    }

    /// A line of /proc/PID/status in KiB: `VmRSS` is its memory now, `VmHWM` the most that it ever was.
    pub(crate) fn memory_kib(&self, line: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child().id())).unwrap();
        let found = status
            .lines()
            .find_map(|text| text.strip_prefix(line))
            .expect("the line");
        found.trim_matches(|c: char| !c.is_ascii_digit()).parse().unwrap()
    }

    /// Everything that it said on standard error, once it ended.
    pub(crate) fn said(&mut self) -> String {
        let mut text = String::new();
        self.child
            .as_mut()
            .unwrap()
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut text)
            .unwrap();
        text
    }

    /// Waits for the end of the process.
    pub(crate) fn ended(mut self) -> (ExitStatus, TempDir) {
        let status = self.child.as_mut().unwrap().wait().unwrap();
        let data = std::mem::replace(&mut self.data, TempDir::new().unwrap());
        (status, data)
    }

    pub(crate) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        stream
    }

    /// One request on a connection of its own.
    pub(crate) fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let answer = self.raw(&message(method, path, headers, body));
        self.check_documented(method, path, answer.status);
        answer
    }

    pub(crate) fn raw(&self, bytes: &[u8]) -> Answer {
        let mut stream = self.connect();
        // A server that refuses early may close before all was sent; its answer is there to be read all the same.
        let _ = stream.write_all(bytes);
        Answer::read(&mut stream)
    }

    fn check_documented(&self, method: &str, path: &str, status: u16) {
        static DOCUMENT: OnceLock<Value> = OnceLock::new();
        if !path.starts_with("/api/") && path != "/healthz" {
            return;
        }
        let document = DOCUMENT.get_or_init(|| self.raw(&message("GET", "/api/v1/openapi.json", &[], &[])).json());
        let mut parts: Vec<&str> = path.split('/').collect();
        let of_an_id = matches!(parts.get(3), Some(&"pastes" | &"documents"));
        if of_an_id && parts.get(4).is_some_and(|id| !id.is_empty()) {
            parts[4] = "{id}";
        }
        if parts.get(5) == Some(&"links") && parts.len() > 6 {
            parts[6] = "{number}";
        }
        let Some(operations) = document["paths"].get(parts.join("/")) else {
            assert_eq!(status, 404, "{method} {path} is not documented");
            return;
        };
        // HEAD is GET without a body; a method that is not listed is refused.
        let operation = operations
            .get(method.to_lowercase())
            .or_else(|| operations.get("get").filter(|_| method == "HEAD"));
        match operation {
            Some(operation) => {
                assert!(
                    operation["responses"].get(status.to_string()).is_some(),
                    "{method} {path} answered {status}"
                );
            }
            None => assert!(
                status == 405 || (method == "OPTIONS" && status == 204),
                "{method} {path} answered {status}"
            ),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
        if let Some(stop) = self.stop.take() {
            stop();
        }
    }
}

/// The binary with no option from the environment.
pub(crate) fn command() -> Command {
    let mut command = Command::new(BINARY);
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("SATCHEL_")) {
        command.env_remove(name);
    }
    command
}

pub(crate) fn message(method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let mut head = format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n");
    for (name, value) in headers {
        write!(head, "{name}: {value}\r\n").unwrap();
    }
    if !body.is_empty() && !headers.iter().any(|(name, _)| *name == "content-length") {
        write!(head, "content-length: {}\r\n", body.len()).unwrap();
    }
    [head.as_bytes(), b"\r\n", body].concat()
}

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn read(stream: &mut TcpStream) -> Self {
        let mut bytes = Vec::new();
        let ended = stream.read_to_end(&mut bytes).map_err(|error| error.kind());
        // A reset after the answer is the connection's end too.
        assert!(
            matches!(ended, Ok(_) | Err(ErrorKind::ConnectionReset)),
            "{ended:?} after {} bytes",
            bytes.len()
        );
        Self::parse(&bytes)
    }

    pub(crate) fn parse(bytes: &[u8]) -> Self {
        let end = bytes
            .windows(4)
            .position(|four| four == b"\r\n\r\n")
            .expect("an answer with a head");
        let head = std::str::from_utf8(&bytes[..end]).unwrap();
        let mut lines = head.split("\r\n");
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let headers = lines
            .map(|line| line.split_once(": ").unwrap())
            .map(|(n, v)| (n.to_lowercase(), v.to_owned()));
        Self {
            status,
            headers: headers.collect(),
            body: bytes[end + 4..].to_vec(),
        }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(found, _)| found == name)
            .map(|(_, value)| value.as_str())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("a JSON body")
    }

    /// The problem's code, once it is known to be a well-formed problem document of this status.
    pub(crate) fn code(&self) -> String {
        let problem = self.json();
        assert_eq!(self.header("content-type"), Some("application/problem+json"));
        assert_eq!(problem["status"], self.status);
        let code = problem["code"].as_str().unwrap().to_owned();
        assert_eq!(problem["type"], format!("urn:satchel:problem:{code}"));
        assert!(problem["title"].is_string());
        assert_eq!(
            self.header("retry-after").map(str::to_owned),
            problem.get("retry_after").map(Value::to_string)
        );
        code
    }

    /// Everything but the date. The order of headers is that of a hash map with a random seed, so it tells nothing.
    pub(crate) fn without_date(mut self) -> Self {
        self.headers.retain(|(name, _)| name != "date");
        self.headers.sort();
        self
    }
}

pub(crate) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).unwrap();
    bytes
}

pub(crate) fn token() -> String {
    Base64UrlUnpadded::encode_string(&random::<32>())
}

pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// A paste as its creator knows it.
pub(crate) struct Paste {
    pub(crate) id: String,
    pub(crate) probe: String,
    pub(crate) claim: String,
    pub(crate) receipt: String,
    pub(crate) content: Vec<u8>,
    pub(crate) policy: Vec<(&'static str, String)>,
}

impl Paste {
    pub(crate) fn new(len: usize, reads: u32) -> Self {
        let mut content = vec![0; len];
        getrandom::fill(&mut content).unwrap();
        Self {
            id: Base64UrlUnpadded::encode_string(&random::<16>()),
            probe: token(),
            claim: token(),
            receipt: token(),
            content,
            policy: vec![("expires_in", "3600".to_owned()), ("reads", reads.to_string())],
        }
    }

    /// Created whole on `server`.
    pub(crate) fn on(server: &Server, len: usize, reads: u32) -> Self {
        let paste = Self::new(len, reads);
        assert_eq!(paste.create(server, &paste.content).status, 201);
        paste
    }

    pub(crate) fn metadata(&self) -> String {
        let hash =
            |token: &str| Base64UrlUnpadded::encode_string(&sha256(&Base64UrlUnpadded::decode_vec(token).unwrap()));
        let mut pairs = vec![
            ("id", self.id.clone()),
            ("probe", hash(&self.probe)),
            ("claim", hash(&self.claim)),
            ("receipt", hash(&self.receipt)),
        ];
        pairs.extend(self.policy.iter().cloned());
        let pairs: Vec<String> = pairs
            .iter()
            .map(|(key, value)| format!("{key} {}", Base64::encode_string(value.as_bytes())))
            .collect();
        pairs.join(",")
    }

    pub(crate) fn create(&self, server: &Server, body: &[u8]) -> Answer {
        self.create_with(server, body, &[])
    }

    pub(crate) fn create_with(&self, server: &Server, body: &[u8], more: &[(&str, &str)]) -> Answer {
        let (len, metadata) = (self.content.len().to_string(), self.metadata());
        let mut headers = vec![TUS, ("upload-length", &len), ("upload-metadata", &metadata)];
        if !body.is_empty() {
            headers.push(OCTETS);
        }
        headers.extend(more);
        server.ask("POST", "/api/v1/pastes", &headers, body)
    }

    pub(crate) fn path(&self, rest: &str) -> String {
        format!("/api/v1/pastes/{}{rest}", self.id)
    }

    pub(crate) fn patch(&self, server: &Server, offset: usize, body: &[u8], more: &[(&str, &str)]) -> Answer {
        let (offset, bearer) = (offset.to_string(), bearer(&self.receipt));
        let mut headers = vec![TUS, OCTETS, ("upload-offset", &offset), ("authorization", &bearer)];
        headers.extend(more);
        server.ask("PATCH", &self.path(""), &headers, body)
    }

    pub(crate) fn head(&self, server: &Server) -> Answer {
        server.ask(
            "HEAD",
            &self.path(""),
            &[TUS, ("authorization", &bearer(&self.receipt))],
            &[],
        )
    }

    pub(crate) fn offset(&self, server: &Server) -> usize {
        self.head(server)
            .header("upload-offset")
            .expect("an offset")
            .parse()
            .unwrap()
    }

    pub(crate) fn probe(&self, server: &Server) -> Answer {
        server.ask(
            "POST",
            &self.path("/probe"),
            &[("authorization", &bearer(&self.probe))],
            &[],
        )
    }

    pub(crate) fn claim(&self, server: &Server, lease: &str) -> Answer {
        self.claim_as(server, &self.claim, lease)
    }

    pub(crate) fn claim_as(&self, server: &Server, claim: &str, lease: &str) -> Answer {
        let headers = [
            ("authorization", &*bearer(claim)),
            ("satchel-probe", &*self.probe),
            ("satchel-lease", lease),
        ];
        server.ask("POST", &self.path("/claim"), &headers, &[])
    }

    pub(crate) fn content(&self, server: &Server, lease: &str, range: Option<&str>) -> Answer {
        let bearer = bearer(lease);
        let mut headers = vec![("authorization", &*bearer)];
        headers.extend(range.map(|range| ("range", range)));
        server.ask("GET", &self.path("/content"), &headers, &[])
    }

    pub(crate) fn confirm(&self, server: &Server, lease: &str) -> Answer {
        server.ask(
            "POST",
            &self.path("/confirm"),
            &[("authorization", &bearer(lease))],
            &[],
        )
    }

    pub(crate) fn receipt(&self, server: &Server) -> Value {
        server
            .ask(
                "GET",
                &self.path("/receipt"),
                &[("authorization", &bearer(&self.receipt))],
                &[],
            )
            .json()
    }

    pub(crate) fn burn(&self, server: &Server) -> Answer {
        server.ask(
            "DELETE",
            &self.path(""),
            &[("authorization", &bearer(&self.receipt))],
            &[],
        )
    }
}

pub(crate) fn bearer(token: &str) -> String {
    format!("Bearer {token}")
}
