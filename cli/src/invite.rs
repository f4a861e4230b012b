//! A server's invite: given with this share, or remembered for that server. Never from an argument or the environment.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use satchel_client::crypto::Invite;
use satchel_client::{Address, Base};

use crate::ask::{self, text_file};
use crate::failure::Failure;
use crate::lease::state_folder;

/// An invite that came with this share.
pub(crate) struct Given {
    /// The server that it names; none where its fragment stood alone.
    pub(crate) base: Option<Base>,
    pub(crate) invite: Invite,
}

/// The invite of `--invite` or `--invite-file`, if there is one.
pub(crate) fn given(asked: bool, file: Option<&Path>, stdin_taken: bool) -> Result<Option<Given>, Failure> {
    let text = match file {
        Some(path) => text_file(path, stdin_taken)?,
        None if asked && stdin_taken => ask::prompt("the invite", "Invite: ")?,
        None if asked => ask::link("an invite", None)?,
        None => return Ok(None),
    };
    match Address::parse(&text)? {
        Address::Invite { base, invite } => Ok(Some(Given { base, invite })),
        Address::Link { .. } | Address::Owner { .. } | Address::Receipt { .. } | Address::Panic { .. } => {
            Err(Failure::NotAnInvite)
        }
    }
}

/// Invites in the user's state folder: a file of mode 0600 for each server.
pub(crate) struct Remembered {
    path: PathBuf,
}

impl Remembered {
    /// The place for `base`'s; none where there is no home folder.
    pub(crate) fn of(base: &Base) -> Option<Self> {
        let name = base
            .as_str()
            .replace(|c: char| !c.is_ascii_alphanumeric() && c != '.', "_");
        let folder = state_folder("invites").ok()?;
        Some(Self {
            path: folder.join(name),
        })
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The invite. What is no invite of this server, or cannot be read, is none.
    pub(crate) fn load(&self, base: &Base) -> Option<Invite> {
        let text = text_file(&self.path, false).ok()?;
        match Address::parse(&text) {
            Ok(Address::Invite {
                base: Some(named),
                invite,
            }) if named == *base => Some(invite),
            _ => None,
        }
    }

    /// Keeps it, whole or not at all.
    pub(crate) fn save(&self, base: &Base, invite: &Invite) -> Result<(), Failure> {
        self.write(base.with_fragment(&invite.encode()).as_bytes())
            .map_err(|source| Failure::Write {
                path: self.path.clone(),
                source,
            })
    }

    fn write(&self, link: &[u8]) -> io::Result<()> {
        let folder = self.path.parent().unwrap_or(Path::new("."));
        let mut folders = fs::DirBuilder::new();
        folders.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut folders, 0o700);
        folders.create(folder)?;
        // Of mode 0600 from the start.
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(link)?;
        file.as_file().sync_all()?;
        file.persist(&self.path).map(drop).map_err(|error| error.error)
    }

    /// It is of no more use.
    pub(crate) fn forget(&self) {
        let _ = fs::remove_file(&self.path);
    }
}
