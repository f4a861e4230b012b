//! The `.satchel` container, and the links and tokens that carry one. docs/format.md is the specification.
//!
//! No I/O and no clock; randomness is handed in. Whoever writes goes [`Manifest`] → [`Sealer`] → [`Finishing`], taking an
//! [`OpenSegment`] at each step and turning it into [`SealedBytes`]; whoever reads goes [`Container`] → [`Opened`] →
//! [`ClosedSegment`] → [`PlainSegment`] → [`Unpacker`] (from front to end) or [`Layout`] (by position).
#![no_std]

extern crate alloc;

mod secret;

mod archive;
mod container;
mod floe;
mod header;
mod kdf;
mod layout;
mod lent;
pub mod limit;
mod link;
mod manifest;
mod names;
mod padding;
mod passphrase;
mod receipt;
mod sealer;
mod segment;
mod token;
mod verdict;

pub use archive::{Event, Unpacker};
pub use container::{Allowed, Container, Key, Opened, Prelude};
pub use header::{Header, Slot};
pub use layout::{Layout, Trailer};
pub use lent::{LentSegment, SealedElsewhere};
pub use link::{Link, UnlockedLink};
pub use manifest::{Asked, Entry, Manifest};
pub use names::{SafeName, UnsafeName, sanitise};
pub use passphrase::{Passphrase, Profile};
pub use receipt::Receipt;
pub use sealer::{Finishing, Locks, SealError, Sealer};
pub use segment::{ClosedSegment, OpenSegment, PlainSegment, SealedBytes, SegmentKey};
pub use token::{ClaimToken, LeaseToken, PasteId, ProbeToken, ReceiptToken, TokenHash};
pub use verdict::Verdict;
