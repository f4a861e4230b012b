//! `satchel encrypt`.

use satchel_client::crypto::{Asked, Locks, Profile};

use crate::args::{Encrypt, NewPassphrase};
use crate::ask::{is_dash, new_passphrase};
use crate::document::Document;
use crate::failure::Failure;
use crate::place::Target;
use crate::seal::seal;

/// Seals files, folders or standard input into a container.
pub(crate) fn encrypt(options: Encrypt) -> Result<(), Failure> {
    let Encrypt {
        paths,
        output,
        passphrase,
        profile,
        force,
    } = options;
    let stdin_taken = takes_stdin(&paths);
    let target = Target::of(output.as_deref(), force)?;
    let document = Document::gather(&paths)?;
    let manifest = document.manifest(Asked::default())?;
    // Nothing else can open it yet, so a passphrase is asked for even without -p.
    let wish = NewPassphrase {
        ask: passphrase.passphrase_file.is_none(),
        ..passphrase
    };
    let output = target.for_container(document.name())?;
    let Some(passphrase) = new_passphrase(&wish, stdin_taken)? else {
        return Err(Failure::NoTerminal("the passphrase"));
    };
    let profile = Profile::from_number(u64::from(profile))?;
    let locks = Locks::Passphrases {
        passphrases: &[&passphrase],
        profile,
    };
    seal(&manifest, &locks, document.open(), &output)?;
    output.commit()
}

/// Whether the document comes from standard input.
pub(super) fn takes_stdin(paths: &[std::path::PathBuf]) -> bool {
    paths.is_empty() || paths.iter().any(|path| is_dash(path))
}
