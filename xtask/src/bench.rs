//! `bench [--only PART] ...`: release binaries, then the measurements of xtask/bench, as a table and as target/bench.json.

use crate::build::{self, Mode};
use crate::failure::Failure;
use crate::machine;
use crate::page;
use crate::shell;

/// Further arguments go to satchel-bench: `--only files`, `--runs 5`, `--mib 256`, ...
pub(crate) fn bench(arguments: Vec<String>) -> Result<(), Failure> {
    let only = arguments.iter().skip_while(|word| *word != "--only").nth(1);
    let wants_browser = only.is_none_or(|part| ["browser", "page"].contains(&part.as_str()));
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
    let browser_tests = shell::root().join("tests/browser");
    cargo.arg("--browser-tests").arg(&browser_tests);
    if wants_browser {
        cargo.env("SATCHEL_CHROMIUM", machine::chromium()?);
        page::install(&browser_tests)?;
    }
    shell::run(&mut cargo)
}
