//! One connection that is kept: requests one after another, each answer read by its length and no further.

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use super::harness::{Answer, Server};

/// A connection to a server; made anew when the server closed it.
pub(crate) struct Connection {
    stream: BufReader<TcpStream>,
    address: SocketAddr,
    /// Connections that it took so far.
    pub(crate) made: usize,
}

impl Connection {
    pub(crate) fn to(server: &Server) -> Self {
        Self::to_address(server.address)
    }

    pub(crate) fn to_address(address: SocketAddr) -> Self {
        Self {
            stream: connect(address),
            address,
            made: 1,
        }
    }

    pub(crate) fn ask(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        self.send(&request(method, path, headers, body));
        let answer = self.read(method == "HEAD").expect("an answer");
        if answer.header("connection") == Some("close") {
            self.stream = connect(self.address);
            self.made += 1;
        }
        answer
    }

    pub(crate) fn send(&mut self, bytes: &[u8]) {
        // A server that refuses early may close before all was sent; its answer is there to be read all the same.
        let _ = self.stream.get_mut().write_all(bytes);
    }

    /// The next answer; `None` at the end of the connection. That to a `HEAD` has no body, whatever its length says.
    pub(crate) fn read(&mut self, to_head: bool) -> Option<Answer> {
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            // A reset is the connection's end too.
            if self.stream.read_line(&mut line).unwrap_or(0) == 0 {
                return None;
            }
            let line = line.trim_end_matches("\r\n").to_owned();
            if line.is_empty() {
                break;
            }
            lines.push(line);
        }
        let status = lines.first()?.split(' ').nth(1)?.parse().ok()?;
        let headers = lines[1..]
            .iter()
            .map(|line| line.split_once(": ").unwrap())
            .map(|(name, value)| (name.to_lowercase(), value.to_owned()));
        let mut answer = Answer {
            status,
            headers: headers.collect(),
            body: Vec::new(),
        };
        let len = answer
            .header("content-length")
            .and_then(|len| len.parse::<usize>().ok());
        if !to_head && status != 204 {
            answer.body = vec![0; len.unwrap_or(0)];
            self.stream.read_exact(&mut answer.body).ok()?;
        }
        Some(answer)
    }
}

fn connect(address: SocketAddr) -> BufReader<TcpStream> {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    stream.set_nodelay(true).unwrap();
    BufReader::new(stream)
}

/// A request that leaves the connection open.
pub(crate) fn request(method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let mut head = format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\n");
    for (name, value) in headers {
        write!(head, "{name}: {value}\r\n").unwrap();
    }
    if !body.is_empty() && !headers.iter().any(|(name, _)| *name == "content-length") {
        write!(head, "content-length: {}\r\n", body.len()).unwrap();
    }
    [head.as_bytes(), b"\r\n", body].concat()
}
