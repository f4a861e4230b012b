//! `satchel-server backup`, `restore` and `burned`: docs/operations.md, "Backups".

use std::collections::HashSet;
use std::fmt::Write as _;
use std::fs;
use std::io::{self, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use actix_web::http::header::HttpDate;
use base64ct::{Base64UrlUnpadded, Encoding as _};

use crate::config::{Settings, ShredKeys};
use crate::serve::{self, Opening, ServeError};
use crate::store::{
    self, BackedUp, Backup, BackupError, Clock as _, OpenError, Restore, RestoreFrom, Restored, SystemClock,
    SystemRandom,
};

/// Standard input, or output.
pub(crate) const STREAM: &str = "-";

/// Why it was not done. Each is a sentence.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BackupCommandError {
    /// There is no backup, or nothing was restored.
    #[error(transparent)]
    Backup(#[from] BackupError),
    /// It is there, and the server could not open it.
    #[error("everything was restored, but the store cannot be opened: {0}")]
    Serve(#[from] ServeError),
    /// Keys have no business on a screen.
    #[error("a backup holds shred keys, and is not for a terminal: pipe it into `satchel encrypt`")]
    Terminal,
    /// Nothing comes from a keyboard.
    #[error("there is no backup to be read from a terminal: pipe one in")]
    FromTerminal,
    /// Two streams, and one standard input.
    #[error("the backup and the list cannot both come from standard input")]
    BothFromStream,
    /// The list of what burned cannot be read.
    #[error("the list {path} cannot be read: {source}")]
    List {
        /// Where.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The list holds something else.
    #[error(
        "line {line} of the list is no hash of an id: 64 hexadecimal digits or 43 characters of base64url, as `satchel-server burned` prints them; nothing was restored"
    )]
    Line {
        /// Which, from 1.
        line: usize,
    },
    /// The store cannot be read.
    #[error("the data folder {folder} cannot be read: {source}")]
    Open {
        /// Which.
        folder: PathBuf,
        /// Why.
        source: OpenError,
    },
    /// What was to be shown could not be.
    #[error("standard output cannot be written: {0}")]
    Output(#[from] io::Error),
}

/// Backs up to a folder, or with `-` to standard output.
///
/// # Errors
/// [`BackupCommandError`].
pub fn backup(settings: &Settings, to: &str) -> Result<BackedUp, BackupCommandError> {
    let slots = slots(settings)?;
    let backup = Backup {
        folder: &settings.data,
        slots: &slots,
        now: SystemClock.now(),
        random: &SystemRandom,
    };
    if to != STREAM {
        return Ok(backup.to_folder(Path::new(to))?);
    }
    if io::stdout().is_terminal() {
        return Err(BackupCommandError::Terminal);
    }
    Ok(backup.to_stream(io::stdout().lock())?)
}

fn slots(settings: &Settings) -> Result<PathBuf, BackupError> {
    match settings.shred_keys {
        ShredKeys::Memory => Err(BackupError::KeysInMemory),
        ShredKeys::Folder | ShredKeys::File(_) => Ok(settings.shred_keys.file(&settings.data)),
    }
}

/// For people.
#[must_use]
pub fn backed_up_text(done: &BackedUp) -> String {
    let BackedUp {
        kept,
        copied,
        tombstones,
        invites,
        blocked,
        damaged,
        bytes,
    } = done;
    let mut text = format!(
        "{kept} kept ({copied} new), {tombstones} tombstones, {invites} invites, {blocked} blocked ids: {bytes} bytes written\n"
    );
    if *damaged > 0 {
        let _ = writeln!(
            text,
            "{damaged} that should be kept are damaged, and not in it: `satchel-server check` says which"
        );
    }
    text
}

/// Restores from a folder, or with `-` from standard input, and opens the store once; or only looks.
///
/// # Errors
/// [`BackupCommandError`].
pub fn restore(
    settings: &Settings,
    from: &str,
    dry_run: bool,
    burned: Option<&str>,
) -> Result<Restored, BackupCommandError> {
    let slots = slots(settings)?;
    if burned == Some(STREAM) && from == STREAM {
        return Err(BackupCommandError::BothFromStream);
    }
    let burned = burned.map_or_else(|| Ok(HashSet::new()), hashes)?;
    let restore = Restore {
        folder: &settings.data,
        slots: &slots,
        dry_run,
        burned: &burned,
        now: SystemClock.now(),
        random: &SystemRandom,
    };
    let restored = if from == STREAM {
        if io::stdin().is_terminal() {
            return Err(BackupCommandError::FromTerminal);
        }
        restore.run(RestoreFrom::Stream(&mut io::stdin().lock()))?
    } else {
        restore.run(RestoreFrom::Folder(Path::new(from)))?
    };
    if !dry_run {
        // What a start looks at is looked at while somebody reads what it says.
        serve::open(settings, Opening::default())?.close();
    }
    Ok(restored)
}

/// For people.
#[must_use]
pub fn restored_text(done: &Restored, dry_run: bool) -> String {
    let mut text = String::new();
    let mut line = |name: &str, value: &dyn std::fmt::Display| {
        let _ = writeln!(text, "{name:<42} {value}");
    };
    let date = HttpDate::from(UNIX_EPOCH + Duration::from_secs(done.made));
    line("made in the hour of", &date);
    line("kept: open by their links again", &done.kept);
    line("bytes of these", &done.bytes);
    line("expired meanwhile: destroyed", &done.expired);
    line("named as burned: destroyed", &done.burned);
    line("all else: told as gone", &done.tombstones);
    line("all else, forgotten by now", &done.forgotten);
    line("invites", &done.invites);
    line("blocked ids", &done.blocked);
    if dry_run {
        text.push_str("All of it was verified; nothing was restored.\n");
        if let Some(path) = &done.taken {
            let _ = writeln!(text, "{} is there: it would be refused.", path.display());
        }
    }
    text
}

/// Prints the hash of each id that burned, in the hour of `since` or later, one a line.
///
/// # Errors
/// [`BackupCommandError`].
pub fn print_burned(settings: &Settings, ago: Option<u64>) -> Result<(), BackupCommandError> {
    let since = ago.map_or(0, |ago| SystemClock.now().saturating_sub(ago));
    let mut out = io::BufWriter::new(io::stdout().lock());
    store::burned(&settings.data, since, |hash| {
        Ok::<_, Stopped>(writeln!(out, "{}", Base64UrlUnpadded::encode_string(&hash))?)
    })
    .map_err(|stopped| match stopped {
        Stopped::Store(source) => BackupCommandError::Open {
            folder: settings.data.clone(),
            source,
        },
        Stopped::Output(error) => error.into(),
    })?;
    Ok(out.flush()?)
}

/// Why a list broke off.
#[derive(Debug, thiserror::Error)]
enum Stopped {
    #[error(transparent)]
    Store(#[from] OpenError),
    #[error(transparent)]
    Output(#[from] io::Error),
}

/// Hashes of ids, one a line; what is behind `#` is for people.
fn hashes(path: &str) -> Result<HashSet<[u8; 32]>, BackupCommandError> {
    let text = if path == STREAM {
        io::read_to_string(io::stdin())
    } else {
        fs::read_to_string(path)
    };
    let text = text.map_err(|source| BackupCommandError::List {
        path: PathBuf::from(path),
        source,
    })?;
    let mut hashes = HashSet::new();
    for (line, text) in (1..).zip(text.lines()) {
        let written = text.split('#').next().unwrap_or_default().trim();
        if !written.is_empty() {
            hashes.insert(hash(written).ok_or(BackupCommandError::Line { line })?);
        }
    }
    Ok(hashes)
}

fn hash(written: &str) -> Option<[u8; 32]> {
    let mut hash = [0; 32];
    let len = match written.len() {
        64 => from_hex(written, &mut hash)?,
        43 => Base64UrlUnpadded::decode(written, &mut hash).ok()?.len(),
        _ => return None,
    };
    (len == hash.len()).then_some(hash)
}

fn from_hex(written: &str, hash: &mut [u8; 32]) -> Option<usize> {
    for (byte, digits) in hash.iter_mut().zip(written.as_bytes().chunks(2)) {
        let digit = |at: usize| char::from(*digits.get(at)?).to_digit(16);
        *byte = u8::try_from(digit(0)? * 16 + digit(1)?).ok()?;
    }
    Some(hash.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_read_as_it_is_printed_and_in_hexadecimal() {
        let bytes: [u8; 32] = std::array::from_fn(|at| u8::try_from(at * 7).unwrap_or(255));
        assert_eq!(hash(&Base64UrlUnpadded::encode_string(&bytes)), Some(bytes));
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hash(&hex), Some(bytes));
        assert_eq!(hash(&hex.to_uppercase()), Some(bytes));
        for wrong in ["", "abc", &hex[1..], &format!("+{}", &hex[1..]), &"é".repeat(32)] {
            assert_eq!(hash(wrong), None, "{wrong}");
        }
    }
}
