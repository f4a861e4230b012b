//! What a client stands on: HTTP, time, AES, documents, files. The browser and the command line each bring their own.

use std::future::{Future, ready};
use std::time::Duration;

use satchel_crypto::limit::SEGMENT_PLAINTEXT_LEN;
use satchel_crypto::{
    ClosedElsewhere, ClosedSegment, Keyed, LeaseToken, LentSegment, LinkKeying, Manifest, OpenSegment, OwnerReceipt,
    PasteId, PlainElsewhere, PlainSegment, ProbeToken, Receipt, SealError, SealedBytes, SealedElsewhere, Verdict,
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

    /// The most bytes of an upload that it likes to send in one request: nobody sees how far a request is. May follow from how long others took.
    fn piece_len(&self) -> usize {
        usize::MAX
    }
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

    /// Whether somebody is there who sees that it waits, and can end it: then an upload that began waits for its server for as long as it takes.
    fn is_watched(&self) -> bool {
        false
    }
}

/// What is going on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// A passphrase is being worked in; with several links once for each: how many are through, of all of them.
    Deriving,
    /// A server that has too much to do asks for work first: tries so far, without a total.
    Working,
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
    /// An upload of a document with several links is about to begin that this receipt burns.
    async fn document_begun(&self, _owner: &OwnerReceipt) {}
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

/// Content that lies where an engine has it, outside of this program's memory.
pub trait Elsewhere {
    /// How many bytes.
    fn len(&self) -> usize;

    /// Whether it has no bytes.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Brings those from `at` on in, as many as there is room for.
    fn copy_to(&self, at: usize, room: &mut [u8]);
}

/// There is no elsewhere: all memory is this program's.
#[derive(Clone, Copy, Debug)]
pub enum Nowhere {}

impl Elsewhere for Nowhere {
    fn len(&self) -> usize {
        match *self {}
    }

    fn copy_to(&self, _at: usize, _room: &mut [u8]) {
        match *self {}
    }
}

/// A sealed segment: in this program's memory, or where the engine put it.
pub enum Sealed<B> {
    /// All of it.
    Here(SealedBytes),
    /// Its head, and what holds the rest.
    Elsewhere(SealedElsewhere<B>),
}

impl<B> From<SealedBytes> for Sealed<B> {
    fn from(bytes: SealedBytes) -> Self {
        Self::Here(bytes)
    }
}

impl<B: Elsewhere> Sealed<B> {
    /// All of it, brought in where it is elsewhere.
    pub fn into_vec(self) -> Vec<u8> {
        match self {
            Self::Here(bytes) => bytes.into_vec(),
            Self::Elsewhere(sealed) => {
                let (head, rest) = sealed.into_parts();
                let mut bytes = vec![0; head.len() + rest.len()];
                let (front, back) = bytes.split_at_mut(head.len());
                front.copy_from_slice(&head);
                rest.copy_to(0, back);
                bytes
            }
        }
    }
}

/// Seals and opens whole segments. May start at the call or at the first poll; several are polled at a time.
pub trait Engine {
    /// Where it can work beside this program's memory.
    type Elsewhere: Elsewhere + 'static;
    /// How many segments are to be in flight.
    fn in_flight(&self) -> usize;
    /// Seals content where it lies, [`SEGMENT_PLAINTEXT_LEN`] bytes for each of `segments`. It is read before this returns, not later.
    fn seal_lent(
        &self,
        segments: Vec<LentSegment>,
        content: Self::Elsewhere,
    ) -> impl Future<Output = Result<Vec<Sealed<Self::Elsewhere>>, SealError>> + 'static {
        ready(Ok(seal_brought_in(segments, &content)))
    }
    /// [`LinkKeying::wrap`], by whom the segments are sealed by: a program that leaves AES to another needs none of its own.
    fn wrap(&self, keying: LinkKeying) -> impl Future<Output = Result<Keyed, SealError>> + 'static {
        ready(Ok(keying.wrap()))
    }
    /// [`OpenSegment::seal`], by whatever is fastest.
    fn seal(&self, segment: OpenSegment) -> impl Future<Output = Result<SealedBytes, SealError>> + 'static;
    /// Whether it opens segments where they lie.
    fn opens_elsewhere(&self) -> bool {
        false
    }
    /// Verifies and decrypts segments where they lie, one after another in `sealed`, which holds their heads too and is read before this returns,
    /// not later. None where one of the tags was wrong, or the engine gave up: to be read and [opened](Self::open) one by one, which tells.
    fn open_elsewhere(
        &self,
        _segments: Vec<ClosedElsewhere>,
        _sealed: Self::Elsewhere,
    ) -> impl Future<Output = Option<Vec<PlainElsewhere<Self::Elsewhere>>>> + 'static {
        ready(None)
    }
    /// [`ClosedSegment::open`], by whatever is fastest.
    fn open(&self, segment: ClosedSegment) -> impl Future<Output = Result<PlainSegment, Verdict>> + 'static;
}

/// [`Engine::seal_lent`] by the engine in the crypto crate, of content that is brought in after all.
pub fn seal_brought_in<B: Elsewhere>(segments: Vec<LentSegment>, content: &B) -> Vec<Sealed<B>> {
    let seal = |(number, segment): (usize, LentSegment)| {
        let at = number * SEGMENT_PLAINTEXT_LEN;
        Sealed::Here(segment.bring_in(|room| content.copy_to(at, room)).seal())
    };
    segments.into_iter().enumerate().map(seal).collect()
}

/// The engine in the crypto crate, one segment at a time.
pub struct InCrate;

impl Engine for InCrate {
    type Elsewhere = Nowhere;

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
pub trait Source<B: Elsewhere = Nowhere> {
    /// Reads the next bytes of `entry` into `room` and says how many; 0 at its end. Entries are asked for in order.
    ///
    /// # Errors
    /// [`Error::Read`]; the reason is the implementation's to keep.
    async fn read(&mut self, entry: usize, room: &mut [u8]) -> Result<usize, Error>;

    /// Hands out the next bytes of `entry` where they lie, at most `most` and a multiple of `unit`; none where they have to be
    /// [read](Self::read). They are good until the next call.
    ///
    /// # Errors
    /// [`Error::Read`].
    async fn lend(&mut self, _entry: usize, _unit: usize, _most: u64) -> Result<Option<B>, Error> {
        Ok(None)
    }
}

/// Takes a container as it is being sealed.
pub trait SealedSink<B: Elsewhere = Nowhere> {
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
    async fn take(&mut self, bytes: Sealed<B>) -> Result<Option<Vec<u8>>, Error>;
}

/// Holds a container, ciphertext only, whose length shows at the end, until it can be uploaded.
pub trait Spool<B: Elsewhere = Nowhere>: SealedSink<B> {
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

/// A container that may hand out its bytes where an engine has them.
pub trait StoredElsewhere<B: Elsewhere>: Stored {
    /// Hands out the bytes from `offset` on where they lie, at most `most` and a multiple of `unit`; none where they have to be
    /// [read](Stored::read_at). They are good until the next call.
    ///
    /// # Errors
    /// [`Error::Read`].
    async fn lend(&mut self, _offset: u64, _unit: usize, _most: u64) -> Result<Option<B>, Error> {
        Ok(None)
    }
}

/// Takes a document as it is being opened. Everything handed in is verified; that it is all there is certain at [`commit`](Self::commit).
pub trait Sink<B: Elsewhere = Nowhere> {
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

    /// Its next bytes, which an engine has.
    ///
    /// # Errors
    /// [`Error::Write`].
    async fn write_elsewhere(&mut self, entry: usize, bytes: B) -> Result<(), Error> {
        let mut here = Zeroizing::new(vec![0; bytes.len()]);
        bytes.copy_to(0, &mut here);
        self.write(entry, &here).await
    }

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
