//! What the client's flows stand on here: a document's contents, a spool, standard output or files aside, a clock.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::time::{Duration, Instant};

use satchel_client::crypto::Manifest;
use satchel_client::{Error, Nowhere, Pause, Sealed, SealedSink, Sink, Source, Spool, Stage, Watch};

use crate::document::Contents;
use crate::failure::Failure;
use crate::interrupt;
use crate::place::Output;
use crate::position::write_at;
use crate::progress::Progress;
use crate::target::Target;

/// Remembers why reading or writing failed: the flow knows only that it did.
pub(crate) fn told(error: Error, why: Option<Failure>) -> Failure {
    match (error, why) {
        (Error::Read | Error::Write | Error::Keep, Some(why)) => why,
        (error, _) => Failure::Client(error),
    }
}

/// A document on its way into a container.
pub(crate) struct Reading {
    pub(crate) contents: Contents,
    pub(crate) failed: Option<Failure>,
}

impl Source for Reading {
    async fn read(&mut self, entry: usize, room: &mut [u8]) -> Result<usize, Error> {
        self.contents.read_entry(entry, room).map_err(|failure| {
            self.failed = Some(failure);
            Error::Read
        })
    }
}

/// A container on its way to a server, ciphertext only: a file of mode 0600 that has no name.
pub(crate) struct Aside {
    file: Option<File>,
    reading: bool,
    pub(crate) failed: Option<Failure>,
}

impl Aside {
    /// The file is made when it is needed.
    pub(crate) const fn new() -> Self {
        Self {
            file: None,
            reading: false,
            failed: None,
        }
    }

    fn file(&mut self) -> std::io::Result<&mut File> {
        match &mut self.file {
            Some(file) => Ok(file),
            none => Ok(none.insert(tempfile::tempfile()?)),
        }
    }

    fn fail(&mut self, source: std::io::Error) {
        self.failed = Some(Failure::Write {
            path: std::env::temp_dir(),
            source,
        });
    }
}

impl SealedSink for Aside {
    async fn take(&mut self, bytes: Sealed<Nowhere>) -> Result<Option<Vec<u8>>, Error> {
        let bytes = bytes.into_vec();
        let written = self.file().and_then(|file| file.write_all(&bytes));
        written.map_err(|source| {
            self.fail(source);
            Error::Write
        })?;
        Ok(Some(bytes))
    }
}

impl Spool for Aside {
    async fn read_back(&mut self, room: &mut [u8]) -> Result<usize, Error> {
        let from_start = !self.reading;
        self.reading = true;
        let read = self.file().and_then(|file| {
            if from_start {
                file.seek(SeekFrom::Start(0))?;
            }
            file.read(room)
        });
        read.map_err(|source| {
            self.fail(source);
            Error::Read
        })
    }
}

/// A document on its way to its place.
pub(crate) struct Placing {
    target: Option<Target>,
    output: Option<Output>,
    current: Option<File>,
    offset: u64,
    pub(crate) failed: Option<Failure>,
}

impl Placing {
    pub(crate) const fn new(target: Target) -> Self {
        Self {
            target: Some(target),
            output: None,
            current: None,
            offset: 0,
            failed: None,
        }
    }

    fn keep<T>(&mut self, done: Result<T, Failure>) -> Result<T, Error> {
        done.map_err(|failure| {
            self.failed = Some(failure);
            Error::Write
        })
    }
}

impl Sink for Placing {
    async fn ready(&mut self, _container_len: u64) -> Result<(), Error> {
        let probed = self.target.as_ref().map_or(Ok(()), Target::probe);
        self.keep(probed)
    }

    async fn manifest(&mut self, manifest: &Manifest) -> Result<(), Error> {
        let Some(target) = self.target.take() else {
            return Err(Error::Write);
        };
        let placed = target.for_document(manifest.entries(), &vec![true; manifest.entries().len()]);
        self.output = Some(self.keep(placed)?.durable());
        Ok(())
    }

    async fn begin(&mut self, entry: usize) -> Result<(), Error> {
        self.offset = 0;
        let opened = match &self.output {
            Some(Output::Files(files)) => files.open(entry).map(Some),
            _ => Ok(None),
        };
        self.current = self.keep(opened)?;
        Ok(())
    }

    async fn write(&mut self, entry: usize, bytes: &[u8]) -> Result<(), Error> {
        let written = match (&self.output, &self.current) {
            (Some(Output::Files(files)), Some(file)) => {
                write_at(file, bytes, self.offset).map_err(|source| files.failed(entry, source))
            }
            (Some(Output::Stream(stream)), _) => stream.write(bytes),
            _ => return Err(Error::Write),
        };
        self.offset += bytes.len() as u64;
        self.keep(written)
    }

    async fn end(&mut self, _entry: usize) -> Result<(), Error> {
        self.current = None;
        Ok(())
    }

    async fn commit(&mut self) -> Result<(), Error> {
        let Some(output) = self.output.take() else {
            return Err(Error::Write);
        };
        let done = output.commit();
        // The server is still to be told.
        interrupt::goes_on();
        self.keep(done)
    }
}

/// Waits by sleeping.
pub(crate) struct Sleep;

impl Pause for Sleep {
    async fn pause(&self, time: Duration) {
        std::thread::sleep(time);
    }
}

/// What is over sooner is not worth a line.
const SAID_AFTER: Duration = Duration::from_secs(1);

/// Shows what the flow says.
#[derive(Default)]
pub(crate) struct Shown {
    progress: Progress,
    waiting_said: std::cell::Cell<bool>,
    working_since: std::cell::Cell<Option<Instant>>,
    working_said: std::cell::Cell<bool>,
}

impl Watch for Shown {
    fn progress(&self, stage: Stage, done: u64, total: Option<u64>) {
        let what = match stage {
            Stage::Deriving => return self.progress.note("passphrase"),
            Stage::Working => {
                let begun = self.working_since.get().unwrap_or_else(Instant::now);
                self.working_since.set(Some(begun));
                if begun.elapsed() >= SAID_AFTER && !self.working_said.replace(true) {
                    eprintln!(
                        "working: the server has too much to do, and asks for some work first; this takes seconds"
                    );
                }
                return self.progress.note("working");
            }
            Stage::Waiting => {
                if !self.waiting_said.replace(true) {
                    eprintln!("waiting: no answer, or the connection broke; trying again");
                }
                return self.progress.note("waiting");
            }
            // One bar: what is sealed is uploaded, and what is downloaded is opened.
            Stage::Sealing | Stage::Opening => return,
            Stage::Uploading => "uploading",
            Stage::Downloading => "downloading",
        };
        self.progress.at(what, done, total);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    #[test]
    fn a_flow_that_could_not_read_says_why_and_others_speak_for_themselves() {
        let why = || Some(Failure::Changed(PathBuf::from("a")));
        assert!(matches!(told(Error::Read, why()), Failure::Changed(_)));
        assert!(matches!(told(Error::NotFound, why()), Failure::Client(Error::NotFound)));
        assert!(matches!(told(Error::Write, None), Failure::Client(Error::Write)));
    }
}
