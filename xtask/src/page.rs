//! web/ -> web/dist, web/dist-letter: the page, and the one that a letter carries, built by npm when something changed.

use std::path::Path;
use std::process::Command;

use crate::build::{self, Mode};
use crate::failure::Failure;
use crate::machine;
use crate::shell;
use crate::stamp::Stamp;

/// Builds the page, which the server takes in, and the letter's, which the command line does; the WebAssembly's glue must be there already.
pub(crate) fn build() -> Result<(), Failure> {
    let folder = shell::root().join("web");
    if !folder.join("package.json").exists() {
        shell::say("there is no page yet (web/package.json); the server runs without one");
        return Ok(());
    }
    let stamp = Stamp::of("page", &["web"], "")?;
    let outputs = [folder.join("dist/index.html"), folder.join("dist-letter/letter.html")];
    if stamp.is_fresh(&[&outputs[0], &outputs[1]]) {
        return Ok(());
    }
    install(&folder)?;
    shell::say("building the page");
    shell::run(&mut shell::npm(&folder, &["run", "--silent", "build"]))?;
    stamp.keep()
}

/// Serves the page of the look (web/design) until it is ended.
pub(crate) fn design() -> Result<(), Failure> {
    let folder = shell::root().join("web");
    install(&folder)?;
    shell::run(&mut shell::npm(&folder, &["run", "design"]))
}

/// Writes down whose work is built in, with the words of each licence; or, with `check`, fails where that is no longer right.
pub(crate) fn licences(check: bool) -> Result<Command, Failure> {
    let folder = shell::root().join("web");
    install(&folder)?;
    let mut node = shell::at_root("node");
    node.arg("web/third-party.mjs");
    if check {
        node.arg("--check");
    }
    Ok(node)
}

/// What is built in, as CycloneDX, on standard output.
pub(crate) fn sbom(version: &str) -> Result<Command, Failure> {
    install(&shell::root().join("web"))?;
    let mut node = shell::at_root("node");
    node.args(["web/sbom.mjs", version]);
    Ok(node)
}

/// The browser tests that a configuration of tests/browser has, to be run once the binaries are built.
pub(crate) fn playwright(config: &str) -> Result<Command, Failure> {
    let folder = shell::root().join("tests/browser");
    install(&folder)?;
    // What the page writes is opened by the reader too.
    install(&shell::root().join("testkit/reader"))?;
    let mut playwright = shell::npm(
        &folder,
        &[
            "exec",
            "--",
            "playwright",
            "test",
            "--reporter=list",
            "--config",
            config,
        ],
    );
    playwright.env("SATCHEL_SERVER_BIN", build::binary("satchel-server", Mode::Development));
    playwright.env("SATCHEL_CLI_BIN", build::binary("satchel", Mode::Development));
    Ok(playwright)
}

/// `npm ci`, only when the lock file is another one than last time.
pub(crate) fn install(folder: &Path) -> Result<(), Failure> {
    machine::node()?;
    let root = shell::root();
    let inside = folder
        .strip_prefix(&root)
        .unwrap_or(folder)
        .to_string_lossy()
        .into_owned();
    let lock = format!("{inside}/package-lock.json");
    let stamp = Stamp::of(&format!("npm-{}", inside.replace('/', "-")), &[&lock], "")?;
    if stamp.is_fresh(&[&folder.join("node_modules")]) {
        return Ok(());
    }
    shell::say(&format!("npm ci in {inside}"));
    shell::run(&mut shell::npm(
        folder,
        &["ci", "--no-audit", "--no-fund", "--loglevel=error"],
    ))?;
    stamp.keep()
}
