//! What opens a container, from what the options name: passphrases, identities, links, shares.

use std::path::{Path, PathBuf};

use satchel_client::crypto::{
    Allowed, Container, Identity, Key as Borrowed, Link, Passphrase, Recipient, Share, Slot, UnlockedLink, Verdict,
};
use satchel_client::share_text::share_in;
use satchel_client::{Address, crypto::limit};
use zeroize::Zeroizing;

use crate::args::{Key as Options, To};
use crate::ask::{is_dash, passphrase, secret_bytes, text_file};
use crate::failure::Failure;
use crate::inside::Inside;

/// A key file, a file of recipients or a share: each is far smaller.
const TEXT_LEN_MAX: usize = 1 << 20;
/// More have no use: a container has at most so many slots.
const IDENTITIES_MAX: usize = 64;

/// What opens a container, in memory.
pub(crate) enum Held {
    /// For passphrase slots.
    Passphrase(Passphrase),
    /// For recipient slots.
    Identities(Vec<Identity>),
    /// For link slots.
    Link(UnlockedLink),
    /// For share slots.
    Shares(Vec<Share>),
}

impl Held {
    /// As the container wants it.
    pub(crate) fn key(&self) -> Borrowed<'_> {
        match self {
            Self::Passphrase(passphrase) => Borrowed::Passphrase(passphrase),
            Self::Identities(identities) => Borrowed::Identities(identities),
            Self::Link(link) => Borrowed::Link(link),
            Self::Shares(shares) => Borrowed::Shares(shares),
        }
    }

    /// What the options name; without any, a passphrase that is asked for. `containers` are what is to be opened: nobody is to type what cannot help.
    pub(crate) fn of(options: &Options, containers: &[&Container], stdin_taken: bool) -> Result<Self, Failure> {
        let has = |kind: fn(&Slot) -> bool| {
            let found = containers.iter().any(|container| container.slots().any(kind));
            found.then_some(()).ok_or(Failure::from(Verdict::NoMatchingSlot))
        };
        let file = options.passphrase_file.as_deref();
        if !options.shares.is_empty() {
            has(|slot| matches!(slot, Slot::Share { .. }))?;
            return Ok(Self::Shares(shares_in(&options.shares, stdin_taken)?));
        }
        if !options.identities.is_empty() {
            has(|slot| matches!(slot, Slot::Recipient { .. }))?;
            return Ok(Self::Identities(identities(&options.identities, file, stdin_taken)?));
        }
        let Some(link_file) = &options.link_file else {
            has(|slot| matches!(slot, Slot::Passphrase { .. }))?;
            return Ok(Self::Passphrase(passphrase(file, stdin_taken)?));
        };
        let link = link_in(&text_file(link_file, stdin_taken)?)?;
        has(|slot| matches!(slot, Slot::Link { .. }))?;
        let passphrase = if link.needs_passphrase() {
            Some(passphrase(file, stdin_taken || is_dash(link_file))?)
        } else {
            None
        };
        Ok(Self::Link(link.unlock(passphrase.as_ref())?))
    }
}

/// The link that a text is.
fn link_in(text: &str) -> Result<Link, Failure> {
    match Address::parse(text)? {
        Address::Link { link, .. } => Ok(link),
        Address::Receipt { .. } => Err(Failure::ReceiptForLink),
    }
}

/// The shares in these files.
pub(crate) fn shares_in(paths: &[PathBuf], stdin_taken: bool) -> Result<Vec<Share>, Failure> {
    let mut taken = stdin_taken;
    let share = |path: &PathBuf| {
        let text = text_of(path, taken)?;
        taken |= is_dash(path);
        share_in(&text).map_err(|_| Failure::NoShare(path.clone()))
    };
    paths.iter().map(share).collect()
}

/// The identities in these files. One that is a container itself is opened first.
pub(crate) fn identities(
    paths: &[PathBuf],
    passphrase_file: Option<&Path>,
    stdin_taken: bool,
) -> Result<Vec<Identity>, Failure> {
    let mut found = Vec::new();
    let mut taken = stdin_taken || passphrase_file.is_some_and(is_dash);
    for path in paths {
        let mut bytes = secret_bytes(path, taken, TEXT_LEN_MAX)?;
        taken |= is_dash(path);
        if bytes.first() == Some(&0x8b) {
            bytes = opened(
                path,
                &bytes,
                passphrase_file,
                stdin_taken || paths.iter().any(|path| is_dash(path)),
            )?;
        }
        let text = std::str::from_utf8(&bytes).map_err(|_| Failure::SecretNotText(path.clone()))?;
        let before = found.len();
        for line in written_lines(text) {
            found.push(Identity::parse(line).map_err(|_| classic(line, path))?);
        }
        if found.len() == before {
            return Err(Failure::NoIdentity(path.clone()));
        }
    }
    if found.len() > IDENTITIES_MAX {
        return Err(Failure::TooManyKeys(found.len()));
    }
    Ok(found)
}

/// What a sealed key file holds.
fn opened(
    path: &Path,
    bytes: &[u8],
    passphrase_file: Option<&Path>,
    stdin_taken: bool,
) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let container = Inside::of(bytes)?;
    if passphrase_file.is_none() {
        eprintln!("{} is sealed.", crate::failure::at(path));
    }
    let passphrase = passphrase(passphrase_file, stdin_taken)?;
    Ok(container.open(&Borrowed::Passphrase(&passphrase), Allowed::ALL)?)
}

/// Everybody whom the options name, each once.
pub(crate) fn recipients(to: &To, stdin_taken: bool) -> Result<Vec<Recipient>, Failure> {
    let mut found: Vec<Recipient> = Vec::new();
    let mut add = |recipient: Recipient| {
        if !found.contains(&recipient) {
            found.push(recipient);
        }
    };
    for text in &to.recipients {
        add(Recipient::parse(text.trim()).map_err(|_| not_a_recipient(text, None))?);
    }
    let mut taken = stdin_taken;
    for path in &to.files {
        for recipient in recipients_in(path, taken)? {
            add(recipient);
        }
        taken |= is_dash(path);
    }
    if found.len() > limit::SLOTS_MAX {
        return Err(Failure::TooManyKeys(found.len()));
    }
    Ok(found)
}

/// The recipients in a file: one a line, lines that begin with `#` and empty ones aside.
pub(crate) fn recipients_in(path: &Path, stdin_taken: bool) -> Result<Vec<Recipient>, Failure> {
    let text = text_of(path, stdin_taken)?;
    let parse = |line: &str| Recipient::parse(line).map_err(|_| not_a_recipient(line, Some(path)));
    let found: Vec<_> = written_lines(&text).map(parse).collect::<Result<_, _>>()?;
    if found.is_empty() {
        return Err(Failure::NoRecipient(path.to_owned()));
    }
    Ok(found)
}

fn written_lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
}

/// An identity given where a recipient belongs is not to be sent to anybody, and age's older keys are no mistake of typing.
pub(crate) fn not_a_recipient(text: &str, path: Option<&Path>) -> Failure {
    if text.trim().to_ascii_uppercase().starts_with("AGE-SECRET-KEY-") {
        return Failure::IdentityForRecipient;
    }
    if text.starts_with("age1") && !text.starts_with("age1pq1") || text.starts_with("ssh-") {
        return Failure::ClassicKey;
    }
    match path {
        Some(path) => Failure::NotARecipient(path.to_owned()),
        None => Verdict::MalformedRecipient.into(),
    }
}

fn classic(line: &str, path: &Path) -> Failure {
    if line.starts_with("AGE-SECRET-KEY-1") || line.starts_with("-----BEGIN OPENSSH") {
        Failure::ClassicKey
    } else if line.starts_with("age1") {
        Failure::RecipientForIdentity(path.to_owned())
    } else {
        Failure::NoIdentity(path.to_owned())
    }
}

fn text_of(path: &Path, stdin_taken: bool) -> Result<Zeroizing<String>, Failure> {
    let bytes = secret_bytes(path, stdin_taken, TEXT_LEN_MAX)?;
    match std::str::from_utf8(&bytes) {
        Ok(text) => Ok(Zeroizing::new(text.to_owned())),
        Err(_) => Err(Failure::SecretNotText(path.to_owned())),
    }
}
