//! A server with 256 MB of memory and half of one core: large uploads and downloads at once, among two hundred connections.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::fs;
use std::io::{self, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use satchel_tests::process::Server;
use satchel_tests::wire::{Keys, Wire};
use satchel_tests::{count, noise, random};

const MEMORY_BYTES: u64 = 256 << 20;
const CONNECTIONS: usize = 200;
const AT_ONCE: usize = 4;

/// A control group of the kernel, of either version, with limits; removed when dropped, after what is in it has ended.
struct Group {
    memory: PathBuf,
    processor: PathBuf,
    peak: &'static str,
}

impl Group {
    /// `None`, and a word on standard error, where none can be made.
    fn make() -> Option<Self> {
        let root = Path::new("/sys/fs/cgroup");
        let name = format!("satchel-{}", std::process::id());
        let made = if root.join("memory/memory.limit_in_bytes").exists() {
            Self::first(root, &name)
        } else {
            Self::second(root, &name)
        };
        if let Err(why) = &made {
            // Not `eprintln`, which the test runner swallows.
            let _ = writeln!(
                io::stderr(),
                "skipped: a small machine: no control group can be made here ({why})"
            );
        }
        made.ok()
    }

    fn first(root: &Path, name: &str) -> io::Result<Self> {
        let group = Self {
            memory: root.join("memory").join(name),
            processor: root.join("cpu").join(name),
            peak: "memory.max_usage_in_bytes",
        };
        fs::create_dir(&group.memory)?;
        fs::create_dir(&group.processor)?;
        fs::write(group.memory.join("memory.limit_in_bytes"), MEMORY_BYTES.to_string())?;
        fs::write(group.processor.join("cpu.cfs_quota_us"), "50000")?;
        Ok(group)
    }

    fn second(root: &Path, name: &str) -> io::Result<Self> {
        let group = Self {
            memory: root.join(name),
            processor: root.join(name),
            peak: "memory.peak",
        };
        fs::create_dir(&group.memory)?;
        fs::write(group.memory.join("memory.max"), MEMORY_BYTES.to_string())?;
        fs::write(group.memory.join("cpu.max"), "50000 100000")?;
        Ok(group)
    }

    fn take_in(&self, pid: u32) {
        fs::write(self.memory.join("cgroup.procs"), pid.to_string()).unwrap();
        fs::write(self.processor.join("cgroup.procs"), pid.to_string()).unwrap();
        let pinned = Command::new("taskset")
            .args(["-a", "-p", "-c", "0", &pid.to_string()])
            .output();
        assert!(pinned.unwrap().status.success());
    }

    fn peak_bytes(&self) -> u64 {
        fs::read_to_string(self.memory.join(self.peak))
            .unwrap()
            .trim()
            .parse()
            .unwrap()
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        let _ = fs::remove_dir(&self.memory);
        let _ = fs::remove_dir(&self.processor);
    }
}

/// Connections that began a request and do not go on, half of them; the others say nothing.
fn idle(address: &str) -> Vec<TcpStream> {
    let begin = |at: usize| {
        let mut stream = TcpStream::connect(address).unwrap();
        if at.is_multiple_of(2) {
            stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: loc").unwrap();
        }
        stream
    };
    (0..CONNECTIONS).map(begin).collect()
}

/// A document that is uploaded, claimed and confirmed.
fn there_and_back(url: &str, len: usize) {
    let (wire, keys, lease) = (Wire::new(url), Keys::generate(), random());
    let content = noise(len);
    assert_eq!(wire.create(&keys, 1, len, &content).unwrap().status, 201);
    let claimed = wire.claim(&keys, &lease).unwrap();
    assert!(claimed.status == 200 && claimed.body == content);
    assert_eq!(wire.confirm(&keys, &lease).unwrap().status, 204);
}

#[test]
fn a_machine_of_256_mb_and_half_a_core_serves_large_documents_among_two_hundred_connections() {
    let folder = tempfile::tempdir().unwrap();
    let Some(group) = Group::make() else { return };
    let server = Server::start_with(folder.path(), &["--workers", "1"]);
    group.take_in(server.pid());
    let url = server.url();
    let len = count(24, 64) << 20;
    let since = Instant::now();
    let _idle = idle(url.trim_start_matches("http://"));
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| there_and_back(url, len));
        }
        scope.spawn(|| (0..20).for_each(|_| there_and_back(url, 2000)));
    });
    println!(
        "figure: {AT_ONCE} documents of {} MiB up and down at once beside {CONNECTIONS} connections, with 256 MiB and half a core: \
         {:?}; the server's memory at most {} MB, with the kernel's cache of its files {} MB",
        len >> 20,
        since.elapsed(),
        server.memory_kib("VmHWM:") / 1000,
        group.peak_bytes() / 1_000_000
    );
    assert!(server.memory_kib("VmHWM:") < 160_000);
    let said = String::from_utf8(server.stop()).unwrap();
    assert!(said.contains("stopped"), "the kernel did not end it: {said}");
}
