//! Requests as bytes, from an address of one's choice and with any header.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, TcpStream};
use std::time::Duration;

use rustix::net::{AddressFamily, SocketType, bind, connect, socket};

const PATIENCE: Duration = Duration::from_secs(60);

/// Where requests come from, and where they go.
pub struct Caller {
    from: Ipv4Addr,
    to: SocketAddr,
}

/// An answer.
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// The head as it came, with the empty line.
    pub head: Vec<u8>,
    /// Its headers.
    pub headers: Vec<(String, String)>,
    /// What follows the head.
    pub body: Vec<u8>,
}

impl Caller {
    /// Of the server at `url`, from a loopback address.
    ///
    /// # Panics
    /// When `url` has no address and port.
    #[must_use]
    pub fn new(url: &str, from: Ipv4Addr) -> Self {
        let to = url.strip_prefix("http://").unwrap().parse().unwrap();
        Self { from, to }
    }

    /// A new connection.
    ///
    /// # Panics
    /// When there is none to be had.
    #[must_use]
    pub fn connected(&self) -> TcpStream {
        let socket = socket(AddressFamily::INET, SocketType::STREAM, None).unwrap();
        bind(&socket, &SocketAddrV4::new(self.from, 0)).unwrap();
        connect(&socket, &self.to).unwrap();
        let stream = TcpStream::from(socket);
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    /// One request over a connection of its own.
    ///
    /// # Panics
    /// When no answer comes.
    #[must_use]
    pub fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Reply {
        let mut head = format!(
            "{method} {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: {}\r\n",
            body.len()
        );
        for (name, value) in headers {
            head += &format!("{name}: {value}\r\n");
        }
        let mut stream = self.connected();
        stream.write_all(format!("{head}\r\n").as_bytes()).unwrap();
        stream.write_all(body).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let end = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
        let body = answer.split_off(end + 4);
        let (first, headers) = split(&answer[..end]);
        Reply {
            status: first[9..12].parse().unwrap(),
            head: answer,
            headers,
            body,
        }
    }
}

impl Reply {
    /// The value of a header.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self
            .headers
            .iter()
            .find(|(found, _)| found.eq_ignore_ascii_case(name))?;
        Some(&found.1)
    }
}

/// The first line of a head, and its headers.
///
/// # Panics
/// When it is no head.
#[must_use]
pub fn split(head: &[u8]) -> (String, Vec<(String, String)>) {
    let text = std::str::from_utf8(head).unwrap();
    let mut lines = text.split("\r\n");
    let first = lines.next().unwrap().to_owned();
    let header = |line: &str| {
        let (name, value) = line.split_once(':').unwrap();
        (name.to_owned(), value.trim().to_owned())
    };
    (first, lines.map(header).collect())
}
