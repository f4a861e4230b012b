//! What stands between the server and the system (tests/shim/shim.c): a disk that fails, lies or keeps a record, and a wall clock that jumps.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, OpenOptions};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use tempfile::TempDir;

const SOURCE: &str = include_str!("../shim/shim.c");
const WORDS: usize = 8;

/// The words of the control file, as the shim has them.
#[derive(Clone, Copy)]
enum Word {
    Offset,
    Calls,
    From,
    Many,
    Error,
    Failed,
    Flags,
    Holding,
}

const SYNCS_LIE: i64 = 1;
const SYNCS_OF_KEYS_WAIT: i64 = 2;
const WRITES_LEAVE_HALF: i64 = 4;

/// How a disk fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// `ENOSPC`: no room.
    Full,
    /// `EIO`: broken, and a write that fails may have left half of its bytes.
    Broken,
}

/// One shim, for one server at a time.
pub struct Shim {
    control: File,
    folder: TempDir,
    records: bool,
}

impl Default for Shim {
    fn default() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let control = OpenOptions::new()
            .read(true)
            .write(true)
            .create_new(true)
            .open(folder.path().join("control"))
            .unwrap();
        control.set_len((WORDS * 8) as u64).unwrap();
        Self {
            control,
            folder,
            records: false,
        }
    }
}

impl Shim {
    /// One that records each change of a file or a name, and each sync. A server behind it must not be killed: what it had done last might
    /// not be in the record.
    #[must_use]
    pub fn recording() -> Self {
        Self {
            records: true,
            ..Self::default()
        }
    }

    /// Where the record is.
    #[must_use]
    pub fn record(&self) -> PathBuf {
        self.folder.path().join("record")
    }

    /// How long the record is by now: the moment, to whoever asks.
    ///
    /// # Panics
    /// When none was begun.
    #[must_use]
    pub fn moment(&self) -> u64 {
        fs::metadata(self.record()).unwrap().len()
    }

    /// What a server on `data` is to be started with.
    ///
    /// # Panics
    /// When there is no C compiler, or no such folder.
    #[must_use]
    pub fn environment(&self, data: &Path) -> Vec<(&'static str, OsString)> {
        let mut variables = vec![
            ("LD_PRELOAD", library().into()),
            ("SATCHEL_SHIM_CONTROL", self.folder.path().join("control").into()),
            ("SATCHEL_SHIM_FOLDER", data.canonicalize().unwrap().into()),
            ("SATCHEL_SHIM_OPENED", self.folder.path().join("opened").into()),
        ];
        if self.records {
            variables.push(("SATCHEL_SHIM_RECORD", self.record().into()));
        }
        variables
    }

    /// Every path that the server asked the system to open since it started, in that order.
    ///
    /// # Panics
    /// When no server was started.
    #[must_use]
    pub fn opened(&self) -> Vec<PathBuf> {
        let noted = fs::read(self.folder.path().join("opened")).unwrap();
        let lines = noted.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        lines.map(|line| PathBuf::from(OsStr::from_bytes(line))).collect()
    }

    /// Sets the wall clock so many seconds off the true one.
    pub fn set_wall_offset(&self, secs: i64) {
        self.set(Word::Offset, secs);
    }

    /// From the `nth` call from now on (1 is the next), `many` calls fail.
    pub fn fail(&self, nth: u64, many: u64, trouble: Trouble) {
        let (error, flags) = match trouble {
            Trouble::Full => (28, 0),
            Trouble::Broken => (5, WRITES_LEAVE_HALF),
        };
        self.set(Word::Error, error);
        self.set(Word::Flags, flags);
        self.set(Word::Many, i64::try_from(many).unwrap_or(i64::MAX));
        self.set(Word::Failed, 0);
        self.set(Word::From, self.word(Word::Calls) + i64::try_from(nth).unwrap());
    }

    /// Nothing fails any more. How many calls did since [`fail`](Self::fail).
    pub fn heal(&self) -> u64 {
        self.set(Word::From, 0);
        u64::try_from(self.word(Word::Failed)).unwrap()
    }

    /// How many calls on files of the data folder there were.
    #[must_use]
    pub fn calls(&self) -> u64 {
        u64::try_from(self.word(Word::Calls)).unwrap()
    }

    /// Syncs say that they are done and do nothing, as with a server that does not care.
    pub fn let_syncs_lie(&self) {
        self.set(Word::Flags, SYNCS_LIE);
    }

    /// Syncs of the shred keys wait until this is called with false.
    pub fn hold_syncs_of_keys(&self, hold: bool) {
        self.set(Word::Flags, if hold { SYNCS_OF_KEYS_WAIT } else { 0 });
    }

    /// How many syncs of the shred keys wait now.
    #[must_use]
    pub fn holding(&self) -> u64 {
        u64::try_from(self.word(Word::Holding)).unwrap()
    }

    fn set(&self, word: Word, value: i64) {
        self.control
            .write_all_at(&value.to_ne_bytes(), word as u64 * 8)
            .unwrap();
    }

    fn word(&self, word: Word) -> i64 {
        let mut bytes = [0; 8];
        self.control.read_exact_at(&mut bytes, word as u64 * 8).unwrap();
        i64::from_ne_bytes(bytes)
    }
}

/// Compiles the shim beside the running test, once for each of its versions.
fn library() -> PathBuf {
    static LIBRARY: OnceLock<PathBuf> = OnceLock::new();
    let build = || {
        let test = std::env::current_exe().unwrap();
        let folder = test.ancestors().nth(2).unwrap().join("shim");
        fs::create_dir_all(&folder).unwrap();
        // Several tests may do this at the same time: each in a folder of its own, then into place.
        let work = tempfile::tempdir_in(&folder).unwrap();
        let (source, built) = (work.path().join("shim.c"), work.path().join("shim.so"));
        fs::write(&source, SOURCE).unwrap();
        let mut cc = Command::new("cc");
        cc.args(["-O1", "-Wall", "-Werror", "-shared", "-fPIC", "-o"])
            .arg(&built)
            .arg(&source)
            .args(["-ldl", "-pthread"]);
        let output = cc.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let place = folder.join("shim.so");
        fs::rename(built, &place).unwrap();
        place
    };
    LIBRARY.get_or_init(build).clone()
}
