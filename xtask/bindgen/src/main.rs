//! `satchel-bindgen IN.wasm WEB_DIR NODE_DIR`: writes the JavaScript and TypeScript that go with the WebAssembly.
//!
//! It is the wasm-bindgen command line as a library, in the version that the lock file names, so that nobody has to
//! install a tool whose version must equal that of a crate. A crate of its own because xtask itself must start quickly.

use std::path::Path;
use std::process::ExitCode;

use wasm_bindgen_cli_support::Bindgen;

/// The page's glue (`web`) and the one that the tests load in Node (`nodejs`) come from the same bytes.
fn generate(input: &Path, web: &Path, node: &Path) -> Result<(), String> {
    let name = "satchel_client_wasm";
    let told = |error| format!("{error:#}");
    let mut page = Bindgen::new();
    page.input_path(input)
        .out_name(name)
        .typescript(true)
        .remove_name_section(true)
        .remove_producers_section(true);
    page.web(true).map_err(told)?.omit_default_module_path(true);
    page.generate(web).map_err(told)?;
    let mut tests = Bindgen::new();
    tests.input_path(input).out_name(name).typescript(true);
    tests.nodejs(true).map_err(told)?.generate(node).map_err(told)
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [input, web, node] = arguments.as_slice() else {
        eprintln!("usage: satchel-bindgen IN.wasm WEB_DIR NODE_DIR");
        return ExitCode::from(2);
    };
    match generate(Path::new(input), Path::new(web), Path::new(node)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("satchel-bindgen: {reason}");
            ExitCode::FAILURE
        }
    }
}
