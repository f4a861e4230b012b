//! The lease of a `get`, kept from before the claim to the confirm: a killed `get` goes on where it was. Never the link.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::time::Duration;

use etcetera::BaseStrategy as _;
use satchel_client::crypto::{LeaseToken, PasteId, ProbeToken};
use satchel_client::{Error, LeaseKeeper};
use zeroize::Zeroizing;

use crate::failure::Failure;

const KEPT_FOR: Duration = Duration::from_secs(7 * 86_400);

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
        self.failed = Some(match source.kind() {
            io::ErrorKind::AlreadyExists => Failure::GetsTwice,
            _ => Failure::Lease {
                path: self.folder.clone(),
                source,
            },
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
        // One that another `get` has just kept may be claimed with already: it is not to be lost.
        aside.persist_noclobber(self.path(id)).map_err(|error| error.error)?;
        // The token is on the disk; a file system that cannot sync a folder loses its name at worst, and only with the power.
        let _ = File::open(&self.folder).and_then(|folder| folder.sync_all());
        Ok(())
    }

    /// What was never gone on with says long after that something was got: no lease runs for so long.
    fn tidy(&self) {
        let entries = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        for entry in entries {
            let age = entry
                .metadata()
                .and_then(|found| found.modified())
                .map(|time| time.elapsed());
            if matches!(age, Ok(Ok(age)) if age > KEPT_FOR) {
                let _ = fs::remove_file(entry.path());
            }
        }
    }
}

impl LeaseKeeper for Leases {
    async fn load(&mut self, id: &PasteId) -> Result<Option<LeaseToken>, Error> {
        self.tidy();
        match fs::read_to_string(self.path(id)).map(Zeroizing::new) {
            Ok(text) => match LeaseToken::parse(text.trim_end()) {
                Ok(lease) => Ok(Some(lease)),
                // What is no token is of no use to anybody, and in the way of one.
                Err(_) => self.forget(id).await.map(|()| None),
            },
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

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test")]
mod tests {
    use satchel_client::crypto::Link;

    use super::*;
    use crate::random::random;

    #[test]
    fn of_two_gets_at_once_the_second_leaves_the_lease_of_the_first() {
        let home = tempfile::tempdir().unwrap();
        let gets = || Leases {
            folder: home.path().join("leases"),
            failed: None,
        };
        let link = Link::generate(&mut random(), false);
        let (id, probe) = (link.id(), link.probe_token());
        let lease = || LeaseToken::generate(&mut random());
        let (mut first, mut second, first_lease) = (gets(), gets(), lease());
        pollster::block_on(async {
            assert!(first.load(&id).await.unwrap().is_none());
            assert!(second.load(&id).await.unwrap().is_none());
            first.save(&id, &probe, &first_lease).await.unwrap();
            assert!(second.save(&id, &probe, &lease()).await.is_err());
            assert!(matches!(second.failed, Some(Failure::GetsTwice)));
            let kept = second.load(&id).await.unwrap().unwrap();
            assert_eq!(kept.bearer().as_str(), first_lease.bearer().as_str());
        });
    }

    #[test]
    fn what_is_no_lease_makes_room_for_one() {
        let home = tempfile::tempdir().unwrap();
        let mut leases = Leases {
            folder: home.path().to_owned(),
            failed: None,
        };
        let link = Link::generate(&mut random(), false);
        fs::write(home.path().join(link.id().encode()), b"no lease").unwrap();
        pollster::block_on(async {
            assert!(leases.load(&link.id()).await.unwrap().is_none());
            let lease = LeaseToken::generate(&mut random());
            leases.save(&link.id(), &link.probe_token(), &lease).await.unwrap();
        });
    }
}
