//! The Satchel server: keeps opaque bytes, counts reads, and destroys. It cannot decrypt: satchel-crypto is not in its graph.

pub mod lifecycle;
pub mod store;
