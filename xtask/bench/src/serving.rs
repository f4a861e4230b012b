//! A server that is measured, in a folder of its own.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::Trouble;
use crate::http::Connection;
use crate::paste;
use crate::process;

/// A running server, killed when this goes.
pub(crate) struct Server {
    child: Child,
    pub(crate) host: String,
    /// From the start of the process to its first answer.
    pub(crate) first_answer: Duration,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Server {
    /// Starts it and waits for its first answer. Without limits per client: there is one client.
    pub(crate) fn start(program: &Path, data: &Path) -> Result<Self, Trouble> {
        let mut command = Command::new(program);
        command
            .args(["serve", "--listen", "127.0.0.1:0", "--uploads-per-minute", "0"])
            .args(["--items-max", "10000000", "--data"])
            .arg(data);
        let begun = Instant::now();
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
        let mut line = String::new();
        let stdout = child.stdout.take().ok_or("the server has no output")?;
        BufReader::new(stdout).read_line(&mut line)?;
        let host = line
            .split("http://")
            .nth(1)
            .and_then(|rest| rest.split(['/', ' ', '\n']).next())
            .map(str::to_owned);
        let Some(host) = host else {
            return Err(format!("the server said: {line}").into());
        };
        let mut server = Self {
            child,
            host,
            first_answer: Duration::ZERO,
        };
        paste::answer_config(&mut Connection::open(&server.host)?)?;
        server.first_answer = begun.elapsed();
        Ok(server)
    }

    /// Stops it cleanly.
    pub(crate) fn stop(mut self) -> Result<(), Trouble> {
        let id = nix::unistd::Pid::from_raw(i32::try_from(self.child.id())?);
        nix::sys::signal::kill(id, nix::sys::signal::Signal::SIGTERM)?;
        self.child.wait()?;
        Ok(())
    }

    /// Memory that it holds now, MiB.
    pub(crate) fn memory(&self) -> f64 {
        self.status("VmRSS:")
    }

    /// The most that it held, MiB.
    pub(crate) fn peak_memory(&self) -> f64 {
        self.status("VmHWM:")
    }

    fn status(&self, field: &str) -> f64 {
        f64::from(process::status_kib(self.child.id(), field).unwrap_or(0)) / 1024.0
    }
}
