//! Python, for the tests that need other people's programs in it: one environment for each, below the build folder.

use std::path::{Path, PathBuf};

use crate::failure::Failure;
use crate::machine;
use crate::shell;
use crate::stamp::Stamp;

const WHY: &str = "Python 3.11 or later with venv, for the tests with programs that are written in it";
const PACKAGES: &[&str] = &["python3", "python3-venv"];
/// Says nothing and succeeds where an environment can be made.
const FITS: &str = "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))";

/// The Python of an environment that has what `FOLDER/requirements.txt` pins, by hash. `None` where there is no Python and none may
/// be installed; never in CI, where that is a failure.
pub(crate) fn environment(folder: &str) -> Result<Option<PathBuf>, Failure> {
    let base = match interpreter() {
        Ok(base) => base,
        Err(Failure::Missing { what, command }) if std::env::var_os("CI").is_none() => {
            shell::say(&format!("{what}; hint: {command}"));
            return Ok(None);
        }
        Err(failure) => return Err(failure),
    };
    let name = folder.replace('/', "-");
    let place = shell::target().join("python").join(&name);
    let python = place.join("bin/python");
    let requirements = format!("{folder}/requirements.txt");
    let stamp = Stamp::of(&format!("python-{name}"), &[&requirements], &base.to_string_lossy())?;
    if stamp.is_fresh(&[&python]) {
        return Ok(Some(python));
    }
    shell::say(&format!("a Python environment with what {requirements} pins"));
    shell::run(shell::at_root(&base).args(["-m", "venv", "--clear"]).arg(&place))?;
    let mut pip = shell::at_root(&python);
    pip.args(["-m", "pip", "install", "--quiet", "--no-input"])
        .args(["--disable-pip-version-check", "--require-hashes"])
        // Nothing is built: what a package would run to build itself is not wanted.
        .args(["--only-binary", ":all:", "--requirement", &requirements]);
    shell::run(&mut pip)?;
    stamp.keep()?;
    Ok(Some(python))
}

/// A Python that can make environments; Debian's is installed where there is none and that may be done.
pub(crate) fn interpreter() -> Result<PathBuf, Failure> {
    if let Some(found) = found() {
        return Ok(found);
    }
    machine::install(WHY, PACKAGES)?;
    found().ok_or_else(|| Failure::Missing {
        what: format!("missing: {WHY}"),
        command: "put one on the PATH as python3".to_owned(),
    })
}

fn found() -> Option<PathBuf> {
    // What another toolchain put on the PATH may lack what Debian's has.
    let known = [shell::which("python3"), Some(PathBuf::from("/usr/bin/python3"))];
    known.into_iter().flatten().find(|path| fits(path))
}

fn fits(python: &Path) -> bool {
    shell::answer(shell::at_root(python).args(["-c", FITS])).is_some()
}
