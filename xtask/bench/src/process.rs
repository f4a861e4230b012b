//! Runs a program to its end and says how long it took and how much memory it held at most.

use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::{TimeVal, TimeValLike as _};

use crate::Trouble;

/// What one run of a program took.
#[derive(Clone, Copy)]
pub(crate) struct Took {
    pub(crate) seconds: f64,
    /// User's and system's together, of all its threads and children.
    pub(crate) cpu_seconds: f64,
    pub(crate) peak_mib: f64,
}

/// Runs it; a program that fails has no speed.
pub(crate) fn run(command: &mut Command) -> Result<Took, Trouble> {
    let cpu_before = children_cpu()?;
    let begun = Instant::now();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()?;
    let (id, over) = (child.id(), AtomicBool::new(false));
    let (status, seconds, peak_kib) = thread::scope(|scope| {
        let peak = scope.spawn(|| {
            let mut peak_kib = 0;
            // VmHWM only grows, so the last look before the end is the peak, but for the last milliseconds.
            while !over.load(Ordering::Relaxed) {
                peak_kib = peak_kib.max(status_kib(id, "VmHWM:").unwrap_or(0));
                thread::sleep(Duration::from_millis(5));
            }
            peak_kib
        });
        let status = child.wait();
        let seconds = begun.elapsed().as_secs_f64();
        over.store(true, Ordering::Relaxed);
        (status, seconds, peak.join().unwrap_or(0))
    });
    let status = status?;
    if !status.success() {
        let mut told = String::new();
        if let Some(mut errors) = child.stderr.take() {
            std::io::Read::read_to_string(&mut errors, &mut told)?;
        }
        return Err(format!("{command:?}: {status}: {told}").into());
    }
    Ok(Took {
        seconds,
        cpu_seconds: children_cpu()? - cpu_before,
        peak_mib: f64::from(peak_kib) / 1024.0,
    })
}

/// What all children that ended have used so far.
fn children_cpu() -> Result<f64, Trouble> {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let seconds =
        |time: TimeVal| Duration::from_micros(u64::try_from(time.num_microseconds()).unwrap_or(0)).as_secs_f64();
    Ok(seconds(usage.user_time()) + seconds(usage.system_time()))
}

/// A line of `/proc/ID/status` that is given in kB; `None` where there is none, as on other systems than Linux.
pub(crate) fn status_kib(id: u32, name: &str) -> Option<u32> {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}

/// Whether a program is there to compare with.
pub(crate) fn is_installed(program: &str) -> bool {
    let paths = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&paths).any(|folder| folder.join(program).is_file())
}
