//! `satchel encrypt`.

use std::io::IsTerminal as _;
use std::path::PathBuf;

use satchel_client::crypto::{Asked, Locks, Passphrase, Profile, Recipient};

use crate::args::{Encrypt, NewPassphrase, To};
use crate::ask::{self, is_dash, new_passphrase};
use crate::document::{Document, name_for};
use crate::failure::Failure;
use crate::key::recipients;
use crate::letter;
use crate::over::Over;
use crate::seal::seal;
use crate::target::Target;

/// Seals files, folders or standard input into a container.
pub(crate) fn encrypt(options: Encrypt) -> Result<(), Failure> {
    let Encrypt {
        paths,
        output,
        html,
        passphrase,
        to,
        split_by,
        departments,
        profile,
        force,
    } = options;
    let stdin_taken = takes_stdin(&paths);
    let over = Over::new(force)
        .keeping(&paths)
        .keeping(&passphrase.passphrase_file)
        .keeping(&to.files)
        .keeping(&departments);
    if let Some(place) = html {
        return encrypt_letter(&paths, &passphrase, Target::of(Some(&place), over)?);
    }
    let target = Target::of(output.as_deref(), over)?;
    if let (Some(column), Some(departments)) = (split_by, departments) {
        let stdin = PathBuf::from("-");
        let path = match &paths[..] {
            [] if std::io::stdin().is_terminal() => return Err(Failure::NothingToSeal),
            [] => &stdin,
            [path] => path,
            _ => return Err(Failure::OneTable(paths.len())),
        };
        ask::takes_stdin([path, &departments])?;
        return super::split_by::split_by(path, &column, &departments, target);
    }
    let own = target.is_there(&format!("{}.satchel", name_for(&paths)));
    let document = Document::gather(&paths, own)?;
    let manifest = document.manifest(Asked::default())?;
    let to = Opens::asked(passphrase, &to, stdin_taken)?;
    // The document itself may be removed next: what is in place has to be on the disk.
    let output = target.for_container(document.name())?.durable();
    let profile = profile.map_or(Ok(Profile::Desk), |profile| Profile::from_number(u64::from(profile)))?;
    let passphrase;
    let locks = match to {
        Opens::Recipients(ref recipients) => Locks::Recipients(recipients),
        Opens::Passphrase(wish) => {
            passphrase = typed(&wish, stdin_taken)?;
            Locks::Passphrases {
                passphrases: &[&passphrase],
                profile,
            }
        }
    };
    seal(&manifest, &locks, document.open(), &output)?;
    output.commit()
}

/// Seals into a letter, under a passphrase that a phone can work in.
fn encrypt_letter(paths: &[PathBuf], passphrase: &NewPassphrase, target: Target) -> Result<(), Failure> {
    let page = letter::Page::built_in()?;
    let own = target.is_there(&format!("{}.html", name_for(paths)));
    let document = Document::gather(paths, own)?;
    let manifest = document.manifest(Asked::default())?;
    letter::check_size(&manifest)?;
    let output = target.for_letter(document.name())?.durable();
    let passphrase = typed(passphrase, takes_stdin(paths))?;
    let locks = Locks::Passphrases {
        passphrases: &[&passphrase],
        profile: Profile::Phone,
    };
    let container = letter::seal(&manifest, &locks, document.open())?;
    output.put_whole(&page.with(&container))?;
    output.commit()
}

/// What is to open the container.
enum Opens {
    Recipients(Vec<Recipient>),
    Passphrase(NewPassphrase),
}

impl Opens {
    fn asked(passphrase: NewPassphrase, to: &To, stdin_taken: bool) -> Result<Self, Failure> {
        if to.is_empty() {
            return Ok(Self::Passphrase(passphrase));
        }
        if passphrase.ask || passphrase.passphrase_file.is_some() {
            return Err(Failure::PassphraseAndRecipients);
        }
        recipients(to, stdin_taken).map(Self::Recipients)
    }
}

/// Nothing else can open it yet, so a passphrase is asked for even without -p.
fn typed(wish: &NewPassphrase, stdin_taken: bool) -> Result<Passphrase, Failure> {
    let wish = NewPassphrase {
        ask: wish.passphrase_file.is_none(),
        passphrase_file: wish.passphrase_file.clone(),
    };
    new_passphrase(&wish, stdin_taken)?.ok_or(Failure::NoTerminal("the passphrase"))
}

/// Whether the document comes from standard input.
pub(super) fn takes_stdin(paths: &[PathBuf]) -> bool {
    paths.is_empty() || paths.iter().any(|path| is_dash(path))
}
