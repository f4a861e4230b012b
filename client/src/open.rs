//! Opening: a stored container into a sink, several segments in flight. The mirror of `seal`.

use satchel_crypto::limit::PRELUDE_LEN;
use satchel_crypto::{
    Allowed, Container, Event, Key, Manifest, Opened, PlainSegment, Prelude, Trailer, Unpacker, Verdict,
};

use crate::flight::Flight;
use crate::{Engine, Error, Sink, Stage, Stored, Watch};

/// Reads what can be told of a container without a key.
///
/// # Errors
/// `Verdict` before any key, `Read`, and what the network did.
pub async fn inspect(stored: &mut impl Stored) -> Result<Container, Error> {
    let len = stored.len();
    let mut prefix = read_up_to(stored, 0, PRELUDE_LEN).await?;
    let whole = Prelude::parse(&prefix)?.prefix_len();
    let rest = read_up_to(stored, prefix.len() as u64, whole - prefix.len()).await?;
    prefix.extend_from_slice(&rest);
    Ok(Container::parse(&prefix, len)?)
}

/// A container that its key opened.
pub struct Reader<S> {
    opened: Opened,
    stored: S,
    spare: Vec<Vec<u8>>,
}

/// What a container holds, and how long each entry truly is.
pub struct Listed {
    /// The manifest.
    pub manifest: Manifest,
    /// Each entry's size, one "to the end" included.
    pub sizes: Vec<u64>,
}

impl<S: Stored> Reader<S> {
    /// Finds the file key and verifies the header; with a passphrase, this is one run of Argon2id for each of its slots.
    ///
    /// # Errors
    /// `Verdict`, `Read`, and what the network did.
    pub async fn open(mut stored: S, key: &Key<'_>, allowed: Allowed, watch: &impl Watch) -> Result<Self, Error> {
        let container = inspect(&mut stored).await?;
        if matches!(key, Key::Passphrase(_)) {
            watch.progress(Stage::Deriving, 0, None);
        }
        let opened = container.open(key, allowed)?;
        Ok(Self {
            opened,
            stored,
            spare: Vec::new(),
        })
    }

    /// Manifest and true sizes, from the first segments and the last one alone.
    ///
    /// # Errors
    /// `Verdict`, `Read`.
    pub async fn list(&mut self, engine: &impl Engine) -> Result<Listed, Error> {
        let last = self.count()? - 1;
        let trailer = Trailer::read(&self.plain(last, engine).await?)?;
        let mut unpacker = Unpacker::with_trailer(trailer);
        let mut position = 0;
        while unpacker.manifest().is_none() {
            unpacker.push(self.plain(position, engine).await?)?;
            position += 1;
            unpacker.next()?;
        }
        let layout = unpacker.layout().ok_or(Error::Verdict(Verdict::MalformedManifest))?;
        let manifest = layout.manifest().clone();
        let sizes = (0..manifest.entries().len())
            .map(|entry| {
                layout
                    .content_range(entry)
                    .map_or(0, |range| range.end.saturating_sub(range.start))
            })
            .collect();
        Ok(Listed { manifest, sizes })
    }

    /// Opens all of it, in order, and has the sink put it in place when everything was verified.
    ///
    /// # Errors
    /// `Verdict`, `Read`, what the sink said, and what the network did. The sink was then not told to commit.
    pub async fn unpack(
        &mut self,
        engine: &impl Engine,
        sink: &mut impl Sink,
        watch: &impl Watch,
    ) -> Result<(), Error> {
        let count = self.count()?;
        let mut unpacker = Unpacker::new();
        let mut flight = Flight::new();
        let mut started = 0;
        let mut finished = false;
        for position in 0..count {
            while started < count && flight.len() < engine.in_flight().max(1) {
                let segment = self.closed(started).await?;
                flight.start(engine.open(segment)).await;
                started += 1;
            }
            let plain = flight.next().await.ok_or(Verdict::BadSegment(position))??;
            if let Some(spare) = unpacker.push(plain)? {
                self.spare.push(spare);
            }
            while let Some(event) = unpacker.next()? {
                match event {
                    Event::Manifest(manifest) => sink.manifest(manifest).await?,
                    Event::Begin(entry) => sink.begin(entry).await?,
                    Event::Content(entry, bytes) => sink.write(entry, bytes).await?,
                    Event::End(entry) => sink.end(entry).await?,
                    Event::Done => finished = true,
                }
            }
            watch.progress(
                Stage::Opening,
                self.opened.segment_range(position).end,
                Some(self.stored.len()),
            );
        }
        if !finished {
            return Err(Error::Verdict(Verdict::Truncated));
        }
        sink.commit().await
    }

    /// What it reads from.
    pub fn into_stored(self) -> S {
        self.stored
    }

    fn count(&self) -> Result<u64, Error> {
        // A container is parsed with its length, so the count is always there.
        self.opened.segment_count().ok_or(Error::Verdict(Verdict::Truncated))
    }

    async fn plain(&mut self, position: u64, engine: &impl Engine) -> Result<PlainSegment, Error> {
        let segment = self.closed(position).await?;
        Ok(engine.open(segment).await?)
    }

    async fn closed(&mut self, position: u64) -> Result<satchel_crypto::ClosedSegment, Error> {
        let range = self.opened.segment_range(position);
        let len = usize::try_from(range.end - range.start).map_err(|_| Verdict::Truncated)?;
        let mut bytes = self.spare.pop().unwrap_or_default();
        bytes.resize(len, 0);
        read_exact(&mut self.stored, range.start, &mut bytes).await?;
        Ok(self.opened.closed_segment(position, bytes)?)
    }
}

async fn read_up_to(stored: &mut impl Stored, offset: u64, len: usize) -> Result<Vec<u8>, Error> {
    let mut bytes = vec![0; len];
    let mut filled = 0;
    while filled < len {
        match stored.read_at(offset + filled as u64, &mut bytes[filled..]).await? {
            0 => break,
            got => filled += got,
        }
    }
    bytes.truncate(filled);
    Ok(bytes)
}

async fn read_exact(stored: &mut impl Stored, offset: u64, room: &mut [u8]) -> Result<(), Error> {
    let mut filled = 0;
    while filled < room.len() {
        match stored.read_at(offset + filled as u64, &mut room[filled..]).await? {
            0 => return Err(Error::Verdict(Verdict::Truncated)),
            got => filled += got,
        }
    }
    Ok(())
}
