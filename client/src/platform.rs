//! What a client stands on: HTTP, time, AES, documents, files. The browser and the command line each bring their own.

use std::future::{Future, ready};
use std::time::Duration;

use satchel_crypto::{
    ClosedSegment, LeaseToken, Manifest, OpenSegment, PasteId, PlainSegment, ProbeToken, Receipt, SealError,
    SealedBytes, Verdict,
};
use zeroize::Zeroizing;

use crate::{Base, Error};

/// One HTTP request. No redirect is to be followed, no cookie sent, nothing cached.
pub struct Request<'a> {
    /// `GET`, `POST`, ...
    pub method: &'static str,
    /// The whole URL, without a fragment.
    pub url: String,
    /// Lower-case names; the values hold tokens.
    pub headers: Vec<(&'static str, Zeroizing<String>)>,
    /// The body; `None` for none.
    pub body: Option<&'a [u8]>,
}

/// The answer, its body still to be read.
pub struct Answer<B> {
    /// The HTTP status.
    pub status: u16,
    /// Lower-case names. At least the [`HEADERS_READ`] that were there.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: B,
}

/// The headers of answers that the flows look at.
pub const HEADERS_READ: &[&str] = &[
    "content-length",
    "content-range",
    "retry-after",
    satchel_api::header::UPLOAD_OFFSET,
    satchel_api::header::READS_LEFT,
    satchel_api::header::LEASE_ENDS,
];

/// The connection could not be made, or broke.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unreachable;

/// Sends HTTP requests.
pub trait Transport {
    /// An answer's body.
    type Body: Body;
    /// Sends one and waits for the answer's head. Error answers are answers.
    async fn send(&self, request: Request<'_>) -> Result<Answer<Self::Body>, Unreachable>;
}

/// A body as it arrives. Dropped before its end, it ends the transfer.
pub trait Body {
    /// The next bytes, at least one; `None` at the end.
    async fn next(&mut self) -> Result<Option<Vec<u8>>, Unreachable>;
}

/// Waits, between tries.
pub trait Pause {
    /// Waits that long.
    async fn pause(&self, time: Duration);
}

/// What is going on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// A passphrase is being worked in.
    Deriving,
    /// Bytes of the document.
    Sealing,
    /// Bytes of the container.
    Uploading,
    /// Bytes of the container.
    Downloading,
    /// Bytes of the container.
    Opening,
    /// The connection broke; the next try comes by itself.
    Waiting,
}

/// Is told how far it is.
pub trait Watch {
    /// `done` of `total` bytes; no total where none is known or there are no bytes.
    fn progress(&self, _stage: Stage, _done: u64, _total: Option<u64>) {}
    /// An upload is about to begin that this receipt burns.
    async fn upload_begun(&self, _receipt: &Receipt) {}
}

/// Watches nothing.
impl Watch for () {}

/// What every flow with a server takes.
pub struct Context<'a, T: Transport, P: Pause, W: Watch> {
    /// Whom it talks to.
    pub base: &'a Base,
    /// How.
    pub transport: &'a T,
    /// Waits between tries.
    pub pause: &'a P,
    /// Who is told.
    pub watch: &'a W,
}

/// Seals and opens whole segments. May start at the call or at the first poll; several are polled at a time.
pub trait Engine {
    /// How many segments are to be in flight.
    fn in_flight(&self) -> usize;
    /// [`OpenSegment::seal`], by whatever is fastest.
    fn seal(&self, segment: OpenSegment) -> impl Future<Output = Result<SealedBytes, SealError>> + 'static;
    /// [`ClosedSegment::open`], by whatever is fastest.
    fn open(&self, segment: ClosedSegment) -> impl Future<Output = Result<PlainSegment, Verdict>> + 'static;
}

/// The engine in the crypto crate, one segment at a time.
pub struct InCrate;

impl Engine for InCrate {
    fn in_flight(&self) -> usize {
        1
    }

    fn seal(&self, segment: OpenSegment) -> impl Future<Output = Result<SealedBytes, SealError>> + 'static {
        ready(Ok(segment.seal()))
    }

    fn open(&self, segment: ClosedSegment) -> impl Future<Output = Result<PlainSegment, Verdict>> + 'static {
        ready(segment.open())
    }
}

/// A document's contents.
pub trait Source {
    /// Reads the next bytes of `entry` into `room` and says how many; 0 at its end. Entries are asked for in order.
    ///
    /// # Errors
    /// [`Error::Read`]; the reason is the implementation's to keep.
    async fn read(&mut self, entry: usize, room: &mut [u8]) -> Result<usize, Error>;
}

/// Takes a container as it is being sealed.
pub trait SealedSink {
    /// How long it will be, where that is known, before the first [`take`](Self::take).
    ///
    /// # Errors
    /// [`Error::Write`].
    async fn begin(&mut self, _len: Option<u64>) -> Result<(), Error> {
        Ok(())
    }

    /// The next bytes. May hand back their allocation.
    ///
    /// # Errors
    /// [`Error::Write`].
    async fn take(&mut self, bytes: SealedBytes) -> Result<Option<Vec<u8>>, Error>;
}

/// Holds a container, ciphertext only, whose length shows at the end, until it can be uploaded.
pub trait Spool: SealedSink {
    /// Reads the next bytes from its start on; 0 at the end.
    ///
    /// # Errors
    /// [`Error::Read`].
    async fn read_back(&mut self, room: &mut [u8]) -> Result<usize, Error>;
}

/// A container to be opened: a file, or the answer of a server.
pub trait Stored {
    /// Its length.
    fn len(&self) -> u64;

    /// Whether it has no bytes.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Reads at `offset`, at least one byte unless it ends there. Mostly in order.
    ///
    /// # Errors
    /// [`Error::Read`], or what the network did.
    async fn read_at(&mut self, offset: u64, room: &mut [u8]) -> Result<usize, Error>;
}

/// Takes a document as it is being opened. Everything handed in is verified; that it is all there is certain at [`commit`](Self::commit).
pub trait Sink {
    /// A paste of this container length is about to be claimed: refuse now what cannot be stored.
    ///
    /// # Errors
    /// [`Error::Write`], [`Error::TooLargeHere`].
    async fn ready(&mut self, _container_len: u64) -> Result<(), Error> {
        Ok(())
    }

    /// First of all. Names are the sender's: see [`sanitise`](satchel_crypto::sanitise).
    ///
    /// # Errors
    /// [`Error::Write`], [`Error::UnsafeName`].
    async fn manifest(&mut self, manifest: &Manifest) -> Result<(), Error>;

    /// An entry begins.
    ///
    /// # Errors
    /// [`Error::Write`].
    async fn begin(&mut self, entry: usize) -> Result<(), Error>;

    /// Its next bytes.
    ///
    /// # Errors
    /// [`Error::Write`].
    async fn write(&mut self, entry: usize, bytes: &[u8]) -> Result<(), Error>;

    /// It is complete.
    ///
    /// # Errors
    /// [`Error::Write`].
    async fn end(&mut self, entry: usize) -> Result<(), Error>;

    /// Everything was verified: put it in place. Only after this a read is confirmed.
    ///
    /// # Errors
    /// [`Error::Write`].
    async fn commit(&mut self) -> Result<(), Error>;
}

/// Keeps a lease where a crash or a reload does not reach it. Never the link secret.
pub trait LeaseKeeper {
    /// The lease saved for this paste.
    ///
    /// # Errors
    /// [`Error::Keep`].
    async fn load(&mut self, id: &PasteId) -> Result<Option<LeaseToken>, Error>;

    /// Saves it durably; the claim comes after this.
    ///
    /// # Errors
    /// [`Error::Keep`].
    async fn save(&mut self, id: &PasteId, probe: &ProbeToken, lease: &LeaseToken) -> Result<(), Error>;

    /// It is of no more use.
    ///
    /// # Errors
    /// [`Error::Keep`].
    async fn forget(&mut self, id: &PasteId) -> Result<(), Error>;
}
