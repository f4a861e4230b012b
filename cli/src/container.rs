//! A container to be opened: a file, or standard input kept aside as the ciphertext it is. Segments are opened on two threads.

use std::fs::File;
use std::io::{self, IsTerminal as _};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;

use satchel_client::crypto::limit::{PRELUDE_LEN, SEGMENT_LEN, SEGMENT_PLAINTEXT_LEN, SET_HEAD_LEN};
use satchel_client::crypto::{
    Allowed, Container, Entry, Event, Key, Layout, Opened, PlainSegment, Prelude, SetHead, SetId, Trailer, Unpacker,
    Verdict,
};

use crate::aes;
use crate::ask::is_dash;
use crate::failure::Failure;
use crate::page;
use crate::progress::Progress;
use crate::seal::WORKERS;

/// A container at hand, or a set of them.
pub(crate) struct Stored {
    file: File,
    path: PathBuf,
    len: u64,
    is_set: bool,
    members: Vec<Member>,
}

/// A container, and where it lies in the file.
pub(crate) struct Member {
    /// Its header.
    pub(crate) container: Container,
    range: Range<u64>,
}

impl Member {
    /// Its length.
    pub(crate) const fn len(&self) -> u64 {
        self.range.end - self.range.start
    }
}

impl Stored {
    /// Reads what stands before the first segment; of a set, in each member.
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
        let mut start = read_up_to(&file, 0, SET_HEAD_LEN).map_err(failed)?;
        if page::may_be(&start)
            && let Some(container) = page::container_in(&file).map_err(failed)?
        {
            file = spool(&*container).map_err(failed)?;
            start = read_up_to(&file, 0, SET_HEAD_LEN).map_err(failed)?;
        }
        let mut stored = Self {
            len: file.metadata().map_err(failed)?.len(),
            is_set: SetHead::is_set(&start),
            file,
            path: path.to_owned(),
            members: Vec::new(),
        };
        stored.members = if stored.is_set {
            stored.read_set(&start)?
        } else {
            vec![stored.read_member(0..stored.len, None)?]
        };
        Ok(stored)
    }

    /// Where the members lie, and their ids; only then what is in them.
    fn read_set(&self, start: &[u8]) -> Result<Vec<Member>, Failure> {
        let head = SetHead::parse(start)?;
        let (mut ranges, mut ids) = (Vec::new(), Vec::new());
        let mut at = SET_HEAD_LEN as u64;
        for _ in 0..head.count {
            let len = self.read_up_to(at, 8)?;
            let len = u64::from_be_bytes(*len.first_chunk().ok_or(Verdict::Truncated)?);
            let start = at + 8;
            let end = start.checked_add(len).filter(|end| *end <= self.len);
            at = end.ok_or(Verdict::Truncated)?;
            ranges.push(start..at);
            let prelude = self.read_up_to(start, PRELUDE_LEN.min(usize::try_from(len).unwrap_or(PRELUDE_LEN)))?;
            ids.push(SetHead::member_id(&prelude)?);
        }
        if at != self.len {
            return Err(Verdict::MalformedSet.into());
        }
        head.check(&ids)?;
        let read = |range| self.read_member(range, Some(&head.id));
        let members: Vec<_> = ranges.into_iter().map(read).collect::<Result<_, Failure>>()?;
        SetHead::check_slots(members.iter().map(|member| &member.container))?;
        Ok(members)
    }

    fn read_member(&self, range: Range<u64>, set: Option<&SetId>) -> Result<Member, Failure> {
        let len = range.end - range.start;
        let up_to = |most: usize| self.read_up_to(range.start, most.min(usize::try_from(len).unwrap_or(most)));
        let prelude = up_to(PRELUDE_LEN)?;
        let prefix_len = match set {
            Some(set) => Prelude::parse_member(&prelude, set),
            None => Prelude::parse(&prelude),
        }?
        .prefix_len();
        let prefix = up_to(prefix_len)?;
        let container = match set {
            Some(set) => Container::parse_member(&prefix, len, set),
            None => Container::parse(&prefix, len),
        }?;
        Ok(Member { container, range })
    }

    fn read_up_to(&self, offset: u64, len: usize) -> Result<Vec<u8>, Failure> {
        read_up_to(&self.file, offset, len).map_err(|source| Failure::Read {
            path: self.path.clone(),
            source,
        })
    }

    /// Whether it is a set.
    pub(crate) const fn is_set(&self) -> bool {
        self.is_set
    }

    /// The containers: one, but of a set.
    pub(crate) fn members(&self) -> &[Member] {
        &self.members
    }

    /// Their headers.
    pub(crate) fn containers(&self) -> Vec<&Container> {
        self.members.iter().map(|member| &member.container).collect()
    }

    /// Its length.
    pub(crate) const fn len(&self) -> u64 {
        self.len
    }

    /// Verifies the header of each container that the key opens, then reads its manifest.
    pub(crate) fn unlock(self, key: &Key<'_>) -> Result<Unlocked, Failure> {
        let mut verdict = Verdict::NoMatchingSlot;
        let mut unlocked = Unlocked {
            parts: Vec::new(),
            entries: Vec::new(),
        };
        for member in self.members {
            if member.container.is_unsettled() {
                eprintln!("note: a change of its keys was cut off; `satchel rekey --settle` finishes or undoes it");
            }
            let opened = match member.container.open(key, Allowed::ALL) {
                Ok(opened) => opened,
                Err(why @ (Verdict::WrongKey | Verdict::NoMatchingSlot | Verdict::ShareOfAnotherContainer(_)))
                    if self.is_set =>
                {
                    verdict = why;
                    continue;
                }
                Err(why) => return Err(why.into()),
            };
            let file = self.file.try_clone().map_err(|source| Failure::Read {
                path: self.path.clone(),
                source,
            })?;
            let part = Part::read(file, &self.path, member.range.start, opened, unlocked.entries.len())?;
            unlocked.entries.extend_from_slice(part.layout.manifest().entries());
            unlocked.parts.push(part);
        }
        if unlocked.parts.is_empty() {
            return Err(verdict.into());
        }
        Ok(unlocked)
    }
}

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
pub(crate) struct Unlocked {
    parts: Vec<Part>,
    entries: Vec<Entry>,
}

impl Unlocked {
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

/// `len` bytes, or what there is of them.
fn read_up_to(file: &File, offset: u64, len: usize) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; len];
    let filled = fill_at(file, &mut bytes, offset)?;
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
