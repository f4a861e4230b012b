//! Options: flags, variables and file; and the sentences for what cannot be used.

use std::fs;
use std::process::Output;

use super::harness::{Server, command};

fn refused(arguments: &[&str]) -> Output {
    let output = command().args(arguments).output().unwrap();
    assert!(output.stdout.is_empty());
    output
}

fn sentence(output: &Output) -> String {
    let text = String::from_utf8(output.stderr.clone()).unwrap();
    assert!(text.starts_with("satchel-server: error: "), "{text}");
    assert!(!text.contains("panicked") && !text.contains("backtrace"), "{text}");
    text
}

/// [B-70]
#[test]
fn an_unknown_key_in_the_file_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("satchel.toml");
    fs::write(&file, "listen = \"127.0.0.1:0\"\nsize_maximum = 5\n").unwrap();
    let output = refused(&["serve", "--config", file.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(2));
    assert!(sentence(&output).contains("size_maximum"));
}

/// [B-70]
#[test]
fn bad_options_are_usage_errors() {
    for arguments in [
        &["serve", "--listen", "nowhere"][..],
        &["serve", "--size-max", "1.5 apples"],
        &["serve", "--colour", "red"],
        &["serve", "--expires-min", "2d", "--expires-max", "1d"],
        &["serve", "--config", "/nonexistent/satchel.toml"],
        &["sing"],
    ] {
        let output = refused(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        sentence(&output);
    }
}

/// [B-70]
#[test]
fn a_flag_wins_over_a_variable_and_a_variable_over_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("satchel.toml");
    fs::write(
        &file,
        "size_max = \"1MiB\"\nexpires_max = \"3d\"\nexpires_default = 3600\n",
    )
    .unwrap();
    let file = file.to_str().unwrap();
    let server = Server::start_with(&["--config", file, "--expires-max", "2d"]);
    let config = server.ask("GET", "/api/v1/config", &[], &[]).json();
    assert_eq!(config["size_bytes_max"], 1 << 20);
    assert_eq!(
        (&config["expires_in_secs_max"], &config["expires_in_secs_default"]),
        (&172_800.into(), &3600.into())
    );
}

/// [B-71]
#[test]
fn a_port_in_use_is_a_sentence() {
    let first = Server::start();
    let data = tempfile::tempdir().unwrap();
    let output = refused(&[
        "serve",
        "--listen",
        &first.address.to_string(),
        "--data",
        data.path().to_str().unwrap(),
    ]);
    assert_eq!(output.status.code(), Some(1));
    assert!(sentence(&output).contains("in use"));
}

/// [B-71]
#[test]
fn a_second_server_on_the_same_data_is_refused() {
    let first = Server::start();
    let output = refused(&[
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--data",
        first.data.path().to_str().unwrap(),
    ]);
    assert_eq!(output.status.code(), Some(1));
    assert!(sentence(&output).contains("another server is using"));
    assert_eq!(first.ask("GET", "/healthz", &[], &[]).body, b"ok");
}

/// [B-71]
#[test]
fn a_data_folder_that_cannot_be_used_is_a_sentence() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let output = refused(&[
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--data",
        file.path().to_str().unwrap(),
    ]);
    assert_eq!(output.status.code(), Some(1));
    sentence(&output);
}
