//! The test programs of all crates. `cargo test` runs one after the other, and most of them keep less than one core busy.

use std::path::Path;
use std::process::Command;

use crate::failure::Failure;
use crate::shell;

/// All test programs, built, each to be started where cargo would start it; and cargo for the tests in the docs. In a long run they print
/// figures, which are otherwise swallowed where a test passes.
///
/// # Errors
/// What cargo says where something does not compile.
pub(super) fn programs(long: bool) -> Result<Vec<Command>, Failure> {
    let mut build = shell::cargo();
    build.args([
        "test",
        "--workspace",
        "--no-run",
        "--quiet",
        "--message-format=json-render-diagnostics",
    ]);
    let line = shell::line_of(&build);
    let output = build.stderr(std::process::Stdio::inherit()).output();
    let output = output.map_err(|source| Failure::NotStarted {
        line: line.clone(),
        source,
    })?;
    if !output.status.success() {
        return Err(Failure::Command {
            line,
            ended: output.status.to_string(),
        });
    }
    let told = String::from_utf8_lossy(&output.stdout);
    let mut documents = shell::cargo();
    documents.args(["test", "--workspace", "--doc"]);
    let programs = told.lines().filter_map(program).map(|mut program| {
        program.args(long.then_some("--show-output"));
        program
    });
    Ok(std::iter::once(documents).chain(programs).collect())
}

/// The program that one message of cargo names, where it was built to be tested.
fn program(message: &str) -> Option<Command> {
    let (_, profile) = message.split_once("\"profile\":{")?;
    let (profile, _) = profile.split_once('}')?;
    if !profile.contains("\"test\":true") {
        return None;
    }
    let (program, manifest) = (text(message, "executable")?, text(message, "manifest_path")?);
    let folder = Path::new(&manifest).parent()?;
    let mut command = Command::new(program);
    command.current_dir(folder).env("CARGO_MANIFEST_DIR", folder);
    Some(command)
}

/// A field of a message that is a text. Of what JSON escapes, paths have backslashes at most.
fn text(message: &str, field: &str) -> Option<String> {
    let (_, rest) = message.split_once(&format!("\"{field}\":\""))?;
    let (value, _) = rest.split_once('"')?;
    Some(value.replace("\\\\", "\\"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_of_tests_is_started_in_the_folder_of_its_crate() {
        let message = r#"{"reason":"compiler-artifact","manifest_path":"/a/server/Cargo.toml","target":{"name":"http","doctest":false,"test":true},"profile":{"opt_level":"2","test":true},"executable":"/t/http-1","fresh":true}"#;
        let command = program(message).expect("a program");
        assert_eq!(command.get_program(), "/t/http-1");
        assert_eq!(command.get_current_dir(), Some(Path::new("/a/server")));
    }

    #[test]
    fn what_cargo_builds_beside_tests_is_none() {
        for message in [
            r#"{"manifest_path":"/a/Cargo.toml","target":{"test":true},"profile":{"test":false},"executable":"/t/satchel"}"#,
            r#"{"manifest_path":"/a/Cargo.toml","target":{"test":true},"profile":{"test":true},"executable":null}"#,
            r#"{"reason":"build-finished","success":true}"#,
        ] {
            assert!(program(message).is_none(), "{message}");
        }
    }
}
