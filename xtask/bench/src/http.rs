//! The least HTTP client that keeps its connection: what it costs must not hide what the server costs.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use crate::Trouble;

/// One kept connection.
pub(crate) struct Connection {
    stream: BufReader<TcpStream>,
    host: String,
    /// The server said that it closes: the next request has to open it again, as any client's would.
    closed: bool,
}

impl Connection {
    /// Opens it to `HOST:PORT`.
    pub(crate) fn open(host: &str) -> Result<Self, Trouble> {
        Ok(Self {
            stream: stream_to(host)?,
            host: host.to_owned(),
            closed: false,
        })
    }

    /// Sends one request and reads its answer whole; status and length of the body.
    pub(crate) fn ask(
        &mut self,
        method: &str,
        path: &str,
        headers: &str,
        body: &[u8],
    ) -> Result<(u16, usize), Trouble> {
        if self.closed {
            self.stream = stream_to(&self.host)?;
            self.closed = false;
        }
        let len = body.len();
        let host = &self.host;
        let head = format!("{method} {path} HTTP/1.1\r\nhost: {host}\r\ncontent-length: {len}\r\n{headers}\r\n");
        // Head and body in one write: a second one would wait for nobody, but cost a system call.
        let mut request = head.into_bytes();
        request.extend_from_slice(body);
        self.stream.get_mut().write_all(&request)?;
        self.answer()
    }

    fn answer(&mut self) -> Result<(u16, usize), Trouble> {
        let mut line = String::new();
        self.stream.read_line(&mut line)?;
        let status = line
            .split(' ')
            .nth(1)
            .and_then(|word| word.parse().ok())
            .ok_or("no status line")?;
        let mut len = 0;
        let mut chunked = false;
        loop {
            line.clear();
            self.stream.read_line(&mut line)?;
            let header = line.trim_end().to_ascii_lowercase();
            if header.is_empty() {
                break;
            }
            if let Some(value) = header.strip_prefix("content-length:") {
                len = value.trim().parse()?;
            }
            self.closed |= header == "connection: close";
            chunked |= header.starts_with("transfer-encoding:") && header.contains("chunked");
        }
        let read = if chunked { self.chunks()? } else { self.skip(len)? };
        Ok((status, read))
    }

    fn skip(&mut self, len: usize) -> Result<usize, Trouble> {
        let copied = std::io::copy(&mut (&mut self.stream).take(u64::try_from(len)?), &mut std::io::sink())?;
        if copied == u64::try_from(len)? {
            Ok(len)
        } else {
            Err("the answer was cut".into())
        }
    }

    fn chunks(&mut self) -> Result<usize, Trouble> {
        let mut read = 0;
        loop {
            let mut line = String::new();
            self.stream.read_line(&mut line)?;
            let len = usize::from_str_radix(line.trim(), 16)?;
            self.skip(len + 2)?;
            read += len;
            if len == 0 {
                return Ok(read);
            }
        }
    }
}

fn stream_to(host: &str) -> Result<BufReader<TcpStream>, Trouble> {
    let stream = TcpStream::connect(host)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    Ok(BufReader::with_capacity(64 << 10, stream))
}
