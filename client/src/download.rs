//! The content of a claimed paste as it arrives: cut, it goes on by `Range` under the same lease.

use satchel_api::{header as name, route};
use satchel_crypto::{ClaimToken, LeaseToken, PasteId, ProbeToken};
use zeroize::Zeroizing;

use crate::backoff::Backoff;
use crate::http::{bearer, decimal, plain};
use crate::{Answer, Body, Context, Error, Pause, Stage, Stored, Transport, Watch};

/// A download under one lease.
pub(crate) struct Download<'a, T: Transport, P: Pause, W: Watch> {
    context: &'a Context<'a, T, P, W>,
    id: PasteId,
    lease: Zeroizing<String>,
    /// The container's; none until an answer says it.
    len: Option<u64>,
    body: Option<T::Body>,
    /// What arrived and was not asked for yet.
    piece: Vec<u8>,
    used: usize,
    /// Where in the container the next byte of `piece`, then of `body`, lies.
    offset: u64,
    backoff: Backoff,
}

/// What the answer to a claim says beside the content.
pub(crate) struct Claimed {
    /// None for any number.
    pub(crate) reads_left: Option<u32>,
}

impl<'a, T: Transport, P: Pause, W: Watch> Download<'a, T, P, W> {
    /// Claims. An answer that was lost is asked for again with the same lease, which costs nothing.
    pub(crate) async fn claim(
        context: &'a Context<'a, T, P, W>,
        id: PasteId,
        probe: &ProbeToken,
        claim: &ClaimToken,
        lease: &LeaseToken,
        len: u64,
    ) -> Result<(Self, Claimed), Error> {
        let (probe, claim, lease) = (probe.bearer(), claim.bearer(), lease.bearer());
        let headers = || {
            vec![
                bearer(&claim),
                (name::PROBE, probe.clone()),
                (name::LEASE, lease.clone()),
            ]
        };
        let answer = context.send_until_answered("POST", route::CLAIM, &id, headers).await?;
        if answer.status != 200 || answer.number("content-length").is_some_and(|sent| sent != len) {
            return Err(Error::BadAnswer { status: answer.status });
        }
        let reads_left = answer.header(name::READS_LEFT).and_then(|left| left.parse().ok());
        let backoff = Backoff::default();
        let (body, piece) = (Some(answer.body), Vec::new());
        Ok((
            Self {
                context,
                id,
                lease,
                len: Some(len),
                body,
                piece,
                used: 0,
                offset: 0,
                backoff,
            },
            Claimed { reads_left },
        ))
    }

    /// Goes on with a lease that was claimed before. It needs no claim token, so no wait stands in its way. Where `len` is not known,
    /// the answer says it.
    ///
    /// # Errors
    /// `NotFound` when the server does not know the lease: its claim did not arrive.
    pub(crate) async fn go_on(
        context: &'a Context<'a, T, P, W>,
        id: PasteId,
        lease: &LeaseToken,
        len: Option<u64>,
    ) -> Result<Self, Error> {
        let (body, piece, backoff) = (None, Vec::new(), Backoff::default());
        let mut download = Self {
            context,
            id,
            lease: lease.bearer(),
            len,
            body,
            piece,
            used: 0,
            offset: 0,
            backoff,
        };
        download.fetch().await?;
        Ok(download)
    }

    /// Says that everything is in place. It may be repeated.
    pub(crate) async fn confirm(&self) -> Result<(), Error> {
        let headers = || vec![bearer(&self.lease)];
        match self
            .context
            .send_until_answered("POST", route::CONFIRM, &self.id, headers)
            .await
        {
            // A repeated confirm of the last read finds the paste burned, or the lease ended: by the first one.
            Ok(_) | Err(Error::Burned { .. } | Error::LeaseEnded) => Ok(()),
            Err(error) => Err(error),
        }
    }

    async fn resume(&mut self) -> Result<(), Error> {
        let headers = vec![
            bearer(&self.lease),
            plain("range", &["bytes=", &decimal(self.offset), "-"].concat()),
        ];
        let answer = self
            .context
            .send("GET", route::CONTENT, &self.id, headers, None)
            .await?;
        let total = self.total(&answer);
        self.len = Some(total.ok_or(Error::BadAnswer { status: answer.status })?);
        self.body = Some(answer.body);
        Ok(())
    }

    /// The container's length, by an answer that goes on at `offset`; none by any other answer.
    fn total(&self, answer: &Answer<T::Body>) -> Option<u64> {
        let total = match (answer.status, answer.header("content-range")) {
            (206, Some(range)) => {
                let total: u64 = range.rsplit('/').next()?.parse().ok()?;
                let last = total.saturating_sub(1);
                (range == format!("bytes {}-{last}/{total}", self.offset)).then_some(total)?
            }
            (206, None) => self.len?,
            (200, _) if self.offset == 0 => answer.number("content-length").or(self.len)?,
            _ => return None,
        };
        self.len.is_none_or(|len| len == total).then_some(total)
    }

    /// The next piece, at `offset`.
    async fn fetch(&mut self) -> Result<(), Error> {
        loop {
            let tried = match &mut self.body {
                None => self.resume().await,
                Some(body) => match body.next().await {
                    Ok(Some(piece)) if !piece.is_empty() => {
                        (self.piece, self.used) = (piece, 0);
                        self.backoff.reset();
                        return Ok(());
                    }
                    // The end before the end is a cut as well.
                    _ => Err(Error::Unreachable),
                },
            };
            if let Err(error) = tried {
                self.body = None;
                self.backoff.wait(self.context, error).await?;
            }
        }
    }
}

impl<T: Transport, P: Pause, W: Watch> Stored for Download<'_, T, P, W> {
    fn len(&self) -> u64 {
        self.len.unwrap_or(0)
    }

    async fn read_at(&mut self, offset: u64, room: &mut [u8]) -> Result<usize, Error> {
        if offset >= self.len() || room.is_empty() {
            return Ok(0);
        }
        if offset != self.offset {
            (self.piece, self.used, self.body, self.offset) = (Vec::new(), 0, None, offset);
        }
        if self.used == self.piece.len() {
            self.fetch().await?;
        }
        let left = &self.piece[self.used..];
        let len = left.len().min(room.len());
        room[..len].copy_from_slice(&left[..len]);
        self.used += len;
        self.offset += len as u64;
        self.context.watch.progress(Stage::Downloading, self.offset, self.len);
        Ok(len)
    }
}
