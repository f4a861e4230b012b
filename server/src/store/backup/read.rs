//! Reading runs. Nothing is believed before its check held.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek as _, SeekFrom};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};
use zeroize::{Zeroize as _, Zeroizing};

use super::error::{BackupError, while_reading};
use super::format::{
    CHECK_LEN, FOOT_LEN, FORMAT, Gone, HEAD_LEN, Kept, Kind, MAGIC, RunId, STONE_LEN, State, check, head,
};
use crate::store::item::{self, ContentFault, ITEM_LEN_MAX, Item, Piece, Stone};
use crate::store::kinds::TokenHash;

const HEAD_BYTES: u64 = HEAD_LEN as u64;
const FOOT_BYTES: u64 = FOOT_LEN as u64;
const CHECK_BYTES: u64 = CHECK_LEN as u64;

/// One run's file.
pub(super) struct RunFile {
    pub(super) file: File,
    pub(super) path: PathBuf,
    pub(super) number: u32,
    pub(super) id: RunId,
    pub(super) len: u64,
}

impl RunFile {
    /// Opens one, and reads its head.
    pub(super) fn open(path: &Path, write: bool) -> Result<Self, BackupError> {
        let at = || BackupError::at(path);
        let file = File::options().read(true).write(write).open(path).map_err(at())?;
        let len = file.metadata().map_err(at())?.len();
        let mut bytes = [0; HEAD_LEN];
        let damaged = || BackupError::damaged(&path.display().to_string());
        if len < HEAD_BYTES + FOOT_BYTES {
            return Err(damaged());
        }
        file.read_exact_at(&mut bytes, 0).map_err(at())?;
        let word = |from: usize| u32::from_be_bytes([bytes[from], bytes[from + 1], bytes[from + 2], bytes[from + 3]]);
        if bytes[..8] != *MAGIC || word(8) == 0 {
            return Err(damaged());
        }
        if word(8) > FORMAT {
            return Err(BackupError::Newer {
                found: word(8),
                known: FORMAT,
            });
        }
        let mut id = RunId([0; 16]);
        id.0.copy_from_slice(&bytes[16..]);
        Ok(Self {
            file,
            path: path.to_path_buf(),
            number: word(12),
            id,
            len,
        })
    }

    fn place(&self) -> String {
        self.path.display().to_string()
    }

    fn damaged(&self) -> BackupError {
        BackupError::damaged(&self.place())
    }

    fn io(&self) -> impl FnOnce(io::Error) -> BackupError {
        BackupError::at(&self.path)
    }

    fn read(&self, bytes: &mut [u8], at: u64) -> Result<(), BackupError> {
        self.file.read_exact_at(bytes, at).map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => self.damaged(),
            _ => self.io()(error),
        })
    }

    /// Where its state lies, and how long it is.
    pub(super) fn state_place(&self) -> Result<(u64, u64), BackupError> {
        let mut foot = [0; 16];
        self.read(&mut foot, self.len - FOOT_BYTES)?;
        let word = |from: usize| {
            foot[from..from + 8]
                .iter()
                .fold(0, |word, byte| word << 8 | u64::from(*byte))
        };
        let (place, len) = (word(0), word(8));
        if place < HEAD_BYTES || place.checked_add(len) != Some(self.len - FOOT_BYTES) {
            return Err(self.damaged());
        }
        Ok((place, len))
    }

    /// What was live when it was written.
    pub(super) fn state(&self) -> Result<State, BackupError> {
        let (place, len) = self.state_place()?;
        let mut bytes = vec![0; usize::try_from(len).map_err(|_| self.damaged())?];
        self.read(&mut bytes, place)?;
        let mut foot = [0; 48];
        self.read(&mut foot, self.len - FOOT_BYTES)?;
        let sum = Sha256::new()
            .chain_update(head(self.number, &self.id))
            .chain_update(&foot[..16])
            .chain_update(&bytes)
            .finalize();
        if sum[..] != foot[16..] {
            return Err(self.damaged());
        }
        State::decode(&bytes).map_err(|_| self.damaged())
    }

    /// Whether it is, byte by byte, what was written.
    pub(super) fn verify_whole(&self) -> Result<(), BackupError> {
        let mut sum = Sha256::new();
        let mut file = &self.file;
        file.seek(SeekFrom::Start(0)).map_err(self.io())?;
        let mut left = self.len - CHECK_BYTES;
        let mut bytes = vec![0; 1 << 18];
        while left > 0 {
            let len = bytes.len().min(usize::try_from(left).unwrap_or(usize::MAX));
            file.read_exact(&mut bytes[..len]).map_err(|_| self.damaged())?;
            sum.update(&bytes[..len]);
            left -= u64::try_from(len).unwrap_or(left);
        }
        bytes.zeroize();
        let mut written = [0; CHECK_LEN];
        self.read(&mut written, self.len - CHECK_BYTES)?;
        if sum.finalize()[..] == written {
            Ok(())
        } else {
            Err(self.damaged())
        }
    }
}

/// A backup that is read: its newest run, and the earlier ones that it needs.
pub(super) struct Reading {
    pub(super) state: State,
    runs: BTreeMap<u32, RunFile>,
}

impl Reading {
    /// Takes the newest run and those of `earlier` that it names. Every byte of the newest is verified.
    pub(super) fn open(newest: RunFile, earlier: impl Fn(u32) -> PathBuf) -> Result<Self, BackupError> {
        newest.verify_whole()?;
        let state = newest.state()?;
        let mut runs = BTreeMap::new();
        for (number, id) in &state.runs {
            let path = earlier(*number);
            let run = match RunFile::open(&path, false) {
                Err(BackupError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                    return Err(BackupError::damaged(&path.display().to_string()));
                }
                run => run?,
            };
            if run.number != *number || run.id.0 != *id {
                return Err(run.damaged());
            }
            runs.insert(*number, run);
        }
        runs.insert(newest.number, newest);
        Ok(Self { state, runs })
    }

    fn run(&self, number: u32) -> Result<&RunFile, BackupError> {
        self.runs
            .get(&number)
            .ok_or_else(|| BackupError::damaged("it names a file that it has not"))
    }

    /// A kept item, as it was at the backup's moment.
    pub(super) fn item(&self, kept: &Kept) -> Result<Item, BackupError> {
        let run = self.run(kept.run)?;
        let len = kept
            .entry
            .1
            .checked_sub(CHECK_BYTES)
            .and_then(|len| usize::try_from(len).ok());
        let len = len.filter(|len| *len <= ITEM_LEN_MAX).ok_or_else(|| run.damaged())?;
        let mut bytes = Zeroizing::new(vec![0; len + CHECK_LEN]);
        run.read(&mut bytes, kept.entry.0)?;
        let sum = check(&run.id, Kind::Item, kept.item)
            .chain_update(&bytes[..len])
            .finalize();
        if sum[..] != bytes[len..] {
            return Err(run.damaged());
        }
        let mut item = Item::decode(&bytes[..len]).map_err(|_| run.damaged())?;
        if item.row.item != kept.item {
            return Err(run.damaged());
        }
        let paste = &mut item.row.paste;
        paste.stage = crate::lifecycle::Stage::Stored {
            expires_at: kept.now.due,
        };
        (paste.reads_used, paste.tries, paste.wait_until) = (kept.now.reads_used, kept.now.tries, kept.now.wait_until);
        Ok(item)
    }

    /// Its contents, piece by piece. What was handed out is to be thrown away when this fails.
    pub(super) fn contents(
        &self,
        kept: &Kept,
        each: impl FnMut(Piece<'_>) -> Result<(), ContentFault>,
    ) -> Result<(), BackupError> {
        let run = self.run(kept.run)?;
        let len = kept.contents.1.checked_sub(CHECK_BYTES).ok_or_else(|| run.damaged())?;
        let mut file = &run.file;
        file.seek(SeekFrom::Start(kept.contents.0)).map_err(run.io())?;
        let summed = Summed {
            from: file.take(len),
            sum: check(&run.id, Kind::Contents, kept.item),
        };
        let room = usize::try_from(len).unwrap_or(usize::MAX).clamp(1, 1 << 17);
        let mut from = BufReader::with_capacity(room, summed);
        item::read_contents(&mut from, each).map_err(while_reading(&run.place()))?;
        if !from.buffer().is_empty() || from.get_ref().from.limit() > 0 {
            return Err(run.damaged());
        }
        let mut written = [0; CHECK_LEN];
        run.read(&mut written, kept.contents.0 + len)?;
        if from.into_inner().sum.finalize()[..] == written {
            Ok(())
        } else {
            Err(run.damaged())
        }
    }

    /// What stays of one that is gone.
    pub(super) fn stone(&self, gone: &Gone) -> Result<Stone, BackupError> {
        let run = self.run(gone.run)?;
        let mut bytes = [0; STONE_LEN + CHECK_LEN];
        run.read(&mut bytes, gone.place)?;
        let sum = check(&run.id, Kind::Stone, gone.item)
            .chain_update(&bytes[..STONE_LEN])
            .finalize();
        if sum[..] != bytes[STONE_LEN..] {
            return Err(run.damaged());
        }
        let hash = |at: usize| {
            let mut hash = [0; 32];
            hash.copy_from_slice(&bytes[at..at + 32]);
            hash
        };
        Ok(Stone {
            item: gone.item,
            id: hash(0),
            probe: TokenHash::new(hash(32)),
            receipt: TokenHash::new(hash(64)),
            until: gone.until,
        })
    }
}

/// Bytes that are summed while they are read.
struct Summed<'a> {
    from: io::Take<&'a File>,
    sum: Sha256,
}

impl Read for Summed<'_> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let len = self.from.read(bytes)?;
        self.sum.update(&bytes[..len]);
        Ok(len)
    }
}
