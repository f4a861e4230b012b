//! Puts web/dist-letter/letter.html into the binary: the page of a letter. Without it the program compiles all the same, and
//! `satchel encrypt --html` says in a sentence that it has no page.

use std::path::PathBuf;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let folder = |name| env::var_os(name).map(PathBuf::from).unwrap_or_default();
    let page = folder("CARGO_MANIFEST_DIR").join("../web/dist-letter/letter.html");
    println!("cargo::rerun-if-changed={}", page.display());
    println!("cargo::rerun-if-changed=build.rs");
    let text = if page.is_file() {
        fs::read_to_string(page)?
    } else {
        String::new()
    };
    fs::write(folder("OUT_DIR").join("letter.html"), text)
}
