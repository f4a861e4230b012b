//! The lease of a `get`, kept from before the claim to the confirm: a killed `get` goes on where it was. Never the link.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use etcetera::BaseStrategy as _;
use satchel_client::crypto::{LeaseToken, PasteId, ProbeToken};
use satchel_client::{Error, LeaseKeeper};
use zeroize::Zeroizing;

use crate::failure::Failure;

const KEPT_FOR: Duration = Duration::from_secs(7 * 86_400);
/// More than a token has.
const TEXT_LEN_MAX: u64 = 256;

/// `$XDG_STATE_HOME/satchel/NAME`, or what the system has for that.
pub(crate) fn state_folder(name: &str) -> Result<PathBuf, Failure> {
    let base = etcetera::choose_base_strategy().map_err(|_| Failure::NoHome)?;
    let state = base.state_dir().unwrap_or_else(|| base.data_dir());
    Ok(state.join("satchel").join(name))
}

/// Files of mode 0600 in the user's state folder, one for each paste that is being got. Whoever uses one holds its lock until the end, so
/// that of two `get`s at once the second cannot drop what the first has claimed; the system lets go of it whatever becomes of the process.
pub(crate) struct Leases {
    folder: PathBuf,
    held: Option<File>,
    pub(crate) failed: Option<Failure>,
}

impl Leases {
    /// `$XDG_STATE_HOME/satchel/leases`, or what the system has for that. For one paste.
    pub(crate) fn of_user() -> Result<Self, Failure> {
        Ok(Self::in_folder(state_folder("leases")?))
    }

    const fn in_folder(folder: PathBuf) -> Self {
        Self {
            folder,
            held: None,
            failed: None,
        }
    }

    fn path(&self, id: &PasteId) -> PathBuf {
        self.folder.join(id.encode())
    }

    fn fail(&mut self, refusal: Refusal) -> Error {
        self.failed = Some(match refusal {
            Refusal::HeldByAnother => Failure::GetsTwice,
            Refusal::File(source) => Failure::Lease {
                path: self.folder.clone(),
                source,
            },
        });
        Error::Keep
    }

    /// The text of the lease, and its file held; none where there is none.
    fn read(&mut self, id: &PasteId) -> Result<Option<Zeroizing<Vec<u8>>>, Refusal> {
        let path = self.path(id);
        if self.held.is_none() {
            self.held = hold(&path)?;
        }
        let Some(file) = &mut self.held else { return Ok(None) };
        let mut text = Zeroizing::new(Vec::new());
        file.rewind()?;
        file.take(TEXT_LEN_MAX).read_to_end(&mut text)?;
        Ok(Some(text))
    }

    /// Writes in place: what is cut off in the middle is no token, and was not claimed with.
    fn write(&mut self, id: &PasteId, lease: &LeaseToken) -> Result<(), Refusal> {
        if self.held.is_none() {
            self.held = Some(self.make(&self.path(id))?);
        }
        if let Some(file) = &mut self.held {
            file.rewind()?;
            file.set_len(0)?;
            file.write_all(lease.bearer().as_bytes())?;
            file.sync_all()?;
        }
        // The token is on the disk; a file system that cannot sync a folder loses its name at worst, and only with the power.
        let _ = File::open(&self.folder).and_then(|folder| folder.sync_all());
        Ok(())
    }

    fn make(&self, path: &Path) -> Result<File, Refusal> {
        let mut folders = fs::DirBuilder::new();
        folders.recursive(true);
        let mut options = OpenOptions::new();
        options.read(true).write(true).create_new(true);
        #[cfg(unix)]
        {
            std::os::unix::fs::DirBuilderExt::mode(&mut folders, 0o700);
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        }
        folders.create(&self.folder)?;
        let file = options.open(path).map_err(|error| match error.kind() {
            // Another one made it since we looked.
            io::ErrorKind::AlreadyExists => Refusal::HeldByAnother,
            _ => Refusal::File(error),
        })?;
        lock(&file)?;
        Ok(file)
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

enum Refusal {
    HeldByAnother,
    File(io::Error),
}

impl From<io::Error> for Refusal {
    fn from(error: io::Error) -> Self {
        Self::File(error)
    }
}

fn lock(file: &File) -> Result<(), Refusal> {
    match file.try_lock() {
        Err(TryLockError::WouldBlock) => Err(Refusal::HeldByAnother),
        // A file system without locks keeps leases still.
        Ok(()) | Err(TryLockError::Error(_)) => Ok(()),
    }
}

/// Opens and locks what is there; none where nothing is.
fn hold(path: &Path) -> Result<Option<File>, Refusal> {
    let file = match OpenOptions::new().read(true).write(true).open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    lock(&file)?;
    // Between the two, the one who held it may have been through with it.
    Ok(is_at(&file, path).then_some(file))
}

#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let place = |found: &fs::Metadata| (found.dev(), found.ino());
    matches!((&file.metadata(), &fs::metadata(path)), (Ok(held), Ok(there)) if place(held) == place(there))
}

#[cfg(not(unix))]
fn is_at(_file: &File, path: &Path) -> bool {
    path.exists()
}

impl LeaseKeeper for Leases {
    async fn load(&mut self, id: &PasteId) -> Result<Option<LeaseToken>, Error> {
        self.tidy();
        let text = self.read(id).map_err(|refusal| self.fail(refusal))?;
        // What is no token is of no use to anybody.
        let text = text.as_ref().and_then(|text| std::str::from_utf8(text).ok());
        Ok(text.and_then(|text| LeaseToken::parse(text.trim_end()).ok()))
    }

    async fn save(&mut self, id: &PasteId, _probe: &ProbeToken, lease: &LeaseToken) -> Result<(), Error> {
        self.write(id, lease).map_err(|refusal| self.fail(refusal))
    }

    async fn forget(&mut self, id: &PasteId) -> Result<(), Error> {
        // What is not held is another's.
        let Some(_until_it_is_gone) = self.held.take() else {
            return Ok(());
        };
        match fs::remove_file(self.path(id)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(self.fail(error.into())),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use satchel_client::crypto::Link;

    use super::*;
    use crate::random::random;

    struct Home {
        folder: tempfile::TempDir,
        link: Link,
    }

    impl Home {
        fn new() -> Self {
            Self {
                folder: tempfile::tempdir().unwrap(),
                link: Link::generate(&mut random(), false),
            }
        }

        fn get(&self) -> Leases {
            Leases::in_folder(self.folder.path().join("leases"))
        }

        fn load(&self, leases: &mut Leases) -> Option<String> {
            let loaded = pollster::block_on(leases.load(&self.link.id())).unwrap();
            loaded.map(|lease| lease.bearer().as_str().to_owned())
        }

        fn save(&self, leases: &mut Leases) -> Result<String, Error> {
            let lease = LeaseToken::generate(&mut random());
            let (id, probe) = (self.link.id(), self.link.probe_token());
            pollster::block_on(leases.save(&id, &probe, &lease)).map(|()| lease.bearer().as_str().to_owned())
        }

        fn forget(&self, leases: &mut Leases) {
            pollster::block_on(leases.forget(&self.link.id())).unwrap();
        }

        fn refused(&self, leases: &mut Leases) {
            assert!(pollster::block_on(leases.load(&self.link.id())).is_err());
            assert!(matches!(leases.failed.take(), Some(Failure::GetsTwice)));
        }
    }

    #[test]
    fn of_two_gets_at_once_the_second_leaves_the_lease_of_the_first() {
        let home = Home::new();
        let (mut first, mut second) = (home.get(), home.get());
        assert!(home.load(&mut first).is_none() && home.load(&mut second).is_none());
        let lease = home.save(&mut first).unwrap();
        assert!(home.save(&mut second).is_err());
        assert!(matches!(second.failed.take(), Some(Failure::GetsTwice)));
        home.refused(&mut second);
        home.forget(&mut second);
        assert_eq!(home.load(&mut first).as_deref(), Some(&lease[..]));
        // Killed, it leaves its lease to the next.
        drop(first);
        assert_eq!(home.load(&mut second).as_deref(), Some(&lease[..]));
    }

    #[test]
    fn a_lease_that_is_held_is_neither_gone_on_with_nor_dropped_by_another() {
        let home = Home::new();
        let (mut first, mut second) = (home.get(), home.get());
        home.save(&mut first).unwrap();
        home.refused(&mut second);
        home.forget(&mut first);
        assert!(home.load(&mut second).is_none());
        let lease = home.save(&mut second).unwrap();
        home.forget(&mut first);
        drop(second);
        assert_eq!(home.load(&mut first), Some(lease));
    }

    #[test]
    fn what_is_no_lease_makes_room_for_one() {
        for text in [&b"no lease"[..], b"", b"\xff\xfe", &[b'A'; 5000]] {
            let home = Home::new();
            let mut leases = home.get();
            home.save(&mut leases).unwrap();
            fs::write(leases.path(&home.link.id()), text).unwrap();
            assert!(home.load(&mut leases).is_none());
            let lease = home.save(&mut leases).unwrap();
            assert_eq!(home.load(&mut leases), Some(lease));
        }
    }
}
