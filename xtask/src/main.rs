//! `cargo xtask TASK`: everything that is done to this project besides editing it.

mod bench;
mod build;
mod dist;
mod docs;
mod failure;
mod fuzz;
mod machine;
mod page;
mod python;
mod reproducible;
mod screenshots;
mod shell;
mod stamp;
mod test;
mod vectors;
mod wasm;

use std::process::ExitCode;

use build::Mode;
use failure::Failure;

const USAGE: &str = "\
usage: cargo xtask TASK

  serve [--release] [SERVER OPTIONS]  build what is missing and serve http://127.0.0.1:8787
  build [--release]                   WebAssembly, page, satchel and satchel-server
  wasm                                the WebAssembly alone
  page                                the WebAssembly and the page
  reproducible [--twice]              build the page elsewhere, and compare every byte
  test [--long] [STEP...]             everything, or the steps named; --long counts in full
  screenshots [--update]              every view in pictures, compared with their references or taken anew
  design                              serve the page that shows all the look is made of, as it is changed
  lint                                what looks at the sources alone
  bench [--only PART] ...             speeds, as ratios to a limit of the same run; files, server, many, browser, page
  licences [--check]                  write web/public/third-party.txt anew, or say that it is no longer right
  vectors [--check]                   write vectors/ anew, or say what differs
  keep-found                          keep what fuzzing found to reach further, in fuzz/found/
  dist                                release binaries and their checksums in target/dist
  prepare                             install what the steps need

WebAssembly: SATCHEL_WASM_RUSTC and SATCHEL_WASM_LINKER name compiler and linker by hand.
Browser tests: SATCHEL_CHROMIUM names the browser.
A long run fuzzes each target for 600 s, or SATCHEL_FUZZ_SECONDS.";

fn main() -> ExitCode {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let task = if arguments.is_empty() {
        String::new()
    } else {
        arguments.remove(0)
    };
    match perform(&task, arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Usage(text)) => {
            eprintln!("{text}");
            ExitCode::from(2)
        }
        Err(failure) => {
            eprintln!("xtask: error: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn perform(task: &str, mut arguments: Vec<String>) -> Result<(), Failure> {
    match task {
        "serve" => build::serve(arguments),
        "build" => {
            let mode = Mode::take(&mut arguments);
            no_more(&arguments)?;
            build::build(&["satchel", "satchel-server"], mode)
        }
        "wasm" => no_more(&arguments).and_then(|()| wasm::build()),
        "page" => no_more(&arguments).and_then(|()| build::page()),
        "reproducible" => {
            let twice = arguments.first().is_some_and(|argument| argument == "--twice");
            no_more(&arguments[usize::from(twice)..])?;
            reproducible::reproducible(twice)
        }
        "test" => test::test(arguments),
        "screenshots" => {
            let update = arguments.first().is_some_and(|argument| argument == "--update");
            no_more(&arguments[usize::from(update)..])?;
            screenshots::screenshots(update)
        }
        "design" => no_more(&arguments).and_then(|()| page::design()),
        "lint" => no_more(&arguments).and_then(|()| test::lint()),
        "bench" => bench::bench(arguments),
        "licences" => {
            let check = arguments.first().is_some_and(|argument| argument == "--check");
            no_more(&arguments[usize::from(check)..])?;
            shell::run(&mut page::licences(check)?)
        }
        "vectors" => {
            let check = arguments.first().is_some_and(|argument| argument == "--check");
            no_more(&arguments[usize::from(check)..])?;
            vectors::vectors(check)
        }
        "keep-found" => no_more(&arguments).and_then(|()| fuzz::keep_found()),
        "dist" => no_more(&arguments).and_then(|()| dist::dist()),
        "prepare" => no_more(&arguments).and_then(|()| machine::prepare()),
        "help" | "--help" | "-h" => {
            println!("{USAGE}");
            Ok(())
        }
        _ => Err(Failure::Usage(USAGE.to_owned())),
    }
}

/// An argument that nobody asked for is a mistake, not something to pass over.
fn no_more(arguments: &[String]) -> Result<(), Failure> {
    match arguments.first() {
        None => Ok(()),
        Some(unknown) => Err(Failure::Usage(format!("xtask: unknown argument {unknown}\n\n{USAGE}"))),
    }
}
