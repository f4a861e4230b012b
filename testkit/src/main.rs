//! `satchel-testkit FOLDER [--check]`: writes the vectors there, or says which of them differ.

use std::path::Path;
use std::process::ExitCode;

use satchel_testkit::tree;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match &arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [folder] => write(Path::new(folder)),
        [folder, "--check"] => check(Path::new(folder)),
        _ => {
            eprintln!("usage: satchel-testkit FOLDER [--check]");
            return ExitCode::from(2);
        }
    };
    outcome.unwrap_or_else(|error| {
        eprintln!("satchel-testkit: error: {error}");
        ExitCode::FAILURE
    })
}

fn write(root: &Path) -> std::io::Result<ExitCode> {
    println!("{} vectors written", tree::write(root)?);
    Ok(ExitCode::SUCCESS)
}

fn check(root: &Path) -> std::io::Result<ExitCode> {
    let differences = tree::differences(root)?;
    differences.iter().for_each(|path| println!("differs: {path}"));
    Ok(if differences.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
