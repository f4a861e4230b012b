//! What the shred slots lie in: a file that is overwritten in place, or memory of which nothing is ever written to a disk.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::sync::{PoisonError, RwLock, RwLockReadGuard};

use rustix::fs::{FallocateFlags, fallocate};
use zeroize::Zeroize as _;

/// 1,024 slots: what is filled at once.
const PAGE_LEN: usize = 64 * 1024;
/// By so much a file gets longer while it is used. A burn that comes meanwhile may have to wait until that is on the disk, and for no more.
pub(super) const STEP_BYTES: u64 = 64 * 1024;
/// So much of a disk is taken at once.
pub(super) const PIECE_BYTES: u64 = 1 << 20;

pub(super) enum Medium {
    File(File),
    Memory(Memory),
}

/// Pages that are wiped when they go. They never move: a key that was overwritten has no other copy here.
#[derive(Default)]
pub(super) struct Memory {
    pages: RwLock<Vec<Page>>,
}

struct Page {
    bytes: Box<[u8]>,
    /// Keeps it out of swap, where the system allows that.
    _lock: Option<region::LockGuard>,
}

impl Page {
    fn new() -> Self {
        let bytes = vec![0; PAGE_LEN].into_boxed_slice();
        let lock = region::lock(bytes.as_ptr(), bytes.len()).ok();
        Self { bytes, _lock: lock }
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        self.bytes.zeroize();
    }
}

impl Medium {
    /// Bytes that it has.
    pub(super) fn len(&self) -> io::Result<u64> {
        match self {
            Self::File(file) => Ok(file.metadata()?.len()),
            Self::Memory(memory) => Ok(u64::try_from(memory.pages().len() * PAGE_LEN).unwrap_or(u64::MAX)),
        }
    }

    pub(super) fn read_exact_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<()> {
        match self {
            Self::File(file) => file.read_exact_at(bytes, offset),
            Self::Memory(memory) => memory.read(bytes, offset),
        }
    }

    /// Writes in place, and past the end.
    pub(super) fn write_all_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        match self {
            Self::File(file) => file.write_all_at(bytes, offset),
            Self::Memory(memory) => memory.write(bytes, offset),
        }
    }

    /// Makes it longer: from `len`, where what is used ends, to the next multiple of `step`. Returns the new length.
    ///
    /// A file gets zeros that are on the disk before this returns, blocks and length and all, so that a sync of what is written over them writes
    /// nothing but that. Blocks that are merely allocated would be noted as unwritten, and each first write to one would have to
    /// change that note. They are taken a piece at a time nevertheless, so that the file lies in few pieces.
    pub(super) fn lengthen(&self, len: u64, step: u64) -> io::Result<u64> {
        let end = (len / step + 1) * step;
        match self {
            Self::File(file) => {
                let piece = (len / PIECE_BYTES + 1) * PIECE_BYTES;
                // Where the file system cannot do that, or has not so much room, the write takes what it needs, or says that there is none.
                let _ = fallocate(file, FallocateFlags::KEEP_SIZE, len, piece - len);
                let zeros = vec![0; usize::try_from(end - len).unwrap_or(PAGE_LEN)];
                file.write_all_at(&zeros, len)?;
                file.sync_all()?;
            }
            Self::Memory(memory) => memory.write(&[0], end - 1)?,
        }
        Ok(end)
    }

    /// What was written stays, whatever happens. Memory is what it is at once.
    pub(super) fn sync(&self) -> io::Result<()> {
        match self {
            Self::File(file) => file.sync_data(),
            Self::Memory(_) => Ok(()),
        }
    }

    /// Somebody else may take the file from now on.
    pub(super) fn unlock(&self) {
        if let Self::File(file) = self {
            let _ = file.unlock();
        }
    }
}

impl Memory {
    fn pages(&self) -> RwLockReadGuard<'_, Vec<Page>> {
        self.pages.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn read(&self, bytes: &mut [u8], offset: u64) -> io::Result<()> {
        let pages = self.pages();
        pieces(offset, bytes.len(), |page, from, piece| {
            let page = pages.get(page).ok_or(io::ErrorKind::UnexpectedEof)?;
            let to = from + piece.len();
            bytes[piece].copy_from_slice(&page.bytes[from..to]);
            Ok(())
        })
    }

    fn write(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        let mut pages = self.pages.write().unwrap_or_else(PoisonError::into_inner);
        pieces(offset, bytes.len(), |page, from, piece| {
            while pages.len() <= page {
                pages.push(Page::new());
            }
            let to = from + piece.len();
            pages[page].bytes[from..to].copy_from_slice(&bytes[piece]);
            Ok(())
        })
    }
}

/// Cuts `len` bytes from `offset` on at the pages: page, where in it, which of the bytes.
fn pieces(
    offset: u64,
    len: usize,
    mut each: impl FnMut(usize, usize, std::ops::Range<usize>) -> io::Result<()>,
) -> io::Result<()> {
    let start = usize::try_from(offset).map_err(|_| io::ErrorKind::FileTooLarge)?;
    let mut done = 0;
    while done < len {
        let at = start + done;
        let take = (PAGE_LEN - at % PAGE_LEN).min(len - done);
        each(at / PAGE_LEN, at % PAGE_LEN, done..done + take)?;
        done += take;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_holds_what_was_written_across_its_pages_and_ends_where_a_file_would() {
        let medium = Medium::Memory(Memory::default());
        let written: Vec<u8> = (0..=255).cycle().take(3 * PAGE_LEN).collect();
        medium.write_all_at(&written, 100).unwrap();
        let mut read = vec![0; written.len()];
        medium.read_exact_at(&mut read, 100).unwrap();
        assert!(read == written);
        assert_eq!(medium.len().unwrap(), 4 * 65_536);
        assert!(medium.read_exact_at(&mut read, 4 * 65_536).is_err());
    }

    #[test]
    fn what_is_overwritten_in_memory_is_nowhere_in_it() {
        let memory = Memory::default();
        memory.write(&[0xA5; 64], 640).unwrap();
        memory.write(&[0; 64], 640).unwrap();
        assert!(
            memory
                .pages()
                .iter()
                .all(|page| page.bytes.iter().all(|byte| *byte == 0))
        );
    }
}
