//! Of the store on SQLite and files.

use crate::backends::Sqlite as House;

#[path = "suite/mod.rs"]
mod suite;
