//! Builds right and wrong containers, sets, keys and names for vectors/, from docs/format.md and raw primitives alone.
//!
//! Never imports satchel-crypto: two implementations that share code agree by sharing its mistakes. Opens nothing; the
//! reader under testkit/reader/ does, and it is a third implementation.

pub mod archive;
pub mod bech32;
pub mod cases;
pub mod cbor;
pub mod container;
pub mod dice;
pub mod floe;
pub mod hpke;
pub mod keys;
pub mod link;
pub mod padding;
pub mod set;
pub mod share;
pub mod tree;
pub mod vector;
pub mod xwing;
