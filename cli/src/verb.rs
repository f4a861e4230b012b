//! What each word of the command line does. One file for each few.

mod about;
mod burn;
mod get;
mod look;
mod open;
mod print;
mod seal;
mod share;

pub(crate) use about::{completions, man};
pub(crate) use burn::{burn, status};
pub(crate) use get::get;
pub(crate) use look::{check, inspect, list};
pub(crate) use open::decrypt;
pub(crate) use seal::encrypt;
pub(crate) use share::share;
