//! Sealing: a source's bytes into a sealed sink, several segments in flight. The mirror of `open`.

use std::future::Future;
use std::pin::Pin;

use rand_core::CryptoRng;
use satchel_crypto::limit::SEGMENT_PLAINTEXT_LEN;
use satchel_crypto::{Locks, Manifest, OpenSegment, SealError, Sealer};

use crate::flight::Flight;
use crate::{Elsewhere, Engine, Error, Sealed, SealedSink, Source, Stage, Watch};

/// Seals `source`, which holds what `manifest` says, into `out`. Returns the container's length.
///
/// # Errors
/// `Read`, `Write`, `Seal` (also when the source is longer or shorter than announced), `Verdict`.
pub async fn seal<E: Engine>(
    manifest: &Manifest,
    locks: &Locks<'_>,
    source: &mut impl Source<E::Elsewhere>,
    out: &mut impl SealedSink<E::Elsewhere>,
    engine: &E,
    watch: &impl Watch,
    rng: &mut (impl CryptoRng + ?Sized),
) -> Result<u64, Error> {
    if matches!(locks, Locks::Passphrases { .. }) {
        watch.progress(Stage::Deriving, 0, None);
    }
    let sealer = Sealer::new(manifest, locks, rng)?;
    seal_with(sealer, manifest, source, out, engine, watch, rng).await
}

/// [`seal`], into a sink of whatever kind, once it is known what opens it.
pub(crate) async fn seal_with<E: Engine>(
    mut sealer: Sealer,
    manifest: &Manifest,
    source: &mut impl Source<E::Elsewhere>,
    out: &mut dyn AnySink<E::Elsewhere>,
    engine: &E,
    watch: &impl Watch,
    rng: &mut (impl CryptoRng + ?Sized),
) -> Result<u64, Error> {
    out.begin(sealer.container_len()).await?;
    out.take(Sealed::Here(sealer.prefix())).await?;
    let mut belt = Belt {
        flight: Flight::new(),
        flying: 0,
        engine,
        out,
    };
    let (total, mut done) = (manifest.sized_len().filter(|_| !manifest.is_open_ended()), 0);
    for (number, entry) in manifest.entries().iter().enumerate() {
        let mut left = entry.size.unwrap_or(u64::MAX);
        while left > 0 {
            belt.pass(&mut sealer, rng).await?;
            let len = match belt.lend(&mut sealer, source, (number, left), rng).await? {
                0 => fill(&mut sealer, source, (number, left)).await?,
                lent => lent,
            };
            if len == 0 {
                break;
            }
            left -= len as u64;
            done += len as u64;
            watch.progress(Stage::Sealing, done, total);
        }
        match entry.size {
            // A file that became shorter or longer while it was read is not the document that was announced.
            Some(_) if left > 0 => return Err(Error::Seal(SealError::ContentTooShort { missing: left })),
            Some(_) if source.read(number, &mut [0]).await? > 0 => {
                return Err(Error::Seal(SealError::ContentTooLong));
            }
            _ => {}
        }
    }
    belt.pass(&mut sealer, rng).await?;
    let mut finishing = sealer.finish()?;
    let len = finishing.container_len();
    while let Some(segment) = finishing.next_segment(rng) {
        if let Some(spare) = belt.put(segment).await? {
            finishing.reuse(spare);
        }
    }
    belt.drain().await?;
    Ok(len)
}

type Coming<'a, T> = Pin<Box<dyn Future<Output = Result<T, Error>> + 'a>>;

/// A sink of whatever kind: there is one copy of the sealing for all of them. In the page's WebAssembly
/// another one costs kilobytes.
pub(crate) trait AnySink<B> {
    fn begin(&mut self, len: Option<u64>) -> Coming<'_, ()>;
    fn take(&mut self, bytes: Sealed<B>) -> Coming<'_, Option<Vec<u8>>>;
}

impl<B: Elsewhere + 'static, S: SealedSink<B>> AnySink<B> for S {
    fn begin(&mut self, len: Option<u64>) -> Coming<'_, ()> {
        Box::pin(SealedSink::begin(self, len))
    }

    fn take(&mut self, bytes: Sealed<B>) -> Coming<'_, Option<Vec<u8>>> {
        Box::pin(SealedSink::take(self, bytes))
    }
}

/// Reads the entry's next bytes into the current segment, and says how many; 0 at its end.
async fn fill<B: Elsewhere>(
    sealer: &mut Sealer,
    source: &mut impl Source<B>,
    (entry, left): (usize, u64),
) -> Result<usize, Error> {
    let room = sealer.room();
    let most = usize::try_from(left).unwrap_or(usize::MAX).min(room.len());
    let len = source.read(entry, &mut room[..most]).await?;
    sealer.filled(len)?;
    Ok(len)
}

/// Segments on their way through the engine into the sink.
struct Belt<'a, E: Engine> {
    flight: Flight<Result<Vec<Sealed<E::Elsewhere>>, SealError>>,
    /// How many segments that is.
    flying: usize,
    engine: &'a E,
    out: &'a mut dyn AnySink<E::Elsewhere>,
}

impl<E: Engine> Belt<'_, E> {
    /// Puts whole segments of the entry's next bytes on the belt where they lie, if they can be lent, and says how many bytes that is.
    async fn lend(
        &mut self,
        sealer: &mut Sealer,
        source: &mut impl Source<E::Elsewhere>,
        (entry, left): (usize, u64),
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<usize, Error> {
        if !sealer.can_lend() || left < SEGMENT_PLAINTEXT_LEN as u64 {
            return Ok(0);
        }
        let Some(content) = source.lend(entry, SEGMENT_PLAINTEXT_LEN, left).await? else {
            return Ok(0);
        };
        let lent = content.len();
        let segments: Vec<_> = (0..lent / SEGMENT_PLAINTEXT_LEN)
            .map_while(|_| sealer.lend(rng))
            .collect();
        let begun = segments.len();
        if lent as u64 > left || begun * SEGMENT_PLAINTEXT_LEN != lent {
            return Err(Error::Seal(SealError::ContentTooLong));
        }
        self.flight.start(self.engine.seal_lent(segments, content)).await;
        let spare = self.land(begun).await?;
        spare.into_iter().for_each(|spare| sealer.reuse(spare));
        Ok(lent)
    }

    /// Takes the current segment, if it is full: there is room for content after this.
    async fn pass(&mut self, sealer: &mut Sealer, rng: &mut (impl CryptoRng + ?Sized)) -> Result<(), Error> {
        while let Some(segment) = sealer.next_segment(rng) {
            let spare = self.put(segment).await?;
            spare.into_iter().for_each(|spare| sealer.reuse(spare));
        }
        Ok(())
    }

    async fn put(&mut self, segment: OpenSegment) -> Result<Option<Vec<u8>>, Error> {
        let sealing = self.engine.seal(segment);
        self.flight.start(async { Ok(vec![sealing.await?.into()]) }).await;
        self.land(1).await
    }

    /// Counts the `begun` segments; where enough are in flight beside them, finishes the oldest and gives back an allocation.
    async fn land(&mut self, begun: usize) -> Result<Option<Vec<u8>>, Error> {
        self.flying += begun;
        let mut spare = None;
        while self.flying + 1 >= self.engine.in_flight() + begun {
            match self.next().await? {
                Some(given_back) => spare = given_back.or(spare),
                None => break,
            }
        }
        Ok(spare)
    }

    /// Finishes the oldest; none where none is in flight.
    async fn next(&mut self) -> Result<Option<Option<Vec<u8>>>, Error> {
        let Some(sealed) = self.flight.next().await else {
            return Ok(None);
        };
        let mut spare = None;
        for segment in sealed? {
            self.flying -= 1;
            spare = self.out.take(segment).await?;
        }
        Ok(Some(spare))
    }

    async fn drain(&mut self) -> Result<(), Error> {
        while self.next().await?.is_some() {}
        Ok(())
    }
}
