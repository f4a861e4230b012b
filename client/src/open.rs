//! Opening: a stored container into a sink, several segments in flight. The mirror of `seal`.

use std::marker::PhantomData;
use std::ops::Range;

use satchel_crypto::limit::{PRELUDE_LEN, SEGMENT_LEN};
use satchel_crypto::{
    Allowed, Container, Event, Key, Manifest, Opened, Passed, PlainElsewhere, PlainSegment, Prelude, Trailer, Unpacker,
    Verdict,
};

use crate::flight::Flight;
use crate::{Elsewhere, Engine, Error, Sink, Stage, Stored, StoredElsewhere, Watch};

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
    pub async fn unpack<E: Engine>(
        &mut self,
        engine: &E,
        sink: &mut impl Sink<E::Elsewhere>,
        watch: &impl Watch,
    ) -> Result<(), Error> {
        let count = self.count()?;
        let mut flight = Flight::new();
        let mut started = 0;
        let mut unpacking = Unpacking::<E, _>::into(sink);
        for position in 0..count {
            while started < count && flight.len() < engine.in_flight().max(1) {
                let segment = self.closed(started).await?;
                flight.start(engine.open(segment)).await;
                started += 1;
            }
            let plain = flight.next().await.ok_or(Verdict::BadSegment(position))??;
            self.spare.extend(unpacking.take(plain).await?);
            self.tell(position, watch);
        }
        unpacking.commit().await
    }

    /// As [`unpack`](Self::unpack); segments are opened [where they lie](Engine::open_elsewhere), where the engine can.
    ///
    /// # Errors
    /// Those of [`unpack`](Self::unpack).
    pub async fn unpack_elsewhere<E: Engine>(
        &mut self,
        engine: &E,
        sink: &mut impl Sink<E::Elsewhere>,
        watch: &impl Watch,
    ) -> Result<(), Error>
    where
        S: StoredElsewhere<E::Elsewhere>,
    {
        let count = self.count()?;
        let mut flight = Flight::new();
        let (mut started, mut position) = (0, 0);
        let mut unpacking = Unpacking::<E, _>::into(sink);
        while position < count {
            // The next ones are begun before the last are looked at.
            while started < count && (flight.len() < 2 || started - position < engine.in_flight() as u64) {
                started = self.begin(started, count, engine, &mut flight).await?;
            }
            let landed = flight.next().await.ok_or(Verdict::BadSegment(position))?;
            position = match landed? {
                Landed::Here(plain) => {
                    self.spare.extend(unpacking.take(plain).await?);
                    position + 1
                }
                Landed::Elsewhere(segments) => unpacking.take_elsewhere(segments, position).await?,
                Landed::Nothing(again) => {
                    for position in again.clone() {
                        let plain = self.plain(position, engine).await?;
                        self.spare.extend(unpacking.take(plain).await?);
                    }
                    again.end
                }
            };
            self.tell(position - 1, watch);
        }
        unpacking.commit().await
    }

    fn tell(&self, position: u64, watch: &impl Watch) {
        let done = self.opened.segment_range(position).end;
        watch.progress(Stage::Opening, done, Some(self.stored.len()));
    }

    /// Begins on the segments from `started` on, as many as lie together where the engine can open them, else one. Says which is the next.
    async fn begin<E: Engine>(
        &mut self,
        started: u64,
        count: u64,
        engine: &E,
        flight: &mut Flight<Result<Landed<E::Elsewhere>, Verdict>>,
    ) -> Result<u64, Error>
    where
        S: StoredElsewhere<E::Elsewhere>,
    {
        let offset = self.opened.segment_range(started).start;
        // The last one is never among them.
        let most = (count - 1 - started) * SEGMENT_LEN as u64;
        let lent = if most > 0 && engine.opens_elsewhere() {
            self.stored.lend(offset, SEGMENT_LEN, most).await?
        } else {
            None
        };
        let Some(lent) = lent else {
            let opening = engine.open(self.closed(started).await?);
            flight.start(async { Ok(Landed::Here(opening.await?)) }).await;
            return Ok(started + 1);
        };
        let positions = started..started + (lent.len() / SEGMENT_LEN) as u64;
        if lent.len() as u64 > most || positions.is_empty() || !lent.len().is_multiple_of(SEGMENT_LEN) {
            return Err(Error::Read);
        }
        let mut closed = Vec::new();
        for (number, position) in positions.clone().enumerate() {
            let mut head = [0; 16];
            lent.copy_to(number * SEGMENT_LEN, &mut head);
            closed.push(self.opened.closed_elsewhere(position, head)?);
        }
        let (opening, end) = (engine.open_elsewhere(closed, lent), positions.end);
        flight
            .start(async {
                let opened = opening.await;
                Ok(opened.map_or(Landed::Nothing(positions), Landed::Elsewhere))
            })
            .await;
        Ok(end)
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

/// What came of the segments that were begun together.
enum Landed<B> {
    Here(PlainSegment),
    Elsewhere(Vec<PlainElsewhere<B>>),
    /// One of these has a wrong tag, or the engine gave up: they are read again, one by one.
    Nothing(Range<u64>),
}

/// Verified segments on their way through the archive into the sink.
struct Unpacking<'a, E: Engine, K: Sink<E::Elsewhere>> {
    unpacker: Unpacker,
    sink: &'a mut K,
    finished: bool,
    of: PhantomData<E>,
}

impl<'a, E: Engine, K: Sink<E::Elsewhere>> Unpacking<'a, E, K> {
    fn into(sink: &'a mut K) -> Self {
        Self {
            unpacker: Unpacker::new(),
            sink,
            finished: false,
            of: PhantomData,
        }
    }

    /// Has the sink put all of it in place.
    async fn commit(self) -> Result<(), Error> {
        if !self.finished {
            return Err(Error::Verdict(Verdict::Truncated));
        }
        self.sink.commit().await
    }

    /// Takes the next one, and may give back the allocation of one before.
    async fn take(&mut self, plain: PlainSegment) -> Result<Option<Vec<u8>>, Error> {
        let spare = self.unpacker.push(plain)?;
        self.give_out().await?;
        Ok(spare)
    }

    /// Takes the ones from `position` on, and says which is the next.
    async fn take_elsewhere(
        &mut self,
        segments: Vec<PlainElsewhere<E::Elsewhere>>,
        mut position: u64,
    ) -> Result<u64, Error> {
        for segment in segments {
            match self.unpacker.push_elsewhere(segment)? {
                Passed::Content(entry, bytes) => {
                    self.sink.write_elsewhere(entry, bytes).await?;
                    self.give_out().await?;
                }
                Passed::Mixed(segment) => {
                    self.take(segment.bring_in(|plain, room| plain.copy_to(0, room)))
                        .await?;
                }
            }
            position += 1;
        }
        Ok(position)
    }

    async fn give_out(&mut self) -> Result<(), Error> {
        while let Some(event) = self.unpacker.next()? {
            match event {
                Event::Manifest(manifest) => self.sink.manifest(manifest).await?,
                Event::Begin(entry) => self.sink.begin(entry).await?,
                Event::Content(entry, bytes) => self.sink.write(entry, bytes).await?,
                Event::End(entry) => self.sink.end(entry).await?,
                Event::Done => self.finished = true,
            }
        }
        Ok(())
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
