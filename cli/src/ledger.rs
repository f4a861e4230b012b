//! The ledger: a sender's own list of receipts, on this device alone, where it was turned on. A container under a passphrase that is asked each time.
//!
//! It is replaced whole: written beside its place, synced, renamed, and the folder synced. Who changes it holds a lock from before it is read, so that no
//! change is lost; who looks needs none. What cannot be opened is never written over.

use std::cell::RefCell;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use satchel_client::api::limit::LINKS_MAX;
use satchel_client::crypto::{Allowed, Key, Locks, Passphrase, Profile};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zeroize::Zeroizing;

use crate::args::LedgerKey;
use crate::ask;
use crate::failure::Failure;
use crate::inside::{Inside, sealed};
use crate::lease::state_folder;
use crate::opens::Kind;

const VERSION: u8 = 1;
const LEN_MAX: u64 = 64 << 20;
const NAME: &str = "ledger.json";

/// A receipt or a panic link, as it is written.
pub(crate) struct Kept(Zeroizing<String>);

impl Kept {
    pub(crate) fn new(text: &str) -> Self {
        Self(Zeroizing::new(text.to_owned()))
    }

    /// The text, for whoever opened the ledger.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl Serialize for Kept {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Kept {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self(Zeroizing::new(text)))
    }
}

/// One thing that was shared.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Entry {
    /// Never given twice.
    pub(crate) number: u64,
    /// With the server's address.
    pub(crate) receipt: Kept,
    /// The hour, Unix seconds.
    pub(crate) made_at: u64,
    /// What was shared, by its names.
    pub(crate) what: String,
    /// What its links were called when they were made, in their order; an empty one has no name.
    pub(crate) names: Vec<String>,
}

/// All that it holds.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Book {
    version: u8,
    next: u64,
    /// A panic link, under which `share` makes what it makes on that server.
    pub(crate) panic: Option<Kept>,
    pub(crate) entries: Vec<Entry>,
}

impl Book {
    const fn new() -> Self {
        Self {
            version: VERSION,
            next: 1,
            panic: None,
            entries: Vec::new(),
        }
    }

    /// Writes down one that is about to be shared. Its number.
    pub(crate) fn add(&mut self, receipt: &str, made_at: u64, what: &str, names: &[String]) -> u64 {
        let number = self.next;
        self.next += 1;
        self.entries.push(Entry {
            number,
            receipt: Kept::new(receipt),
            made_at: made_at - made_at % 3600,
            what: what.to_owned(),
            names: names.to_vec(),
        });
        number
    }
}

impl Entry {
    /// A link that was made later.
    pub(crate) fn call(&mut self, number: u32, name: &str) {
        let Some(at) = usize::try_from(number).ok().and_then(|number| number.checked_sub(1)) else {
            return;
        };
        if at < LINKS_MAX as usize {
            self.names.resize(self.names.len().max(at + 1), String::new());
            name.clone_into(&mut self.names[at]);
        }
    }
}

/// The file, whether or not it is there.
pub(crate) struct Ledger {
    path: PathBuf,
}

/// A ledger with what opens it.
pub(crate) struct Unlocked {
    ledger: Ledger,
    passphrase: Passphrase,
    /// A file as it was read or written last, and what is in it: opening the very same again would cost a second for nothing.
    last: RefCell<Option<(Vec<u8>, Book)>>,
}

impl Ledger {
    /// `$XDG_STATE_HOME/satchel/ledger.satchel`, or what the system has for that.
    pub(crate) fn of_user() -> Result<Self, Failure> {
        Ok(Self {
            path: state_folder("ledger.satchel")?,
        })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether it was turned on. What is in the way of it counts: it is not to be taken for nothing.
    pub(crate) fn is_on(&self) -> bool {
        fs::symlink_metadata(&self.path).is_ok()
    }

    /// Begins an empty one.
    pub(crate) fn begin(&self, passphrase: &Passphrase) -> Result<(), Failure> {
        let _lock = self.lock()?;
        if self.is_on() {
            return Err(Failure::LedgerIsOn(self.path.clone()));
        }
        self.write(passphrase, &Book::new()).map(drop)
    }

    /// Where it is on, or a passphrase says that it should be; without a home folder there is none.
    pub(crate) fn if_on(key: &LedgerKey, is_left_alone: bool, stdin_taken: bool) -> Result<Option<Unlocked>, Failure> {
        match Self::of_user() {
            Ok(ledger) if !is_left_alone && (ledger.is_on() || key.file.is_some()) => {
                ledger.unlock(key.file.as_deref(), stdin_taken).map(Some)
            }
            _ => Ok(None),
        }
    }

    /// With the passphrase that is asked for, or in a file.
    pub(crate) fn unlock(self, file: Option<&Path>, stdin_taken: bool) -> Result<Unlocked, Failure> {
        if !self.is_on() {
            return Err(Failure::LedgerIsOff);
        }
        let passphrase = match file {
            Some(_) => ask::passphrase(file, stdin_taken)?,
            None => Passphrase::new(&ask::prompt("the ledger's passphrase", "Passphrase of the ledger: ")?)?,
        };
        Ok(Unlocked {
            ledger: self,
            passphrase,
            last: RefCell::new(None),
        })
    }

    /// Removes it, with all that it holds.
    pub(crate) fn remove(&self) -> Result<(), Failure> {
        let _lock = self.lock()?;
        if !self.is_on() {
            return Err(Failure::LedgerIsOff);
        }
        fs::remove_file(&self.path)
            .and_then(|()| self.sync_folder())
            .map_err(|source| self.failed(source))
    }

    fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new("."))
    }

    fn sync_folder(&self) -> io::Result<()> {
        // Windows opens no folders; its renames are durable by themselves.
        if cfg!(windows) {
            return Ok(());
        }
        File::open(self.folder())?.sync_all()
    }

    /// Held until it is dropped, or the process ends, however it ends.
    fn lock(&self) -> Result<File, Failure> {
        let locked = || {
            let mut folders = fs::DirBuilder::new();
            folders.recursive(true);
            #[cfg(unix)]
            std::os::unix::fs::DirBuilderExt::mode(&mut folders, 0o700);
            folders.create(self.folder())?;
            let mut options = OpenOptions::new();
            options.write(true).create(true).truncate(false);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            let file = options.open(self.path.with_extension("lock"))?;
            file.lock()?;
            Ok(file)
        };
        locked().map_err(|source| self.failed(source))
    }

    fn failed(&self, source: io::Error) -> Failure {
        Failure::Write {
            path: self.path.clone(),
            source,
        }
    }

    fn bytes(&self) -> Result<Vec<u8>, Failure> {
        let bytes = fs::metadata(&self.path).and_then(|about| {
            if about.len() > LEN_MAX {
                return Err(io::ErrorKind::FileTooLarge.into());
            }
            fs::read(&self.path)
        });
        bytes.map_err(|source| match source.kind() {
            io::ErrorKind::NotFound => Failure::LedgerIsOff,
            _ => Failure::Read {
                path: self.path.clone(),
                source,
            },
        })
    }

    fn open(&self, bytes: &[u8], passphrase: &Passphrase) -> Result<Book, Failure> {
        let not_read = || Failure::LedgerNotRead(self.path.clone());
        let inside = Inside::of(bytes)?;
        if !inside.opens_with(Kind::Passphrase) {
            return Err(not_read());
        }
        let text = inside.open(&Key::Passphrase(passphrase), Allowed::ALL)?;
        let book: Book = serde_json::from_slice(&text).map_err(|_| not_read())?;
        if book.version == VERSION {
            Ok(book)
        } else {
            Err(not_read())
        }
    }

    /// What is in its place then.
    fn write(&self, passphrase: &Passphrase, book: &Book) -> Result<Vec<u8>, Failure> {
        // One allocation, so that no copy of a receipt stays behind when it grows.
        let names = |entry: &Entry| entry.what.len() + entry.names.iter().map(|name| name.len() + 4).sum::<usize>();
        let len: usize = book.entries.iter().map(|entry| 1024 + 6 * names(entry)).sum();
        let mut text = Zeroizing::new(Vec::with_capacity(len + 4096));
        serde_json::to_writer(&mut *text, book).map_err(|error| self.failed(error.into()))?;
        let locks = Locks::Passphrases {
            passphrases: &[passphrase],
            profile: Profile::Desk,
        };
        let container = sealed(NAME, &text, &locks)?;
        let replaced = || {
            // Of mode 0600 from the start.
            let mut file = tempfile::NamedTempFile::new_in(self.folder())?;
            file.write_all(&container)?;
            file.as_file().sync_all()?;
            file.persist(&self.path).map_err(|error| error.error)?;
            self.sync_folder()
        };
        replaced().map_err(|source| self.failed(source))?;
        Ok(container)
    }
}

impl Unlocked {
    /// Looks at what it holds now.
    pub(crate) fn read<T>(&self, look: impl FnOnce(&Book) -> T) -> Result<T, Failure> {
        let (bytes, book) = self.now()?;
        let seen = look(&book);
        *self.last.borrow_mut() = Some((bytes, book));
        Ok(seen)
    }

    /// Changes it, durably, or not at all.
    pub(crate) fn change<T>(&self, change: impl FnOnce(&mut Book) -> T) -> Result<T, Failure> {
        let _lock = self.ledger.lock()?;
        let (_, mut book) = self.now()?;
        let done = change(&mut book);
        let bytes = self.ledger.write(&self.passphrase, &book)?;
        *self.last.borrow_mut() = Some((bytes, book));
        Ok(done)
    }

    fn now(&self) -> Result<(Vec<u8>, Book), Failure> {
        let bytes = self.ledger.bytes()?;
        match self.last.take() {
            Some((last, book)) if last == bytes => Ok((bytes, book)),
            _ => {
                let book = self.ledger.open(&bytes, &self.passphrase)?;
                Ok((bytes, book))
            }
        }
    }
}
