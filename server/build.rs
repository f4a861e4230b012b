//! Puts web/dist into the binary: each file as it is, as gzip and as brotli, with its media type; and the hash of the frame's script.
//! What is put in is what the page's manifest lists, or it does not compile.
//!
//! Without web/dist it compiles all the same; the server then says in a sentence that it has no page.

use std::env;
use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use base64ct::{Base64, Encoding as _};
use satchel_api::page;
use sha2::{Digest as _, Sha256, Sha384};

type Done<T> = Result<T, Box<dyn Error>>;

fn main() -> Done<()> {
    let web = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("../web");
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let dist = web.join("dist");
    println!("cargo::rerun-if-changed={}", dist.display());
    println!("cargo::rerun-if-changed={}", web.join("TRUSTED_TYPES").display());
    println!("cargo::rerun-if-changed=build.rs");

    let mut files = Vec::new();
    if dist.is_dir() {
        walk(&dist, &mut files)?;
    }
    files.sort();
    if !files.is_empty() {
        check_manifest(&dist, &files)?;
    }
    let mut table = String::from("pub(super) static FILES: &[Embedded] = &[\n");
    for (number, file) in files.iter().enumerate() {
        println!("cargo::rerun-if-changed={}", file.display());
        table.push_str(&embed(&dist, file, &out, number)?);
    }
    table.push_str("];\n");
    writeln!(table, "pub(super) const TRUSTED_TYPES: &str = {:?};", policies(&web)?)?;
    writeln!(
        table,
        "pub(super) const FRAME_SCRIPT: &str = {:?};",
        inline_hashes(&dist, "script")?
    )?;
    writeln!(
        table,
        "pub(super) const FRAME_STYLE: &str = {:?};",
        inline_hashes(&dist, "style")?
    )?;
    fs::write(out.join("page.rs"), table)?;
    Ok(())
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) -> Done<()> {
    println!("cargo::rerun-if-changed={}", folder.display());
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            walk(&path, files)?
        } else {
            files.push(path)
        }
    }
    Ok(())
}

fn embed(dist: &Path, file: &Path, out: &Path, number: usize) -> Done<String> {
    let name = name_of(dist, file)?;
    let bytes = fs::read(file)?;
    let media_type =
        page::media_type(&name).ok_or_else(|| format!("web/dist{name}: its media type is not known to satchel-api"))?;
    let keep = |suffix: &str, bytes: &[u8]| -> Done<String> {
        let path = out.join(format!("{number}.{suffix}"));
        fs::write(&path, bytes)?;
        Ok(format!("include_bytes!({:?})", path))
    };
    let optional = |suffix: &str, packed: Vec<u8>| -> Done<String> {
        // A packed form that saves nothing is not worth a header.
        if packed.len() + 64 < bytes.len() {
            Ok(format!("Some({})", keep(suffix, &packed)?))
        } else {
            Ok("None".into())
        }
    };
    Ok(format!(
        "    Embedded {{ path: {:?}, media_type: {:?}, plain: {}, gzip: {}, brotli: {} }},\n",
        name,
        media_type,
        keep("plain", &bytes)?,
        optional("gz", gzip(&bytes)?)?,
        optional("br", brotli(&bytes)?)?,
    ))
}

fn gzip(bytes: &[u8]) -> Done<Vec<u8>> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    packer.write_all(bytes)?;
    Ok(packer.finish()?)
}

fn brotli(bytes: &[u8]) -> Done<Vec<u8>> {
    let mut packed = Vec::new();
    let parameters = brotli::enc::BrotliEncoderParams {
        quality: 11,
        ..Default::default()
    };
    brotli::BrotliCompress(&mut &bytes[..], &mut packed, &parameters)?;
    Ok(packed)
}

/// The names of the page's Trusted Types policies, one a line in web/TRUSTED_TYPES.
fn policies(web: &Path) -> Done<String> {
    let path = web.join("TRUSTED_TYPES");
    let text = if path.is_file() {
        fs::read_to_string(path)?
    } else {
        String::new()
    };
    let names: Vec<&str> = text.split_whitespace().collect();
    Ok(if names.is_empty() {
        "'none'".to_owned()
    } else {
        names.join(" ")
    })
}

/// `'sha256-...'` of each inline `<script>` or `<style>` of frame.html, separated by spaces.
fn inline_hashes(dist: &Path, element: &str) -> Done<String> {
    let path = dist.join(&page::FRAME[1..]);
    let frame = if path.is_file() {
        fs::read_to_string(path)?
    } else {
        String::new()
    };
    let inside = page::inline(&frame, element).ok_or("frame.html: an element is not closed, or is not inline")?;
    if element == "script" && inside.len() > 1 {
        return Err("frame.html: it must have one script".into());
    }
    let hash = |text: &str| format!("'sha256-{}'", Base64::encode_string(&Sha256::digest(text.as_bytes())));
    Ok(inside.into_iter().map(hash).collect::<Vec<_>>().join(" "))
}

/// The manifest lists exactly the files that are taken in here, so that what is served is what it says.
fn check_manifest(dist: &Path, files: &[PathBuf]) -> Done<()> {
    let wrong = "web/dist is not what web/dist/page-manifest.json says: `cargo xtask build` makes both";
    let manifest = fs::read_to_string(dist.join(&page::MANIFEST[1..])).map_err(|_| wrong)?;
    let listed = manifest
        .split_once("\"files\": {\n")
        .and_then(|(_, rest)| rest.split_once("\n  }"))
        .ok_or(wrong)?
        .0;
    let mut lines = Vec::new();
    for file in files {
        let name = name_of(dist, file)?;
        if name != page::MANIFEST {
            let bytes = fs::read(file)?;
            let hash = Base64::encode_string(&Sha384::digest(&bytes));
            lines.push(format!(
                "    {name:?}: {{\"bytes\":{},\"sha384\":\"{hash}\"}}",
                bytes.len()
            ));
        }
    }
    lines.sort();
    if listed == lines.join(",\n") {
        Ok(())
    } else {
        Err(wrong.into())
    }
}

/// `/assets/index.js`
fn name_of(dist: &Path, file: &Path) -> Done<String> {
    let name = file
        .strip_prefix(dist)?
        .to_str()
        .ok_or("a file name in web/dist is not UTF-8")?;
    Ok(format!("/{}", name.replace('\\', "/")))
}
