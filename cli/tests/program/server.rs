//! The real server, and a proxy before it that cuts or holds connections.

use std::collections::VecDeque;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};

/// A server on a free port of this machine, with a folder of its own.
pub(crate) struct Server {
    child: Child,
    url: String,
    data: tempfile::TempDir,
}

impl Server {
    pub(crate) fn start() -> Self {
        Self::start_with(&[])
    }

    pub(crate) fn start_with(options: &[&str]) -> Self {
        let path = binary();
        let data = tempfile::tempdir().unwrap();
        let mut child = Command::new(path)
            .args([
                "serve",
                "--listen",
                "127.0.0.1:0",
                "--uploads-per-minute",
                "0",
                "--data",
            ])
            .arg(data.path())
            .args(options)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let url = line.split_whitespace().find(|word| word.starts_with("http://"));
        let url = url.unwrap_or_else(|| panic!("the server did not start: {line}"));
        Self {
            url: url.trim_end_matches(['/', '.', ',']).to_owned(),
            child,
            data,
        }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Whether these bytes are anywhere in its folder.
    #[allow(dead_code, reason = "each test file uses its part")]
    pub(crate) fn keeps(&self, bytes: &[u8]) -> bool {
        let mut folders = vec![self.data.path().to_path_buf()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if std::fs::read(path).is_ok_and(|file| file.windows(bytes.len()).any(|window| window == bytes))
                {
                    return true;
                }
            }
        }
        false
    }

    /// A new invite's link, by the operator's command.
    #[allow(dead_code, reason = "each test file uses its part")]
    pub(crate) fn invite(&self, uses: &str) -> String {
        let output = Command::new(binary())
            .args(["invite", "create", "--uses", uses, "--base-url", &self.url, "--data"])
            .arg(self.data.path())
            .output()
            .unwrap();
        assert!(output.status.success());
        String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
    }
}

fn binary() -> std::path::PathBuf {
    let test = std::env::current_exe().unwrap();
    let path = test.ancestors().nth(2).unwrap().join("satchel-server");
    assert!(
        path.exists(),
        "satchel-server is not built: run `cargo build -p satchel-server` first"
    );
    path
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What happens to one connection.
#[derive(Clone, Copy)]
pub(crate) enum Fate {
    /// Cut after so many bytes from the client.
    CutUp(usize),
    /// Cut after so many bytes to the client.
    CutDown(usize),
    /// After so many bytes to the client, nothing more comes.
    Hold(usize),
}

/// Passes connections on; each takes the next fate, and when there is none it lives.
pub(crate) struct Proxy {
    url: String,
    fates: Arc<Mutex<VecDeque<Fate>>>,
    struck: Receiver<()>,
}

impl Proxy {
    pub(crate) fn before(server: &Server) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let to = server.url().trim_start_matches("http://").to_owned();
        let fates = Arc::new(Mutex::new(VecDeque::new()));
        let (strike, struck) = channel();
        let next = Arc::clone(&fates);
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let fate = next.lock().unwrap().pop_front();
                pass(client.unwrap(), &to, fate, &strike);
            }
        });
        Self { url, fates, struck }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn doom(&self, fates: &[Fate]) {
        self.fates.lock().unwrap().extend(fates);
    }

    /// Waits until a fate has struck.
    pub(crate) fn wait(&self) {
        self.struck.recv().unwrap();
    }

    pub(crate) fn left(&self) -> usize {
        self.fates.lock().unwrap().len()
    }
}

fn pass(client: TcpStream, to: &str, fate: Option<Fate>, strike: &Sender<()>) {
    // A server that has ended is for the client to notice.
    let Ok(server) = TcpStream::connect(to) else { return };
    let (up, down) = match fate {
        Some(Fate::CutUp(len)) => (Some((len, false)), None),
        Some(Fate::CutDown(len)) => (None, Some((len, false))),
        Some(Fate::Hold(len)) => (None, Some((len, true))),
        None => (None, None),
    };
    for (from, to, end) in [
        (client.try_clone().unwrap(), server.try_clone().unwrap(), up),
        (server, client, down),
    ] {
        let strike = strike.clone();
        std::thread::spawn(move || copy(from, to, end, &strike));
    }
}

fn copy(mut from: TcpStream, mut to: TcpStream, end: Option<(usize, bool)>, strike: &Sender<()>) {
    let mut left = end.map_or(usize::MAX, |(len, _)| len);
    let mut bytes = vec![0; 16 * 1024];
    while let Ok(len @ 1..) = from.read(&mut bytes) {
        let passed = len.min(left);
        if to.write_all(&bytes[..passed]).is_err() {
            break;
        }
        left -= passed;
        if left == 0 {
            let _ = strike.send(());
            if end.is_some_and(|(_, hold)| hold) {
                // Until the client is gone.
                let _ = to.read(&mut bytes);
            }
            break;
        }
    }
    let _ = from.shutdown(Shutdown::Both);
    let _ = to.shutdown(Shutdown::Both);
}
