//! Encrypting and decrypting on a RAM disk, beside `cp`, OpenSSL, `age` and `gpg`: a large file, many small ones, and nothing at all.
//!
//! The programs take turns, round by round: what drifts meanwhile drifts for all of them.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::process::{self, Took};
use crate::table::{Table, median};
use crate::{Options, Trouble};

const SMALL_FILES: u64 = 10_000;
const SMALL_FILE_LEN: usize = 4096;
const STARTS: usize = 41;

/// One program at work: what it is called, what it makes, what it is set against, and its command.
struct Contender {
    what: &'static str,
    makes: &'static str,
    /// Whether it needs nothing that was made before.
    begins: bool,
    against: Option<&'static str>,
    command: String,
}

/// A folder on the RAM disk, and how to measure there.
struct Place<'a> {
    folder: &'a Path,
    options: &'a Options,
}

/// Measures all of them in the same folder.
pub(crate) fn measure(options: &Options, table: &mut Table) -> Result<(), Trouble> {
    let folder = tempfile::tempdir_in(&options.ram_disk)?;
    let place = Place {
        folder: folder.path(),
        options,
    };
    place.touch_memory()?;
    place.fill("large", options.mib)?;
    place.fill("empty", 0)?;
    place.keys()?;
    cipher_alone(table)?;
    let sealed = place.race(&place.of_large_files())?;
    place.report(table, &sealed);
    passphrase(&place, table)?;
    place.fill_small()?;
    let small = place.race(&place.of_small_files())?;
    place.report_small(table, &small);
    place.start(table)?;
    Ok(())
}

impl Place<'_> {
    /// The first use of a virtual machine's memory is slow, and is the host's doing: everybody is to find it used.
    fn touch_memory(&self) -> Result<(), Trouble> {
        self.fill("touch", 3 * self.options.mib)?;
        Ok(fs::remove_file(self.folder.join("touch"))?)
    }

    /// A virtual machine's host takes back memory that was free for a while, and the next to write there pays for it. Each processor keeps up to an
    /// eighth of the memory that was freed on it for itself; so a file of the size is written and removed on each of them, at the same time.
    fn level_memory(&self) -> Result<(), Trouble> {
        let processors = std::thread::available_parallelism()?.get().min(4);
        let touches: Vec<_> = (0..processors)
            .map(|processor| {
                let line = format!("cp large touch.{processor} && rm touch.{processor}");
                let mut command = Command::new("taskset");
                command
                    .current_dir(self.folder)
                    .args(["-c", &processor.to_string(), "sh", "-c", &line]);
                command.spawn()
            })
            .collect::<Result<_, _>>()?;
        for mut touch in touches {
            if !touch.wait()?.success() {
                return Err("the memory was not touched".into());
            }
        }
        Ok(())
    }

    /// The same random MiB over and over: AES does not care, and no compression is at work.
    fn fill(&self, name: &str, mib: u64) -> Result<(), Trouble> {
        let mut block = vec![0; 1 << 20];
        getrandom::fill(&mut block)?;
        let mut file = File::create(self.folder.join(name))?;
        for _ in 0..mib {
            file.write_all(&block)?;
        }
        Ok(())
    }

    fn fill_small(&self) -> Result<(), Trouble> {
        let mut block = vec![0; SMALL_FILE_LEN];
        getrandom::fill(&mut block)?;
        fs::create_dir(self.folder.join("small"))?;
        for number in 0..SMALL_FILES {
            fs::write(self.folder.join(format!("small/{number}")), &block)?;
        }
        Ok(())
    }

    fn keys(&self) -> Result<(), Trouble> {
        fs::write(self.folder.join("passphrase"), "correct horse battery staple bench")?;
        self.shell(&format!("{} keygen -o key > key.pub 2> keygen.log", self.satchel()?))?;
        if process::is_installed("age-keygen") {
            self.shell("age-keygen -o age.key 2> age.log && age-keygen -y age.key > age.pub")?;
        }
        Ok(())
    }

    fn satchel(&self) -> Result<String, Trouble> {
        Ok(fs::canonicalize(&self.options.satchel)?.display().to_string())
    }

    fn shell(&self, line: &str) -> Result<Took, Trouble> {
        let mut command = Command::new("sh");
        command.current_dir(self.folder).args(["-c", line]);
        process::run(&mut command)
    }

    /// `one` is what ties a program to one processor.
    fn of_large_files(&self) -> Vec<Contender> {
        let satchel = self.satchel().unwrap_or_default();
        let one = "taskset -c 0";
        let ctr = "openssl enc -aes-256-ctr -K 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff -iv 00112233445566778899aabbccddeeff";
        let gpg = "gpg --batch --yes --quiet --homedir . --pinentry-mode loopback --passphrase-file passphrase -z 0";
        let contender = |what, makes, against, command: String| Contender {
            what,
            makes,
            begins: !["-i", "-d"].iter().any(|opens| what.contains(opens)),
            against,
            command: format!("exec {command}"),
        };
        let mut all = vec![
            contender("cp", "copy", None, "cp large copy".into()),
            contender(
                "satchel encrypt -r",
                "large.satchel",
                Some("cp"),
                format!("{satchel} encrypt large -o large.satchel -R key.pub"),
            ),
            contender(
                "satchel decrypt -i",
                "large.out",
                Some("cp"),
                format!("{satchel} decrypt large.satchel -o large.out -i key"),
            ),
            contender(
                "openssl aes-256-ctr, one processor",
                "large.ctr",
                Some("cp"),
                format!("{one} {ctr} -in large -out large.ctr"),
            ),
            contender(
                "openssl aes-256-ctr -d, one processor",
                "large.plain",
                Some("cp"),
                format!("{one} {ctr} -d -in large.ctr -out large.plain"),
            ),
            contender(
                "satchel encrypt -r, one processor",
                "one.satchel",
                Some("openssl aes-256-ctr, one processor"),
                format!("{one} {satchel} encrypt large -o one.satchel -R key.pub"),
            ),
            contender(
                "satchel decrypt -i, one processor",
                "one.out",
                Some("openssl aes-256-ctr -d, one processor"),
                format!("{one} {satchel} decrypt one.satchel -o one.out -i key"),
            ),
        ];
        if process::is_installed("age") {
            all.push(contender(
                "age -r",
                "large.age",
                Some("cp"),
                "age -R age.pub -o large.age large".into(),
            ));
            all.push(contender(
                "age -d",
                "age.out",
                Some("cp"),
                "age -d -i age.key -o age.out large.age".into(),
            ));
        }
        if process::is_installed("rage") {
            all.push(contender(
                "rage -r",
                "large.rage",
                Some("cp"),
                "rage -R age.pub -o large.rage large".into(),
            ));
            all.push(contender(
                "rage -d",
                "rage.out",
                Some("cp"),
                "rage -d -i age.key -o rage.out large.rage".into(),
            ));
        }
        if process::is_installed("gpg") {
            all.push(contender(
                "gpg -c AES256",
                "large.gpg",
                Some("cp"),
                format!("{gpg} --cipher-algo AES256 -o large.gpg -c large"),
            ));
            all.push(contender(
                "gpg -d",
                "gpg.out",
                Some("cp"),
                format!("{gpg} -o gpg.out -d large.gpg"),
            ));
        }
        all
    }

    fn of_small_files(&self) -> Vec<Contender> {
        let satchel = self.satchel().unwrap_or_default();
        let mut all = vec![Contender {
            what: "satchel encrypt -r, 10,000 files",
            makes: "small.satchel",
            begins: true,
            against: None,
            command: format!("exec {satchel} encrypt small -o small.satchel -R key.pub"),
        }];
        if process::is_installed("age") {
            all.insert(
                0,
                Contender {
                    what: "tar and age -r, 10,000 files",
                    makes: "small.age",
                    begins: true,
                    against: None,
                    command: "tar -c small | age -R age.pub -o small.age".into(),
                },
            );
        }
        all
    }

    /// One run of each, and again: the median of each over all rounds. What a run makes is there until the next pair begins: a RAM disk is small.
    fn race(&self, contenders: &[Contender]) -> Result<Vec<(String, Option<String>, Took)>, Trouble> {
        let mut runs: Vec<Vec<Took>> = contenders.iter().map(|_| Vec::new()).collect();
        for _ in 0..self.options.runs {
            for (contender, runs) in contenders.iter().zip(&mut runs) {
                if contender.begins {
                    self.clear(contenders);
                }
                let _ = fs::remove_file(self.folder.join(contender.makes));
                self.level_memory()?;
                runs.push(self.shell(&contender.command)?);
            }
        }
        let middle = |runs: &[Took]| Took {
            seconds: median(runs.iter().map(|took| took.seconds).collect()),
            cpu_seconds: median(runs.iter().map(|took| took.cpu_seconds).collect()),
            peak_mib: runs.iter().map(|took| took.peak_mib).fold(0.0, f64::max),
        };
        let results = contenders.iter().zip(&runs);
        Ok(results
            .map(|(contender, runs)| {
                (
                    contender.what.to_owned(),
                    contender.against.map(str::to_owned),
                    middle(runs),
                )
            })
            .collect())
    }

    fn clear(&self, contenders: &[Contender]) {
        for contender in contenders {
            let _ = fs::remove_file(self.folder.join(contender.makes));
        }
    }

    fn report(&self, table: &mut Table, results: &[(String, Option<String>, Took)]) {
        for (what, against, took) in results {
            let note = format!("CPU {:.2} s, peak {:.0} MiB", took.cpu_seconds, took.peak_mib);
            table.add("files", what, self.speed(took.seconds), "MB/s", note);
            if let Some(other) = against {
                table.against(other);
            }
        }
    }

    #[allow(clippy::cast_precision_loss, reason = "a count is far below 2^52")]
    fn report_small(&self, table: &mut Table, results: &[(String, Option<String>, Took)]) {
        for (what, _, took) in results {
            let note = format!("CPU {:.2} s, peak {:.0} MiB", took.cpu_seconds, took.peak_mib);
            table.add("files", what, SMALL_FILES as f64 / took.seconds, "files/s", note);
            table.against("tar and age -r, 10,000 files");
        }
    }

    /// From `fork` to the end of a program that only says its version.
    fn start(&self, table: &mut Table) -> Result<(), Trouble> {
        let satchel = self.satchel()?;
        let mut seconds = Vec::new();
        for _ in 0..STARTS {
            let begun = std::time::Instant::now();
            let said = Command::new(&satchel).arg("--version").stdout(Stdio::null()).status()?;
            seconds.push(begun.elapsed().as_secs_f64());
            if !said.success() {
                return Err("satchel --version failed".into());
            }
        }
        let micros = median(seconds) * 1e6;
        table.add(
            "files",
            "satchel --version",
            micros,
            "us",
            "from fork to exit".to_owned(),
        );
        Ok(())
    }

    #[allow(clippy::cast_precision_loss, reason = "a size in MiB is far below 2^52")]
    fn speed(&self, seconds: f64) -> f64 {
        self.options.mib as f64 * 1.048_576 / seconds
    }
}

/// A passphrase costs its Argon2id run whatever the size.
fn passphrase(place: &Place<'_>, table: &mut Table) -> Result<(), Trouble> {
    let satchel = place.satchel()?;
    let contenders = [
        (
            "encrypt",
            "empty.satchel",
            format!("exec {satchel} encrypt empty -o empty.satchel --force --passphrase-file passphrase"),
        ),
        (
            "decrypt",
            "empty.out",
            format!("exec {satchel} decrypt empty.satchel -o empty.out --force --passphrase-file passphrase"),
        ),
    ];
    for (verb, makes, command) in contenders {
        let contender = Contender {
            what: verb,
            makes,
            begins: false,
            against: None,
            command,
        };
        let _ = fs::remove_file(place.folder.join(makes));
        let results = place.race(&[contender])?;
        for (_, _, took) in results {
            let what = format!("satchel {verb} of nothing, with a passphrase");
            let note = format!("Argon2id profile 2, peak {:.0} MiB", took.peak_mib);
            table.add("files", &what, took.seconds * 1e3, "ms", note);
        }
    }
    Ok(())
}

/// One thread, segments of our size: the limit of the cipher itself.
fn cipher_alone(table: &mut Table) -> Result<(), Trouble> {
    if !process::is_installed("openssl") {
        return Ok(());
    }
    let arguments = [
        "speed",
        "-mr",
        "-evp",
        "aes-256-gcm",
        "-bytes",
        "262144",
        "-seconds",
        "2",
    ];
    let output = Command::new("openssl").args(arguments).stderr(Stdio::null()).output()?;
    let text = String::from_utf8(output.stdout)?;
    let speed = text
        .lines()
        .find(|line| line.starts_with("+F:"))
        .and_then(|line| line.rsplit(':').next()?.parse::<f64>().ok());
    if let Some(bytes_per_second) = speed {
        let note = "in memory, one thread".to_owned();
        table.add("files", "openssl aes-256-gcm", bytes_per_second / 1e6, "MB/s", note);
    }
    Ok(())
}
