//! Uploading by tus while sealing: the chunk that is on its way is held until the server has it, and never sealed again.

use base64ct::{Base64UrlUnpadded, Encoding};
use satchel_api::header as name;
use satchel_api::{Code, metadata, route};
use satchel_crypto::{ClaimToken, PanicSecret, PasteId, ProbeToken, Receipt};
use zeroize::Zeroizing;

use crate::backoff::Backoff;
use crate::http::{Headers, bearer, decimal, plain};
use crate::payment::Payment;
use crate::share::{OnGuessing, Policy};
use crate::{Answer, Context, Elsewhere, Error, Pause, Sealed, SealedSink, Stage, Transport, Watch};

/// How much is sent, and held, at a time.
pub(crate) const CHUNK_LEN: usize = 8 * 1024 * 1024;
/// The least that is sent at a time.
const PIECE_LEN_MIN: usize = 256 * 1024;

/// Token hashes and policy, as the server is told.
pub(crate) fn upload_metadata(
    id: &PasteId,
    probe: &ProbeToken,
    claim: &ClaimToken,
    receipt: &Receipt,
    policy: &Policy,
    panic: Option<&PanicSecret>,
) -> String {
    let mut pairs = vec![
        (metadata::ID, id.encode()),
        (metadata::PROBE, probe.hash().encode()),
        (metadata::CLAIM, claim.hash().encode()),
        (metadata::RECEIPT, receipt.token().hash().encode()),
        (metadata::EXPIRES_IN, decimal(policy.expires_in)),
        (metadata::READS, decimal(policy.reads.into())),
    ];
    if policy.on_guessing == OnGuessing::Burn {
        pairs.push((metadata::ON_GUESSING, metadata::BURN.into()));
    }
    if policy.keep {
        pairs.push((metadata::KEEP, "1".into()));
    }
    pairs.extend(panic.map(|panic| (metadata::PANIC, panic.mark(id))));
    encoded(&pairs)
}

/// As tus has it: `key BASE64,key BASE64`.
pub(crate) fn encoded(pairs: &[(&str, String)]) -> String {
    let mut line = String::new();
    for (number, (key, value)) in pairs.iter().enumerate() {
        let between = if number > 0 { "," } else { "" };
        // Not `join`: over texts of this kind it would be another copy of what `concat` is, and large in the page's WebAssembly.
        line += &[between, key, " ", &in_base64(value.as_bytes())].concat();
    }
    line
}

/// base64 with padding. By way of base64url, which the rest speaks: a second encoder is large in the page's WebAssembly.
fn in_base64(bytes: &[u8]) -> String {
    let letter = |letter| match letter {
        '-' => '+',
        '_' => '/',
        same => same,
    };
    let mut text: String = Base64UrlUnpadded::encode_string(bytes).chars().map(letter).collect();
    while !text.len().is_multiple_of(4) {
        text.push('=');
    }
    text
}

/// What is uploaded, and where to.
pub(crate) struct Uploading {
    pub(crate) id: PasteId,
    /// The token that continues it.
    pub(crate) proof: Zeroizing<String>,
    /// Where it is created.
    pub(crate) create: &'static str,
    /// Where it goes on.
    pub(crate) go_on: &'static str,
}

impl Uploading {
    /// A paste.
    pub(crate) fn of(receipt: &Receipt) -> Self {
        Self {
            id: receipt.id(),
            proof: receipt.token().bearer(),
            create: route::PASTES,
            go_on: route::PASTE,
        }
    }
}

/// One upload: a sealed sink whose other end is the server.
pub(crate) struct Upload<'a, T: Transport, P: Pause, W: Watch> {
    context: &'a Context<'a, T, P, W>,
    what: Uploading,
    metadata: String,
    payment: Payment,
    /// The container's length.
    total: u64,
    /// Where the held chunk starts.
    start: u64,
    held: Vec<u8>,
    begun: bool,
    created: bool,
    /// At most this much goes into one request.
    piece_len: usize,
    size_max: u64,
}

impl<'a, T: Transport, P: Pause, W: Watch> Upload<'a, T, P, W> {
    pub(crate) fn new(
        context: &'a Context<'a, T, P, W>,
        what: Uploading,
        metadata: String,
        payment: Payment,
        size_max: u64,
    ) -> Self {
        Self {
            context,
            what,
            metadata,
            payment,
            total: 0,
            start: 0,
            held: Vec::new(),
            begun: false,
            created: false,
            piece_len: CHUNK_LEN,
            size_max,
        }
    }

    /// Whether the server may hold something of it.
    pub(crate) const fn begun(&self) -> bool {
        self.begun
    }

    pub(crate) fn expect_len(&mut self, total: u64) -> Result<(), Error> {
        if total > self.size_max {
            return Err(Error::TooLarge { limit: self.size_max });
        }
        self.total = total;
        Ok(())
    }

    /// The next bytes of the container.
    pub(crate) async fn push(&mut self, mut bytes: &[u8]) -> Result<(), Error> {
        while !bytes.is_empty() {
            let len = bytes.len().min(CHUNK_LEN - self.held.len());
            self.held.extend_from_slice(&bytes[..len]);
            bytes = &bytes[len..];
            if self.held.len() == CHUNK_LEN {
                self.flush().await?;
            }
        }
        Ok(())
    }

    /// Sends what is left.
    pub(crate) async fn finish(&mut self) -> Result<(), Error> {
        if !self.held.is_empty() || !self.created {
            self.flush().await?;
        }
        if self.start == self.total {
            Ok(())
        } else {
            Err(Error::BadAnswer { status: 204 })
        }
    }

    /// Sends the held chunk until the server has all of it. On a line that breaks, by ever smaller pieces.
    async fn flush(&mut self) -> Result<(), Error> {
        let end = self.start + self.held.len() as u64;
        let mut offset = self.start;
        let mut backoff = Backoff::patient(self.context.pause.is_watched());
        self.begun = true;
        while offset < end || !self.created {
            let before = offset;
            let tried = if self.created {
                self.patch(offset).await
            } else {
                self.create().await
            };
            match tried {
                Ok(now) => {
                    // Taken, it says, and yet nothing more is there: not for ever.
                    if self.created && now <= offset {
                        backoff.wait(self.context, Error::Unreachable).await?;
                    }
                    self.created = true;
                    offset = now;
                }
                Err(error) => {
                    backoff.wait(self.context, error).await?;
                    self.piece_len = PIECE_LEN_MIN.max(self.piece_len / 2);
                    match self.ask_offset().await {
                        Ok(now) => (self.created, offset) = (true, now),
                        // The creation did not arrive: it is repeated, with the same bytes.
                        Err(Error::NotFound) if !self.created => {}
                        Err(error) => backoff.wait(self.context, error).await?,
                    }
                }
            }
            if !(self.start..=end).contains(&offset) {
                return Err(Error::BadAnswer { status: 204 });
            }
            if offset > before {
                backoff.reset();
            }
            self.context.watch.progress(Stage::Uploading, offset, Some(self.total));
        }
        self.piece_len = CHUNK_LEN.min(self.piece_len * 2);
        self.start = end;
        self.held.clear();
        Ok(())
    }

    /// What is sent next of the held chunk: at most one piece.
    fn piece(&self, offset: u64) -> &[u8] {
        let sent = usize::try_from(offset - self.start).unwrap_or(usize::MAX);
        let left = self.held.get(sent..).unwrap_or_default();
        &left[..left.len().min(self.piece_len).min(self.context.transport.piece_len())]
    }

    /// Creates, and pays where that is asked for.
    async fn create(&mut self) -> Result<u64, Error> {
        loop {
            match self.try_to_create().await {
                Err(error) => self.payment.after(self.context, error).await?,
                created => return created,
            }
        }
    }

    async fn try_to_create(&self) -> Result<u64, Error> {
        let mut headers = self.tus_headers();
        headers.push(plain(name::UPLOAD_LENGTH, &decimal(self.total)));
        headers.push(plain(name::UPLOAD_METADATA, &self.metadata));
        headers.push(plain("content-type", name::OFFSET_OCTET_STREAM));
        self.payment.show(&mut headers);
        let body = Some(self.piece(self.start));
        let (url, id) = (self.what.create, &self.what.id);
        offset_in(&self.context.send("POST", url, id, headers, body).await?)
    }

    async fn patch(&self, offset: u64) -> Result<u64, Error> {
        let mut headers = self.tus_headers();
        headers.push(bearer(&self.what.proof));
        headers.push(plain(name::UPLOAD_OFFSET, &decimal(offset)));
        headers.push(plain("content-type", name::OFFSET_OCTET_STREAM));
        let body = self.piece(offset);
        match self
            .context
            .send("PATCH", self.what.go_on, &self.what.id, headers, Some(body))
            .await
        {
            Ok(answer) => offset_in(&answer),
            Err(Error::Refused(problem)) if problem.code == Code::OffsetMismatch => match problem.offset {
                Some(offset) => Ok(offset),
                None => self.ask_offset().await,
            },
            Err(error) => Err(error),
        }
    }

    async fn ask_offset(&self) -> Result<u64, Error> {
        let mut headers = self.tus_headers();
        headers.push(bearer(&self.what.proof));
        offset_in(
            &self
                .context
                .send("HEAD", self.what.go_on, &self.what.id, headers, None)
                .await?,
        )
    }

    fn tus_headers(&self) -> Headers {
        vec![plain(name::TUS_RESUMABLE, name::TUS_VERSION_SPOKEN)]
    }
}

fn offset_in<B>(answer: &Answer<B>) -> Result<u64, Error> {
    answer
        .number(name::UPLOAD_OFFSET)
        .ok_or(Error::BadAnswer { status: answer.status })
}

impl<T: Transport, P: Pause, W: Watch, B: Elsewhere> SealedSink<B> for Upload<'_, T, P, W> {
    async fn begin(&mut self, len: Option<u64>) -> Result<(), Error> {
        // A length that shows at the end only goes through a spool first.
        self.expect_len(len.ok_or(Error::Write)?)
    }

    async fn take(&mut self, bytes: Sealed<B>) -> Result<Option<Vec<u8>>, Error> {
        let bytes = bytes.into_vec();
        self.push(&bytes).await?;
        Ok(Some(bytes))
    }
}
