//! Puts what was built of the page into the binary: web/dist-letter/letter.html, the page of a letter, and web/dist/page-manifest.json with
//! web/TRUSTED_TYPES, by which `satchel verify-server` knows the page of a server. Without them the program compiles all the same, and
//! `satchel encrypt --html` and `satchel verify-server` say in a sentence that it has no page.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

use base64ct::{Base64, Encoding as _};
use sha2::{Digest as _, Sha384};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = |name| env::var_os(name).map(PathBuf::from).unwrap_or_default();
    let (web, out) = (folder("CARGO_MANIFEST_DIR").join("../web"), folder("OUT_DIR"));
    println!("cargo::rerun-if-changed=build.rs");
    let letter = text(&web.join("dist-letter/letter.html"))?;
    let manifest = text(&web.join("dist/page-manifest.json"))?;
    let names = text(&web.join("TRUSTED_TYPES"))?;
    check(&manifest, &letter)?;
    fs::write(out.join("letter.html"), letter)?;
    fs::write(out.join("page-manifest.json"), manifest)?;
    let names = names.split_whitespace().collect::<Vec<_>>().join(" ");
    Ok(fs::write(out.join("TRUSTED_TYPES"), names)?)
}

/// Nothing, where there is none.
fn text(path: &Path) -> io::Result<String> {
    println!("cargo::rerun-if-changed={}", path.display());
    if path.is_file() {
        fs::read_to_string(path)
    } else {
        Ok(String::new())
    }
}

/// The manifest is of this version, and names this letter where it names one.
fn check(manifest: &str, letter: &str) -> Result<(), Box<dyn Error>> {
    if manifest.is_empty() {
        return Ok(());
    }
    let version = format!("{{\n  \"version\": \"{}\",\n", env::var("CARGO_PKG_VERSION")?);
    let hash = Base64::encode_string(&Sha384::digest(letter));
    let described = format!("\"letter\": {{\"bytes\":{},\"sha384\":\"{hash}\"}}", letter.len());
    let fits = letter.is_empty() || !manifest.contains("\"letter\":") || manifest.contains(&described);
    if manifest.starts_with(&version) && fits {
        return Ok(());
    }
    Err("web/dist/page-manifest.json is of another build: `cargo xtask build` makes all that it lists".into())
}
