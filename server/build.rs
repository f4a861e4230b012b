//! Puts web/dist into the binary: each file as it is, as gzip and as brotli, with its media type; and the hash of the frame's script.
//!
//! Without web/dist it compiles all the same; the server then says in a sentence that it has no page.

use std::env;
use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use base64ct::{Base64, Encoding as _};
use sha2::{Digest as _, Sha256};

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
    let name = file
        .strip_prefix(dist)?
        .to_str()
        .ok_or("a file name in web/dist is not UTF-8")?
        .replace('\\', "/");
    let bytes = fs::read(file)?;
    let media_type =
        media_type(&name).ok_or_else(|| format!("web/dist/{name}: its media type is not known to server/build.rs"))?;
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
        "    Embedded {{ path: {:?}, media_type: {:?}, hash_named: {}, plain: {}, gzip: {}, brotli: {} }},\n",
        format!("/{name}"),
        media_type,
        is_hash_named(&name),
        keep("plain", &bytes)?,
        optional("gz", gzip(&bytes)?)?,
        optional("br", brotli(&bytes)?)?,
    ))
}

fn media_type(name: &str) -> Option<&'static str> {
    Some(match name.rsplit('.').next()? {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "wasm" => "application/wasm",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "webp" => "image/webp",
        "woff2" => "font/woff2",
        "txt" => "text/plain; charset=utf-8",
        _ => return None,
    })
}

/// `assets/NAME-HASH.EXT` with at least eight characters of hash: what Vite makes of a file's content.
fn is_hash_named(name: &str) -> bool {
    let Some(stem) = name
        .strip_prefix("assets/")
        .and_then(|file| file.rsplit_once('.'))
        .map(|(stem, _)| stem)
    else {
        return false;
    };
    stem.len() > 9
        && stem.is_char_boundary(stem.len() - 9)
        && stem.as_bytes()[stem.len() - 9] == b'-'
        && stem
            .bytes()
            .rev()
            .take(8)
            .all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
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

/// `'sha256-...'` of each inline `<script>` or `<style>` of frame.html, separated by spaces; `'none'` without one.
fn inline_hashes(dist: &Path, element: &str) -> Done<String> {
    let path = dist.join("frame.html");
    let page = if path.is_file() {
        fs::read_to_string(path)?
    } else {
        String::new()
    };
    let mut hashes = Vec::new();
    let mut rest = page.as_str();
    while let Some(start) = rest.find(&format!("<{element}")) {
        let tag = &rest[start..];
        let open = tag.find('>').ok_or("frame.html: an element does not end")? + 1;
        let end = tag
            .find(&format!("</{element}>"))
            .ok_or("frame.html: an element is not closed")?;
        if element == "script" && tag[..open].contains("src=") {
            return Err("frame.html: its script must be inline".into());
        }
        hashes.push(format!(
            "'sha256-{}'",
            Base64::encode_string(&Sha256::digest(&tag.as_bytes()[open..end]))
        ));
        rest = &tag[end..];
    }
    if element == "script" && hashes.len() > 1 {
        return Err("frame.html: it must have one script".into());
    }
    Ok(if hashes.is_empty() {
        "'none'".to_owned()
    } else {
        hashes.join(" ")
    })
}
