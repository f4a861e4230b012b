//! `screenshots [--update]`: pictures of every view, compared with tests/browser/looks/references, or taken anew.

use std::process::Command;

use crate::build::{self, Mode};
use crate::failure::Failure;
use crate::machine;
use crate::page;
use crate::shell;

/// What to do about pictures that differ.
pub(crate) const HINT: &str = "what was seen and how it differs is in target/screenshots; \
     if it is meant to be so: cargo xtask screenshots --update";

/// Builds what is missing, and looks at every view. With `update`, a picture that differs becomes the reference.
pub(crate) fn screenshots(update: bool) -> Result<(), Failure> {
    build::build(&["satchel", "satchel-server"], Mode::Development)?;
    let mut playwright = playwright()?;
    if update {
        playwright.env("SATCHEL_UPDATE_SCREENSHOTS", "1");
    }
    let ended = shell::run(&mut playwright);
    if ended.is_err() && !update {
        shell::say(HINT);
    }
    ended
}

/// The comparison alone, of what is built.
pub(crate) fn playwright() -> Result<Command, Failure> {
    let mut playwright = page::playwright("screenshots.config.ts")?;
    playwright.env("SATCHEL_CHROMIUM", machine::chromium()?);
    Ok(playwright)
}
