//! `dist`: target/dist/satchel-VERSION-TARGET.tar.gz with both binaries (static on Linux), completions, man pages, what systemd needs, and
//! licences, our own and those of what is built in; beside it a Debian package of each (on Linux), what is built in for machines to read (CycloneDX),
//! and SHA256SUMS.

use std::fs;
use std::path::Path;

use crate::build;
use crate::failure::Failure;
use crate::machine;
use crate::page;
use crate::shell;

/// Where they lie, and what they are called in the archive. The last says whose work is built in; the page has it too.
const PAPERS: [(&str, &str); 9] = [
    ("README.md", "README.md"),
    ("CHANGELOG.md", "CHANGELOG.md"),
    ("SECURITY.md", "SECURITY.md"),
    ("LICENSE-MIT", "LICENSE-MIT"),
    ("LICENSE-APACHE", "LICENSE-APACHE"),
    ("web/public/third-party.txt", "THIRD-PARTY"),
    ("deploy/satchel.service", "satchel.service"),
    ("deploy/satchel.socket", "satchel.socket"),
    ("deploy/satchel.sysusers.conf", "satchel.sysusers.conf"),
];

/// Builds for release and packs.
pub(crate) fn dist() -> Result<(), Failure> {
    let built = build::released()?;
    let program = |name: &str| built.join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    let host = shell::answer(shell::at_root("rustc").args(["--print", "host-tuple"])).unwrap_or_else(|| "host".into());
    let name = format!("satchel-{}-{host}", env!("CARGO_PKG_VERSION"));
    let dist = shell::target().join("dist");
    let folder = dist.join(&name);
    // What an earlier version put there is none of this one's.
    let _ = fs::remove_dir_all(&dist);
    fs::create_dir_all(&folder).map_err(|source| Failure::File {
        path: folder.clone(),
        source,
    })?;
    for binary in ["satchel", "satchel-server"] {
        let from = program(binary);
        copy(&from, &folder.join(from.file_name().unwrap_or(from.as_os_str())))?;
    }
    // An archive with the licences of another version is no use to anybody.
    shell::run(&mut page::licences(true)?)?;
    for (paper, called) in PAPERS {
        copy(&shell::root().join(paper), &folder.join(called))?;
    }
    for (file, binary, arguments) in [
        ("satchel.bash", "satchel", &["completions", "bash"][..]),
        ("satchel.fish", "satchel", &["completions", "fish"]),
        ("_satchel", "satchel", &["completions", "zsh"]),
        ("satchel.1", "satchel", &["man"]),
        ("satchel-server.1", "satchel-server", &["man"]),
    ] {
        let mut command = shell::at_root(program(binary));
        command.args(arguments);
        let text = shell::answer(&mut command)
            .ok_or_else(|| Failure::Findings(vec![format!("{} failed", shell::line_of(&command))]))?;
        write(&folder.join(file), &text)?;
        // Where the packages' assets are looked for; Debian has its manual packed, with no name and time.
        write(&built.join(file), &text)?;
        if file.ends_with(".1") {
            shell::run(shell::at_root("gzip").args(["-9nkf"]).arg(built.join(file)))?;
        }
    }
    let archive = format!("{name}.tar.gz");
    // The same files give the same archive: no owner, no time, one order.
    let mut tar = shell::at_root("tar");
    tar.current_dir(&dist).args([
        "--sort=name",
        "--owner=0",
        "--group=0",
        "--numeric-owner",
        "--mtime=@0",
        "--mode=u=rwX,go=rX",
    ]);
    shell::run(tar.args(["-czf", &archive, &name]))?;
    let version = env!("CARGO_PKG_VERSION");
    let list = format!("satchel-{version}.cdx.json");
    let mut sbom = page::sbom(version)?;
    let Some(text) = shell::answer(&mut sbom) else {
        return Err(Failure::Findings(vec![format!("{} failed", shell::line_of(&sbom))]));
    };
    write(&dist.join(&list), &text)?;
    let packages = if host.contains("-linux-") {
        debian(&host, &dist)?
    } else {
        Vec::new()
    };
    let mut sums = shell::at_root("sha256sum");
    sums.current_dir(&dist).args([&archive, &list]).args(&packages);
    let sums = shell::answer(&mut sums).unwrap_or_default();
    write(&dist.join("SHA256SUMS"), &sums)?;
    println!("{}", dist.join(archive).display());
    Ok(())
}

/// A package of each binary, and what they are called: `[package.metadata.deb]` of server and cli says what is in it.
fn debian(host: &str, dist: &Path) -> Result<Vec<String>, Failure> {
    let program = machine::cargo_deb()?;
    let mut packages = Vec::new();
    for package in ["satchel-server", "satchel"] {
        let mut deb = shell::at_root(&program);
        deb.args([
            "--no-build",
            "--no-strip",
            "--quiet",
            "--package",
            package,
            "--target",
            host,
            "--output",
        ]);
        let line = shell::line_of(deb.arg(dist));
        let made = shell::answer(&mut deb).ok_or_else(|| Failure::Findings(vec![format!("{line} failed")]))?;
        let name = Path::new(made.trim()).file_name().unwrap_or_default();
        packages.push(name.to_string_lossy().into_owned());
    }
    Ok(packages)
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    fs::write(path, format!("{text}\n")).map_err(|source| Failure::File {
        path: path.to_path_buf(),
        source,
    })
}

fn copy(from: &Path, to: &Path) -> Result<(), Failure> {
    fs::copy(from, to).map(drop).map_err(|source| Failure::File {
        path: from.to_path_buf(),
        source,
    })
}
