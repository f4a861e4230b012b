//! Reading the archive inside from front to end; by position: `layout`. docs/format.md sections 6 and 7; written by `sealer`.

use alloc::vec::Vec;
use core::ops::Range;

use crate::limit::{MANIFEST_LEN_MAX, SEGMENT_PLAINTEXT_LEN};
use crate::padding::TRAILER_LEN;
use crate::{Layout, Manifest, PlainElsewhere, PlainSegment, Trailer, Verdict};

/// What is given out for zeros that were held back.
static ZEROS: [u8; 4096] = [0; 4096];

/// What comes out of a container, in order.
pub enum Event<'a> {
    /// First of all.
    Manifest(&'a Manifest),
    /// An entry starts: its number.
    Begin(usize),
    /// The next bytes of an entry. They are verified; that the rest is there is certain only with [`Done`](Self::Done).
    Content(usize, &'a [u8]),
    /// An entry is complete.
    End(usize),
    /// Everything was there, and nothing else.
    Done,
}

/// What became of a segment that lies elsewhere.
pub enum Passed<B> {
    /// Nothing but the next bytes of this entry, which count as given out.
    Content(usize, B),
    /// Something else as well: it is to be brought in, and [pushed](Unpacker::push).
    Mixed(PlainElsewhere<B>),
}

/// Takes the segments in order and gives out the archive. Memory: one segment and the manifest.
#[derive(Default)]
pub struct Unpacker {
    segment: Option<PlainSegment>,
    next_position: u64,
    /// Used of the segment's plaintext.
    used: usize,
    trailer: Option<Trailer>,
    /// Manifest length and manifest, while they come in.
    head: Vec<u8>,
    manifest: Option<Manifest>,
    manifest_len: usize,
    state: State,
    /// How far an entry "to the end" was given out: the zeros after it may be padding.
    given_end: u64,
    /// Where the last byte after the contents lies that is not zero.
    stray_end: u64,
    failed: Option<Verdict>,
}

#[derive(Clone, Copy, Default)]
enum State {
    #[default]
    Head,
    Begin(usize),
    Content(usize, Option<u64>),
    Rest,
    Over,
}

/// An event without its borrows.
enum Step {
    Manifest,
    Begin(usize),
    Content(usize, Range<usize>),
    Zeros(usize, usize),
    End(usize),
    Done,
}

impl Unpacker {
    /// At the archive's start.
    pub fn new() -> Self {
        Self::default()
    }

    /// With the trailer read before: what does not add up is noticed with the manifest, and [`layout`](Self::layout) is to be had.
    pub fn with_trailer(trailer: Trailer) -> Self {
        Self {
            trailer: Some(trailer),
            ..Self::default()
        }
    }

    /// Takes the next segment, after [`next`](Self::next) had nothing left of the one before. Returns that one's allocation.
    ///
    /// # Errors
    /// `BadSegment` when it is not the next one; `BadPadding`.
    pub fn push(&mut self, segment: PlainSegment) -> Result<Option<Vec<u8>>, Verdict> {
        self.expect(segment.position())?;
        if segment.is_final() {
            self.trailer = Some(Trailer::read(&segment).inspect_err(|verdict| self.failed = Some(*verdict))?);
        }
        self.next_position += 1;
        self.used = 0;
        Ok(self.segment.replace(segment).map(PlainSegment::into_buffer))
    }

    /// As [`push`](Self::push), of a segment whose plaintext is elsewhere: where it holds the next content of one entry, whose size is known, and
    /// nothing more, the content is given back as it came.
    ///
    /// # Errors
    /// `BadSegment` when it is not the next one; what [`next`](Self::next) said before.
    pub fn push_elsewhere<B>(&mut self, segment: PlainElsewhere<B>) -> Result<Passed<B>, Verdict> {
        if let Some(verdict) = self.failed {
            return Err(verdict);
        }
        self.expect(segment.position())?;
        let end = (self.next_position + 1) * SEGMENT_PLAINTEXT_LEN as u64;
        if self.trailer.is_some_and(|trailer| end > trailer.archive_len) {
            return Ok(Passed::Mixed(segment));
        }
        match self.state {
            State::Content(entry, Some(left)) if left >= SEGMENT_PLAINTEXT_LEN as u64 => {
                self.state = State::Content(entry, Some(left - SEGMENT_PLAINTEXT_LEN as u64));
                // The one before is used up, and stays so: this one is as if it had been pushed, and all of it given out.
                self.next_position += 1;
                Ok(Passed::Content(entry, segment.into_content()))
            }
            _ => Ok(Passed::Mixed(segment)),
        }
    }

    /// That the segment before is used up, and `position` the next one.
    fn expect(&self, position: u64) -> Result<(), Verdict> {
        let used_up = |segment: &PlainSegment| self.used == segment.plaintext().len();
        if self.segment.as_ref().is_none_or(used_up) && position == self.next_position {
            Ok(())
        } else {
            Err(Verdict::BadSegment(position))
        }
    }

    /// The allocation of the last segment, for whoever wipes what was in it.
    pub fn into_buffer(self) -> Option<Vec<u8>> {
        self.segment.map(PlainSegment::into_buffer)
    }

    /// The next event; none when it takes another segment, or after [`Event::Done`].
    ///
    /// # Errors
    /// `ManifestTooLarge`, `MalformedManifest`, `BadArchiveLength`, `BadPadding`; the same again ever after.
    #[allow(clippy::should_implement_trait)]
    pub fn next(&mut self) -> Result<Option<Event<'_>>, Verdict> {
        if let Some(verdict) = self.failed {
            return Err(verdict);
        }
        let step = match self.step() {
            Ok(Some(step)) => step,
            Ok(None) => return Ok(None),
            Err(verdict) => {
                self.failed = Some(verdict);
                return Err(verdict);
            }
        };
        let text = self.segment.as_ref().map_or(&[][..], PlainSegment::plaintext);
        Ok(match step {
            Step::Manifest => self.manifest.as_ref().map(Event::Manifest),
            Step::Begin(entry) => Some(Event::Begin(entry)),
            Step::Content(entry, range) => Some(Event::Content(entry, &text[range])),
            Step::Zeros(entry, len) => Some(Event::Content(entry, &ZEROS[..len])),
            Step::End(entry) => Some(Event::End(entry)),
            Step::Done => Some(Event::Done),
        })
    }

    /// The manifest, after its event.
    pub const fn manifest(&self) -> Option<&Manifest> {
        self.manifest.as_ref()
    }

    /// Where each entry lies, once manifest and trailer are read.
    pub fn layout(&self) -> Option<Layout> {
        let start = 4 + self.manifest_len as u64;
        Some(Layout::new(self.manifest.clone()?, start, self.trailer?.archive_len))
    }

    fn step(&mut self) -> Result<Option<Step>, Verdict> {
        loop {
            match self.state {
                State::Head => return Ok(self.read_head()?.then_some(Step::Manifest)),
                State::Begin(entry) => {
                    if let Some(size) = self.manifest.as_ref().and_then(|m| Some(m.entries().get(entry)?.size)) {
                        self.state = State::Content(entry, size);
                        self.given_end = self.offset();
                        return Ok(Some(Step::Begin(entry)));
                    }
                    self.state = State::Rest;
                }
                State::Content(entry, Some(0)) => {
                    self.state = State::Begin(entry + 1);
                    return Ok(Some(Step::End(entry)));
                }
                State::Content(entry, Some(left)) => {
                    let len = usize::try_from(left).unwrap_or(usize::MAX).min(self.available());
                    if len == 0 {
                        return if self.at_the_end() {
                            Err(Verdict::BadArchiveLength)
                        } else {
                            Ok(None)
                        };
                    }
                    self.state = State::Content(entry, Some(left - len as u64));
                    self.used += len;
                    return Ok(Some(Step::Content(entry, self.used - len..self.used)));
                }
                State::Content(entry, None) => return self.step_to_the_end(entry),
                State::Rest => return self.step_rest(),
                State::Over => return Ok(None),
            }
        }
    }

    /// Whether the manifest is there.
    fn read_head(&mut self) -> Result<bool, Verdict> {
        loop {
            let len = match self.head.first_chunk::<4>() {
                None => 4,
                Some(len) => {
                    let len = u32::from_be_bytes(*len);
                    if len == 0 || len as usize > MANIFEST_LEN_MAX {
                        return Err(Verdict::ManifestTooLarge(len));
                    }
                    4 + len as usize
                }
            };
            if self.trailer.is_some_and(|trailer| len as u64 > trailer.archive_len) {
                return Err(Verdict::BadArchiveLength);
            }
            if len > 4 && self.head.len() == len {
                self.start_contents(len)?;
                return Ok(true);
            }
            let take = self.available().min(len - self.head.len());
            if take == 0 {
                return if self.at_the_end() {
                    Err(Verdict::BadArchiveLength)
                } else {
                    Ok(false)
                };
            }
            let text = self.segment.as_ref().map_or(&[][..], PlainSegment::plaintext);
            self.head.extend_from_slice(&text[self.used..self.used + take]);
            self.used += take;
        }
    }

    fn start_contents(&mut self, head_len: usize) -> Result<(), Verdict> {
        let manifest = Manifest::parse(&self.head[4..])?;
        self.head = Vec::new();
        self.manifest_len = head_len - 4;
        let end = manifest.sized_len().ok_or(Verdict::BadArchiveLength)? + head_len as u64;
        let adds_up = |Trailer { archive_len }| end == archive_len || end < archive_len && manifest.is_open_ended();
        if !self.trailer.is_none_or(adds_up) {
            return Err(Verdict::BadArchiveLength);
        }
        self.manifest = Some(manifest);
        self.state = State::Begin(0);
        Ok(())
    }

    /// An entry "to the end": zeros are held back until something else follows or the trailer says where the end is.
    fn step_to_the_end(&mut self, entry: usize) -> Result<Option<Step>, Verdict> {
        let offset = self.offset();
        let len = self.available();
        let (zeros_end, content_len) = match self.trailer {
            Some(Trailer { archive_len }) if self.given_end > archive_len => return Err(Verdict::BadPadding),
            Some(Trailer { archive_len }) => (offset.min(archive_len), len),
            None => {
                let text = self.segment.as_ref().map_or(&[][..], PlainSegment::plaintext);
                let last = text[self.used..self.used + len].iter().rposition(|byte| *byte != 0);
                last.map_or((self.given_end, 0), |at| (offset, at + 1))
            }
        };
        if self.given_end < zeros_end {
            let held = usize::try_from(zeros_end - self.given_end)
                .unwrap_or(usize::MAX)
                .min(ZEROS.len());
            self.given_end += held as u64;
            return Ok(Some(Step::Zeros(entry, held)));
        }
        if content_len > 0 {
            self.used += content_len;
            self.given_end = self.offset();
            return Ok(Some(Step::Content(entry, self.used - content_len..self.used)));
        }
        self.used += len;
        if self.at_the_end() {
            self.state = State::Begin(entry + 1);
            return Ok(Some(Step::End(entry)));
        }
        Ok(None)
    }

    /// After the contents there are zeros, then the trailer.
    fn step_rest(&mut self) -> Result<Option<Step>, Verdict> {
        let Some(segment) = &self.segment else { return Ok(None) };
        let text = segment.plaintext();
        let end = text.len() - if segment.is_final() { TRAILER_LEN } else { 0 };
        let start = self.offset();
        if let Some(at) = text
            .get(self.used..end)
            .and_then(|rest| rest.iter().rposition(|byte| *byte != 0))
        {
            self.stray_end = start + at as u64 + 1;
        }
        let is_final = segment.is_final();
        self.used = text.len();
        let Some(Trailer { archive_len }) = self.trailer else {
            return Ok(None);
        };
        if self.stray_end > archive_len {
            return Err(Verdict::BadPadding);
        }
        if !is_final {
            return Ok(None);
        }
        let manifest = self.manifest.as_ref().ok_or(Verdict::MalformedManifest)?;
        let sized_end = manifest.sized_len().map(|len| len + 4 + self.manifest_len as u64);
        if !manifest.is_open_ended() && sized_end != Some(archive_len) {
            return Err(Verdict::BadArchiveLength);
        }
        self.state = State::Over;
        Ok(Some(Step::Done))
    }

    /// Where in the archive the next byte lies.
    fn offset(&self) -> u64 {
        let start = self.next_position.saturating_sub(1) * SEGMENT_PLAINTEXT_LEN as u64;
        start + self.used as u64
    }

    /// How many bytes of the archive are left in the segment, by what is known.
    fn available(&self) -> usize {
        let Some(segment) = &self.segment else { return 0 };
        let left = segment.plaintext().len() - self.used;
        let of_archive = self
            .trailer
            .map_or(u64::MAX, |trailer| trailer.archive_len.saturating_sub(self.offset()));
        usize::try_from(of_archive).unwrap_or(usize::MAX).min(left)
    }

    /// Whether the archive ends here.
    fn at_the_end(&self) -> bool {
        self.trailer.is_some_and(|trailer| self.offset() >= trailer.archive_len)
    }
}
