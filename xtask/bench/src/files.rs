//! Encrypting and decrypting a large file on a RAM disk, beside `cp`, `age -r` and OpenSSL's AES-256-GCM.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::process::{self, Took};
use crate::table::{Table, median};
use crate::{Options, Trouble};

/// A file, and what is made of it, in one folder.
struct Place<'a> {
    folder: &'a Path,
    options: &'a Options,
}

/// Measures all of them in the same folder, one after the other.
pub(crate) fn measure(options: &Options, table: &mut Table) -> Result<(), Trouble> {
    let folder = tempfile::tempdir_in(&options.ram_disk)?;
    let place = Place {
        folder: folder.path(),
        options,
    };
    place.fill("large", options.mib)?;
    place.fill("empty", 0)?;
    fs::write(place.folder.join("passphrase"), "correct horse battery staple bench")?;
    openssl(table)?;
    place.row(table, "cp", "copy", &|place| place.command("cp", &["large", "copy"]))?;
    satchel(&place, table)?;
    if process::is_installed("age") && process::is_installed("age-keygen") {
        age(&place, table)?;
    }
    Ok(())
}

impl Place<'_> {
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

    fn command(&self, program: impl AsRef<std::ffi::OsStr>, arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.current_dir(self.folder).args(arguments);
        command
    }

    /// The median of several runs; what a run makes is removed before the next.
    fn took(&self, made: &str, command: &dyn Fn(&Self) -> Command) -> Result<Took, Trouble> {
        let mut seconds = Vec::new();
        let mut peak_mib: f64 = 0.0;
        for _ in 0..self.options.runs {
            let _ = fs::remove_file(self.folder.join(made));
            let took = process::run(&mut command(self))?;
            seconds.push(took.seconds);
            peak_mib = peak_mib.max(took.peak_mib);
        }
        Ok(Took {
            seconds: median(seconds),
            peak_mib,
        })
    }

    fn row(
        &self,
        table: &mut Table,
        what: &str,
        made: &str,
        command: &dyn Fn(&Self) -> Command,
    ) -> Result<(), Trouble> {
        let took = self.took(made, command)?;
        table.add(
            "files",
            what,
            self.speed(took.seconds),
            "MB/s",
            format!("peak {:.0} MiB", took.peak_mib),
        );
        Ok(())
    }

    #[allow(clippy::cast_precision_loss, reason = "a size in MiB is far below 2^52")]
    fn speed(&self, seconds: f64) -> f64 {
        self.options.mib as f64 * 1.048_576 / seconds
    }
}

/// A passphrase costs its Argon2id run whatever the size: the second figure is without it.
fn satchel(place: &Place<'_>, table: &mut Table) -> Result<(), Trouble> {
    let program = fs::canonicalize(&place.options.satchel)?;
    let encrypt = |input: &'static str, output: &'static str| {
        let program = program.clone();
        move |place: &Place<'_>| {
            place.command(
                &program,
                &["encrypt", input, "-o", output, "--passphrase-file", "passphrase"],
            )
        }
    };
    let decrypt = |input: &'static str, output: &'static str| {
        let program = program.clone();
        move |place: &Place<'_>| {
            place.command(
                &program,
                &["decrypt", input, "-o", output, "--passphrase-file", "passphrase"],
            )
        }
    };
    let empty_sealed = place.took("empty.satchel", &encrypt("empty", "empty.satchel"))?;
    let sealed = place.took("large.satchel", &encrypt("large", "large.satchel"))?;
    let empty_opened = place.took("empty.out", &decrypt("empty.satchel", "empty.out"))?;
    let opened = place.took("large.out", &decrypt("large.satchel", "large.out"))?;
    for (verb, whole, empty) in [("encrypt", sealed, empty_sealed), ("decrypt", opened, empty_opened)] {
        let peak = format!("peak {:.0} MiB", whole.peak_mib);
        table.add(
            "files",
            &format!("satchel {verb}"),
            place.speed(whole.seconds),
            "MB/s",
            peak,
        );
        table.against("cp");
        let note = format!("without the {:.2} s that an empty file takes (Argon2id)", empty.seconds);
        let what = format!("satchel {verb}, payload alone");
        table.add(
            "files",
            &what,
            place.speed((whole.seconds - empty.seconds).max(0.001)),
            "MB/s",
            note,
        );
        table.against("cp");
    }
    Ok(())
}

fn age(place: &Place<'_>, table: &mut Table) -> Result<(), Trouble> {
    let made = Command::new("age-keygen").stderr(Stdio::null()).output()?;
    fs::write(place.folder.join("identity"), &made.stdout)?;
    let text = String::from_utf8(made.stdout)?;
    let recipient = text
        .lines()
        .find_map(|line| line.strip_prefix("# public key: "))
        .ok_or("age-keygen: no recipient")?;
    let recipient = recipient.to_owned();
    place.row(table, "age -r encrypt", "large.age", &|place| {
        place.command("age", &["-r", &recipient, "-o", "large.age", "large"])
    })?;
    table.against("cp");
    place.row(table, "age -r decrypt", "large.out", &|place| {
        place.command("age", &["-d", "-i", "identity", "-o", "large.out", "large.age"])
    })?;
    table.against("cp");
    Ok(())
}

/// One thread, segments of our size: the limit of the cipher itself.
fn openssl(table: &mut Table) -> Result<(), Trouble> {
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
        .and_then(|line| line.rsplit(':').next()?.parse().ok());
    if let Some(bytes_per_second) = speed {
        let speed: f64 = bytes_per_second;
        table.add(
            "files",
            "openssl aes-256-gcm",
            speed / 1e6,
            "MB/s",
            "in memory, one thread".to_owned(),
        );
    }
    Ok(())
}
