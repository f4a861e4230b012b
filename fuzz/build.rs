//! Writes corpus/TARGET/ from ../vectors, by listing: what each target takes is cut out of every vector that has it; and from found/TARGET/,
//! what earlier fuzzing found to reach further. A folder that moved is an error, so that fuzzing never starts empty.

use std::path::{Path, PathBuf};
use std::{fs, io};

use satchel_crypto::{Allowed, Container, Key, Link, Prelude};

const ANSWERS: [&str; 8] = [
    r#"{"version":"0.1.0","size_bytes_max":10737418240,"expires_in_secs_min":60,"expires_in_secs_max":7776000,"expires_in_secs_default":604800,"reads_max":1000,"invite_required":false}"#,
    r#" { "version" : "0.1\u00e9 \ud83d\ude00\"\\\/\b\f\n\r\t", "size_bytes_max":18446744073709551615,"expires_in_secs_min":60,"expires_in_secs_max":0,"expires_in_secs_default":5,"reads_max":1000,"invite_required":true,"more":[{"a":[null,false,-1,2.5e-3,1E9,"x"],"":{}},[]] } "#,
    r#"{"size":4096,"reads":1,"reads_left":1,"expires_at":1800000000,"tries_left":10,"burns_on_guessing":false,"retry_after":0}"#,
    r#"{"state":"burned","burned":"guessing","burned_at":3600,"size":null,"reads":0,"reads_left":null,"reads_used":null,"leases_running":0,"wrong_tries":0,"retry_after":0,"expires_at":null}"#,
    r#"{"state":"stored","size":700000,"links":[{"number":3,"receipt":{"state":"stored","size":4096,"reads":1,"reads_left":1,"leases_running":0,"wrong_tries":0,"retry_after":0,"expires_at":7},"label":"AAAA"}]}"#,
    r#"{"links":[{"number":1,"expires_at":1800000000},{"number":2,"expires_at":1800003600}]}"#,
    r#"{"burned":12}"#,
    r#"{"type":"urn:satchel:problem:burned","title":"It burned.","status":410,"code":"burned","burned":"reads","burned_at":3600}"#,
];

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=../vectors");
    println!("cargo::rerun-if-changed=found");
    let mut manifests = 0;
    for (name, head, body) in vectors("container")? {
        write("segments", &name, &body)?;
        let Ok(prelude) = Prelude::parse(&body) else { continue };
        let rest = body
            .get(46..prelude.prefix_len())
            .and_then(|rest| rest.split_first_chunk::<4>());
        if let Some((len, rest)) = rest
            && let Some(header) = rest.get(..u32::from_be_bytes(*len) as usize)
        {
            write("header", &name, header)?;
        }
        let link = head
            .lines()
            .find_map(|line| line.strip_prefix("link: "))
            .and_then(|link| Link::parse(link).ok());
        if let Some(manifest) = link.and_then(|link| first_manifest(&link, &body)) {
            manifests += 1;
            write("manifest", &name, &manifest)?;
        }
    }
    if manifests == 0 {
        return Err(io::Error::other("no vector gave a manifest"));
    }
    for (name, _, body) in vectors("link")? {
        write("link", &name, &body)?;
    }
    for (folder, target) in [
        ("recipient", "recipient"),
        ("share", "share"),
        ("page", "page"),
        ("set", "set"),
    ] {
        for (name, _, body) in vectors(folder)? {
            write(target, &name, &body)?;
        }
    }
    for (name, _, body) in vectors("share")? {
        write("share_text", &name, &body)?;
    }
    // No vector is an answer: one of each kind, and one with all that JSON has.
    for (at, answer) in ANSWERS.iter().enumerate() {
        write("json", &format!("answer-{at}"), answer.as_bytes())?;
    }
    found()
}

/// found/TARGET/NAME, as they are.
fn found() -> io::Result<()> {
    for target in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("found"))? {
        let target = target?;
        for file in fs::read_dir(target.path())? {
            let file = file?;
            let (target, name) = (target.file_name(), file.file_name());
            write(
                &target.to_string_lossy(),
                &name.to_string_lossy(),
                &fs::read(file.path())?,
            )?;
        }
    }
    Ok(())
}

/// The manifest's bytes as they stand in the first segment, good or bad: not through `Unpacker`, which gives out good ones alone.
fn first_manifest(link: &Link, body: &[u8]) -> Option<Vec<u8>> {
    let link = link.unlock(None).ok()?;
    let mut opened = Container::parse(body, body.len() as u64)
        .ok()?
        .open(&Key::Link(&link), Allowed::ALL)
        .ok()?;
    let range = opened.segment_range(0);
    let bytes = body.get(usize::try_from(range.start).ok()?..usize::try_from(range.end).ok()?)?;
    let plain = opened.closed_segment(0, bytes.to_vec()).ok()?.open().ok()?;
    let (len, rest) = plain.plaintext().split_first_chunk::<4>()?;
    Some(rest.get(..u32::from_be_bytes(*len) as usize)?.to_vec())
}

/// The vectors of one folder: name, header lines, body.
fn vectors(folder: &str) -> io::Result<Vec<(String, String, Vec<u8>)>> {
    let path: PathBuf = [env!("CARGO_MANIFEST_DIR"), "../vectors", folder].iter().collect();
    let mut all = Vec::new();
    for file in fs::read_dir(path)? {
        let file = file?;
        let bytes = fs::read(file.path())?;
        let Some(at) = bytes.windows(2).position(|two| two == b"\n\n") else {
            continue;
        };
        let head = String::from_utf8_lossy(&bytes[..at]).into_owned();
        all.push((
            file.file_name().to_string_lossy().into_owned(),
            head,
            bytes[at + 2..].to_vec(),
        ));
    }
    if all.is_empty() {
        Err(io::Error::other("no vectors"))
    } else {
        Ok(all)
    }
}

/// Writes one seed of a target, and asks to be run again should it go.
fn write(target: &str, name: &str, bytes: &[u8]) -> io::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
    fs::create_dir_all(&folder)?;
    let path = folder.join(name);
    println!("cargo::rerun-if-changed={}", path.display());
    // A file that is touched would make cargo build again, each time.
    if fs::read(&path).is_ok_and(|there| there == bytes) {
        return Ok(());
    }
    fs::write(path, bytes)
}
