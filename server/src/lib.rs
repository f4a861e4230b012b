//! The Satchel server: keeps opaque bytes, counts reads, and destroys. It cannot decrypt: satchel-crypto is not in its graph.

pub mod config;
mod control;
mod disk;
pub mod doctor;
mod duties;
pub mod health;
pub mod http;
pub mod invite;
pub mod lifecycle;
pub mod memory;
mod metrics;
pub mod operator;
mod page;
mod report;
pub mod serve;
pub mod store;
mod supervisor;

pub use report::fail;
