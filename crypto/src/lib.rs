//! The `.satchel` container, and the links and tokens that carry one. docs/format.md is the specification.
//!
//! No I/O and no clock; randomness is handed in. Whoever writes goes [`Manifest`] → [`Sealer`] → [`Finishing`], taking an
//! [`OpenSegment`] at each step and turning it into [`SealedBytes`]; whoever reads goes [`Container`] → [`Opened`] →
//! [`ClosedSegment`] → [`PlainSegment`] → [`Unpacker`] (from front to end) or [`Layout`] (by position). [`Container`] → [`Rekeying`] →
//! [`Rekeyed`] changes how one opens.
#![no_std]

extern crate alloc;

mod secret;

mod archive;
mod container;
mod file_key;
mod floe;
mod header;
mod heads;
mod invite;
mod kdf;
mod key;
mod label;
mod layout;
mod lent;
pub mod limit;
mod link;
mod manifest;
mod names;
mod owner;
mod padding;
mod page;
mod panic;
#[cfg(feature = "lent-argon2id")]
mod passphrase;
#[cfg(not(feature = "lent-argon2id"))]
#[path = "no_passphrases.rs"]
mod passphrase;
mod place;
mod prefix;
mod profile;
mod receipt;
#[cfg(feature = "recipients")]
mod recipient;
mod rekey;
mod sealer;
mod segment;
mod set;
#[cfg(feature = "shares")]
mod share;
mod slot;
mod token;
mod verdict;

pub use archive::{Event, Passed, Unpacker};
pub use container::{Container, Opened, Prelude};
pub use header::Header;
pub use heads::{HEAD_LEN, Heads};
pub use invite::Invite;
pub use key::{Allowed, Key};
pub use label::LABEL_LEN;
pub use layout::{Layout, Trailer};
pub use lent::{CipherInputs, ClosedElsewhere, LentSegment, PlainElsewhere, SealedElsewhere};
pub use link::{Link, UnlockedLink};
pub use manifest::{Asked, Entry, Manifest};
pub use names::{SafeName, UnsafeName, sanitise, substitute};
pub use owner::OwnerReceipt;
pub use page::{PageElement, container_in_page};
pub use panic::{PANIC_WORDS_LEN, PanicSecret};
pub use passphrase::Passphrase;
#[cfg(feature = "lent-argon2id")]
pub use passphrase::{Argon2idJob, LentArgon2id};
pub use prefix::{Keyed, LinkKeying, WrapJob};
pub use profile::Profile;
pub use receipt::Receipt;
#[cfg(feature = "recipients")]
pub use recipient::{Identity, Recipient};
pub use rekey::{RekeyError, Rekeyed, Rekeying, Rewrite};
pub use sealer::{Finishing, Locks, SealError, Sealer};
pub use segment::{ClosedSegment, EngineJob, OpenSegment, PlainSegment, SealedBytes, SegmentKey};
pub use set::{MemberDigest, MembersParser, SetHead, SetId};
#[cfg(feature = "shares")]
pub use share::Share;
pub use slot::Slot;
pub use token::{ClaimToken, InviteToken, LeaseToken, PasteId, ProbeToken, ReceiptToken, TokenHash};
pub use verdict::Verdict;
