//! The steps of `cargo xtask test`, in their order: what is quick and fails often comes first.

use std::path::PathBuf;

use super::{Outcome, Run, Step, rust};
use crate::build::{self, Mode};
use crate::docs;
use crate::failure::Failure;
use crate::fuzz::{fuzzer, targets};
use crate::machine;
use crate::page;
use crate::python;
use crate::reproducible;
use crate::screenshots;
use crate::shell;
use crate::vectors;
use crate::wasm;

pub(super) const ALL: [Step; 19] = [
    Step {
        name: "format",
        about: "cargo fmt",
        perform: format,
    },
    Step {
        name: "docs",
        about: "requirements are tested, links resolve, no machine's paths",
        perform: documents,
    },
    Step {
        name: "deny",
        about: "licences, banned crates, sources, advisories",
        perform: deny,
    },
    Step {
        name: "build",
        about: "WebAssembly, page, binaries",
        perform: built,
    },
    Step {
        name: "reproducible",
        about: "the page built elsewhere is the same, byte for byte; with --long only",
        perform: reproducible,
    },
    Step {
        name: "page-types",
        about: "type checks of the page and its tests",
        perform: page_types,
    },
    Step {
        name: "clippy",
        about: "every warning is an error",
        perform: clippy,
    },
    Step {
        name: "rust",
        about: "unit, property, HTTP, CLI, end-to-end and doc tests",
        perform: rust,
    },
    Step {
        name: "vectors",
        about: "the vectors are what the testkit makes",
        perform: vectors_are_current,
    },
    Step {
        name: "reader",
        about: "the vectors through the reader in JavaScript",
        perform: reader,
    },
    Step {
        name: "clients",
        about: "tus clients in JavaScript and Python, cut off while they upload",
        perform: foreign_clients,
    },
    Step {
        name: "schema",
        about: "what schemathesis makes of the OpenAPI document",
        perform: schema,
    },
    Step {
        name: "wasm",
        about: "the vectors through the WebAssembly and what it was translated to, and what they seal, in Node",
        perform: wasm_in_node,
    },
    Step {
        name: "browser",
        about: "the page in Chromium",
        perform: browser,
    },
    Step {
        name: "screenshots",
        about: "every view in three sizes, two themes and two directions, compared with its reference",
        perform: screenshots,
    },
    Step {
        name: "firefox",
        about: "the page in Firefox, through geckodriver",
        perform: firefox,
    },
    Step {
        name: "webkit",
        about: "sharing, opening and burning in WebKit",
        perform: webkit,
    },
    Step {
        name: "image",
        about: "the Dockerfile built twice without a registry, and documents through what it made; with --long only",
        perform: image,
    },
    Step {
        name: "fuzz",
        about: "the fuzz targets, shortly",
        perform: fuzz,
    },
];

fn format(run: &mut Run) -> Result<Outcome, Failure> {
    component("fmt", "rustfmt")?;
    run.check(shell::cargo().args(["fmt", "--all", "--check"]))?;
    Ok(Outcome::Passed)
}

fn documents(run: &mut Run) -> Result<Outcome, Failure> {
    let findings = docs::findings()?;
    run.counts.one(findings.is_empty());
    if findings.is_empty() {
        Ok(Outcome::Passed)
    } else {
        Err(Failure::Findings(findings))
    }
}

fn deny(run: &mut Run) -> Result<Outcome, Failure> {
    machine::cargo_deny()?;
    run.check(shell::cargo().args(["deny", "--log-level", "error", "check", "licenses", "bans", "sources"]))?;
    run.check(&mut page::licences(true)?)?;
    // The database lies on a server of its own: that it can't be reached says nothing about our dependencies.
    let mut advisories = shell::cargo();
    advisories.args(["deny", "--log-level", "error", "check", "advisories"]);
    let line = shell::line_of(&advisories);
    let output = advisories.output().map_err(|source| Failure::NotStarted {
        line: line.clone(),
        source,
    })?;
    let told = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() && told.contains("failed to fetch advisory database") {
        println!("skipped: advisories (their database cannot be fetched from here)");
        run.counts.skipped += 1;
        return Ok(Outcome::Passed);
    }
    print!("{told}");
    run.counts.one(output.status.success());
    if output.status.success() {
        Ok(Outcome::Passed)
    } else {
        Err(Failure::Command {
            line,
            ended: output.status.to_string(),
        })
    }
}

/// The binaries alone want other features of some crates than all tests together, and would be built twice: where the tests follow, they come with them.
fn built(run: &mut Run) -> Result<Outcome, Failure> {
    let ended = if run.tests_crates {
        build::page().and_then(|()| rust::programs(run.long).map(drop))
    } else {
        build::build(&["satchel", "satchel-server"], Mode::Development)
    };
    run.built = Some(ended.is_ok());
    run.counts.one(ended.is_ok());
    ended.map(|()| Outcome::Passed)
}

/// Steps that need the build make it themselves when they run alone, and do not run when it failed.
fn need_build(run: &mut Run) -> Result<(), Failure> {
    match run.built {
        Some(true) => Ok(()),
        Some(false) => Err(Failure::Findings(vec!["not run, because the build failed".to_owned()])),
        None => built(run).map(|_| ()),
    }
}

/// A clean build of the page takes minutes: the short run leaves it out.
fn reproducible(run: &mut Run) -> Result<Outcome, Failure> {
    if !run.long {
        return Ok(Outcome::Skipped(
            "needs --long: it builds the page anew, elsewhere".to_owned(),
        ));
    }
    let ended = reproducible::reproducible(false);
    run.counts.one(ended.is_ok());
    ended.map(|()| Outcome::Passed)
}

fn page_types(run: &mut Run) -> Result<Outcome, Failure> {
    // The types of the WebAssembly are among those that are checked.
    wasm::build()?;
    let folders = [shell::root().join("web"), shell::root().join("tests/browser")];
    let present: Vec<_> = folders
        .iter()
        .filter(|folder| folder.join("package.json").exists())
        .collect();
    if present.is_empty() {
        return Ok(Outcome::Skipped("no page yet".to_owned()));
    }
    for folder in present {
        page::install(folder)?;
        run.check(&mut shell::npm(folder, &["run", "--silent", "check"]))?;
    }
    Ok(Outcome::Passed)
}

fn clippy(run: &mut Run) -> Result<Outcome, Failure> {
    component("clippy", "clippy")?;
    run.check(shell::cargo().args(["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))?;
    Ok(Outcome::Passed)
}

fn rust(run: &mut Run) -> Result<Outcome, Failure> {
    need_build(run)?;
    machine::proxies()?;
    let mut binaries = vec![
        ("SATCHEL_SERVER_BIN", build::binary("satchel-server", Mode::Development)),
        ("SATCHEL_CLI_BIN", build::binary("satchel", Mode::Development)),
    ];
    binaries.extend(machine::traefik()?.map(|traefik| ("SATCHEL_TRAEFIK", traefik)));
    let mut programs = rust::programs(run.long)?;
    for program in &mut programs {
        program.envs(binaries.iter().map(|(name, path)| (name, path)));
        // Most of these tests wait (for servers, disks, clocks) and leave the cores to others: eight of them at once, where nobody says otherwise.
        if std::env::var_os("RUST_TEST_THREADS").is_none() {
            program.env("RUST_TEST_THREADS", "8");
        }
    }
    run.tests_together(programs)?;
    Ok(Outcome::Passed)
}

fn vectors_are_current(run: &mut Run) -> Result<Outcome, Failure> {
    let ended = vectors::vectors(true);
    run.counts.one(ended.is_ok());
    ended.map(|()| Outcome::Passed)
}

fn reader(run: &mut Run) -> Result<Outcome, Failure> {
    let folder = shell::root().join("testkit/reader");
    if !folder.join("run.mjs").exists() {
        return Ok(Outcome::Skipped("no testkit/reader/run.mjs yet".to_owned()));
    }
    page::install(&folder)?;
    need_build(run)?;
    let mut vectors = shell::at_root("node");
    vectors.arg("testkit/reader/run.mjs");
    let mut written = shell::at_root("node");
    written
        .arg("testkit/reader/written.mjs")
        .arg(build::binary("satchel", Mode::Development));
    run.tests_together(vec![vectors, written])?;
    Ok(Outcome::Passed)
}

fn foreign_clients(run: &mut Run) -> Result<Outcome, Failure> {
    need_build(run)?;
    page::install(&shell::root().join("testkit/reader"))?;
    page::install(&shell::root().join("tests/clients"))?;
    let mut node = shell::at_root("node");
    node.arg("tests/clients/run.mjs")
        .arg(build::binary("satchel", Mode::Development))
        .arg(build::binary("satchel-server", Mode::Development));
    // Without a Python it says itself what it skips.
    node.args(python::environment("tests/clients")?);
    run.tests(&mut node)?;
    Ok(Outcome::Passed)
}

fn schema(run: &mut Run) -> Result<Outcome, Failure> {
    let Some(python) = python::environment("tests/schema")? else {
        return Ok(Outcome::Skipped("no Python, and none may be installed".to_owned()));
    };
    need_build(run)?;
    let server = build::binary("satchel-server", Mode::Development);
    run.tests(shell::at_root(python).arg("tests/schema/run.py").arg(server))?;
    Ok(Outcome::Passed)
}

fn wasm_in_node(run: &mut Run) -> Result<Outcome, Failure> {
    if !shell::root().join("client-wasm/tests/vectors.mjs").exists() {
        return Ok(Outcome::Skipped("no client-wasm/tests/vectors.mjs yet".to_owned()));
    }
    machine::node()?;
    wasm::build()?;
    // What the page loads where there is no WebAssembly: web/translate.mjs makes it with the page.
    page::build()?;
    wasm::build_whole()?;
    let translated = shell::root().join("web/src/gen/dist/translated.js");
    let tests = [
        ("vectors", wasm::node_glue()),
        ("vectors", translated.clone()),
        ("sealing", wasm::node_glue()),
        ("sealing", translated),
        ("sharing", wasm::sharing_glue()),
        ("whole", wasm::whole_glue()),
    ];
    let commands = tests.map(|(file, glue)| {
        let mut node = shell::at_root("node");
        node.arg(format!("client-wasm/tests/{file}.mjs")).arg(glue);
        node
    });
    run.tests_together(commands.into())?;
    Ok(Outcome::Passed)
}

fn browser(run: &mut Run) -> Result<Outcome, Failure> {
    let mut named = vec![("SATCHEL_CHROMIUM", machine::chromium()?)];
    named.extend(machine::chromium_shell()?.map(|shell| ("SATCHEL_CHROMIUM_SHELL", shell)));
    page_in(run, "playwright.config.ts", &named)
}

fn firefox(run: &mut Run) -> Result<Outcome, Failure> {
    let (firefox, driver) = machine::firefox()?;
    let named = [("SATCHEL_FIREFOX", firefox), ("SATCHEL_GECKODRIVER", driver)];
    page_in(run, "firefox.config.ts", &named)
}

/// Not installed by itself: it brings half a desktop with it.
fn webkit(run: &mut Run) -> Result<Outcome, Failure> {
    if let Some(missing) = ["WebKitWebDriver", "Xvfb"]
        .iter()
        .find(|name| shell::which(name).is_none())
    {
        return Ok(Outcome::Skipped(format!(
            "no {missing}; needs: apt-get install webkit2gtk-driver xvfb"
        )));
    }
    page_in(run, "webkit.config.ts", &[])
}

/// Builds for release inside of it, twice: the short run leaves it out.
fn image(run: &mut Run) -> Result<Outcome, Failure> {
    if !run.long {
        return Ok(Outcome::Skipped(
            "needs --long: it makes a Debian and builds the image twice, for half an hour".to_owned(),
        ));
    }
    if !machine::may_install() {
        return Ok(Outcome::Skipped(
            "needs Debian as root; there: tests/docker.sh".to_owned(),
        ));
    }
    need_build(run)?;
    page::install(&shell::root().join("tests/browser"))?;
    page::install(&shell::root().join("testkit/reader"))?;
    let mut docker = shell::at_root("tests/docker.sh");
    docker
        .env("TWICE", "1")
        .env("SATCHEL_CLI_BIN", build::binary("satchel", Mode::Development))
        .env("SATCHEL_CHROMIUM", machine::chromium()?);
    run.tests(&mut docker)?;
    Ok(Outcome::Passed)
}

/// The browser tests as a configuration of Playwright has them.
fn page_in(run: &mut Run, config: &str, named: &[(&str, PathBuf)]) -> Result<Outcome, Failure> {
    need_build(run)?;
    run.tests(page::playwright(config)?.envs(named.iter().map(|(name, path)| (name, path))))?;
    Ok(Outcome::Passed)
}

fn screenshots(run: &mut Run) -> Result<Outcome, Failure> {
    need_build(run)?;
    let ended = run.tests(&mut screenshots::playwright()?);
    if ended.is_err() {
        shell::say(screenshots::HINT);
    }
    ended.map(|()| Outcome::Passed)
}

fn fuzz(run: &mut Run) -> Result<Outcome, Failure> {
    if !shell::root().join("fuzz/fuzz_targets").is_dir() {
        return Ok(Outcome::Skipped("no fuzz/fuzz_targets yet".to_owned()));
    }
    // Both take minutes to install: the long run does it, the short one says how.
    for (there, command) in machine::FUZZING {
        if shell::answer(&mut shell::outside_cargo(there)).is_some() {
            continue;
        }
        if !run.long {
            return Ok(Outcome::Skipped(format!("needs: {}", command.join(" "))));
        }
        shell::say(&format!("installing what is missing: {}", command.join(" ")));
        shell::run(&mut shell::outside_cargo(command))?;
    }
    let seconds = fuzzing_seconds(run.long)?;
    let names = targets();
    if names.is_empty() {
        return Err(Failure::Findings(vec!["cargo fuzz names no target".to_owned()]));
    }
    run.check(&mut fuzzer(&["build"]))?;
    let time = format!("-max_total_time={seconds}");
    let fuzzers = names
        .iter()
        .map(|name| fuzzer(&["run", name, "--", &time, "-verbosity=0"]));
    run.checks_together(fuzzers.collect())?;
    let told = |name: &String| (format!("fuzzing {name}"), format!("{seconds} s, nothing found"));
    run.figures.extend(names.iter().map(told));
    Ok(Outcome::Passed)
}

/// For each target: 5 in a short run, in a long one 600 or what SATCHEL_FUZZ_SECONDS says.
fn fuzzing_seconds(long: bool) -> Result<u32, Failure> {
    if !long {
        return Ok(5);
    }
    match std::env::var("SATCHEL_FUZZ_SECONDS") {
        Err(_) => Ok(600),
        Ok(told) => told
            .parse()
            .map_err(|_| Failure::Usage("xtask: SATCHEL_FUZZ_SECONDS is a number of seconds".to_owned())),
    }
}

/// A component of the toolchain that may have been left out of it.
fn component(subcommand: &str, name: &str) -> Result<(), Failure> {
    if shell::answer(shell::cargo().args([subcommand, "--version"])).is_some() {
        return Ok(());
    }
    Err(Failure::Missing {
        what: format!("missing: cargo {subcommand}"),
        command: format!("rustup component add {name}"),
    })
}
