//! What everything that answers rests on: a place that keeps pastes, leases and tombstones, durable before they are acknowledged and gone once they
//! are burned. [`Storage`] is what can be asked of it; this page is what a backend promises, whatever it is made of. HTTP, the control socket and the
//! duties know nothing else.
//!
//! [`Store`](crate::store::Store), on SQLite and files, is what operators run.
//!
//! Nothing here presumes one process, one machine, a file system or a database. "Durable" is: after the loss of any one machine and of all its memory it
//! is as it was answered. "Node" is a process that serves; there may be several on the same backend.
//!
//! # Every operation
//!
//! - **\[ST-1\]** What was answered is durable before it is answered. A refusal that changed something (a try that was counted, a burn by guessing, a
//!   lease found to have run out) is an answer like others.
//! - **\[ST-2\]** It happened wholly or not at all: when its future is dropped, its node dies, or the answer is [`StoreError::Unavailable`]. Then nobody
//!   knows which, and repeating it is safe. A refusal other than those of ST-1 changed nothing.
//! - **\[ST-3\]** What is done to one item, and to a document and its links together, has one order for all nodes. An operation that begins after
//!   another was answered sees it.
//! - **\[ST-4\]** Who cannot prove is answered [`StoreError::NotFound`], after the same work, whatever is there: nothing, another's, a tombstone, what an
//!   operator blocked. Of ids and tokens a backend keeps SHA-256 alone, and compares it in constant time. Only a creation tells that an id is taken.
//! - **\[ST-5\]** It keeps nothing about people: no address, no time finer than [`lifecycle`](crate::lifecycle) rounds it, except a lease's end and a
//!   wait while they run, and nothing that groups one person's pastes but a document's links.
//!
//! # Readers
//!
//! - **\[ST-6\]** At most `reads` claims of a paste ever succeed, whatever happens at the same moment, on however many nodes.
//! - **\[ST-7\]** A claim with the token of a lease that runs costs nothing and is answered like the first; with one that ended,
//!   [`StoreError::LeaseEnded`], as long as the tombstone stands. With any number of reads an ended lease is only counted, and its token is new again.
//! - **\[ST-8\]** A try is counted, durably, before its claim token is compared; tries of one paste go one by one, and during a wait none is compared.
//!   A right one takes its own count back.
//! - **\[ST-9\]** A lease ends by confirmation, by a burn on demand, 15 minutes after its last use, at its hard end, or after 4 times its size. Last use
//!   and bytes served may be forgotten when a node dies, in favour of the holder; the hard end may not. What ended does not run again, and is
//!   durably ended at the latest by the next [`sweep`](Storage::sweep).
//! - **\[ST-10\]** Expiry stops new claims at once; leases that run go on. With no read left, or past its expiry, a paste burns with its last lease: a
//!   [`confirm`](Storage::confirm) that ends it is answered after the burn.
//! - **\[ST-11\]** Nothing changes by [`probe`](Storage::probe), [`content`](Storage::content), [`receipt`](Storage::receipt),
//!   [`offset`](Storage::offset), [`document`](Storage::document), [`owners_head`](Storage::owners_head), and they write nothing.
//!
//! # Creators
//!
//! - **\[ST-12\]** A creation is idempotent: the same hashes, policy, length (and head, mark) answer where it stands and cost nothing; anything else with
//!   a known id is [`StoreError::IdTaken`]. While the tombstone stands nothing is created again: [`StoreError::Burned`] to who has the same hashes.
//! - **\[ST-13\]** A paste exists for readers from the step on that makes its last byte durable. Its expiry runs from then. Of two requests that feed one
//!   upload the later one takes over; the earlier one adds nothing any more.
//! - **\[ST-14\]** Bytes count when they were committed, from the offset on that was durable, and never more than the declared length. What was dropped
//!   without a commit is as if it never came.
//! - **\[ST-15\]** What comes out is what went in, byte for byte, whole or in ranges, or it is [`StoreError::Damaged`]; memory stays bounded however
//!   long it is and however slowly it is taken.
//! - **\[ST-16\]** Reads can only become fewer; an expiry moves both ways, as long as it has not come. A document lives as long as the longest of its links.
//! - **\[ST-17\]** Links are made all, or none; a document without links is dropped like an unfinished upload. It burns with its last link, and every
//!   link with it.
//!
//! # Gone
//!
//! - **\[ST-18\]** When a burn was answered, nothing that the backend keeps or ever wrote (logs, replicas, old versions of objects, what it deleted)
//!   lets anybody have the content, or test a claim token, with the link in hand. A key for each item that is destroyed everywhere does it, where bytes
//!   cannot be destroyed. What was asked to be kept (`keep`) may outlive its burn in an operator's backups.
//! - **\[ST-19\]** What stays is a tombstone: hashes of id, probe, receipt and lease tokens, how and in which hour it burned, its place in a document. It
//!   goes 7 days after what was its expiry. Nothing that burned comes back.
//! - **\[ST-20\]** A panic burns all that lives and was made under the secret before it came, unfinished uploads too, also when nobody waits for it; it
//!   finds it by marks, and keeps nothing of the secret. Others wait for none of it longer than a moment.
//! - **\[ST-21\]** Time destroys by [`sweep`](Storage::sweep) alone (and by whoever comes upon what is due): expired pastes, idle uploads, leases that ran
//!   out, old tombstones and invites. Sweeps may overlap, on several nodes.
//! - **\[ST-22\]** A jump ahead of the wall clock destroys nothing until it is accepted; what it would expire cannot be claimed meanwhile. Going back
//!   extends no life, nor does what was made while the clock was ahead live longer once it is set right.
//!
//! # Room
//!
//! - **\[ST-23\]** Bounds of bytes and items refuse creations, and nothing else; what is there stays. A creation that is refused leaves nothing.
//! - **\[ST-24\]** An invite is spent in the step that creates, one use and the declared size for each item; what is refused or repeated costs nothing.

mod answers;
pub(crate) mod clock;
mod contract;
mod error;
mod inspection;
pub(crate) mod kinds;
pub(crate) mod leases;
pub(crate) mod limits;
pub(crate) mod place;
pub(crate) mod random;
mod stream;
pub(crate) mod timepiece;
pub(crate) mod trace;
pub(crate) mod view;
pub(crate) mod watch;

pub use crate::lifecycle::OnGuessing;
pub use answers::{BurnAnswer, Claimed, Created, Health, LinkState, Made, Progress, Purged, Totals};
pub use clock::{Clock, SystemClock};
pub use contract::Storage;
pub use error::StoreError;
pub use inspection::{Found, Inspection, Violation};
pub use kinds::{Change, Id, NewDocument, NewLink, NewPaste, PanicMark, PanicSecret, Purge, Token, TokenHash};
pub use random::{NoRandomness, Random, SystemRandom};
pub use stream::{Content, Upload};
pub(crate) use trace::without_trace;

/// Creations up to this many bytes come with their body, in one step.
pub const BODY_BYTES_MAX: u64 = 256 * 1024;
