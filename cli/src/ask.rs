//! Secrets from the terminal, without echo, and from files: passphrases, links, receipts. Never from the environment.

use std::fs::File;
use std::io::{self, IsTerminal as _, Read, Write as _};
use std::path::{Path, PathBuf};

use satchel_client::crypto::{Passphrase, Verdict, limit};
use satchel_client::words::Words;
use zeroize::Zeroizing;

use crate::args::NewPassphrase;
use crate::failure::Failure;
use crate::interrupt::{self, Echo};
use crate::random::random;
use crate::strength;

/// More than a passphrase can be, even before normalisation.
const SECRET_LEN_MAX: usize = 4 * limit::PASSPHRASE_LEN_MAX;

/// Whether `path` stands for standard input or output.
pub(crate) fn is_dash(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// Whether standard input is one of `paths`.
///
/// # Errors
/// `StdinTwice` when it is two of them.
pub(crate) fn takes_stdin<'a>(paths: impl IntoIterator<Item = &'a PathBuf>) -> Result<bool, Failure> {
    match paths.into_iter().filter(|path| is_dash(path)).count() {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(Failure::StdinTwice),
    }
}

/// The passphrase that is to open a new container; none where none was asked for.
pub(crate) fn new_passphrase(wish: &NewPassphrase, stdin_taken: bool) -> Result<Option<Passphrase>, Failure> {
    if let Some(path) = &wish.passphrase_file {
        let bytes = passphrase_bytes(path, stdin_taken)?;
        if let Ok(text) = std::str::from_utf8(&bytes) {
            let line = text.strip_suffix('\n').unwrap_or(text);
            let line = line.strip_suffix('\r').unwrap_or(line);
            // Whoever types it later has to get the same.
            if line.contains(|c: char| c.is_control() || c == '\u{feff}') {
                return Err(Failure::NotTypable(path.clone()));
            }
            strength::warn(line);
        }
        return Ok(Some(Passphrase::from_file(&bytes)?));
    }
    if !wish.ask {
        return Ok(None);
    }
    let first = prompt("the passphrase", "Passphrase (nothing: one is made): ")?;
    if first.is_empty() {
        let words = Words::generate(&mut random());
        show(&words).map_err(|_| Failure::NoTerminal("the passphrase"))?;
        return Ok(Some(Passphrase::new(words.as_str())?));
    }
    let second = prompt("the passphrase", "Once more: ")?;
    if first != second {
        return Err(Failure::AnswersDiffer);
    }
    strength::warn(&first);
    Ok(Some(Passphrase::new(&first)?))
}

/// Shows a passphrase where it was asked for: on the terminal, wherever standard error goes. What opens by it is not made before it was seen.
fn show(words: &Words) -> io::Result<()> {
    let terminal = if cfg!(windows) { "CONOUT$" } else { "/dev/tty" };
    let mut terminal = File::options().write(true).open(terminal)?;
    // Unbuffered: no copy of it stays behind.
    terminal.write_all(b"passphrase: ")?;
    terminal.write_all(words.as_str().as_bytes())?;
    writeln!(
        terminal,
        "\n{} random words, {} bits: out of reach for guessing. It is shown this once; send it by another way than the document.",
        satchel_client::words::COUNT,
        words.bits()
    )
}

/// The passphrase that opens something.
pub(crate) fn passphrase(file: Option<&Path>, stdin_taken: bool) -> Result<Passphrase, Failure> {
    match file {
        Some(path) => from_file(path, stdin_taken),
        None => Ok(Passphrase::new(&prompt("the passphrase", "Passphrase: ")?)?),
    }
}

fn from_file(path: &Path, stdin_taken: bool) -> Result<Passphrase, Failure> {
    Ok(Passphrase::from_file(&passphrase_bytes(path, stdin_taken)?)?)
}

fn passphrase_bytes(path: &Path, stdin_taken: bool) -> Result<Zeroizing<Vec<u8>>, Failure> {
    secret_bytes(path, stdin_taken, SECRET_LEN_MAX).map_err(|failure| match failure {
        Failure::SecretTooLong { len, .. } => Verdict::PassphraseTooLong(len).into(),
        other => other,
    })
}

/// A link or receipt: the argument, or asked for, or from standard input.
pub(crate) fn link(what: &'static str, argument: Option<String>) -> Result<Zeroizing<String>, Failure> {
    match argument {
        Some(text) if text != "-" => {
            eprintln!("hint: {what} given as an argument stands in your shell's history; without it, satchel asks");
            Ok(Zeroizing::new(text))
        }
        _ if io::stdin().is_terminal() => {
            let mut label = what.to_owned();
            label.push_str(": ");
            prompt(what, &capital(&label))
        }
        _ => text_file(Path::new("-"), false),
    }
}

fn capital(label: &str) -> String {
    label
        .trim_start_matches("a ")
        .chars()
        .enumerate()
        .map(|(i, c)| if i == 0 { c.to_ascii_uppercase() } else { c })
        .collect()
}

/// A link from a file.
pub(crate) fn text_file(path: &Path, stdin_taken: bool) -> Result<Zeroizing<String>, Failure> {
    let bytes = secret_bytes(path, stdin_taken, SECRET_LEN_MAX)?;
    match std::str::from_utf8(&bytes) {
        Ok(text) => Ok(Zeroizing::new(text.to_owned())),
        Err(_) => Err(Failure::SecretNotText(path.to_owned())),
    }
}

/// A secret from a file or standard input: at most `len_max` bytes.
pub(crate) fn secret_bytes(path: &Path, stdin_taken: bool, len_max: usize) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let failed = |source| Failure::Read {
        path: path.to_owned(),
        source,
    };
    // One allocation, so that no copy of the secret stays behind when it grows.
    let mut bytes = Zeroizing::new(Vec::with_capacity(len_max + 2));
    let most = len_max as u64 + 1;
    if is_dash(path) {
        if stdin_taken {
            return Err(Failure::StdinTwice);
        }
        io::stdin().lock().take(most).read_to_end(&mut bytes).map_err(failed)?;
    } else {
        File::open(path)
            .and_then(|file| file.take(most).read_to_end(&mut bytes))
            .map_err(failed)?;
    }
    if bytes.len() > len_max {
        return Err(Failure::SecretTooLong {
            path: path.to_owned(),
            len: bytes.len(),
        });
    }
    Ok(bytes)
}

/// A text that is no secret, from a file.
pub(crate) fn text_of_file(path: &Path) -> Result<String, Failure> {
    let read = if is_dash(path) {
        io::read_to_string(io::stdin())
    } else {
        std::fs::read_to_string(path)
    };
    read.map_err(|source| match source.kind() {
        io::ErrorKind::InvalidData => Failure::SecretNotText(path.to_owned()),
        _ => Failure::Read {
            path: path.to_owned(),
            source,
        },
    })
}

/// A line that is not shown while it is typed. Before, the terminal may be silent already.
pub(crate) fn prompt(what: &'static str, label: &str) -> Result<Zeroizing<String>, Failure> {
    let _echo = Echo::kept();
    match rpassword::prompt_password(label) {
        Ok(text) => Ok(Zeroizing::new(text)),
        // Ctrl-C: its signal is on its way as well, and may come later than this.
        Err(error) if error.kind() == io::ErrorKind::Interrupted => interrupt::end(),
        // Ctrl-D.
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Err(Failure::NoAnswer(what)),
        Err(_) => Err(Failure::NoTerminal(what)),
    }
}
