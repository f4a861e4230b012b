//! Of the backend in memory.

use crate::backends::Memory as House;

#[path = "suite/mod.rs"]
mod suite;
