//! `satchel-server drill restore`: what a backup would bring back, by restoring it where nobody uses it.

use std::fmt::Write as _;
use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, UNIX_EPOCH};

use actix_web::http::header::HttpDate;
use serde::Serialize;

use crate::backup::{BackupCommandError, STREAM};
use crate::config::Settings;
use crate::store::{Clock as _, Rehearsal, Rehearsed, RestoreFrom, SystemClock, SystemRandom};

/// What is asked for.
pub struct Asked<'a> {
    /// A folder of backups, or `-`.
    pub from: &'a str,
    /// Where the scratch folder is made; the system's temporary folder where it is not said.
    pub place: Option<&'a Path>,
    /// An older backup is not well.
    pub age_secs_max: Option<u64>,
}

/// How it went.
#[derive(Serialize)]
pub struct Drill {
    /// All would come back, and the backup is not too old.
    pub well: bool,
    #[serde(flatten)]
    rehearsed: Rehearsed,
    /// Since the hour in which it was made.
    age_secs: u64,
    too_old: bool,
    took_ms: u64,
    scratch: PathBuf,
}

/// Restores into a scratch folder, verifies every item there, and destroys it.
///
/// # Errors
/// [`BackupCommandError`]; the scratch folder is gone then too.
pub fn drill(settings: &Settings, asked: &Asked<'_>) -> Result<Drill, BackupCommandError> {
    let begun = Instant::now();
    let now = SystemClock.now();
    let place = asked.place.map_or_else(std::env::temp_dir, Path::to_path_buf);
    let rehearsal = Rehearsal {
        place: &place,
        data: &settings.data,
        now,
        random: &SystemRandom,
    };
    let rehearsed = if asked.from == STREAM {
        let stdin = io::stdin();
        if stdin.is_terminal() {
            return Err(BackupCommandError::FromTerminal);
        }
        let len = len_of(&stdin);
        rehearsal.run(RestoreFrom::Stream(&mut stdin.lock()), len)?
    } else {
        rehearsal.run(RestoreFrom::Folder(Path::new(asked.from)), None)?
    };
    let age_secs = now.saturating_sub(rehearsed.restored.made);
    let too_old = asked.age_secs_max.is_some_and(|max| age_secs > max);
    Ok(Drill {
        well: rehearsed.is_well() && !too_old,
        rehearsed,
        age_secs,
        too_old,
        took_ms: u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX),
        scratch: rehearsal.scratch(),
    })
}

/// Where standard input is a file, how much of it there is; a pipe tells at its end.
fn len_of(stdin: &io::Stdin) -> Option<u64> {
    let found = rustix::fs::fstat(stdin).ok()?;
    let is_file = rustix::fs::FileType::from_raw_mode(found.st_mode).is_file();
    is_file.then(|| u64::try_from(found.st_size).ok()).flatten()
}

impl Drill {
    /// A sentence, and one for each thing that is wrong.
    #[must_use]
    pub fn text(&self) -> String {
        let Rehearsed {
            restored,
            blocks_verified,
            keys,
            keyed_and_burning,
            violations,
        } = &self.rehearsed;
        let made = HttpDate::from(UNIX_EPOCH + Duration::from_secs(restored.made));
        let mut text = format!(
            "{} kept ({} bytes) would come back and open by their links, and of {} more readers would be told that they are gone; {} expired meanwhile and would be destroyed. The backup is {} h old (made in the hour of {made}); restoring it, and verifying {blocks_verified} blocks under {keys} keys, took {} s. Nothing was started, and {} is removed.\n",
            restored.kept,
            restored.bytes,
            restored.tombstones,
            restored.expired,
            self.age_secs / 3600,
            Seconds(self.took_ms),
            self.scratch.display(),
        );
        for found in violations {
            let word = serde_json::to_value(found.code).unwrap_or_default();
            let word = word.as_str().unwrap_or_default();
            let _ = match found.item {
                Some(item) => writeln!(text, "wrong {word}: item {item}"),
                None => writeln!(text, "wrong {word}"),
            };
        }
        if *keyed_and_burning > 0 {
            let _ = writeln!(
                text,
                "wrong: {keyed_and_burning} have a key in it, and burn by more than time"
            );
        }
        if *keys != restored.kept {
            let _ = writeln!(text, "wrong: {} were kept, and there are {keys} keys", restored.kept);
        }
        if self.too_old {
            text.push_str("wrong: the backup is older than --max-age\n");
        }
        text
    }
}

/// Milliseconds, shown in seconds.
struct Seconds(u64);

impl std::fmt::Display for Seconds {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.0 / 1000, self.0 % 1000 / 100)
    }
}
