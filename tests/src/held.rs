//! Requests over plain sockets whose last byte is held back: a crowd is ready, and reaches the server at one moment.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use satchel_api::{header, route};

use crate::wire::{Keys, bearer, text};

/// One connection that stays open.
pub struct Line {
    stream: BufReader<TcpStream>,
    host: String,
    /// The byte that is held back.
    last: Option<u8>,
}

/// An answer, read whole.
pub struct Heard {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub body: Vec<u8>,
}

impl Line {
    /// Connects to `http://HOST:PORT`.
    ///
    /// # Panics
    /// When nobody listens there.
    #[must_use]
    pub fn connect(url: &str) -> Self {
        let host = url.trim_start_matches("http://").to_owned();
        let stream = TcpStream::connect(&host).unwrap();
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        Self {
            stream: BufReader::new(stream),
            host,
            last: None,
        }
    }

    /// Sends a claim, all but its last byte.
    ///
    /// # Panics
    /// When the connection is gone.
    pub fn hold_back_claim(&mut self, keys: &Keys, lease: &[u8; 32]) {
        let request = format!(
            "POST {} HTTP/1.1\r\nhost: {}\r\nauthorization: {}\r\n{}: {}\r\n{}: {}\r\ncontent-length: 0\r\n\r\n",
            route::of(route::CLAIM, &text(&keys.id)),
            self.host,
            bearer(&keys.claim),
            header::PROBE,
            text(&keys.probe),
            header::LEASE,
            text(lease),
        );
        let (last, most) = request.as_bytes().split_last().unwrap();
        self.stream.get_mut().write_all(most).unwrap();
        self.last = Some(*last);
    }

    /// Lets the last byte go.
    ///
    /// # Panics
    /// When none is held back, or the connection is gone.
    pub fn let_go(&mut self) {
        let last = self.last.take().unwrap();
        self.stream.get_mut().write_all(&[last]).unwrap();
    }

    /// Waits for the answer and reads all of it.
    ///
    /// # Panics
    /// When none comes, or none of a known length.
    pub fn hear(&mut self) -> Heard {
        let mut line = String::new();
        self.stream.read_line(&mut line).unwrap();
        let status = line.split(' ').nth(1).unwrap().parse().unwrap();
        let mut len = None;
        loop {
            line.clear();
            assert!(self.stream.read_line(&mut line).unwrap() > 0, "a head that is cut off");
            match line.trim_end().split_once(':') {
                None => break,
                Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                    len = Some(value.trim().parse::<usize>().unwrap());
                }
                Some(_) => {}
            }
        }
        let mut body = vec![0; len.unwrap()];
        self.stream.read_exact(&mut body).unwrap();
        Heard { status, body }
    }
}
