//! Containers that a key opened, as one document. Segments are opened on two threads.

use std::fs::File;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;

use satchel_client::crypto::limit::{SEGMENT_LEN, SEGMENT_PLAINTEXT_LEN};
use satchel_client::crypto::{Entry, Event, Layout, Opened, PlainSegment, Trailer, Unpacker, Verdict};

use crate::aes;
use crate::failure::Failure;
use crate::position::read_exact_at;
use crate::progress::Progress;
use crate::seal::WORKERS;

/// The segments of a container whose header is verified.
struct Segments {
    file: File,
    path: PathBuf,
    /// Where the container starts in the file.
    start: u64,
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
        let read = read_exact_at(&self.file, &mut buffer, self.start + range.start);
        read.map_err(|source| Failure::Read {
            path: self.path.clone(),
            source,
        })?;
        let closed = self.lock().closed_segment(position, buffer)?;
        Ok(aes::open(closed)?)
    }
}

/// A container whose manifest is read.
struct Part {
    segments: Segments,
    layout: Layout,
    trailer: Trailer,
    /// The number of its first entry among those of all parts.
    first_entry: usize,
}

impl Part {
    fn read(file: File, path: &Path, start: u64, opened: Opened, first_entry: usize) -> Result<Self, Failure> {
        let count = opened.segment_count().ok_or(Verdict::Truncated)?;
        let segments = Segments {
            file,
            path: path.to_owned(),
            start,
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
        Ok(Self {
            segments,
            layout,
            trailer,
            first_entry,
        })
    }

    /// Opens segments on two threads. Turns go on from `first_turn`; says which comes next.
    fn unpack(&self, wanted: &[bool], taker: &impl Taker, first_turn: u64) -> Result<u64, Failure> {
        let job = Job::new(self, wanted, first_turn);
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
        })?;
        Ok(first_turn + job.segments.len() as u64)
    }
}

/// What a key opened: one container, or those of a set that it opens, as one document.
#[derive(Default)]
pub(crate) struct Unlocked {
    parts: Vec<Part>,
    entries: Vec<Entry>,
    damaged: Option<Failure>,
    others: usize,
}

impl Unlocked {
    /// Reads the manifest of a container that begins at `start` of `file`; `path` is for messages.
    pub(crate) fn add(&mut self, file: File, path: &Path, start: u64, opened: Opened) -> Result<(), Failure> {
        let part = Part::read(file, path, start, opened, self.entries.len())?;
        self.entries.extend_from_slice(part.layout.manifest().entries());
        self.parts.push(part);
        Ok(())
    }

    /// What one of a set's containers came to that the key opens, when it cannot be read any more: the others can.
    pub(crate) fn add_damaged(&mut self, why: Failure) {
        self.damaged.get_or_insert(why);
    }

    /// Counts a container of a set that is for somebody else.
    pub(crate) const fn add_other(&mut self) {
        self.others += 1;
    }

    /// How many of a set's containers are for others, and were not looked into.
    pub(crate) const fn others(&self) -> usize {
        self.others
    }

    /// Whether all that the key opens can be read.
    pub(crate) fn is_readable(&mut self) -> Result<(), Failure> {
        self.damaged.take().map_or(Ok(()), Err)
    }

    /// What it holds.
    pub(crate) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// How long entry number `entry` is.
    pub(crate) fn size(&self, entry: usize) -> u64 {
        let part = self.parts.iter().rfind(|part| part.first_entry <= entry);
        part.and_then(|part| part.layout.content_range(entry - part.first_entry))
            .map_or(0, |range| range.end - range.start)
    }

    /// Opens segments on two threads and hands each piece of a wanted entry to `taker`. With every entry wanted, the padding
    /// is verified as well.
    pub(crate) fn unpack(&self, wanted: &[bool], taker: &impl Taker) -> Result<(), Failure> {
        let mut turn = 0;
        for part in &self.parts {
            let entries = part.layout.manifest().entries().len();
            let wanted = &wanted[part.first_entry..part.first_entry + entries];
            if wanted.contains(&true) {
                turn = part.unpack(wanted, taker, turn)?;
            }
        }
        Ok(())
    }
}

/// A piece of an entry.
pub(crate) struct Piece<'a> {
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
    fn take(&self, piece: &Piece<'_>) -> Result<(), Failure>;

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
    first_entry: usize,
    first_turn: u64,
}

impl Job {
    fn new(part: &Part, wanted: &[bool], first_turn: u64) -> Self {
        let Part {
            segments,
            layout,
            trailer,
            first_entry,
        } = part;
        let first_entry = *first_entry;
        let range = |(entry, wanted): (usize, &bool)| Some((entry, layout.content_range(entry).filter(|_| *wanted)?));
        let entries: Vec<_> = wanted.iter().enumerate().filter_map(range).collect();
        if wanted.iter().all(|wanted| *wanted) {
            // The last segment's padding and the trailer were looked at with the trailer.
            let end = (segments.count - 1) * SEGMENT_PLAINTEXT_LEN as u64;
            return Self {
                entries,
                segments: (0..segments.count).collect(),
                padding: trailer.archive_len()..end,
                first_entry,
                first_turn,
            };
        }
        let mut segments: Vec<u64> = entries.iter().flat_map(|(_, range)| Layout::segments(range)).collect();
        segments.dedup();
        Self {
            entries,
            segments,
            padding: 0..0,
            first_entry,
            first_turn,
        }
    }

    fn hand_out(&self, turn: u64, segment: &PlainSegment, taker: &impl Taker) -> Result<(), Failure> {
        let start = segment.position() * SEGMENT_PLAINTEXT_LEN as u64;
        let end = start + segment.plaintext().len() as u64;
        let turn = self.first_turn + turn;
        let first = self.entries.partition_point(|(_, range)| range.end <= start);
        let mut taken = false;
        for (entry, range) in self.entries[first..].iter().take_while(|(_, range)| range.start < end) {
            let bytes = Layout::part(range, segment);
            if !bytes.is_empty() {
                let offset = start.max(range.start) - range.start;
                taker.take(&Piece {
                    entry: self.first_entry + *entry,
                    offset,
                    bytes,
                    turn,
                })?;
                taken = true;
            }
        }
        if !taken {
            // Whoever writes in order waits for every turn.
            taker.take(&Piece {
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
