//! A server that hands on what the real one says, changed.

use std::io::{BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;

/// What a client asked for.
pub(crate) struct Asked {
    pub(crate) path: String,
    head: String,
}

impl Asked {
    /// The value of a header; its name in lower case.
    pub(crate) fn header(&self, name: &str) -> &str {
        let lines = self.head.lines().filter_map(|line| line.split_once(':'));
        let mut named = lines.filter(|(one, _)| one.eq_ignore_ascii_case(name));
        named.next().map_or("", |(_, value)| value.trim())
    }
}

/// What the real server said.
pub(crate) struct Told {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// Goes on with spaces for ever.
    pub(crate) endless: bool,
    /// Sends its head and then nothing, until the client is gone.
    pub(crate) silent: bool,
}

impl Told {
    /// Takes a header away.
    pub(crate) fn drop_header(&mut self, name: &str) {
        self.headers.retain(|(one, _)| !one.eq_ignore_ascii_case(name));
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }
}

type Change = dyn Fn(&Asked, &mut Told) + Send + Sync;

/// Listens until the test ends; says where.
pub(crate) fn tampering(server: &str, change: impl Fn(&Asked, &mut Told) + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (server, change) = (server.trim_start_matches("http://").to_owned(), Arc::new(change));
    std::thread::spawn(move || {
        for client in listener.incoming() {
            let (client, server, change) = (client.unwrap(), server.clone(), Arc::clone(&change));
            // A client that hangs up early ends its thread alone.
            std::thread::spawn(move || answer(client, &server, change.as_ref()));
        }
    });
    url
}

fn answer(mut client: TcpStream, server: &str, change: &Change) -> std::io::Result<()> {
    let head = head_of(&mut BufReader::new(client.try_clone()?))?;
    let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
    let asked = Asked { path, head };
    let mut told = ask(server, &asked)?;
    change(&asked, &mut told);
    let mut out = format!("HTTP/1.1 {} Told\r\nconnection: close\r\n", told.status);
    for (name, value) in &told.headers {
        out.push_str(&format!("{name}: {value}\r\n"));
    }
    if !told.endless && !told.silent {
        out.push_str(&format!("content-length: {}\r\n", told.body.len()));
    }
    client.write_all(format!("{out}\r\n").as_bytes())?;
    if told.silent {
        client.read_to_end(&mut Vec::new())?;
        return Ok(());
    }
    client.write_all(&told.body)?;
    if !told.endless {
        return Ok(());
    }
    // Until the client hangs up.
    loop {
        client.write_all(&[b' '; 4096])?;
    }
}

fn head_of(from: &mut impl std::io::BufRead) -> std::io::Result<String> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if from.read_line(&mut head)? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
    }
    Ok(head)
}

fn ask(server: &str, asked: &Asked) -> std::io::Result<Told> {
    let mut real = TcpStream::connect(server)?;
    let coding = asked.header("accept-encoding");
    let path = &asked.path;
    write!(
        real,
        "GET {path} HTTP/1.1\r\nhost: {server}\r\naccept-encoding: {coding}\r\nconnection: close\r\n\r\n"
    )?;
    let mut real = BufReader::new(real);
    let head = head_of(&mut real)?;
    let mut body = Vec::new();
    real.read_to_end(&mut body)?;
    let lines = head.lines().skip(1).filter_map(|line| line.split_once(": "));
    let kept =
        lines.filter(|(name, _)| !["connection", "content-length"].contains(&name.to_ascii_lowercase().as_str()));
    Ok(Told {
        status: head
            .split(' ')
            .nth(1)
            .and_then(|status| status.parse().ok())
            .unwrap_or(0),
        headers: kept.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
        body,
        endless: false,
        silent: false,
    })
}
