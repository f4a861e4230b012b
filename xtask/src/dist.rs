//! `dist`: target/dist/satchel-VERSION-TARGET.tar.gz with both binaries, completions, man pages and licences, our own and those of
//! what is built in; SHA256SUMS beside it.

use std::fs;
use std::path::Path;

use crate::build::{self, Mode};
use crate::failure::Failure;
use crate::page;
use crate::shell;

/// Where they lie, and what they are called in the archive. The last says whose work is built in; the page has it too.
const PAPERS: [(&str, &str); 6] = [
    ("README.md", "README.md"),
    ("CHANGELOG.md", "CHANGELOG.md"),
    ("SECURITY.md", "SECURITY.md"),
    ("LICENSE-MIT", "LICENSE-MIT"),
    ("LICENSE-APACHE", "LICENSE-APACHE"),
    ("web/public/third-party.txt", "THIRD-PARTY"),
];

/// Builds for release and packs.
pub(crate) fn dist() -> Result<(), Failure> {
    build::build(&["satchel", "satchel-server"], Mode::Release)?;
    let host = shell::answer(shell::at_root("rustc").args(["--print", "host-tuple"])).unwrap_or_else(|| "host".into());
    let name = format!("satchel-{}-{host}", env!("CARGO_PKG_VERSION"));
    let dist = shell::target().join("dist");
    let folder = dist.join(&name);
    fs::create_dir_all(&folder).map_err(|source| Failure::File {
        path: folder.clone(),
        source,
    })?;
    for binary in ["satchel", "satchel-server"] {
        let from = build::binary(binary, Mode::Release);
        copy(&from, &folder.join(from.file_name().unwrap_or(from.as_os_str())))?;
    }
    // An archive with the licences of another version is no use to anybody.
    shell::run(&mut page::licences(true)?)?;
    for (paper, called) in PAPERS {
        copy(&shell::root().join(paper), &folder.join(called))?;
    }
    for (file, arguments) in [
        ("satchel.bash", &["completions", "bash"][..]),
        ("satchel.fish", &["completions", "fish"]),
        ("_satchel", &["completions", "zsh"]),
        ("satchel.1", &["man"]),
    ] {
        let mut command = shell::at_root(build::binary("satchel", Mode::Release));
        if let Some(text) = shell::answer(command.args(arguments)) {
            let path = folder.join(file);
            fs::write(&path, format!("{text}\n")).map_err(|source| Failure::File { path, source })?;
        }
    }
    let archive = format!("{name}.tar.gz");
    // The same files give the same archive: no owner, no time, one order.
    let mut tar = shell::at_root("tar");
    tar.current_dir(&dist)
        .args(["--sort=name", "--owner=0", "--group=0", "--numeric-owner", "--mtime=@0"]);
    shell::run(tar.args(["-czf", &archive, &name]))?;
    let mut sums = shell::at_root("sha256sum");
    let sums = shell::answer(sums.current_dir(&dist).arg(&archive)).unwrap_or_default();
    let path = dist.join("SHA256SUMS");
    fs::write(&path, format!("{sums}\n")).map_err(|source| Failure::File { path, source })?;
    println!("{}", dist.join(archive).display());
    Ok(())
}

fn copy(from: &Path, to: &Path) -> Result<(), Failure> {
    fs::copy(from, to).map(drop).map_err(|source| Failure::File {
        path: from.to_path_buf(),
        source,
    })
}
