//! What opens a container, from what the options name: passphrases, identities, links, shares.

use std::path::{Path, PathBuf};

use satchel_client::crypto::{
    Allowed, Container, Identity, Key as Borrowed, Link, Passphrase, Recipient, Share, UnlockedLink, Verdict,
};
use satchel_client::share_text::share_in;
use satchel_client::{Address, crypto::limit};
use zeroize::Zeroizing;

use crate::args::{Key as Options, To};
use crate::ask::{is_dash, passphrase, secret_bytes, text_file};
use crate::failure::Failure;
use crate::inside::Inside;
use crate::opens::{Kind, Kinds};
use crate::place_in_text::Where;
use crate::text::without_bom;

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
        let has = |asked: Kind| {
            let opens = Kinds::of(containers);
            let found = opens.has(asked);
            found.then_some(()).ok_or(Failure::OtherKey { asked, opens })
        };
        let file = options.passphrase_file.as_deref();
        if !options.shares.is_empty() {
            has(Kind::Shares)?;
            return Ok(Self::Shares(shares_in(&options.shares, stdin_taken)?));
        }
        if !options.identities.is_empty() {
            has(Kind::Identity)?;
            return Ok(Self::Identities(identities(&options.identities, file, stdin_taken)?));
        }
        let Some(link_file) = &options.link_file else {
            has(Kind::Passphrase)?;
            return Ok(Self::Passphrase(passphrase(file, stdin_taken)?));
        };
        let link = link_in(&text_file(link_file, stdin_taken)?)?;
        has(Kind::Link)?;
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
        Address::Owner { .. } => Err(Failure::OwnerFor("a link")),
        Address::Invite { .. } => Err(Failure::InviteFor("a link")),
        Address::Panic { .. } => Err(Failure::PanicFor("a link")),
    }
}

/// The shares in these files.
pub(crate) fn shares_in(paths: &[PathBuf], stdin_taken: bool) -> Result<Vec<Share>, Failure> {
    let mut taken = stdin_taken;
    let share = |path: &PathBuf| {
        let text = text_of(path, taken)?;
        taken |= is_dash(path);
        share_in(&text).map_err(|why| Failure::NoShare {
            path: path.clone(),
            why,
        })
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
        if bytes.starts_with(b"age-encryption.org/") || bytes.starts_with(b"-----BEGIN AGE ENCRYPTED FILE") {
            return Err(Failure::SealedByAge(path.clone()));
        }
        let text = std::str::from_utf8(&bytes).map_err(|_| Failure::SecretNotText(path.clone()))?;
        found.extend(identities_in(text, path)?);
    }
    if found.len() > IDENTITIES_MAX {
        return Err(Failure::TooManyKeys(found.len()));
    }
    Ok(found)
}

/// The identities in a text. age's older keys beside one that is safe open nothing here, and do no harm.
fn identities_in(text: &str, path: &Path) -> Result<Vec<Identity>, Failure> {
    let (mut found, mut older) = (Vec::new(), None);
    for (line, written) in written_lines(text) {
        let place = Where::Line {
            path: path.to_owned(),
            line,
        };
        match Identity::parse(written) {
            Ok(identity) => found.push(identity),
            Err(_) if written.starts_with("AGE-SECRET-KEY-1") => older = older.or(Some(Failure::ClassicKey(place))),
            Err(_) => return Err(not_an_identity(written, place, path)),
        }
    }
    if found.is_empty() {
        return Err(older.unwrap_or_else(|| Failure::NoIdentity(path.to_owned())));
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
    if !container.opens_with(Kind::Passphrase) {
        return Err(Failure::NoIdentity(path.to_owned()));
    }
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
        let refused = |_| {
            let is_file = !text.starts_with("age1") && Path::new(text).is_file();
            is_file.then(|| Failure::RecipientIsFile(PathBuf::from(text)))
        };
        let parsed = Recipient::parse(text.trim()).map_err(refused);
        add(parsed.map_err(|why| why.unwrap_or_else(|| not_a_recipient(text, Where::Argument)))?);
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
    let parse = |(line, written): (usize, &str)| {
        let place = Where::Line {
            path: path.to_owned(),
            line,
        };
        Recipient::parse(written).map_err(|_| not_a_recipient(written, place))
    };
    let found: Vec<_> = written_lines(&text).map(parse).collect::<Result<_, _>>()?;
    if found.is_empty() {
        return Err(Failure::NoRecipient(path.to_owned()));
    }
    Ok(found)
}

/// With their numbers, from 1. A carriage return alone ends a line, too: what follows a comment is not to be lost with it.
fn written_lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    without_bom(text)
        .split('\n')
        .flat_map(|line| line.strip_suffix('\r').unwrap_or(line).split('\r'))
        .map(str::trim)
        .enumerate()
        .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
        .map(|(number, line)| (number + 1, line))
}

/// An identity given where a recipient belongs is not to be sent to anybody, and age's older keys are no mistake of typing.
pub(crate) fn not_a_recipient(text: &str, place: Where) -> Failure {
    let text = text.trim();
    if text.to_ascii_uppercase().starts_with("AGE-SECRET-KEY-") {
        return Failure::IdentityForRecipient(place);
    }
    if text.starts_with("age1") && !text.starts_with("age1pq") || text.starts_with("ssh-") {
        return Failure::ClassicKey(place);
    }
    match place {
        Where::Argument => Verdict::MalformedRecipient.into(),
        place => Failure::NotARecipient(place),
    }
}

fn not_an_identity(text: &str, place: Where, path: &Path) -> Failure {
    if text.to_ascii_uppercase().starts_with("AGE-SECRET-KEY-PQ-") {
        Failure::DamagedIdentity(place)
    } else if text.starts_with("-----BEGIN OPENSSH") {
        Failure::ClassicKey(place)
    } else if text.starts_with("age1") {
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
