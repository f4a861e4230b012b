//! The lease of a `get`, kept from before the claim to the confirm: a killed `get` goes on where it was. Never the link.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::PathBuf;

use etcetera::BaseStrategy as _;
use satchel_client::crypto::{LeaseToken, PasteId, ProbeToken};
use satchel_client::{Error, LeaseKeeper};
use zeroize::Zeroizing;

use crate::failure::Failure;

/// Files of mode 0600 in the user's state folder, one for each paste that is being got.
pub(crate) struct Leases {
    folder: PathBuf,
    pub(crate) failed: Option<Failure>,
}

impl Leases {
    /// `$XDG_STATE_HOME/satchel/leases`, or what the system has for that.
    pub(crate) fn of_user() -> Result<Self, Failure> {
        let base = etcetera::choose_base_strategy().map_err(|_| Failure::NoHome)?;
        let state = base.state_dir().unwrap_or_else(|| base.data_dir());
        Ok(Self {
            folder: state.join("satchel").join("leases"),
            failed: None,
        })
    }

    fn path(&self, id: &PasteId) -> PathBuf {
        self.folder.join(id.encode())
    }

    fn fail(&mut self, source: io::Error) -> Error {
        self.failed = Some(Failure::Lease {
            path: self.folder.clone(),
            source,
        });
        Error::Keep
    }

    fn write(&self, id: &PasteId, lease: &LeaseToken) -> io::Result<()> {
        let mut folders = fs::DirBuilder::new();
        folders.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut folders, 0o700);
        folders.create(&self.folder)?;
        // Made with mode 0600, and whole or not there.
        let mut aside = tempfile::NamedTempFile::new_in(&self.folder)?;
        aside.write_all(lease.bearer().as_bytes())?;
        aside.as_file().sync_all()?;
        aside.persist(self.path(id)).map_err(|error| error.error)?;
        File::open(&self.folder)?.sync_all()
    }
}

impl LeaseKeeper for Leases {
    async fn load(&mut self, id: &PasteId) -> Result<Option<LeaseToken>, Error> {
        match fs::read_to_string(self.path(id)).map(Zeroizing::new) {
            // What is no token is of no use to anybody.
            Ok(text) => Ok(LeaseToken::parse(text.trim_end()).ok()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(self.fail(source)),
        }
    }

    async fn save(&mut self, id: &PasteId, _probe: &ProbeToken, lease: &LeaseToken) -> Result<(), Error> {
        self.write(id, lease).map_err(|source| self.fail(source))
    }

    async fn forget(&mut self, id: &PasteId) -> Result<(), Error> {
        match fs::remove_file(self.path(id)) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => Err(self.fail(source)),
            _ => Ok(()),
        }
    }
}
