//! `bench [--only PART] ...`: release binaries, then the measurements of xtask/bench, as a table and as target/bench.json.

use crate::build::{self, Mode};
use crate::failure::Failure;
use crate::shell;

/// Further arguments go to satchel-bench: `--only files`, `--runs 5`, `--mib 256`, ...
pub(crate) fn bench(arguments: Vec<String>) -> Result<(), Failure> {
    build::build(&["satchel", "satchel-server"], Mode::Release)?;
    let mut cargo = shell::cargo();
    cargo.args(["run", "--quiet", "--release", "--package", "satchel-bench", "--"]);
    cargo.arg("--satchel").arg(build::binary("satchel", Mode::Release));
    cargo
        .arg("--server")
        .arg(build::binary("satchel-server", Mode::Release));
    cargo.arg("--disk").arg(shell::target());
    cargo
        .arg("--json")
        .arg(shell::target().join("bench.json"))
        .args(arguments);
    shell::run(&mut cargo)
}
