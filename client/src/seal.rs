//! Sealing: a source's bytes into a sealed sink, several segments in flight. The mirror of `open`.

use rand_core::CryptoRng;
use satchel_crypto::{Locks, Manifest, OpenSegment, SealError, SealedBytes, Sealer};

use crate::flight::Flight;
use crate::{Engine, Error, SealedSink, Source, Stage, Watch};

/// Seals `source`, which holds what `manifest` says, into `out`. Returns the container's length.
///
/// # Errors
/// `Read`, `Write`, `Seal` (also when the source is longer or shorter than announced), `Verdict`.
pub async fn seal(
    manifest: &Manifest,
    locks: &Locks<'_>,
    source: &mut impl Source,
    out: &mut impl SealedSink,
    engine: &impl Engine,
    watch: &impl Watch,
    rng: &mut (impl CryptoRng + ?Sized),
) -> Result<u64, Error> {
    if matches!(locks, Locks::Passphrases { .. }) {
        watch.progress(Stage::Deriving, 0, None);
    }
    let mut sealer = Sealer::new(manifest, locks, rng)?;
    out.begin(sealer.container_len()).await?;
    out.take(sealer.prefix()).await?;
    let mut belt = Belt {
        flight: Flight::new(),
        engine,
        out,
    };
    let (total, mut done) = (manifest.sized_len().filter(|_| !manifest.is_open_ended()), 0);
    for (number, entry) in manifest.entries().iter().enumerate() {
        let mut left = entry.size.unwrap_or(u64::MAX);
        while left > 0 {
            let room = sealer.room();
            if room.is_empty() {
                belt.pass(&mut sealer, rng).await?;
                continue;
            }
            let most = usize::try_from(left).unwrap_or(usize::MAX).min(room.len());
            let len = source.read(number, &mut room[..most]).await?;
            if len == 0 {
                break;
            }
            sealer.filled(len)?;
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

/// Segments on their way through the engine into the sink.
struct Belt<'a, E, O> {
    flight: Flight<Result<SealedBytes, SealError>>,
    engine: &'a E,
    out: &'a mut O,
}

impl<E: Engine, O: SealedSink> Belt<'_, E, O> {
    /// Takes the current segment, if it is full.
    async fn pass(&mut self, sealer: &mut Sealer, rng: &mut (impl CryptoRng + ?Sized)) -> Result<(), Error> {
        if let Some(segment) = sealer.next_segment(rng)
            && let Some(spare) = self.put(segment).await?
        {
            sealer.reuse(spare);
        }
        Ok(())
    }

    /// Starts one segment; where enough are in flight, finishes the oldest and gives back its allocation.
    async fn put(&mut self, segment: OpenSegment) -> Result<Option<Vec<u8>>, Error> {
        self.flight.start(self.engine.seal(segment)).await;
        if self.flight.len() < self.engine.in_flight() {
            return Ok(None);
        }
        match self.flight.next().await {
            Some(sealed) => self.out.take(sealed?).await,
            None => Ok(None),
        }
    }

    async fn drain(&mut self) -> Result<(), Error> {
        while let Some(sealed) = self.flight.next().await {
            self.out.take(sealed?).await?;
        }
        Ok(())
    }
}
