//! `reproducible`: builds the page elsewhere, from a copy of the sources and from nothing else, under another home, locale, time zone and number
//! of jobs, and compares every byte with the page that was built here. With `--twice` what it is compared with is built elsewhere as well.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::build;
use crate::failure::Failure;
use crate::shell;
use crate::wasm::BINDGEN;

/// What must be the same: the page with its manifest, and the letter's page.
const BUILT: [&str; 2] = ["web/dist", "web/dist-letter"];

/// How one person's machine differs from another's.
struct Elsewhere {
    folder: &'static str,
    locale: &'static str,
    time_zone: &'static str,
    jobs: &'static str,
    epoch: &'static str,
}

const PLACES: [Elsewhere; 2] = [
    Elsewhere {
        folder: "one",
        locale: "C.UTF-8",
        time_zone: "Pacific/Auckland",
        jobs: "2",
        epoch: "1000000000",
    },
    Elsewhere {
        folder: "another/with a space and longer",
        locale: "tr_TR.UTF-8",
        time_zone: "America/St_Johns",
        jobs: "3",
        epoch: "1700000000",
    },
];

/// Where they are, when the home is another one.
const KEPT: [(&str, &str); 4] = [
    ("CARGO_HOME", ".cargo"),
    ("RUSTUP_HOME", ".rustup"),
    ("npm_config_userconfig", ".npmrc"),
    ("npm_config_cache", ".npm"),
];

type Files = BTreeMap<String, Vec<u8>>;

/// Says how many files are the same; which differ is a failure.
pub(crate) fn reproducible(twice: bool) -> Result<(), Failure> {
    let [one, another] = &PLACES;
    // Both are copied before either is built, so that an edit in between makes no difference.
    let first = if twice {
        one.prepare()?;
        another.prepare()?;
        one.build()?
    } else {
        another.prepare()?;
        build::page()?;
        built_in(&shell::root())?
    };
    let second = another.build()?;
    let differing = differences(&first, &second);
    if differing.is_empty() && !first.is_empty() {
        let bytes: usize = first.values().map(Vec::len).sum();
        println!(
            "the page is the same, built twice: {} files, {bytes} bytes",
            first.len()
        );
        return Ok(());
    }
    Err(Failure::Findings(if first.is_empty() {
        vec!["there is no page".to_owned()]
    } else {
        differing
    }))
}

fn differences(first: &Files, second: &Files) -> Vec<String> {
    let names: std::collections::BTreeSet<&String> = first.keys().chain(second.keys()).collect();
    let told = |name: &&String| match (first.get(*name), second.get(*name)) {
        (Some(one), Some(other)) if one == other => None,
        (Some(one), Some(other)) => {
            let at = one.iter().zip(other).take_while(|(a, b)| a == b).count();
            Some(format!(
                "{name}: built twice, it differs from byte {at} on ({} and {} bytes)",
                one.len(),
                other.len()
            ))
        }
        _ => Some(format!("{name}: is there in one of two builds only")),
    };
    names.iter().filter_map(told).collect()
}

impl Elsewhere {
    fn folder(&self) -> PathBuf {
        shell::target().join("reproducible").join(self.folder)
    }

    fn source(&self) -> PathBuf {
        self.folder().join("satchel")
    }

    /// A copy of the sources, which stays there to be looked at until the next time.
    fn prepare(&self) -> Result<(), Failure> {
        let (folder, home) = (self.folder(), self.folder().join("home"));
        if folder.exists() {
            fs::remove_dir_all(&folder).map_err(told(&folder))?;
        }
        fs::create_dir_all(&home).map_err(told(&home))?;
        copy_sources(&self.source())
    }

    /// The page as built from the copy.
    fn build(&self) -> Result<Files, Failure> {
        let source = self.source();
        shell::say(&format!("building the page in {}", source.display()));
        let mut xtask = Command::new(std::env::current_exe().map_err(told(Path::new("xtask")))?);
        xtask.arg("page").current_dir(&source).env_remove("LANGUAGE");
        // What a machine has once for all that it builds stays where it is: the compilers, and what was downloaded.
        for (name, inside) in KEPT {
            if let (None, Some(home)) = (std::env::var_os(name), std::env::home_dir()) {
                xtask.env(name, home.join(inside));
            }
        }
        if let Some(bindgen) = built_bindgen() {
            xtask.env(BINDGEN, bindgen);
        }
        xtask
            .env("CARGO_MANIFEST_DIR", source.join("xtask"))
            .env("CARGO_TARGET_DIR", self.folder().join("made"))
            .env("CARGO_BUILD_JOBS", self.jobs)
            .env("HOME", self.folder().join("home"))
            .env("LC_ALL", self.locale)
            .env("TZ", self.time_zone)
            .env("SOURCE_DATE_EPOCH", self.epoch);
        shell::run(&mut xtask)?;
        built_in(&source)
    }
}

/// Made from the same sources here; it takes minutes to build, and is no part of the page.
fn built_bindgen() -> Option<PathBuf> {
    let path = shell::target()
        .join("debug")
        .join(format!("satchel-bindgen{}", std::env::consts::EXE_SUFFIX));
    path.is_file().then_some(path)
}

/// What git knows or would take; its times are those of the copy.
fn copy_sources(to: &Path) -> Result<(), Failure> {
    let mut git = shell::at_root("git");
    git.args(["ls-files", "--cached", "--others", "--exclude-standard"]);
    let line = shell::line_of(&git);
    let listed = shell::answer(&mut git).ok_or(Failure::Command {
        line,
        ended: "failed: the sources are copied by the list that git has".to_owned(),
    })?;
    for name in listed.lines() {
        let (from, to) = (shell::root().join(name), to.join(name));
        if !from.is_file() {
            continue;
        }
        if let Some(folder) = to.parent() {
            fs::create_dir_all(folder).map_err(told(folder))?;
        }
        fs::copy(&from, &to).map_err(told(&from))?;
    }
    Ok(())
}

fn built_in(root: &Path) -> Result<Files, Failure> {
    let mut files = Files::new();
    for folder in BUILT {
        read(&root.join(folder), folder, &mut files)?;
    }
    Ok(files)
}

fn read(folder: &Path, name: &str, files: &mut Files) -> Result<(), Failure> {
    for entry in fs::read_dir(folder).map_err(told(folder))? {
        let path = entry.map_err(told(folder))?.path();
        let name = format!("{name}/{}", path.file_name().unwrap_or_default().to_string_lossy());
        if path.is_dir() {
            read(&path, &name, files)?;
        } else {
            files.insert(name, fs::read(&path).map_err(told(&path))?);
        }
    }
    Ok(())
}

fn told(path: &Path) -> impl FnOnce(std::io::Error) -> Failure {
    let path = path.to_path_buf();
    |source| Failure::File { path, source }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(listed: &[(&str, &[u8])]) -> Files {
        let owned = |(name, bytes): &(&str, &[u8])| ((*name).to_owned(), bytes.to_vec());
        listed.iter().map(owned).collect()
    }

    /// [B-223] is checked by the step `reproducible`; this checks that it would be seen.
    #[test]
    fn a_byte_that_differs_and_a_file_that_is_missing_are_named() {
        let first = files(&[("a", b"same"), ("b", b"one"), ("c", b"")]);
        let second = files(&[("a", b"same"), ("b", b"only"), ("d", b"")]);
        assert!(differences(&first, &first).is_empty());
        assert_eq!(
            differences(&first, &second),
            [
                "b: built twice, it differs from byte 2 on (3 and 4 bytes)",
                "c: is there in one of two builds only",
                "d: is there in one of two builds only",
            ]
        );
    }
}
