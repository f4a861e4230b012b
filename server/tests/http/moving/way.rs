//! The way between two servers, by the commands as they are typed; and what happens on it: a proxy that counts bytes, and at one of them does something.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Output, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::harness::command;

/// `satchel-server receive`, running; killed when dropped.
pub(super) struct Receiving {
    pub(super) child: Child,
    pub(super) address: SocketAddr,
    said: Option<std::thread::JoinHandle<String>>,
}

impl Drop for Receiving {
    fn drop(&mut self) {
        self.kill();
    }
}

impl Receiving {
    pub(super) fn start(data: &Path, key: &Path) -> Self {
        let mut child = command()
            .args(["receive", "--listen", "127.0.0.1:0", "--json", "--key-file"])
            .arg(key)
            .arg("--data")
            .arg(data)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        lines.read_line(&mut line).unwrap();
        let address = line
            .trim()
            .strip_prefix("satchel-server: ready to receive at ")
            .expect("a line that says ready")
            .parse()
            .unwrap();
        let said = std::thread::spawn(move || {
            let mut text = String::new();
            let _ = lines.read_to_string(&mut text);
            text
        });
        Self {
            child,
            address,
            said: Some(said),
        }
    }

    pub(super) fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Its exit code, standard output and standard error, once it ended by itself.
    pub(super) fn ended(mut self) -> (Option<i32>, String, String) {
        let code = self.child.wait().unwrap().code();
        let mut out = String::new();
        self.child.stdout.take().unwrap().read_to_string(&mut out).unwrap();
        (code, out, self.said.take().unwrap().join().unwrap())
    }
}

/// `satchel-server move`, that does not try again.
pub(super) fn hand_over(data: &Path, to: SocketAddr, key: &Path) -> Child {
    command()
        .args([
            "move",
            "--json",
            "--patience",
            "0",
            "--to",
            &to.to_string(),
            "--key-file",
        ])
        .arg(key)
        .arg("--data")
        .arg(data)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

pub(super) fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Any command on a data folder.
pub(super) fn attempt(data: &Path, arguments: &[&str]) -> Output {
    command().args(arguments).arg("--data").arg(data).output().unwrap()
}

/// What a start says where it refuses.
pub(super) fn refuses_to_serve(data: &Path) -> String {
    let output = attempt(data, &["serve", "--listen", "127.0.0.1:0"]);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    said(&output)
}

pub(super) fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let until = Instant::now() + Duration::from_secs(60);
    while !is_so() {
        assert!(Instant::now() < until, "{what}");
        std::thread::yield_now();
    }
}

/// A copy of a stopped server's folder.
pub(super) fn copied(data: &Path) -> TempDir {
    let copy = TempDir::new().unwrap();
    copy_into(data, copy.path());
    copy
}

fn copy_into(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            fs::create_dir(&target).unwrap();
            copy_into(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

type Happening = Box<dyn FnMut() + Send>;

/// Passes bytes on, and at one of them does something; once.
pub(super) struct Proxy {
    pub(super) address: SocketAddr,
    pub(super) target: Arc<Mutex<SocketAddr>>,
    passed: Arc<AtomicU64>,
}

impl Proxy {
    /// At byte `at`, both ways together: cuts the connections, and does `happening`.
    pub(super) fn start(target: SocketAddr, at: u64, happening: Happening) -> Self {
        Self::of(target, at, happening, true)
    }

    /// The same, and cuts nothing.
    pub(super) fn watching(target: SocketAddr, at: u64, happening: Happening) -> Self {
        Self::of(target, at, happening, false)
    }

    fn of(target: SocketAddr, at: u64, happening: Happening, cuts: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let target = Arc::new(Mutex::new(target));
        let passed = Arc::new(AtomicU64::new(0));
        let happening = Arc::new(Mutex::new(Some(happening)));
        let (to, count) = (Arc::clone(&target), Arc::clone(&passed));
        std::thread::spawn(move || {
            for near in listener.incoming() {
                let Ok(near) = near else { return };
                let Ok(far) = TcpStream::connect(*to.lock().unwrap()) else {
                    continue;
                };
                for (from, into) in [(&near, &far), (&far, &near)] {
                    let way = Way {
                        from: from.try_clone().unwrap(),
                        into: into.try_clone().unwrap(),
                        at,
                        cuts,
                        passed: Arc::clone(&count),
                        happening: Arc::clone(&happening),
                    };
                    std::thread::spawn(move || way.pass());
                }
            }
        });
        Self {
            address,
            target,
            passed,
        }
    }

    pub(super) fn passed(&self) -> u64 {
        self.passed.load(Ordering::SeqCst)
    }
}

struct Way {
    from: TcpStream,
    into: TcpStream,
    at: u64,
    cuts: bool,
    passed: Arc<AtomicU64>,
    happening: Arc<Mutex<Option<Happening>>>,
}

impl Way {
    fn pass(mut self) {
        let mut bytes = vec![0; 16 * 1024];
        loop {
            let len = match self.from.read(&mut bytes) {
                Ok(len) if len > 0 => len,
                _ => break,
            };
            let so_far = self.passed.fetch_add(len as u64, Ordering::SeqCst);
            let mut begun = 0;
            if so_far + len as u64 >= self.at && self.at > 0 {
                let happening = self.happening.lock().unwrap().take();
                if let Some(mut happening) = happening {
                    // As many as pass before it.
                    let before = usize::try_from(self.at.saturating_sub(so_far)).unwrap().min(len);
                    let _ = self.into.write_all(&bytes[..before]);
                    happening();
                    if self.cuts {
                        break;
                    }
                    begun = before;
                }
            }
            if self.into.write_all(&bytes[begun..len]).is_err() {
                break;
            }
        }
        let _ = self.from.shutdown(Shutdown::Both);
        let _ = self.into.shutdown(Shutdown::Both);
    }
}
