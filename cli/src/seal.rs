//! Sealing on two threads: while one reads, the other encrypts and writes. Nothing is copied between file, segment and file.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use satchel_client::crypto::limit::SEGMENT_LEN;
use satchel_client::crypto::{Finishing, Locks, Manifest, OpenSegment, SealError, Sealer};

use crate::aes;
use crate::document::Contents;
use crate::failure::Failure;
use crate::place::{Files, Output};
use crate::position::write_at;
use crate::progress::Progress;
use crate::random::random;

/// More find nothing to do: reading and writing are the limit.
pub(crate) const WORKERS: usize = 2;

/// What the workers take turns at.
struct Feed {
    contents: Contents,
    step: Step,
}

enum Step {
    Sealing(Box<Sealer>),
    Finishing(Box<Finishing>),
    Over,
}

/// Seals `contents` into `output`.
pub(crate) fn seal(manifest: &Manifest, locks: &Locks<'_>, contents: Contents, output: &Output) -> Result<(), Failure> {
    let sealer = Sealer::new(manifest, locks, &mut random())?;
    let (total, prefix) = (sealer.container_len(), sealer.prefix());
    let prefix_len = prefix.as_slice().len() as u64;
    let done = AtomicU64::new(prefix_len);
    put(output, 0, 0, prefix.as_slice())?;
    let feed = Mutex::new(Feed {
        contents,
        step: Step::Sealing(Box::new(sealer)),
    });
    let progress = Progress::default();
    let work = || {
        let worked = work(&feed, output, prefix_len, &|len| {
            progress.at("sealing", done.fetch_add(len, Ordering::Relaxed) + len, total);
        });
        if worked.is_err() {
            // The other worker is not to seal the rest for nothing, nor to wait for a turn that never comes.
            feed.lock().unwrap_or_else(PoisonError::into_inner).step = Step::Over;
            stop(output);
        }
        worked
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

fn work(feed: &Mutex<Feed>, output: &Output, prefix_len: u64, tell: &dyn Fn(u64)) -> Result<(), Failure> {
    let mut buffer = None;
    let file = match output {
        Output::Files(files) => Some((files.open(0)?, files)),
        Output::Stream(_) => None,
    };
    loop {
        let next = feed
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .next(buffer.take())?;
        let Some(segment) = next else { return Ok(()) };
        let position = segment.position();
        let offset = prefix_len + position * SEGMENT_LEN as u64;
        let sealed = aes::seal(segment)?;
        match &file {
            Some((file, files)) => put_at(files, file, offset, sealed.as_slice())?,
            None => put(output, position + 1, offset, sealed.as_slice())?,
        }
        tell(sealed.as_slice().len() as u64);
        buffer = Some(sealed.into_vec());
    }
}

/// Writes what is number `turn` in order and belongs at `offset`.
fn put(output: &Output, turn: u64, offset: u64, bytes: &[u8]) -> Result<(), Failure> {
    match output {
        Output::Files(files) => put_at(files, &files.open(0)?, offset, bytes),
        // The worker that stopped the stream says why.
        Output::Stream(stream) => stream.write_in_turn(turn, bytes).unwrap_or(Ok(())),
    }
}

fn put_at(files: &Files, file: &std::fs::File, offset: u64, bytes: &[u8]) -> Result<(), Failure> {
    write_at(file, bytes, offset).map_err(|source| files.failed(0, source))
}

fn stop(output: &Output) {
    if let Output::Stream(stream) = output {
        stream.stop();
    }
}

impl Feed {
    /// The next segment; `buffer` is an allocation to be filled again.
    fn next(&mut self, buffer: Option<Vec<u8>>) -> Result<Option<OpenSegment>, Failure> {
        if let (Step::Sealing(sealer), Some(buffer)) = (&mut self.step, buffer) {
            sealer.reuse(buffer);
        }
        loop {
            match &mut self.step {
                Step::Sealing(sealer) => {
                    if let Some(segment) = sealer.next_segment(&mut random()) {
                        return Ok(Some(segment));
                    }
                    let room = sealer.room();
                    // No room: what was announced is all in, and what is left has to be at its end.
                    let (room, full) = if room.is_empty() {
                        (&mut [0][..], true)
                    } else {
                        (room, false)
                    };
                    let len = self.contents.read(room)?;
                    if len == 0 {
                        self.finish()?;
                    } else if full {
                        return Err(SealError::ContentTooLong.into());
                    } else {
                        sealer.filled(len)?;
                    }
                }
                Step::Finishing(finishing) => match finishing.next_segment(&mut random()) {
                    Some(segment) => return Ok(Some(segment)),
                    None => self.step = Step::Over,
                },
                Step::Over => return Ok(None),
            }
        }
    }

    fn finish(&mut self) -> Result<(), Failure> {
        if let Step::Sealing(sealer) = std::mem::replace(&mut self.step, Step::Over) {
            self.step = Step::Finishing(Box::new(sealer.finish()?));
        }
        Ok(())
    }
}
