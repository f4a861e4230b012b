//! The flows of Satchel (share, receive, ask, burn; seal and open without a server), the same for command line and browser.
//!
//! All I/O is the caller's, by the traits of [`platform`]. Futures have no `Send` bound: a browser's cannot have one, and the
//! command line runs them on one thread.
#![allow(async_fn_in_trait, reason = "no Send bounds are wanted; see above")]

pub mod address;
#[cfg(test)]
mod address_tests;
mod ask;
mod backoff;
mod creator;
mod download;
mod error;
mod flight;
#[cfg(test)]
mod flow_tests;
mod http;
mod json;
mod open;
mod panic;
mod payment;
pub mod platform;
mod receive;
#[cfg(test)]
mod refusal_tests;
mod seal;
mod several;
mod share;
#[cfg(feature = "shares")]
pub mod share_text;
#[cfg(test)]
mod testing;
mod told;
mod upload;
pub mod words;
mod work;

/// What the traits speak of, for those who reach crypto and api through this crate alone.
pub use {satchel_api as api, satchel_crypto as crypto};

pub use address::{Address, AddressError, Base};
pub use ask::{Found, config, probe, probe_with};
pub use creator::{burn, change_policy, receipt_status, reset_wait};
pub use error::{Class, Error};
pub use open::{Listed, Reader, inspect};
pub use panic::{PANIC_WORDS, panic, panic_of_words, panic_words};
pub use platform::{
    Answer, Body, Context, Elsewhere, Engine, InCrate, LeaseKeeper, Nowhere, Pause, Request, Sealed, SealedSink, Sink,
    Source, Spool, Stage, Stored, StoredElsewhere, Transport, Unreachable, Watch, seal_brought_in,
};
pub use receive::{Received, Receiving, receive};
pub use seal::seal;
pub use several::{
    OneOfSeveral, Several, add_links, add_named_links, burn_document, burn_link, change_link_policy, document_status,
    name_of, share_several,
};
pub use share::{NoSpool, OnGuessing, Policy, Shared, Sharing, share, shared_len};
