//! Every command that docs/operations.md and README.md name: run in its order on a scratch server where it can be, else held against the program's own
//! parser. What is neither has its reason here.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use satchel_tests::manual::{Typed, commands, typed, words};
use satchel_tests::process::{Server, binary};
use satchel_tests::{count, noise};

/// Beginnings of lines that are not run here, and why.
const NOT_RUN: [(&str, &str); 15] = [
    (
        "docker",
        "there is no engine here: tests/docker.sh, and tests/tests/deploy.rs for compose",
    ),
    ("cd deploy", "goes before docker"),
    ("cp settings.env.example", "tests/tests/deploy.rs reads it"),
    ("install ", "writes to /usr and /etc: tests/debian.sh does"),
    ("systemctl enable", "takes systemd"),
    (
        "cargo xtask serve",
        "serves until it is stopped: `cargo xtask test browser` does it",
    ),
    ("cargo xtask test", "this runs in it"),
    ("cargo xtask reproducible", "a step of `cargo xtask test --long`"),
    ("sha256sum web/dist", "goes with the one before"),
    (
        "satchel-server serve --listen '[::]:443'",
        "takes ports of the system: parsed; server/tests/http/tls.rs runs its like",
    ),
    (
        "satchel verify-server",
        "asks another machine: parsed; cli/tests/verifying.rs runs its like",
    ),
    ("satchel-server invite revoke 3", "there are not so many: parsed"),
    (
        "satchel share",
        "asks another machine: parsed; cli/tests/server.rs runs its like",
    ),
    (
        "satchel get",
        "asks another machine: parsed; cli/tests/server.rs runs its like",
    ),
    (
        "-p",
        "asks for a passphrase on a terminal: parsed; cli/tests/terminal.rs runs its like",
    ),
];
/// README.md has these for people with documents of their own.
const OF_README: [&str; 5] = [
    "satchel decrypt members.satchel",
    "satchel encrypt plans/",
    "satchel split plans.satchel",
    "satchel rekey",
    "satchel encrypt members.csv",
];
/// A line may end so where what it says of the machine is right.
const MAY_FAIL: [(&str, i32); 1] = [("satchel-server doctor", 1)];
/// Options within sentences that are another program's.
const FOREIGN_OPTIONS: [&str; 1] = ["--standalone"];

fn document(name: &str) -> Vec<Typed> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name);
    typed(&fs::read_to_string(path).unwrap())
}

fn reason(line: &str) -> Option<&'static str> {
    let matches = |beginning: &str| {
        if beginning.starts_with('-') {
            line.starts_with("satchel ") && words(line).iter().any(|word| word == beginning)
        } else {
            line.starts_with(beginning)
        }
    };
    let found = NOT_RUN.iter().find(|(beginning, _)| matches(beginning));
    found.map(|(beginning, _)| *beginning)
}

/// What the program's own parser has to say against these words: with `--help` behind them it does nothing else.
fn parsed(words: &[String]) -> Result<(), String> {
    let output = Command::new(binary(&words[0]))
        .args(&words[1..])
        .arg("--help")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    // What stands for a value that people have, and an option that is named without one.
    let is_fine = said.contains("a value is required") || words.iter().any(|word| word.contains("..."));
    if output.status.success() || is_fine {
        Ok(())
    } else {
        Err(said)
    }
}

fn is_ours(words: &[String]) -> bool {
    words
        .first()
        .is_some_and(|word| ["satchel", "satchel-server"].contains(&word.as_str()))
}

/// Of the server: all of its commands.
fn verbs(program: &str) -> BTreeSet<String> {
    let help = Command::new(binary(program)).arg("--help").output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    let (_, listed) = help.split_once("Commands:\n").unwrap();
    let names = listed.lines().take_while(|line| line.starts_with("  "));
    names
        .filter_map(|line| Some(line.strip_prefix("  ")?.split(' ').next()?.to_owned()))
        .filter(|name| !name.is_empty() && name != "help")
        .collect()
}

#[test]
fn every_command_in_a_sentence_is_one_that_the_programs_take() {
    let verbs = verbs("satchel-server");
    let mut wrong = Vec::new();
    let mut looked_at = 0;
    for name in ["docs/operations.md", "README.md"] {
        for typed in document(name) {
            for mut words in commands(&typed.line) {
                if !is_ours(&words) && !typed.in_block {
                    // `purge --tombstones`, and options alone, are the server's.
                    let first = words.first().cloned().unwrap_or_default();
                    if verbs.contains(&first) {
                        words.insert(0, "satchel-server".to_owned());
                    } else if first.starts_with("--") && !FOREIGN_OPTIONS.contains(&first.as_str()) {
                        if !any_takes(&first, &words[1..], &verbs) {
                            wrong.push(format!("{name}:{}: {}", typed.number, typed.line));
                        }
                        looked_at += 1;
                        continue;
                    }
                }
                if is_ours(&words) {
                    looked_at += 1;
                    if let Err(said) = parsed(&words) {
                        wrong.push(format!("{name}:{}: {}: {said}", typed.number, typed.line));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(looked_at > 100, "{looked_at}");
}

/// Whether a command of the server, or of the command line, has the option. Those that take an id are not asked: an id may begin with a hyphen, and then
/// anything may be one.
fn any_takes(option: &str, values: &[String], verbs: &BTreeSet<String>) -> bool {
    let line = |program: &str, verb: &str| {
        let mut words = vec![program.to_owned(), verb.to_owned(), option.to_owned()];
        words.extend_from_slice(values);
        words
    };
    let grouped = ["invite create", "drill restore", "drill seizure", "drill move"];
    let of_an_id = ["disclose", "block", "unblock"];
    let asked = verbs.iter().map(String::as_str).filter(|verb| !of_an_id.contains(verb));
    asked.chain(grouped).any(|verb| {
        let mut words = line("satchel-server", verb);
        if let Some((group, of_group)) = verb.split_once(' ') {
            words.splice(1..2, [group.to_owned(), of_group.to_owned()]);
        }
        parsed(&words).is_ok()
    }) || ["share", "verify-server", "encrypt", "get"]
        .iter()
        .any(|verb| parsed(&line("satchel", verb)).is_ok())
}

#[test]
fn a_wrong_option_or_command_is_noticed() {
    for line in [
        "satchel-server backup --incremental /mnt/backup",
        "satchel-server drill everything",
        "satchel-server purge --older-than soon",
        "satchel encrypt --recipients operator.txt",
        "satchel-server drill restore --max-age soon -",
        "satchel-server serve --listen nowhere",
    ] {
        assert!(parsed(&words(line)).is_err(), "{line}");
    }
    assert!(!any_takes("--no-such-option", &[], &verbs("satchel-server")));
}

#[test]
fn each_reason_for_not_running_a_line_has_a_line() {
    let lines: Vec<Typed> = ["docs/operations.md", "README.md"]
        .into_iter()
        .flat_map(document)
        .collect();
    let of_blocks: Vec<&Typed> = lines.iter().filter(|typed| typed.in_block).collect();
    let used: BTreeSet<&str> = of_blocks.iter().filter_map(|typed| reason(&typed.line)).collect();
    let unused: Vec<&str> = NOT_RUN
        .iter()
        .map(|(beginning, _)| *beginning)
        .filter(|beginning| !used.contains(beginning))
        .collect();
    assert!(unused.is_empty(), "{unused:?}");
    for beginning in OF_README {
        assert!(
            of_blocks.iter().any(|typed| typed.line.starts_with(beginning)),
            "{beginning}"
        );
    }
}

/// The machine of the manual: its paths lie below a scratch folder, its server is one of ours, and a restore finds a new machine.
struct Machine {
    scratch: tempfile::TempDir,
    port: u16,
    server: Option<Server>,
    link: String,
    document: Vec<u8>,
    old: u32,
    receiving: Option<Receiving>,
}

/// The machine that things are moved to, as long as it receives.
struct Receiving {
    child: Child,
    address: String,
    data: PathBuf,
}

impl Machine {
    fn new() -> Self {
        let mut machine = Self {
            scratch: tempfile::tempdir().unwrap(),
            port: free_port(),
            server: None,
            link: String::new(),
            document: noise(100_000),
            old: 0,
            receiving: None,
        };
        for folder in ["old", "mnt/backup", "home"] {
            fs::create_dir_all(machine.scratch.path().join(folder)).unwrap();
        }
        machine.start();
        machine.fill();
        std::os::unix::fs::symlink(machine.data(), machine.scratch.path().join("old/satchel-data")).unwrap();
        machine
    }

    fn data(&self) -> PathBuf {
        self.scratch.path().join("satchel-data")
    }

    fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    fn start(&mut self) {
        let server = Server::start_with(&self.data(), &["--listen", &self.address()]);
        self.server = Some(server);
    }

    fn stop(&mut self) {
        if let Some(server) = self.server.take() {
            let said = server.stop();
            assert!(!said.is_empty());
        }
    }

    /// Some that are kept, the first with its link noted, and one that burns.
    fn fill(&mut self) {
        let path = self.scratch.path().join("document");
        fs::write(&path, &self.document).unwrap();
        for n in 0..count(5, 1000) {
            let shared = self.shell("satchel share document --keep --expires 7d");
            if n == 0 {
                self.link = String::from_utf8(shared.stdout).unwrap().trim().to_owned();
            }
        }
        self.shell("satchel share document --burn");
    }

    fn shell(&self, line: &str) -> Output {
        self.typing(line).output().unwrap()
    }

    fn typing(&self, line: &str) -> Command {
        let binaries = binary("satchel").parent().unwrap().to_path_buf();
        let mut path = binaries.into_os_string();
        path.push(":");
        path.push(std::env::var_os("PATH").unwrap());
        let mut command = Command::new("bash");
        command
            .args(["-euo", "pipefail", "-c", line])
            .current_dir(self.scratch.path())
            .env("PATH", path)
            .env("HOME", self.scratch.path().join("home"))
            .env("TMPDIR", self.scratch.path())
            .env("SATCHEL_DATA", self.data())
            .env("SATCHEL_LISTEN", self.address())
            .env("SATCHEL_SERVER", format!("http://{}", self.address()));
        command
    }

    /// As it would be done by hand. Returns what went wrong.
    fn perform(&mut self, line: &str) -> Option<String> {
        let is_restore = line.contains("satchel-server restore ") && !line.contains("--dry-run");
        match line {
            "systemctl stop satchel" => self.stop(),
            "systemctl start satchel" => {
                self.stop();
                self.start();
                return self.opens();
            }
            _ if is_restore => self.become_a_new_machine(),
            _ if line.starts_with("satchel-server receive ") => return self.receive(line),
            _ if line.starts_with("satchel-server move ") => return self.hand_over(line),
            _ => {}
        }
        if line.starts_with("systemctl ") {
            return None;
        }
        let root = self.scratch.path().display();
        let line = ["mnt", "old"].iter().fold(line.to_owned(), |line, folder| {
            line.replace(&format!(" /{folder}/"), &format!(" {root}/{folder}/"))
        });
        // A restored store is another: its backups go to an empty folder, and the old one is destroyed.
        if self.old > 0 && line.starts_with("satchel-server backup /") {
            fs::remove_dir_all(self.scratch.path().join("mnt/backup/satchel")).unwrap();
        }
        let output = self.shell(&line);
        let may = MAY_FAIL
            .iter()
            .find(|(beginning, _)| line.starts_with(beginning))
            .map(|(_, code)| *code);
        let fine = output.status.success() || (may.is_some() && output.status.code() == may);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        (!fine).then(|| format!("{:?}: {said}", output.status.code()))
    }

    /// On another machine, until it ends. Its key is carried over.
    fn receive(&mut self, line: &str) -> Option<String> {
        let address = format!("127.0.0.1:{}", free_port());
        let data = self.scratch.path().join("new-machine");
        let mut child = self
            .typing(&format!("exec {}", line.replace("0.0.0.0:7300", &address)))
            .env("SATCHEL_DATA", &data)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut key = String::new();
        let mut printed = BufReader::new(child.stdout.as_mut().unwrap());
        printed.read_line(&mut key).unwrap();
        let mut file = fs::OpenOptions::new();
        file.write(true).create_new(true).mode(0o600);
        let carried = file.open(self.scratch.path().join("FILE"));
        std::io::Write::write_all(&mut carried.unwrap(), key.as_bytes()).unwrap();
        let said_key = key.starts_with("satchel-move-");
        self.receiving = Some(Receiving { child, address, data });
        (!said_key).then(|| format!("it printed {key:?}"))
    }

    /// To the machine that receives, which then is the one that people know.
    fn hand_over(&mut self, line: &str) -> Option<String> {
        let Receiving {
            mut child,
            address,
            data,
        } = self.receiving.take().unwrap();
        let output = self.shell(&line.replace("new.example:7300", &address));
        if !output.status.success() {
            let _ = child.kill();
            return Some(String::from_utf8_lossy(&output.stderr).into_owned());
        }
        let received = child.wait().unwrap();
        // It was stopped by the move, and cleanly.
        self.become_a_new_machine();
        fs::rename(data, self.data()).unwrap();
        (!received.success()).then(|| format!("receive: {:?}", received.code()))
    }

    fn become_a_new_machine(&mut self) {
        self.stop();
        self.old += 1;
        let old = self.scratch.path().join(format!("old/machine-{}", self.old));
        fs::rename(self.data(), &old).unwrap();
        let name = self.scratch.path().join("old/satchel-data");
        fs::remove_file(&name).unwrap();
        std::os::unix::fs::symlink(old, name).unwrap();
    }

    /// What was kept, by its link, of what serves now.
    fn opens(&self) -> Option<String> {
        let output = self.shell(&format!("satchel get '{}' -o -", self.link));
        (output.stdout != self.document).then(|| String::from_utf8_lossy(&output.stderr).into_owned())
    }
}

fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

#[test]
fn every_line_of_the_manual_is_run_in_its_order() {
    let mut machine = Machine::new();
    let mut took: BTreeMap<String, Duration> = BTreeMap::new();
    let mut wrong = Vec::new();
    let mut ran = 0;
    for typed in document("docs/operations.md").iter().filter(|typed| typed.in_block) {
        if reason(&typed.line).is_some() {
            continue;
        }
        let begun = Instant::now();
        if let Some(said) = machine.perform(&typed.line) {
            wrong.push(format!("docs/operations.md:{}: {}: {said}", typed.number, typed.line));
        }
        println!("{:>8.2?} {}", begun.elapsed(), typed.line);
        *took.entry(typed.heading.clone()).or_default() += begun.elapsed();
        ran += 1;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(ran >= 30, "{ran}");
    for heading in [
        "The server was seized",
        "The host ends the contract",
        "Ransomware",
        "Credentials are lost",
        "Moving house",
    ] {
        println!("figure: {heading}, all of its lines: {:.1?}", took[heading]);
    }
    assert!(machine.opens().is_none() || machine.server.is_none());
}

#[test]
fn readme_has_no_line_that_is_neither_run_nor_excused() {
    for typed in document("README.md").iter().filter(|typed| typed.in_block) {
        let excused = reason(&typed.line).is_some() || OF_README.iter().any(|line| typed.line.starts_with(line));
        assert!(excused, "README.md:{}: {}", typed.number, typed.line);
    }
}
