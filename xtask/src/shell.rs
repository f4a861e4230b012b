//! Running other programs from the root of the project, visibly.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::failure::Failure;

/// The folder of the workspace: the parent of this crate's.
pub(crate) fn root() -> PathBuf {
    let here = std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| PathBuf::from("xtask"), PathBuf::from);
    here.parent().map_or_else(|| PathBuf::from("."), Path::to_path_buf)
}

/// Where cargo builds: `CARGO_TARGET_DIR` or `target`.
pub(crate) fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), |dir| root().join(dir))
}

/// A cargo like the one that runs us, without what `cargo run` puts into the environment of its child.
pub(crate) fn cargo() -> Command {
    let mut command = at_root(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    // Cargo sets these for us alone; a build script or another toolchain would take them for its own.
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") || text == "LD_LIBRARY_PATH" {
            command.env_remove(&name);
        }
    }
    command
}

/// A command that starts in the root of the workspace.
pub(crate) fn at_root(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(root());
    command
}

/// A command as from a person's shell: what cargo put into our environment would win over another toolchain that it names.
pub(crate) fn outside_cargo(words: &[&str]) -> Command {
    let mut command = at_root(words.first().copied().unwrap_or_default());
    command.args(words.get(1..).unwrap_or_default());
    for name in ["CARGO", "RUSTUP_TOOLCHAIN", "RUSTC", "LD_LIBRARY_PATH"] {
        command.env_remove(name);
    }
    command
}

/// `npm` in a folder of ours.
pub(crate) fn npm(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new("npm");
    // Browsers come from the system; what a package would download by itself is not wanted.
    command
        .current_dir(folder)
        .args(arguments)
        .env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1");
    command
}

/// Runs to the end, output passed through; anything but success is a failure.
pub(crate) fn run(command: &mut Command) -> Result<(), Failure> {
    let line = line_of(command);
    let status = command.status().map_err(|source| Failure::NotStarted {
        line: line.clone(),
        source,
    })?;
    if status.success() {
        Ok(())
    } else {
        Err(Failure::Command {
            line,
            ended: status.to_string(),
        })
    }
}

/// Runs to the end and hands every line of standard output to `seen`, after printing it.
pub(crate) fn run_watched(command: &mut Command, mut seen: impl FnMut(&str)) -> Result<(), Failure> {
    let line = line_of(command);
    let failed = |source| Failure::NotStarted {
        line: line.clone(),
        source,
    };
    let mut child = command
        .stdout(Stdio::piped())
        .stdin(Stdio::null())
        .spawn()
        .map_err(failed)?;
    if let Some(output) = child.stdout.take() {
        for text in BufReader::new(output).split(b'\n').map_while(Result::ok) {
            let text = String::from_utf8_lossy(&text);
            println!("{text}");
            seen(&text);
        }
    }
    let status = child.wait().map_err(failed)?;
    if status.success() {
        Ok(())
    } else {
        Err(Failure::Command {
            line,
            ended: status.to_string(),
        })
    }
}

/// Standard output of a command that succeeded, trimmed; `None` where it failed or is not there.
pub(crate) fn answer(command: &mut Command) -> Option<String> {
    let output = command.stderr(Stdio::null()).stdin(Stdio::null()).output().ok()?;
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Where a program is found on the PATH.
pub(crate) fn which(program: &str) -> Option<PathBuf> {
    let paths = std::env::var_os("PATH")?;
    std::env::split_paths(&paths)
        .map(|folder| folder.join(program))
        .find(|path| path.is_file())
}

/// What a person would type for this command.
pub(crate) fn line_of(command: &Command) -> String {
    let program = Path::new(command.get_program())
        .file_name()
        .unwrap_or(command.get_program());
    let words = std::iter::once(program).chain(command.get_args());
    words
        .map(|word| word.to_string_lossy().into_owned())
        .collect::<Vec<_>>()
        .join(" ")
}

/// One line about what happens now, told apart from the output of what runs.
pub(crate) fn say(text: &str) {
    eprintln!("xtask: {text}");
}
