//! The contract of `satchel_server::storage`, asked of every backend by one suite: `suite/` is compiled once for each, and so each promise is a test of each.
//! A test names the promises that it holds. A new backend is an `impl Backend` in backends.rs and a file of three lines like memory.rs.
#![allow(clippy::unwrap_used, clippy::cast_possible_truncation)] // sizes of tests are small
#![allow(clippy::duplicate_mod)] // the point of it

mod acts;
mod alike;
mod backends;
mod memory;
mod named;
mod sqlite;
#[path = "../store/mod.rs"]
mod store;
