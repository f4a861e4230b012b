//! The test plays systemd's part: it hands over sockets, and listens to what the server tells.

use std::io::Write as _;
use std::net::{TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixDatagram;
use std::process::{Command, Stdio};
use std::time::Duration;

use rustix::process::Signal;
use tempfile::TempDir;

use super::harness::{Answer, BINARY, Paste, Server, message};

/// What systemd would listen on.
struct Manager {
    notes: UnixDatagram,
    folder: TempDir,
}

impl Manager {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let notes = UnixDatagram::bind(folder.path().join("notify")).unwrap();
        notes.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        Self { notes, folder }
    }

    fn next(&self) -> String {
        let mut bytes = [0; 4096];
        let len = self.notes.recv(&mut bytes).expect("a note within 30 s");
        String::from_utf8(bytes[..len].to_vec()).unwrap()
    }

    /// The next note that is no sign of life.
    fn next_but_life(&self) -> String {
        loop {
            let note = self.next();
            if note.trim() != "WATCHDOG=1" {
                return note;
            }
        }
    }

    /// A server whose standard input becomes descriptor 3 and whose standard error descriptor 4, as systemd would pass them.
    fn start(&self, listener: TcpListener, metrics: TcpListener, config: &str) -> Server {
        let data = TempDir::new().unwrap();
        let file = self.folder.path().join("satchel.toml");
        std::fs::write(&file, config).unwrap();
        let mut command = Command::new("sh");
        command
            .arg("-c")
            .arg("exec 3<&0 4<&2 0</dev/null 2>/dev/null; export LISTEN_FDS=2 LISTEN_PID=$$ WATCHDOG_PID=$$; exec \"$@\"")
            .args(["sh", BINARY, "serve", "--listen", "127.0.0.1:1", "--data"])
            .arg(data.path())
            .arg("--config")
            .arg(&file)
            .env("NOTIFY_SOCKET", self.folder.path().join("notify"))
            .env("WATCHDOG_USEC", "200000")
            .stdin(Stdio::from(OwnedFd::from(listener)))
            .stderr(Stdio::from(OwnedFd::from(metrics)));
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("SATCHEL_")) {
            command.env_remove(name);
        }
        Server::spawn(command, data)
    }
}

/// [B-123]
#[test]
fn sockets_are_taken_over_and_systemd_is_told_what_it_waits_for() {
    let manager = Manager::new();
    let (people, metrics) = (
        TcpListener::bind("127.0.0.1:0").unwrap(),
        TcpListener::bind("127.0.0.1:0").unwrap(),
    );
    let (address, metrics_at) = (people.local_addr().unwrap(), metrics.local_addr().unwrap());
    // Who came before the server was there waits in the socket, and is answered.
    let mut early = TcpStream::connect(address).unwrap();
    early.write_all(&message("GET", "/healthz", &[], &[])).unwrap();
    let server = manager.start(people, metrics, "size_max = \"1MiB\"\n");
    assert_eq!(server.address, address);
    assert_eq!(manager.next_but_life().trim(), "READY=1");
    assert_eq!(Answer::read(&mut early).body, b"ok");
    Paste::on(&server, 2000, 1);
    let mut scrape = TcpStream::connect(metrics_at).unwrap();
    scrape.write_all(&message("GET", "/metrics", &[], &[])).unwrap();
    assert!(Answer::read(&mut scrape).body.starts_with(b"# HELP satchel_ok"));
    for _ in 0..3 {
        while manager.next().trim() != "WATCHDOG=1" {}
    }

    std::fs::write(manager.folder.path().join("satchel.toml"), "size_max = \"2MiB\"\n").unwrap();
    server.signal(Signal::HUP);
    let reloading = manager.next_but_life();
    let lines: Vec<&str> = reloading.lines().collect();
    assert_eq!(lines[0], "RELOADING=1");
    let at: u64 = lines[1].strip_prefix("MONOTONIC_USEC=").unwrap().parse().unwrap();
    assert!(at > 0);
    assert_eq!(manager.next_but_life().trim(), "READY=1");
    assert_eq!(
        server.ask("GET", "/api/v1/config", &[], &[]).json()["size_bytes_max"],
        2 << 20
    );

    server.signal(Signal::TERM);
    assert_eq!(manager.next_but_life().trim(), "STOPPING=1");
    assert!(server.ended().0.success());
}

/// [B-123]
#[test]
fn sockets_of_another_process_are_left_alone() {
    let data = TempDir::new().unwrap();
    let mut command = super::harness::command();
    command
        .args(["serve", "--listen", "127.0.0.1:0", "--data"])
        .arg(data.path())
        .env("LISTEN_FDS", "1")
        .env("LISTEN_PID", "1");
    let server = Server::spawn(command, data);
    assert_eq!(server.ask("GET", "/healthz", &[], &[]).body, b"ok");
}

/// The unit says what the server needs of it, and names no option that is not there.
/// [B-123]
#[test]
fn the_unit_fits_the_server() {
    let unit = include_str!("../../../deploy/satchel.service");
    for line in [
        "Type=notify",
        "ExecReload=/bin/kill -HUP $MAINPID",
        "LimitMEMLOCK=infinity",
        "LimitCORE=0",
        "UMask=0077",
        "StateDirectoryMode=0700",
    ] {
        assert!(unit.lines().any(|found| found == line), "{line}");
    }
    assert!(unit.lines().any(|line| line.starts_with("WatchdogSec=")));
    let start = unit.lines().find_map(|line| line.strip_prefix("ExecStart=")).unwrap();
    let help = super::harness::command()
        .args(["serve", "--help"])
        .output()
        .unwrap()
        .stdout;
    let help = String::from_utf8(help).unwrap();
    for option in start.split_whitespace().filter(|word| word.starts_with("--")) {
        assert!(help.contains(option), "{option}");
    }
}
