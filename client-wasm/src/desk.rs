//! The page as the flows see it: told of progress, keeping leases, taking what was opened or sealed.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::time::Duration;

use js_sys::{Array, ArrayBuffer, Date, Object, Uint8Array};
use satchel_client::{Error, LeaseKeeper, Pause, Sealed, SealedSink, Sink, Stage, Watch};
use satchel_crypto::{
    Entry, LeaseToken, Manifest, OwnerReceipt, PasteId, ProbeToken, Receipt, SealedElsewhere, sanitise, substitute,
};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

use crate::engine::Bytes;
use crate::failure::Failure;
use crate::fetch::Fetch;
use crate::page::Page;
use crate::value::{Fields, number, text};

/// Sealed bytes go to the page in messages of at least this many.
const MESSAGE_LEN: u32 = 2 << 20;
/// Opened ones in messages of this many: they are copied, and what is on its way between two threads is to stay in the processor's cache.
const ROOM_LEN: u32 = 1 << 20;
/// How many messages of sealed bytes may be on their way to the page: its thread pauses for milliseconds where it collects what it let go of.
const SEALED_AHEAD: usize = 4;
/// The same of opened ones. More gained nothing, and each lies in memory of its own.
const OPENED_AHEAD: usize = 1;
/// Of a sealed segment: length word and nonce.
const HEAD_LEN: u32 = 16;
/// Room for those of one message.
const HEADS_LEN: u32 = 16 * HEAD_LEN;
/// The page is told of progress no more often than this: nobody reads faster, and every telling is a message.
const TELL_EVERY_MS: f64 = 50.0;

/// One page, for one operation.
pub(crate) struct Desk {
    page: Page,
    /// The stage that it was told of last, and when.
    told: Cell<Option<(Stage, f64)>>,
    /// What it is handed next, and how many bytes that is.
    parts: RefCell<Array>,
    /// Segments' heads among them share their memory, and how much of it is used: to the browser 16 bytes of their own cost as much as many.
    heads: RefCell<(Uint8Array, u32)>,
    waiting: Cell<u32>,
    /// Opened content that waits for more: the memory that it lies in, and how much of that is used.
    message: RefCell<Option<(Uint8Array, u32)>>,
    /// Memory of a message that the page gave back.
    spare: RefCell<Option<ArrayBuffer>>,
    /// The page's answers to what it was handed last. Listened to from the start: where one refuses, the others may too, and nobody asks them any more.
    written: RefCell<VecDeque<JsFuture>>,
    /// What the page rejected a call with: the flow's error says only that it did.
    refused: RefCell<Option<JsValue>>,
}

impl Desk {
    pub(crate) fn new(page: Page) -> Self {
        Self {
            page,
            told: Cell::new(None),
            parts: RefCell::default(),
            waiting: Cell::new(0),
            heads: RefCell::default(),
            message: RefCell::new(None),
            spare: RefCell::new(None),
            written: RefCell::default(),
            refused: RefCell::new(None),
        }
    }

    /// The failure behind `error`: the page's own, where it was the page.
    pub(crate) fn failure(&self, error: Error) -> Failure {
        match (error, self.refused.take()) {
            (Error::Write | Error::Keep, Some(refusal)) => refusal.into(),
            (error, _) => error.into(),
        }
    }

    fn refused(&self, refusal: JsValue, as_error: Error) -> Error {
        *self.refused.borrow_mut() = Some(refusal);
        as_error
    }

    /// Hands opened content to the page, `len` bytes that `put` puts in place: from where on, and where to. It goes in ever the same two pieces
    /// of memory: what a large document left for the collector was more than all the rest of the page.
    async fn write(&self, len: u32, put: impl Fn(u32, &Uint8Array)) -> Result<(), Error> {
        let mut given = 0;
        while given < len {
            let (room, used) = self.message.take().unwrap_or_else(|| (self.room(), 0));
            let here = room.length() - used;
            let now = here.min(len - given);
            put(given, &room.subarray(used, used + now));
            given += now;
            *self.message.borrow_mut() = Some((room, used + now));
            if now == here {
                self.post_message().await?;
            }
        }
        Ok(())
    }

    fn room(&self) -> Uint8Array {
        match self.spare.take() {
            Some(spare) => Uint8Array::new(&spare),
            None => Uint8Array::new_with_length(ROOM_LEN),
        }
    }

    async fn post_message(&self) -> Result<(), Error> {
        match self.message.take() {
            Some((room, used)) => self.post(Array::of1(&room.subarray(0, used)), OPENED_AHEAD).await,
            None => Ok(()),
        }
    }

    /// Hands sealed bytes to the page, several parts in a message.
    async fn write_sealed_here(&self, bytes: &[u8]) -> Result<(), Error> {
        self.part(&Uint8Array::from(bytes));
        self.post_if(MESSAGE_LEN).await
    }

    async fn write_sealed(&self, sealed: SealedElsewhere<Bytes>) -> Result<(), Error> {
        let (head, rest) = sealed.into_parts();
        self.part(&self.placed(&head));
        self.part(&rest.0);
        self.post_if(MESSAGE_LEN).await
    }

    fn part(&self, part: &Uint8Array) {
        self.parts.borrow().push(part);
        self.waiting.set(self.waiting.get() + part.length());
    }

    fn placed(&self, head: &[u8; HEAD_LEN as usize]) -> Uint8Array {
        let (heads, used) = &mut *self.heads.borrow_mut();
        if *used == heads.length() {
            (*heads, *used) = (Uint8Array::new_with_length(HEADS_LEN), 0);
        }
        *used += HEAD_LEN;
        let place = heads.subarray(*used - HEAD_LEN, *used);
        place.copy_from(head);
        place
    }

    /// Hands over the parts if they are `least` bytes.
    async fn post_if(&self, least: u32) -> Result<(), Error> {
        if self.waiting.get() < least {
            return Ok(());
        }
        self.waiting.set(0);
        // Handed over with the parts.
        drop(self.heads.take());
        self.post(self.parts.take(), SEALED_AHEAD).await
    }

    /// Waits until the page has taken all but the last `ahead`: the next segments are worked on meanwhile.
    async fn post(&self, parts: Array, ahead: usize) -> Result<(), Error> {
        let answer = self.page.write(parts);
        self.written.borrow_mut().push_back(answer.into());
        self.taken_but(ahead).await
    }

    /// Waits until the page has taken all bytes.
    pub(crate) async fn flush(&self) -> Result<(), Error> {
        self.post_if(1).await?;
        self.post_message().await?;
        self.taken_but(0).await
    }

    async fn taken_but(&self, ahead: usize) -> Result<(), Error> {
        while self.written.borrow().len() > ahead {
            let Some(oldest) = self.written.borrow_mut().pop_front() else {
                break;
            };
            let taken = oldest.await.map_err(|refusal| self.refused(refusal, Error::Write))?;
            if let Ok(memory) = taken.dyn_into() {
                *self.spare.borrow_mut() = Some(memory);
            }
        }
        Ok(())
    }
}

impl Pause for Desk {
    async fn pause(&self, time: Duration) {
        // A timer does not fail.
        drop(self.page.pause(time.as_secs_f64() * 1000.0).await);
    }

    fn is_watched(&self) -> bool {
        true
    }
}

impl Watch for Desk {
    fn progress(&self, stage: Stage, done: u64, total: Option<u64>) {
        let now = Date::now();
        let soon = |(before, at): (Stage, f64)| before == stage && (at..at + TELL_EVERY_MS).contains(&now);
        if total != Some(done) && self.told.get().is_some_and(soon) {
            return;
        }
        self.told.set(Some((stage, now)));
        let stage = match stage {
            Stage::Deriving => "deriving",
            Stage::Sealing => "sealing",
            Stage::Uploading => "uploading",
            Stage::Downloading => "downloading",
            Stage::Opening => "opening",
            Stage::Waiting => "waiting",
            Stage::Working => "working",
        };
        self.page.progress(stage, number(done), number(total.unwrap_or(0)));
    }

    async fn upload_begun(&self, receipt: &Receipt) {
        // Without it an upload that is given up stays for the server's 24 hours, no more.
        drop(self.page.upload_begun(&receipt.encode()).await);
    }

    async fn document_begun(&self, owner: &OwnerReceipt) {
        drop(self.page.upload_begun(&owner.encode()).await);
    }
}

/// The page's sessionStorage.
pub(crate) struct Leases<'a>(pub(crate) &'a Desk);

impl LeaseKeeper for Leases<'_> {
    async fn load(&mut self, id: &PasteId) -> Result<Option<LeaseToken>, Error> {
        let kept = self
            .0
            .page
            .load_lease(&id.encode())
            .await
            .map_err(|refusal| self.0.refused(refusal, Error::Keep))?;
        Ok(text(&kept, "lease").and_then(|lease| LeaseToken::parse(&lease).ok()))
    }

    async fn save(&mut self, id: &PasteId, probe: &ProbeToken, lease: &LeaseToken) -> Result<(), Error> {
        let saved = self
            .0
            .page
            .save_lease(&id.encode(), &probe.bearer(), &lease.bearer())
            .await;
        saved.map(drop).map_err(|refusal| self.0.refused(refusal, Error::Keep))
    }

    async fn forget(&mut self, id: &PasteId) -> Result<(), Error> {
        let forgotten = self.0.page.forget_lease(&id.encode()).await;
        forgotten
            .map(drop)
            .map_err(|refusal| self.0.refused(refusal, Error::Keep))
    }
}

/// A sealed file on its way to the page.
pub(crate) struct SealedOut<'a>(pub(crate) &'a Desk);

impl SealedSink<Bytes> for SealedOut<'_> {
    async fn take(&mut self, bytes: Sealed<Bytes>) -> Result<Option<Vec<u8>>, Error> {
        match bytes {
            Sealed::Here(bytes) => {
                self.0.write_sealed_here(bytes.as_slice()).await?;
                Ok(Some(bytes.into_vec()))
            }
            Sealed::Elsewhere(sealed) => self.0.write_sealed(sealed).await.map(|()| None),
        }
    }
}

/// An opened document on its way to the page.
pub(crate) struct Handover<'a> {
    pub(crate) desk: &'a Desk,
    pub(crate) engine: &'static str,
    /// Where there is a server, what it said of the reads.
    pub(crate) fetch: Option<&'a Fetch>,
    pub(crate) wanted: bool,
}

impl Sink<Bytes> for Handover<'_> {
    async fn manifest(&mut self, manifest: &Manifest) -> Result<(), Error> {
        let found = Fields::new()
            .with("manifest", describe(manifest))
            .with("engine", self.engine)
            .with_or_null("readsLeft", self.fetch.and_then(Fetch::reads_left))
            .done();
        let wanted = self.desk.page.manifest(&found).await;
        wanted
            .map(drop)
            .map_err(|refusal| self.desk.refused(refusal, Error::Write))
    }

    async fn begin(&mut self, entry: usize) -> Result<(), Error> {
        let index = u32::try_from(entry).map_err(|_| Error::Write)?;
        let wanted = self.desk.page.entry(index).await;
        self.wanted = wanted
            .map_err(|refusal| self.desk.refused(refusal, Error::Write))?
            .is_truthy();
        Ok(())
    }

    async fn write(&mut self, _entry: usize, bytes: &[u8]) -> Result<(), Error> {
        if !self.wanted {
            return Ok(());
        }
        let len = u32::try_from(bytes.len()).map_err(|_| Error::Write)?;
        let put = |at: u32, room: &Uint8Array| room.copy_from(&bytes[at as usize..(at + room.length()) as usize]);
        self.desk.write(len, put).await
    }

    async fn write_elsewhere(&mut self, _entry: usize, bytes: Bytes) -> Result<(), Error> {
        if !self.wanted {
            return Ok(());
        }
        let put = |at: u32, room: &Uint8Array| room.set(&bytes.0.subarray(at, at + room.length()), 0);
        self.desk.write(bytes.0.length(), put).await
    }

    async fn end(&mut self, _entry: usize) -> Result<(), Error> {
        self.desk.flush().await
    }

    async fn commit(&mut self) -> Result<(), Error> {
        let placed = self.desk.page.verified().await;
        placed
            .map(drop)
            .map_err(|refusal| self.desk.refused(refusal, Error::Write))
    }
}

/// `Manifest` of web/src/vault.ts.
fn describe(manifest: &Manifest) -> Object {
    let entries: Array = (0_u32..)
        .zip(manifest.entries())
        .map(|(index, entry)| describe_entry(index, entry))
        .collect();
    let asked = manifest.asked();
    let asked = Fields::new()
        .with_or_null("reads", asked.reads)
        .with_or_null("expiresIn", asked.expires_in.map(number));
    let size = manifest.sized_len().unwrap_or(0);
    Fields::new()
        .with("entries", entries)
        .with("size", number(size))
        .with("asked", asked)
        .done()
}

/// An unsafe name never reaches the page: not even its screen.
fn describe_entry(index: u32, entry: &Entry) -> JsValue {
    let safe = entry.name.as_deref().map(sanitise);
    let renamed = matches!(safe, Some(Err(_)));
    let folder = matches!(&safe, Some(Ok(name)) if name.is_folder());
    let name = entry
        .name
        .as_deref()
        .zip(safe)
        .map(|(sent, safe)| safe.unwrap_or_else(|_| substitute(sent, index + 1)).into_string());
    Fields::new()
        .with("index", index)
        .with_or_null("name", name)
        .with("renamed", renamed)
        .with("mediaType", entry.media_type.as_str())
        .with_or_null("size", entry.size.map(number))
        .with_or_null("modified", entry.modified.map(number))
        .with("folder", folder)
        .into()
}
