//! The wire: routes, header names, limits, error codes and message bodies, the same for server, CLI and page.
//!
//! No I/O and no cryptography. docs/api.md is the specification.
// The schema derives write `Vec` and `std::` without a path: only the server pays for them.
#![cfg_attr(not(feature = "schema"), no_std)]

extern crate alloc;

pub mod code;
pub mod header;
pub mod limit;
pub mod message;
pub mod metadata;
pub mod page;
pub mod problem;
pub mod route;

pub use code::Code;
pub use message::{
    Burned, Config, DocumentReceipt, LinkMade, LinkReceipt, LinkWanted, LinksMade, LinksWanted, Panicked, PasteState,
    PolicyChange, Probed, Receipt, Tombstone,
};
pub use problem::Problem;
