//! `build` and `serve`: WebAssembly, page, binaries, in the order in which each goes into the next.

use std::path::{Path, PathBuf};

use crate::failure::Failure;
use crate::page;
use crate::shell;
use crate::wasm;

/// How the binaries are built. Development is the default: its cryptography is optimised all the same (root Cargo.toml).
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    Development,
    Release,
}

impl Mode {
    /// Takes `--release` out of the arguments.
    pub(crate) fn take(arguments: &mut Vec<String>) -> Self {
        let before = arguments.len();
        arguments.retain(|argument| argument != "--release");
        if arguments.len() < before {
            Self::Release
        } else {
            Self::Development
        }
    }

    fn folder(self) -> &'static str {
        match self {
            Self::Development => "debug",
            Self::Release => "release",
        }
    }
}

/// A binary of ours, whether it is built or not.
pub(crate) fn binary(name: &str, mode: Mode) -> PathBuf {
    shell::target()
        .join(mode.folder())
        .join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
}

/// WebAssembly and page, then the binaries with the page inside.
pub(crate) fn build(packages: &[&str], mode: Mode) -> Result<(), Failure> {
    page()?;
    binaries(packages, mode)
}

/// WebAssembly and page.
pub(crate) fn page() -> Result<(), Failure> {
    wasm::build()?;
    page::build()
}

/// The binaries alone.
pub(crate) fn binaries(packages: &[&str], mode: Mode) -> Result<(), Failure> {
    let mut cargo = shell::cargo();
    cargo.arg("build");
    if mode == Mode::Release {
        cargo.arg("--release");
    }
    for package in packages {
        cargo.args(["--package", package]);
    }
    shell::run(&mut cargo)
}

/// Both binaries for release, and the folder where they lie: on Linux linked statically, so that they run on any distribution, and without the
/// names of folders of this machine, so that they are the same wherever the same toolchain builds them.
pub(crate) fn released() -> Result<PathBuf, Failure> {
    page()?;
    let mut cargo = shell::cargo();
    cargo.args([
        "build",
        "--release",
        "--locked",
        "--package",
        "satchel",
        "--package",
        "satchel-server",
    ]);
    let host = shell::answer(shell::at_root("rustc").args(["--print", "host-tuple"]));
    let mut flags = wasm::remapped(Path::new("rustc"));
    let Some(host) = host.filter(|host| host.contains("-linux-")) else {
        shell::run(cargo.env("CARGO_ENCODED_RUSTFLAGS", flags.join("\x1f")))?;
        return Ok(shell::target().join("release"));
    };
    flags.push("-Ctarget-feature=+crt-static".to_owned());
    // By default the getrandom crate looks its system call up by name, which finds nothing in a static binary, and turns to /dev/urandom, which not every place has.
    flags.push("--cfg=getrandom_backend=\"linux_getrandom\"".to_owned());
    // Named, so that what runs while building (macros, build scripts) is not linked like that: it can't be.
    cargo.args(["--target", &host]);
    shell::run(cargo.env("CARGO_ENCODED_RUSTFLAGS", flags.join("\x1f")))?;
    Ok(shell::target().join(host).join("release"))
}

/// Builds what is missing and becomes the server; further arguments are the server's.
pub(crate) fn serve(mut arguments: Vec<String>) -> Result<(), Failure> {
    let mode = Mode::take(&mut arguments);
    build(&["satchel-server"], mode)?;
    let mut server = shell::at_root(binary("satchel-server", mode));
    server.arg("serve");
    for (option, variable, value) in [
        ("--listen", "SATCHEL_LISTEN", "127.0.0.1:8787"),
        ("--data", "SATCHEL_DATA", "./satchel-data"),
    ] {
        let given = arguments
            .iter()
            .any(|a| a == option || a.starts_with(&format!("{option}=")));
        // With a configuration file the defaults here must not win over it.
        let configured = std::env::var_os(variable).is_some() || arguments.iter().any(|a| a.starts_with("--config"));
        if !given && !configured {
            server.args([option, value]);
        }
    }
    server.args(arguments);
    become_it(&mut server)
}

/// The server takes our place, so that signals reach it and nothing stands between.
#[cfg(unix)]
fn become_it(server: &mut std::process::Command) -> Result<(), Failure> {
    use std::os::unix::process::CommandExt;
    let line = shell::line_of(server);
    let source = server.exec();
    Err(Failure::NotStarted { line, source })
}

#[cfg(not(unix))]
fn become_it(server: &mut std::process::Command) -> Result<(), Failure> {
    shell::run(server)
}
