//! A container to be opened: a file, or standard input kept aside as the ciphertext it is. Segments are opened on two threads.

use std::fs::File;
use std::io::{self, IsTerminal as _};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;

use satchel_client::crypto::limit::{PRELUDE_LEN, SEGMENT_LEN, SEGMENT_PLAINTEXT_LEN};
use satchel_client::crypto::{
    Allowed, Container, Event, Key, Layout, Manifest, Opened, PlainSegment, Prelude, Trailer, Unpacker, Verdict,
};

use crate::ask::is_dash;
use crate::failure::Failure;
use crate::progress::Progress;
use crate::seal::WORKERS;

/// A container at hand.
pub(crate) struct Stored {
    file: File,
    path: PathBuf,
    len: u64,
    container: Container,
}

impl Stored {
    /// Reads what stands before the first segment.
    pub(crate) fn open(path: &Path) -> Result<Self, Failure> {
        let failed = |source| Failure::Read {
            path: path.to_owned(),
            source,
        };
        let named = if is_dash(path) { spooled() } else { File::open(path) };
        let mut file = named.map_err(failed)?;
        let metadata = file.metadata().map_err(failed)?;
        if metadata.is_dir() {
            return Err(failed(io::ErrorKind::IsADirectory.into()));
        }
        if !metadata.is_file() {
            file = spool(file).map_err(failed)?;
        }
        let len = file.metadata().map_err(failed)?.len();
        let prelude = read_up_to(&file, PRELUDE_LEN).map_err(failed)?;
        let prefix_len = Prelude::parse(&prelude)?.prefix_len();
        let prefix = read_up_to(&file, prefix_len).map_err(failed)?;
        let container = Container::parse(&prefix, len)?;
        Ok(Self {
            file,
            path: path.to_owned(),
            len,
            container,
        })
    }

    /// Its header.
    pub(crate) const fn container(&self) -> &Container {
        &self.container
    }

    /// Its length.
    pub(crate) const fn len(&self) -> u64 {
        self.len
    }

    /// Verifies the header, then reads the manifest.
    pub(crate) fn unlock(self, key: &Key<'_>) -> Result<Unlocked, Failure> {
        let opened = self.container.open(key, Allowed::ALL)?;
        let count = opened.segment_count().ok_or(Verdict::Truncated)?;
        let segments = Segments {
            file: self.file,
            path: self.path,
            opened: Mutex::new(opened),
            count,
        };
        let trailer = Trailer::read(&segments.open(count - 1, Vec::new())?)?;
        let mut unpacker = Unpacker::with_trailer(trailer);
        for position in 0..count {
            unpacker.push(segments.open(position, Vec::new())?)?;
            if let Some(Event::Manifest(_)) = unpacker.next()? {
                break;
            }
        }
        let layout = unpacker.layout().ok_or(Verdict::BadArchiveLength)?;
        Ok(Unlocked {
            segments,
            layout,
            trailer,
        })
    }
}

/// The segments of a container whose header is verified.
struct Segments {
    file: File,
    path: PathBuf,
    opened: Mutex<Opened>,
    count: u64,
}

impl Segments {
    fn lock(&self) -> MutexGuard<'_, Opened> {
        self.opened.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads and opens one; `buffer` is an allocation to do it in.
    fn open(&self, position: u64, mut buffer: Vec<u8>) -> Result<PlainSegment, Failure> {
        let range = self.lock().segment_range(position);
        let len = usize::try_from(range.end - range.start).map_err(|_| Verdict::Truncated)?;
        buffer.resize(len, 0);
        let read = read_exact_at(&self.file, &mut buffer, range.start);
        read.map_err(|source| Failure::Read {
            path: self.path.clone(),
            source,
        })?;
        let closed = self.lock().closed_segment(position, buffer)?;
        Ok(closed.open()?)
    }
}

/// A container whose manifest is read.
pub(crate) struct Unlocked {
    segments: Segments,
    layout: Layout,
    trailer: Trailer,
}

impl Unlocked {
    /// What it holds.
    pub(crate) const fn manifest(&self) -> &Manifest {
        self.layout.manifest()
    }

    /// How long entry number `entry` is.
    pub(crate) fn size(&self, entry: usize) -> u64 {
        self.layout
            .content_range(entry)
            .map_or(0, |range| range.end - range.start)
    }

    /// Opens segments on two threads and hands each piece of a wanted entry to `taker`. With every entry wanted, the padding
    /// is verified as well.
    pub(crate) fn unpack(&self, wanted: &[bool], taker: &impl Taker) -> Result<(), Failure> {
        let job = Job::new(self, wanted);
        let total = job.segments.len() as u64 * SEGMENT_LEN as u64;
        let (progress, next) = (Progress::default(), AtomicU64::new(0));
        let work = || -> Result<(), Failure> {
            let mut buffer = Vec::new();
            loop {
                let turn = next.fetch_add(1, Ordering::Relaxed);
                let position = usize::try_from(turn).ok().and_then(|turn| job.segments.get(turn));
                let Some(position) = position else { return Ok(()) };
                let done = self
                    .segments
                    .open(*position, std::mem::take(&mut buffer))
                    .and_then(|segment| {
                        job.hand_out(turn, &segment, taker)?;
                        Ok(segment.into_buffer())
                    });
                match done {
                    Ok(used) => buffer = used,
                    Err(failure) => {
                        next.store(u64::MAX / 2, Ordering::Relaxed);
                        taker.stop();
                        return Err(failure);
                    }
                }
                progress.at("opening", (turn + 1) * SEGMENT_LEN as u64, Some(total));
            }
        };
        thread::scope(|scope| {
            let others: Vec<_> = (1..WORKERS).map(|_| scope.spawn(work)).collect();
            let mut result = work();
            for other in others {
                result = result.and(other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
            }
            result
        })
    }
}

/// A piece of an entry.
pub(crate) struct Part<'a> {
    /// Which.
    pub(crate) entry: usize,
    /// Where in it.
    pub(crate) offset: u64,
    /// Its bytes.
    pub(crate) bytes: &'a [u8],
    /// The number of its segment among those that are read.
    pub(crate) turn: u64,
}

/// Takes the pieces of a document, from two threads, each piece once.
pub(crate) trait Taker: Sync {
    /// A piece; without bytes, where a segment has nothing that is wanted.
    fn take(&self, part: &Part<'_>) -> Result<(), Failure>;

    /// No more comes: something failed.
    fn stop(&self) {}
}

/// What one run over the segments is to do.
struct Job {
    /// Wanted entries, in their order.
    entries: Vec<(usize, Range<u64>)>,
    /// Segments to be read.
    segments: Vec<u64>,
    /// Where the padding lies; empty when it is not to be looked at.
    padding: Range<u64>,
}

impl Job {
    fn new(unlocked: &Unlocked, wanted: &[bool]) -> Self {
        let Unlocked {
            segments,
            layout,
            trailer,
        } = unlocked;
        let range = |(entry, wanted): (usize, &bool)| Some((entry, layout.content_range(entry).filter(|_| *wanted)?));
        let entries: Vec<_> = wanted.iter().enumerate().filter_map(range).collect();
        if wanted.iter().all(|wanted| *wanted) {
            // The last segment's padding and the trailer were looked at with the trailer.
            let end = (segments.count - 1) * SEGMENT_PLAINTEXT_LEN as u64;
            return Self {
                entries,
                segments: (0..segments.count).collect(),
                padding: trailer.archive_len()..end,
            };
        }
        let mut segments: Vec<u64> = entries.iter().flat_map(|(_, range)| Layout::segments(range)).collect();
        segments.dedup();
        Self {
            entries,
            segments,
            padding: 0..0,
        }
    }

    fn hand_out(&self, turn: u64, segment: &PlainSegment, taker: &impl Taker) -> Result<(), Failure> {
        let start = segment.position() * SEGMENT_PLAINTEXT_LEN as u64;
        let end = start + segment.plaintext().len() as u64;
        let first = self.entries.partition_point(|(_, range)| range.end <= start);
        let mut taken = false;
        for (entry, range) in self.entries[first..].iter().take_while(|(_, range)| range.start < end) {
            let bytes = Layout::part(range, segment);
            if !bytes.is_empty() {
                let offset = start.max(range.start) - range.start;
                taker.take(&Part {
                    entry: *entry,
                    offset,
                    bytes,
                    turn,
                })?;
                taken = true;
            }
        }
        if !taken {
            // Whoever writes in order waits for every turn.
            taker.take(&Part {
                entry: 0,
                offset: 0,
                bytes: &[],
                turn,
            })?;
        }
        if self.padding.start < self.padding.end && Layout::part(&self.padding, segment).iter().any(|byte| *byte != 0) {
            return Err(Verdict::BadPadding.into());
        }
        Ok(())
    }
}

/// Standard input, kept aside in a file without a name.
fn spooled() -> io::Result<File> {
    let stdin = io::stdin();
    if stdin.is_terminal() {
        return Err(io::Error::other("it is a terminal"));
    }
    spool(stdin.lock())
}

/// Only ever of ciphertext.
fn spool(mut from: impl io::Read) -> io::Result<File> {
    let mut file = tempfile::tempfile()?;
    io::copy(&mut from, &mut file)?;
    Ok(file)
}

/// The first `len` bytes, or what there is of them.
fn read_up_to(file: &File, len: usize) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; len];
    let filled = fill_at(file, &mut bytes, 0)?;
    bytes.truncate(filled);
    Ok(bytes)
}

fn read_exact_at(file: &File, bytes: &mut [u8], offset: u64) -> io::Result<()> {
    if fill_at(file, bytes, offset)? == bytes.len() {
        Ok(())
    } else {
        Err(io::ErrorKind::UnexpectedEof.into())
    }
}

fn fill_at(file: &File, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
    let mut filled = 0;
    while filled < bytes.len() {
        match read_at(file, &mut bytes[filled..], offset + filled as u64) {
            Ok(0) => break,
            Ok(got) => filled += got,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

fn read_at(file: &File, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
    #[cfg(unix)]
    return std::os::unix::fs::FileExt::read_at(file, bytes, offset);
    #[cfg(windows)]
    return std::os::windows::fs::FileExt::seek_read(file, bytes, offset);
}
