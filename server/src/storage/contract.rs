//! What can be asked of a backend. Why it holds, and what ST-n is, is said [above](super).

use async_trait::async_trait;
use satchel_api::{PasteState, Probed, Receipt};

use super::{
    BurnAnswer, Change, Claimed, Content, Created, Health, Id, Inspection, LinkState, Made, NewDocument, NewLink,
    NewPaste, PanicSecret, Progress, Purge, Purged, StoreError, Token, TokenHash, Totals, Upload,
};

/// A backend that keeps pastes. Called from within a tokio runtime, from any thread, by many at once.
///
/// Every operation may also be refused with [`StoreError::Unavailable`], and those that read what rests with [`StoreError::Damaged`].
#[async_trait]
pub trait Storage: Send + Sync + 'static {
    /// Creates a paste, or answers a repeated creation with its true offset [ST-12]. `body` is all of the container or its beginning; one that is at most
    /// [`BODY_BYTES_MAX`](super::BODY_BYTES_MAX) long is whole in one step when all of it comes along. With an `invite`, that pays [ST-24].
    ///
    /// # Errors
    /// [`StoreError::IdTaken`], also for an id that is blocked; [`StoreError::Burned`] for a repeated one that burned; [`StoreError::StorageFull`]
    /// [ST-23]; [`StoreError::TooLong`] when the body is longer than the size; [`StoreError::InviteRequired`].
    async fn create_by(&self, invite: Option<TokenHash>, new: NewPaste, body: Vec<u8>) -> Result<Created, StoreError>;

    /// As [`create_by`](Self::create_by), for a document's payload and its owner's head, in one step. Links to it are paid for like uploads of their own.
    ///
    /// # Errors
    /// As [`create_by`](Self::create_by).
    async fn create_document_by(
        &self,
        invite: Option<TokenHash>,
        new: NewDocument,
        body: Vec<u8>,
    ) -> Result<Created, StoreError>;

    /// As [`create_by`](Self::create_by), where nobody needs an invite.
    ///
    /// # Errors
    /// As [`create_by`](Self::create_by).
    async fn create(&self, new: NewPaste, body: Vec<u8>) -> Result<Created, StoreError> {
        self.create_by(None, new, body).await
    }

    /// As [`create_document_by`](Self::create_document_by), where nobody needs an invite.
    ///
    /// # Errors
    /// As [`create_by`](Self::create_by).
    async fn create_document(&self, new: NewDocument, body: Vec<u8>) -> Result<Created, StoreError> {
        self.create_document_by(None, new, body).await
    }

    /// Whether there is something with each of these ids, tombstones too. Only for who asks to create.
    ///
    /// # Errors
    /// None of its own.
    async fn knows(&self, ids: Vec<Id>) -> Result<bool, StoreError>;

    /// Whether creations of `size` bytes in all have a chance with this invite, before it is spent: the invite holds, or the ids are known.
    /// Promises nothing.
    ///
    /// # Errors
    /// [`StoreError::InviteRequired`].
    async fn admits(&self, invite: TokenHash, ids: Vec<Id>, size: u64) -> Result<(), StoreError>;

    /// Where an upload stands: what is durable; a stored paste stands at its size. Also who may ask more as a document's owner is found out by it.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] also for a wrong token, [`StoreError::Burned`].
    async fn offset(&self, id: Id, receipt: &Token) -> Result<Progress, StoreError>;

    /// Continues an upload at `offset`. Takes over from an earlier request that still hangs, on whichever node [ST-13].
    ///
    /// # Errors
    /// [`StoreError::NotFound`] also for a wrong token, [`StoreError::Burned`], [`StoreError::OffsetMismatch`] with the true one.
    async fn upload(&self, id: Id, receipt: &Token, offset: u64) -> Result<Box<dyn Upload>, StoreError>;

    /// What a reader may know before the claim. Changes nothing [ST-11].
    ///
    /// # Errors
    /// [`StoreError::NotFound`] also for a wrong token and while it is not whole; [`StoreError::Burned`], not yet while the last reader still downloads:
    /// then no read is left.
    async fn probe(&self, id: Id, probe: &Token) -> Result<Probed, StoreError>;

    /// Uses up one read for this lease token [ST-6]; costs nothing when the lease already runs [ST-7]. The lease, its hard end and the read are durable in
    /// one step, before the first byte can be had.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] (also for a wrong probe token, whatever the claim token is), [`StoreError::WrongPassphrase`] [ST-8],
    /// [`StoreError::Wait`], of which nothing was compared, [`StoreError::Burned`], [`StoreError::LeaseEnded`], [`StoreError::TooManyLeases`].
    async fn claim(&self, id: Id, probe: &Token, claim: &Token, lease: &Token) -> Result<Claimed, StoreError>;

    /// The content again, under a running lease: bytes `from..to` (`to` `None`: to the end, or past the end: cut).
    ///
    /// # Errors
    /// [`StoreError::NotFound`] for an unknown lease, [`StoreError::LeaseEnded`], [`StoreError::Range`] when it begins past the end.
    async fn content(&self, id: Id, lease: &Token, from: u64, to: Option<u64>) -> Result<Box<dyn Content>, StoreError>;

    /// The container's length under a running lease, to make sense of a suffix range or say that one lies outside.
    ///
    /// # Errors
    /// As [`content`](Self::content).
    async fn content_size(&self, id: Id, lease: &Token) -> Result<u64, StoreError>;

    /// "I have it": ends the lease; with no read left and no lease running the paste is burned before this answers [ST-10]. Repeating is fine.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::LeaseEnded`] when it had ended without a confirmation.
    async fn confirm(&self, id: Id, lease: &Token) -> Result<(), StoreError>;

    /// What the creator may know. What burned answers too (`state` burned; `reads` 0, nothing else is known any more).
    ///
    /// # Errors
    /// [`StoreError::NotFound`] also for a wrong token.
    async fn receipt(&self, id: Id, receipt: &Token) -> Result<Receipt, StoreError>;

    /// Burns on demand, an unfinished upload too, and ends all leases: readers under way get nothing more [ST-18].
    ///
    /// # Errors
    /// [`StoreError::NotFound`] also for a wrong token.
    async fn burn(&self, id: Id, receipt: &Token) -> Result<BurnAnswer, StoreError>;

    /// Forgets the wrong tries and their wait. A try that is being compared comes first.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] also for a wrong token, [`StoreError::Burned`].
    async fn reset_wait(&self, id: Id, receipt: &Token) -> Result<(), StoreError>;

    /// Changes how a paste ends: its expiry both ways, its reads to fewer [ST-16].
    ///
    /// # Errors
    /// [`StoreError::NotFound`] also for a wrong token and while it is not whole, [`StoreError::Burned`], [`StoreError::NotFewer`].
    async fn change(&self, id: Id, receipt: &Token, change: Change) -> Result<Receipt, StoreError>;

    /// As [`change`](Self::change), for one link of a document; the document lives as long as that link from then on.
    ///
    /// # Errors
    /// As [`change`](Self::change).
    async fn change_link(&self, id: Id, owner: &Token, number: u32, change: Change) -> Result<Receipt, StoreError>;

    /// Makes links to a document that is whole: all of them, or none [ST-17]. Repeating is fine. Each that is new costs the invite what an upload of its
    /// head's length would.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] also for a wrong token, [`StoreError::Burned`], [`StoreError::OffsetMismatch`] while the document is not whole,
    /// [`StoreError::IdTaken`], [`StoreError::TooManyLinks`], [`StoreError::StorageFull`], [`StoreError::InviteRequired`].
    async fn add_links_by(
        &self,
        invite: Option<TokenHash>,
        id: Id,
        owner: &Token,
        links: Vec<NewLink>,
    ) -> Result<Vec<Made>, StoreError>;

    /// As [`add_links_by`](Self::add_links_by), where nobody needs an invite.
    ///
    /// # Errors
    /// As [`add_links_by`](Self::add_links_by).
    async fn add_links(&self, id: Id, owner: &Token, links: Vec<NewLink>) -> Result<Vec<Made>, StoreError> {
        self.add_links_by(None, id, owner, links).await
    }

    /// What a document's owner may know: where it stands, its payload's length (`None` once burned), and each link that is remembered, in order.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] also for a wrong token.
    async fn document(&self, id: Id, owner: &Token) -> Result<(PasteState, Option<u64>, Vec<LinkState>), StoreError>;

    /// The owner's head, to make more heads from.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] also for a wrong token, [`StoreError::Burned`].
    async fn owners_head(&self, id: Id, owner: &Token) -> Result<Vec<u8>, StoreError>;

    /// Burns one link; the document goes with its last one.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] also for a wrong token.
    async fn burn_link(&self, id: Id, owner: &Token, number: u32) -> Result<BurnAnswer, StoreError>;

    /// Burns everything that was made under `secret` [ST-20]. Says how many that were; a document with several links counts once. Repeating is fine.
    ///
    /// # Errors
    /// [`StoreError::TooManyPanics`] where as many wait as may; [`StoreError::Unavailable`] when some could not be burned: what could is burned all the
    /// same, and the next call goes on.
    async fn panic(&self, secret: PanicSecret) -> Result<u64, StoreError>;

    /// Does what time does [ST-21]. Called every 20 s or so, by every node.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when some of it could not be written; the next call tries again.
    async fn sweep(&self) -> Result<(), StoreError>;

    /// Burns and forgets what an operator wants gone. What is due ends as it would have.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when it could not be written: some of it may be gone.
    async fn purge(&self, purge: Purge) -> Result<Purged, StoreError>;

    /// Takes the wall clock as right; the next sweep destroys what it expires [ST-22].
    ///
    /// # Errors
    /// None of its own.
    async fn accept_clock(&self) -> Result<(), StoreError>;

    /// Looks at every invariant with what this node knows and holds. Reads only.
    ///
    /// # Errors
    /// None of its own.
    async fn inspect(&self) -> Result<Inspection, StoreError>;

    /// How much may be kept from now on; what is there stays [ST-23]. Where several nodes differ, each refuses by its own.
    fn set_limits(&self, bytes_max: u64, items_max: u64);

    /// How it is doing, as this node knows it. Waits for nothing.
    fn health(&self) -> Health;

    /// How much is kept, as this node knows it. Waits for nothing.
    fn totals(&self) -> Totals;

    /// Leases that run, as this node knows it. Waits for nothing.
    fn leases(&self) -> u64;

    /// Items that this node found damaged since its start. Waits for nothing.
    fn damaged(&self) -> u64;

    /// Whether all that is stored goes with this process.
    fn ends_with_the_process(&self) -> bool;
}
