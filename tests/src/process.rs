//! The real server: started, killed, started again on the same folder.

use std::ffi::OsString;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use crate::shim::Shim;

/// A binary of this workspace, built beside the running test.
///
/// # Panics
/// When it is not built.
#[must_use]
pub fn binary(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let path = test.ancestors().nth(2).unwrap().join(name);
    assert!(
        path.exists(),
        "{name} is not built: run `cargo build --workspace` first"
    );
    path
}

/// A server process on a free loopback port.
pub struct Server {
    child: Child,
    url: String,
    output: Arc<Mutex<Vec<u8>>>,
    readers: Vec<JoinHandle<()>>,
}

/// How a server ended that never became ready.
pub struct Ended {
    /// All that it printed.
    pub said: String,
    /// Its exit code; none when a signal ended it.
    pub code: Option<i32>,
}

impl Server {
    /// Starts on `data` and waits for the line that says it is ready.
    ///
    /// # Panics
    /// When it says something else.
    #[must_use]
    pub fn start(data: &Path) -> Self {
        Self::start_with(data, &[])
    }

    /// [`start`](Self::start) with further arguments.
    ///
    /// # Panics
    /// When it does not become ready.
    #[must_use]
    pub fn start_with(data: &Path, arguments: &[&str]) -> Self {
        match Self::try_start(data, arguments) {
            Ok(server) => server,
            Err(said) => panic!("the server did not start: {said}"),
        }
    }

    /// Starts; `Err` is what it said when it refused.
    ///
    /// # Errors
    /// Its output when it ended without becoming ready.
    ///
    /// # Panics
    /// When the process cannot be run at all.
    pub fn try_start(data: &Path, arguments: &[&str]) -> Result<Self, String> {
        Self::try_start_in(data, arguments, &[])
    }

    /// Starts behind `shim`.
    ///
    /// # Panics
    /// When it does not become ready.
    #[must_use]
    pub fn start_behind(shim: &Shim, data: &Path) -> Self {
        match Self::try_start_in(data, &[], &shim.environment(data)) {
            Ok(server) => server,
            Err(said) => panic!("the server did not start: {said}"),
        }
    }

    /// [`try_start`](Self::try_start) with environment variables.
    ///
    /// # Errors
    /// Its output when it ended without becoming ready.
    ///
    /// # Panics
    /// When the process cannot be run at all.
    pub fn try_start_in(
        data: &Path,
        arguments: &[&str],
        environment: &[(&'static str, OsString)],
    ) -> Result<Self, String> {
        Self::start_or_end(data, arguments, environment).map_err(|ended| ended.said)
    }

    /// [`try_start_in`](Self::try_start_in), with the exit code.
    ///
    /// # Errors
    /// [`Ended`] when it ended without becoming ready.
    ///
    /// # Panics
    /// When the process cannot be run at all.
    pub fn start_or_end(
        data: &Path,
        arguments: &[&str],
        environment: &[(&'static str, OsString)],
    ) -> Result<Self, Ended> {
        // On a free port, unless somebody has to know it beforehand.
        let listen: &[&str] = if arguments.contains(&"--listen") {
            &[]
        } else {
            &["--listen", "127.0.0.1:0"]
        };
        let mut child = Command::new(binary("satchel-server"))
            .envs(environment.iter().map(|(name, value)| (name, value)))
            .arg("serve")
            .args(listen)
            .arg("--data")
            .arg(data)
            .args(["--uploads-per-minute", "0"])
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let output = Arc::new(Mutex::new(Vec::new()));
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut stderr = child.stderr.take().unwrap();
        let errors = Arc::clone(&output);
        let error_reader = std::thread::spawn(move || copy_into(&mut stderr, &errors));
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        let Some(url) = line.split_whitespace().find(|word| word.starts_with("http://")) else {
            let code = child.wait().unwrap().code();
            error_reader.join().unwrap();
            let said = line + &String::from_utf8_lossy(&output.lock().unwrap());
            return Err(Ended { said, code });
        };
        let url = url.trim_end_matches(['/', '.', ',']).to_owned();
        let rest = Arc::clone(&output);
        let reader = std::thread::spawn(move || copy_into(&mut stdout, &rest));
        Ok(Self {
            child,
            url,
            output,
            readers: vec![error_reader, reader],
        })
    }

    /// `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Its process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// A line of /proc/PID/status in KiB: `VmRSS:` is its memory now, `VmHWM:` the most that it ever was.
    ///
    /// # Panics
    /// When it is gone, or there is no such line.
    #[must_use]
    pub fn memory_kib(&self, line: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid())).unwrap();
        let found = status.lines().find_map(|text| text.strip_prefix(line)).unwrap();
        found.trim_matches(|c: char| !c.is_ascii_digit()).parse().unwrap()
    }

    /// How many descriptors it has open.
    ///
    /// # Panics
    /// When it is gone.
    #[must_use]
    pub fn descriptors(&self) -> usize {
        std::fs::read_dir(format!("/proc/{}/fd", self.pid())).unwrap().count()
    }

    /// Has it read its configuration again.
    ///
    /// # Panics
    /// When it is gone.
    pub fn reload(&self) {
        let pid = self.pid().to_string();
        assert!(Command::new("kill").args(["-HUP", &pid]).status().unwrap().success());
    }

    /// Ends it without any warning, as a power cut would end the process.
    ///
    /// # Panics
    /// When it had ended before.
    pub fn kill_at_once(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Ends it and returns all that it ever printed.
    ///
    /// # Panics
    /// When it had ended before.
    #[must_use]
    pub fn stop(mut self) -> Vec<u8> {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        assert!(self.child.wait().unwrap().success(), "a clean stop exits with 0");
        for reader in self.readers.drain(..) {
            reader.join().unwrap();
        }
        std::mem::take(&mut *self.output.lock().unwrap())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn copy_into(from: &mut dyn std::io::Read, to: &Mutex<Vec<u8>>) {
    let mut bytes = [0; 4096];
    let mut from = from.take(16 << 20);
    while let Ok(len @ 1..) = from.read(&mut bytes) {
        to.lock().unwrap().extend_from_slice(&bytes[..len]);
    }
}
