//! Backups and restores on a store whose clock is set by hand: what comes back, what does not, and what is refused.

#![allow(clippy::unwrap_used, clippy::panic, clippy::cast_possible_truncation)] // sizes of tests are small

#[path = "../store/mod.rs"]
mod store;

mod damage;
mod folder;
mod keeping;
mod restoring;
mod vault;
