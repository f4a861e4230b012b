//! Drills, by the commands as they are typed: the page about a seizure says what is there, and a backup is restored where nobody uses it.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Output;

use base64ct::{Base64UrlUnpadded, Encoding as _};
use rusqlite::Connection;
use serde_json::Value;
use tempfile::TempDir;

use super::backing_up::{attempt, backup, keep_on, kill_at_many_points, refused};
use super::documents::Document;
use super::harness::{Paste, Server, command, sha256};
use super::operator::{busy, json, run, stopped};

fn page(data: &Path, more: &[&str]) -> String {
    let output = run(data, &[&["drill", "seizure"], more].concat());
    String::from_utf8(output.stdout).unwrap()
}

/// The page without its line breaks.
fn words(page: &str) -> String {
    page.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn a_seizure_counts_each_kind_of_item_on_a_running_and_on_a_stopped_server() {
    let server = Server::start();
    let data = server.data.path().to_path_buf();
    busy(&server);
    keep_on(&server, 300_000);
    let document = Document::on(&server, 4096);
    for number in [1, 2] {
        document.linked(&server, number);
    }
    let invite = attempt(&data, &["invite", "create", "--base-url", "https://satchel.example"]);
    assert!(invite.status.success());
    let block = command()
        .args(["block", "AAAAAAAAAAAAAAAAAAAAAA", "--data"])
        .arg(&data)
        .status();
    assert!(block.unwrap().success());
    let vault = TempDir::new().unwrap();
    let folder = vault.path().join("backup");
    backup(&data, &folder);
    let named = folder.to_str().unwrap();
    let mut server = Some(server);
    let mut folder_of = None;
    for runs in [true, false] {
        if !runs {
            folder_of = server.take().map(stopped);
        }
        let found = json(&data, &["drill", "seizure", "--backup", named]);
        assert_eq!(found["server_runs"], runs);
        let lot = |name: &str| {
            (
                found[name]["count"].as_u64().unwrap(),
                found[name]["bytes"].as_u64().unwrap(),
            )
        };
        assert_eq!(lot("single_read"), (2, 2000 + 700_000));
        assert_eq!(lot("several_reads"), (1, 200_000));
        assert_eq!(lot("any_reads"), (1, 1000));
        assert_eq!(lot("kept"), (1, 300_000));
        assert_eq!(lot("documents"), (1, 4096));
        assert_eq!(lot("links"), (2, 460));
        assert_eq!(lot("uploads"), (2, 150_000 + 900_000));
        assert_eq!(lot("content").0, 3, "700,000, 300,000 and what arrived of 900,000");
        assert_eq!(
            (&found["tombstones"]["count"], &found["tombstones"]["on_demand"]),
            (&1.into(), &1.into())
        );
        let numbers = [
            "claims",
            "running",
            "invites",
            "blocked",
            "keyed",
            "overdue",
            "content_strays",
        ];
        let numbers = numbers.map(|name| found[name].as_u64().unwrap());
        assert_eq!(numbers, [3, 2, 1, 1, 10, 0, 0]);
        assert_eq!(
            (&found["others"], &found["keys_in_memory"]),
            (&Value::Array(vec![]), &false.into())
        );
        let kept = &found["backups"][0];
        assert_eq!((&kept["kept"], &kept["tombstones"]), (&1.into(), &10.into()));
        assert_eq!((&kept["invites"], &kept["blocked"]), (&1.into(), &1.into()));
    }
    drop(folder_of);
}

#[test]
fn the_page_fits_a_page_and_names_every_table_and_what_opens() {
    let server = Server::start();
    busy(&server);
    let data = server.data.path();
    let said = page(data, &[]);
    assert!(said.lines().count() <= 66, "{said}");
    assert!(said.lines().all(|line| line.chars().count() <= 110), "{said}");
    // A table more is to be explained on the page.
    let conn =
        Connection::open_with_flags(data.join("satchel.db"), rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    let mut query = conn
        .prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name")
        .unwrap();
    let tables: Vec<String> = query
        .query_map([], |row| row.get(0))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    assert_eq!(tables, ["block", "blocked", "invite", "lease", "paste", "store"]);
    let said = words(&said);
    for sentence in [
        "Nothing opens with the disk alone",
        "The 6 that live and have their key here, each by its own link",
        "whatever number of reads it was for; nobody is told",
        "guessed without any count of tries, at the price of Argon2id",
        "A claim whose download runs (2 now) has the time at which it ends at the latest, by five minutes",
        "its memory also has the addresses of who is connected",
        "No folder of backups was named",
    ] {
        assert!(said.contains(sentence), "{sentence}: {said}");
    }
}

#[test]
fn what_is_past_its_time_on_a_stopped_server_is_said_to_have_its_key_still() {
    let server = Server::start();
    Paste::on(&server, 2000, 1);
    let data = stopped(server);
    let conn = Connection::open(data.path().join("satchel.db")).unwrap();
    conn.execute("UPDATE paste SET due_at = 300", []).unwrap();
    drop(conn);
    let found = json(data.path(), &["drill", "seizure"]);
    assert_eq!((&found["overdue"], &found["keyed"]), (&1.into(), &1.into()));
    assert!(words(&page(data.path(), &[])).contains("1 of them are past their time"));
    fs::write(data.path().join("notes.txt"), "x").unwrap();
    assert!(words(&page(data.path(), &[])).contains("not of the server's making or left from a restore: notes.txt."));
}

#[test]
fn keys_in_memory_open_nothing_of_a_seized_disk_and_the_page_says_so() {
    let server = Server::start_with(&["--shred-keys", "memory"]);
    Paste::on(&server, 2000, 1);
    let found = json(server.data.path(), &["drill", "seizure", "--shred-keys", "memory"]);
    assert_eq!((&found["keys_in_memory"], &found["keyed"]), (&true.into(), &0.into()));
    let said = words(&page(server.data.path(), &["--shred-keys", "memory"]));
    assert!(said.contains("Nothing, once the power is off"), "{said}");
    assert!(!said.contains("have their key here"), "{said}");
}

#[test]
fn a_seizure_without_a_store_or_a_backup_is_a_sentence() {
    let empty = TempDir::new().unwrap();
    assert!(refused(&attempt(empty.path(), &["drill", "seizure"])).contains("there is no store"));
    let server = Server::start();
    let none = attempt(server.data.path(), &["drill", "seizure", "--backup", "/nowhere/at/all"]);
    assert!(refused(&none).contains("there is no backup"));
}

/// A drill with the scratch folder made in `place`.
fn rehearsed(data: &Path, from: &Path, place: &Path) -> Output {
    let (from, place) = (from.to_str().unwrap(), place.to_str().unwrap());
    attempt(data, &["drill", "restore", from, "--scratch", place, "--json"])
}

fn said(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap()
}

fn is_empty(folder: &Path) -> bool {
    fs::read_dir(folder).unwrap().next().is_none()
}

/// A store with 12 that are kept and two that burn, its backup, and room for a scratch folder.
fn backed_up() -> (Server, TempDir) {
    let server = Server::start();
    for n in 0..12 {
        keep_on(&server, 100 + n * 40_000);
    }
    for reads in [1, 0] {
        Paste::on(&server, 1000, reads);
    }
    let vault = TempDir::new().unwrap();
    backup(server.data.path(), &vault.path().join("backup"));
    fs::create_dir(vault.path().join("scratch")).unwrap();
    (server, vault)
}

#[test]
fn a_restore_is_rehearsed_from_a_folder_and_from_a_stream_and_leaves_nothing() {
    let (server, vault) = backed_up();
    let (data, scratch) = (server.data.path(), vault.path().join("scratch"));
    let output = rehearsed(data, &vault.path().join("backup"), &scratch);
    assert!(output.status.success());
    let of_folder = said(&output);
    for (name, value) in [
        ("kept", 12),
        ("tombstones", 2),
        ("keys", 12),
        ("keyed_and_burning", 0),
        ("expired", 0),
    ] {
        assert_eq!(of_folder[name], value, "{name}");
    }
    assert_eq!(
        (&of_folder["well"], &of_folder["violations"]),
        (&true.into(), &Value::Array(vec![]))
    );
    assert!(of_folder["blocks_verified"].as_u64().unwrap() > 40);
    assert!(is_empty(&scratch));

    let stream = vault.path().join("stream");
    fs::write(&stream, attempt(data, &["backup", "-"]).stdout).unwrap();
    let output = command()
        .args(["drill", "restore", "-", "--json", "--max-age", "2h", "--scratch"])
        .arg(&scratch)
        .arg("--data")
        .arg(data)
        .stdin(fs::File::open(&stream).unwrap())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let of_stream = said(&output);
    for name in ["kept", "bytes", "tombstones", "blocks_verified", "keys"] {
        assert_eq!(of_stream[name], of_folder[name], "{name}");
    }
    assert!(is_empty(&scratch));
    let from = vault.path().join("backup");
    let sentence = run(
        data,
        &[
            "drill",
            "restore",
            from.to_str().unwrap(),
            "--scratch",
            scratch.to_str().unwrap(),
        ],
    );
    let sentence = String::from_utf8(sentence.stdout).unwrap();
    assert_eq!(sentence.lines().count(), 1);
    assert!(
        sentence.starts_with("12 kept (") && sentence.contains("The backup is 0 h old"),
        "{sentence}"
    );
    // The store that it is about was not touched.
    assert_eq!(json(data, &["check"])["well"], true);
}

#[test]
fn a_backup_that_is_damaged_or_too_old_ends_with_another_exit_code() {
    let (server, vault) = backed_up();
    let (data, scratch) = (server.data.path(), vault.path().join("scratch"));
    let from = vault.path().join("backup");
    let run_file = from.join("run-00000001");
    let whole = fs::read(&run_file).unwrap();
    for at in [40, whole.len() / 2, whole.len() - 100] {
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        fs::write(&run_file, bytes).unwrap();
        assert!(refused(&rehearsed(data, &from, &scratch)).contains("damaged or cut short"));
        assert!(is_empty(&scratch));
    }
    fs::write(&run_file, &whole[..whole.len() / 2]).unwrap();
    assert!(refused(&rehearsed(data, &from, &scratch)).contains("damaged or cut short"));
    fs::write(&run_file, &whole).unwrap();
    let old = attempt(
        data,
        &[
            "drill",
            "restore",
            from.to_str().unwrap(),
            "--scratch",
            scratch.to_str().unwrap(),
            "--max-age",
            "0s",
        ],
    );
    let text = String::from_utf8(old.stdout).unwrap();
    assert_eq!(old.status.code(), Some(1), "{text}");
    assert!(text.contains("wrong: the backup is older than --max-age"), "{text}");
}

#[test]
fn a_backup_with_a_key_of_what_burns_is_called_wrong() {
    let server = Server::start();
    let paste = keep_on(&server, 1000);
    let vault = TempDir::new().unwrap();
    let folder = vault.path().join("backup");
    backup(server.data.path(), &folder);
    // Its own digests are right: whoever made it put the key there.
    let path = folder.join("run-00000001");
    let mut bytes = fs::read(&path).unwrap();
    let hash = sha256(&Base64UrlUnpadded::decode_vec(&paste.id).unwrap());
    let start = bytes.windows(32).position(|window| window == hash).unwrap() - 8;
    let (keep, len) = (start + 167, 233);
    assert_eq!(bytes[keep], 1);
    bytes[keep] = 0;
    let item = &bytes[start..start + len];
    let check = sha256(&[b"satchel/backup", &bytes[16..32], &[1], &item[..8], item].concat());
    bytes[start + len..start + len + 32].copy_from_slice(&check);
    let end = bytes.len() - 32;
    let whole = sha256(&bytes[..end]);
    bytes[end..].copy_from_slice(&whole);
    fs::write(&path, bytes).unwrap();
    let scratch = vault.path().join("scratch");
    fs::create_dir(&scratch).unwrap();
    let output = rehearsed(server.data.path(), &folder, &scratch);
    assert_eq!(output.status.code(), Some(1));
    let found = said(&output);
    assert_eq!(
        (&found["keyed_and_burning"], &found["well"]),
        (&1.into(), &false.into())
    );
    assert!(is_empty(&scratch));
}

#[test]
fn a_drill_that_is_killed_at_any_point_is_cleaned_up_by_the_next() {
    let (server, vault) = backed_up();
    let (data, scratch) = (server.data.path(), vault.path().join("scratch"));
    let (from, left) = (vault.path().join("backup"), scratch.join("satchel-drill"));
    let mut found = 0;
    let killed = kill_at_many_points(
        || {
            let mut command = command();
            command
                .args(["drill", "restore"])
                .arg(&from)
                .arg("--scratch")
                .arg(&scratch);
            command.arg("--data").arg(data);
            command
        },
        |_| {
            if let Ok(about) = fs::metadata(&left) {
                assert_eq!(about.permissions().mode() & 0o777, 0o700);
                found += 1;
            }
        },
    );
    assert!(killed >= 10 && found >= 3, "{killed} killed, {found} left something");
    assert!(rehearsed(data, &from, &scratch).status.success());
    assert!(is_empty(&scratch));
}

#[test]
fn a_scratch_folder_that_is_in_the_way_or_not_ours_is_refused_and_left_alone() {
    let (server, vault) = backed_up();
    let (data, scratch, from) = (
        server.data.path(),
        vault.path().join("scratch"),
        vault.path().join("backup"),
    );
    let link = vault.path().join("link");
    std::os::unix::fs::symlink(data, &link).unwrap();
    for place in [data, &from, &link] {
        assert!(refused(&rehearsed(data, &from, place)).contains("name another place"));
        assert!(!place.join("satchel-drill").exists());
    }
    assert!(refused(&rehearsed(data, &from, &vault.path().join("nowhere"))).contains("No such file"));
    let mine = scratch.join("satchel-drill");
    fs::create_dir(&mine).unwrap();
    fs::set_permissions(&mine, fs::Permissions::from_mode(0o700)).unwrap();
    fs::write(mine.join("letter.txt"), "of somebody").unwrap();
    assert!(refused(&rehearsed(data, &from, &scratch)).contains("no scratch folder of this user's"));
    assert_eq!(fs::read(mine.join("letter.txt")).unwrap(), b"of somebody");
    fs::remove_file(mine.join("letter.txt")).unwrap();
    let lock = fs::File::open(&mine).unwrap();
    lock.try_lock().unwrap();
    assert!(refused(&rehearsed(data, &from, &scratch)).contains("another drill is using"));
    drop(lock);
    fs::set_permissions(&mine, fs::Permissions::from_mode(0o755)).unwrap();
    assert!(refused(&rehearsed(data, &from, &scratch)).contains("no scratch folder of this user's"));
    fs::remove_dir(&mine).unwrap();
    std::os::unix::fs::symlink(vault.path(), &mine).unwrap();
    assert!(refused(&rehearsed(data, &from, &scratch)).contains("no scratch folder of this user's"));
    assert!(from.join("run-00000001").exists());
}

#[test]
fn a_stream_that_will_not_fit_is_refused_before_it_is_read() {
    let server = Server::start();
    let vault = TempDir::new().unwrap();
    let stream = fs::File::create_new(vault.path().join("stream")).unwrap();
    // Longer than any disk here, and without a byte on one.
    stream.set_len(8 << 40).unwrap();
    let output = command()
        .args(["drill", "restore", "-", "--scratch"])
        .arg(vault.path())
        .arg("--data")
        .arg(server.data.path())
        .stdin(fs::File::open(vault.path().join("stream")).unwrap())
        .output()
        .unwrap();
    assert!(refused(&output).contains("bytes free, and 17592186044416 are needed"));
    assert!(!vault.path().join("satchel-drill").exists());
}
