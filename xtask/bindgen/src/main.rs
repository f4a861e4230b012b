//! `satchel-bindgen IN.wasm WEB_DIR NODE_DIR [--without-references]`: writes the JavaScript and TypeScript that go with the WebAssembly.
//!
//! It is the wasm-bindgen command line as a library, in the version that the lock file names, so that nobody has to
//! install a tool whose version must equal that of a crate. A crate of its own because xtask itself must start quickly.

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use wasm_bindgen_cli_support::Bindgen;

/// In the section `target_features`: that JavaScript's values may be held in a table of the WebAssembly. A ready-made standard library says so
/// even where the rest was built without, and JavaScript that was translated from WebAssembly has no such table.
const REFERENCES: &[u8] = b"+\x0freference-types";
const NO_REFERENCES: &[u8] = b"-\x0freference-types";

fn without_references(mut wasm: Vec<u8>) -> Vec<u8> {
    let mut places = wasm.windows(REFERENCES.len());
    if let Some(at) = places.position(|place| place == REFERENCES) {
        wasm[at..at + REFERENCES.len()].copy_from_slice(NO_REFERENCES);
    }
    wasm
}

/// The page's glue (`web`) and the one that the tests load in Node (`nodejs`) come from the same bytes.
fn generate(input: &Path, web: &Path, node: &Path, references: bool) -> Result<(), String> {
    let name = "satchel_client_wasm";
    let told = |error| format!("{error:#}");
    let mut wasm = fs::read(input).map_err(|error| format!("{}: {error}", input.display()))?;
    if !references {
        wasm = without_references(wasm);
    }
    let mut page = Bindgen::new();
    page.input_bytes(name, wasm.clone())
        .out_name(name)
        .typescript(true)
        .remove_name_section(true)
        .remove_producers_section(true);
    page.web(true).map_err(told)?.omit_default_module_path(true);
    page.generate(web).map_err(told)?;
    let mut tests = Bindgen::new();
    tests.input_bytes(name, wasm).out_name(name).typescript(true);
    tests.nodejs(true).map_err(told)?.generate(node).map_err(told)
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (folders, references) = match arguments.as_slice() {
        [folders @ .., flag] if flag == "--without-references" => (folders, false),
        folders => (folders, true),
    };
    let [input, web, node] = folders else {
        eprintln!("usage: satchel-bindgen IN.wasm WEB_DIR NODE_DIR [--without-references]");
        return ExitCode::from(2);
    };
    match generate(Path::new(input), Path::new(web), Path::new(node), references) {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("satchel-bindgen: {reason}");
            ExitCode::FAILURE
        }
    }
}
