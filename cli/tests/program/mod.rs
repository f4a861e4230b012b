//! The real binary, run in a folder of its own.
#![allow(dead_code, reason = "each test file uses its part")]

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A folder with a passphrase file `words`, and the binary in it.
pub(crate) struct Desk {
    folder: tempfile::TempDir,
}

impl Desk {
    pub(crate) fn new() -> Self {
        let desk = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        desk.write("words", b"four words are enough\n");
        desk
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, content: &[u8]) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, content).unwrap();
        path
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_satchel"));
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env_remove("SATCHEL_SERVER")
            .env("XDG_STATE_HOME", self.path("state"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    pub(crate) fn run_with(&self, arguments: &[&str], stdin: &[u8]) -> Output {
        let mut child = self.command(arguments).stdin(Stdio::piped()).spawn().unwrap();
        let mut pipe = child.stdin.take().unwrap();
        let stdin = stdin.to_vec();
        // A program that refuses early closes its end.
        let writer = std::thread::spawn(move || drop(pipe.write_all(&stdin)));
        let output = child.wait_with_output().unwrap();
        writer.join().unwrap();
        output
    }

    /// Everything in the folder, without what tests put there themselves.
    pub(crate) fn names(&self, folder: &str) -> Vec<String> {
        let entries = std::fs::read_dir(self.path(folder)).unwrap();
        let mut names: Vec<_> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

/// Standard output of a run that went well.
#[track_caller]
pub(crate) fn good(output: Output) -> Vec<u8> {
    assert!(output.status.success(), "{:?}: {}", output.status, said(&output));
    output.stdout
}

/// A run that failed as it should: its exit code, and nothing on standard output.
#[track_caller]
pub(crate) fn refused(output: Output, code: i32) -> String {
    assert_eq!(output.status.code(), Some(code), "{}", said(&output));
    assert!(output.stdout.is_empty(), "nothing on standard output when it fails");
    said(&output)
}

pub(crate) fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

pub(crate) fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// Bytes that repeat nowhere, the same each time.
pub(crate) fn noise(len: usize, seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut bytes = Vec::with_capacity(len + 8);
    while bytes.len() < len {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(len);
    bytes
}

/// What a scanner reads from a code of half blocks; `block_is_dark` on paper, not in a terminal. Scanners want dark on light.
#[track_caller]
pub(crate) fn scanned(text: &str, block_is_dark: bool) -> String {
    const SCALE: usize = 5;
    let drawn: Vec<Vec<char>> = text
        .lines()
        .filter(|line| !line.is_empty() && line.chars().all(|one| "█▀▄ ".contains(one)))
        .map(|line| line.chars().collect())
        .collect();
    let (width, height) = (drawn[0].len(), drawn.len() * 2);
    assert!(drawn.iter().all(|line| line.len() == width), "lines of one length");
    let is_dark = |x: usize, y: usize| {
        let halves = match drawn[y / 2][x] {
            '█' => [true, true],
            '▀' => [true, false],
            '▄' => [false, true],
            _ => [false, false],
        };
        halves[y % 2] == block_is_dark
    };
    let mut image = rqrr::PreparedImage::prepare_from_greyscale(width * SCALE, height * SCALE, |x, y| {
        if is_dark(x / SCALE, y / SCALE) { 0 } else { 255 }
    });
    let grids = image.detect_grids();
    assert_eq!(grids.len(), 1, "one code");
    grids[0].decode().unwrap().1
}

/// Processor time of the programs that have ended: other processes may keep them waiting for as long as they like.
#[cfg(unix)]
pub(crate) fn processor_time() -> std::time::Duration {
    use nix::sys::resource::{UsageWho, getrusage};
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).unwrap();
    let [user, system] = [usage.user_time(), usage.system_time()];
    let micros = 1_000_000 * (user.tv_sec() + system.tv_sec()) + user.tv_usec() + system.tv_usec();
    std::time::Duration::from_micros(micros.try_into().unwrap())
}
