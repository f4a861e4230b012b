//! `keep-found`: what fuzzing found to reach further than the seeds goes to fuzz/found/, for the next to start from.

use std::fs;
use std::io;
use std::path::Path;
use std::process::Command;

use crate::failure::Failure;
use crate::shell;

/// The longest input that is kept.
const MAX_LEN: &str = "-max_len=4096";

/// `cargo fuzz`, which needs the nightly toolchain.
pub(crate) fn fuzzer(arguments: &[&str]) -> Command {
    let mut command = shell::outside_cargo(&["rustup", "run", "nightly", "cargo", "fuzz"]);
    command.args(arguments);
    command
}

/// The names of the targets; none where there is no `cargo fuzz`.
pub(crate) fn targets() -> Vec<String> {
    let names = shell::answer(&mut fuzzer(&["list"])).unwrap_or_default();
    names.lines().map(str::to_owned).collect()
}

/// For each target: of fuzz/corpus/TARGET, what reaches code that its seeds from vectors/ do not, smallest first.
pub(crate) fn keep_found() -> Result<(), Failure> {
    let names = targets();
    if names.is_empty() {
        return Err(Failure::Missing {
            what: "missing: cargo fuzz and the nightly toolchain".to_owned(),
            command: "cargo xtask test --long fuzz".to_owned(),
        });
    }
    for name in &names {
        let fuzz = shell::root().join("fuzz");
        let (corpus, found) = (fuzz.join("corpus").join(name), fuzz.join("found").join(name));
        let merged = shell::target().join("fuzz-found").join(name);
        anew(&merged)?;
        copy(&corpus, &merged, |file| !is_found(file))?;
        let seeds = fs::read_dir(&merged).map_err(failed(&merged))?.count();
        let mut merge = fuzzer(&["run", name]);
        merge
            .arg(&merged)
            .arg(&corpus)
            .args(["--", "-merge=1", MAX_LEN, "-verbosity=0"]);
        shell::run(&mut merge)?;
        anew(&found)?;
        copy(&merged, &found, is_found)?;
        let kept = fs::read_dir(&found).map_err(failed(&found))?.count();
        shell::say(&format!("{name}: {kept} kept beside {seeds} from vectors/"));
    }
    Ok(())
}

/// The fuzzer names what it finds by SHA-1.
fn is_found(name: &str) -> bool {
    name.len() == 40 && name.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn anew(folder: &Path) -> Result<(), Failure> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(folder)(error)),
        _ => {}
    }
    fs::create_dir_all(folder).map_err(failed(folder))
}

fn copy(from: &Path, to: &Path, wanted: impl Fn(&str) -> bool) -> Result<(), Failure> {
    for file in fs::read_dir(from).map_err(failed(from))? {
        let file = file.map_err(failed(from))?;
        let name = file.file_name();
        if wanted(&name.to_string_lossy()) {
            fs::copy(file.path(), to.join(name)).map_err(failed(to))?;
        }
    }
    Ok(())
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> Failure {
    let path = path.to_owned();
    move |source| Failure::File { path, source }
}
