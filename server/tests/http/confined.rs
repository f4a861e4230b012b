//! Whoever takes the server over gets no further than it does: its own files, and nobody. And where the kernel has no means to that, it says so.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use tempfile::TempDir;

use super::harness::{Paste, Server, command, token};

const PATIENCE: Duration = Duration::from_secs(30);

/// Stands between the server and the kernel: landlock is of the version that SATCHEL_TEST_LANDLOCK names; 0 is none.
const OLDER_KERNEL: &str = r#"
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
long syscall(long number, ...) {
    static long (*real)(long, ...);
    if (!real) real = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
    long a[6];
    va_list list;
    va_start(list, number);
    for (int i = 0; i < 6; i++) a[i] = va_arg(list, long);
    va_end(list);
    const char *version = getenv("SATCHEL_TEST_LANDLOCK");
    if (number == 444 && version) {
        if (!atoi(version)) { errno = ENOSYS; return -1; }
        if (a[2] & 1) return atoi(version);
    }
    return real(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}
"#;

/// The shim, built; `None`, and a word on standard error, where there is no compiler.
fn older_kernel(folder: &Path) -> Option<PathBuf> {
    let (source, library) = (folder.join("older.c"), folder.join("older.so"));
    fs::write(&source, OLDER_KERNEL).unwrap();
    let built = Command::new("cc")
        .args(["-shared", "-fPIC", "-O1", "-o"])
        .args([&library, &source])
        .arg("-ldl")
        .status();
    if built.is_ok_and(|status| status.success()) {
        return Some(library);
    }
    let _ = writeln!(std::io::stderr(), "skipped: an older kernel: there is no C compiler");
    None
}

fn has_landlock() -> bool {
    let folder = TempDir::new().unwrap();
    let asked = command()
        .args(["doctor", "--data"])
        .arg(folder.path())
        .output()
        .unwrap();
    let has = !String::from_utf8(asked.stdout).unwrap().contains("unconfined");
    if !has {
        let _ = writeln!(std::io::stderr(), "skipped: confinement: this kernel has no landlock");
    }
    has
}

/// A server whose standard error is a file, and that is behind `shim`.
fn start(folder: &Path, options: &[&str], shim: Option<(&Path, &str)>) -> Server {
    let data = TempDir::new().unwrap();
    let mut command = command();
    command
        .args(["serve", "--listen", "127.0.0.1:0", "--data"])
        .arg(data.path())
        .args(options)
        .stderr(File::create(folder.join("said")).unwrap());
    if let Some((library, version)) = shim {
        command.env("LD_PRELOAD", library).env("SATCHEL_TEST_LANDLOCK", version);
    }
    Server::spawn(command, data)
}

fn said(folder: &Path) -> String {
    fs::read_to_string(folder.join("said")).unwrap()
}

fn until_said(folder: &Path, sentence: &str) {
    let since = Instant::now();
    while !said(folder).contains(sentence) {
        assert!(since.elapsed() < PATIENCE, "{sentence}: {}", said(folder));
        std::thread::yield_now();
    }
}

/// What the doctor says of how the server is confined.
fn doctor_finds_it(server: &Server) -> bool {
    let asked = command()
        .args(["doctor", "--data"])
        .arg(server.data.path())
        .output()
        .unwrap();
    String::from_utf8(asked.stdout).unwrap().contains("note unconfined: ")
}

fn serves(server: &Server) {
    for len in [2000, 3 << 20] {
        let paste = Paste::on(server, len, 1);
        assert!(paste.claim(server, &token()).body == paste.content);
    }
}

/// [B-320]
#[test]
fn it_says_that_it_is_confined_and_no_thread_can_gain_privileges() {
    if !has_landlock() {
        return;
    }
    let folder = TempDir::new().unwrap();
    let server = start(folder.path(), &[], None);
    serves(&server);
    assert!(
        said(folder.path()).contains("satchel-server: confined"),
        "{}",
        said(folder.path())
    );
    assert!(!doctor_finds_it(&server));
    for thread in fs::read_dir(format!("/proc/{}/task", server.id())).unwrap() {
        let status = fs::read_to_string(thread.unwrap().path().join("status")).unwrap();
        assert!(status.contains("NoNewPrivs:\t1\n"), "{status}");
    }
}

/// [B-320] [B-321]
#[test]
fn a_configuration_that_is_replaced_is_read_again_and_one_elsewhere_is_out_of_reach() {
    if !has_landlock() {
        return;
    }
    let [folder, elsewhere] = [(); 2].map(|()| TempDir::new().unwrap());
    let config = folder.path().join("satchel.toml");
    fs::write(&config, "items_max = 5\n").unwrap();
    let server = start(folder.path(), &["--config", config.to_str().unwrap()], None);
    fs::write(folder.path().join("new"), "items_max = 6\n").unwrap();
    fs::rename(folder.path().join("new"), &config).unwrap();
    server.signal(Signal::HUP);
    until_said(folder.path(), "the configuration was read again\n");
    assert!(
        !said(folder.path()).contains("takes a restart"),
        "{}",
        said(folder.path())
    );
    // Whoever could write the configuration could have the server read any file, and say what is wrong with it.
    fs::write(elsewhere.path().join("secret"), "a secret\n").unwrap();
    std::os::unix::fs::symlink(elsewhere.path().join("secret"), folder.path().join("link")).unwrap();
    fs::rename(folder.path().join("link"), &config).unwrap();
    server.signal(Signal::HUP);
    until_said(folder.path(), "cannot be read: Permission denied");
    serves(&server);
}

/// [B-321]
#[test]
fn shred_keys_elsewhere_are_within_reach() {
    let [folder, keys] = [(); 2].map(|()| TempDir::new().unwrap());
    let file = keys.path().join("keys");
    let server = start(folder.path(), &["--shred-keys", file.to_str().unwrap()], None);
    serves(&server);
    assert!(file.exists());
}

/// [B-320] [B-322]
#[test]
fn a_kernel_without_landlock_is_named_and_the_server_serves_all_the_same() {
    let folder = TempDir::new().unwrap();
    let Some(shim) = older_kernel(folder.path()) else {
        return;
    };
    let server = start(folder.path(), &[], Some((&shim, "0")));
    serves(&server);
    let said = said(folder.path());
    assert!(
        said.contains("satchel-server: warning: not confined: the kernel has no landlock"),
        "{said}"
    );
    assert!(doctor_finds_it(&server));
    let status = fs::read_to_string(format!("/proc/{}/status", server.id())).unwrap();
    assert!(status.contains("NoNewPrivs:\t1\n"), "{status}");
}

/// [B-320] [B-322]
#[test]
fn a_kernel_that_knows_files_alone_is_told_from_one_that_knows_connections() {
    if !has_landlock() {
        return;
    }
    let folder = TempDir::new().unwrap();
    let Some(shim) = older_kernel(folder.path()) else {
        return;
    };
    for version in ["1", "2", "3"] {
        let server = start(folder.path(), &[], Some((&shim, version)));
        serves(&server);
        let said = said(folder.path());
        assert!(
            said.contains("confined to its files; the kernel has no rule for connections"),
            "{said}"
        );
        assert!(!doctor_finds_it(&server));
    }
}
