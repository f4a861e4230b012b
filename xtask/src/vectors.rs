//! `vectors [--check]`: vectors/ is written by the testkit, which shares no code with crypto.

use crate::failure::Failure;
use crate::shell;

/// Writes them, or with `check` names each that differs, is missing or too many.
pub(crate) fn vectors(check: bool) -> Result<(), Failure> {
    let mut cargo = shell::cargo();
    cargo.args(["run", "--quiet", "--package", "satchel-testkit", "--", "vectors"]);
    if check {
        cargo.arg("--check");
    }
    shell::run(&mut cargo)
}
